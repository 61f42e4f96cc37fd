/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one guest leaves for the next: nothing. Guest A writes all that it can, L1 gives guest B values of its own, B
 * reads. priv H, "Virtual Supervisor CSRs": VS mode has registers of its own, whose bits are what was written to them
 * last; what else a guest can change L1 has to know of.
 */
#include <stdio.h>

#include "aia.h"
#include "csr_list.h"
#include "inventory.h"

static const struct row rows[] = { INVENTORY };

static const struct {
	const char *text;
	uint64_t value;
} patterns[] = {
	{ "all-ones", ALL },
	{ "0x5555", UINT64_C(0x5555555555555555) },
	{ "0xaaaa", UINT64_C(0xaaaaaaaaaaaaaaaa) },
};

#define CSRS	    4096
#define CSR_SSTATUS 0x100
#define STATUS_OF_GUEST (XL_64 | SSTATUS_FS | SSTATUS_VS)

/* The cause of the trap that reading @csr in VS mode ended with, 0: it answers. */
static uint8_t answer[CSRS];
static uint64_t own[ARRAY_SIZE(rows)];

static const struct row *row_of(unsigned int csr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (csr >= rows[i].first && csr <= rows[i].last)
			return &rows[i];
	}
	return NULL;
}

/* ---- accesses ---- */

/* The interrupt file that is the guest's. */
static uint64_t vgein(void)
{
	return aia.files ? VGEIN(1) : 0;
}

static bool read_in(enum mode mode, unsigned int csr, uint64_t *value)
{
	try_insn(mode, INSN_CSRR(csr), 0, 0, vgein());
	*value = me->x[A0];
	return ended().to == DONE;
}

static bool write_in(enum mode mode, unsigned int csr, uint64_t value)
{
	try_insn(mode, INSN_CSRW(csr), value, 0, vgein());
	return ended().to == DONE;
}

/* All that L1 can let a guest have. */
static void allow_all(void)
{
	h_write(CSR_HIDELEG, VS_IRQS);
	h_write(CSR_HCOUNTEREN, ALL);
	h_write(CSR_HENVCFG, ALL);
	csr_write(scounteren, ALL);
	csr_set(sstatus, SSTATUS_FS | SSTATUS_VS);
	h_write(CSR_VSSTATUS, STATUS_OF_GUEST);
	h_settle();
}

/* ---- the walk ---- */

static void walk(void)
{
	unsigned int csr;
	uint64_t value;

	for (csr = 0; csr < CSRS; csr++)
		answer[csr] = read_in(VS, csr, &value) ? 0 : ended().cause;
}

/* What no row has must be refused: illegal, or, if HS mode has it, a virtual instruction. */
static void check_unlisted(void)
{
	unsigned int csr, count = 0;

	for (csr = 0; csr < CSRS; csr++) {
		if (row_of(csr) || answer[csr])
			continue;
		count++;
		check(false, "leak CSR 0x%03x = answers in VS mode, and is not in the list", csr);
	}
	check(!count, "leak CSRs that answer and are not in the list = %u", count);
}

static const char *answer_text(unsigned int csr)
{
	switch (answer[csr]) {
	case 0:
		return "answers";
	case CAUSE_ILLEGAL:
		return "illegal";
	case CAUSE_VIRTUAL:
		return "virtual";
	default:
		return "another trap";
	}
}

/* A row's CSR answers if, and only if, the machine's ISA string has its extension. */
static void check_row(const struct row *r)
{
	bool told = !r->told || has_extension(r->told);
	bool there = !answer[r->first];

	if (r->holder == WINDOW)
		/* What siselect selects may refuse. */
		check(told || !there, "leak %s in VS mode = %s", r->name,
		      there ? "answers" : "refuses");
	else
		check(told == there, "leak %s in VS mode = %s", r->name, answer_text(r->first));
}

/* ---- A, L1, B ---- */

static bool can_be_written(const struct row *r)
{
	return !answer[r->first] && (r->holder == VS_BANK || r->holder == VIEW || r->holder == SHARED);
}

/*
 * sstatus without SIE: an interrupt, for which sip and sie are ready by then, would write over the others. And with an
 * illegal instruction behind it, which firmware hands on: on QEMU a trap straight to HS mode clears vsstatus.SPELP.
 */
static void write_status(uint64_t value)
{
	volatile uint32_t *code = code_page();

	put_code(INSN_CSRW(CSR_SSTATUS));
	code[1] = 0;
	__asm__ volatile("fence.i" : : : "memory");
	me->x[A0] = value & ~SSTATUS_SIE;
	run(VS, (uintptr_t)code, vgein());
}

static void guest_a(uint64_t pattern)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!can_be_written(&rows[i]))
			continue;
		if (rows[i].first == CSR_SSTATUS)
			write_status(pattern);
		else
			write_in(VS, rows[i].first, pattern);
	}
}

/* L1's own, which are the same registers as A's only where they are shared. */
static bool is_own(const struct row *r)
{
	switch (r->first) {
	case CSR_SSTATUS: /* run() writes these */
	case 0x141:
	case 0x142:
	case 0x143:
	case 0x144:
		return false;
	default:
		return r->holder == VS_BANK || r->holder == VIEW;
	}
}

static void look_at_own(bool first, const char *pattern)
{
	unsigned int i;
	uint64_t now;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_own(&rows[i]) || !read_in(HS, rows[i].first, &now))
			continue;
		if (first)
			own[i] = now;
		else
			check(own[i] == now, "leak L1's %s after A's %s = %s", rows[i].name, pattern,
			      own[i] == now ? "as it was" : "changed");
	}
}

/* By SBI NACL where that knows the CSR. */
static void write_of_vs(unsigned int csr, uint64_t value)
{
	if (has_h_csr(csr))
		h_write(csr, value);
	else
		write_in(HS, csr, value);
}

/* What a hypervisor does between two guests. */
static void l1_switches(void)
{
	unsigned int i;

	h_write(CSR_VSATP, 0);
	h_settle();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		if (!can_be_written(r))
			continue;
		if (r->holder == SHARED)
			write_in(HS, r->first, r->value);
		else if (r->holder == VS_BANK)
			write_of_vs(VS_NUMBER(r->first), r->value);
	}
	h_write(CSR_HVIP, 0x022 << 1);
	h_write(CSR_VSIE, 0x202);
	h_fence_all();
}

/* FS and VS are off in the value of sstatus; the other CSRs need them. */
static void guest_b(const char *pattern)
{
	unsigned int i;

	for (i = ARRAY_SIZE(rows); i-- > 0;) {
		const struct row *r = &rows[i];
		uint64_t seen, expected = r->value;

		if (!can_be_written(r))
			continue;
		if (r->holder == SHARED)
			read_in(HS, r->first, &expected);
		if (r->first == 0x003 || r->first < 0x100)
			h_write(CSR_VSSTATUS, STATUS_OF_GUEST);
		if (!read_in(VS, r->first, &seen))
			check(false, "leak %s of B after A's %s = refused", r->name, pattern);
		else
			check(seen == expected, "leak %s of B after A's %s = 0x%lx (expected 0x%lx)", r->name,
			      pattern, (unsigned long)seen, (unsigned long)expected);
	}
}

void check_leaks(void)
{
	unsigned int i;

	area_begin("leak: what a guest leaves for the next one, and for its hypervisor");
	allow_all();
	walk();
	check_unlisted();
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		calm();
		allow_all();
		look_at_own(true, NULL);
		guest_a(patterns[i].value);
		look_at_own(false, patterns[i].text);
		l1_switches();
		guest_b(patterns[i].text);
	}
	calm();
}
