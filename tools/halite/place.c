/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include <stdbool.h>

#include "message.h"

#define MIB	     (1024ull * 1024)
#define RAM_BASE     0x80000000ull
#define MODULE_ALIGN (2 * MIB)
/* Halite moves to the last 8 MiB of RAM; as much again is left for the modules' page-aligned neighbours. */
#define RAM_END_KEPT (16 * MIB)
/* QEMU's virt machine puts the device tree below the end of RAM, but not above 3 GiB, aligned down to 2 MiB. */
#define FDT_END_MAX (3ull * 1024 * MIB)
#define FDT_KEPT    (4 * MIB)

static uint64_t align_up(uint64_t address)
{
	return (address + MODULE_ALIGN - 1) & ~(MODULE_ALIGN - 1);
}

/* The first place at or after *next for size bytes beside the device tree; moves *next behind it. */
static uint64_t take(uint64_t *next, uint64_t size, uint64_t fdt_end)
{
	uint64_t start = align_up(*next);

	if (start < fdt_end && start + size > fdt_end - FDT_KEPT)
		start = align_up(fdt_end);
	*next = start + size;
	return start;
}

int place_modules(uint64_t memory, uint64_t running_end, uint64_t kernel_size, uint64_t initrd_size,
		  struct placement *placement)
{
	uint64_t ram_end = RAM_BASE + memory;
	uint64_t fdt_end = ram_end < FDT_END_MAX ? ram_end : FDT_END_MAX;
	uint64_t next = running_end;
	uint64_t needed;

	placement->kernel = take(&next, kernel_size, fdt_end);
	placement->initrd = initrd_size ? take(&next, initrd_size, fdt_end) : 0;
	if (memory < RAM_END_KEPT || next > ram_end - RAM_END_KEPT) {
		needed = (align_up(next) + RAM_END_KEPT - RAM_BASE) / MIB;
		message("--memory: %llu MiB is too little for the kernel (runs up to 0x%llx) and its files "
			"(%llu MiB); expected at least %lluM",
			(unsigned long long)(memory / MIB), (unsigned long long)running_end,
			(unsigned long long)((kernel_size + initrd_size + MIB - 1) / MIB),
			(unsigned long long)needed);
		return -1;
	}
	return 0;
}
