/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs attempts, and checks the traps that end them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cage.h"
#include "nacl/abi.h"

#define TICKS	   10000000 /* per second */
#define MAX_NOTES  12
#define PATTERN(n) (UINT64_C(0x5a00000000000000) | (uint64_t)(n) << 32 | 0x00c0ffee)

struct hart harts[MAX_HARTS];

static uint8_t areas[MAX_HARTS][NACL_SHMEM_SIZE] __attribute__((aligned(NACL_SHMEM_ALIGN)));
static unsigned int notes;
static const struct hart *speaker; /* the hart that may print */

const struct deed deeds[DEEDS] = {
	[LOAD] = { "load", code_ld, VS, CAUSE_LOAD_ACCESS, CAUSE_LOAD_PAGE, CAUSE_LOAD_GUEST_PAGE },
	[STORE] = { "store", code_sd, VS, CAUSE_STORE_ACCESS, CAUSE_STORE_PAGE,
		    CAUSE_STORE_GUEST_PAGE },
	[FETCH] = { "fetch", code_jr, VS, CAUSE_FETCH_ACCESS, CAUSE_FETCH_PAGE,
		    CAUSE_FETCH_GUEST_PAGE },
	[HLV] = { "hlv", code_hlv, HS, CAUSE_LOAD_ACCESS, CAUSE_LOAD_PAGE, CAUSE_LOAD_GUEST_PAGE },
	[HLVX] = { "hlvx", code_hlvx, HS, CAUSE_LOAD_ACCESS, CAUSE_LOAD_PAGE,
		   CAUSE_LOAD_GUEST_PAGE },
	[HSV] = { "hsv", code_hsv, HS, CAUSE_STORE_ACCESS, CAUSE_STORE_PAGE,
		  CAUSE_STORE_GUEST_PAGE },
};

void hart_init(uint64_t id)
{
	struct hart *h = &harts[id];

	if (!speaker)
		speaker = h;
	h->id = id;
	csr_write(CSR_SSCRATCH, h);
	me = h;
	csr_write(CSR_STVEC, cage_trap);
	csr_write(CSR_SIE, BIT64(IRQ_STI));
	csr_write(CSR_HEDELEG, 0);
	csr_write(CSR_HIDELEG, 0);
	csr_set(CSR_SSTATUS, SSTATUS_VS);
	csr_write(CSR_VSSTATUS, csr_read(CSR_VSSTATUS) | SSTATUS_VS);
}

bool area_begin(void)
{
	uint8_t *area = areas[me->id];

	if (!guest_sbi(NACL_EID, NACL_FID_PROBE_FEATURE, NACL_FEAT_SYNC_SRET, 0, 0, 0, 0).value)
		return false;
	memset(area, 0, NACL_SHMEM_SIZE);
	if (guest_sbi(NACL_EID, NACL_FID_SET_SHMEM, (uintptr_t)area, 0, 0, 0, 0).error)
		return false;
	me->area = (volatile uint64_t *)area;
	return true;
}

void area_end(void)
{
	if (me->area)
		guest_sbi(NACL_EID, NACL_FID_SET_SHMEM, -1, -1, 0, 0, 0);
	me->area = NULL;
}

void arm_watchdog(unsigned int seconds)
{
	uint64_t now;

	__asm__ volatile("csrr %0, time" : "=r"(now));
	guest_sbi(EXT_TIME, 0, now + (uint64_t)seconds * TICKS, 0, 0, 0, 0);
}

void pause(void)
{
	uint64_t now;

	__asm__ volatile("csrr %0, time" : "=r"(now));
	guest_sbi(EXT_TIME, 0, now + TICKS / 1000, 0, 0, 0, 0);
	__asm__ volatile("wfi");
	arm_watchdog(60);
}

void fill_registers(uint64_t a0, uint64_t a1)
{
	unsigned int i;

	for (i = 1; i < 32; i++)
		me->x[i] = PATTERN(i);
	me->x[10] = a0;
	me->x[11] = a1;
}

unsigned int registers_lost(void)
{
	unsigned int i, lost = 0;

	for (i = 1; i < 32; i++)
		lost += i != 10 && i != 11 && me->x[i] != PATTERN(i);
	return lost;
}

static void enter(void)
{
	unsigned int i;

	if (!me->area) {
		cage_enter(me);
		return;
	}
	for (i = 1; i < NACL_SRET_GPRS; i++)
		me->area[NACL_SRET_OFFSET / 8 + i] = me->x[i];
	if (cage_sync_sret(me))
		wrong("sync_sret is refused");
}

void after_call(void)
{
	me->hstatus = csr_read(CSR_HSTATUS);
	me->htval = csr_read(CSR_HTVAL);
	me->htinst = csr_read(CSR_HTINST);
}

