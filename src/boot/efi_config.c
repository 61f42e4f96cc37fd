/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot/efi_config.h"
#include "boot/efi_facts.h"
#include "hv/image.h"
#include "hv/pack.h"

#define CONFIG_NAME "halite.cfg"
#define CONFIG_MAX  65536u /* bytes of halite.cfg */

/* The characters of a path, a zero among them. */
#define PATH_ROOM (2 * CONFIG_PATH_MAX)

static const struct efi_guid file_system_guid = {
	0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid file_info_guid = {
	0x09576e92, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

/* A file, and what messages call it. */
struct file {
	struct efi_file *file; /* NULL: it is not open */
	uint64_t size;
	char name[CONFIG_PATH_MAX + 64];
};

/* Where paths lead. */
struct place {
	struct efi_file *root;
	uint16_t folder[PATH_ROOM]; /* of Halite's file, with a \ at its end */
};

/* ---- files ---- */

/* Write the path of @path, which is from the root or from the folder, as EFI has it. */
static bool make_path(uint16_t out[PATH_ROOM], const struct place *place, const char *path)
{
	bool from_root = *path == '/' || *path == '\\';
	size_t used = 0;

	while (!from_root && place->folder[used]) {
		out[used] = place->folder[used];
		used++;
	}
	for (; *path && used < PATH_ROOM - 1; path++)
		out[used++] = *path == '/' ? '\\' : *path;
	out[used] = 0;
	return !*path;
}

static void close_file(struct file *f)
{
	if (f->file)
		f->file->close(f->file);
	f->file = NULL;
}

static efi_status find_size(struct file *f)
{
	static struct efi_file_info info;
	uint64_t size = sizeof(info);
	efi_status status = f->file->get_info(f->file, &file_info_guid, &size, &info);

	if (status != EFI_SUCCESS) {
		efi_print("%s: its size is not known: EFI status 0x%lx", f->name,
			  (unsigned long)status);
	} else if (info.attributes & EFI_FILE_DIRECTORY) {
		efi_print("%s: it is a folder; a file is expected", f->name);
		status = EFI_LOAD_ERROR;
	} else if (!info.file_size) {
		efi_print("%s: it is empty", f->name);
		status = EFI_LOAD_ERROR;
	}
	f->size = info.file_size;
	return status;
}

/* Open @path, and find its size. EFI_NOT_FOUND: there is no such file, and no message. */
static efi_status open_file(struct file *f, const struct place *place, const char *path)
{
	uint16_t wide[PATH_ROOM];
	efi_status status = EFI_NOT_FOUND;

	if (make_path(wide, place, path))
		status = place->root->open(place->root, &f->file, wide, EFI_FILE_MODE_READ, 0);
	if (status != EFI_SUCCESS) {
		f->file = NULL;
		if (status != EFI_NOT_FOUND)
			efi_print("%s: cannot open it: EFI status 0x%lx", f->name,
				  (unsigned long)status);
		return status;
	}
	status = find_size(f);
	if (status != EFI_SUCCESS)
		close_file(f);
	return status;
}

static efi_status read_file(const struct file *f, uint64_t address)
{
	uint64_t done = 0;

	while (done < f->size) {
		uint64_t size = f->size - done;
		efi_status status = f->file->read(f->file, &size, efi_memory_at(address + done));

		if (status != EFI_SUCCESS) {
			efi_print("%s: cannot read it: EFI status 0x%lx", f->name,
				  (unsigned long)status);
			return status;
		}
		if (!size || size > f->size - done) {
			efi_print("%s: it is cut short: %lu of %lu bytes are there", f->name,
				  (unsigned long)done, (unsigned long)f->size);
			return EFI_LOAD_ERROR;
		}
		done += size;
	}
	return EFI_SUCCESS;
}

/* ---- what halite.cfg names ---- */

/* Open the file that @key names, if it names one. */
static efi_status open_named(struct file *f, const struct efi_config *c, const struct place *place,
			     enum config_key key)
{
	const struct config_value *v = &c->config.values[key];
	efi_status status;

	if (!v->line)
		return EFI_SUCCESS;
	snprintf(f->name, sizeof(f->name), CONFIG_NAME ": line %u: %s: '%s'", v->line,
		 config_names[key], v->text);
	status = open_file(f, place, v->text);
	if (status == EFI_NOT_FOUND)
		efi_print("%s: there is no such file on the partition", f->name);
	return status;
}

static efi_status load_dtb(struct efi_config *c, const struct place *place)
{
	struct file f = { 0 };
	efi_status status = open_named(&f, c, place, CONFIG_DTB);

	if (status != EFI_SUCCESS || !f.file)
		return status;
	status = efi_allocate(&c->dtb, f.size, f.name);
	if (status == EFI_SUCCESS)
		status = read_file(&f, c->dtb.start);
	close_file(&f);
	if (status == EFI_SUCCESS && fdt_check_full(efi_memory_at(c->dtb.start), f.size)) {
		efi_print("%s: it is no device tree, or is damaged: give a .dtb file", f.name);
		status = EFI_LOAD_ERROR;
	}
	return status;
}

static uint64_t whole_pages(uint64_t size)
{
	return (size + EFI_PAGE_SIZE - 1) & ~(EFI_PAGE_SIZE - 1);
}

/* Whether the kernel is one that Halite takes, with a message if not. */
static efi_status check_kernel(const struct file *f, uint64_t address)
{
	char reason[IMAGE_REASON_SIZE];

	if (image_check((struct range){ address, f->size }, reason))
		return EFI_SUCCESS;
	efi_print("%s: %s", f->name, reason);
	return EFI_LOAD_ERROR;
}

/*
 * Make the bundle of @kernel and a ramdisk: @given, if its size is not 0, or @ramdisk, if that is
 * open.
 */
static efi_status make_bundle(struct efi_config *c, const struct file *kernel,
			      const struct file *ramdisk, struct range given)
{
	const uint64_t ramdisk_size = given.size ? given.size : ramdisk->size;
	const uint64_t offset = sizeof(struct pack_header) + whole_pages(kernel->size);
	struct pack_header *h;
	efi_status status = efi_allocate(&c->bundle, offset + ramdisk_size, "kernel and ramdisk");

	if (status != EFI_SUCCESS)
		return status;
	h = efi_memory_at(c->bundle.start);
	memset(h, 0, sizeof(*h));
	h->modules[PACK_KERNEL].offset = sizeof(*h);
	h->modules[PACK_KERNEL].size = kernel->size;
	h->modules[PACK_RAMDISK].offset = ramdisk_size ? offset : 0;
	h->modules[PACK_RAMDISK].size = ramdisk_size;
	h->size = offset + ramdisk_size;
	memcpy(h->words, c->config.values[CONFIG_OPTIONS].text,
	       strlen(c->config.values[CONFIG_OPTIONS].text));
	memcpy(h->bootargs, c->config.values[CONFIG_APPEND].text,
	       strlen(c->config.values[CONFIG_APPEND].text));
	status = read_file(kernel, c->bundle.start + sizeof(*h));
	if (status == EFI_SUCCESS)
		status = check_kernel(kernel, c->bundle.start + sizeof(*h));
	if (given.size)
		memcpy(efi_memory_at(c->bundle.start + offset), efi_memory_at(given.start),
		       given.size);
	else if (status == EFI_SUCCESS && ramdisk->file)
		status = read_file(ramdisk, c->bundle.start + offset);
	c->bundle_size = h->size;
	pack_seal(h);
	return status;
}

static efi_status load_modules(struct efi_config *c, const struct place *place, struct range given)
{
	struct file kernel = { 0 }, ramdisk = { 0 };
	efi_status status = open_named(&kernel, c, place, CONFIG_KERNEL);

	if (status == EFI_SUCCESS && !given.size)
		status = open_named(&ramdisk, c, place, CONFIG_RAMDISK);
	if (status == EFI_SUCCESS)
		status = make_bundle(c, &kernel, &ramdisk, given);
	close_file(&kernel);
	close_file(&ramdisk);
	return status;
}

/* ---- halite.cfg ---- */

/* Read and parse halite.cfg. */
static efi_status read_config(struct efi_config *c, const struct place *place)
{
	struct file f = { .name = CONFIG_NAME };
	char error[CONFIG_ERROR_SIZE];
	efi_status status = open_file(&f, place, CONFIG_NAME);

	if (status != EFI_SUCCESS)
		return status == EFI_NOT_FOUND ? EFI_SUCCESS : status;
	c->found = true;
	if (f.size > CONFIG_MAX) {
		efi_print("%s: it has %lu bytes; at most %u are expected", f.name,
			  (unsigned long)f.size, CONFIG_MAX);
		status = EFI_LOAD_ERROR;
	}
	if (status == EFI_SUCCESS)
		status = efi_allocate(&c->text, f.size, f.name);
	if (status == EFI_SUCCESS)
		status = read_file(&f, c->text.start);
	close_file(&f);
	if (status == EFI_SUCCESS &&
	    !config_parse(&c->config, efi_memory_at(c->text.start), f.size, error)) {
		efi_print("%s: %s", f.name, error);
		status = EFI_LOAD_ERROR;
	}
	return status;
}

efi_status efi_config_load(struct efi_config *c, const struct efi_loaded_image *loaded,
			   struct range ramdisk)
{
	/* Too large for the stack of some boot loaders. */
	static struct place place;
	struct efi_file_system *system;
	efi_status status = EFI_SUCCESS;

	if (!loaded->device || !efi_path_folder(place.folder, PATH_ROOM, loaded->path) ||
	    efi_system->boot->handle_protocol(loaded->device, &file_system_guid,
					      (void **)&system) != EFI_SUCCESS ||
	    system->open_volume(system, &place.root) != EFI_SUCCESS)
		return EFI_SUCCESS;
	status = read_config(c, &place);
	if (status == EFI_SUCCESS && c->found)
		status = load_dtb(c, &place);
	if (status == EFI_SUCCESS && c->found)
		status = load_modules(c, &place, ramdisk);
	place.root->close(place.root);
	return status;
}

void efi_config_release(struct efi_config *c)
{
	efi_release(&c->bundle);
	efi_release(&c->dtb);
	efi_release(&c->text);
}
