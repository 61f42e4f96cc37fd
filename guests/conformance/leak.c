/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest must leave nothing for the next. Guest A writes all registers that it can, L1 gives
 * guest B its values, and B reads them. priv H, "Virtual Supervisor CSRs": VS mode has registers of
 * its own, which hold the last written value. L1 must know of all other registers that a guest can
 * change.
 */
#include <stdarg.h>
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

#define CSRS		4096
#define STATUS_OF_GUEST (XL_64 | SSTATUS_FS | SSTATUS_VS)

/* For each CSR: the cause of the trap of a read in VS mode; 0: the read succeeds. */
static uint8_t answer[CSRS];
static uint64_t l1[ARRAY_SIZE(rows)]; /* values of L1's CSRs */
/* The values that the first guest reads. */
static uint64_t before[ARRAY_SIZE(rows)];
static bool switched[ARRAY_SIZE(rows)];

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

/* VGEIN for the guest's interrupt file. */
static uint64_t vgein(void)
{
	return aia.files ? VGEIN(1) : 0;
}

bool csr_read_in(enum mode mode, unsigned int csr, uint64_t *value)
{
	try_insn(mode, INSN_CSRR(csr), 0, 0, vgein());
	*value = me->x[A0];
	return ended().to == DONE;
}

bool csr_write_in(enum mode mode, unsigned int csr, uint64_t value)
{
	try_insn(mode, INSN_CSRW(csr), value, 0, vgein());
	return ended().to == DONE;
}

/* Permits everything that L1 can permit to a guest. */
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
		answer[csr] = csr_read_in(VS, csr, &value) ? 0 : ended().cause;
}

/* A read of a CSR without a row must be illegal; a virtual instruction if HS mode has the CSR. */
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
	return !answer[csr] ? "answers" : "refused";
}

static bool is_told(const struct row *r)
{
	return !r->told || has_one_of(r->told);
}

/*
 * A CSR of the machine can be read, unless firmware forbids it to HS mode, too. A window may select
 * nothing, and hcounteren and other CSRs can forbid counters.
 */
static void check_row(const struct row *r)
{
	bool there = !answer[r->first];
	uint64_t value;

	check(there || !is_told(r) || r->holder == WINDOW || r->holder == READ_ONLY ||
		      !csr_read_in(HS, r->first, &value),
	      "leak %s in VS mode = %s", r->name, answer_text(r->first));
}

/* ---- A, L1, B ---- */

static bool can_be_written(const struct row *r)
{
	return !answer[r->first] &&
	       (r->holder == VS_BANK || r->holder == VIEW || r->holder == SHARED);
}

/*
 * Writes sstatus without SIE, as otherwise an interrupt would be taken if sip and sie permit it. An
 * illegal instruction follows, whose trap firmware passes on: on QEMU, a trap taken directly to HS
 * mode clears vsstatus.SPELP.
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

static void write_all(uint64_t pattern)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (can_be_written(&rows[i]) && rows[i].first != CSR_SSTATUS)
			csr_write_in(VS, rows[i].first, pattern);
	}
}

/* If nothing is wrong, the line is the same on all machines, with or without the CSR. */
static void __attribute__((format(printf, 4, 5)))
check_value(bool ok, uint64_t seen, uint64_t expected, const char *fmt, ...)
{
	char text[100];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (ok)
		check(true, "%s = nothing of A", text);
	else
		check(false, "%s = 0x%lx (expected 0x%lx)", text, (unsigned long)seen,
		      (unsigned long)expected);
}

/* Whether L1's register is another one than A's, so that A must not change it. */
static bool is_l1s(const struct row *r)
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

static void look_at_l1s(bool first, const char *pattern)
{
	unsigned int i;
	uint64_t now;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_l1s(&rows[i]))
			continue;
		if (!is_told(&rows[i]) || !csr_read_in(HS, rows[i].first, &now))
			now = l1[i];
		if (first)
			l1[i] = now;
		else
			check_value(l1[i] == now, now, l1[i], "leak L1's %s after A's %s",
				    rows[i].name, pattern);
	}
}

/*
 * Finds the rows for which L1 can give B a value. This reads CSRs, and traps into L1 if a CSR does
 * not exist. Between A and B no such trap may happen, since it could do what the switch itself must
 * do.

 */
static void find_switched(void)
{
	unsigned int i;
	uint64_t old;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		if (r->holder == VS_BANK)
			switched[i] = csr_read_in(HS, VS_NUMBER(r->first), &old);
		else
			switched[i] = r->holder != SHARED || is_told(r);
	}
}

static bool can_switch(const struct row *r)
{
	return switched[r - rows];
}

/* Writes by SBI NACL if that knows the CSR. */
static void write_of_vs(unsigned int csr, uint64_t value)
{
	if (has_h_csr(csr))
		h_write(csr, value);
	else
		csr_write_in(HS, csr, value);
}

