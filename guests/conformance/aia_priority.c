/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of interrupts: stopi and vstopi, and the trap that is taken, against the rules of aia
 * 5.4.2 and 6.3.3, which best() implements.
 *
 * Each candidate is before or behind the external interrupt (SEI) by default, and has a priority
 * number. Number 0 is the default order. External interrupts with numbers above 255 count as 256.
 */
#include <stdio.h>

#include "aia.h"

#define SEI_UNKNOWN 256 /* number of an SEI to which no controller gives a priority */

struct candidate {
	unsigned int irq;
	unsigned int number;
	bool before_sei;   /* by default */
	unsigned int rank; /* default order among equal numbers, the lowest first */
};

/* The default order of the interrupts used here. 43 is before the SEI, the others behind it. */
static const uint8_t order[] = { 43, 9, 1, 5, 12, 10, 2, 6, 13, 35 };

static unsigned int default_rank(unsigned int irq)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(order) && order[i] != irq; i++)
		;
	return 2 * i + 2;
}

static struct candidate candidate(unsigned int irq, unsigned int number)
{
	return (struct candidate){
		.irq = irq, .number = number, .before_sei = irq == 43, .rank = default_rank(irq)
	};
}

static unsigned int standing(const struct candidate *c)
{
	if (c->irq == IRQ_SEI || c->number)
		return c->number;
	return c->before_sei ? 0 : 100000;
}

/* Returns the first of @count candidates; NULL if there is none. */
static const struct candidate *best(const struct candidate *c, unsigned int count)
{
	const struct candidate *first = NULL;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!first || standing(&c[i]) < standing(first) ||
		    (standing(&c[i]) == standing(first) && c[i].rank < first->rank))
			first = &c[i];
	}
	return first;
}

/* The priority as the field IPRIO shows it. */
static unsigned int iprio(const struct candidate *c)
{
	if (c->number > 255)
		return 255;
	return c->number ? c->number : c->before_sei ? 0 : 255;
}

/* ---- supervisor level ---- */

static unsigned int set_iprio(unsigned int irq, unsigned int number)
{
	unsigned int at = irq % 8 * 8;
	uint64_t all;

	csr_write(0x150, IPRIO0 + irq / 8 * 2);
	all = csr_read(0x151) & ~(UINT64_C(0xff) << at);
	csr_write(0x151, all | (uint64_t)number << at);
	return csr_read(0x151) >> at & 0xff;
}

/* Whether priorities are writable. If not, IPRIO in stopi may always be 1. */
static bool has_iprio(void)
{
	unsigned int i;
	uint64_t any = 0;

	for (i = IPRIO0; i < IPRIO0 + 16; i += 2) {
		csr_write(0x150, i);
		csr_write(0x151, ~UINT64_C(0));
		any |= csr_read(0x151);
		csr_write(0x151, 0);
	}
	return any;
}

struct hs_case {
	bool ssi, sti;
	unsigned int sei; /* pending identity; 0: none */
	unsigned int vs;  /* VSSI or another VS interrupt that HS mode keeps; 0: none */
	uint8_t ssi_number, sti_number, vs_number;
};

static void hs_begin(const struct hs_case *c)
{
	csr_write(sie, BIT64(IRQ_SSI) | BIT64(IRQ_STI) | BIT64(IRQ_SEI));
	csr_write(sip, c->ssi ? BIT64(IRQ_SSI) : 0);
	aia_timer(c->sti);
	if (aia.imsic) {
		aia_file_reset(0);
		if (c->sei) {
			aia_file_open(0, c->sei);
			aia_file_write(0, EIP0 + c->sei / 64 * 2, BIT64(c->sei % 64));
		}
	}
	h_write(CSR_HIDELEG, 0);
	h_write(CSR_HIE, c->vs ? BIT64(c->vs) : 0);
	h_write(CSR_HVIP, c->vs ? BIT64(c->vs) : 0);
	h_settle();
}

static void hs_end(void)
{
	h_write(CSR_HIE, 0);
	h_write(CSR_HVIP, 0);
	h_settle();
	csr_write(sip, 0);
	aia_timer(false);
	if (aia.imsic)
		aia_file_reset(0);
	csr_write(sie, BIT64(IRQ_STI));
	set_iprio(IRQ_SSI, 0);
	set_iprio(IRQ_STI, 0);
}

