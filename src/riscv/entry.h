/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way into and out of a guest. tp is the hart's struct nacl_client_hart while Halite runs (ncsr.h). While a guest runs, sscratch holds its struct vcpu; while Halite
 * runs, sscratch is 0, so that a trap of Halite's own is told from a guest's.
 */
#ifndef RISCV_ENTRY_H
#define RISCV_ENTRY_H

/* Offsets into struct vcpu; src/hv/vcpu.c asserts that they hold. */
#define VCPU_X(n)      ((n)*8)
#define VCPU_STACK_TOP (32 * 8)
#define VCPU_NACL      (33 * 8)
#define VCPU_SHARED    (VCPU_NACL + 24)
#define VCPU_VIRT      (VCPU_NACL + 40)
/* enum vcpu_way */
#define VCPU_WAY_NOT_DONE 0
#define VCPU_WAY_SOME	  1
#define VCPU_WAY_ALL	  2
#define VCPU_WAY_SHARED	  3
/* HEXT_CSR_HSTATUS and HSTATUS_SPV */
#define CSR_HSTATUS	0x600
#define HSTATUS_SPV_BIT 0x80
/* CAUSE_VIRTUAL, CAUSE_ECALL_VS and CAUSE_FETCH_GUEST_PAGE, the first of its kind, of hext/bits.h */
#define CAUSE_VIRTUAL_INSTRUCTION 22
#define CAUSE_ECALL		  10
#define CAUSE_GUEST_PAGE	  20
/* Into struct nacl_client_hart, likewise. */
#define NACL_SHMEM    0
#define NACL_FEATURES 8

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/*
 * Load the guest's registers and continue it: by SRET, or by sync_sret of SBI NACL where this hart has that
 * below, which takes the registers from shared memory. The stack of the caller is forgotten.
 */
_Noreturn void riscv_enter_guest(struct vcpu *v);

/* stvec while Halite or a guest runs. */
void riscv_trap_entry(void);

/* First instruction of a hart that firmware starts. Goes on at bringup_hart_started(@v). */
_Noreturn void riscv_hart_start(uint64_t hartid, struct vcpu *v);
#endif

#endif
