/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's interrupt controller as L1 sees it. L1 has the physical controller, and reaches its
 * registers through Halite (plic.c, aplic.c).
 *
 * The output of the controller comes to Halite if it is a wire to a hart: the output of a PLIC, of
 * an APLIC without IMSIC, or of the supervisor-level interrupt file. Halite raises the interrupt in
 * L1 and masks it in the physical hart until L1 has claimed it. So level interrupts behave as on
 * the bare machine. If L1 has a guest interrupt file, the hardware delivers the interrupts of that
 * file, and Halite does nothing.
 */
#ifndef HV_INTC_H
#define HV_INTC_H

#include "hv/vcpu.h"

/* Update L1's SEI: a supervisor external interrupt came to this hart, or its cause may be gone. */
void intc_update(struct vcpu *v);

/*
 * @v has accessed the controller, and the output for the hart of @owner may have changed. NULL: the
 * output for any hart. Updates the SEI of this hart, and asks the other harts for an update.
 */
void intc_changed(struct vcpu *v, struct vcpu *owner);

/*
 * A virtual source of @d at a PLIC may ask for an interrupt of other harts than @v's: it has become
 * pending, or a register has changed. Asks these harts for an update.
 */
void intc_source_changed(struct vcpu *v, struct domain *d);

/*
 * The wire of the virtual source @s of @d may have changed, by an access of @v or by what Halite
 * does on @v's hart. Updates the SEI of the harts that it concerns.
 */
void intc_wire_changed(struct vcpu *v, struct domain *d, struct source *s);

#endif