static void hs_taken(const char *name, const struct candidate *first, enum mode mode)
{
	csr_set(sstatus, SSTATUS_SPIE);
	try_insn(mode, INSN_NOP, 0, 0, 0);
	csr_clear(sstatus, SSTATUS_SPIE);
	check_end(first ? TO_HS : DONE, first ? CAUSE_INTERRUPT | first->irq : 0,
		  "aia first in %s, %s", mode_names[mode], name);
}

static void check_hs(const struct hs_case *wanted, bool simple)
{
	struct hs_case c = *wanted;
	struct candidate all[4];
	const struct candidate *first;
	unsigned int count = 0;
	char name[100];
	uint64_t seen;

	c.ssi_number = set_iprio(IRQ_SSI, c.ssi_number);
	c.sti_number = set_iprio(IRQ_STI, c.sti_number);
	if (c.vs)
		c.vs_number = set_iprio(c.vs, c.vs_number);
	snprintf(name, sizeof(name), "SSI %u by %u STI %u by %u SEI %u kept %u by %u", c.ssi,
		 wanted->ssi_number, c.sti, wanted->sti_number, c.sei, c.vs, wanted->vs_number);
	if (c.ssi)
		all[count++] = candidate(IRQ_SSI, c.ssi_number);
	if (c.sti)
		all[count++] = candidate(IRQ_STI, c.sti_number);
	if (c.sei)
		all[count++] = candidate(IRQ_SEI, c.sei);
	if (c.vs)
		all[count++] = candidate(c.vs, c.vs_number);
	first = best(all, count);
	hs_begin(&c);
	seen = csr_read(0xdb0);
	check(!first ? !seen
		     : seen == (first->irq << 16 | iprio(first)) ||
			       (simple && seen == (first->irq << 16 | 1)),
	      "aia stopi, %s = 0x%lx", name, (unsigned long)seen);
	hs_taken(name, first, HS);
	hs_taken(name, first, VS);
	hs_end();
	if (c.vs)
		set_iprio(c.vs, 0);
}

static void check_hs_level(void)
{
	static const uint8_t numbers[] = { 0, 1, 3, 4, 255 };
	bool simple = !has_iprio();
	unsigned int set, i, k;

	record("aia iprio array = %s", simple ? "read-only zeros" : "writable");
	for (set = 0; set < (aia.imsic ? 8 : 4); set++) {
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			for (k = 0; k < ARRAY_SIZE(numbers); k++) {
				struct hs_case c = { .ssi = set & 1,
						     .sti = set & 2,
						     .sei = set & 4 ? 3 : 0,
						     .ssi_number = numbers[i],
						     .sti_number = numbers[k] };

				if ((!c.ssi && i) || (!c.sti && k))
					continue;
				check_hs(&c, simple);
			}
		}
	}
	for (i = 0; i < 3; i++) {
		static const uint8_t kept[] = { IRQ_VSSI, IRQ_VSTI, IRQ_VSEI };

		for (set = 0; set < (aia.imsic ? 8 : 4); set++) {
			for (k = 0; k < 3; k++) {
				struct hs_case c = { .ssi = set & 1,
						     .sti = set & 2,
						     .sei = set & 4 ? 3 : 0,
						     .vs = kept[i],
						     .vs_number = numbers[k] };

				check_hs(&c, simple);
			}
		}
	}
	if (!aia.imsic)
		return;
	/* The number of an identity is its priority. */
	for (i = 1; i < 256; i = i * 2 + 1) {
		struct hs_case c = { .ssi = true, .sei = i, .ssi_number = 7 };

		if (i <= aia.ids)
			check_hs(&c, simple);
	}
}

/* ---- VS level ---- */

struct vs_case {
	uint64_t hvip; /* bits 2, 6, 10, 13 and others */
	unsigned int
		sei; /* identity pending in guest file 1, which VGEIN then selects; 0: VGEIN is 0 */
	uint8_t ssi_number, sti_number, irq13_number;
	uint64_t hvictl;
};

static unsigned int number_of(const struct vs_case *c, unsigned int irq)
{
	return irq == IRQ_SSI	? c->ssi_number
	       : irq == IRQ_STI ? c->sti_number
	       : irq == 13	? c->irq13_number
				: 0;
}

