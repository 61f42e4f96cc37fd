/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite as an EFI application. It collects what a boot loader of Linux Images tells in the device
 * tree: RAM, command line and ramdisk. Then it ends boot services and goes on as if such a boot
 * loader had started it.
 *
 * Until boot services end, an error is a line on EFI's console and a status for the caller, and all
 * pages that were allocated are free again. efi_main() stays in the image's own memory, which
 * head.S clears when it goes on. What must outlive that is in pages of EFI_LOADER_DATA, which are
 * RAM like any other to Halite.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot/efi_call.h"
#include "boot/efi_config.h"
#include "boot/efi_facts.h"
#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/devtree_fill.h"
#include "hv/home.h"
#include "hv/pack.h"
#include "lib/pages.h"
#include "riscv/head.h"

/* More descriptors than GetMemoryMap() tells of: each allocation may add two. */
#define MORE_DESCRIPTORS 32

/* The tries to end boot services. Each failed one means that the map has changed meanwhile. */
#define EXIT_TRIES 8

/* Room in the device tree for /chosen and the memory node, without their values. */
#define FDT_ROOM 4096

static const struct efi_guid loaded_image_guid = {
	0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid dtb_guid = {
	0xb1b621d5, 0xf19c, 0x41a5, { 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 }
};
static const struct efi_guid riscv_boot_guid = {
	0xccd15fec, 0x6f73, 0x4eec, { 0x83, 0x95, 0x3e, 0x69, 0xe4, 0xb9, 0x40, 0xbf }
};
static const struct efi_guid load_file2_guid = {
	0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d }
};

/* The device path by which boot loaders pass a ramdisk: a vendor's media, and the end. */
static const struct {
	uint8_t type, subtype;
	uint16_t size;
	struct efi_guid vendor; /* LINUX_EFI_INITRD_MEDIA_GUID */
	uint8_t end_type, end_subtype;
	uint16_t end_size;
} __attribute__((packed)) ramdisk_path = {
	4,    3,
	20,   { 0x5568e427, 0x68fc, 0x4f3d, { 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } },
	0x7f, 0xff,
	4
};

struct map {
	uint64_t size, key, descriptor_size;
};

struct efi {
	efi_handle image;
	struct efi_loaded_image *loaded;
	uint64_t hartid;
	char bootargs[PACK_BOOTARGS_SIZE];
	struct efi_pages fdt;	  /* the device tree, which is changed */
	struct efi_pages ramdisk; /* that of LoadFile2 */
	uint64_t ramdisk_size;
	struct efi_config config;
	struct efi_pages map;  /* the memory map */
	struct map first_map;  /* how it was before the device tree was copied */
	struct efi_pages list; /* for lists of ranges, here and until Halite has a home */
};

/* Too large for the stack of some boot loaders. */
static struct efi efi;

/* ---- what EFI tells ---- */

static efi_status find_hartid(void)
{
	struct efi_riscv_boot *protocol;
	efi_status status =
		efi_system->boot->locate_protocol(&riscv_boot_guid, NULL, (void **)&protocol);

	if (status == EFI_SUCCESS)
		status = protocol->get_boot_hartid(protocol, &efi.hartid);
	if (status != EFI_SUCCESS)
		efi_print("this EFI firmware has no RISCV_EFI_BOOT_PROTOCOL, so the hart that "
			  "runs is not known: use a newer one (EFI status 0x%lx)",
			  (unsigned long)status);
	return status;
}

static efi_status find_options(void)
{
	efi_status status = efi_system->boot->handle_protocol(efi.image, &loaded_image_guid,
							      (void **)&efi.loaded);

	if (status != EFI_SUCCESS)
		return efi_failed("cannot find its own image", status);
	if (!efi_options_text(efi.bootargs, sizeof(efi.bootargs), efi.loaded->options,
			      efi.loaded->options ? efi.loaded->options_size : 0))
		efi_print("LoadOptions of %u bytes are no text of at most %u bytes: not used",
			  efi.loaded->options_size, PACK_BOOTARGS_SIZE - 1);
	return EFI_SUCCESS;
}

/* Read the ramdisk that the boot loader offers. That it offers none is no error. */
static efi_status load_ramdisk(void)
{
	const void *path = &ramdisk_path;
	struct efi_load_file2 *file;
	efi_handle device;
	uint64_t size = 0;
	efi_status status;

	if (efi_system->boot->locate_device_path(&load_file2_guid, &path, &device) != EFI_SUCCESS)
		return EFI_SUCCESS;
	status = efi_system->boot->handle_protocol(device, &load_file2_guid, (void **)&file);
	if (status == EFI_SUCCESS)
		status = file->load_file(file, path, 0, &size, NULL);
	if (status == EFI_SUCCESS || (status == EFI_BUFFER_TOO_SMALL && !size))
		return EFI_SUCCESS;
	if (status != EFI_BUFFER_TOO_SMALL)
		return efi_failed("ramdisk: the boot loader does not tell its size", status);
	status = efi_allocate(&efi.ramdisk, size, "the ramdisk");
	if (status != EFI_SUCCESS)
		return status;
	status = file->load_file(file, path, 0, &size, efi_memory_at(efi.ramdisk.start));
	if (status != EFI_SUCCESS)
		return efi_failed("ramdisk: the boot loader cannot load it", status);
	efi.ramdisk_size = size;
	return EFI_SUCCESS;
}

