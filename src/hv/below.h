/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs below Halite: firmware on the bare machine, or a hypervisor, which may be Halite and may
 * offer SBI NACL. Found once at boot; each hart shares memory with it from its start to its stop.
 */
#ifndef HV_BELOW_H
#define HV_BELOW_H

#include <stdint.h>

#include "hv/machine.h"
#include "nacl/client.h"

/* What Halite says of itself, by its guest's SBI: the one below may be Halite. */
#define SBI_IMPL_HALITE 0x48414c49 /* "HALI": none of those that the specification lists */

/* Halite's own extension */
#define SBI_EXT_HALITE	 (0x0a000000 | (SBI_IMPL_HALITE & 0xffffff))
#define SBI_HALITE_LEVEL 0 /* how many Halites are below the one that answers */
/* of this hart, for the reason a0 (enum stat); NOT_SUPPORTED if not counted */
#define SBI_HALITE_EXITS 1

/* How many Halites are below this one. Looks for NACL as well. */
unsigned int below_find(void);

/* The keys (bit n: KEY_...) that what is below asks for. */
uint32_t below_keys(void);

/* The names of the NACL features found, apart by commas; "none" without NACL. */
const char *below_nacl_text(char *buf, unsigned int size);

/* The calling hart, which is @hart, begins or ends using NACL, by @client. */
void below_hart_start(struct nacl_client_hart *client, const struct machine_hart *hart);
void below_hart_stop(struct nacl_client_hart *client, const struct machine_hart *hart);

#endif
