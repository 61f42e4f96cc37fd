/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Static keys: branches that are decided once, at boot, by patching the code. As linked, each site
 * is a 4-byte nop, followed by the code for "off". If the key is on, the site is patched to a jump.
 * In assembly, a site may be an instruction that is needed anyway (static_instead).
 *
 * static_keys_patch() runs once on the boot hart, before other harts run and before text becomes
 * read-only. So no hart runs code while the code changes. A fact that can differ later, such as a
 * feature that one hart does not get, is checked by the code after the jump.
 */
#ifndef RISCV_STATIC_KEY_H
#define RISCV_STATIC_KEY_H

/* The keys, for C and for assembly. */
#define KEY_NACL	      0	 /* There is SBI NACL below, and CSRs are read from the area. */
#define KEY_NACL_SYNC_CSR     1	 /* CSRs are written in the area. */
#define KEY_NACL_SYNC_HFENCE  2	 /* Fences are queued in the area. */
#define KEY_NACL_SYNC_SRET    3	 /* Guests are entered by sync_sret. */
#define KEY_NACL_AUTOSWAP_CSR 4	 /* sync_sret also exchanges hstatus. */
#define KEY_NO_SSTC	      5	 /* The hart has no stimecmp and no vstimecmp. */
#define KEY_FLUSH	      6	 /* Too few VMIDs: each change of hgatp needs a fence. */
#define KEY_STATS	      7	 /* Exits are counted. */
#define KEY_SLOW	      8	 /* quick.c and swap.c are not used, nor their copies. */
#define KEY_AIA		      9	 /* L1 has the advanced interrupt architecture. */
#define KEY_OPEN	      10 /* world_has_open_csrs() */
#define KEY_AREA	      11 /* quick.c and swap.c work on the area of the NACL below. */
#define KEY_SSNPM	      12 /* L1 has Ssnpm, so hstatus has HUPMM. */
#define KEY_LCOFI	      13 /* L1 has Sscofpmf: hvien.13 is set while L1 runs. */
#define KEY_CONSOLE	      14 /* A domain has a virtual UART. */
#define STATIC_KEY_COUNT      15

/*
 * An entry of the table has the address of the site and of its jump target, both relative to the
 * word that holds them, and the key.
 */
#ifdef __ASSEMBLER__

/* clang-format off */
/* The entry for the site at label 8880. */
.macro static_site key, target
	.pushsection .static_keys, "a"
	.balign 4
	.word 8880b - .
	.word \target - .
	.word \key
	.popsection
.endm

.macro static_branch key, target
	.option push
	.option norvc
8880:	nop
	.option pop
	static_site \key, \target
.endm

/*
 * A site that costs nothing if the key is off: @insn, an instruction of 4 bytes. If the key is on,
 * it is patched to a jump to @target, where the code executes @insn itself.
 */
.macro static_instead key, target, insn:vararg
	.option push
	.option norvc
8880:	\insn
	.option pop
	static_site \key, \target
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

/* Patch the sites of the keys in @keys (bit n: key n is on). */
void static_keys_patch(uint32_t keys);

#endif
#endif
