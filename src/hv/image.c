/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "hv/console.h"
#include "hv/image.h"

#define IMAGE_ALIGN	 UINT64_C(0x200000)
#define IMAGE_MAGIC2	 UINT32_C(0x05435352) /* "RSC\x05" */
#define IMAGE_BIG_ENDIAN UINT64_C(1)

struct image_header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint32_t version;
	uint32_t res1;
	uint64_t res2;
	uint64_t magic;
	uint32_t magic2;
	uint32_t res3;
};

#define ELF_CLASS_64 2
#define ELF_DATA_LE  1
#define ELF_EXEC     2
#define ELF_DYN	     3
#define ELF_RISCV    243
#define ELF_PT_LOAD  1

struct elf_header {
	uint8_t magic[4];
	uint8_t class, data, version, osabi, pad[8];
	uint16_t type;
	uint16_t machine;
	uint32_t version2;
	uint64_t entry;
	uint64_t phoff;
	uint64_t shoff;
	uint32_t flags;
	uint16_t ehsize;
	uint16_t phentsize;
	uint16_t phnum;
	uint16_t rest[3];
};

struct elf_segment {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
};

/* ---- Linux Image ---- */

static void place_linux(struct image *img, const struct image_header *header, struct range kernel,
			const struct range_list *ram, const struct range_list *keep)
{
	uint64_t size = header->image_size > kernel.size ? header->image_size : kernel.size;
	struct range_list room = { 0 };
	bool fits = range_list_copy(&room, ram) && range_list_subtract_all(&room, keep);

	if (header->text_offset > range_end(ram->r[0]))
		hv_fatal("kernel: a RISC-V Linux Image with text_offset 0x%lx, beyond RAM",
			 (unsigned long)header->text_offset);
	img->memory = (struct range){ kernel.start, size };
	img->entry = kernel.start;
	/* A copy would be most of the instructions that Halite executes before the guest. */
	if (fits && kernel.start % IMAGE_ALIGN == 0 && range_is_valid(kernel.start, size) &&
	    range_list_contains(&room, img->memory))
		return;
	if (!fits || !range_list_lowest(&room, ram->r[0].start + header->text_offset, size,
					IMAGE_ALIGN, &img->entry))
		hv_fatal("kernel: too little RAM: no room for a Linux Image of 0x%lx bytes",
			 (unsigned long)size);
	img->memory = (struct range){ img->entry, size };
}

static void copy_linux(const struct image *img, struct range kernel)
{
	if (img->entry != kernel.start)
		memmove((void *)(uintptr_t)img->entry, (const void *)(uintptr_t)kernel.start,
			kernel.size);
}

/* ---- ELF ---- */

static struct elf_segment elf_segment(const struct elf_header *h, struct range kernel,
				      unsigned int i)
{
	struct elf_segment s;

	memcpy(&s, (const void *)(uintptr_t)(kernel.start + h->phoff + i * sizeof(s)), sizeof(s));
	return s;
}

static void check_segment(const struct elf_segment *s, unsigned int i, struct range kernel,
			  const struct range_list *ram, const struct range_list *keep)
{
	struct range to = { s->paddr, s->memsz };
	const struct range *other = range_list_overlap(keep, to);

	if (s->filesz > s->memsz || s->offset > kernel.size || s->filesz > kernel.size - s->offset)
		hv_fatal("kernel: ELF program header %u: "
			 "0x%lx bytes at offset 0x%lx are not in the file",
			 i, (unsigned long)s->filesz, (unsigned long)s->offset);
	if (!range_is_valid(s->paddr, s->memsz) || !range_list_contains(ram, to))
		hv_fatal("kernel: ELF program header %u: "
			 "p_paddr 0x%lx with 0x%lx bytes is not in RAM",
			 i, (unsigned long)s->paddr, (unsigned long)s->memsz);
	if (!other && range_overlaps(kernel, to))
		other = &kernel;
	if (other)
		hv_fatal("kernel: ELF program header %u: p_paddr 0x%lx with 0x%lx bytes overlaps "
			 "what is in use at 0x%lx to 0x%lx",
			 i, (unsigned long)s->paddr, (unsigned long)s->memsz,
			 (unsigned long)other->start, (unsigned long)range_end(*other) - 1);
}

