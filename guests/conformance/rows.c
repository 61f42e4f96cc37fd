/* SPDX-License-Identifier: BSD-2-Clause */
/* Each CSR of Halite's table (csr_rows.h): whether it is there, what it holds, whose it is. */
#include <ctype.h>

#include "aia.h"
#include "csr_list.h"
#include "csr_rows.h"

static const struct {
	const char *text;
	uint64_t value;
} patterns[] = {
	{ "all-ones", ALL },
	{ "0x5555", UINT64_C(0x5555555555555555) },
	{ "0xaaaa", UINT64_C(0xaaaaaaaaaaaaaaaa) },
	{ "zeros", 0 },
};

static const char *name_of(const struct csr_row *r)
{
	static char name[16];
	unsigned int i;

	for (i = 0; i < sizeof(name) - 1 && r->name[i]; i++)
		name[i] = tolower((unsigned char)r->name[i]);
	name[i] = '\0';
	return name;
}

/*
 * A hart has the CSRs of the extensions that its ISA string names, and no others. Firmware may keep
 * those with a state-enable bit from HS mode.
 */
static bool check_there(const struct csr_row *r)
{
	bool told = has_extension(r->extension);
	uint64_t value;
	bool there = csr_read_in(HS, r->number, &value);

	check(there == told || (told && r->asked), "rows %s = %s", name_of(r),
	      there == told ? "as the ISA string says"
	      : there	    ? "answers, but the ISA string lacks its extension"
			    : "refused, but the ISA string names its extension");
	return there;
}

/* hstateen0 without the bits of extensions of which Halite's guest is not always told. */
static uint64_t shown(const struct csr_row *r, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < extension_row_count && r->number == CSR_HSTATEEN0; i++) {
		if (!extension_rows[i].always_told)
			value &= ~extension_rows[i].stateen0;
	}
	return value;
}

/* csr_values.c and aia_csr.c do this for the CSRs of H, Sstc and Ssaia, by the specification. */
static void check_values(const struct csr_row *r)
{
	uint64_t old = h_read(r->number);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		h_write(r->number, patterns[i].value);
		h_settle();
		record("rows %s %s = 0x%lx", name_of(r), patterns[i].text,
		       (unsigned long)shown(r, h_read(r->number)));
	}
	h_write(r->number, old);
	h_settle();
}

/* L2 writes @value to a supervisor CSR and reads it, without an exit in between. */
static bool l2_writes_and_reads(unsigned int csr, uint64_t value, uint64_t *seen)
{
	volatile uint32_t *code = code_page();

	put_code(INSN_CSRW(csr));
	code[1] = INSN_CSRR(csr);
	code[2] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
	me->x[A0] = value;
	run(VS, (uintptr_t)code, 0);
	*seen = me->x[A0];
	return me->cause == CAUSE_BREAKPOINT;
}

/*
 * priv H, "Virtual Supervisor CSRs": L2's CSR is the VS CSR, and L1's supervisor CSR is another.
 * L2 writes @value, and L1 and L2 read it; L1 writes, and L2 reads that.
 */
static const char *what_is_wrong(const struct csr_row *r, uint64_t value)
{
	const unsigned int s_number = r->number - 0x100;
	uint64_t own, later, of_l2, seen;

	if (!csr_read_in(HS, s_number, &own) || !l2_writes_and_reads(s_number, value, &of_l2))
		return "a trap";
	if (!csr_read_in(HS, r->number, &seen) || seen != of_l2 || h_read(r->number) != of_l2)
		return "L1 does not read what L2 has written";
	if (!csr_read_in(VS, s_number, &seen) || seen != of_l2)
		return "L2 does not read what L2 has written";
	h_write(r->number, ~value);
	h_settle();
	of_l2 = h_read(r->number);
	if (!csr_read_in(VS, s_number, &seen) || seen != of_l2)
		return "L2 does not read what L1 has written";
	if (!csr_read_in(HS, s_number, &later) || later != own)
		return "L1's supervisor CSR has changed";
	return NULL;
}

/* If nothing is wrong, the lines are the same on all machines, with or without the CSR. */
static void check_switched(const struct csr_row *r, bool there)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		const char *wrong = there ? what_is_wrong(r, patterns[i].value) : NULL;

		check(!wrong, "rows %s after L2's %s = %s", name_of(r), patterns[i].text,
		      wrong ? wrong : "each level has its own");
	}
	calm();
}

void check_rows(void)
{
	unsigned int i;

	area_begin("rows: each CSR of Halite's table");
	calm();
	for (i = 0; i < csr_row_count; i++) {
		const struct csr_row *r = &csr_rows[i];
		bool there;

		if (!r->readable)
			continue;
		there = check_there(r);
		if (there && r->asked)
			check_values(r);
		if (r->swapped)
			check_switched(r, there);
	}
}
