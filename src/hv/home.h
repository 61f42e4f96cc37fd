/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's home: the part of RAM that it keeps for itself, at the top, so that the guest finds the
 * same RAM as on the bare machine where kernels look for it. Firmware starts a first instance of
 * Halite at its load address, which only finds a home, copies itself and the device tree there,
 * and jumps to the copy.
 *
 *   home: [ image and bss | device tree | pool of pages ]
 */
#ifndef HV_HOME_H
#define HV_HOME_H

#include <stdint.h>

#include "hv/machine.h"
#include "hv/modules.h"
#include "lib/range.h"

#define HOME_SIZE    UINT64_C(0x800000)
#define HOME_ALIGN   UINT64_C(0x200000)
#define HOME_FDT_MAX UINT64_C(0x100000)

/* The image that runs, bss included. */
struct range home_image(void);

/*
 * Where home goes: the highest place in RAM that overlaps no reserved memory, no module and not
 * @self; it may overlap the device tree. False: there is none.
 */
bool home_choose(const struct machine *m, const struct modules *mods, struct range self,
		 uint64_t *start);

/* Copy the image and @fdt to @start and go on there, at hv_main(). */
_Noreturn void home_move(uint64_t start, uint64_t hartid, const void *fdt);

/* What is behind the device tree @fdt in the home that runs. */
struct range home_pool(const void *fdt);

#endif
