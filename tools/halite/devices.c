/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/protocol.h"
#include "message.h"
#include "rootfs.h"

/* The format of the image, by its first bytes; NULL after a message that it is no disk. */
static const char *disk_format(const char *path)
{
	char magic[4] = "";
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0) {
		message("--disk '%s': %s", path, strerror(errno));
		return NULL;
	}
	got = pread(fd, magic, sizeof(magic), 0);
	close(fd);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		message("--disk '%s' is neither a file nor a disk", path);
		return NULL;
	}
	if (got <= 0) {
		message("--disk '%s' is empty", path);
		return NULL;
	}
	return memcmp(magic, "QFI\xfb", sizeof(magic)) ? "raw" : "qcow2";
}

static int add_disk(struct words *words, const char *path, unsigned int number, bool iommu)
{
	const char *format = disk_format(path);
	char device[64];

	if (!format)
		return -1;
	words_add(words, "-drive");
	words_add(words, "if=none,id=halite-disk%u,format=%s,file=%s", number, format,
		  qemu_quote(path));
	snprintf(device, sizeof(device), "virtio-blk-pci,drive=halite-disk%u", number);
	words_add_virtio(words, device, iommu);
	return 0;
}

/* Adds the folder, the value of the option with this name, as the guest's 9p folder tag. */
static int add_folder(struct words *words, const char *name, const char *path, const char *tag,
		      const char *access, bool iommu)
{
	char device[64];
	struct stat st;

	if (stat(path, &st) < 0) {
		message("%s '%s': %s", name, path, strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode)) {
		message("%s '%s' is no folder", name, path);
		return -1;
	}
	words_add(words, "-fsdev");
	words_add(words, "local,id=%s,security_model=none%s,path=%s", tag, access,
		  qemu_quote(path));
	snprintf(device, sizeof(device), "virtio-9p-pci,fsdev=%s,mount_tag=%s", tag, tag);
	words_add_virtio(words, device, iommu);
	return 0;
}

int devices_add(struct words *words, const struct run_options *options)
{
	const bool iommu = qemu_has_iommu(options->qemu_arguments);

	for (unsigned int i = 0; i < options->disk_count; i++) {
		if (add_disk(words, options->disks[i], i, iommu) < 0)
			return -1;
	}
	if (options->net) {
		words_add(words, "-netdev");
		words_add(words, "id=halite-net,type=%s", options->net);
		words_add_virtio(words, "virtio-net-pci,netdev=halite-net", iommu);
	}
	if (options->rootfs && (add_folder(words, "--rootfs", options->rootfs, AGENT_ROOT_TAG,
					   ",readonly=on", iommu) < 0 ||
				rootfs_check(options) < 0))
		return -1;
	return options->share ? add_folder(words, "--share", options->share, "share", "", iommu)
			      : 0;
}
