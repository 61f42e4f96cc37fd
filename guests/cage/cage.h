/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directed attack on the hypervisor below: page tables, shared memory, buffers and entry points
 * in devices, in memory of others and on top of each other, and code that changes after it has
 * trapped. The guest must get exactly the faults and errors that the specification names, and each
 * trap must set its CSRs correctly.
 *
 * Invariant: each attempt goes through run() or call(), which return through the trap handler.
 * sscratch always points to the hart's struct. tp does so, too, while this program's C code runs.
 */
#ifndef CAGE_H
#define CAGE_H

#include "numbers.h"

/* Offsets in struct hart, for assembly. */
#define HART_X	     0
#define HART_SAVED   256
#define HART_RUNNING 368
#define HART_CAUSE   376
#define HART_PC	     384
#define HART_TVAL    392
#define HART_STATUS  400

#define MAX_HARTS   8
#define STACK_BYTES 8192

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csr.h"
#include "guest.h"

#define GIB BIT64(30)

#define INTERRUPT(n) (BIT64(63) | (n))

enum mode { HS, VS, VU };

struct hart {
	/* Members for assembly. */
	uint64_t x[32]; /* run() loads these registers; after the trap, their values at the trap */
	uint64_t saved[14]; /* registers.inc */
	uint64_t running;
	uint64_t cause; /* scause, sepc, stval and sstatus of the trap */
	uint64_t pc;
	uint64_t tval;
	uint64_t status;
	/* run() fills these after a trap from VS or VU, after_call() always. */
	uint64_t hstatus;
	uint64_t htval;
	uint64_t htinst;
	/* Members for C. */
	uint64_t id;
	volatile uint64_t *area; /* shared memory of SBI NACL, or NULL if it is not used */
	uint64_t wrong;		 /* number of errors that judge() has found */
	uint64_t rounds;
	char note[200]; /* the first error, on harts that do not print */
};

extern struct hart harts[MAX_HARTS];
register struct hart *me __asm__("tp");

/* ---- entry.S ---- */

void cage_trap(void);
void cage_second_start(void);
extern uint8_t cage_stacks[MAX_HARTS][STACK_BYTES];
void cage_enter(struct hart *h);
int64_t cage_sync_sret(struct hart *h);
void cage_call(struct hart *h, uint64_t pc);
void fence_all(void);
void fence_code(void);
void fence_stage1(void); /* SFENCE.VMA for all addresses */

/* ---- code.S: each does an access at a0 (a store stores a1), then EBREAK ---- */

void code_ld(void);
void code_sd(void);
void code_jr(void);
void code_hlv(void);
void code_hlvx(void);
void code_hsv(void);
/*
 * Loads and stores of 1, 2, 4 and 8 bytes, with 8 bytes of code each; the second with HLV and
 * HSV.
 */
void code_widths(void);
void code_hypervisor_widths(void);
/* Stores a2 at a3, then does a vector load at a0, at code_vector. The code has a page to itself. */
void code_replace(void);
extern uint8_t code_vector[];
void code_evict(void);
extern uint8_t code_strided[];
void code_evict_store(void);
extern uint8_t code_strided_store[];

/* ---- run.c ---- */

void hart_init(uint64_t id);
/*
 * area_begin(): from now on enter L2 by SBI NACL's SYNC_SRET, until area_end(). False: not
 * possible.
 */
bool area_begin(void);
void area_end(void);
/* Runs the code at @pc with me->x until it traps; in VS and VU under the current tables. */
void run(enum mode mode, uint64_t pc);
/* Runs code in HS-mode, without SRET. after_call() reads the other CSRs of the trap. */
void call(uint64_t pc, uint64_t a0, uint64_t a1);
void after_call(void);
/* Arms the timer interrupt in @seconds, which ends an attempt that hangs. */
void arm_watchdog(unsigned int seconds);
/* Waits a millisecond, and arms the watchdog again. */
void pause(void);
/*
 * Fills all registers with a pattern. registers_lost(): number of registers without it, except
 * a0.
 */
void fill_registers(uint64_t a0, uint64_t a1);
unsigned int registers_lost(void);

struct deed {
	const char *name;
	void (*code)(void);
	enum mode mode;
	uint8_t access, page, guest; /* causes of its access, page and guest-page faults */
};
enum { LOAD, STORE, FETCH, HLV, HLVX, HSV, DEEDS };
extern const struct deed deeds[DEEDS];
/* Does the access at @addr. @mode is VS or VU for an access of L2. */
void deed_do(const struct deed *d, enum mode mode, uint64_t addr);
/* Masks of its causes: access faults only, or all its faults. */
uint64_t deed_access(const struct deed *d);
uint64_t deed_faults(const struct deed *d);
/*
 * Checks the trap that ended an access: its cause is in @allowed (CAUSE_BREAKPOINT: no fault), its
 * pc is @pc, its stval is @tval, and the previous modes are right. Counts errors in me->wrong, and
 * prints them.
 */
void judge(const struct deed *d, enum mode mode, uint64_t pc, uint64_t tval, uint64_t allowed,
	   const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* Counts and prints another error. */
void wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints a line of KTAP: whether there were errors since the last one. */
void check_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- tables.c ---- */

#define RAM_INDEX  2	       /* number of the GiB with RAM */
#define MAPPED_END (3 * GIB)   /* of the G-stage */
#define SV39	   UINT64_C(8) /* MODE of satp; in hgatp Sv39x4 */
#define TEST_INDEX 4	       /* number of the GiB of L2's addresses that tests use */
#define TEST_ADDR  (TEST_INDEX * GIB)

struct tables {
	uint64_t root[2048]; /* G-stage, Sv39x4: identity for the first three GiB */
	uint64_t second[512];
	uint64_t last[512];
	uint64_t vs_root[512]; /* VS-stage, Sv39: identity for the first GiB and the third */
	uint64_t vs_second[512];
	uint64_t vs_last[512];
	uint64_t vs_strided[512];
	uint64_t vs_strided_last[2][512];
	uint64_t data[512]; /* each is WITNESS */
} __attribute__((aligned(16384)));

#define WITNESS UINT64_C(0x7769746e65737321)

struct tables *tables(void);
/* Empties this hart's tables but for the identity, and uses them, with the VS-stage Bare. */
struct tables *tables_reset(void);
/* Uses these or other tables, given by their roots. vs_root 0: Bare. */
void tables_use(uint64_t root, uint64_t vs_root);
/* Checks that all accesses succeed with valid tables. */
void check_sane(const char *when);

/* ---- places.c: the machine's device tree ---- */

struct place {
	char name[28];
	uint64_t addr; /* of a page */
};
#define MAX_PLACES 160
extern struct place places[MAX_PLACES];
extern unsigned int place_count;
extern bool native;				   /* there is no Halite */
extern uint64_t uart, rtc, controller, memory_end; /* 0: there is none */
extern uint64_t firmware;

void places_init(const void *fdt);
bool has_word(const void *fdt, const char *word);
/* Pages of the interrupt controllers: one for each kind of registers. */
extern struct place registers[16];
extern unsigned int register_count;

/* ---- the parts ---- */

void check_leaf_in_device(void);
void check_told_right(void);
void check_fetched_again(void);
void check_all_tables(bool all);
void check_areas(bool all);
void check_registers(void);
/* Other harts run this, which disturbs Halite, until @*stop. Errors are in me->wrong. */
void disturb(volatile bool *stop);
#endif

#endif
