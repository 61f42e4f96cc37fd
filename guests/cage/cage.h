/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directed attack on the hypervisor below: page tables, shared memory, buffers and entry
 * points in devices, in memory of others and over each other, and code that is not any more what
 * trapped. Nothing may come of it but the faults and errors that the specification names, with
 * all that a trap tells about itself right.
 *
 * Invariant: whatever is tried goes through run() or call(), which come back through the trap
 * handler; sscratch is the hart's struct always, tp too while this program's own code runs.
 */
#ifndef CAGE_H
#define CAGE_H

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

#define BIT64(n) (UINT64_C(1) << (n))
#define PAGE	 UINT64_C(4096)
#define GIB	 BIT64(30)

#define CSR_SSTATUS  0x100
#define CSR_SIE	     0x104
#define CSR_STVEC    0x105
#define CSR_SSCRATCH 0x140
#define CSR_SEPC     0x141
#define CSR_SIP	     0x144
#define CSR_SATP     0x180
#define CSR_VSSTATUS 0x200
#define CSR_VSATP    0x280
#define CSR_HSTATUS  0x600
#define CSR_HEDELEG  0x602
#define CSR_HIDELEG  0x603
#define CSR_HTVAL    0x643
#define CSR_HTINST   0x64a
#define CSR_HGATP    0x680

#define SSTATUS_SIE  BIT64(1)
#define SSTATUS_SPIE BIT64(5)
#define SSTATUS_SPP  BIT64(8)
#define SSTATUS_VS   (UINT64_C(3) << 9)
#define HSTATUS_GVA  BIT64(6)
#define HSTATUS_SPV  BIT64(7)
#define HSTATUS_SPVP BIT64(8)
#define IRQ_SSI	     1
#define IRQ_STI	     5
#define INTERRUPT(n) (BIT64(63) | (n))

#define EXT_BASE 0x10
#define EXT_TIME 0x54494d45
#define EXT_HSM	 0x48534d
#define EXT_DBCN 0x4442434e
#define EXT_PMU	 0x504d55

enum {
	CAUSE_FETCH_ACCESS = 1,
	CAUSE_ILLEGAL = 2,
	CAUSE_BREAKPOINT = 3, /* the code has come to its end */
	CAUSE_LOAD_MISALIGNED = 4,
	CAUSE_LOAD_ACCESS = 5,
	CAUSE_STORE_MISALIGNED = 6,
	CAUSE_STORE_ACCESS = 7,
	CAUSE_FETCH_PAGE = 12,
	CAUSE_LOAD_PAGE = 13,
	CAUSE_STORE_PAGE = 15,
	CAUSE_FETCH_GUEST_PAGE = 20,
	CAUSE_LOAD_GUEST_PAGE = 21,
	CAUSE_STORE_GUEST_PAGE = 23,
};

#define PTE_V	  1
#define PTE_R	  2
#define PTE_W	  4
#define PTE_X	  8
#define PTE_U	  16
#define PTE_AD	  0xc0
#define PTE_RWX	  (PTE_V | PTE_R | PTE_W | PTE_X | PTE_AD)
#define PPN(addr) ((addr) >> 12 << 10)

enum mode { HS, VS, VU };

