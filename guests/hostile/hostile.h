/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that attacks the hypervisor below from all its harts, and keeps control of itself.
 *
 * Invariants, which make sure that a failure is the hypervisor's fault and not this guest's:
 * - A step that may trap, enter L2 or lose the registers goes through hostile_run(), which returns
 *   through the trap handler. sscratch and stvec always keep their values, and a timer is always
 *   set.
 * - Attacks write only to pages outside this image, and make only such pages writable for L2: the
 *   arena, memory of others, devices that do no harm. The lower 30 bits of these addresses differ
 *   from the image's, too, so that no page of 1 GiB leads to the image.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#define HOSTILE_HARTS 8
#define HOSTILE_STACK 16384

/* Offsets in struct hart, for assembly. */
#define HART_SAVED   0
#define HART_RUNNING 112
#define HART_CAUSE   120
#define HART_TVAL    128
#define HART_PC	     136
#define HART_A0	     144
#define HART_A1	     152
#define HART_SHIFT   9
#define HART_SIZE    (1 << HART_SHIFT)

/* What hostile_run() does with pc. */
#define RUN_CALL 0 /* jumps to pc in L1; only a0 and a1 are loaded */
#define RUN_SRET 1 /* loads all registers, then SRET to pc */
#define RUN_SBI	 2 /* loads all registers and sepc = pc, then ECALL */

/* With this value in x31 (t6), l2_entry may jump to the address in x9 (s1). */
#define L2_MAY_JUMP 0x6a756d70

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#include "csr.h"
#include "numbers.h"

struct hart {
	/* Members for assembly. */
	uint64_t saved[14];
	uint64_t running;
	uint64_t cause; /* of the trap that ended hostile_run() */
	uint64_t tval;
	uint64_t pc;
	uint64_t a0; /* at the trap */
	uint64_t a1;
	/* Members for C. */
	uint64_t id;
	uint64_t random;
	uint64_t tables_made; /* number of changes of the hart's tables in the arena */
	uint64_t starts;
	uint64_t steps;
	uint64_t l2_entries; /* number of entries into L2 that have ended */
	uint64_t probes;
	uint64_t unclear; /* number of probes that the timer ended */
	uint64_t what;	  /* number of the current attack, for the report */
	uint64_t seen_steps;
	uint64_t seen_time;
	uint64_t parked;
} __attribute__((aligned(HART_SIZE)));

_Static_assert(sizeof(struct hart) == HART_SIZE, "HART_SIZE is for assembly");

extern struct hart hostile_harts[HOSTILE_HARTS];

/* ---- entry.S and l2.S ---- */

void hostile_start(void); /* harts start here; a0 is the hart id */
void hostile_trap(void);
/* Runs code until the next trap. @x: values for x1 to x31. Fills in h->cause and the rest. */
void hostile_run(struct hart *h, uint64_t how, uint64_t pc, const uint64_t *x);
void l2_entry(void); /* random actions without end, in S-mode */
void l2_user(void);  /* the same in U-mode, as L2 or as L1's user mode */
/* One action at a0, then EBREAK. */
void l2_load(void);
void l2_store(void);
void l2_amo(void);
void l2_lr(void);
void l2_jump(void);
void l2_timer(void); /* lets its timer expire, and loops without end */

/* ---- main.c ---- */

/* Reports a breach, or another failure of the guest. */
void hostile_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Whether @h is the boot hart, which never stops. */
bool hostile_is_boss(const struct hart *h);

/* ---- tools.c ---- */

#define ARENA	   UINT64_C(0x88000000)
#define ARENA_SIZE UINT64_C(0x400000)
#define IMAGE	   UINT64_C(0x80200000)
#define FIRMWARE   UINT64_C(0x80000000)
#define RAM_END	   UINT64_C(0xa0000000)
#define PLIC	   UINT64_C(0xc000000)
#define APLIC	   UINT64_C(0xd000000)
#define IMSIC	   UINT64_C(0x28000000)
#define IMSIC_M	   UINT64_C(0x24000000)
#define RTC	   UINT64_C(0x101000)
#define UART	   UINT64_C(0x10000000)
#define NOWHERE	   UINT64_C(0x40000)

extern uint64_t hostile_home; /* the hypervisor's memory begins here and ends at RAM_END */

