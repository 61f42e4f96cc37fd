/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest hypervisor that examines its H extension, and prints one line for each check.
 *
 * Invariants, which make sure that the same machine gives the same output:
 * - A check line has no time, no address of this program and nothing about SBI NACL. Addresses are
 *   printed as offsets in the object that they point to (code+0x4).
 * - Each piece of code under test runs by run(), in one of four modes, and ends with a trap that
 *   this program takes in HS mode. A watchdog ends the program if this trap does not come.
 * - The H and VS CSRs, fences and entries into VS mode go through access.c: by SBI NACL if it is
 *   offered, and otherwise by instructions. If a check is about an instruction, it always uses that
 *   instruction.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "numbers.h"

/* Offsets in struct hart, for assembly. */
#define HART_X	     0
#define HART_SAVED   256
#define HART_RUNNING 384
#define HART_CAUSE   392
#define HART_PC	     400
#define HART_TVAL    408
#define HART_STATUS  416
#define HART_STACK   16384

#define MAX_HARTS 8

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define HENVCFG_CBIE  (BIT64(4) | BIT64(5))
#define HENVCFG_CBCFE BIT64(6)
#define HENVCFG_CBZE  BIT64(7)
#define HENVCFG_ADUE  BIT64(61)
#define HENVCFG_STCE  BIT64(63)

/* The bits of the interrupts of VS level. */
#define VS_IRQS (BIT64(IRQ_VSSI) | BIT64(IRQ_VSTI) | BIT64(IRQ_VSEI))

/* Instructions. Their operands are a0 (rs1, rd) and a1 (rs2). */
#define A0		       10
#define A1		       11
#define INSN_CSR(csr, f3, rs1) (0x73u | A0 << 7 | (f3) << 12 | (rs1) << 15 | (uint32_t)(csr) << 20)
#define INSN_CSRR(csr)	       INSN_CSR(csr, 2, 0)
#define INSN_CSRW(csr)	       (INSN_CSR(csr, 1, A0) & ~(31u << 7))
#define INSN_HLV(f7, kind) \
	(0x73u | A0 << 7 | 4 << 12 | A0 << 15 | (kind) << 20 | (uint32_t)(f7) << 25)
#define INSN_HSV(f7)	       (0x73u | 4 << 12 | A0 << 15 | A1 << 20 | (uint32_t)(f7) << 25)
#define INSN_FENCE(f7, r1, r2) (0x73u | (r1) << 15 | (r2) << 20 | (uint32_t)(f7) << 25)
#define INSN_LOAD(f3)	       (0x03u | A0 << 7 | (f3) << 12 | A0 << 15)
#define INSN_STORE(f3)	       (0x23u | (f3) << 12 | A0 << 15 | A1 << 20)
#define AMO_OPERANDS	       (0x2fu | A0 << 7 | A0 << 15 | A1 << 20)
#define INSN_AMO(f5, f3)       (AMO_OPERANDS | (f3) << 12 | (uint32_t)(f5) << 27)
#define INSN_LR_D	       (0x2fu | A0 << 7 | 3 << 12 | A0 << 15 | 2u << 27)
#define INSN_CBO(op)	       (0x0fu | 2 << 12 | A0 << 15 | (uint32_t)(op) << 20)
#define INSN_JR		       0x00050067u /* jr a0 */
#define INSN_NOP	       0x00000013u
#define INSN_ECALL	       0x00000073u
#define INSN_EBREAK	       0x00100073u
#define INSN_SRET	       0x10200073u
#define INSN_WFI	       0x10500073u
#define INSN_MRET	       0x30200073u
#define INSN_LD		       INSN_LOAD(3)
#define INSN_SD		       INSN_STORE(3)
#define INSN_HLV_D	       INSN_HLV(0x36, 0)
#define INSN_HLVX_WU	       INSN_HLV(0x34, 3)
#define INSN_HSV_D	       INSN_HSV(0x37)
#define F7_SFENCE_VMA	       0x09
#define F7_SINVAL_VMA	       0x0b
#define F7_HFENCE_VVMA	       0x11
#define F7_HINVAL_VVMA	       0x13
#define F7_HFENCE_GVMA	       0x31
#define F7_HINVAL_GVMA	       0x33