struct hart {
	/* Of assembly */
	uint64_t x[32];	    /* what run() loads; what they were at the trap */
	uint64_t saved[14]; /* callee_saved.inc */
	uint64_t running;
	uint64_t cause; /* scause, sepc, stval, sstatus of the trap that ended it */
	uint64_t pc;
	uint64_t tval;
	uint64_t status;
	/* Of run(), after a trap from VS or VU; of after_call() */
	uint64_t hstatus;
	uint64_t htval;
	uint64_t htinst;
	/* Of C */
	uint64_t id;
	volatile uint64_t *area; /* SBI NACL's memory while it is used, or NULL */
	uint64_t wrong;		 /* what judge() has found */
	uint64_t rounds;
	char note[200]; /* the first of it, on harts that do not print */
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
void fence_own(void); /* SFENCE.VMA of all */

/* ---- code.S: each its access at a0, of a1 if it is a store, then EBREAK ---- */

void code_ld(void);
void code_sd(void);
void code_jr(void);
void code_hlv(void);
void code_hlvx(void);
void code_hsv(void);
/* Loads and stores of 1, 2, 4 and 8 bytes, 8 bytes of code each; HLV and HSV likewise. */
void code_widths(void);
void code_hypervisor_widths(void);
/* Store a2 at a3, then a vector load at a0: code_vector is the load. In a page of its own. */
void code_replace(void);
extern uint8_t code_vector[];
void code_evict(void);
extern uint8_t code_strided[];
void code_evict_store(void);
extern uint8_t code_strided_store[];

/* ---- run.c ---- */

void hart_init(uint64_t id);
/* Begin and end to enter L2 by SBI NACL's SYNC_SRET. False: there is none. */
bool area_begin(void);
void area_end(void);
/* Run the code at @pc with me->x until it traps; VS and VU: under the tables that are set. */
void run(enum mode mode, uint64_t pc);
/* Without an SRET, in HS-mode; after_call() tells the rest of the trap. */
void call(uint64_t pc, uint64_t a0, uint64_t a1);
void after_call(void);
/* The timer interrupt that ends what hangs, in @seconds. */
void arm_watchdog(unsigned int seconds);
/* Wait a millisecond; arms the watchdog anew. */
void pause(void);
/* A pattern in all registers, and the registers that do not hold it any more but a0. */
void fill_registers(uint64_t a0, uint64_t a1);
unsigned int registers_lost(void);

struct deed {
	const char *name;
	void (*code)(void);
	enum mode mode;
	uint8_t access, page, guest; /* causes of its faults */
};
enum { LOAD, STORE, FETCH, HLV, HLVX, HSV, DEEDS };
extern const struct deed deeds[DEEDS];
/* Do it at @addr; @mode is VS or VU for those of L2. */
void deed_do(const struct deed *d, enum mode mode, uint64_t addr);
/* The bits of its causes. */
uint64_t deed_access(const struct deed *d);
uint64_t deed_faults(const struct deed *d);
/*
 * Look at the trap that ended it: one of the causes in @allowed (CAUSE_BREAKPOINT: it was done),
 * at @pc, with stval @tval and the modes that it came from. What is wrong is counted in
 * me->wrong, and told.
 */
void judge(const struct deed *d, enum mode mode, uint64_t pc, uint64_t tval, uint64_t allowed,
	   const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* Count and tell something else that is wrong. */
void wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line of KTAP for all that was found wrong since the last one. */
void check_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- tables.c ---- */

#define RAM_INDEX  2	       /* the GiB where RAM is */
#define MAPPED_END (3 * GIB)   /* of the G-stage */
#define SV39	   UINT64_C(8) /* MODE of satp; of hgatp Sv39x4 */
#define TEST_INDEX 4	       /* the GiB of L2's addresses that tests use */
#define TEST_ADDR  (TEST_INDEX * GIB)

struct tables {
	uint64_t root[2048]; /* G-stage, Sv39x4: the first three GiB as they are */
	uint64_t middle[512];
	uint64_t last[512];
	uint64_t vs_root[512]; /* VS-stage, Sv39: the first GiB and the third as they are */
	uint64_t vs_middle[512];
	uint64_t vs_last[512];
	uint64_t vs_strided[512];
	uint64_t vs_strided_last[2][512];
	uint64_t data[512]; /* WITNESS */
} __attribute__((aligned(16384)));

#define WITNESS UINT64_C(0x7769746e65737321)

struct tables *tables(void);
/* Empty but for what is the same; used from here on, the VS-stage Bare. */
struct tables *tables_reset(void);
/* Use them, or others: roots. vs_root 0: Bare. */
void tables_use(uint64_t root, uint64_t vs_root);
/* L2 can use sane tables, in all ways. */
void check_sane(const char *when);

/* ---- places.c: the machine's device tree ---- */

struct place {
	char name[28];
	uint64_t addr; /* a page */
};
#define MAX_PLACES 160
extern struct place places[MAX_PLACES];
extern unsigned int place_count;
extern bool native;				   /* no Halite below */
extern uint64_t uart, rtc, controller, memory_end; /* 0: there is none */
extern uint64_t firmware;

void places_init(const void *fdt);
bool has_word(const void *fdt, const char *word);
/* Of the interrupt controllers: the pages whose registers are of different kinds. */
extern struct place registers[16];
extern unsigned int register_count;

/* ---- the parts ---- */

void check_leaf_in_device(void);
void check_told_right(void);
void check_fetched_again(void);
void check_all_tables(bool all);
void check_areas(bool all);
void check_registers(void);
/* What other harts do meanwhile, until @*stop; in me->wrong what they found. */
void disturb(volatile bool *stop);
#endif

#endif
