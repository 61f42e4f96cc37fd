/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "guest_file.h"
#include "hv/pack_format.h"
#include "message.h"
#include "pack.h"
#include "pack_domains.h"
#include "run.h"
#include "tree.h"
#include "unpack.h"

#define MIB  (1ull << 20)
#define PAGE 4096ull
/*
 * A Linux Image runs where it is at such an address. Linux takes all of the last such block of its
 * memory, bss included, and refuses a ramdisk there.
 */
#define KERNEL_ALIGN	  (2 * MIB)
#define IMAGE_SIZE_OFFSET 16	 /* of image_size in the boot header of Linux */
#define HEADERS_SIZE	  512	 /* at the start of halite.bin (src/riscv/head.S) */
#define PE_FILE_ALIGN	  512ull /* of the sections of a PE file */
#define CHUNK		  (1u << 20)
#define FDT_MAX		  (MIB - PACK_FDT_ROOM) /* HOME_FDT_MAX of src/hv/home.h */

/* Debian's U-Boot for QEMU, and the default configuration of many boards. */
#define U_BOOT_FILE_MAX	    (128 * MIB) /* from kernel_addr_r to fdt_addr_r */
#define U_BOOT_UNPACKED_MAX (64 * MIB)	/* kernel_comp_size */

struct module {
	const char *path;
	int fd;		 /* -1: there is no such module */
	uint64_t size;	 /* of the file */
	uint64_t padded; /* with zeros behind it that belong to the module */
	uint64_t offset; /* in the output */
};

/* The output, while it is made. */
struct output {
	const char *path;
	char new[PATH_MAX]; /* the file that is renamed to path at the end; empty: none yet */
	int fd;
	uint64_t header;     /* offset of the header */
	uint64_t size;	     /* bytes of the file */
	uint64_t image_size; /* of a packed file: the memory that it needs */
	struct module modules[PACK_KINDS];
};

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

/* ---- the files ---- */

/* Opens the device tree, and puts its size by its own header in module. Returns 0 or -1. */
static int open_dtb(struct module *module)
{
	uint32_t head[2];

	module->fd = guest_file_open(module->path, "--dtb", &module->size);
	if (module->fd < 0)
		return -1;
	if (pread(module->fd, head, sizeof(head), 0) != sizeof(head) ||
	    be32toh(head[0]) != 0xd00dfeed || be32toh(head[1]) > module->size) {
		message("--dtb: '%s' is no device tree, or is cut short: give a .dtb file",
			module->path);
		return -1;
	}
	module->size = be32toh(head[1]);
	if (module->size > FDT_MAX) {
		message("--dtb: '%s' has %llu bytes; at most %llu are expected", module->path,
			(unsigned long long)module->size, FDT_MAX);
		return -1;
	}
	module->padded = align_up(module->size, 8) + PACK_FDT_ROOM;
	return 0;
}

/* Makes the module of the domains, for options that have some. Returns 0, or -1 after a message. */
static int make_domains(struct output *out, struct pack_options *options)
{
	struct module *m = &out->modules[PACK_DOMAINS];

	m->path = "the domains";
	m->fd = pack_domains_make(&options->guest.domains, options->guest.nacl[0], &m->size);
	m->padded = m->size;
	return m->fd < 0 ? -1 : 0;
}

/*
 * Opens the files of all modules. kernel stays as it is if there are domains. Returns 0, or -1
 * after a message.
 */
static int open_modules(struct output *out, struct pack_options *options, struct guest_file *kernel)
{
	struct module *k = &out->modules[PACK_KERNEL];
	struct module *r = &out->modules[PACK_RAMDISK];
	struct module *d = &out->modules[PACK_FDT];

	d->path = options->dtb;
	if (d->path && open_dtb(d) < 0)
		return -1;
	if (options->guest.domains.count) {
		if (d->path && tree_name_devices(d->path, &options->guest.domains) < 0)
			return -1;
		return make_domains(out, options);
	}
	k->path = options->guest.kernel;
	r->path = options->guest.initrd;
	k->fd = unpack_kernel(k->path, "--kernel");
	if (k->fd < 0 || guest_file_kernel_fd(k->fd, k->path, "--kernel", kernel) < 0)
		return -1;
	k->size = k->padded = kernel->size;
	if (r->path) {
		r->fd = guest_file_open(r->path, "--initrd", &r->size);
		if (r->fd < 0)
			return -1;
		r->padded = r->size;
	}
	return 0;
}

/* ---- the layout ---- */

