/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of `halite run`, decoded and checked, before anything is done with them. */
#ifndef HALITE_TOOL_OPTIONS_H
#define HALITE_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define CPUS_MAX       8
#define CPUS_DEFAULT   2
#define MEMORY_DEFAULT "2G"
#define DEPTH_MAX      4
/* QEMU's virt machine has at most so many guest interrupt files on each hart. */
#define GUEST_FILES_MAX 7

/* The interrupt controllers of the machine. */
enum machine {
	MACHINE_DEFAULT, /* none was named */
	MACHINE_PLIC,
	MACHINE_APLIC,
	MACHINE_AIA, /* APLIC and IMSICs */
};

struct run_options {
	const char *kernel;
	const char *initrd; /* NULL: none */
	const char *append; /* the guest's command line, "" when not given */
	const char
		*nacl[DEPTH_MAX]; /* what each Halite offers, the lowest first, in its own words */
	const char *give;	  /* devices that are withheld otherwise; NULL: none */
	const char *qemu;
	unsigned int depth; /* Halites on top of each other */
	unsigned int cpus;
	uint64_t memory; /* bytes */
	enum machine machine;
	unsigned int guest_files; /* of MACHINE_AIA: guest interrupt files on each hart */
	bool native;
	bool icount;
	bool stats; /* each Halite counts exits */
	bool help;
	char **qemu_arguments; /* ends with NULL */
};

/* Decodes argv (argv[0] is the verb). Returns 0, or -1 after an error message. The options point into argv. */
int run_options_parse(char **argv, struct run_options *options);

#endif
