/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot/config_words.h"
#include "boot/efi_config.h"
#include "boot/efi_facts.h"
#include "hv/image.h"
#include "hv/pack.h"

#define CONFIG_NAME "halite.cfg"
#define CONFIG_MAX  65536u /* bytes of halite.cfg */

/* Bytes of any file. The sum of all has fewer than 64 bits. */
#define FILE_MAX (UINT64_C(1) << 48)

/* Bytes for the nodes of domains. All their text is in halite.cfg. */
#define NODES_ROOM (2 * CONFIG_MAX)

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
	char name[CONFIG_PATH_MAX + 96];
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
	} else if (info.file_size > FILE_MAX) {
		efi_print("%s: it is too large", f->name);
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

/* ---- domains ---- */

/* What the domains are, in the order of the lines. Too large for the stack. */
static struct part {
	struct config_words words;
	struct range kernel, ramdisk; /* from the start of the module of domains */
} parts[CONFIG_PARTS];

static bool has_name(const struct part *p, const char *name)
{
	return !strcmp(p->words.value[WORD_NAME], name);
}

/* Whether no line of the same kind before has the name of @p. */
static bool is_alone(const struct part *p)
{
	const struct part *other;

	for (other = parts; other < p; other++) {
		if (other->words.shared != p->words.shared ||
		    !has_name(other, p->words.value[WORD_NAME]))
			continue;
		efi_print(CONFIG_NAME ": line %u: %s: name: '%s': it is in line %u, too",
			  p->words.line,
			  config_names[p->words.shared ? CONFIG_SHARED : CONFIG_DOMAIN],
			  p->words.value[WORD_NAME], other->words.line);
		return false;
	}
	return true;
}

static efi_status parse_parts(const struct config *c)
{
	char error[CONFIG_ERROR_SIZE];
	unsigned int i;

	for (i = 0; i < c->part_count; i++) {
		parts[i] = (struct part){ 0 };
		if (!config_words_parse(&parts[i].words, c->keys[i] == CONFIG_SHARED, &c->parts[i],
					error)) {
			efi_print(CONFIG_NAME ": %s", error);
			return EFI_LOAD_ERROR;
		}
		if (!is_alone(&parts[i]))
			return EFI_LOAD_ERROR;
	}
	return EFI_SUCCESS;
}

/* Open the file of a domain, if it names one. */
static efi_status open_part(struct file *f, const struct place *place, const struct config_words *w,
			    enum config_word word)
{
	efi_status status;

	f->file = NULL;
	if (!w->value[word])
		return EFI_SUCCESS;
	snprintf(f->name, sizeof(f->name), CONFIG_NAME ": line %u: domain: %s: %s: '%s'", w->line,
		 w->value[WORD_NAME], word == WORD_KERNEL ? "kernel" : "initrd", w->value[word]);
	status = open_file(f, place, w->value[word]);
	if (status == EFI_NOT_FOUND)
		efi_print("%s: there is no such file on the partition", f->name);
	return status;
}

/* Give the file a place behind *@end. */
static efi_status place_part(const struct place *place, const struct config_words *w,
			     enum config_word word, struct range *at, uint64_t *end)
{
	struct file f;
	efi_status status = open_part(&f, place, w, word);

	if (status != EFI_SUCCESS || !f.file)
		return status;
	*at = (struct range){ *end, f.size };
	*end += whole_pages(f.size);
	close_file(&f);
	return EFI_SUCCESS;
}

static efi_status read_part(const struct place *place, const struct config_words *w,
			    enum config_word word, struct range at, uint64_t module)
{
	struct file f;
	efi_status status = open_part(&f, place, w, word);

	if (status != EFI_SUCCESS || !f.file)
		return status;
	f.size = at.size;
	status = read_file(&f, module + at.start);
	if (status == EFI_SUCCESS && word == WORD_KERNEL)
		status = check_kernel(&f, module + at.start);
	close_file(&f);
	return status;
}

/* The command line of a Linux without one, as `halite run` has it. */
static const char *bootargs_of(const struct part *p, uint64_t module)
{
	const bool is_elf = !memcmp(efi_memory_at(module + p->kernel.start), "\177ELF", 4);

	if (p->words.value[WORD_APPEND])
		return p->words.value[WORD_APPEND];
	return is_elf ? NULL : "console=ttyS0 panic=-1";
}

/* Make a tree with an empty root, and NODES_ROOM bytes of room. Return 0, or an error of libfdt. */
static int make_tree(void *tree)
{
	static const uint32_t empty[] = {
		FDT_MAGIC,
		72,
		56,
		72,
		40,
		17,
		16,
		0,
		0,
		16, /* the header: offsets and sizes */
		0,
		0,
		0,
		0, /* no reserved memory */
		FDT_BEGIN_NODE,
		0,
		FDT_END_NODE,
		FDT_END,
	};
	fdt32_t *to = tree;
	unsigned int i;

	for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		to[i] = cpu_to_fdt32(empty[i]);
	return fdt_open_into(tree, tree, NODES_ROOM);
}

/* Add the nodes, the last one first: a new node is before its siblings. */
static int add_nodes(unsigned int count, uint64_t module)
{
	void *tree = efi_memory_at(module + PACK_DOMAINS_ROOM);
	int error = make_tree(tree);
	struct part *p;

	for (p = &parts[count]; p-- > parts && !error;) {
		const int node = config_words_add(tree, &p->words);

		error = node < 0 ? node : 0;
		if (!error && p->ramdisk.size)
			error = config_words_add_module(tree, node, "ramdisk", p->ramdisk.start,
							p->ramdisk.size, NULL);
		if (!error && p->kernel.size)
			error = config_words_add_module(tree, node, "kernel", p->kernel.start,
							p->kernel.size, bootargs_of(p, module));
	}
	return error ? error : fdt_pack(tree);
}

static efi_status read_parts(const struct place *place, unsigned int count, uint64_t module)
{
	efi_status status = EFI_SUCCESS;
	unsigned int i;

	for (i = 0; i < count && status == EFI_SUCCESS; i++) {
		const struct part *p = &parts[i];

		status = read_part(place, &p->words, WORD_KERNEL, p->kernel, module);
		if (status == EFI_SUCCESS)
			status = read_part(place, &p->words, WORD_INITRD, p->ramdisk, module);
	}
	return status;
}

/* Make the bundle of the domains. */
static efi_status load_domains(struct efi_config *c, const struct place *place)
{
	const unsigned int count = c->config.part_count;
	uint64_t size = PACK_DOMAINS_ROOM + NODES_ROOM, module;
	efi_status status = parse_parts(&c->config);
	struct pack_header *h;
	unsigned int i;
	int error;

	for (i = 0; i < count && status == EFI_SUCCESS; i++) {
		struct part *p = &parts[i];

		status = place_part(place, &p->words, WORD_KERNEL, &p->kernel, &size);
		if (status == EFI_SUCCESS)
			status = place_part(place, &p->words, WORD_INITRD, &p->ramdisk, &size);
	}
	if (status == EFI_SUCCESS)
		status = efi_allocate(&c->bundle, sizeof(*h) + size, "the domains");
	if (status != EFI_SUCCESS)
		return status;
	h = efi_memory_at(c->bundle.start);
	module = c->bundle.start + sizeof(*h);
	status = read_parts(place, count, module);
	if (status != EFI_SUCCESS)
		return status;
	error = add_nodes(count, module);
	if (error) {
		efi_print(CONFIG_NAME ": domain: %s", fdt_strerror(error));
		return EFI_LOAD_ERROR;
	}
	memset(h, 0, sizeof(*h));
	h->modules[PACK_DOMAINS].offset = sizeof(*h);
	h->modules[PACK_DOMAINS].size = size;
	h->size = sizeof(*h) + size;
	memcpy(h->words, c->config.values[CONFIG_OPTIONS].text,
	       strlen(c->config.values[CONFIG_OPTIONS].text));
	c->bundle_size = h->size;
	pack_seal(h);
	return EFI_SUCCESS;
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
		status = c->config.part_count ? load_domains(c, &place)
					      : load_modules(c, &place, ramdisk);
	if (status == EFI_SUCCESS && c->config.part_count && ramdisk.size)
		efi_print("the boot loader's ramdisk is for no domain: not used");
	place.root->close(place.root);
	return status;
}

void efi_config_release(struct efi_config *c)
{
	efi_release(&c->bundle);
	efi_release(&c->dtb);
	efi_release(&c->text);
}