/* The ramdisk that the boot loader offers. Size 0: none. */
static struct range loader_ramdisk(void)
{
	return (struct range){ efi.ramdisk.start, efi.ramdisk_size };
}

/* Look for halite.cfg, unless the boot loader has passed a kernel for the guest. */
static efi_status load_config(void)
{
	struct range ramdisk = loader_ramdisk();

	if (pack_is_behind(home_image()) || (ramdisk.size && pack_is_bundle(ramdisk)))
		return EFI_SUCCESS;
	return efi_config_load(&efi.config, efi.loaded, ramdisk);
}

/* ---- the device tree ---- */

static const void *find_fdt(void)
{
	uint64_t i;

	for (i = 0; i < efi_system->configuration_count; i++) {
		const struct efi_configuration *c = &efi_system->configuration[i];

		if (!memcmp(&c->guid, &dtb_guid, sizeof(dtb_guid)))
			return c->table;
	}
	return NULL;
}

/*
 * Drop a ramdisk that the device tree of EFI names, unless a boot loader may have put it there: in
 * memory that EFI has allocated, but not for efi_main(). An old tree may name any address.
 */
static int check_old_ramdisk(void *fdt)
{
	const struct range own[] = { { efi.map.start, efi.map.size },
				     { efi.list.start, efi.list.size },
				     home_image() };
	struct range ramdisk = pack_loader_ramdisk(fdt);
	bool fits = efi_map_holds(efi_memory_at(efi.map.start), efi.first_map.size,
				  efi.first_map.descriptor_size, ramdisk);
	unsigned int i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		fits &= !range_overlaps(ramdisk, own[i]);
	if (fits)
		return 0;
	if (ramdisk.size)
		efi_print("linux,initrd-start of EFI's device tree: no boot loader's memory from "
			  "0x%lx to 0x%lx: not used",
			  (unsigned long)ramdisk.start, (unsigned long)range_end(ramdisk) - 1);
	return devtree_drop_ramdisk(fdt);
}

/* Fill in /chosen of the copy of the device tree. Return 0, or an error of libfdt. */
static int fill_chosen(void)
{
	void *fdt = efi_memory_at(efi.fdt.start);
	const struct efi_config *config = &efi.config;
	struct range bundle = { config->bundle.start, config->bundle_size };
	struct range ramdisk = bundle.size ? bundle : loader_ramdisk();
	int error = 0;

	if (efi.bootargs[0])
		error = devtree_fill_bootargs(fdt, efi.bootargs);
	if (error)
		return error;
	return ramdisk.size ? devtree_fill_ramdisk(fdt, ramdisk) : check_old_ramdisk(fdt);
}

/*
 * The command line of the device tree that EFI gives is used with the one of halite.cfg, too.
 * Return 0, or an error of libfdt.
 */
static int fill_old_bootargs(void *fdt)
{
	const void *old = find_fdt();
	int chosen;

	if (!efi.config.dtb.size || !old || fdt_check_full(old, fdt_totalsize(old)))
		return 0;
	chosen = devtree_subnode(old, 0, "chosen");
	return devtree_fill_bootargs(fdt, chosen < 0 ? "" : devtree_bootargs(old, chosen));
}

/*
 * Copy the device tree, of halite.cfg or of EFI, with room for all that is added, among it @ranges
 * ranges of memory.
 */
static efi_status copy_fdt(uint64_t ranges)
{
	const bool is_own = efi.config.dtb.size;
	const void *fdt = is_own ? efi_memory_at(efi.config.dtb.start) : find_fdt();
	char name[64] = "the device tree that EFI gives";
	const uint64_t more = ranges * sizeof(struct range) + sizeof(efi.bootargs) + FDT_ROOM;
	uint64_t size;
	efi_status status;
	int error;

	if (is_own)
		snprintf(name, sizeof(name), "halite.cfg: line %u: dtb: it",
			 efi.config.config.values[CONFIG_DTB].line);
	if (!fdt) {
		efi_print("EFI gives no device tree, and Halite does not read ACPI: "
			  "choose a device tree in the firmware's setup (QEMU: -M virt,acpi=off), "
			  "or name one in halite.cfg");
		return EFI_UNSUPPORTED;
	}
	size = fdt_check_header(fdt) ? 0 : fdt_totalsize(fdt);
	if (!size || size + more > HOME_FDT_MAX || fdt_check_full(fdt, size)) {
		efi_print("%s is damaged, or has more than %lu bytes", name,
			  (unsigned long)(HOME_FDT_MAX - more));
		return EFI_LOAD_ERROR;
	}
	size += more;
	status = efi_allocate(&efi.fdt, size, "the device tree");
	if (status != EFI_SUCCESS)
		return status;
	error = fdt_open_into(fdt, efi_memory_at(efi.fdt.start), size);
	if (!error)
		error = fill_old_bootargs(efi_memory_at(efi.fdt.start));
	if (!error)
		error = fill_chosen();
	if (!error)
		return EFI_SUCCESS;
	efi_print("%s: %s", name, fdt_strerror(error));
	return EFI_LOAD_ERROR;
}

