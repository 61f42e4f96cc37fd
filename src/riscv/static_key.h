/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Static keys: branches that are decided once, at boot, by patching the code. As linked each site is
 * one 4-byte nop, on the way that is taken with its key off; with the key on it is a jump.
 *
 * static_keys_patch() runs once, on the boot hart before others run and before text is made read-only:
 * no hart ever runs code that is being changed. What can go wrong later, such as a feature that one
 * hart does not get, is for the code behind the jump to find out.
 */
#ifndef RISCV_STATIC_KEY_H
#define RISCV_STATIC_KEY_H

/* For the assembler, too. */
#define KEY_NACL	      0 /* SBI NACL is there below: CSRs are read from shared memory */
#define KEY_NACL_SYNC_CSR     1 /* they are written there */
#define KEY_NACL_SYNC_HFENCE  2 /* fences are queued there */
#define KEY_NACL_SYNC_SRET    3 /* guests are entered by a call */
#define KEY_NACL_AUTOSWAP_CSR 4 /* which exchanges hstatus as well */
#define KEY_NO_SSTC	      5 /* stimecmp and vstimecmp do not exist */
#define KEY_FLUSH	      6 /* no VMIDs: changing hgatp takes a fence */
#define KEY_STATS	      7 /* exits are counted */
#define KEY_SLOW	      8 /* no exit is handled by src/hv/quick.c and the like */
#define KEY_AIA		      9 /* L1 has the advanced interrupt architecture */
#define KEY_ISELECT	      10 /* L1 has no AIA, but the hart's siselect and vsiselect can be reached */
#define STATIC_KEY_COUNT      11

/* An entry of the table: where the site is, where it jumps to, both relative to their own word. */
#ifdef __ASSEMBLER__

/* clang-format off */
.macro static_branch key, target
	.option push
	.option norvc
8880:	nop
	.option pop
	.pushsection .static_keys, "a"
	.balign 4
	.word 8880b - .
	.word \target - .
	.word \key
	.popsection
.endm
/* clang-format on */

#else
#include <stdbool.h>
#include <stdint.h>

/* Whether key @key, a constant, is on. */
#define static_key(key) __builtin_expect(static_key_site(key), 0)

static inline __attribute__((always_inline)) bool static_key_site(unsigned int key)
{
	__asm__ goto(".option push\n\t"
		     ".option norvc\n"
		     "8880:\tnop\n\t"
		     ".option pop\n\t"
		     ".pushsection .static_keys, \"a\"\n\t"
		     ".balign 4\n\t"
		     ".word 8880b - .\n\t"
		     ".word %l[on] - .\n\t"
		     ".word %0\n\t"
		     ".popsection"
		     :
		     : "i"(key)
		     :
		     : on);
	return false;
on:
	return true;
}

/* Decide for the sites of the keys in @keys (bit n: key n). */
void static_keys_patch(uint32_t keys);

#endif
#endif
