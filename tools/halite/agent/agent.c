/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first process of a guest of `halite run --exec`. It runs a command in the ramdisk's shell,
 * sends its output and its status to the port (protocol.h), and powers off. It is a Linux program
 * for riscv64 without a library: the packages that build Halite have none.
 */
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

/* include/uapi/asm-generic/unistd.h */
enum {
	SYS_dup3 = 24,
	SYS_mkdirat = 34,
	SYS_mount = 40,
	SYS_faccessat = 48,
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
};

#define AT_FDCWD     (-100)
#define O_RDONLY     0
#define O_RDWR	     2
#define O_CLOEXEC    02000000
#define SIGCHLD	     17
#define WNOHANG	     1
#define POLLIN	     1
#define RB_MAGIC1    0xfee1dead
#define RB_MAGIC2    672274793
#define RB_POWER_OFF 0x4321fedc

#define PORT_TRIES    100
#define NO_SHELL      127
#define NANOSECONDS   1000000000ull
#define TWENTIETH     (NANOSECONDS / 20)
#define SIGNAL_MASK   0x7f
#define STATUS_SIGNAL 128

struct time {
	int64_t seconds, nanoseconds;
};

struct poll {
	int fd;
	int16_t events, revents;
};

static int port;

static long call(long number, long arg0, long arg1, long arg2, long arg3, long arg4)
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

static long open_file(const char *path, int flags)
{
	return call(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0);
}

static size_t length_of(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

static void write_all(int fd, const void *bytes, size_t size)
{
	long put;

	for (size_t done = 0; done < size; done += (size_t)put) {
		put = call(SYS_write, fd, (long)bytes + (long)done, (long)(size - done), 0, 0);
		if (put <= 0)
			return;
	}
}

static void say(const char *text)
{
	write_all(2, text, length_of(text));
}

static _Noreturn void power_off(void)
{
	call(SYS_sync, 0, 0, 0, 0, 0);
	call(SYS_reboot, (long)RB_MAGIC1, RB_MAGIC2, RB_POWER_OFF, 0, 0);
	for (;;)
		call(SYS_exit, 1, 0, 0, 0, 0);
}

static void mount_one(const char *type, const char *path)
{
	call(SYS_mkdirat, AT_FDCWD, (long)path, 0755, 0, 0);
	call(SYS_mount, (long)type, (long)path, (long)type, 0, 0);
}

/* The kernel finds the port some time after the first process has started. */
static void open_port(void)
{
	struct time time = { 0, TWENTIETH };
	int left = PORT_TRIES;

	while ((port = (int)open_file(AGENT_PORT, O_RDWR | O_CLOEXEC)) < 0 && left--)
		call(SYS_nanosleep, (long)&time, 0, 0, 0, 0);
	if (port >= 0)
		return;
	say("\n" AGENT_SAYS "the kernel has no virtio-console (CONFIG_VIRTIO_CONSOLE)\n");
	power_off();
}

static void send(enum agent_kind kind, const void *bytes, size_t size)
{
	uint8_t head[AGENT_HEAD] = { (uint8_t)kind, (uint8_t)size, (uint8_t)(size >> 8) };

	write_all(port, head, sizeof(head));
	write_all(port, bytes, size);
}

static const char *environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"TERM=dumb",
	NULL,
};

static void try(const char *path, const char *const *arguments)
{
	call(SYS_execve, (long)path, (long)arguments, (long)environment, 0, 0);
}

