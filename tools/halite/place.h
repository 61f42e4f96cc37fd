/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the guest's files go in the machine's RAM. Invariant: what place_modules() returns overlaps neither the memory in
 * which Halite starts and the kernel will run, nor the firmware's device tree, nor the end of RAM, where Halite moves to,
 * nor each other.
 */
#ifndef HALITE_TOOL_PLACE_H
#define HALITE_TOOL_PLACE_H

#include <stdint.h>

struct placement {
	uint64_t kernel;
	uint64_t initrd;
};

/*
 * memory: bytes of RAM. running_end: the first physical address behind Halite's image and behind the running kernel.
 * initrd_size 0: no initrd. Returns 0, or -1 after a message that the RAM is too small.
 */
int place_modules(uint64_t memory, uint64_t running_end, uint64_t kernel_size, uint64_t initrd_size,
		  struct placement *placement);

#endif