/* Finds the candidates of aia 6.3.3 among the interrupts pending and enabled at VS level. */
static unsigned int vs_candidates(const struct vs_case *c, uint64_t vsip, struct candidate *all)
{
	unsigned int iid = c->hvictl >> 16 & 0xfff, irq, count = 0;

	if (vsip & BIT64(IRQ_SEI)) {
		unsigned int number = SEI_UNKNOWN;

		if (c->sei)
			number = c->sei;
		else if (iid == IRQ_SEI && (c->hvictl & 0xff))
			number = c->hvictl & 0xff;
		all[count++] = candidate(IRQ_SEI, number);
	}
	if (c->hvictl & HVICTL_VTI) {
		if (iid != IRQ_SEI)
			all[count++] =
				(struct candidate){ .irq = iid,
						    .number = c->hvictl & 0xff,
						    .before_sei = !(c->hvictl & HVICTL_DPR),
						    .rank = c->hvictl & HVICTL_DPR ? 100 : 0 };
		return count;
	}
	for (irq = 0; irq < 64; irq++) {
		if (irq != IRQ_SEI && vsip >> irq & 1)
			all[count++] = candidate(irq, number_of(c, irq));
	}
	return count;
}

static const char *vs_name(const struct vs_case *c)
{
	static char name[160];

	snprintf(name, sizeof(name), "hvip 0x%lx SSI by %u STI by %u 13 by %u file %u hvictl 0x%lx",
		 (unsigned long)c->hvip, c->ssi_number, c->sti_number, c->irq13_number, c->sei,
		 (unsigned long)c->hvictl);
	return name;
}

static void vs_begin(struct vs_case *c)
{
	uint64_t high = c->hvip & ~UINT64_C(0x1fff), priorities;

	h_write(CSR_HIDELEG, VS_IRQS);
	h_write(CSR_HVIEN, high);
	h_write(CSR_HVIPRIO1, (uint64_t)c->ssi_number << 8 | (uint64_t)c->sti_number << 24 |
				      (uint64_t)c->irq13_number << 40);
	h_settle();
	priorities = h_read(CSR_HVIPRIO1);
	c->ssi_number = priorities >> 8;
	c->sti_number = priorities >> 24;
	c->irq13_number = priorities >> 40;
	h_write(CSR_HIE, VS_IRQS);
	h_settle();
	h_write(CSR_VSIE, UINT64_C(0x222) | high);
	h_write(CSR_HVIP, c->hvip);
	h_write(CSR_HVICTL, c->hvictl);
	h_settle();
	/* Use the value that it holds; aia_csr.c checks the bits that it does not hold. */
	c->hvictl = h_read(CSR_HVICTL);
	if (c->sei) {
		aia_file_open(1, c->sei);
		aia_file_write(1, EIP0 + c->sei / 64 * 2, BIT64(c->sei % 64));
	} else {
		h_write(CSR_HSTATUS, 0);
	}
	h_settle();
}

static void vs_end(const struct vs_case *c)
{
	h_write(CSR_HVICTL, 0);
	h_write(CSR_HVIP, 0);
	h_write(CSR_VSIE, 0);
	h_settle();
	h_write(CSR_HIE, 0);
	h_write(CSR_HVIEN, 0);
	h_write(CSR_HIDELEG, 0);
	h_write(CSR_HVIPRIO1, 0);
	h_write(CSR_VSSTATUS, 0);
	h_settle();
	if (c->sei)
		aia_file_reset(1);
}

/* Checks vstopi, and the trap in VS mode with and without SIE, and in VU mode. */
static void check_vs(struct vs_case c)
{
	struct candidate all[10];
	const struct candidate *first;
	const char *name = vs_name(&c);
	unsigned int n;
	uint64_t seen, top = 0;

	vs_begin(&c);
	first = best(all, vs_candidates(&c, h_read(CSR_VSIP) & h_read(CSR_VSIE), all));
	if (first)
		top = (uint64_t)first->irq << 16 | (c.hvictl & HVICTL_IPRIOM ? iprio(first) : 1);
	seen = h_read(CSR_VSTOPI);
	check(seen == top, "aia vstopi, %s = 0x%lx", name, (unsigned long)seen);
	for (n = 0; n < 3; n++) {
		enum mode mode = n == 2 ? VU : VS;
		bool taken = top && n != 1;

		h_write(CSR_VSSTATUS, n == 0 ? SSTATUS_SIE : 0);
		try_insn(mode, mode == VS && n ? INSN_CSRR(CSR_STOPI) : INSN_NOP, 0, 0,
			 VGEIN(c.sei ? 1 : 0));
		check_end(taken ? TO_VS : DONE, CAUSE_INTERRUPT | (first ? first->irq : 0),
			  "aia first in %s, SIE %u, %s", mode_names[mode], n == 0, name);
	}
	vs_end(&c);
}

