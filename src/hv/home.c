/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/home.h"
#include "lib/page.h"
#include "riscv/head.h"

#define ALIGN_UP(value, align) (((value) + (align)-1) & ~((align)-1))

/* The home without the share of RAM: a part for all, and one for each hart and domain. */
#define SIZE_OF_ALL    UINT64_C(0x800000)
#define SIZE_OF_ONE    UINT64_C(0x8000)
#define SIZE_OF_DOMAIN UINT64_C(0x80000)

/*
 * What a home must have: the image, the device tree, page tables and the least tables of shadows;
 * and for each hart its vCPU, its stack, an area of the NACL below, and two roots of shadows. With
 * many harts, the roots are a part of the share of RAM.
 */
#define NEED_OF_ALL UINT64_C(0x300000)
#define NEED_OF_ONE UINT64_C(0x10000)

/*
 * The pages of the image for lists of ranges before a home is chosen. They are enough for 1,500
 * ranges of RAM and reserved memory, 500 of them with no-map.
 */
#define FIRST_PAGES 16

/* In .data, so that the code that clears bss leaves it. */
static struct page_pool given __attribute__((section(".data")));

/* The size of the home. It is in .data and not in bss, so home_move() copies it. */
static uint64_t chosen_size = 1;

/* The first instance of the image, in .data for the same reason. */
static struct range first_image = { 1, 0 };

uint64_t home_size(unsigned int cpus, uint64_t rings)
{
	uint64_t need = NEED_OF_ALL + cpus * NEED_OF_ONE;

	return ALIGN_UP((need > SIZE_OF_ALL ? need : SIZE_OF_ALL) + cpus * rings, HOME_ALIGN);
}

unsigned int home_harts(uint64_t size, uint64_t rings)
{
	uint64_t harts = size > NEED_OF_ALL ? (size - NEED_OF_ALL) / (NEED_OF_ONE + rings) : 0;

	if (!harts)
		return 1;
	return harts < MACHINE_MAX_HARTS ? harts : MACHINE_MAX_HARTS;
}

void home_give_memory(struct page_pool memory)
{
	given = memory;
}

struct page_pool home_first_memory(void)
{
	static _Alignas(PAGE_SIZE) uint8_t memory[FIRST_PAGES * PAGE_SIZE];

	if (given.end)
		return given;
	return (struct page_pool){ (uintptr_t)memory, (uintptr_t)memory + sizeof(memory) };
}

struct range home_image(void)
{
	uint64_t start = (uintptr_t)riscv_image_start;

	return (struct range){ start, (uintptr_t)riscv_image_end - start };
}

/* Find the highest place in @room for @least and @more bytes, or for less than @more. */
static bool find_place(const struct range_list *room, uint64_t least, uint64_t more,
		       struct range *home)
{
	const uint64_t wanted = least + more;

	home->size = wanted;
	while (!range_list_highest(room, home->size, HOME_ALIGN, &home->start)) {
		if (!more)
			return false;
		more = more / 2 / HOME_ALIGN * HOME_ALIGN;
		home->size = least + more;
	}
	if (home->size < wanted)
		hv_warn("no free %lu MiB for Halite: it takes %lu MiB",
			(unsigned long)(wanted >> 20), (unsigned long)(home->size >> 20));
	return true;
}

bool home_choose(const struct machine *m, const struct modules *mods, struct range self,
		 unsigned int cpus, uint64_t rings, unsigned int share, struct range *home)
{
	uint64_t wanted = SIZE_OF_ALL + cpus * (SIZE_OF_ONE + rings) +
			  mods->domains * SIZE_OF_DOMAIN + range_list_total(&m->ram) / share;
	uint64_t least = home_size(cpus, rings);
	uint64_t more = wanted > least ? (wanted - least) / HOME_ALIGN * HOME_ALIGN : 0;
	struct range_list room = { 0 };
	bool fits = range_list_copy(&room, &m->ram);
	unsigned int i;

	fits &= range_list_subtract_all(&room, &m->reserved);
	fits &= range_list_subtract(&room, mods->kernel);
	fits &= range_list_subtract(&room, mods->ramdisk);
	fits &= range_list_subtract(&room, mods->pack_header);
	for (i = 0; i < mods->further_count; i++)
		fits &= range_list_subtract(&room, mods->further[i]);
	fits &= range_list_subtract(&room, self);
	return fits && find_place(&room, least, more, home);
}

/*
 * The device tree is copied first, because the home may overlap the old tree. The home does not
 * overlap the running image.
 */
void home_move(struct range home, uint64_t hartid, const void *fdt)
{
	struct range self = home_image();
	uint64_t start = home.start;
	uint64_t fdt_copy = ALIGN_UP(start + self.size, PAGE_SIZE);
	uint64_t entry = start + ((uintptr_t)riscv_home_entry - self.start);
	uint64_t data_size = (uintptr_t)riscv_data_end - self.start;

	chosen_size = home.size;
	first_image = self;
	memmove((void *)(uintptr_t)fdt_copy, fdt, fdt_totalsize(fdt));
	memcpy((void *)(uintptr_t)start, (const void *)(uintptr_t)self.start, data_size);
	riscv_jump(hartid, fdt_copy, (uintptr_t)fdt, entry);
}

struct range home_first_image(void)
{
	return first_image;
}

struct range home_range(void)
{
	return (struct range){ home_image().start, chosen_size };
}

struct range home_pool(struct range home, const void *fdt)
{
	uint64_t start = ALIGN_UP((uintptr_t)fdt + fdt_totalsize(fdt), PAGE_SIZE);
	uint64_t end = range_end(home);

	if (start >= end)
		hv_fatal("home: no room left behind the device tree");
	return (struct range){ start, end - start };
}
