/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's system calls for riscv64. They return what the kernel does: an error is below 0. */
#ifndef HALITE_AGENT_SYSTEM_H
#define HALITE_AGENT_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

/* include/uapi/asm-generic/unistd.h */
enum {
	SYS_dup3 = 24,
	SYS_ioctl = 29,
	SYS_mkdirat = 34,
	SYS_mount = 40,
	SYS_faccessat = 48,
	SYS_chdir = 49,
	SYS_chroot = 51,
	SYS_openat = 56,
	SYS_close = 57,
	SYS_pipe2 = 59,
	SYS_read = 63,
	SYS_write = 64,
	SYS_ppoll = 73,
	SYS_sync = 81,
	SYS_exit = 93,
	SYS_nanosleep = 101,
	SYS_reboot = 142,
	SYS_setsid = 157,
	SYS_clone = 220,
	SYS_execve = 221,
	SYS_wait4 = 260,
	SYS_finit_module = 273,
};

#define AT_FDCWD     (-100)
#define O_RDONLY     0
#define O_RDWR	     2
#define O_CLOEXEC    02000000
#define SIGCHLD	     17
#define WNOHANG	     1
#define POLLIN	     1
#define MS_RDONLY    1
#define MS_MOVE	     8192
#define TCSBRK	     0x5409
#define TIOCSCTTY    0x540e
#define TIOCSWINSZ   0x5414
#define RB_MAGIC1    0xfee1dead
#define RB_MAGIC2    672274793
#define RB_POWER_OFF 0x4321fedc

struct time {
	int64_t seconds, nanoseconds;
};

struct poll {
	int fd;
	int16_t events, revents;
};

static inline long call(long number, long arg0, long arg1, long arg2, long arg3, long arg4)
{
	register long a0 __asm__("a0") = arg0;
	register long a1 __asm__("a1") = arg1;
	register long a2 __asm__("a2") = arg2;
	register long a3 __asm__("a3") = arg3;
	register long a4 __asm__("a4") = arg4;
	register long a7 __asm__("a7") = number;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7)
			 : "memory");
	return a0;
}

static inline long open_file(const char *path, int flags)
{
	return call(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0);
}

static inline void write_all(int fd, const void *bytes, size_t size)
{
	long put;

	for (size_t done = 0; done < size; done += (size_t)put) {
		put = call(SYS_write, fd, (long)bytes + (long)done, (long)(size - done), 0, 0);
		if (put <= 0)
			return;
	}
}

/*
 * Writes a line of the agent's to the console, at the start of a line and in one piece: the kernel
 * prints there, too.
 */
static inline void say(const char *text)
{
	static char line[AGENT_LINE_MAX] = "\n" AGENT_SAYS;
	size_t size = sizeof("\n" AGENT_SAYS) - 1;

	while (*text && size < sizeof(line) - 1)
		line[size++] = *text++;
	line[size++] = '\n';
	write_all(2, line, size);
}

/* What has been written to the console comes out before, as tcdrain() has it. */
static inline _Noreturn void power_off(void)
{
	call(SYS_ioctl, 2, TCSBRK, 1, 0, 0);
	call(SYS_sync, 0, 0, 0, 0, 0);
	call(SYS_reboot, (long)RB_MAGIC1, RB_MAGIC2, RB_POWER_OFF, 0, 0);
	for (;;)
		call(SYS_exit, 1, 0, 0, 0, 0);
}

static inline void mount_one(const char *type, const char *path)
{
	call(SYS_mkdirat, AT_FDCWD, (long)path, 0755, 0, 0);
	call(SYS_mount, (long)type, (long)path, (long)type, 0, 0);
}

#endif