/* hvictl.VTI is 0: candidates come from hvip, the interrupt file and hviprio1. */
static void check_by_hvip(void)
{
	static const uint8_t numbers[] = { 0, 2, 6, 255 };
	static const uint64_t external[] = {
		0,
		HVICTL_IPRIOM,
		HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI),
		HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI) | 4,
		HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI) | 200,
		HVICTL_IID(IRQ_SEI) | 4,
		/* IID is not the external interrupt: ignored without VTI. */
		HVICTL_IPRIOM | HVICTL_IID(IRQ_SSI) | 4,
	};
	unsigned int set, i, k, e;

	for (set = 0; set < 8; set++) {
		uint64_t hvip = (set & 1 ? BIT64(IRQ_VSSI) : 0) | (set & 2 ? BIT64(IRQ_VSTI) : 0) |
				(set & 4 ? BIT64(IRQ_VSEI) : 0);

		for (e = 0; e < ARRAY_SIZE(external); e++)
			check_vs((struct vs_case){ .hvip = hvip, .hvictl = external[e] });
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			for (k = 0; k < ARRAY_SIZE(numbers); k++) {
				if ((!(set & 1) && i) || (!(set & 2) && k) || !(i | k))
					continue;
				check_vs((struct vs_case){ .hvip = hvip,
							   .ssi_number = numbers[i],
							   .sti_number = numbers[k],
							   .hvictl = HVICTL_IPRIOM |
								     HVICTL_IID(IRQ_SEI) | 4 });
			}
		}
	}
	/* Local interrupts before and behind the external interrupt. */
	for (set = 1; set < 16; set++) {
		check_vs((struct vs_case){
			.hvip = (set & 1 ? BIT64(43) : 0) | (set & 2 ? BIT64(13) : 0) |
				(set & 4 ? BIT64(35) : 0) | (set & 8 ? BIT64(IRQ_VSEI) : 0),
			.hvictl = HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI) | 4,
			.irq13_number = set & 1 ? 0 : 3 });
	}
}

/* The external interrupt comes from the guest interrupt file. */
static void check_by_file(void)
{
	static const uint8_t identities[] = { 1, 4, 63, 64, 200, 255 };
	unsigned int i, set;

	for (i = 0; i < ARRAY_SIZE(identities); i++) {
		for (set = 0; set < 4; set++)
			check_vs((struct vs_case){ .hvip = (set & 1 ? BIT64(IRQ_VSSI) : 0) |
							   (set & 2 ? BIT64(IRQ_VSEI) : 0),
						   .sei = identities[i],
						   .ssi_number = 4,
						   .hvictl = HVICTL_IPRIOM });
	}
	/* hvictl's priority is for VGEIN 0 only. */
	check_vs((struct vs_case){ .hvip = BIT64(IRQ_VSSI),
				   .sei = 5,
				   .ssi_number = 4,
				   .hvictl = HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI) | 2 });
}

/* VGEIN selects a file in which nothing is pending: hvip's external interrupt has number 256. */
static void check_empty_file(void)
{
	unsigned int n;

	for (n = 0; n < 4; n++) {
		bool ssi = n & 1, numbered = n & 2;
		uint64_t top = ssi && numbered ? 1 << 16 | 255 : 9 << 16 | 255, seen;

		aia_file_open(1, 3);
		h_write(CSR_HIDELEG, VS_IRQS);
		h_write(CSR_HIE, VS_IRQS);
		h_write(CSR_HVIPRIO1, numbered ? 255 << 8 : 0);
		h_write(CSR_HVICTL, HVICTL_IPRIOM);
		h_write(CSR_HVIP, BIT64(IRQ_VSEI) | (ssi ? BIT64(IRQ_VSSI) : 0));
		h_settle();
		if (!(h_read(CSR_HVIPRIO1) >> 8 & 0xff))
			top = 9 << 16 | 255;
		seen = h_read(CSR_VSTOPI);
		check(seen == top, "aia vstopi, empty file, SSI %u by %u = 0x%lx", ssi,
		      numbered ? 255 : 0, (unsigned long)seen);
		h_write(CSR_VSSTATUS, SSTATUS_SIE);
		try_insn(VS, INSN_NOP, 0, 0, VGEIN(1));
		check_end(TO_VS, CAUSE_INTERRUPT | top >> 16,
			  "aia first in VS, empty file, SSI %u by %u", ssi, numbered ? 255 : 0);
		vs_end(&(struct vs_case){ .sei = 1 });
	}
}

