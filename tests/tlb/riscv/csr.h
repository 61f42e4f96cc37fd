/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of src/riscv/csr.h: the CSRs of the harts of machine.c. */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#include <stdint.h>

#include "hext/csr.h"

#define CSR_SENVCFG    0x10a
#define CSR_SSTATUS    0x100
#define CSR_STVEC      0x105
#define CSR_SSCRATCH   0x140
#define CSR_SEPC       0x141
#define CSR_SCAUSE     0x142
#define CSR_STVAL      0x143
#define CSR_SCTRSTATUS 0x14f
#define CSR_SISELECT   0x150
#define CSR_SATP       0x180
#define CSR_VSCTRCTL   0x24e
#define CSR_TIME       0xc01
#define CSR_SCOUNTOVF  0xda0

uint64_t machine_csr_read(unsigned int csr);
/* Returns the old value. */
uint64_t machine_csr_update(unsigned int csr, uint64_t clear, uint64_t set);

#define csr_answers(csr)      0
#define csr_read(csr)	      machine_csr_read(csr)
#define csr_write(csr, value) ((void)machine_csr_update(csr, ~UINT64_C(0), value))
#define csr_swap(csr, value)  machine_csr_update(csr, ~UINT64_C(0), value)
#define csr_set(csr, value)   ((void)machine_csr_update(csr, 0, value))
#define csr_clear(csr, value) ((void)machine_csr_update(csr, value, 0))

#endif
