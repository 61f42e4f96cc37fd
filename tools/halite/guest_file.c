/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_file.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
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

/*
 * Opens a regular file and puts its size in *size. Returns the descriptor, or -1 after a
 * message.
 */
static int open_regular(const char *path, const char *what, uint64_t *size)
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
	file->start = GUEST_KERNEL_BASE;
	file->end = GUEST_KERNEL_BASE + (image_size > file->size ? image_size : file->size);
	return 0;
}

/* Extends the range of *file by a segment. Returns 0, or -1 after a message. */
static int add_segment(const Elf64_Phdr *segment, const char *path, const char *what,
		       struct guest_file *file)
{
	uint64_t start = le64toh(segment->p_paddr);
	uint64_t size = le64toh(segment->p_memsz);

	if (le32toh(segment->p_type) == PT_INTERP) {
		message("%s: '%s' is an ELF with an interpreter; expected a static one", what,
			path);
		return -1;
	}
	if (le32toh(segment->p_type) != PT_LOAD || size == 0)
		return 0;
	if (start < GUEST_KERNEL_BASE || start + size < start) {
		message("%s: '%s': segment at 0x%llx; expected addresses from 0x%x on", what, path,
			(unsigned long long)start, GUEST_KERNEL_BASE);
		return -1;
	}
	if (start < file->start)
		file->start = start;
	if (start + size > file->end)
		file->end = start + size;
	return 0;
}

/* Returns 0: an ELF that can run; 1: not an ELF; -1: an ELF that cannot run, after a message. */
static int read_elf(int fd, const char *path, const char *what, struct guest_file *file)
{
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
	file->start = UINT64_MAX;
	file->end = 0;
	for (unsigned int i = 0; i < le16toh(header.e_phnum); i++) {
		offset = le64toh(header.e_phoff) + i * sizeof(segment);
		if (read_at(fd, &segment, sizeof(segment), offset) < 0) {
			message("%s: '%s': the ELF's program headers are cut short", what, path);
			return -1;
		}
		if (add_segment(&segment, path, what, file) < 0)
			return -1;
	}
	if (file->end == 0) {
		message("%s: '%s': the ELF has nothing to load", what, path);
		return -1;
	}
	return 0;
}

int guest_file_kernel(const char *path, const char *what, struct guest_file *file)
{
	int fd = open_regular(path, what, &file->size);
	int result;

	if (fd < 0)
		return -1;
	result = read_image(fd, path, what, file);
	if (result > 0)
		result = read_elf(fd, path, what, file);
	if (result > 0)
		message("%s: '%s' is neither a RISC-V Linux Image nor a RISC-V ELF", what, path);
	close(fd);
	return result == 0 ? 0 : -1;
}

int guest_file_size(const char *path, const char *what, uint64_t *size)
{
	int fd = open_regular(path, what, size);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}
