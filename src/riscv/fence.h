/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's fences on the local hart (priv H "Hypervisor Memory-Management Fence Instructions").
 * All addresses in bytes. HFENCE.VVMA acts on the VMID that hgatp holds.
 */
#ifndef RISCV_FENCE_H
#define RISCV_FENCE_H

#include <stdint.h>

static inline void hfence_gvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

static inline void hfence_gvma_gpa(uint64_t gpa)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, x0" : : "r"(gpa >> 2) : "memory");
}

static inline void hfence_vvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory");
}

static inline void hfence_vvma_asid(uint64_t asid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, %0" : : "r"(asid) : "memory");
}

static inline void hfence_vvma_addr(uint64_t addr)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, x0" : : "r"(addr) : "memory");
}

static inline void hfence_vvma_addr_asid(uint64_t addr, uint64_t asid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, %1" : : "r"(addr), "r"(asid) : "memory");
}

static inline void wait_for_interrupt(void)
{
	__asm__ volatile("wfi" : : : "memory");
}

#endif
