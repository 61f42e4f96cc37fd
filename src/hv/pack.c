/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/devtree_fill.h"
#include "hv/pack.h"
#include "lib/crc32.h"

#define IMAGE_SIZE_OFFSET 16 /* of image_size in the boot header of Linux */

#define REMEDY "load all of the file again, or make it again with 'halite pack'"

static const char packed_file[] = "packed file";
static const char bundle[] = "bundle (the ramdisk at linux,initrd-start)";

static const char *const kind_names[PACK_KINDS] = { "kernel", "ramdisk", "device tree", "domains" };

static const void *memory_at(uint64_t address)
{
	return (const void *)(uintptr_t)address;
}

static const struct pack_header *header_of(const struct pack *p)
{
	return memory_at(p->header.start);
}

/* ---- the boot loader's ramdisk ---- */

struct range pack_loader_ramdisk(const void *fdt)
{
	int chosen = devtree_subnode(fdt, 0, "chosen");
	struct range r = { 0 };
	uint64_t end;

	if (chosen < 0 || !devtree_get_number(fdt, chosen, "linux,initrd-start", &r.start) ||
	    !devtree_get_number(fdt, chosen, "linux,initrd-end", &end))
		return r;
	if (end > r.start)
		r.size = end - r.start;
	return r;
}

void pack_release_ramdisk(void *fdt)
{
	struct range ramdisk = pack_loader_ramdisk(fdt);
	struct range r;
	int i;

	for (i = fdt_num_mem_rsv(fdt); ramdisk.size && i-- > 0;) {
		if (!fdt_get_mem_rsv(fdt, i, &r.start, &r.size) && r.start == ramdisk.start &&
		    r.size == ramdisk.size)
			fdt_del_mem_rsv(fdt, i);
	}
}

/* Fatal unless @r, which is @what, is in RAM that nothing else has. */
static void check_place(struct range r, const char *what, const struct machine *m,
			struct range self)
{
	const struct range *other = range_list_overlap(&m->reserved, r);
	unsigned long start = r.start, end = range_end(r) - 1;

	if (!range_list_contains(&m->ram, r))
		hv_fatal("%s: 0x%lx to 0x%lx is not in RAM: load it at another address, "
			 "or give the machine more RAM",
			 what, start, end);
	if (!other && range_overlaps(r, self))
		other = &self;
	if (other)
		hv_fatal("%s: 0x%lx to 0x%lx overlaps %s at 0x%lx to 0x%lx: "
			 "load it at another address",
			 what, start, end, other == &self ? "Halite" : "reserved memory",
			 (unsigned long)other->start, (unsigned long)range_end(*other) - 1);
}

/* ---- header and modules ---- */

static uint32_t header_crc(const struct pack_header *h)
{
	const size_t behind = offsetof(struct pack_header, crc) + sizeof(h->crc);
	const uint32_t zero = 0;
	uint32_t crc = crc32(0, h, offsetof(struct pack_header, crc));

	crc = crc32(crc, &zero, sizeof(zero));
	return crc32(crc, (const uint8_t *)h + behind, sizeof(*h) - behind);
}

void pack_seal(struct pack_header *h)
{
	unsigned int kind;

	memcpy(h->magic, PACK_MAGIC, PACK_MAGIC_SIZE);
	h->version = PACK_VERSION;
	for (kind = 0; kind < PACK_KINDS; kind++) {
		struct pack_module *m = &h->modules[kind];

		m->crc = crc32(0, (const uint8_t *)h + m->offset, m->size);
	}
	h->crc = header_crc(h);
}

