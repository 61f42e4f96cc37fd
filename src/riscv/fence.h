/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's fences for the local hart (priv H "Hypervisor Memory-Management Fence Instructions").
 * With SBI NACL below they are queued in shared memory and take effect when the guest is entered next:
 * nothing that Halite does before that translates under a guest's tables. VMIDs are physical.
 */
#ifndef RISCV_FENCE_H
#define RISCV_FENCE_H

#include <stdbool.h>
#include <stdint.h>

/* The G-stage: of every VMID; of one, all of it; of one, [@gpa, @gpa + @size). Sizes in bytes, not 0. */
void hfence_gvma_all(void);
void hfence_gvma_vmid(uint16_t vmid);
void hfence_gvma_range(uint16_t vmid, uint64_t gpa, uint64_t size);

/* What an HFENCE.VVMA names: addresses in bytes, @size 0 for all of them. */
struct hfence_vvma {
	uint64_t addr;
	uint64_t size;
	uint32_t asid;
	bool any_asid;
};

/* The VS-stage of VMIDs, in @count values of @hgatp, with each of which its VMID's guest is run. */
void hfence_vvma(const uint64_t *hgatp, unsigned int count, const struct hfence_vvma *fence);

/* Both stages of @vmid. */
void hfence_vmid(uint16_t vmid);

#endif
