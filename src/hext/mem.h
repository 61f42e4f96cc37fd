/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of L2 as L1 reaches it: HLV, HLVX, HSV (priv H "Hypervisor Virtual-Machine Load and Store
 * Instructions"), and the fetch of L2's instruction that fills htinst.
 *
 * The caller has checked that L1 may execute the instruction (HS, or U with hstatus.HU) and has
 * h->vs in the image. Invariant: an access that traps has changed no memory but A and D bits.
 */
#ifndef HEXT_MEM_H
#define HEXT_MEM_H

#include "hext/hext.h"
#include "hext/insn.h"

/*
 * HLV or HLVX @insn at L2's @addr: *@value is what goes to rd, extended as the instruction says.
 * False: *@trap is to be taken by L1. Misaligned accesses are done; they are not atomic.
 */
bool hext_hlv(struct hext_hart *h, const struct hext_insn *insn, gva_t addr, uint64_t *value,
	      struct hext_trap *trap);

/* HSV @insn of @value at L2's @addr. False: *@trap is to be taken by L1; nothing is stored. */
bool hext_hsv(struct hext_hart *h, const struct hext_insn *insn, gva_t addr, uint64_t value,
	      struct hext_trap *trap);

/*
 * Fetch the instruction of L2 at @pc, in VS or VU mode as h->user says. *@code has its upper half
 * 0 if it is compressed. False: it cannot be fetched (any more).
 */
bool hext_fetch(const struct hext_hart *h, gva_t pc, uint32_t *code);

/*
 * Where hardware left htinst 0 for a load's, store's or AMO's exception of L2 at h->pc, fill it
 * with the transformed instruction. @x: L2's integer registers. Leaves 0 if the instruction is
 * gone.
 */
void hext_fill_htinst(const struct hext_hart *h, const uint64_t x[32], struct hext_trap *trap);

#endif
