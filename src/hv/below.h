/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs below Halite: firmware on the bare machine, or a hypervisor, which may be Halite and may
 * offer SBI NACL. Found once at boot; each hart shares memory with it from its start to its stop.
 */
#ifndef HV_BELOW_H
#define HV_BELOW_H

#include <stdint.h>

#include "nacl/client.h"

struct vcpu;

/* How many Halites are below this one. Looks for NACL as well. */
unsigned int below_find(void);

/* The keys (bit n: KEY_...) that what is below asks for. */
uint32_t below_keys(void);

/* The names of the NACL features found, apart by commas; "none" without NACL. */
const char *below_nacl_text(char *buf, unsigned int size);

/* The calling hart, which is @v's, begins or ends using NACL. */
void below_hart_start(struct vcpu *v);
void below_hart_stop(struct vcpu *v);

#endif
