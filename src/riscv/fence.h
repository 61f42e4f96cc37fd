/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's fences for the local hart (priv H "Hypervisor Memory-Management Fence
 * Instructions"). With SBI NACL below, fences are queued in the area and take effect at the next
 * entry into a guest. Until then Halite does nothing that translates under a guest's tables. VMIDs
 * are those of the hardware.
 */
#ifndef RISCV_FENCE_H
#define RISCV_FENCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Fence the G-stage: of all VMIDs, of all addresses of one VMID, or of [@gpa, @gpa + @size) of one
 * VMID. @size is in bytes and not 0.
 */
void hfence_gvma_all(void);
void hfence_gvma_vmid(uint16_t vmid);
void hfence_gvma_range(uint16_t vmid, uint64_t gpa, uint64_t size);

/*
 * The operands of HFENCE.VVMA. Addresses and sizes are in bytes; @size 0 stands for all addresses.
 */
struct hfence_vvma {
	uint64_t addr;
	uint64_t size;
	uint32_t asid;
	bool any_asid;
};

/*
 * Fence the VS-stage of @count VMIDs. @hgatp has a value for each VMID: the one with which the
 * guest of that VMID runs.
 */
void hfence_vvma(const uint64_t *hgatp, unsigned int count, const struct hfence_vvma *fence);

/* Fence both stages of @vmid. */
void hfence_vmid(uint16_t vmid);

#endif