/* @loaded is the number of bytes that the boot loader has put into memory. */
static void check_header(const struct pack_header *h, const char *name, uint64_t loaded)
{
	if (loaded < sizeof(*h) || memcmp(h->magic, PACK_MAGIC, PACK_MAGIC_SIZE))
		hv_fatal("%s: no header at 0x%lx, the file is cut short or altered: " REMEDY, name,
			 (unsigned long)(uintptr_t)h);
	if (h->version != PACK_VERSION)
		hv_fatal("%s: format %u, this Halite takes %u: "
			 "use the 'halite pack' that came with it",
			 name, h->version, PACK_VERSION);
	if (h->crc != header_crc(h))
		hv_fatal("%s: wrong CRC of the header: " REMEDY, name);
	if (h->size > loaded || h->size < sizeof(*h))
		hv_fatal("%s: it has 0x%lx bytes, of which 0x%lx are loaded: " REMEDY, name,
			 (unsigned long)h->size, (unsigned long)loaded);
	if (h->words[PACK_WORDS_SIZE - 1] || h->bootargs[PACK_BOOTARGS_SIZE - 1])
		hv_fatal("%s: a command line has no end: " REMEDY, name);
}

static struct range module_of(const struct pack *p, unsigned int kind)
{
	const struct pack_module *module = &header_of(p)->modules[kind];

	if (!module->size)
		return (struct range){ 0 };
	return (struct range){ p->header.start + module->offset, module->size };
}

/* Check the place of module @kind, which exists, in the pack, and its CRC. */
static void check_module(const struct pack *p, const char *name, unsigned int kind)
{
	const struct pack_module *module = &header_of(p)->modules[kind];
	const char *what = kind_names[kind];
	struct range r;
	uint32_t crc;
	unsigned int i;

	if (module->offset < sizeof(struct pack_header) || module->offset > p->whole.size ||
	    module->size > p->whole.size - module->offset)
		hv_fatal("%s: the %s is not in the file: " REMEDY, name, what);
	r = module_of(p, kind);
	for (i = 0; i < kind; i++) {
		if (range_overlaps(r, module_of(p, i)))
			hv_fatal("%s: the %s and the %s overlap: " REMEDY, name, kind_names[i],
				 what);
	}
	crc = crc32(0, memory_at(r.start), r.size);
	if (crc != module->crc)
		hv_fatal("%s: the %s at 0x%lx has the CRC %08x instead of %08x: " REMEDY, name,
			 what, (unsigned long)r.start, crc, module->crc);
}

/* Take the pack whose header is at @start, of which @loaded bytes are loaded. */
static void take(struct pack *p, const char *name, uint64_t start, uint64_t loaded)
{
	const struct pack_header *h = memory_at(start);
	unsigned int kind;

	check_header(h, name, loaded);
	p->header = (struct range){ start, sizeof(*h) };
	p->whole = (struct range){ start, h->size };
	for (kind = 0; kind < PACK_KINDS; kind++) {
		if (h->modules[kind].size)
			check_module(p, name, kind);
	}
	p->kernel = module_of(p, PACK_KERNEL);
	p->ramdisk = module_of(p, PACK_RAMDISK);
	p->fdt = module_of(p, PACK_FDT);
	p->domains = module_of(p, PACK_DOMAINS);
	if (!p->kernel.size == !p->domains.size)
		hv_fatal("%s: it has %s: " REMEDY, name,
			 p->kernel.size ? "a kernel and domains" : "no kernel");
}

/* The size that the boot header gives to the file whose image is @self. */
static uint64_t image_size(struct range self)
{
	uint64_t size;

	memcpy(&size, memory_at(self.start + IMAGE_SIZE_OFFSET), sizeof(size));
	return size;
}

bool pack_is_bundle(struct range ramdisk)
{
	return ramdisk.size >= sizeof(struct pack_header) &&
	       !memcmp(memory_at(ramdisk.start), PACK_MAGIC, PACK_MAGIC_SIZE);
}

bool pack_is_behind(struct range self)
{
	return image_size(self) > self.size;
}

