/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of src/riscv/insn.h: fences of the harts of machine.c. */
#ifndef RISCV_INSN_H
#define RISCV_INSN_H

#include <stdbool.h>
#include <stdint.h>

/* The fences with rs1 and rs2; false: the register is x0. */
void machine_hfence_gvma(bool has_gpa, uint64_t gpa, bool has_vmid, uint64_t vmid);
void machine_hfence_vvma(bool has_addr, uint64_t addr, bool has_asid, uint64_t asid);
void machine_fence(void);

/* The machine's harts have no Ssctr. */
static inline void insn_sctrclr(void)
{
}

static inline void insn_hfence_gvma_all(void)
{
	machine_hfence_gvma(false, 0, false, 0);
}

static inline void insn_hfence_gvma_gpa(uint64_t gpa)
{
	machine_hfence_gvma(true, gpa, false, 0);
}

static inline void insn_hfence_gvma_vmid(uint64_t vmid)
{
	machine_hfence_gvma(false, 0, true, vmid);
}

static inline void insn_hfence_gvma_gpa_vmid(uint64_t gpa, uint64_t vmid)
{
	machine_hfence_gvma(true, gpa, true, vmid);
}

static inline void insn_hfence_vvma_all(void)
{
	machine_hfence_vvma(false, 0, false, 0);
}

static inline void insn_hfence_vvma_asid(uint64_t asid)
{
	machine_hfence_vvma(false, 0, true, asid);
}

static inline void insn_hfence_vvma_addr(uint64_t addr)
{
	machine_hfence_vvma(true, addr, false, 0);
}

static inline void insn_hfence_vvma_addr_asid(uint64_t addr, uint64_t asid)
{
	machine_hfence_vvma(true, addr, true, asid);
}

/* Both stages of @vmid, which is in hgatp. */
static inline void insn_flush_live_vmid(uint64_t vmid)
{
	insn_hfence_vvma_all();
	insn_hfence_gvma_vmid(vmid);
}

/* All accesses before, to memory, devices and CSRs, come before all accesses behind. */
static inline void insn_fence_io(void)
{
	machine_fence();
}

static inline void insn_wfi(void)
{
}

/* Of Halite's own translations, which the model does not have. */
static inline void insn_sfence_vma(void)
{
}

#endif
