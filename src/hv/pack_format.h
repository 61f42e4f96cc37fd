/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format of a pack: a header, and modules behind it. `halite pack` makes two kinds of files:
 *
 *   packed file: [ halite.bin | zeros, the length of its bss | header | modules ]
 *     image_size in the boot header of Linux covers all of it. It is larger than image and bss
 *     only if there is a pack.
 *   bundle:      [ header | modules ]
 *     The boot loader passes it as a ramdisk to halite.bin.
 *
 * All numbers are little endian. The command includes this file, too.
 */
#ifndef HV_PACK_FORMAT_H
#define HV_PACK_FORMAT_H

#include <stdint.h>

#define PACK_MAGIC	   "HALITEPK" /* without its final zero */
#define PACK_MAGIC_SIZE	   8
#define PACK_VERSION	   2u
#define PACK_WORDS_SIZE	   512
#define PACK_BOOTARGS_SIZE 2048
/* The packed device tree has this many bytes of room behind it, for what the loader tells. */
#define PACK_FDT_ROOM 16384u

/*
 * The module of domains: [ room | nodes | files ]. At PACK_DOMAINS_ROOM from its start is a device
 * tree, whose root has the nodes of the domains, as docs/domains.md describes them below /chosen.
 * reg of each of their modules has two cells for the offset from the start of this module, and two
 * for the size. halite,harts has one cell for each hart id. The room is for the machine's device
 * tree with these nodes.
 */
#define PACK_DOMAINS_ROOM (1024u * 1024)

enum pack_kind {
	PACK_KERNEL,  /* a file that image_load() takes */
	PACK_RAMDISK, /* of the guest */
	PACK_FDT,     /* the device tree of the machine */
	PACK_DOMAINS, /* domains, in place of kernel and ramdisk */
	PACK_KINDS,
};

struct pack_module {
	uint64_t offset; /* from the start of the header, a multiple of 4096 */
	uint64_t size;	 /* in bytes; 0: there is no such module */
	uint32_t crc;	 /* crc32() of lib/crc32.h */
	uint32_t zero;
};

struct pack_header {
	uint8_t magic[PACK_MAGIC_SIZE];
	uint32_t version;
	uint32_t crc;  /* of the header with 0 here */
	uint64_t size; /* from the start of the header to the end of the last module */
	struct pack_module modules[PACK_KINDS];
	char words[PACK_WORDS_SIZE];	   /* Halite's command line, and a zero */
	char bootargs[PACK_BOOTARGS_SIZE]; /* the guest's command line, and a zero */
	uint8_t rest[4096 - 120 - PACK_WORDS_SIZE - PACK_BOOTARGS_SIZE];
};

_Static_assert(sizeof(struct pack_header) == 4096, "the header of a pack is a page");

#endif
