/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values of --domain: what each domain has. docs/domains.md describes the nodes of the device
 * tree that tree_write() makes of them. Invariant: no two domains have the same name or hart.
 */
#ifndef HALITE_TOOL_DOMAIN_H
#define HALITE_TOOL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOMAINS_MAX	   16
#define DOMAIN_NAME_MAX	   24 /* characters of a name */
#define DOMAIN_HARTS_MAX   64 /* hart ids that a domain can name */
#define DOMAIN_DEVICES_MAX 32
#define SHARED_MEMORY_MAX  8
/* The unit of a domain's memory and of the place of its files, in bytes. */
#define DOMAIN_ALIGN UINT64_C(0x200000)

/* A file of a domain in the machine's RAM, or in a pack. */
struct domain_file {
	const char *path; /* NULL: none */
	uint64_t size;	  /* bytes */
	uint64_t address; /* physical; in a pack: from the start of the module of domains */
};

struct domain {
	const char *name;
	unsigned int cpus; /* number of harts; with harts: of those */
	unsigned int harts[DOMAIN_HARTS_MAX];
	unsigned int hart_count; /* 0: Halite chooses the harts */
	uint64_t memory;	 /* bytes */
	struct domain_file kernel;
	uint64_t kernel_memory; /* bytes that the kernel needs */
	struct domain_file initrd;
	const char *append; /* NULL: none given */
	const char *devices[DOMAIN_DEVICES_MAX];
	unsigned int device_count;
	const char *functions[DOMAIN_DEVICES_MAX]; /* of PCI hosts, as halite,functions has them */
	unsigned int function_count;
	const char *nacl;    /* value of Halite's word nacl=; NULL: that of --nacl */
	bool trusted;	     /* dma=trusted */
	unsigned int tables; /* tables=N, per cent; 0: none given */
	bool power;
};

struct guest_file;

/* Memory that several domains share. */
struct shared_memory {
	const char *name;
	uint64_t size; /* bytes */
	const char *domains[DOMAINS_MAX];
	unsigned int count;
};

struct domains {
	struct domain list[DOMAINS_MAX];
	unsigned int count;
	struct shared_memory shared[SHARED_MEMORY_MAX];
	unsigned int shared_count;
};

/* An item of a value: key=value, or a key alone. */
struct domain_item {
	char *key;
	char *value; /* NULL: a key alone */
};

/*
 * Decodes a copy of whole, the value of option, which is freed only after an error. Returns the
 * number of items, at most max, or -1 after a message.
 */
int domain_split(const char *option, const char *whole, struct domain_item *items, int max);

/* The part of a list with separators that begins at *list; moves *list behind it. */
char *domain_next_part(char **list, char separator);

/*
 * Checks a name in the value of option. It is a part of a node's name. Returns 0, or -1 after a
 * message.
 */
int domain_check_name(const char *option, const char *value);

/*
 * Decodes the value of one --domain and adds the domain. Value: items key=value with commas between
 * them; two commas are one comma of a value. Returns 0, or -1 after a message.
 */
int domain_parse(const char *text, struct domains *domains);

/* The number of harts that a machine needs for the domains. */
unsigned int domains_harts(const struct domains *domains);

/* What messages call the key of the domain: "--domain NAME: KEY". The text is never freed. */
const char *domain_what(const struct domain *domain, const char *key);

/*
 * Notes the size of the domain's kernel, and puts the default in append. Returns 0, or -1 after a
 * message that the domain's memory is too little.
 */
int domain_take_kernel(struct domain *domain, const struct guest_file *kernel);

/*
 * Checks that kernel and ramdisk, whose sizes are noted, fit into the domain's memory, and warns if
 * Linux could not unpack the ramdisk. Returns 0, or -1 after a message.
 */
int domain_take_initrd(const struct domain *domain);

/*
 * Reads the sizes of the files, and puts the default in append. Returns 0, or -1 after a message
 * that a file cannot be used.
 */
int domains_read_files(struct domains *domains);

#endif
