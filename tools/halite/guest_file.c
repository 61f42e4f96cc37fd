/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_file.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

/* Linux Documentation/arch/riscv/boot-image-header.rst */
struct image_header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint32_t version;
	uint32_t reserved1;
	uint64_t reserved2;
	uint64_t magic;
	uint32_t magic2;
	uint32_t reserved3;
};

static const char image_magic2[4] = { 'R', 'S', 'C', 0x05 };

/* Other files that are taken for kernels, and what to do with them. */
struct other_file {
	unsigned int offset, size;
	const char *bytes;
	const char *name;
};

static const struct other_file other_files[] = {
	{ 0, 2, "\x1f\x8b", "gzip-compressed data: unpack it with gunzip" },
	{ 0, 6,
	  "\xfd"
	  "7zXZ",
	  "xz-compressed data: unpack it with unxz" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "zstd-compressed data: unpack it with unzstd" },
	{ 0, 3, "BZh", "bzip2-compressed data: unpack it with bunzip2" },
	{ 0, 4, "\x04\x22\x4d\x18", "lz4-compressed data: unpack it with unlz4" },
	{ 0, 4, "\xd0\x0d\xfe\xed", "a device tree" },
	{ 4, 4, "zimg", "an EFI zboot image: 'halite pack' unpacks it" },
	{ 56, 4, "ARM\x64", "an arm64 Linux Image: give a kernel for RISC-V" },
	{ 514, 4, "HdrS", "an x86 Linux bzImage: give a kernel for RISC-V" },
	{ 0, 6, "070701", "a cpio archive: give it to --initrd" },
};

int guest_file_open(const char *path, const char *what, uint64_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		message("%s: '%s': %s", what, path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		message("%s: '%s' is not a regular file", what, path);
		close(fd);
		return -1;
	}
	if (st.st_size == 0) {
		message("%s: '%s' is empty", what, path);
		close(fd);
		return -1;
	}
	*size = (uint64_t)st.st_size;
	return fd;
}

/* Reads exactly size bytes at offset. Returns 0, or -1 if the file is shorter. */
static int read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	return pread(fd, buffer, size, (off_t)offset) == (ssize_t)size ? 0 : -1;
}

/*
 * Returns 0: an Image that can run; 1: not an Image; -1: an Image that cannot run, after a
 * message.
 */
static int read_image(int fd, const char *path, const char *what, struct guest_file *file)
{
	struct image_header header;
	uint64_t image_size;

	if (read_at(fd, &header, sizeof(header), 0) < 0 ||
	    memcmp(&header.magic2, image_magic2, sizeof(image_magic2)) != 0)
		return 1;
	image_size = le64toh(header.image_size);
	if (image_size > UINT64_MAX / 2) {
		message("%s: '%s': image_size 0x%llx in the Image header is out of range", what,
			path, (unsigned long long)image_size);
		return -1;
	}
	file->is_elf = false;
	file->start = GUEST_KERNEL_BASE;
	file->end = GUEST_KERNEL_BASE + (image_size > file->size ? image_size : file->size);
	return 0;
}

/* The part of an ELF that add_segment() has read. */
struct elf_part {
	uint64_t entry; /* virtual address */
	uint64_t start; /* physical address of entry; UINT64_MAX: not seen yet */
};

/*
 * Whether the segment is of a kernel that relies on a boot loader that knows its page tables: a
 * physical address has at most 56 bits, and the upper half of the virtual ones is the kernel's.
 */
static bool is_virtual(uint64_t physical, uint64_t virtual)
{
	return physical >> 56 || (virtual >> 63 && physical < GUEST_KERNEL_BASE);
}

/* Extends the range of *file by a segment. Returns 0, or -1 after a message. */
static int add_segment(const Elf64_Phdr *segment, const char *path, const char *what,
		       struct guest_file *file, struct elf_part *part)
{
	uint64_t start = le64toh(segment->p_paddr);
	uint64_t size = le64toh(segment->p_memsz);
	uint64_t into = part->entry - le64toh(segment->p_vaddr);

