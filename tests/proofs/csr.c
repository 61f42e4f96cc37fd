/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: whatever L1 writes to an H or VS CSR, the CSR gets no bit that the specification or the
 *   hart does not have, and no reserved encoding; read-only CSRs and those that L1 lacks refuse; no
 *   other CSR with a stored value changes; to write back what was read changes nothing
 * Bounds: any CSR number, value, mask and configuration, and any old value that is legal itself,
 *   but for bits of fields that L1 does not know
 * Not shown: views (hip, vsip, vsie) show the right bits; vsireg and vstopei, which belong to the
 *   interrupt file
 * Sources: hext/csr.c hext/csr.h hext/csr_legal.h hext/csr_table.h hext/ext_table.h hext/hext.h
 * Options: --unwind 2
 */
#include "proof.h"

#include "hext/csr.c"

/* These belong to other files, or are any value: the interrupts that are pending. */
uint64_t hext_hip(const struct hext_hart *h)
{
	return h->hvip | (any_u64() & ~BIT64(IRQ_VSSI));
}

uint64_t hext_vstopi(const struct hext_hart *h)
{
	(void)h;
	return any_u64();
}

bool hext_vsireg_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask)
{
	(void)h;
	*old = value & mask;
	return any_bool();
}

bool hext_vstopei_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask)
{
	return hext_vsireg_rmw(h, old, value, mask);
}

static uint64_t files(void *ctx)
{
	(void)ctx;
	return any_u64();
}

/* Which CSRs there are, by the specifications of H, Sstc, AIA and Smstateen. */
static bool is_there(const struct hext_config *c, unsigned int csr)
{
	switch (csr) {
	case 0x200:
	case 0x204 ... 0x205:
	case 0x240 ... 0x244:
	case 0x280:
	case 0x600:
	case 0x602 ... 0x607:
	case 0x60a:
	case 0x643 ... 0x645:
	case 0x64a:
	case 0x680:
	case 0xe12:
		return true;
	case 0x24d:
		return c->sstc;
	case 0x250 ... 0x251:
	case 0x25c:
	case 0x608 ... 0x609:
	case 0x646 ... 0x647:
	case 0xeb0:
		return c->aia;
	case 0x60c ... 0x60f:
		return c->answers >> (HEXT_ROW_HSTATEEN0 + csr - 0x60c) & 1;
	default:
		return false;
	}
}

/* PMLEN is 0, 7 (2) or 16 (3). 1 is reserved, and without Ssnpm the field is 0. */
static bool has_pmm(const struct hext_config *c, unsigned int pmm)
{
	return !pmm || (c->ssnpm && pmm != 1 && (c->pmm_values >> pmm & 1));
}

/*
 * The legal values, written from the specifications and not from csr_table.h. @c is the
 * configuration, whose masks say what the hart has.
 */
static bool is_legal(const struct hext_config *c, unsigned int csr, uint64_t v)
{
	const uint64_t mode = v >> 60;

	switch (csr) {
	case 0x200: /* vsstatus: UXL is 64 bits; SD sums up FS, VS (XS is read-only 0) */
		return !(v & ~(c->vs.status | SSTATUS_SD | SSTATUS_UXL_64)) && (v >> 32 & 3) == 2 &&
		       (v >> 63) == ((v >> 13 & 3) == 3 || (v >> 9 & 3) == 3);
	case 0x205: /* vstvec: MODE 0 or 1 */
		return (v & 3) < 2;
	case 0x241: /* vsepc: bit 0 is 0 */
		return !(v & 1);
	case 0x250:
		return !(v & ~c->vs.iselect);
	case 0x280: /* vsatp: a mode that there is, ASIDLEN bits of ASID */
		return (c->vsatp_modes >> mode & 1) && !((v >> 44 & 0xffff) >> c->asid_bits);
	case 0x600: /* hstatus: bits 6-9, 12-17 to GEILEN, 20-22, HUPMM 48-49; VSXL is 2 */
		return !(v & ~UINT64_C(0x300020073f3c0)) && (v >> 32 & 3) == 2 &&
		       (v >> 12 & 63) <= c->geilen && has_pmm(c, v >> 48 & 3);
	case 0x602:
		return !(v & ~c->hedeleg);
	case 0x603: /* hideleg: interrupts of VS level */
		return !(v & ~(c->hideleg & UINT64_C(0x444)));
	case 0x604: /* hie: those and SGEI */
		return !(v & ~UINT64_C(0x1444));
	case 0x606:
		return !(v & ~c->hcounteren);
	case 0x607: /* hgeie: bits GEILEN to 1 */
		return !(v & 1) && (c->geilen == 63 || !(v >> (c->geilen + 1)));
	case 0x608: /* hvien: from 13 on */
		return !(v & ~c->hvien) && !(v & 0x1fff);
	case 0x609:
		return !(v & ~c->hvictl);
	case 0x60a: /* henvcfg: CBIE is not 2, PMM is bits 32-33 */
		return !(v & ~c->henvcfg) && (v >> 4 & 3) != 2 && has_pmm(c, v >> 32 & 3);
	case 0x60c:
		return !(v & ~c->hstateen0);
	case 0x60d:
		return !(v & ~c->hstateen1);
	case 0x60e:
		return !(v & ~c->hstateen2);
	case 0x60f:
		return !(v & ~c->hstateen3);
	case 0x645: /* hvip: interrupts of VS level, and those of hvien */
		return !(v & ~(c->hvien | UINT64_C(0x444)));
	case 0x646:
		return !(v & ~c->hviprio1);
	case 0x647:
		return !(v & ~c->hviprio2);
	case 0x680: /* hgatp: a mode that there is, VMIDLEN bits of VMID, an aligned root */
		return (c->hgatp_modes >> mode & 1) && !(v & UINT64_C(0x0c00000000000000)) &&
		       !((v >> 44 & 0x3fff) >> c->vmid_bits) && (!mode || !(v & 3));
	default:
		return true;
	}
}

