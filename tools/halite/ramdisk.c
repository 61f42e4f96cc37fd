/* SPDX-License-Identifier: BSD-2-Clause */
#include "ramdisk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/protocol.h"
#include "guest_file.h"
#include "message.h"

extern const char agent_image[], agent_image_end[];

/* Documentation/driver-api/early-userspace/buffer-format.rst: parts begin at multiples of 4. */
#define PART_ALIGN 4

static int fail(void)
{
	message("no memory for the ramdisk: %s", strerror(errno));
	return -1;
}

static int align(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);

	if (at < 0 || lseek(fd, (at + PART_ALIGN - 1) / PART_ALIGN * PART_ALIGN, SEEK_SET) < 0)
		return fail();
	return 0;
}

/* The head of a member, and its name. The content follows. */
static int put_head(int fd, const char *name, unsigned int mode, unsigned long long size)
{
	static unsigned int inode;

	/* magic, ino, mode, uid, gid, nlink, mtime, filesize, 4 of devices, namesize, check */
	if (dprintf(fd, "070701%08x%08x%08x%08x%08x%08x%08llx%08x%08x%08x%08x%08x%08x%s%c", ++inode,
		    mode, 0, 0, 1, 0, size, 0, 0, 0, 0, (unsigned int)strlen(name) + 1, 0, name,
		    '\0') < 0)
		return fail();
	return align(fd);
}

static int put_bytes(int fd, const char *name, unsigned int mode, const char *bytes, size_t size)
{
	if (put_head(fd, name, mode, size) < 0)
		return -1;
	if (write(fd, bytes, size) != (ssize_t)size)
		return fail();
	return align(fd);
}

/* Copies size bytes of the file. */
static int copy(int to, int from, uint64_t size)
{
	ssize_t got;

	for (; size; size -= (uint64_t)got) {
		got = sendfile(to, from, NULL, size < (1u << 30) ? size : 1u << 30);
		if (got <= 0)
			return fail();
	}
	return align(to);
}

static int put_file(int fd, const char *name, const char *path, const char *what)
{
	uint64_t size;
	int result, from = guest_file_open(path, what, &size);

	if (from < 0)
		return -1;
	result = name ? put_head(fd, name, S_IFREG | 0644, size) : 0;
	if (result == 0)
		result = copy(fd, from, size);
	close(from);
	return result;
}

/* The agent finds out by these files what it is for. */
static int put_agent(int fd, const struct run_options *options)
{
	const char *command = options->exec;

	if (put_head(fd, AGENT_FOLDER, S_IFDIR | 0755, 0) < 0 ||
	    put_bytes(fd, &AGENT_PROGRAM[1], S_IFREG | 0755, agent_image,
		      (size_t)(agent_image_end - agent_image)) < 0)
		return -1;
	if (options->rootfs && put_head(fd, &AGENT_ROOT[1], S_IFDIR | 0755, 0) < 0)
		return -1;
	return command ? put_bytes(fd, &AGENT_COMMAND[1], S_IFREG | 0644, command, strlen(command))
		       : 0;
}

int ramdisk_make(struct run_options *options)
{
	static char path[64];
	struct guest_file kernel;
	int fd;

	options->ramdisk = options->initrd;
	if (!options->exec && !options->rootfs && !options->guest)
		return 0;
	if (options->guest && guest_file_kernel(options->guest, "--guest", &kernel) < 0)
		return -1;
	/* QEMU opens the path, so it must have the descriptor, too. */
	fd = memfd_create("halite-ramdisk", 0);
	if (fd < 0)
		return fail();
	if ((options->initrd && put_file(fd, NULL, options->initrd, "--initrd") < 0) ||
	    ((options->exec || options->rootfs) && put_agent(fd, options) < 0) ||
	    (options->guest && (put_head(fd, "guest", S_IFDIR | 0755, 0) < 0 ||
				put_file(fd, "guest/Image", options->guest, "--guest") < 0)) ||
	    put_head(fd, "TRAILER!!!", 0, 0) < 0)
		return -1;
	/* The last seek alone does not make the file longer. */
	if (ftruncate(fd, lseek(fd, 0, SEEK_CUR)) < 0)
		return fail();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	options->ramdisk = path;
	return 0;
}