	if (le32toh(segment->p_type) == PT_INTERP) {
		message("%s: '%s' is an ELF with an interpreter; expected a static one", what,
			path);
		return -1;
	}
	if (le32toh(segment->p_type) != PT_LOAD || size == 0)
		return 0;
	if (is_virtual(start, le64toh(segment->p_vaddr))) {
		message("%s: '%s' is linked at virtual addresses (segment at 0x%llx): this is "
			"vmlinux, give arch/riscv/boot/Image",
			what, path, (unsigned long long)le64toh(segment->p_vaddr));
		return -1;
	}
	if (start < GUEST_KERNEL_BASE || start + size < start) {
		message("%s: '%s': segment at 0x%llx; expected addresses from 0x%x on", what, path,
			(unsigned long long)start, GUEST_KERNEL_BASE);
		return -1;
	}
	if (into < size)
		part->start = start + into;
	if (start < file->start)
		file->start = start;
	if (start + size > file->end)
		file->end = start + size;
	return 0;
}

/*
 * QEMU's -kernel starts an ELF at its lowest address, Halite at its entry. An ELF for which these
 * differ would be two guests with and without --native. Returns 0, or -1 after a message.
 */
static int check_entry(const struct guest_file *file, const struct elf_part *part, const char *path,
		       const char *what)
{
	if (part->start == file->start)
		return 0;
	message("%s: '%s': the ELF's entry 0x%llx is not its lowest address, which is 0x%llx", what,
		path, (unsigned long long)part->entry, (unsigned long long)file->start);
	return -1;
}

/* Returns 0: an ELF that can run; 1: not an ELF; -1: an ELF that cannot run, after a message. */
static int read_elf(int fd, const char *path, const char *what, struct guest_file *file)
{
	struct elf_part part = { .start = UINT64_MAX };
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	uint64_t offset;

	if (read_at(fd, &header, sizeof(header), 0) < 0 ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return 1;
	if (le16toh(header.e_machine) != EM_RISCV || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB || le16toh(header.e_type) != ET_EXEC ||
	    le16toh(header.e_phentsize) != sizeof(segment)) {
		message("%s: '%s' is an ELF of another kind (class %d, machine %d, type %d); "
			"expected a static 64-bit RISC-V executable",
			what, path, header.e_ident[EI_CLASS], le16toh(header.e_machine),
			le16toh(header.e_type));
		return -1;
	}
	part.entry = le64toh(header.e_entry);
	file->is_elf = true;
	file->start = UINT64_MAX;
	file->end = 0;
	for (unsigned int i = 0; i < le16toh(header.e_phnum); i++) {
		offset = le64toh(header.e_phoff) + i * sizeof(segment);
		if (read_at(fd, &segment, sizeof(segment), offset) < 0) {
			message("%s: '%s': the ELF's program headers are cut short", what, path);
			return -1;
		}
		if (add_segment(&segment, path, what, file, &part) < 0)
			return -1;
	}
	if (file->end == 0) {
		message("%s: '%s': the ELF has nothing to load", what, path);
		return -1;
	}
	return check_entry(file, &part, path, what);
}

static void refuse(int fd, const char *path, const char *what)
{
	uint8_t start[518] = { 0 };

	if (pread(fd, start, sizeof(start), 0) < 0)
		start[0] = 0;
	for (size_t i = 0; i < sizeof(other_files) / sizeof(other_files[0]); i++) {
		const struct other_file *other = &other_files[i];

		if (!memcmp(start + other->offset, other->bytes, other->size)) {
			message("%s: '%s' is neither a RISC-V Linux Image nor a RISC-V ELF but %s",
				what, path, other->name);
			return;
		}
	}
	message("%s: '%s' is neither a RISC-V Linux Image nor a RISC-V ELF", what, path);
}

int guest_file_kernel_fd(int fd, const char *path, const char *what, struct guest_file *file)
{
	struct stat st;
	int result;

	if (fstat(fd, &st) < 0) {
		message("%s: '%s': %s", what, path, strerror(errno));
		return -1;
	}
	file->size = (uint64_t)st.st_size;
	result = read_image(fd, path, what, file);
	if (result > 0)
		result = read_elf(fd, path, what, file);
	if (result > 0)
		refuse(fd, path, what);
	return result == 0 ? 0 : -1;
}

int guest_file_kernel(const char *path, const char *what, struct guest_file *file)
{
	int fd = guest_file_open(path, what, &file->size);
	int result;

	if (fd < 0)
		return -1;
	result = guest_file_kernel_fd(fd, path, what, file);
	close(fd);
	return result;
}

int guest_file_size(const char *path, const char *what, uint64_t *size)
{
	int fd = guest_file_open(path, what, size);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

bool guest_file_is_same(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}