/*
 * Places the kernel at or behind *next, and moves *next. A Linux Image gets a place where it can
 * run, with its bss, so that Halite need not copy it. An ELF must not lie where it will run, in a
 * file that is at GUEST_KERNEL_BASE.
 */
static void place_kernel(struct output *out, const struct guest_file *kernel, bool bundle,
			 uint64_t *next)
{
	struct module *k = &out->modules[PACK_KERNEL];
	uint64_t running = kernel->end - kernel->start;

	if (!bundle && kernel->is_elf && kernel->end - GUEST_KERNEL_BASE > *next)
		*next = kernel->end - GUEST_KERNEL_BASE;
	k->offset = align_up(*next, bundle || kernel->is_elf ? PAGE : KERNEL_ALIGN);
	out->size = k->offset + k->size;
	*next = bundle || kernel->is_elf ? out->size : align_up(k->offset + running, KERNEL_ALIGN);
}

/* Places the modules. */
static void place(struct output *out, const struct guest_file *kernel, bool bundle)
{
	uint64_t next = out->header + sizeof(struct pack_header);

	if (out->modules[PACK_KERNEL].fd >= 0)
		place_kernel(out, kernel, bundle, &next);
	for (unsigned int kind = PACK_RAMDISK; kind < PACK_KINDS; kind++) {
		struct module *m = &out->modules[kind];

		if (m->fd < 0)
			continue;
		m->offset = align_up(next, PAGE);
		next = out->size = m->offset + m->padded;
	}
	out->image_size = align_up(next, PAGE);
	if (!bundle)
		out->size = align_up(out->size, PE_FILE_ALIGN);
}

/* ---- writing ---- */

static int failed(const struct output *out, const char *what)
{
	message("-o '%s': %s: %s", out->path, what, strerror(errno));
	return -1;
}

/* Copies size bytes of fd to offset in the output. Returns 0, or -1 after a message. */
static int copy(const struct output *out, int fd, const char *path, uint64_t size, uint64_t offset,
		uint32_t *crc)
{
	static uint8_t chunk[CHUNK];
	uint64_t done = 0;

	*crc = 0;
	while (done < size) {
		size_t want = size - done < sizeof(chunk) ? size - done : sizeof(chunk);
		ssize_t got = pread(fd, chunk, want, (off_t)done);

		if (got <= 0) {
			message("pack: '%s': %s", path,
				got ? strerror(errno) : "it has become shorter");
			return -1;
		}
		*crc = (uint32_t)crc32(*crc, chunk, (uInt)got);
		if (pwrite(out->fd, chunk, (size_t)got, (off_t)(offset + done)) != got)
			return failed(out, "cannot write it");
		done += (uint64_t)got;
	}
	return 0;
}

/* Writes the modules and fills in header, but its CRC. Returns 0, or -1 after a message. */
static int write_modules(const struct output *out, struct pack_header *header)
{
	static const uint8_t zeros[PACK_FDT_ROOM + 8];

	for (unsigned int kind = 0; kind < PACK_KINDS; kind++) {
		const struct module *m = &out->modules[kind];
		uint32_t crc;

		if (m->fd < 0)
			continue;
		if (copy(out, m->fd, m->path, m->size, m->offset, &crc) < 0)
			return -1;
		crc = (uint32_t)crc32(crc, zeros, (uInt)(m->padded - m->size));
		header->modules[kind].offset = htole64(m->offset - out->header);
		header->modules[kind].size = htole64(m->padded);
		header->modules[kind].crc = htole32(crc);
	}
	header->size = htole64(out->size - out->header);
	/* The zeros behind the last module are in the file, too: not all loaders clear memory. */
	return ftruncate(out->fd, (off_t)out->size) < 0 ? failed(out, "cannot write it") : 0;
}

/* Puts the text in the field of size bytes. Returns 0, or -1 after a message. */
static int put_text(char *field, size_t size, const char *text, const char *name)
{
	if (strlen(text) >= size) {
		message("%s: %zu characters; at most %zu are expected", name, strlen(text),
			size - 1);
		return -1;
	}
	memcpy(field, text, strlen(text));
	return 0;
}

static int write_header(const struct output *out, const struct pack_options *options,
			struct pack_header *header)
{
	const struct run_options *guest = &options->guest;
	char words[PACK_WORDS_SIZE + 1];

