/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places the guest's files in the machine's RAM. Invariant: the files that place_modules() places
 * do not overlap each other, the memory in which Halite starts and the kernel will run, the
 * firmware's device tree, or the end of RAM, where Halite moves to.
 */
#ifndef HALITE_TOOL_PLACE_H
#define HALITE_TOOL_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

struct placement {
	uint64_t halite[DEPTH_MAX]; /* [0] is not used: QEMU places the lowest Halite */
	uint64_t kernel;
	uint64_t initrd;
};

struct sizes {
	uint64_t memory; /* bytes of RAM */
	unsigned int cpus;
	/* First physical address behind Halite's image and the running kernel. */
	uint64_t running_end;
	uint64_t kernel_start; /* where the kernel will run */
	uint64_t halite;       /* bytes of the file */
	uint64_t kernel;       /* bytes of the file, or of the running kernel if those are more */
	uint64_t initrd;       /* bytes of the file; 0: none */
	bool initrd_far; /* QEMU puts a ramdisk up to 512 MiB behind the kernel, not 128 MiB */
};

/*
 * Places the files in ascending order, so that each Halite uses the first one and passes on the
 * rest. The ramdisk is where QEMU's -initrd puts it, if that place is free: some guests expect it
 * there. depth: number of Halites. Returns 0, or -1 after a message that the RAM is too small.
 */
int place_modules(const struct sizes *sizes, unsigned int depth, struct placement *placement);

/*
 * Places the files of domains behind running_end, the first physical address behind Halite's image.
 * *memory is the machine's RAM in bytes; 0: it becomes enough, a multiple of 64 MiB. Returns 0, or
 * -1 after a message that the RAM is too small.
 */
int place_domains(struct domains *domains, uint64_t running_end, unsigned int cpus,
		  uint64_t *memory);

#endif