/* hvictl.VTI is 1: hvictl's interrupt replaces those of vsip, except the external interrupt. */
static void check_by_hvictl(void)
{
	static const uint16_t iids[] = { 1, 9, 13, 43 };
	static const uint8_t numbers[] = { 0, 4, 5, 255 };
	unsigned int i, k, n;

	for (i = 0; i < ARRAY_SIZE(iids); i++) {
		for (k = 0; k < ARRAY_SIZE(numbers); k++) {
			for (n = 0; n < 16; n++) {
				struct vs_case c = {
					.hvip = (n & 4 ? BIT64(IRQ_VSSI) : 0) |
						(n & 8 ? BIT64(IRQ_VSEI) : 0),
					.hvictl = HVICTL_VTI | HVICTL_IID(iids[i]) | numbers[k] |
						  (n & 1 ? HVICTL_IPRIOM : 0) |
						  (n & 2 ? HVICTL_DPR : 0),
				};

				/* If IPRIO is not shown, fewer cases suffice. */
				if (!(n & 1) && k > 1)
					continue;
				check_vs(c);
				if (!aia.files || n & 8 || !(n & 1))
					continue;
				c.sei = 4;
				check_vs(c);
			}
		}
	}
}

/* VS interrupts that HS mode keeps, with SGEI and VSEI: the order of aia 5.1. */
static void check_guest_external(void)
{
	unsigned int set;

	for (set = 1; set < 16; set++) {
		bool ssi = set & 1, sgei = set & 2;
		uint64_t vs = (set & 4 ? BIT64(IRQ_VSSI) : 0) | (set & 8 ? BIT64(IRQ_VSEI) : 0);
		unsigned int first = ssi		    ? IRQ_SSI
				     : sgei		    ? IRQ_SGEI
				     : vs & BIT64(IRQ_VSEI) ? IRQ_VSEI
							    : IRQ_VSSI;
		uint64_t seen;

		aia_file_open(2, 9);
		if (sgei)
			aia_file_write(2, EIP0, BIT64(9));
		h_write(CSR_HGEIE, BIT64(2));
		h_write(CSR_HIDELEG, 0);
		h_write(CSR_HIE, BIT64(IRQ_SGEI) | VS_IRQS);
		h_write(CSR_HVIP, vs);
		h_write(CSR_HSTATUS, 0);
		h_settle();
		csr_write(sie, BIT64(IRQ_SSI) | BIT64(IRQ_STI));
		csr_write(sip, ssi ? BIT64(IRQ_SSI) : 0);
		seen = csr_read(0xdb0) >> 16;
		check(seen == first, "aia stopi.IID, SSI %u SGEI %u hvip 0x%lx = %lu", ssi, sgei,
		      (unsigned long)vs, (unsigned long)seen);
		try_insn(VS, INSN_NOP, 0, 0, 0);
		csr_write(sip, 0);
		h_write(CSR_HIE, 0);
		h_write(CSR_HVIP, 0);
		h_write(CSR_HGEIE, 0);
		h_settle();
		aia_file_reset(2);
		check_end(TO_HS, CAUSE_INTERRUPT | first,
			  "aia first in VS, SSI %u SGEI %u hvip 0x%lx", ssi, sgei,
			  (unsigned long)vs);
	}
	csr_write(sie, BIT64(IRQ_STI));
}

void check_aia_priority(void)
{
	area_begin("aia priority: stopi, vstopi, and which interrupt is taken first");
	check_hs_level();
	check_by_hvip();
	if (aia.files) {
		check_by_file();
		check_empty_file();
		check_guest_external();
	}
	check_by_hvictl();
	calm();
}
