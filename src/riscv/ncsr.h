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

/*
 * Some code is compiled twice, and boot chooses a copy. Its accesses have no nop. A copy with
 * RISCV_NCSR_DIRECT runs only without NACL below. A copy with RISCV_NCSR_AREA runs only while this
 * hart has an area and all features but SYNC_HFENCE. There RISCV_NCSR_AREA is the address of the
 * area.
 */
#if defined(RISCV_NCSR_DIRECT)
#define NCSR_HAS(key, has) ((void)(key), false)
#define ncsr_area	   ((volatile nacl_word *)0)
#elif defined(RISCV_NCSR_AREA)
#define NCSR_HAS(key, has) ((void)(key), true)
#define ncsr_area	   (RISCV_NCSR_AREA)
#else
#define NCSR_HAS(key, has) (static_key(key) && (has))
#define ncsr_area	   (riscv_nacl->shmem)
#endif

/*
 * Whether this hart has feature NACL_FEAT_@id. The key of the feature says whether any hart may
 * have it.
 */
static inline __attribute__((always_inline)) bool ncsr_has(unsigned int id)
{
	return NCSR_HAS(KEY_NACL_SYNC_CSR + id, nacl_client_has(riscv_nacl, id));
}

/* Whether CSRs are read from the area. */
static inline __attribute__((always_inline)) bool ncsr_has_area(void)
{
	return NCSR_HAS(KEY_NACL, riscv_nacl->shmem);
}

#define ncsr_read(csr) (ncsr_has_area() ? nacl_csr_read(ncsr_area, csr) : csr_read(csr))

/*
 * In a copy with RISCV_NCSR_AREA, a write of one of these CSRs only stores the value. The code
 * calls ncsr_publish() afterwards, which marks all of them dirty, 64 with one instruction. Each
 * switch between L1 and L2 writes nearly all of them. The others have their current values in the
 * area and are written again.
 */
/* clang-format off */
#define NCSR_SWITCHED(or, x)                                                            \
	or(VSSTATUS, x) or(VSTVEC, x) or(VSSCRATCH, x) or(VSEPC, x) or(VSCAUSE, x)      \
	or(VSTVAL, x) or(VSTIMECMP, x) or(VSATP, x) or(HEDELEG, x) or(HIE, x)           \
	or(HTIMEDELTA, x) or(HCOUNTEREN, x) or(HENVCFG, x) or(HVIP, x) or(HGATP, x)
/* clang-format on */

#ifdef RISCV_NCSR_AREA
#define NCSR_OR_IS(name, csr)	 || HEXT_CSR_##name == (csr)
#define NCSR_OR_BIT(name, word)	 | NACL_MARK_BIT(HEXT_CSR_##name, word)
#define NCSR_IS_SWITCHED(csr)	 (0 NCSR_SWITCHED(NCSR_OR_IS, csr))
#define NCSR_SWITCHED_BITS(word) ((nacl_word)0 NCSR_SWITCHED(NCSR_OR_BIT, word))

static inline __attribute__((always_inline)) void ncsr_mark_switched(void)
{
	/* A dirty bit of a CSR that does not exist would stay set. */
	nacl_word without = static_key(KEY_NO_SSTC) ? NACL_MARK_BIT(HEXT_CSR_VSTIMECMP, 1) : 0;

#pragma GCC unroll 16
	for (unsigned int word = 0; word < NACL_DIRTY_WORDS; word++) {
		nacl_word bits = NCSR_SWITCHED_BITS(word);

		nacl_csr_mark(ncsr_area, word, word == 1 ? bits & ~without : bits);
	}
}

#define ncsr_publish() ncsr_mark_switched()
#define ncsr_put(csr, value)                                         \
	(NCSR_IS_SWITCHED(csr) ? nacl_csr_put(ncsr_area, csr, value) \
			       : nacl_csr_write(ncsr_area, csr, value))
#else
#define ncsr_publish()	     ((void)0)
#define ncsr_put(csr, value) nacl_csr_write(ncsr_area, csr, value)
#endif

/* @value is evaluated first, so that only the nop stands between the value and the instruction. */
#define ncsr_write(csr, value)                    \
	do {                                      \
		uint64_t new_ = (value);          \
		if (ncsr_has(NACL_FEAT_SYNC_CSR)) \
			ncsr_put(csr, new_);      \
		else                              \
			csr_write(csr, new_);     \
	} while (0)

/* Returns the old value. */
#define ncsr_swap(csr, value)                                 \
	({                                                    \
		uint64_t new_ = (value), was_;                \
		if (ncsr_has(NACL_FEAT_SYNC_CSR)) {           \
			was_ = nacl_csr_read(ncsr_area, csr); \
			ncsr_put(csr, new_);                  \
		} else {                                      \
			was_ = csr_swap(csr, new_);           \
		}                                             \
		was_;                                         \
	})

#define ncsr_set(csr, value)                                \
	do {                                                \
		uint64_t new_ = (value);                    \
		if (ncsr_has(NACL_FEAT_SYNC_CSR))           \
			nacl_csr_set(ncsr_area, csr, new_); \
		else                                        \
			csr_set(csr, new_);                 \
	} while (0)

#define ncsr_clear(csr, value)                                \
	do {                                                  \
		uint64_t new_ = (value);                      \
		if (ncsr_has(NACL_FEAT_SYNC_CSR))             \
			nacl_csr_clear(ncsr_area, csr, new_); \
		else                                          \
			csr_clear(csr, new_);                 \
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