/* Extend img->memory to @s. If the virtual address @entry is in @s, set img->entry. */
static void account_segment(struct image *img, const struct elf_segment *s, uint64_t entry)
{
	uint64_t end = s->paddr + s->memsz;

	if (!img->memory.size) {
		img->memory = (struct range){ s->paddr, s->memsz };
	} else {
		uint64_t start = img->memory.start < s->paddr ? img->memory.start : s->paddr;

		if (end < range_end(img->memory))
			end = range_end(img->memory);
		img->memory = (struct range){ start, end - start };
	}
	if (entry >= s->vaddr && entry - s->vaddr < s->memsz)
		img->entry = s->paddr + (entry - s->vaddr);
}

static void place_elf(struct image *img, const struct elf_header *h, struct range kernel,
		      const struct range_list *ram, const struct range_list *keep)
{
	const uint64_t no_entry = UINT64_MAX;
	struct elf_segment s;
	unsigned int i;

	img->entry = no_entry;
	img->memory.size = 0;
	for (i = 0; i < h->phnum; i++) {
		s = elf_segment(h, kernel, i);
		if (s.type != ELF_PT_LOAD || !s.memsz)
			continue;
		check_segment(&s, i, kernel, ram, keep);
		account_segment(img, &s, h->entry);
	}
	if (img->entry == no_entry)
		hv_fatal("kernel: an ELF whose entry 0x%lx is in no PT_LOAD segment",
			 (unsigned long)h->entry);
}

static void copy_elf(struct range kernel)
{
	struct elf_header h;
	struct elf_segment s;
	unsigned int i;

	memcpy(&h, (const void *)(uintptr_t)kernel.start, sizeof(h));
	for (i = 0; i < h.phnum; i++) {
		s = elf_segment(&h, kernel, i);
		if (s.type != ELF_PT_LOAD)
			continue;
		memcpy((void *)(uintptr_t)s.paddr,
		       (const void *)(uintptr_t)(kernel.start + s.offset), s.filesz);
		memset((void *)(uintptr_t)(s.paddr + s.filesz), 0, s.memsz - s.filesz);
	}
}

/* ---- Neither Image nor ELF ---- */

struct signature {
	unsigned int offset, len;
	const char *bytes;
	const char *name;
};

static const struct signature signatures[] = {
	{ 0, 2, "\x1f\x8b", "gzip-compressed data: unpack it first, as 'halite pack' does" },
	{ 0, 6,
	  "\xfd"
	  "7zXZ",
	  "xz-compressed data: unpack it first" },
	{ 0, 4, "\x28\xb5\x2f\xfd",
	  "zstd-compressed data: unpack it first, as 'halite pack' does" },
	{ 0, 4, "\xd0\x0d\xfe\xed", "a device tree" },
	{ 4, 4, "zimg", "an EFI zboot image: give the Image in it, as 'halite pack' does" },
	{ 56, 4, "ARM\x64", "an arm64 Linux Image" },
	{ 0x202, 4, "HdrS", "an x86 Linux bzImage" },
	{ 0, 6, "070701", "a cpio archive" },
	{ 0, 2, "MZ", "a PE/EFI program" },
	{ 0, 2, "#!", "a script" },
};

static bool wrong(char *reason, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Write the message to @reason, of IMAGE_REASON_SIZE bytes. Return false. */
static bool wrong(char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, IMAGE_REASON_SIZE, fmt, args);
	va_end(args);
	return false;
}

/* Write to @reason what @kernel is, as far as it is known. Return false. */
static bool refuse(struct range kernel, char *reason)
{
	const uint8_t *p = (const uint8_t *)(uintptr_t)kernel.start;
	static const char hex[] = "0123456789abcdef";
	char bytes[3 * 8 + 1] = "";
	unsigned int i;

	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct signature *s = &signatures[i];

		if (kernel.size >= s->offset + s->len && !memcmp(p + s->offset, s->bytes, s->len))
			return wrong(reason, "neither a RISC-V Linux Image nor a RISC-V ELF but %s",
				     s->name);
	}
	for (i = 0; i < 8 && i < kernel.size; i++) {
		bytes[3 * i] = ' ';
		bytes[3 * i + 1] = hex[p[i] >> 4];
		bytes[3 * i + 2] = hex[p[i] & 15];
	}
	return wrong(reason,
		     "neither a RISC-V Linux Image nor a RISC-V ELF: %lu bytes that begin with%s",
		     (unsigned long)kernel.size, bytes);
}

