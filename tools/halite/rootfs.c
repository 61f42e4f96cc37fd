/* SPDX-License-Identifier: BSD-2-Clause */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/protocol.h"
#include "message.h"

#define MACHINE_AT   18 /* e_machine of an ELF */
#define RISCV	     243
#define HEADER_BYTES 20

/* Opens path as a guest finds it, whose root is the folder. -1 with errno ENOENT: no file. */
static int open_in(int folder, const char *path)
{
	const struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
				      .resolve = RESOLVE_IN_ROOT };

	return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

/* Whether the file is a program of another machine than the guest. */
static bool is_foreign(int fd)
{
	unsigned char head[HEADER_BYTES];

	return pread(fd, head, sizeof(head), 0) == sizeof(head) && !memcmp(head, "\177ELF", 4) &&
	       (head[MACHINE_AT] | head[MACHINE_AT + 1] << 8) != RISCV;
}

/* Whether one of the programs is in the folder. *foreign is the last one that cannot run. */
static bool has_one(int folder, const char *const *paths, const char **foreign)
{
	for (; *paths; paths++) {
		int fd = open_in(folder, *paths);
		bool runs;

		if (fd < 0) {
			/* What cannot be looked at here may be there for the guest. */
			if (errno != ENOENT && errno != ENOTDIR)
				return true;
			continue;
		}
		runs = !is_foreign(fd);
		close(fd);
		if (runs)
			return true;
		*foreign = *paths;
	}
	return false;
}

int rootfs_check(const struct run_options *options)
{
	static const char *const inits[] = { AGENT_INITS, "/bin/sh", NULL };
	static const char *const shells[] = { AGENT_SHELLS, AGENT_BUSYBOXES, NULL };
	const char *foreign = NULL;
	int folder = open(options->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool found;

	if (folder < 0) {
		message("--rootfs '%s': %s", options->rootfs, strerror(errno));
		return -1;
	}
	found = has_one(folder, options->exec ? shells : inits, &foreign);
	close(folder);
	if (found)
		return 0;
	if (foreign)
		message("--rootfs '%s': %s in it is a program for another machine; expected a tree "
			"for riscv64",
			options->rootfs, foreign);
	else
		message("--rootfs '%s': %s is in it; expected a tree for riscv64, such as "
			"mmdebstrap --architectures=riscv64 makes",
			options->rootfs,
			options->exec ? "no /bin/sh and no /bin/busybox"
				      : "no /sbin/init and no /bin/sh");
	return -1;
}