	snprintf(words, sizeof(words), "nacl=%s%s%s%s", guest->nacl[0], guest->give ? " give=" : "",
		 guest->give ? guest->give : "", guest->stats ? " stats" : "");
	memcpy(header->magic, PACK_MAGIC, PACK_MAGIC_SIZE);
	header->version = htole32(PACK_VERSION);
	if (put_text(header->words, sizeof(header->words), words, "--nacl and --give") < 0 ||
	    put_text(header->bootargs, sizeof(header->bootargs), guest->append, "--append") < 0)
		return -1;
	header->crc = htole32((uint32_t)crc32(0, (const Bytef *)header, sizeof(*header)));
	if (pwrite(out->fd, header, sizeof(*header), (off_t)out->header) != sizeof(*header))
		return failed(out, "cannot write it");
	return 0;
}

/* The offsets, from the start of each, of what changes in a PE file: "PE Format" of Microsoft. */
enum {
	PE_OFFSET = 0x3c, /* in the DOS header */
	PE_SIGNATURE_SIZE = 4,
	COFF_SECTIONS = 2,
	COFF_OPTIONAL_SIZE = 16,
	COFF_SIZE = 20,
	OPTIONAL_DATA_SIZE = 8,
	OPTIONAL_IMAGE_SIZE = 56,
	SECTION_MEMORY_SIZE = 8,
	SECTION_ADDRESS = 12,
	SECTION_FILE_SIZE = 16,
	SECTION_SIZE = 40,
};

static uint32_t get32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return le32toh(value);
}

static void put32(uint8_t *p, uint64_t value)
{
	uint32_t bytes = htole32((uint32_t)value);

	memcpy(p, &bytes, sizeof(bytes));
}

/*
 * Changes the headers of halite.bin, so that image_size, and for EFI the section .data, cover the
 * modules. Returns 0, or -1 if there is no PE header as src/riscv/head.S makes it.
 */
static int cover_modules(uint8_t *headers, const struct output *out)
{
	const uint64_t image_size = htole64(out->image_size);
	uint32_t at = get32(headers + PE_OFFSET);
	uint8_t *coff, *optional, *data;
	uint32_t address;

	if (at > HEADERS_SIZE / 4 || memcmp(headers + at, "PE\0", PE_SIGNATURE_SIZE))
		return -1;
	coff = headers + at + PE_SIGNATURE_SIZE;
	optional = coff + COFF_SIZE;
	data = optional + coff[COFF_OPTIONAL_SIZE] + SECTION_SIZE;
	if (coff[COFF_SECTIONS] != 2 || data + SECTION_SIZE > headers + HEADERS_SIZE)
		return -1;
	address = get32(data + SECTION_ADDRESS);
	memcpy(headers + IMAGE_SIZE_OFFSET, &image_size, sizeof(image_size));
	put32(optional + OPTIONAL_DATA_SIZE, out->image_size - address);
	put32(optional + OPTIONAL_IMAGE_SIZE, out->image_size);
	put32(data + SECTION_MEMORY_SIZE, out->image_size - address);
	put32(data + SECTION_FILE_SIZE, out->size - address);
	return 0;
}

/* Writes Halite, whose headers now cover the modules. Returns 0, or -1 after a message. */
static int write_halite(const struct output *out, int fd, const char *path, uint64_t size)
{
	uint8_t headers[HEADERS_SIZE];
	uint32_t crc;

	if (out->image_size > UINT32_MAX) {
		message("-o '%s': %llu MiB with Halite; less than 4096 are expected", out->path,
			(unsigned long long)(out->image_size / MIB));
		return -1;
	}
	if (copy(out, fd, path, size, 0, &crc) < 0)
		return -1;
	if (pread(fd, headers, sizeof(headers), 0) != sizeof(headers) ||
	    cover_modules(headers, out) < 0) {
		message("the hypervisor '%s' has no EFI header; expected that of 'make'", path);
		return -1;
	}
	if (pwrite(out->fd, headers, sizeof(headers), 0) != sizeof(headers))
		return failed(out, "cannot write it");
	return 0;
}

