/* SPDX-License-Identifier: BSD-2-Clause */
/* CSR instructions for CSRs by number. */
#ifndef GUEST_CSR_H
#define GUEST_CSR_H

#include <stdint.h>

#define csr_read(csr)                                                                 \
	({                                                                            \
		uint64_t value_;                                                      \
		__asm__ volatile("csrr %0, %1" : "=r"(value_) : "i"(csr) : "memory"); \
		value_;                                                               \
	})
#define csr_write(csr, value) \
	__asm__ volatile("csrw %0, %1" : : "i"(csr), "r"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits) \
	__asm__ volatile("csrs %0, %1" : : "i"(csr), "r"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits) \
	__asm__ volatile("csrc %0, %1" : : "i"(csr), "r"((uint64_t)(bits)) : "memory")

#endif