/*
 * Finds hostile_home and the machine's features, and fills the arena. Call it on the boot hart
 * after its trap handler is set.
 */
void tools_init(struct hart *h);
uint64_t rnd(struct hart *h);
/* A random number less than @n. */
uint64_t below(struct hart *h, uint64_t n);
bool chance(struct hart *h, unsigned int one_in);
/*
 * A random address of the kinds above that may be stored to, or loaded from. More can be loaded
 * from.
 */
uint64_t store_address(struct hart *h);
uint64_t load_address(struct hart *h);
/* A random address so that some of the @size bytes there are not the guest's. */
uint64_t others_address(struct hart *h);
/* A random value of any kind: random, small, an address, all ones. */
uint64_t any_value(struct hart *h);
/* Arms the timer interrupt in @ticks. */
void arm_timer(struct hart *h, uint64_t ticks);
uint64_t read_time(void);
bool has_sstc(void);
/*
 * Executes @insn, with operands in a0 and a1 and the result in a0. Returns the cause of its trap; 3
 * (EBREAK) if it did not trap.
 */
uint64_t try_insn(struct hart *h, uint32_t insn, uint64_t a0, uint64_t a1);
/* ECALL with a0 to a5. Returns the error, and the value in h->a1. -100: another trap ended it. */
int64_t try_sbi(struct hart *h, uint64_t extension, uint64_t function, const uint64_t args[6]);
int64_t try_sbi3(struct hart *h, uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
		 uint64_t a2);

#define IS_INTERRUPT(cause) ((int64_t)(cause) < 0)

/* R-type instructions with rd = a0, rs1 = a0, rs2 = a1. Callers may change fields. */
#define INSN_HLV(funct7, kind) (0x73 | 4 << 12 | (funct7) << 25 | (kind) << 20 | 10 << 15 | 10 << 7)
#define INSN_HSV(funct7)       (0x73 | 4 << 12 | (funct7) << 25 | 11 << 20 | 10 << 15)
#define CSRRW(csr)	       (0x73 | 1 << 12 | (uint32_t)(csr) << 20 | 10 << 15 | 10 << 7)
#define INSN_FENCE(funct7)     (0x73 | (funct7) << 25 | 11 << 20 | 10 << 15)
#define INSN_LOAD(funct3)      (0x03 | (funct3) << 12 | 10 << 15 | 10 << 7)
#define INSN_STORE(funct3)     (0x23 | (funct3) << 12 | 11 << 20 | 10 << 15)
#define F7_HLV_B	       0x30
#define F7_HSV_B	       0x31

#define SIE_STIE UINT64_C(0x20)

/* ---- tables.c: page tables of L2 ---- */

#define PTE_LEAF (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_AD)

/* The tables of @id in the arena: 16 pages. Other harts write there, too. */
uint64_t arena_tables(uint64_t id);
/* Changes some of @h's tables at random. Mostly, L2 finds its code under hgatp @mode afterwards. */
void scribble_tables(struct hart *h, unsigned int mode);
uint64_t random_pte(struct hart *h);
/* A random mode of Sv39x4, Sv48x4 and Sv57x4 that the machine has. Changes hgatp. */
unsigned int gstage_mode(struct hart *h);
uint64_t random_atp(struct hart *h, bool gstage);
/*
 * Tables of @h that no other hart writes. exact_tables() empties them, maps L2's code, and returns
 * hgatp. exact_map() then maps @gpa.
 */
uint64_t exact_tables(struct hart *h, unsigned int mode);
void exact_map(struct hart *h, unsigned int mode, uint64_t gpa, uint64_t pa, unsigned int level,
	       uint64_t flags);

/* ---- the attacks; each function is one step ---- */

void attack_csrs(struct hart *h);
void attack_instructions(struct hart *h);
void attack_memory(struct hart *h);
void attack_sbi(struct hart *h);
void attack_harts(struct hart *h);
void attack_l2(struct hart *h);
void attack_nacl(struct hart *h);
/*
 * Exact attempts: memory that is not the guest's must fault for each kind of access; the guest's
 * not.
 */
void probe(struct hart *h);

/* Sets the H CSRs to known values, and gives the shared memory of NACL back. */
void calm(struct hart *h);
#endif

#endif