/* Opens halite.bin. Returns its descriptor, or -1 after a message. */
static int open_halite(char *path, size_t size, struct guest_file *halite)
{
	int fd;

	if (run_find_hypervisor(path, size) < 0)
		return -1;
	fd = guest_file_open(path, "the hypervisor", &halite->size);
	if (fd < 0)
		return -1;
	if (guest_file_kernel_fd(fd, path, "the hypervisor", halite) < 0 || halite->is_elf ||
	    pack_is_packed(path)) {
		message("the hypervisor '%s' is no plain halite.bin; expected that of 'make'",
			path);
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Makes the file that becomes the output, beside it, under a name that no file has. It gets the
 * mode that open() would give it. Returns 0, or -1 after a message.
 */
static int create(struct output *out)
{
	static const char end[] = ".XXXXXX.new";
	mode_t mask = umask(0);

	umask(mask);
	if ((size_t)snprintf(out->new, sizeof(out->new), "%s%s", out->path, end) >=
	    sizeof(out->new)) {
		message("-o: the path '%s' is too long", out->path);
		out->new[0] = '\0';
		return -1;
	}
	out->fd = mkostemps(out->new, (int)strlen(".new"), O_CLOEXEC);
	if (out->fd < 0) {
		out->new[0] = '\0';
		return failed(out, "cannot make it");
	}
	if (fchmod(out->fd, 0666 & ~mask) < 0)
		return failed(out, "cannot set its mode");
	return 0;
}

/* Writes all of the output. Returns 0, or -1 after a message. */
static int write_all(struct output *out, struct pack_options *options)
{
	struct pack_header header = { 0 };
	struct guest_file kernel = { 0 }, halite = { 0 };
	char path[PATH_MAX];
	int fd = -1, result;

	if (open_modules(out, options, &kernel) < 0)
		return -1;
	if (!options->bundle) {
		fd = open_halite(path, sizeof(path), &halite);
		if (fd < 0)
			return -1;
		out->header = halite.end - halite.start;
	}
	place(out, &kernel, options->bundle);
	result = create(out);
	if (result == 0 && fd >= 0)
		result = write_halite(out, fd, path, halite.size);
	if (result == 0)
		result = write_modules(out, &header);
	if (result == 0)
		result = write_header(out, options, &header);
	if (result == 0 && (fsync(out->fd) < 0 || rename(out->new, out->path) < 0))
		result = failed(out, "cannot write it");
	if (result < 0 && out->new[0])
		unlink(out->new);
	return result;
}

/* Says what boot loaders with usual addresses cannot take. */
static void warn_of_size(const struct output *out)
{
	if (out->image_size > U_BOOT_FILE_MAX)
		message("note: '%s' needs %llu MiB, and U-Boot has %llu MiB between kernel_addr_r "
			"and fdt_addr_r by default: change these addresses, or use --bundle",
			out->path, (unsigned long long)(out->image_size / MIB),
			U_BOOT_FILE_MAX / MIB);
	else if (out->size > U_BOOT_UNPACKED_MAX)
		message("note: '%s' has %llu MiB, and U-Boot unpacks %llu MiB by default: "
			"do not compress it, or change kernel_comp_size",
			out->path, (unsigned long long)(out->size / MIB),
			U_BOOT_UNPACKED_MAX / MIB);
}

/* Returns whether path is the input, with a message. */
static bool is_input(const char *path, const struct stat *old, const char *input)
{
	struct stat st;

	if (!input || stat(input, &st) < 0 || st.st_dev != old->st_dev || st.st_ino != old->st_ino)
		return false;
	message("-o '%s': it is the input '%s': give another path", path, input);
	return true;
}

/*
 * Returns whether the file at path may be replaced: a regular file that is no input. rename() would
 * replace a device such as /dev/null, or a link, too.
 */
static bool may_replace(const char *path, const struct pack_options *options)
{
	const struct run_options *guest = &options->guest;
	struct stat old;

	if (lstat(path, &old) < 0)
		return true;
	if (!S_ISREG(old.st_mode)) {
		message("-o '%s': it is there and is not a regular file: give another path", path);
		return false;
	}
	for (unsigned int i = 0; i < guest->domains.count; i++) {
		const struct domain *domain = &guest->domains.list[i];

		if (is_input(path, &old, domain->kernel.path) ||
		    is_input(path, &old, domain->initrd.path))
			return false;
	}
	return !is_input(path, &old, guest->kernel) && !is_input(path, &old, guest->initrd) &&
	       !is_input(path, &old, options->dtb);
}

int pack_write(struct pack_options *options)
{
	struct output out = { .path = options->output, .fd = -1 };
	int result;

	if (!may_replace(out.path, options))
		return -1;
	for (unsigned int kind = 0; kind < PACK_KINDS; kind++)
		out.modules[kind].fd = -1;
	result = write_all(&out, options);
	for (unsigned int kind = 0; kind < PACK_KINDS; kind++) {
		if (out.modules[kind].fd >= 0)
			close(out.modules[kind].fd);
	}
	if (out.fd >= 0)
		close(out.fd);
	if (result == 0 && !options->bundle)
		warn_of_size(&out);
	return result;
}
