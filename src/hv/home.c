/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/home.h"
#include "lib/page.h"
#include "riscv/head.h"

#define ALIGN_UP(value, align) (((value) + (align)-1) & ~((align)-1))

struct range home_image(void)
{
	uint64_t start = (uintptr_t)riscv_image_start;

	return (struct range){ start, (uintptr_t)riscv_image_end - start };
}

bool home_choose(const struct machine *m, const struct modules *mods, struct range self,
		 uint64_t *start)
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
	return fits && range_list_highest(&room, HOME_SIZE, HOME_ALIGN, start);
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

struct range home_pool(const void *fdt)
{
	uint64_t start = ALIGN_UP((uintptr_t)fdt + fdt_totalsize(fdt), PAGE_SIZE);
	uint64_t end = home_image().start + HOME_SIZE;

	if (start >= end)
		hv_fatal("home: no room left behind the device tree");
	return (struct range){ start, end - start };
}