void run(enum mode mode, uint64_t pc)
{
	uint64_t hstatus = csr_read(CSR_HSTATUS) & ~(HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP);

	if (mode != HS)
		hstatus |= HSTATUS_SPV;
	csr_write(CSR_HSTATUS, hstatus);
	/* Last: at the write of hstatus, scause and sepc may be those of an earlier interrupt. */
	csr_write(CSR_SEPC, pc);
	csr_clear(CSR_SSTATUS, SSTATUS_SPP | SSTATUS_SPIE);
	if (mode != VU)
		csr_set(CSR_SSTATUS, SSTATUS_SPP);
	enter();
	after_call();
}

void call(uint64_t pc, uint64_t a0, uint64_t a1)
{
	me->x[10] = a0;
	me->x[11] = a1;
	cage_call(me, pc);
}

void deed_do(const struct deed *d, enum mode mode, uint64_t addr)
{
	if (d->mode == HS) {
		/* HLV and HSV act as in VS-mode. */
		csr_set(CSR_HSTATUS, HSTATUS_SPVP);
		call((uintptr_t)d->code, addr, WITNESS);
		after_call();
		return;
	}
	fill_registers(addr, WITNESS);
	run(mode, (uintptr_t)d->code);
}

uint64_t deed_access(const struct deed *d)
{
	return BIT64(d->access);
}

uint64_t deed_faults(const struct deed *d)
{
	return BIT64(d->access) | BIT64(d->page) | BIT64(d->guest);
}

static void tell(const char *fmt, va_list args)
{
	char line[200];

	vsnprintf(line, sizeof(line), fmt, args);
	if (me != speaker) {
		if (!me->wrong)
			memcpy(me->note, line, sizeof(me->note));
	} else if (notes++ < MAX_NOTES) {
		guest_print("# %s\n", line);
	}
	me->wrong++;
}

void wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(fmt, args);
	va_end(args);
}

static uint64_t in_area(unsigned int csr)
{
	return me->area[NACL_CSR_OFFSET / 8 + NACL_CSR_INDEX(csr)];
}

/*
 * SBI NACL: "MUST update the CSR space whenever the state of any RISC-V H-extension CSR
 * changes".
 */
static bool area_follows(void)
{
	return in_area(CSR_HSTATUS) == me->hstatus && in_area(CSR_HTVAL) == me->htval &&
	       in_area(CSR_HTINST) == me->htinst;
}

/*
 * Checks what a trap says of its origin (priv H "Trap Entry"). Returns the name of a wrong CSR, or
 * NULL.
 */
static const char *told_wrongly(const struct deed *d, enum mode mode, uint64_t pc, uint64_t tval,
				uint64_t allowed)
{
	bool is_virtual = d->mode != HS;
	bool done = me->cause == CAUSE_BREAKPOINT;
	/* SPP and SPVP are 0 after a trap from VU. HLV does not change SPVP. */
	bool supervisor = mode != VU;

	if (me->cause > 63 || !(allowed >> me->cause & 1))
		return "cause";
	if (me->pc != (done ? (uintptr_t)d->code + 4 : pc))
		return "sepc";
	if (!done && me->tval != tval)
		return "stval";
	if (!(me->status & SSTATUS_SPP) == supervisor)
		return "SPP";
	if (!(me->hstatus & HSTATUS_SPV) == is_virtual)
		return "SPV";
	if (!(me->hstatus & HSTATUS_SPVP) == supervisor)
		return "SPVP";
	if (!done && !(me->hstatus & HSTATUS_GVA))
		return "GVA";
	/* Only guest-page faults set htval and htinst; QEMU also sets them for HLVX. */
	if (me->htval && me->cause != d->guest && !native)
		return "htval";
	if (me->htinst && !done && me->cause != d->guest && !(me->htinst & 1) && !native)
		return "htinst";
	if (is_virtual && registers_lost())
		return "registers";
	if (me->area && !area_follows())
		return "the area";
	return NULL;
}

void judge(const struct deed *d, enum mode mode, uint64_t pc, uint64_t tval, uint64_t allowed,
	   const char *fmt, ...)
{
	const char *what = told_wrongly(d, mode, pc, tval, allowed);
	char where[100];
	va_list args;

	if (me->cause == INTERRUPT(IRQ_STI))
		arm_watchdog(60);
	if (!what)
		return;
	va_start(args, fmt);
	vsnprintf(where, sizeof(where), fmt, args);
	va_end(args);
	wrong("%s by %s%s: %s: cause %ld, sepc 0x%lx, stval 0x%lx, sstatus 0x%lx, hstatus 0x%lx",
	      where, d->name, me->area ? " (sync_sret)" : "", what, (long)me->cause,
	      (unsigned long)me->pc, (unsigned long)me->tval, (unsigned long)me->status,
	      (unsigned long)me->hstatus);
}

void check_wrong(const char *fmt, ...)
{
	char line[100];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	guest_check(line, me->wrong, 0);
	me->wrong = 0;
	notes = 0;
}