/* Does what a hypervisor does between two guests. */
static void l1_switches(void)
{
	unsigned int i;

	h_write(CSR_VSATP, 0);
	h_settle();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		if (!can_be_written(r) || !can_switch(r))
			continue;
		if (r->holder == SHARED)
			csr_write_in(HS, r->first, r->value);
		else if (r->holder == VS_BANK)
			write_of_vs(VS_NUMBER(r->first), r->value);
	}
	h_write(CSR_HVIP, 0x022 << 1);
	h_write(CSR_VSIE, 0x202);
	h_fence_all();
}

static void check_of_b(const struct row *r, const char *pattern)
{
	uint64_t seen = 0, expected = r->value;
	bool answers = true;

	if (can_be_written(r)) {
		if (!can_switch(r))
			expected = before[r - rows];
		else if (r->holder == SHARED)
			/*
			 * The value that L1 has written, without bits that the register cannot
			 * hold.
			 */
			csr_read_in(HS, r->first, &expected);
		/* L1's value of sstatus has FS and VS off, and these CSRs need them. */
		if (!(r->first >> 8))
			h_write(CSR_VSSTATUS, STATUS_OF_GUEST);
		answers = csr_read_in(VS, r->first, &seen);
	} else {
		seen = expected;
	}
	if (answers)
		check_value(seen == expected, seen, expected, "leak %s of B after A's %s", r->name,
			    pattern);
	else
		check(false, "leak %s of B after A's %s = trap %lu", r->name, pattern,
		      (unsigned long)ended().cause);
}

/* L1 reads the values that it has given B. */
static void check_by_l1(const struct row *r, const char *pattern)
{
	uint64_t seen;

	if (r->holder != VS_BANK)
		return;
	if (!can_be_written(r) || !can_switch(r) || !csr_read_in(HS, VS_NUMBER(r->first), &seen))
		seen = r->value;
	check_value(seen == r->value, seen, r->value, "leak vs%s after A's %s", r->name + 1,
		    pattern);
}

/*
 * The value of A's vsepc that L1 reads: priv "sepc", bit 0 is always zero. By NACL's area and a
 * call.
 */
static void check_left(const char *pattern)
{
	bool settled = h_read_settled(CSR_VSEPC) & 1, asked = h_read(CSR_VSEPC) & 1;

	check(!settled && !asked, "leak vsepc as A leaves it after %s, bit 0 = %u and %u", pattern,
	      settled, asked);
}

/* These follow each other directly, since each trap to HS mode changes some bits of vsstatus. */
static void check_status(uint64_t value, const char *text)
{
	static const uint64_t word = 1;

	allow_all();
	write_status(value);
	l1_switches();
	check_of_b(row_of(CSR_SSTATUS), text);
	allow_all();
	write_status(value);
	l1_switches();
	check_by_l1(row_of(CSR_SSTATUS), text);
	/* In VU mode, interrupts are always enabled. */
	h_write(CSR_HVIP, 0);
	/* LD exists in 64-bit mode only: priv "vsstatus", UXL. */
	try_insn(VU, INSN_LD, (uintptr_t)&word, 0, 0);
	check(ended().to == DONE && me->x[A0] == word, "leak ld in B's VU mode after A's %s = %s",
	      text, ended().to == DONE ? "done" : "trap");
}

/* ---- the registers of FP and V, which L1 switches, too ---- */

#define INSN_VSETVLI   0x0d8072d7u /* vsetvli t0, x0, e64, m1, ta, ma */
#define INSN_ADD_A0_A1 0x00b50533u
#define INSN_FMV(n)    (0xf2050053u | (n) << 7) /* fmv.d.x f@n, a0 */
#define INSN_FSD(n) \
	(0x00053027u | (n) << 20 | ((n) >> 2) << 25 | ((n)&3) << 10) /* fsd f@n, 8*n(a0) */
#define INSN_VMV(n)  (0x5e054057u | (n) << 7)			     /* vmv.v.x v@n, a0 */
#define INSN_VS1R(n) (0x02850027u | (n) << 7)			     /* vs1r.v v@n, (a0) */
#define VLENB	     0xc22
#define VLENB_MAX    256

static uint64_t register_file[32 * VLENB_MAX / 8];

static bool run_words(enum mode mode, const uint32_t *words, unsigned int count, uint64_t a0,
		      uint64_t a1)
{
	volatile uint32_t *code = code_page();
	unsigned int i;

	for (i = 0; i < count; i++)
		code[i] = words[i];
	code[count] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
	me->x[A0] = a0;
	me->x[A1] = a1;
	run(mode, (uintptr_t)code, 0);
	return me->cause == CAUSE_BREAKPOINT;
}

/* Loads @value into all registers of FP or V, and stores it in memory. */
static void put_registers(enum mode mode, bool vector, uint64_t value)
{
	uint32_t words[33] = { INSN_VSETVLI };
	unsigned int i;

	for (i = 0; i < 32; i++)
		words[i + 1] = vector ? INSN_VMV(i) : INSN_FMV(i);
	if (!run_words(mode, words + !vector, 32 + vector, value, 0))
		check(false, "leak registers of %s = trap in %s", vector ? "V" : "D",
		      mode_names[mode]);
}

