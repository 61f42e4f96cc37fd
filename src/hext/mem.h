/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses to L2's memory: HLV, HLVX and HSV of L1 (priv H "Hypervisor Virtual-Machine Load and
 * Store Instructions"), and the fetch of the instruction of L2 that goes to htinst.
 *
 * The caller has checked that L1 may execute the instruction (in HS mode, or in U mode with
 * hstatus.HU), and has h->vs in the image. Invariant: an access that traps has changed no memory
 * except A and D bits.
 */
#ifndef HEXT_MEM_H
#define HEXT_MEM_H

#include "hext/hext.h"
#include "hext/insn.h"

/*
 * Execute @insn, an HLV or HLVX, at L2's address @addr. *@value gets the value for rd, extended to
 * 64 bits. False: L1 takes *@trap. The function also makes misaligned accesses; they are not
 * atomic.
 */
bool hext_hlv(struct hext_hart *h, const struct hext_insn *insn, gva_t addr, uint64_t *value,
	      struct hext_trap *trap);

/*
 * Execute @insn, an HSV, of @value at L2's address @addr. False: L1 takes *@trap, and nothing is
 * stored.
 */
bool hext_hsv(struct hext_hart *h, const struct hext_insn *insn, gva_t addr, uint64_t value,
	      struct hext_trap *trap);

/*
 * Fetch the instruction of L2 at @pc, in VS mode, or in VU mode if h->user is set. The upper half
 * of *@code is 0 if the instruction is compressed. False: L2 cannot fetch there, or not any more.
 */
bool hext_fetch(const struct hext_hart *h, gva_t pc, uint32_t *code);

/*
 * Fill trap->htinst with the transformed instruction at h->pc, if hardware gave 0 for an exception
 * of a load, store or AMO of L2. @x: L2's integer registers. htinst stays 0 if the instruction at
 * h->pc is not the one that trapped.
 */
void hext_fill_htinst(const struct hext_hart *h, const uint64_t x[32], struct hext_trap *trap);

#endif
