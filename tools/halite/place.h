/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the guest's files go in the machine's RAM. Invariant: what place_modules() returns overlaps neither the memory in
 * which Halite starts and the kernel will run, nor the firmware's device tree, nor the end of RAM, where Halite moves to,
 * nor each other.
 */
#ifndef HALITE_TOOL_PLACE_H
#define HALITE_TOOL_PLACE_H

#include <stdint.h>

#include "options.h"

struct placement {
	uint64_t halite[DEPTH_MAX]; /* [0] is not used: QEMU starts that one */
	uint64_t kernel;
	uint64_t initrd;
};

struct sizes {
	uint64_t memory; /* bytes of RAM */
	uint64_t
		running_end; /* first physical address behind Halite's image and the running kernel */
	uint64_t halite;     /* bytes of the files */
	uint64_t kernel;     /* likewise, or of the memory that it runs in, if that is more */
	uint64_t initrd;     /* 0: none */
};

/*
 * In ascending order, so that each Halite takes the first and hands on the rest. depth: how many Halites
 * there are. Returns 0, or -1 after a message that the RAM is too small.
 */
int place_modules(const struct sizes *sizes, unsigned int depth, struct placement *placement);

#endif
