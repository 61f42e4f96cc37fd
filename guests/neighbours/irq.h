/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * External interrupts of one hart, by a PLIC, an APLIC with wires or an APLIC with IMSICs, as
 * QEMU's virt machine has them. No trap is taken: SIE stays clear.
 */
#ifndef IRQ_H
#define IRQ_H

#include <stdbool.h>
#include <stdint.h>

/* Prepare the hart @hartid, which is the calling one. False: there is no controller. */
bool irq_init(const void *fdt, uint64_t hartid);

/* Enable source @source, active high. @level: it is a level; otherwise an edge. */
void irq_open(unsigned int source, bool level);

/* Disable source @source. */
void irq_close(unsigned int source);

/*
 * Wait for an interrupt, @ticks of the time CSR at most, and claim it; ~0: without a limit. Returns
 * the source, or 0 if none came.
 */
unsigned int irq_wait(uint64_t ticks);

/* The cause of @source, which irq_wait() has returned, is gone. */
void irq_complete(unsigned int source);

#endif
