/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that C cannot express: the hypervisor's fences (priv H "Hypervisor Memory-Management
 * Fence Instructions"), for fence.c, and others. Addresses are in bytes.
 */
#ifndef RISCV_INSN_H
#define RISCV_INSN_H

#include <stdint.h>

/* SCTRCLR (Ssctr): zero the records of control transfers. */
static inline void insn_sctrclr(void)
{
	__asm__ volatile(".4byte 0x10400073" : : : "memory");
}

static inline void insn_hfence_gvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

static inline void insn_hfence_gvma_gpa(uint64_t gpa)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, x0" : : "r"(gpa >> 2) : "memory");
}

static inline void insn_hfence_gvma_vmid(uint64_t vmid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" : : "r"(vmid) : "memory");
}

static inline void insn_hfence_gvma_gpa_vmid(uint64_t gpa, uint64_t vmid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, %1"
			 :
			 : "r"(gpa >> 2), "r"(vmid)
			 : "memory");
}

/* HFENCE.VVMA acts on the VMID that hgatp holds. */
static inline void insn_hfence_vvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory");
}

static inline void insn_hfence_vvma_asid(uint64_t asid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, %0" : : "r"(asid) : "memory");
}

static inline void insn_hfence_vvma_addr(uint64_t addr)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, x0" : : "r"(addr) : "memory");
}

static inline void insn_hfence_vvma_addr_asid(uint64_t addr, uint64_t asid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, %1" : : "r"(addr), "r"(asid) : "memory");
}

/* Fence both stages of @vmid, which is in hgatp. */
static inline void insn_flush_live_vmid(uint64_t vmid)
{
	insn_hfence_vvma_all();
	insn_hfence_gvma_vmid(vmid);
}

/* Order all earlier accesses to memory, devices and CSRs before all later ones. */
static inline void insn_fence_io(void)
{
	__asm__ volatile("fence iorw, iorw" : : : "memory");
}

static inline void insn_wfi(void)
{
	__asm__ volatile("wfi" : : : "memory");
}

static inline void insn_sfence_vma(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
}

#endif