/* Whether there is a kernel for the guest. */
static efi_status check_kernel(void)
{
	struct range ramdisk = pack_loader_ramdisk(efi_memory_at(efi.fdt.start));

	if (pack_is_behind(home_image()) || (ramdisk.size && pack_is_bundle(ramdisk)))
		return EFI_SUCCESS;
	efi_print(
		"no kernel: start a file that 'halite pack' has made, pass a bundle as ramdisk, or "
		"put halite.cfg beside this file");
	return EFI_NOT_FOUND;
}

/* ---- the end of boot services ---- */

static efi_status get_map(struct map *m)
{
	uint32_t version;

	m->size = efi.map.size;
	return efi_system->boot->get_memory_map(&m->size,
						efi.map.size ? efi_memory_at(efi.map.start) : NULL,
						&m->key, &m->descriptor_size, &version);
}

/* Allocate what the memory map needs, and return the most descriptors in *@count. */
static efi_status prepare_map(uint64_t *count)
{
	efi_status status;
	struct map m;

	status = get_map(&m);
	if (status != EFI_BUFFER_TOO_SMALL || m.descriptor_size < sizeof(struct efi_memory))
		return efi_failed("cannot find the size of the memory map", status);
	status = efi_allocate(&efi.map, m.size + MORE_DESCRIPTORS * m.descriptor_size,
			      "the memory map");
	if (status != EFI_SUCCESS)
		return status;
	*count = efi.map.size / m.descriptor_size;
	/* Lists of RAM, here and in hv_start(), and what the device tree reserves. */
	status = efi_allocate(&efi.list, 4 * *count * sizeof(struct range) + 16 * EFI_PAGE_SIZE,
			      "the list of memory");
	if (status != EFI_SUCCESS)
		return status;
	status = get_map(&efi.first_map);
	return status == EFI_SUCCESS ? status : efi_failed("cannot read the memory map", status);
}

/*
 * Between GetMemoryMap() and ExitBootServices() nothing else may be called, and after a failed
 * ExitBootServices() only GetMemoryMap(). So an error then is fatal.
 */
static efi_status end_boot_services(struct map *m)
{
	efi_status status = get_map(m);
	unsigned int i;

	if (status != EFI_SUCCESS)
		return efi_failed("cannot read the memory map", status);
	for (i = 0; i < EXIT_TRIES; i++) {
		status = efi_system->boot->exit_boot_services(efi.image, m->key);
		if (status == EFI_SUCCESS)
			return EFI_SUCCESS;
		if (status != EFI_INVALID_PARAMETER || get_map(m) != EFI_SUCCESS)
			break;
	}
	console_init();
	hv_fatal("EFI does not end its boot services: EFI status 0x%lx", (unsigned long)status);
}

/* Go on without EFI. EFI's console is gone, so errors are fatal. */
static _Noreturn void leave(const struct map *m)
{
	struct page_pool pool = { efi.list.start, efi.list.start + efi.list.size };
	void *fdt = efi_memory_at(efi.fdt.start);
	struct range_list ram = { 0 };
	int error;

	console_init();
	array_use(&pool);
	if (!efi_map_ram(&ram, efi_memory_at(efi.map.start), m->size, m->descriptor_size) ||
	    !ram.count)
		hv_fatal("EFI's memory map makes no sense, or is too long");
	error = devtree_fill_memory(fdt, &ram);
	if (error)
		hv_fatal("EFI's device tree: memory: %s", fdt_strerror(error));
	/* The list of RAM is in the device tree now. */
	home_give_memory((struct page_pool){ efi.list.start, efi.list.start + efi.list.size });
	riscv_efi_leave(efi.hartid, fdt);
}

/* Collect all that is needed. Return an error after a message. */
static efi_status collect(void)
{
	efi_status status = find_hartid();
	uint64_t ranges = 0;

	if (status == EFI_SUCCESS)
		status = find_options();
	if (status == EFI_SUCCESS)
		status = load_ramdisk();
	if (status == EFI_SUCCESS)
		status = load_config();
	if (status == EFI_SUCCESS)
		status = prepare_map(&ranges);
	if (status == EFI_SUCCESS)
		status = copy_fdt(ranges);
	if (status == EFI_SUCCESS)
		status = check_kernel();
	return status;
}

efi_status efi_main(efi_handle image, const struct efi_system_table *system)
{
	efi_status status;
	struct map m;

	memset(&efi, 0, sizeof(efi));
	efi.image = image;
	efi_system = system;
	status = collect();
	if (status == EFI_SUCCESS)
		status = end_boot_services(&m);
	if (status == EFI_SUCCESS)
		leave(&m);
	efi_release(&efi.list);
	efi_release(&efi.map);
	efi_release(&efi.fdt);
	efi_config_release(&efi.config);
	efi_release(&efi.ramdisk);
	return status;
}
