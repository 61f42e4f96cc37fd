/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's interrupt controller as L1 sees it: its own, whose registers are reached through Halite (plic.c, aplic.c).
 *
 * Where its output is a wire to a hart - that of a PLIC, of an APLIC without IMSIC, of an interrupt file that is not a
 * guest's - it comes to Halite, which raises it in L1 and masks it in the physical hart until L1's claim has taken it
 * away; so level interrupts behave as on the bare machine. A guest interrupt file that is L1's own needs nothing of that.
 */
#ifndef HV_INTC_H
#define HV_INTC_H

#include "hv/vcpu.h"

/* A supervisor external interrupt came to this hart, or its cause may have gone. */
void intc_update(struct vcpu *v);

/* An access of @v changed the output for @owner's hart; without an owner, for any. */
void intc_changed(struct vcpu *v, struct vcpu *owner);

#endif