static long fork(void)
{
	return call(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

/* A ramdisk that has busybox alone has no names for its commands before. */
static void install_busybox(void)
{
	static const char *const words[] = { "busybox", "--install", "-s", "/usr/bin", NULL };
	int status;
	long child;

	if (call(SYS_faccessat, AT_FDCWD, (long)"/bin/sh", 0, 0, 0) == 0)
		return;
	call(SYS_mkdirat, AT_FDCWD, (long)"/usr", 0755, 0, 0);
	call(SYS_mkdirat, AT_FDCWD, (long)"/usr/bin", 0755, 0, 0);
	child = fork();
	if (child == 0) {
		try("/bin/busybox", words);
		try("/usr/bin/busybox", words);
		call(SYS_exit, NO_SHELL, 0, 0, 0, 0);
	}
	call(SYS_wait4, child, (long)&status, 0, 0, 0);
}

static _Noreturn void run_shell(const char *command, int out, int err)
{
	const char *const words[] = { "sh", "-c", command, NULL };

	call(SYS_setsid, 0, 0, 0, 0, 0);
	call(SYS_dup3, open_file("/dev/null", O_RDONLY), 0, 0, 0, 0);
	call(SYS_dup3, out, 1, 0, 0, 0);
	call(SYS_dup3, err, 2, 0, 0, 0);
	try("/bin/sh", words);
	try("/usr/bin/sh", words);
	say("halite: the ramdisk has no shell that runs (/bin/sh, /usr/bin/sh or busybox)\n");
	for (;;)
		call(SYS_exit, NO_SHELL, 0, 0, 0, 0);
}

/* Sends what is there. Returns whether there may be more. */
static int forward(struct poll *from, enum agent_kind kind)
{
	static uint8_t bytes[AGENT_DATA_MAX];
	long got;

	if (from->fd < 0 || !from->revents)
		return 0;
	got = call(SYS_read, from->fd, (long)bytes, sizeof(bytes), 0, 0);
	if (got <= 0) {
		from->fd = -1;
		return 0;
	}
	send(kind, bytes, (size_t)got);
	return 1;
}

/*
 * Forwards the output until the shell has ended and nothing more is there. A process that it leaves
 * in the background does not keep the run from ending.
 */
static int forward_all(long shell, int out, int err)
{
	struct poll from[2] = { { out, POLLIN, 0 }, { err, POLLIN, 0 } };
	int status, result = -1, more;
	long child;

	do {
		struct time time = { 0, TWENTIETH };

		call(SYS_ppoll, (long)from, 2, (long)&time, 0, 0);
		more = forward(&from[0], AGENT_OUT) | forward(&from[1], AGENT_ERR);
		/* The first process gets all children that have lost their parents. */
		while ((child = call(SYS_wait4, -1, (long)&status, WNOHANG, 0, 0)) > 0) {
			if (child != shell)
				continue;
			result = status & SIGNAL_MASK ? STATUS_SIGNAL + (status & SIGNAL_MASK)
						      : status >> 8 & 0xff;
			more = 1;
		}
	} while (result < 0 || more);
	return result;
}

__attribute__((used)) static void agent_main(void)
{
	static char command[AGENT_COMMAND_MAX + 1];
	int out[2], err[2], file;
	uint8_t status;
	long shell;

	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("devtmpfs", "/dev");
	mount_one("tmpfs", "/tmp");
	open_port();
	install_busybox();
	file = (int)open_file(AGENT_COMMAND, O_RDONLY | O_CLOEXEC);
	call(SYS_read, file, (long)command, AGENT_COMMAND_MAX, 0, 0);
	call(SYS_close, file, 0, 0, 0, 0);
	call(SYS_pipe2, (long)out, O_CLOEXEC, 0, 0, 0);
	call(SYS_pipe2, (long)err, O_CLOEXEC, 0, 0, 0);
	shell = fork();
	if (shell == 0)
		run_shell(command, out[1], err[1]);
	call(SYS_close, out[1], 0, 0, 0, 0);
	call(SYS_close, err[1], 0, 0, 0, 0);
	status = (uint8_t)forward_all(shell, out[0], err[0]);
	call(SYS_sync, 0, 0, 0, 0, 0);
	send(AGENT_STATUS, &status, 1);
	power_off();
}

__asm__(".globl _start\n"
	"_start:\n"
	"	.option push\n"
	"	.option norelax\n"
	"	la gp, __global_pointer$\n"
	"	.option pop\n"
	"	call agent_main\n");
