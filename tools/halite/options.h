/* SPDX-License-Identifier: BSD-2-Clause */
/* Decodes and checks the arguments of `halite run`. */
#ifndef HALITE_TOOL_OPTIONS_H
#define HALITE_TOOL_OPTIONS_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain.h"

#define CPUS_MAX       512
#define TABLES_MAX     1000
#define CPUS_DEFAULT   2
#define MEMORY_DEFAULT "2G"
#define DEPTH_MAX      4
#define TIMEOUT_MAX    1000000
#define DISKS_MAX      8
#define GDB_PORT       1234
/* Events that --trace=N keeps of each hart (src/hv/options.h). */
#define TRACE_MIN 64
#define TRACE_MAX 1048576
/* Guest interrupt files that each hart of QEMU's virt machine can have. */
#define GUEST_FILES_MAX 7

/* The interrupt controllers of the machine. */
enum machine {
	MACHINE_DEFAULT, /* no --machine */
	MACHINE_PLIC,
	MACHINE_APLIC,
	MACHINE_AIA, /* APLIC and IMSICs */
};

/* The options that were given, each of which may be given once. */
struct given {
	const char *names[32];
	size_t count;
};

struct run_options {
	const char *kernel; /* NULL: the default one */
	const char *initrd; /* NULL: none */
	const char *append; /* the guest's command line; NULL without --append */
	/* The value of each Halite's word nacl=, the lowest Halite first. */
	const char *nacl[DEPTH_MAX];
	const char *give; /* list of withheld devices that the guest gets; NULL: none */
	const char *qemu;
	unsigned int depth; /* number of Halites on top of each other */
	unsigned int cpus;
	uint64_t memory; /* bytes */
	enum machine machine;
	unsigned int guest_files; /* of MACHINE_AIA: guest interrupt files on each hart */
	struct given given;
	unsigned int timeout;	 /* seconds; 0: none */
	const char *expect;	 /* NULL: none */
	regex_t expect_regex;	 /* valid if `expect` is not NULL */
	const char *console;	 /* file; NULL: standard input and output */
	const char *console_dir; /* folder for the consoles of the domains; NULL: none */
	const char *json;	 /* file; NULL: none */
	unsigned int gdb;	 /* TCP port; 0: none */
	const char *disks[DISKS_MAX];
	unsigned int disk_count;
	const char *net;	/* value of QEMU's -netdev type=; NULL: none */
	const char *share;	/* folder; NULL: none */
	const char *rootfs;	/* folder that is the guest's root; NULL: none */
	const char *exec;	/* text for the shell in the guest; NULL: none */
	const char *guest;	/* kernel for a guest of the guest; NULL: none */
	struct domains domains; /* none: the machine has one guest */
	/* What QEMU gets as the ramdisk: initrd with more files (ramdisk.h), or initrd. */
	const char *ramdisk;
	bool no_reboot;
	bool native;
	bool is_pack; /* the options are those of 'halite pack' */
	bool icount;
	bool stats;
	const char *trace; /* the word for Halite: "trace" or "trace=N"; NULL: no --trace */
	bool help;
	char **qemu_arguments; /* ends with NULL */
};

/*
 * Decodes argv (argv[0] is the verb). Returns 0, or -1 after an error message. The options point
 * into argv.
 */
int run_options_parse(char **argv, struct run_options *options);

/*
 * Decodes one option that takes a value, which both `run` and `pack` have. --nacl is not checked
 * before run_options_finish_nacl(). Returns 0, or -1 after an error message.
 */
int run_options_set(const char *name, const char *value, struct run_options *options);

/*
 * Notes that option name is given; name is kept. Returns 0, or -1 after a message that it was given
 * before.
 */
int options_once(struct given *given, const char *name);

/* Whether option name, which may be given once only, is given. */
bool options_given(const struct run_options *options, const char *name);

/*
 * Decode the values of options and of keys. name is what the message names if the value is wrong.
 * They return 0, or -1 after a message.
 */
int options_number(const char *name, const char *value, unsigned int min, unsigned int max,
		   unsigned int *number);
int options_memory(const char *name, const char *value, uint64_t *memory);

/*
 * What Halite's word nacl= gets for text of size characters, a part of value: all, none, or
 * features with a '+' between them, which becomes a comma. NULL after a message.
 */
const char *options_nacl(const char *name, const char *value, const char *text, size_t size);

/* Checks --nacl, and sets options->nacl for each level. Returns 0, or -1 after an error message. */
int run_options_finish_nacl(struct run_options *options);

#endif
