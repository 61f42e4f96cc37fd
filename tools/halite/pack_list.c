/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "guest_file.h"
#include "hv/pack_format.h"
#include "message.h"
#include "pack.h"
#include "pack_domains.h"
#include "unpack.h"

#define REMEDY "copy the file again, or make it again with 'halite pack'"

/* The header follows Halite's image, which is no longer than this. */
#define IMAGE_MAX (16u << 20)

struct file {
	uint8_t *bytes;
	uint64_t size;
	uint64_t header; /* offset of the header; size: there is none */
};

/* Maps the file at path. Returns 0, or -1 after a message. */
static int open_file(const char *path, const char *what, struct file *file)
{
	/* A packed file may be compressed, as a kernel may. */
	int fd = unpack_kernel(path, what);
	struct stat st;
	void *bytes;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		message("%s: '%s': %s", what, path, strerror(errno));
		close(fd);
		return -1;
	}
	file->size = (uint64_t)st.st_size;
	bytes = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED) {
		message("%s: '%s': %s", what, path, strerror(errno));
		return -1;
	}
	file->bytes = bytes;
	for (file->header = 0; file->header < file->size; file->header += 4096) {
		if (file->header > IMAGE_MAX || file->size - file->header < PACK_MAGIC_SIZE)
			break;
		if (!memcmp(file->bytes + file->header, PACK_MAGIC, PACK_MAGIC_SIZE))
			return 0;
	}
	file->header = file->size;
	return 0;
}

bool pack_is_packed(const char *path)
{
	struct file file;
	bool result;

	if (open_file(path, "pack", &file) < 0)
		return false;
	result = file.header < file.size;
	munmap(file.bytes, file.size);
	return result;
}

static int bad(const char *path, const char *why)
{
	message("--list: '%s': %s: " REMEDY, path, why);
	return -1;
}

/* Whether the file is a Linux Image that is longer in memory than here, as Halite's is, too. */
static bool is_cut(const struct file *file)
{
	/* Linux Documentation/arch/riscv/boot-image-header.rst: image_size and magic2 */
	const size_t size_at = 16, magic2_at = 56;
	uint64_t size;

	if (file->size < magic2_at + 4 || memcmp(file->bytes + magic2_at, "RSC\x05", 4) != 0)
		return false;
	memcpy(&size, file->bytes + size_at, sizeof(size));
	return le64toh(size) > file->size;
}

/* Copies and checks the header. Returns 0, or -1 after a message. */
static int read_header(const char *path, const struct file *file, struct pack_header *header)
{
	struct pack_header zeroed;

	if (file->header == file->size) {
		message("--list: '%s' has no pack%s: give a file that 'halite pack' has made", path,
			is_cut(file) ? ", or is cut short before it" : "");
		return -1;
	}
	if (file->size - file->header < sizeof(*header))
		return bad(path, "the header is cut short");
	memcpy(header, file->bytes + file->header, sizeof(*header));
	if (le32toh(header->version) != PACK_VERSION) {
		message("--list: '%s' has format %u; expected %u: use the halite that made it",
			path, le32toh(header->version), PACK_VERSION);
		return -1;
	}
	zeroed = *header;
	zeroed.crc = 0;
	if (crc32(0, (const Bytef *)&zeroed, sizeof(zeroed)) != le32toh(header->crc))
		return bad(path, "wrong CRC of the header");
	if (le64toh(header->size) > file->size - file->header)
		return bad(path, "the file is cut short");
	return 0;
}

/* Prints and checks a module. Returns 0, or -1 after a message. */
static int list_module(const char *path, const struct file *file, const struct pack_header *header,
		       unsigned int kind)
{
	static const char *const names[PACK_KINDS] = { "kernel", "ramdisk", "dtb", "domains" };
	uint64_t offset = le64toh(header->modules[kind].offset);
	uint64_t size = le64toh(header->modules[kind].size);
	uint32_t expected = le32toh(header->modules[kind].crc);
	uint64_t whole = le64toh(header->size);
	uint32_t crc;

	if (!size)
		return 0;
	if (offset < sizeof(*header) || offset > whole || size > whole - offset)
		return bad(path, "a module is not in the file");
	crc = (uint32_t)crc32_z(0, file->bytes + file->header + offset, size);
	printf("%-8s 0x%08llx, %llu bytes, CRC %08x\n", names[kind],
	       (unsigned long long)(file->header + offset), (unsigned long long)size, expected);
	if (crc != expected)
		return bad(path, "wrong CRC of this module");
	if (kind == PACK_DOMAINS &&
	    pack_domains_list(file->bytes + file->header + offset, size, file->header + offset) < 0)
		return bad(path, "the nodes of the domains are wrong");
	return 0;
}

int pack_list(const char *path)
{
	struct pack_header header;
	struct file file;

	if (open_file(path, "--list", &file) < 0 || read_header(path, &file, &header) < 0)
		return -1;
	printf("%s of %llu bytes\n", file.header ? "packed file" : "bundle",
	       (unsigned long long)file.size);
	printf("Halite's command line: %.*s\n", (int)sizeof(header.words), header.words);
	if (!header.modules[PACK_DOMAINS].size)
		printf("guest's command line: %.*s\n", (int)sizeof(header.bootargs),
		       header.bootargs);
	fflush(stdout);
	for (unsigned int kind = 0; kind < PACK_KINDS; kind++) {
		if (list_module(path, &file, &header, kind) < 0)
			return -1;
	}
	return 0;
}
