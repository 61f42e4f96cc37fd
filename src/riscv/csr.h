/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSR access of the physical hart. CSRs are given by number, since neither GCC 12 nor clang 14
 * knows the H extension in -march.
 */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#include <stdint.h>

#include "hext/csr.h"

#define CSR_SSTATUS    0x100
#define CSR_STVEC      0x105
#define CSR_SENVCFG    0x10a
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

/*
 * A file may define this to nothing if its CSR accesses do not change how its own memory is
 * accessed. Then the compiler can keep values that it has loaded.
 */
#ifndef CSR_CLOBBERS
#define CSR_CLOBBERS "memory"
#endif

#define csr_read(csr)                                                                     \
	({                                                                                \
		uint64_t value_;                                                          \
		__asm__ volatile("csrr %0, %1" : "=r"(value_) : "i"(csr) : CSR_CLOBBERS); \
		value_;                                                                   \
	})

#define csr_write(csr, value) \
	__asm__ volatile("csrw %0, %1" : : "i"(csr), "rK"((uint64_t)(value)) : CSR_CLOBBERS)

/* Returns the old value. */
#define csr_swap(csr, value)                                         \
	({                                                           \
		uint64_t old_;                                       \
		__asm__ volatile("csrrw %0, %1, %2"                  \
				 : "=r"(old_)                        \
				 : "i"(csr), "rK"((uint64_t)(value)) \
				 : CSR_CLOBBERS);                    \
		old_;                                                \
	})

/*
 * Whether the hart lets Halite read @csr. Only before a guest runs: a trap overwrites sepc and
 * other CSRs.
 */
#define csr_answers(csr)                                          \
	({                                                        \
		uint64_t answers_, stvec_;                        \
		__asm__ volatile("lla %1, 1f\n"                   \
				 "csrrw %1, stvec, %1\n"          \
				 "li %0, 0\n"                     \
				 "csrr zero, %2\n"                \
				 "li %0, 1\n"                     \
				 ".balign 4\n"                    \
				 "1: csrw stvec, %1\n"            \
				 : "=&r"(answers_), "=&r"(stvec_) \
				 : "i"(csr)                       \
				 : "memory");                     \
		answers_;                                         \
	})

#define csr_set(csr, value) \
	__asm__ volatile("csrs %0, %1" : : "i"(csr), "rK"((uint64_t)(value)) : CSR_CLOBBERS)

#define csr_clear(csr, value) \
	__asm__ volatile("csrc %0, %1" : : "i"(csr), "rK"((uint64_t)(value)) : CSR_CLOBBERS)

#endif
