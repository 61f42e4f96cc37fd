/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kexec IMAGE INITRD WORDS: boots another kernel at once with the command line WORDS, through
 * kexec_load(). The next kernel gets the device tree of this one. Debian's kernel has no
 * kexec_file_load() for riscv64.
 */
#include <fcntl.h>
#include <libfdt.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Physical addresses that are free on every QEMU machine with 1 GiB or more: RAM starts at 2
 * GiB.
 */
#define KERNEL_AT UINT64_C(0x80200000)
#define FDT_AT	  UINT64_C(0x8f000000)
#define INITRD_AT UINT64_C(0x90000000)

#define PAGE		  4096
#define IMAGE_SIZE_OFFSET 16   /* in the kernel's header: the size of its memory */
#define FDT_ROOM	  4096 /* for added properties */

struct file {
	void *data;
	size_t size;
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* A file of sysfs states no size, so read_file() reads to the end. */
static struct file read_file(const char *path)
{
	struct file f = { 0 };
	int fd = open(path, O_RDONLY);
	size_t room = 0;
	ssize_t n;

	if (fd < 0)
		die(path);
	do {
		if (f.size == room) {
			room = room ? 2 * room : 1 << 20;
			f.data = realloc(f.data, room);
			if (!f.data)
				die("kexec: memory");
		}
		n = read(fd, (char *)f.data + f.size, room - f.size);
		if (n < 0)
			die(path);
		f.size += n;
	} while (n);
	close(fd);
	return f;
}

static struct file make_fdt(const char *words, uint64_t initrd_size)
{
	struct file old = read_file("/sys/firmware/fdt");
	struct file f = { .size = old.size + strlen(words) + FDT_ROOM };
	int chosen;

	f.data = calloc(1, f.size);
	if (!f.data)
		die("kexec: memory");
	if (fdt_open_into(old.data, f.data, f.size))
		goto bad;
	chosen = fdt_path_offset(f.data, "/chosen");
	if (chosen < 0 || fdt_setprop_string(f.data, chosen, "bootargs", words) ||
	    fdt_setprop_u64(f.data, chosen, "linux,initrd-start", INITRD_AT) ||
	    fdt_setprop_u64(f.data, chosen, "linux,initrd-end", INITRD_AT + initrd_size))
		goto bad;
	return f;
bad:
	fprintf(stderr, "kexec: the device tree cannot be edited\n");
	exit(EXIT_FAILURE);
}

static struct kexec_segment segment(struct file f, uint64_t at, size_t memory)
{
	return (struct kexec_segment){
		.buf = f.data,
		.bufsz = f.size,
		.mem = (void *)at,
		.memsz = (memory + PAGE - 1) / PAGE * PAGE,
	};
}

int main(int argc, char **argv)
{
	struct kexec_segment segments[3];
	struct file kernel, initrd, fdt;
	uint64_t memory;

	if (argc != 4) {
		fprintf(stderr, "kexec: IMAGE INITRD WORDS are expected\n");
		return 2;
	}
	kernel = read_file(argv[1]);
	initrd = read_file(argv[2]);
	fdt = make_fdt(argv[3], initrd.size);
	memcpy(&memory, (char *)kernel.data + IMAGE_SIZE_OFFSET, sizeof(memory));
	segments[0] = segment(kernel, KERNEL_AT, memory);
	segments[1] = segment(fdt, FDT_AT, fdt.size);
	segments[2] = segment(initrd, INITRD_AT, initrd.size);
	if (syscall(SYS_kexec_load, KERNEL_AT, 3L, segments, KEXEC_ARCH_RISCV))
		die("kexec: kexec_load");
	/* L2 guests that run at this moment are part of the test. */
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	die("kexec: reboot");
}