static struct hext_config any_config(void)
{
	struct hext_config c;

	proof_any(c);
	proof_assume(c.vmid_bits <= 14 && c.asid_bits <= 16 && c.geilen <= 63);
	proof_assume((c.hgatp_modes & 1) && (c.vsatp_modes & 1));
	proof_assume((c.pmm_values & 1) && !(c.pmm_values & ~0xd));
	/* What Halite asks the hart for. */
	proof_assume(!(c.vs.status & ~UINT64_C(0xc6722)));
	proof_assume(!(c.hvien & 0x1fff) && !(c.hideleg & ~UINT64_C(0x444)));
	proof_assume(c.ssnpm || !(c.henvcfg >> 32 & 3));
	return c;
}

/* The value of a CSR that is stored; false for any other number. */
static bool stored(const struct hext_hart *h, unsigned int csr, uint64_t *value)
{
	switch (csr) {
#define HEXT_CSR(name, number, field, ...) \
	case number:                       \
		*value = h->field;         \
		return true;
#include "hext/csr_table.h"
	default:
		return false;
	}
}

void proof(void)
{
	static const struct hext_ops ops = { .files = files };
	const struct hext_config config = any_config();
	const unsigned int csr = any_to(0xfff), other = any_to(0xfff);
	const uint64_t value = any_u64(), mask = any_u64();
	uint64_t old = 0, now = 0, others, back;
	struct hext_hart h;
	bool done, is_stored;

	proof_any(h);
	h.cfg = &config;
	h.ops = &ops;
	is_stored = stored(&h, csr, &now);
	/* L2 may set bits of vsstatus that L1 does not know. */
	if (is_stored && csr != 0x200)
		proof_assume(is_legal(&config, csr, now));
	proof_assume(other != csr && stored(&h, other, &others));

	done = hext_csr_rmw(&h, csr, &old, value, mask);

	stored(&h, other, &back);
	/* A write of a view changes what it shows. */
	proof_assert(back == others || csr == 0x644 || csr == 0x204 || csr == 0x244,
		     "a write changes one stored CSR");
	proof_assert(hext_csr_exists(&h, csr) == is_there(&config, csr), "L1's CSRs");
	if (!is_there(&config, csr)) {
		proof_assert(!done, "L1 has no such CSR");
		proof_reached("no such CSR");
	}
	if (mask && (csr & 0xc00) == 0xc00)
		proof_assert(!done, "a number of a read-only CSR");
	if (!done || !is_stored)
		return;
	proof_assert(old == now, "what was there is read");
	stored(&h, csr, &back);
	if (!mask) {
		proof_assert(back == now, "a read changes nothing");
		return;
	}
	proof_assert(is_legal(&config, csr, back), "the value is legal");
	now = back;
	hext_csr_rmw(&h, csr, &old, now, ~UINT64_C(0));
	stored(&h, csr, &back);
	proof_assert(back == now, "to write back what was read changes nothing");
	proof_reached("written");
}
