/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first process of a guest of `halite run --exec` and --rootfs. It makes the folder of --rootfs
 * its root (root.c), and starts the init there. Or it runs the command of --exec in a shell, sends
 * its output and its status to the port (protocol.h), and powers off. It is a Linux program for
 * riscv64 without a library: the packages that build Halite have none.
 */
#include "protocol.h"
#include "root.h"
#include "system.h"

#define PORT_TRIES    100
#define NO_SHELL      127
#define NANOSECONDS   1000000000ull
#define TWENTIETH     (NANOSECONDS / 20)
#define SIGNAL_MASK   0x7f
#define STATUS_SIGNAL 128

static int port;

/* The kernel finds the port some time after the first process has started. */
static void open_port(void)
{
	struct time time = { 0, TWENTIETH };
	int left = PORT_TRIES;

	while ((port = (int)open_file(AGENT_PORT, O_RDWR | O_CLOEXEC)) < 0 && left--)
		call(SYS_nanosleep, (long)&time, 0, 0, 0, 0);
	if (port >= 0)
		return;
	say("the kernel has no virtio-console (CONFIG_VIRTIO_CONSOLE)");
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
	static const char *const programs[] = { AGENT_BUSYBOXES, NULL };
	int status;
	long child;

	if (call(SYS_faccessat, AT_FDCWD, (long)"/bin/sh", 0, 0, 0) == 0)
		return;
	call(SYS_mkdirat, AT_FDCWD, (long)"/usr", 0755, 0, 0);
	call(SYS_mkdirat, AT_FDCWD, (long)"/usr/bin", 0755, 0, 0);
	child = fork();
	if (child == 0) {
		for (size_t i = 0; programs[i]; i++)
			try(programs[i], words);
		call(SYS_exit, NO_SHELL, 0, 0, 0, 0);
	}
	call(SYS_wait4, child, (long)&status, 0, 0, 0);
}

static _Noreturn void run_shell(const char *command, int out, int err)
{
	static const char *const shells[] = { AGENT_SHELLS, NULL };
	static const char none[] =
		"halite: the guest has no shell that runs (/bin/sh, /usr/bin/sh or busybox)\n";
	const char *const words[] = { "sh", "-c", command, NULL };

	call(SYS_setsid, 0, 0, 0, 0, 0);
	call(SYS_dup3, open_file("/dev/null", O_RDONLY), 0, 0, 0, 0);
	call(SYS_dup3, out, 1, 0, 0, 0);
	call(SYS_dup3, err, 2, 0, 0, 0);
	for (size_t i = 0; shells[i]; i++)
		try(shells[i], words);
	write_all(2, none, sizeof(none) - 1);
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

/* @stack is that of a new process: argc, the arguments and NULL, the environment and NULL. */
__attribute__((used)) static void agent_main(const long *stack)
{
	static char command[AGENT_COMMAND_MAX + 1];
	int out[2], err[2], file;
	uint8_t status;
	long shell;

	file = (int)open_file(AGENT_COMMAND, O_RDONLY | O_CLOEXEC);
	if (call(SYS_faccessat, AT_FDCWD, (long)AGENT_ROOT, 0, 0, 0) == 0)
		root_enter();
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("devtmpfs", "/dev");
	if (file < 0)
		root_start((const char *const *)&stack[stack[0] + 2]);
	mount_one("tmpfs", "/tmp");
	open_port();
	install_busybox();
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
	/* At the power-off, what is still in the port is lost. */
	call(SYS_read, port, (long)&status, 1, 0, 0);
	power_off();
}

__asm__(".globl _start\n"
	"_start:\n"
	"	.option push\n"
	"	.option norelax\n"
	"	la gp, __global_pointer$\n"
	"	.option pop\n"
	"	mv a0, sp\n"
	"	call agent_main\n");
