/* SPDX-License-Identifier: BSD-2-Clause */
#include "pack_domains.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "guest_file.h"
#include "hv/pack_format.h"
#include "message.h"
#include "tree.h"
#include "unpack.h"

#define PAGE	 4096u
#define FILE_MAX (UINT64_C(1) << 32)
/* Bytes of a tree without nodes. */
#define EMPTY_TREE 512

/* Appends size bytes of the file from to the module, from the next page on. 0, or -1. */
static int append(int module, int from, uint64_t size, uint64_t *end)
{
	off_t done = 0;

	*end = (*end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (lseek(module, (off_t)*end, SEEK_SET) < 0)
		return -1;
	while ((uint64_t)done < size) {
		if (sendfile(module, from, &done, size - (uint64_t)done) <= 0)
			return -1;
	}
	*end += size;
	return 0;
}

/* Adds the file from, which what names in messages. Returns 0, or -1 after a message. */
static int add_file(int module, int from, struct domain_file *file, const char *what, uint64_t *end)
{
	if (file->size > FILE_MAX - *end || append(module, from, file->size, end) < 0) {
		message("%s: '%s': cannot pack it: %s", what, file->path,
			errno ? strerror(errno) : "it is too large");
		return -1;
	}
	file->address = *end - file->size;
	return 0;
}

static int add_kernel(int module, struct domain *domain, uint64_t *end)
{
	const char *what = domain_what(domain, "kernel");
	struct guest_file kernel;
	int fd = unpack_kernel(domain->kernel.path, what);
	int result = -1;

	if (fd < 0)
		return -1;
	if (guest_file_kernel_fd(fd, domain->kernel.path, what, &kernel) == 0 &&
	    domain_take_kernel(domain, &kernel) == 0)
		result = add_file(module, fd, &domain->kernel, what, end);
	close(fd);
	return result;
}

static int add_initrd(int module, struct domain *domain, uint64_t *end)
{
	const char *what = domain_what(domain, "initrd");
	int fd, result;

	if (!domain->initrd.path)
		return 0;
	fd = guest_file_open(domain->initrd.path, what, &domain->initrd.size);
	if (fd < 0)
		return -1;
	result = domain_take_initrd(domain);
	if (result == 0)
		result = add_file(module, fd, &domain->initrd, what, end);
	close(fd);
	return result;
}

/* Writes the nodes, for which room bytes are kept. Returns 0, or -1 after a message. */
static int add_nodes(int module, const struct domains *domains, const char *nacl, size_t room)
{
	void *tree = calloc(1, room);
	int error, size;

	if (!tree)
		abort();
	error = fdt_create_empty_tree(tree, (int)room);
	if (!error)
		error = tree_add_domains(tree, 0, domains, nacl);
	if (!error)
		error = fdt_pack(tree);
	size = (int)fdt_totalsize(tree);
	if (error)
		message("--domain: cannot write the nodes: %s", fdt_strerror(error));
	else if (pwrite(module, tree, (size_t)size, PACK_DOMAINS_ROOM) != size)
		message("--domain: cannot write the nodes: %s", strerror(errno));
	else
		size = 0;
	free(tree);
	return size ? -1 : 0;
}

int pack_domains_make(struct domains *domains, const char *nacl, uint64_t *size)
{
	int module = memfd_create("halite-domains", MFD_CLOEXEC);
	size_t room = EMPTY_TREE + tree_room(domains);

	if (module < 0) {
		message("--domain: no memory for the files: %s", strerror(errno));
		return -1;
	}
	*size = PACK_DOMAINS_ROOM + room;
	for (unsigned int i = 0; i < domains->count; i++) {
		errno = 0;
		if (add_kernel(module, &domains->list[i], size) < 0 ||
		    add_initrd(module, &domains->list[i], size) < 0) {
			close(module);
			return -1;
		}
	}
	if (add_nodes(module, domains, nacl, room) < 0) {
		close(module);
		return -1;
	}
	return module;
}

/* ---- listing ---- */

static bool is_bad_text(const char *text, int length)
{
	return !text || length < 1 || text[length - 1];
}

/* Prints the words of a property, each with its final zero. Returns 0, or -1 if it has others. */
static int list_words(const void *nodes, int node, const char *property, const char *name)
{
	int length;
	const char *text = fdt_getprop(nodes, node, property, &length);

	if (!text)
		return 0;
	if (is_bad_text(text, length))
		return -1;
	printf("  %-8s", name);
	for (int at = 0; at < length; at += (int)strlen(text + at) + 1)
		printf("%c%s", at ? ':' : ' ', text + at);
	putchar('\n');
	return 0;
}

/* Prints what the domain has, with the words of --domain. Returns 0, or -1 if it is damaged. */
static int list_parts(const void *nodes, int domain)
{
	int length;
	const fdt32_t *cpus = fdt_getprop(nodes, domain, "cpus", &length);
	const fdt32_t *harts, *tables;
	const fdt64_t *memory;

	if (cpus && length == sizeof(*cpus))
		printf("  cpus     %u\n", fdt32_to_cpu(*cpus));
	harts = fdt_getprop(nodes, domain, "halite,harts", &length);
	for (int i = 0; harts && i < length / (int)sizeof(*harts); i++)
		printf("%s%u%s", i ? ":" : "  harts    ", fdt32_to_cpu(harts[i]),
		       i + 1 < length / (int)sizeof(*harts) ? "" : "\n");
	memory = fdt_getprop(nodes, domain, "memory", &length);
	if (memory && length == sizeof(*memory))
		printf("  memory   %lluK\n", (unsigned long long)fdt64_ld(memory));
	if (list_words(nodes, domain, "halite,devices", "devices") < 0 ||
	    list_words(nodes, domain, "halite,functions", "pci") < 0 ||
	    list_words(nodes, domain, "halite,nacl", "nacl") < 0 ||
	    list_words(nodes, domain, "halite,dma", "dma") < 0 ||
	    list_words(nodes, domain, "halite,domains", "domains") < 0)
		return -1;
	tables = fdt_getprop(nodes, domain, "halite,tables", &length);
	if (tables && length == sizeof(*tables))
		printf("  tables   %u\n", fdt32_to_cpu(*tables));
	if (fdt_getprop(nodes, domain, "halite,power", NULL))
		puts("  power");
	return 0;
}

/* Prints the files of the domain. Returns 0, or -1 if one is not in the module. */
static int list_files(const void *nodes, int domain, uint64_t size, uint64_t offset)
{
	for (int node = fdt_first_subnode(nodes, domain); node >= 0;
	     node = fdt_next_subnode(nodes, node)) {
		const char *kind = fdt_getprop(nodes, node, "compatible", NULL);
		int length;
		const fdt64_t *reg = fdt_getprop(nodes, node, "reg", &length);
		uint64_t start, bytes;

		if (!reg || length != 2 * sizeof(*reg) || !kind)
			return -1;
		start = fdt64_ld(reg);
		bytes = fdt64_ld(reg + 1);
		if (start > size || bytes > size - start)
			return -1;
		printf("  %-8s 0x%08llx, %llu bytes\n",
		       strcmp(kind, "multiboot,kernel") ? "ramdisk" : "kernel",
		       (unsigned long long)(offset + start), (unsigned long long)bytes);
		if (list_words(nodes, node, "bootargs", "append") < 0)
			return -1;
	}
	return 0;
}

int pack_domains_list(const uint8_t *module, uint64_t size, uint64_t offset)
{
	const void *nodes = module + PACK_DOMAINS_ROOM;

	if (size < PACK_DOMAINS_ROOM || fdt_check_full(nodes, size - PACK_DOMAINS_ROOM) != 0)
		return -1;
	for (int node = fdt_first_subnode(nodes, 0); node >= 0;
	     node = fdt_next_subnode(nodes, node)) {
		const char *name = fdt_getprop(nodes, node, "halite,name", NULL);
		const bool shared =
			fdt_node_check_compatible(nodes, node, "halite,shared-memory") == 0;

		printf("%s %s\n", shared ? "shared memory" : "domain",
		       name ? name : fdt_get_name(nodes, node, NULL));
		if (list_parts(nodes, node) < 0 || list_files(nodes, node, size, offset) < 0)
			return -1;
	}
	return 0;
}
