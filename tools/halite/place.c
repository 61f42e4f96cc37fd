/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include <stdbool.h>

#include "message.h"
#include "shared.h"

#define MIB	     (1024ull * 1024)
#define RAM_BASE     0x80000000ull
#define MODULE_ALIGN (2 * MIB)
/* 8 MiB are for device trees and alignment. */
#define RAM_END_KEPT (8 * MIB)
/* QEMU's virt machine puts the device tree below the end of RAM or 3 GiB, aligned down to 2 MiB. */
#define FDT_END_MAX (3ull * 1024 * MIB)
#define FDT_KEPT    (4 * MIB)
/* What is chosen for the user is a multiple of this. */
#define DEFAULT_UNIT (64 * MIB)

static uint64_t align_up(uint64_t address)
{
	return (address + MODULE_ALIGN - 1) & ~(MODULE_ALIGN - 1);
}

/*
 * Returns the first address from *next on for size bytes beside the device tree, and moves
 * *next.
 */
static uint64_t take(uint64_t *next, uint64_t size, uint64_t fdt_end)
{
	uint64_t start = align_up(*next);

	if (start < fdt_end && start + size > fdt_end - FDT_KEPT)
		start = align_up(fdt_end);
	*next = start + size;
	return start;
}

/*
 * Each Halite moves to the end of the free RAM. home_choose() in src/hv/home.c gives its size: what
 * it needs for the cpus and the domains, and 1/512 of RAM in units of 2 MiB.
 */
static uint64_t home_size(unsigned int cpus, unsigned int domains, uint64_t memory)
{
	uint64_t further = (cpus > 8 ? cpus - 8 : 0) + domains;

	return align_up(8 * MIB + further * (MIB / 2)) + memory / 512 / MODULE_ALIGN * MODULE_ALIGN;
}

/*
 * QEMU's hw/riscv/boot.c puts a ramdisk behind the start of the kernel by half of the RAM, at most
 * by a fixed distance.
 */
static uint64_t qemu_initrd(const struct sizes *sizes)
{
	uint64_t most = (sizes->initrd_far ? 512 : 128) * MIB;

	return sizes->kernel_start + (sizes->memory / 2 < most ? sizes->memory / 2 : most);
}

/* Places the ramdisk at or behind *next and below end, and moves *next. */
static uint64_t take_initrd(uint64_t *next, const struct sizes *sizes, uint64_t fdt_end,
			    uint64_t end)
{
	uint64_t start = qemu_initrd(sizes);
	uint64_t behind = start;

	if (start < *next || start > end || sizes->initrd > end - start ||
	    take(&behind, sizes->initrd, fdt_end) != start)
		return take(next, sizes->initrd, fdt_end);
	*next = behind;
	return start;
}

int place_modules(const struct sizes *sizes, unsigned int depth, struct placement *placement)
{
	uint64_t ram_end = RAM_BASE + sizes->memory;
	uint64_t fdt_end = ram_end < FDT_END_MAX ? ram_end : FDT_END_MAX;
	uint64_t kept = RAM_END_KEPT + depth * home_size(sizes->cpus, 0, sizes->memory);
	uint64_t next = sizes->running_end;
	uint64_t needed;

	for (unsigned int level = 1; level < depth; level++)
		placement->halite[level] = take(&next, sizes->halite, fdt_end);
	placement->kernel = take(&next, sizes->kernel, fdt_end);
	placement->initrd = sizes->initrd ? take_initrd(&next, sizes, fdt_end, ram_end - kept) : 0;
	if (sizes->memory < kept || next > ram_end - kept) {
		needed = (align_up(next) + kept - RAM_BASE) / MIB;
		message("--memory: %llu MiB is too little for the kernel (runs up to 0x%llx) "
			"and its files (%llu MiB); expected at least %lluM",
			(unsigned long long)(sizes->memory / MIB),
			(unsigned long long)sizes->running_end,
			(unsigned long long)((sizes->kernel + sizes->initrd + MIB - 1) / MIB),
			(unsigned long long)needed);
		return -1;
	}
	return 0;
}

/* Places the files in ascending order, from start on. Returns the end of the last one. */
static uint64_t place_files(struct domains *domains, uint64_t start, uint64_t fdt_end)
{
	uint64_t next = start;

	for (unsigned int i = 0; i < domains->count; i++) {
		struct domain *domain = &domains->list[i];

		domain->kernel.address = take(&next, domain->kernel.size, fdt_end);
		if (domain->initrd.path)
			domain->initrd.address = take(&next, domain->initrd.size, fdt_end);
	}
	return align_up(next);
}

int place_domains(struct domains *domains, uint64_t running_end, unsigned int cpus,
		  uint64_t *memory)
{
	const uint64_t files = place_files(domains, running_end, FDT_END_MAX) - RAM_BASE;
	uint64_t ram = shared_size(domains), needed = 0, before;

	for (unsigned int i = 0; i < domains->count; i++)
		ram += domains->list[i].memory;
	/* Halite's part of RAM grows with RAM. */
	do {
		before = needed;
		needed = align_up(files + ram + RAM_END_KEPT +
				  home_size(cpus, domains->count, before));
	} while (needed != before);
	if (!*memory)
		*memory = (needed + DEFAULT_UNIT - 1) / DEFAULT_UNIT * DEFAULT_UNIT;
	if (*memory >= needed) {
		uint64_t ram_end = RAM_BASE + *memory;

		place_files(domains, running_end, ram_end < FDT_END_MAX ? ram_end : FDT_END_MAX);
		return 0;
	}
	message("--memory: %llu MiB is too little for the memory of the domains (%llu MiB), their "
		"files and Halite; expected at least %lluM",
		(unsigned long long)(*memory / MIB), (unsigned long long)(ram / MIB),
		(unsigned long long)(needed / MIB));
	return -1;
}
