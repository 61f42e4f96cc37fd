/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to the CSRs of the H extension for all of src/hv and src/riscv. The CSRs are in the hart,
 * or, if the level below offers SBI NACL, in the area that Halite shares with it. Without NACL each
 * access is a nop and the CSR instruction. @csr is a constant; a CSR that is not of the H extension
 * does not compile.
 *
 * Until the next entry into a guest or ncsr_sync(), a CSR in the area reads as the value that was
 * written last, before its WARL rules.
 */
#ifndef RISCV_NCSR_H
#define RISCV_NCSR_H

#include <stdbool.h>
#include <stdint.h>

#include "nacl/client.h"
#include "riscv/csr.h"
#include "riscv/hart.h"
#include "riscv/static_key.h"

/* A file that defines RISCV_NCSR_DIRECT runs only without NACL below. Its accesses have no nop. */
#ifdef RISCV_NCSR_DIRECT
#define NCSR_KEY(key) false
#else
#define NCSR_KEY(key) static_key(key)
#endif

/*
 * Whether this hart has feature NACL_FEAT_@id. The key of the feature says whether any hart may
 * have it.
 */
static inline __attribute__((always_inline)) bool ncsr_has(unsigned int id)
{
	return NCSR_KEY(KEY_NACL_SYNC_CSR + id) && nacl_client_has(riscv_nacl, id);
}

/* Whether CSRs are read from the area. */
static inline __attribute__((always_inline)) bool ncsr_has_area(void)
{
	return NCSR_KEY(KEY_NACL) && riscv_nacl->shmem;
}

#define ncsr_read(csr) (ncsr_has_area() ? nacl_csr_read(riscv_nacl->shmem, csr) : csr_read(csr))

/* @value is evaluated first, so that only the nop stands between the value and the instruction. */
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

/*
 * If @csr is dirty in the area, write it to the CSR. The area has the value of the CSR afterwards.
 */
#define ncsr_sync(csr)                                  \
	do {                                            \
		if (ncsr_has(NACL_FEAT_SYNC_CSR))       \
			nacl_csr_sync(riscv_nacl, csr); \
	} while (0)

#endif