static void get_registers(bool vector, uint64_t vlenb)
{
	uint32_t words[64];
	unsigned int i;

	for (i = 0; i < 32; i++) {
		if (vector) {
			words[2 * i] = INSN_VS1R(i);
			words[2 * i + 1] = INSN_ADD_A0_A1;
		} else {
			words[i] = INSN_FSD(i);
		}
	}
	run_words(VS, words, vector ? 64 : 32, (uintptr_t)register_file, vlenb);
}

static void check_file(bool vector, uint64_t pattern, const char *text)
{
	const uint64_t of_b = UINT64_C(0x3ff123456789abcd);
	uint64_t vlenb = 8;
	unsigned int i, others = 0;

	if (!has_extension(vector ? "v" : "d")) {
		check_value(true, 0, 0, "leak %c registers of B after A's %s", "fv"[vector], text);
		return;
	}
	h_write(CSR_VSSTATUS, STATUS_OF_GUEST);
	if (vector && (!csr_read_in(HS, VLENB, &vlenb) || vlenb > VLENB_MAX))
		bail("vlenb is %lu", (unsigned long)vlenb);
	put_registers(VS, vector, pattern);
	put_registers(HS, vector, of_b);
	get_registers(vector, vlenb);
	for (i = 0; i < 32 * vlenb / 8; i++)
		others += register_file[i] != of_b;
	check_value(!others, others, 0, "leak %c registers of B after A's %s", "fv"[vector], text);
}

static void check_registers(uint64_t pattern, const char *text)
{
	check_file(false, pattern, text);
	check_file(true, pattern, text);
	l1_switches();
}

/* ---- the records of control transfers, which siselect selects (Ssctr) ---- */

#define CSR_SCTRSTATUS	       0x14f /* 0: recording is not frozen */
#define CSR_SCTRCTL	       0x14e
#define SCTRCTL_S	       BIT64(1)	   /* makes records in VS mode */
#define NEWEST_RECORD	       0x200	   /* the number of its register ctrsource in siselect */
#define CTRSOURCE_V	       BIT64(0)	   /* there is a record */
#define INSN_JUMP_NEXT	       0x0040006fu /* jal zero, 4 */
#define INSN_SCTRCLR	       0x10400073u
#define INSN_CSRWI(csr, value) (INSN_CSR(csr, 5, value) & ~(31u << 7))
#define INSN_CSRW_A1(csr)      (INSN_CSR(csr, 1, A1) & ~(31u << 7))

/*
 * A makes a record, if the hart has them, in the first place, and sees it. L1 switches. B sets the
 * pointer (sctrstatus.WRPTR) behind that place, and must find nothing there.
 */
static void check_records(void)
{
	static const uint32_t look[] = {
		INSN_CSRWI(CSR_SCTRSTATUS, 1),
		INSN_CSRW_A1(CSR_SISELECT),
		INSN_CSRR(CSR_SIREG),
	};
	static const uint32_t make[] = {
		INSN_CSRWI(CSR_SCTRSTATUS, 0), INSN_CSRW(CSR_SCTRCTL),	   INSN_JUMP_NEXT,
		INSN_CSRWI(CSR_SCTRCTL, 0),    INSN_CSRW_A1(CSR_SISELECT), INSN_CSRR(CSR_SIREG),
	};
	bool there;

	there = run_words(VS, make, ARRAY_SIZE(make), SCTRCTL_S, NEWEST_RECORD);
	check(!there || (me->x[A0] & CTRSOURCE_V), "leak records of A = %s",
	      !there || (me->x[A0] & CTRSOURCE_V) ? "as the hart has them" : "none");
	if (has_extension("ssctr"))
		try_insn(HS, INSN_SCTRCLR, 0, 0, 0);
	l1_switches();
	there = run_words(VS, look, ARRAY_SIZE(look), 0, NEWEST_RECORD);
	check_value(!there || !me->x[A0], me->x[A0], 0, "leak records of B after A's jumps");
	l1_switches();
}

static void check_pattern(uint64_t value, const char *text)
{
	unsigned int i;

	calm();
	allow_all();
	look_at_l1s(true, NULL);
	write_all(value);
	check_left(text);
	look_at_l1s(false, text);
	l1_switches();
	check_registers(value, text);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].first == CSR_SSTATUS || rows[i].holder > SHARED)
			continue;
		check_by_l1(&rows[i], text);
		check_of_b(&rows[i], text);
	}
	check_status(value, text);
}

void check_leaks(void)
{
	unsigned int i;

	area_begin("leak: what a guest leaves for the next one, and for its hypervisor");
	allow_all();
	walk();
	find_switched();
	check_unlisted();
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (can_be_written(&rows[i]))
			csr_read_in(VS, rows[i].first, &before[i]);
	}
	for (i = 0; i < ARRAY_SIZE(patterns); i++)
		check_pattern(patterns[i].value, patterns[i].text);
	check_records();
	calm();
}
