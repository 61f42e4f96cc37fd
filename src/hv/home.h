/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's home: the part of RAM that Halite keeps for itself. The home is at the highest free
 * place, so the guest finds the low RAM, where kernels run, as on the bare machine. Firmware starts
 * a first instance of Halite at its load address. The first instance only chooses a home, copies
 * itself and the device tree there, and jumps to the copy.
 *
 *   home: [ image and bss | device tree | pool of pages ]
 */
#ifndef HV_HOME_H
#define HV_HOME_H

#include <stdint.h>

#include "hv/machine.h"
#include "hv/modules.h"
#include "lib/range.h"

#define HOME_ALIGN   UINT64_C(0x200000)
#define HOME_FDT_MAX UINT64_C(0x100000)

/* The size of the home on a machine with @cpus cpus in its device tree. */
uint64_t home_size(unsigned int cpus);

/* The memory of the running image, bss included. */
struct range home_image(void);

/*
 * Choose the address *@start of a home of @size bytes: the highest place in RAM that overlaps no
 * reserved memory, no module and not @self. The home may overlap the device tree. False: there is
 * no place.
 */
bool home_choose(const struct machine *m, const struct modules *mods, struct range self,
		 uint64_t size, uint64_t *start);

/* Copy the image and @fdt to @start, and continue in the copy, which calls hv_main(). */
_Noreturn void home_move(uint64_t start, uint64_t hartid, const void *fdt);

/* The free memory behind the device tree @fdt, up to the end of @home. */
struct range home_pool(struct range home, const void *fdt);

#endif