static bool check_elf(const struct elf_header *h, struct range kernel, char *reason)
{
	struct elf_segment s;
	unsigned int i;

	if (h->class != ELF_CLASS_64 || h->data != ELF_DATA_LE)
		return wrong(reason, "an ELF that is not 64-bit little-endian (class %u, data %u)",
			     h->class, h->data);
	if (h->machine != ELF_RISCV)
		return wrong(reason, "an ELF for machine %u instead of RISC-V (%u)", h->machine,
			     ELF_RISCV);
	/* An ELF_DYN program relocates itself, so it also runs where its headers put it. */
	if (h->type != ELF_EXEC && h->type != ELF_DYN)
		return wrong(reason, "a RISC-V ELF that is not a program (e_type %u)", h->type);
	if (h->phentsize != sizeof(s) || h->phoff > kernel.size ||
	    h->phnum > (kernel.size - h->phoff) / sizeof(s))
		return wrong(reason,
			     "an ELF whose %u program headers of %u bytes at 0x%lx are not in the "
			     "file",
			     h->phnum, h->phentsize, (unsigned long)h->phoff);
	for (i = 0; i < h->phnum; i++) {
		s = elf_segment(h, kernel, i);
		/* A physical address has at most 56 bits. */
		if (s.type == ELF_PT_LOAD && s.paddr >> 56)
			return wrong(reason,
				     "an ELF linked at virtual addresses (p_paddr 0x%lx): this is "
				     "vmlinux, give arch/riscv/boot/Image",
				     (unsigned long)s.paddr);
	}
	return true;
}

/* Whether @kernel has a header of a Linux Image; then it is in *@header. */
static bool is_linux(struct range kernel, struct image_header *header)
{
	if (kernel.size < sizeof(*header))
		return false;
	memcpy(header, (const void *)(uintptr_t)kernel.start, sizeof(*header));
	return header->magic2 == IMAGE_MAGIC2;
}

/* Whether @kernel has a header of an ELF; then it is in *@header. */
static bool is_elf(struct range kernel, struct elf_header *header)
{
	if (kernel.size < sizeof(*header))
		return false;
	memcpy(header, (const void *)(uintptr_t)kernel.start, sizeof(*header));
	return !memcmp(header->magic, "\177ELF", 4);
}

bool image_check(struct range kernel, char reason[IMAGE_REASON_SIZE])
{
	struct image_header header;
	struct elf_header elf;

	if (is_linux(kernel, &header))
		return !(header.flags & IMAGE_BIG_ENDIAN) ||
		       wrong(reason, "a big-endian RISC-V Linux Image");
	return is_elf(kernel, &elf) ? check_elf(&elf, kernel, reason) : refuse(kernel, reason);
}

void image_place(struct image *img, struct range kernel, const struct range_list *ram,
		 const struct range_list *keep)
{
	char reason[IMAGE_REASON_SIZE];
	struct image_header header;
	struct elf_header elf;

	img->elf = false;
	if (!image_check(kernel, reason))
		hv_fatal("kernel: %s", reason);
	if (is_linux(kernel, &header)) {
		place_linux(img, &header, kernel, ram, keep);
	} else if (is_elf(kernel, &elf)) {
		place_elf(img, &elf, kernel, ram, keep);
		img->elf = true;
	}
}

void image_copy(const struct image *img, struct range kernel)
{
	if (img->elf)
		copy_elf(kernel);
	else
		copy_linux(img, kernel);
}

void image_load(struct image *img, struct range kernel, const struct range_list *ram,
		const struct range_list *keep)
{
	image_place(img, kernel, ram, keep);
	image_copy(img, kernel);
}