void pack_find(struct pack *p, const void *fdt, const struct machine *m, struct range self)
{
	struct range ramdisk = pack_loader_ramdisk(fdt);
	uint64_t size = image_size(self);

	*p = (struct pack){ 0 };
	if (size > self.size) {
		struct range behind = { range_end(self), size - self.size };

		check_place(behind, packed_file, m, self);
		take(p, packed_file, behind.start, behind.size);
	}
	if (!ramdisk.size)
		return;
	if (!range_list_contains(&m->ram, ramdisk) || !pack_is_bundle(ramdisk)) {
		/* Nobody uses this ramdisk without a pack. */
		if (!p->header.size)
			return;
		check_place(ramdisk, "ramdisk at linux,initrd-start", m, self);
		if (range_overlaps(ramdisk, p->whole))
			hv_fatal("ramdisk at linux,initrd-start: it overlaps the packed file: "
				 "load it at another address");
		p->ramdisk = ramdisk;
		return;
	}
	if (p->header.size)
		hv_fatal("%s: the packed file has a kernel, too: start halite.bin with the bundle",
			 bundle);
	check_place(ramdisk, bundle, m, self);
	take(p, bundle, ramdisk.start, ramdisk.size);
}

/* ---- the device tree of the pack ---- */

static void need(int error, const char *what)
{
	if (error < 0)
		hv_fatal("packed device tree: %s: %s", what, fdt_strerror(error));
}

/*
 * Put the memory that the loader's tree says not to map into the tree @fdt. A memory reservation
 * would not keep the guest from it.
 */
static void add_no_map(void *fdt, const struct range_list *no_map)
{
	int parent = devtree_subnode(fdt, 0, "reserved-memory");
	int address_cells, size_cells, node;
	char name[48];
	unsigned int i;

	if (!no_map->count)
		return;
	if (parent < 0) {
		parent = fdt_add_subnode(fdt, 0, "reserved-memory");
		need(parent, "reserved memory");
		need(fdt_setprop_u32(fdt, parent, "#address-cells", 2), "reserved memory");
		need(fdt_setprop_u32(fdt, parent, "#size-cells", 2), "reserved memory");
		need(fdt_setprop_empty(fdt, parent, "ranges"), "reserved memory");
	}
	address_cells = fdt_address_cells(fdt, parent);
	size_cells = fdt_size_cells(fdt, parent);
	for (i = 0; i < no_map->count; i++) {
		snprintf(name, sizeof(name), "loader-%u@%lx", i, (unsigned long)no_map->r[i].start);
		node = fdt_add_subnode(fdt, parent, name);
		need(node, "reserved memory");
		need(devtree_fill_reg(fdt, node, no_map->r[i], address_cells, size_cells),
		     "reg of reserved memory");
		need(fdt_setprop_empty(fdt, node, "no-map"), "reserved memory");
	}
}

const void *pack_choose_fdt(const struct pack *p, const void *fdt, const struct machine *m)
{
	void *packed = (void *)(uintptr_t)p->fdt.start;
	unsigned int i;

	if (!p->fdt.size)
		return fdt;
	machine_check_fdt(packed, p->fdt.size);
	need(fdt_open_into(packed, packed, p->fdt.size), "no room");
	for (i = 0; i < m->reserved.count; i++)
		need(fdt_add_mem_rsv(packed, m->reserved.r[i].start, m->reserved.r[i].size),
		     "reserved memory");
	need(devtree_fill_memory(packed, &m->ram), "memory");
	add_no_map(packed, &m->no_map);
	need(devtree_fill_bootargs(packed, machine_bootargs(fdt)), "bootargs");
	return packed;
}

/* ---- command lines ---- */

const char *pack_words(const struct pack *p, const void *fdt)
{
	return p->header.size ? header_of(p)->words : machine_bootargs(fdt);
}

const char *pack_bootargs(const struct pack *p, const void *fdt)
{
	static char text[2 * PACK_BOOTARGS_SIZE];
	const char *first = header_of(p)->bootargs;
	const char *second = machine_bootargs(fdt);
	size_t size = strlen(first) + 1 + strlen(second) + 1;

	if (size > sizeof(text))
		hv_fatal("bootargs: %lu bytes with those of the pack; at most %lu are expected",
			 (unsigned long)size - 1, (unsigned long)sizeof(text) - 1);
	snprintf(text, sizeof(text), "%s%s%s", first, *first && *second ? " " : "", second);
	return text;
}
