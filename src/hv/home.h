/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's home: the part of RAM that Halite keeps for itself. The home is at the highest free
 * place, so the guest finds the low RAM, where kernels run, as on the bare machine. Firmware starts
 * a first instance of Halite at its load address. The first instance only chooses a home, copies
 * itself and the device tree there, and jumps to the copy.
 *
 *   home: [ image and bss | device tree | pool of pages ]
 *
 * The pool has the tables of the shadows (hext/shadow.h). A guest hypervisor whose guests use all
 * of its RAM, each page once and in pages of 4 KiB, needs a table for each 2 MiB: RAM / 512.
 */
#ifndef HV_HOME_H
#define HV_HOME_H

#include <stdint.h>

#include "hv/machine.h"
#include "hv/modules.h"
#include "lib/pages.h"
#include "lib/range.h"

#define HOME_ALIGN   UINT64_C(0x200000)
#define HOME_FDT_MAX UINT64_C(0x100000)

/*
 * The least size of a home for @cpus cpus in the device tree, with @rings bytes for the ring of
 * each (options_trace()).
 */
uint64_t home_size(unsigned int cpus, uint64_t rings);

/* The most harts for which a home of @size bytes is large enough, at least 1. */
unsigned int home_harts(uint64_t size, uint64_t rings);

/*
 * The memory for lists until there is a home: @memory of the last home_give_memory(), or pages of
 * the image, which are the only memory known to be free. A home may overlap it.
 */
struct page_pool home_first_memory(void);

/*
 * Give home_first_memory() more memory than the image has. The memory must be in use for nothing
 * else until home_move(). It stays given when Halite starts again from head.S.
 */
void home_give_memory(struct page_pool memory);

/* The memory of the running image, bss included. */
struct range home_image(void);

/*
 * Choose *@home: 8 MiB, 32 KiB and a ring for each cpu, 512 KiB for each node of a domain, and
 * 1 / @share of RAM, all in whole units of HOME_ALIGN, and not less than home_size(). It is at the
 * highest place in RAM that overlaps no reserved memory, no module, not the pack's header and not
 * @self. It may overlap the device tree. If there is no place for so much, it has a smaller share,
 * with a warning. False: there is no place for home_size() bytes.
 */
bool home_choose(const struct machine *m, const struct modules *mods, struct range self,
		 unsigned int cpus, uint64_t rings, unsigned int share, struct range *home);

/* Copy the image and @fdt to @home, and continue in the copy, which calls hv_main(). */
_Noreturn void home_move(struct range home, uint64_t hartid, const void *fdt);

/* The memory of the first instance of the image, which home_move() has copied. */
struct range home_first_image(void);

/* The home, for the copy that home_move() has made. */
struct range home_range(void);

/* The free memory behind the device tree @fdt, up to the end of @home. */
struct range home_pool(struct range home, const void *fdt);

#endif
