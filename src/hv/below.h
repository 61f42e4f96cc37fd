/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The level below Halite: firmware on the bare machine, or a hypervisor, which may be a Halite and
 * may offer SBI NACL. below_find() finds it once at boot. Each hart shares memory with the level
 * below from the start of the hart to its stop.
 */
#ifndef HV_BELOW_H
#define HV_BELOW_H

#include <stdint.h>

#include "hv/machine.h"
#include "lib/pages.h"
#include "nacl/client.h"

/* The implementation id of Halite in the SBI base extension. */
#define SBI_IMPL_HALITE 0x48414c49 /* "HALI": an id that the SBI specification does not list */

/* Halite's own SBI extension */
#define SBI_EXT_HALITE	 (0x0a000000 | (SBI_IMPL_HALITE & 0xffffff))
#define SBI_HALITE_LEVEL 0 /* returns the number of Halites below this one */
/* returns the calling hart's exits with reason a0 (enum stat); NOT_SUPPORTED without counting */
#define SBI_HALITE_EXITS 1

/* Find the level below and its NACL features. Return the number of Halites below this one. */
unsigned int below_find(void);

/* The static keys for NACL of the level below. Bit n stands for the key KEY_... with number n. */
uint32_t below_keys(void);

/* The names of the NACL features found, separated by commas; "none" without NACL. */
const char *below_nacl_text(char *buf, unsigned int size);

/*
 * Take memory of @pool that @harts harts share with the level below, if that has NACL. False: there
 * is too little.
 */
bool below_make_areas(struct page_pool *pool, unsigned int harts);

/* Enable or disable NACL of the level below on the calling hart, which is @hart, in @client. */
void below_hart_start(struct nacl_client_hart *client, const struct machine_hart *hart);
void below_hart_stop(struct nacl_client_hart *client, const struct machine_hart *hart);

#endif
