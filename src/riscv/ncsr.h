/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CSRs of the H extension, wherever they are: in the hart, or in the memory that Halite shares with
 * the hypervisor below when that one offers SBI NACL. Everything in src/hv and src/riscv reaches them
 * through here. Without NACL each of these is a nop and the CSR instruction. @csr is a constant; one that
 * is not of the H extension does not compile.
 *
 * In shared memory a value is what was written last, before its WARL rules, until the next entry into a
 * guest or ncsr_sync().
 */
#ifndef RISCV_NCSR_H
#define RISCV_NCSR_H

#include <stdbool.h>
#include <stdint.h>

#include "nacl/client.h"
#include "riscv/csr.h"
#include "riscv/hart.h"
#include "riscv/static_key.h"

/* A file that defines RISCV_NCSR_DIRECT runs without NACL below only: then there is not even the nop. */
#ifdef RISCV_NCSR_DIRECT
#define NCSR_KEY(key) false
#else
#define NCSR_KEY(key) static_key(key)
#endif

/* Whether this hart has feature NACL_FEAT_@id, under the key that says that any may. */
static inline __attribute__((always_inline)) bool ncsr_has(unsigned int id)
{
	return NCSR_KEY(KEY_NACL_SYNC_CSR + id) && nacl_client_has(riscv_nacl, id);
}

/* Reading needs the area only. */
static inline __attribute__((always_inline)) bool ncsr_has_area(void)
{
	return NCSR_KEY(KEY_NACL) && riscv_nacl->shmem;
}

#define ncsr_read(csr) (ncsr_has_area() ? nacl_csr_read(riscv_nacl->shmem, csr) : csr_read(csr))

/* @value is evaluated first: between the nop and the instruction there is nothing to be decided. */
#define ncsr_write(csr, value)                                        \
	do {                                                          \
		uint64_t new_ = (value);                              \
		if (ncsr_has(NACL_FEAT_SYNC_CSR))                     \
			nacl_csr_write(riscv_nacl->shmem, csr, new_); \
		else                                                  \
			csr_write(csr, new_);                         \
	} while (0)

/* Returns the old value. */
#define ncsr_swap(csr, value)                                                              \
	({                                                                                 \
		uint64_t new_ = (value);                                                   \
		ncsr_has(NACL_FEAT_SYNC_CSR) ? nacl_csr_swap(riscv_nacl->shmem, csr, new_) \
					     : csr_swap(csr, new_);                        \
	})

#define ncsr_set(csr, value)                                        \
	do {                                                        \
		uint64_t new_ = (value);                            \
		if (ncsr_has(NACL_FEAT_SYNC_CSR))                   \
			nacl_csr_set(riscv_nacl->shmem, csr, new_); \
		else                                                \
			csr_set(csr, new_);                         \
	} while (0)

#define ncsr_clear(csr, value)                                        \
	do {                                                          \
		uint64_t new_ = (value);                              \
		if (ncsr_has(NACL_FEAT_SYNC_CSR))                     \
			nacl_csr_clear(riscv_nacl->shmem, csr, new_); \
		else                                                  \
			csr_clear(csr, new_);                         \
	} while (0)

/* What was written takes effect now, and what is read next is the CSR. */
#define ncsr_sync(csr)                                  \
	do {                                            \
		if (ncsr_has(NACL_FEAT_SYNC_CSR))       \
			nacl_csr_sync(riscv_nacl, csr); \
	} while (0)

#endif
