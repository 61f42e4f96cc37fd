/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/home.h"
#include "lib/page.h"
#include "riscv/head.h"

#define ALIGN_UP(value, align) (((value) + (align)-1) & ~((align)-1))

/*
 * 8 MiB are enough for 8 harts. Each further hart needs its vCPU, its stack, an area of the NACL
 * below, and the shadow tables without which an instruction of L2 may not complete.
 */
#define SIZE_OF_EIGHT UINT64_C(0x800000)
#define SIZE_OF_ONE   UINT64_C(0x80000)

uint64_t home_size(unsigned int cpus)
{
	uint64_t further = cpus > 8 ? cpus - 8 : 0;

	return ALIGN_UP(SIZE_OF_EIGHT + further * SIZE_OF_ONE, HOME_ALIGN);
}

struct range home_image(void)
{
	uint64_t start = (uintptr_t)riscv_image_start;

	return (struct range){ start, (uintptr_t)riscv_image_end - start };
}

bool home_choose(const struct machine *m, const struct modules *mods, struct range self,
		 uint64_t size, uint64_t *start)
{
	struct range_list room = { 0 };
	bool fits = range_list_copy(&room, &m->ram);
	unsigned int i;

	for (i = 0; i < m->reserved.count; i++)
		fits &= range_list_subtract(&room, m->reserved.r[i]);
	fits &= range_list_subtract(&room, mods->kernel);
	fits &= range_list_subtract(&room, mods->ramdisk);
	for (i = 0; i < mods->further_count; i++)
		fits &= range_list_subtract(&room, mods->further[i]);
	fits &= range_list_subtract(&room, self);
	return fits && range_list_highest(&room, size, HOME_ALIGN, start);
}

/*
 * The device tree is copied first, because the home may overlap the old tree. The home does not
 * overlap the running image.
 */
void home_move(uint64_t start, uint64_t hartid, const void *fdt)
{
	struct range self = home_image();
	uint64_t fdt_copy = ALIGN_UP(start + self.size, PAGE_SIZE);
	uint64_t entry = start + ((uintptr_t)riscv_home_entry - self.start);
	uint64_t data_size = (uintptr_t)riscv_data_end - self.start;

	memmove((void *)(uintptr_t)fdt_copy, fdt, fdt_totalsize(fdt));
	memcpy((void *)(uintptr_t)start, (const void *)(uintptr_t)self.start, data_size);
	riscv_jump(hartid, fdt_copy, (uintptr_t)fdt, entry);
}

struct range home_pool(struct range home, const void *fdt)
{
	uint64_t start = ALIGN_UP((uintptr_t)fdt + fdt_totalsize(fdt), PAGE_SIZE);
	uint64_t end = range_end(home);

	if (start >= end)
		hv_fatal("home: no room left behind the device tree");
	return (struct range){ start, end - start };
}