#define csr_read(csr)                                                           \
	({                                                                      \
		uint64_t value_;                                                \
		__asm__ volatile("csrr %0, " #csr : "=r"(value_) : : "memory"); \
		value_;                                                         \
	})
#define csr_write(csr, value) \
	__asm__ volatile("csrw " #csr ", %0" : : "r"((uint64_t)(value)) : "memory")
#define csr_set(csr, value) \
	__asm__ volatile("csrs " #csr ", %0" : : "r"((uint64_t)(value)) : "memory")
#define csr_clear(csr, value) \
	__asm__ volatile("csrc " #csr ", %0" : : "r"((uint64_t)(value)) : "memory")

enum mode { HS, U, VS, VU, MODES };
#define IS_VIRTUAL(mode) ((mode) >= VS)
#define IS_USER(mode)	 ((mode)&1)

struct hart {
	/* Members for assembly. */
	uint64_t x[32]; /* run() loads these registers; after the trap, their values at the trap */
	uint64_t saved[16]; /* registers.inc */
	uint64_t running;
	uint64_t cause; /* scause, sepc, stval and sstatus of the trap that ended run() */
	uint64_t epc;
	uint64_t tval;
	uint64_t status;
	/* run() fills these; htval and htinst only after a trap from VS or VU. */
	enum mode mode;
	uint64_t hstatus;
	uint64_t htval;
	uint64_t htinst;
	uint64_t id;
	uint64_t timer_set; /* time of the last call of hart_timer() */
	/* Members for access.c. */
	volatile uint64_t *area; /* SBI NACL's memory, or NULL */
	unsigned int features;
	bool dirty;  /* CSRs are dirty in the area */
	bool queued; /* fences are pending in the area */
	unsigned int next_fence;
};

extern struct hart harts[MAX_HARTS];
register struct hart *me __asm__("tp");

/* ---- entry.S ---- */

/* Vectored trap handler: each entry stores its number + 1 in stval and continues at conf_trap. */
extern uint8_t hs_vectors[];

void conf_trap(void);
void conf_second_start(void);
void conf_enter(struct hart *h);
int64_t conf_sync_sret(struct hart *h);
void conf_return_by_call(void);
extern volatile uint64_t *conf_shared;
extern uint8_t vs_vector[]; /* trap handler of VS mode, a page: 1024 times ECALL */
void conf_fence(unsigned int kind, uint64_t a, uint64_t b);

/* ---- access.c ---- */

/* Uses SBI NACL with the features that it offers, on the calling hart. */
void access_init(void);
/* Ends the use of SBI NACL, before the hart stops. */
void access_end(void);
/* Returns the current value; 0 if there is no such CSR. */
uint64_t h_read(unsigned int csr);
/* Returns the value after the last trap: from the area, without a call. */
uint64_t h_read_settled(unsigned int csr);
void h_write(unsigned int csr, uint64_t value);
/* Whether me->area is for SYNC_SRET, too. */
bool h_enters_by_call(void);
/* Whether these functions know the CSR. */
bool has_h_csr(unsigned int csr);

/* The eight fences, with their numbers in NACL. @addr is in bytes. */
enum fence {
	GVMA,
	GVMA_ALL,
	GVMA_VMID,
	GVMA_VMID_ALL,
	VVMA,
	VVMA_ALL,
	VVMA_ASID,
	VVMA_ASID_ALL,
};
void h_fence(enum fence type, uint64_t addr, uint64_t vmid, uint64_t asid);
/* Fences both stages for all addresses. */
void h_fence_all(void);
/* Makes dirty CSRs and pending fences in the area take effect. */
void h_settle(void);
/*
 * Enters VS or VU mode with hstatus (SPV must be set) and registers me->x. Returns after the
 * trap.
 */
void h_enter(uint64_t hstatus);
/* Reads hstatus, htval and htinst into @me after a trap from VS or VU. */
void h_after_trap(void);

/* ---- hart.c ---- */

/*
 * Sets all H and VS CSRs so that all traps go to HS mode, nothing is translated, vstvec =
 * vs_vector.
 */
void calm(void);
void hart_init(uint64_t id);
/* Makes the timer interrupt of HS mode pending, or sets it far ahead as the watchdog of run(). */
void hart_timer(bool pending);
/* Prepares the stack of a hart for conf_second_start(). */
void hart_stack(uint64_t id);

/*
 * Runs the code at @pc in @mode with me->x until a trap to HS mode. @hstatus is added to hstatus.
 * The code should end with EBREAK. After a trap to VS mode, the ECALL at vs_vector follows.
 */
void run(enum mode mode, uint64_t pc, uint64_t hstatus);
/* Writes @insn and EBREAK to this hart's code page. */
void put_code(uint32_t insn);
uint32_t *code_page(void);
/* Runs @insn with a0 and a1. */
void try_insn(enum mode mode, uint32_t insn, uint64_t a0, uint64_t a1, uint64_t hstatus);
/* The same, with the code at virtual address @pc. */
void try_at(enum mode mode, uint64_t pc, uint32_t insn, uint64_t a0, uint64_t a1, uint64_t hstatus);

/* How run() has ended. */
enum end { DONE, TO_HS, TO_VS };
struct end_of {
	enum end to;
	uint64_t cause;
};
struct end_of ended(void);
/* Describes it in words, with all CSRs of the trap. The text is valid until the next call. */
const char *outcome(void);
/* A shorter description: how it ended, cause, tval, and the CSRs of guest-page faults. */
const char *short_outcome(void);
/* An address as name+offset, if it has a name. The last four texts are valid. */
const char *place(uint64_t addr);

extern const char *const mode_names[MODES];
extern bool has_sstc; /* stimecmp and vstimecmp */

/* The address of the UART, an NS16550A; 0: there is none. machine_find() finds it. */
extern uint64_t machine_uart;

/* ---- machine.c: the device tree ---- */

void machine_find(const void *fdt);
/* Whether the ISA string has the extension: a letter, or a longer name in lower case. */
bool has_extension(const char *name);
/* Whether it has one of several extensions; @names has / between them. */
bool has_one_of(const char *names);
/* Whether the command line has area=NAME, or no word area= at all, which selects all areas. */
bool area_wanted(const char *name);

/* ---- leak.c ---- */

/* Reads or writes a CSR by an instruction in @mode. False: a trap. */
bool csr_read_in(enum mode mode, unsigned int csr, uint64_t *value);
bool csr_write_in(enum mode mode, unsigned int csr, uint64_t value);

/* ---- report.c ---- */

void check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define record(...) check(true, __VA_ARGS__)
/* Prints a line that ends with outcome(). It is ok if the code ended with @to and @cause. */
void check_end(enum end to, uint64_t cause, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_short(enum end to, uint64_t cause, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void record_end(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void area_begin(const char *name);
/* Prints the plan line and powers off, always with success: the comparison is the judge. */
_Noreturn void report_end(void);
_Noreturn void bail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- the areas ---- */

void check_csr_values(void);
void check_aliases(void);
void check_csr_access(void);
void check_counters(void);
void check_delegation(void);
void check_instructions(void);
void check_sret(void);
void check_hypervisor_access(void);
void check_page_sizes(void);
void check_permissions(void);
void check_walk_faults(void);
void check_fences(void);
void check_interrupts(void);
void check_harts(void);
void check_csr_forms(void);
void check_transformed(void);
void check_devices(void);
void check_vectored(void);
void check_hs_paging(void);
void check_hs_interrupts(void);
void check_all_registers(void);
void check_leaks(void);
void check_cache_blocks(void);
void check_stale_htinst(void);
void check_told(void);
void check_rows(void);
void check_wide(void);
void check_masking(void);
void check_lcofi(void);
void check_pte_bits(void);
void check_aia(void); /* aia.h */
#endif

#endif
