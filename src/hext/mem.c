/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/masking.h"
#include "hext/mem.h"
#include "hext/walk.h"
#include "lib/assert.h"
#include "lib/page.h"

/* A part of an access that lies in one page: bytes first to first + count - 1 of the access. */
struct part {
	unsigned int first;
	unsigned int count;
	gva_t gva; /* of its first byte, masked */
	pa_t pa;
};

/* An access as its one or two parts. */
struct parts {
	unsigned int count;
	struct part part[2];
	bool aligned;
};

/* priv H: the privilege is VS or VU by hstatus.SPVP; HLVX needs X in place of R. */
static struct hext_vaccess hypervisor_access(const struct hext_hart *h,
					     const struct hext_insn *insn)
{
	enum hext_access access = insn->kind == HEXT_INSN_HSV ? HEXT_WRITE : HEXT_READ;
	struct hext_vaccess a = hext_l2_access(h, access, !(h->hstatus & HSTATUS_SPVP));

	a.hlvx = insn->kind == HEXT_INSN_HLVX;
	return a;
}

/* priv H: pointer masking applies to HLV and HSV, not to HLVX. */
static struct hext_masking hypervisor_masking(const struct hext_hart *h,
					      const struct hext_insn *insn)
{
	if (insn->kind == HEXT_INSN_HLVX)
		return (struct hext_masking){ 0 };
	return hext_masking_of_hlv(h, !(h->hstatus & HSTATUS_SPVP));
}

/*
 * Fill htinst of @trap, which the part of @insn's access at byte @offset caused. If the walk has
 * set htinst to a pseudoinstruction, it stays. Otherwise it becomes the transformed instruction.
 */
static void finish_trap(struct hext_trap *trap, const struct hext_insn *insn, unsigned int offset)
{
	if (!trap->htinst)
		trap->htinst = hext_transform(insn, offset);
}

static void access_fault(struct hext_trap *trap, const struct hext_insn *insn, const struct part *p)
{
	*trap = (struct hext_trap){
		.cause = insn->kind == HEXT_INSN_HSV ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS,
		.tval = p->gva,
		.gva = true,
	};
	finish_trap(trap, insn, p->first);
}

/* Translate all parts of the access. The caller accesses memory only afterwards. */
static bool translate(const struct hext_hart *h, const struct hext_insn *insn, gva_t addr,
		      struct parts *parts, struct hext_trap *trap)
{
	const struct hext_vaccess access = hypervisor_access(h, insn);
	const struct hext_masking masking = hypervisor_masking(h, insn);
	unsigned int in_page = PAGE_SIZE - (addr & (PAGE_SIZE - 1));
	unsigned int first = 0;
	struct hext_page page;

	parts->aligned = !(addr & (insn->width - 1u));
	parts->count = 0;
	while (first < insn->width) {
		struct part *p = &parts->part[parts->count++];

		assert(parts->count <= 2);
		p->first = first;
		p->count = insn->width - first;
		if (first == 0 && p->count > in_page)
			p->count = in_page;
		/* Masking applies to each byte; the bytes of a part are masked in the same way. */
		p->gva = hext_mask_address(masking, addr + first);
		if (hext_walk_two_stage(h, p->gva, &access, &page, trap) != HEXT_WALK_OK) {
			finish_trap(trap, insn, first);
			return false;
		}
		p->pa = page.pa;
		first += p->count;
	}
	return true;
}

static bool read_part(struct hext_hart *h, const struct part *p, bool aligned, uint8_t *bytes)
{
	unsigned int i;

	if (aligned)
		return h->ops->read(h->ctx, p->pa, bytes, p->count);
	for (i = 0; i < p->count; i++) {
		if (!h->ops->read(h->ctx, pa(p->pa.addr + i), bytes + p->first + i, 1))
			return false;
	}
	return true;
}

bool hext_hlv(struct hext_hart *h, const struct hext_insn *insn, gva_t addr, uint64_t *value,
	      struct hext_trap *trap)
{
	struct parts parts;
	uint64_t read = 0;
	unsigned int i;

	if (!translate(h, insn, addr, &parts, trap))
		return false;
	for (i = 0; i < parts.count; i++) {
		if (!read_part(h, &parts.part[i], parts.aligned, (uint8_t *)&read)) {
			access_fault(trap, insn, &parts.part[i]);
			return false;
		}
	}
	*value = hext_insn_extend(insn, read);
	return true;
}

/* Whether the domain allows the store, so that the second part of a store cannot fail. */
static bool can_write(const struct hext_hart *h, const struct part *p)
{
	struct hext_host_page page;

	return h->ops->host_page(h->ctx, p->pa, &page) && page.w;
}

static bool write_part(struct hext_hart *h, const struct part *p, const uint8_t *bytes)
{
	unsigned int i;

	for (i = 0; i < p->count; i++) {
		if (!h->ops->write(h->ctx, pa(p->pa.addr + i), bytes + p->first + i, 1))
			return false;
	}
	return true;
}

bool hext_hsv(struct hext_hart *h, const struct hext_insn *insn, gva_t addr, uint64_t value,
	      struct hext_trap *trap)
{
	const uint8_t *bytes = (const uint8_t *)&value;
	struct parts parts;
	unsigned int i;

	if (!translate(h, insn, addr, &parts, trap))
		return false;
	if (parts.aligned) {
		if (h->ops->write(h->ctx, parts.part[0].pa, bytes, insn->width))
			return true;
		access_fault(trap, insn, &parts.part[0]);
		return false;
	}
	for (i = 0; i < parts.count; i++) {
		if (!can_write(h, &parts.part[i])) {
			access_fault(trap, insn, &parts.part[i]);
			return false;
		}
	}
	for (i = 0; i < parts.count; i++) {
		if (!write_part(h, &parts.part[i], bytes)) {
			access_fault(trap, insn, &parts.part[i]);
			return false;
		}
	}
	return true;
}

static bool fetch_parcel(const struct hext_hart *h, gva_t pc, uint16_t *parcel)
{
	const struct hext_vaccess access = hext_l2_access(h, HEXT_EXEC, h->user);
	struct hext_trap trap;
	struct hext_page page;

	return hext_walk_two_stage(h, pc, &access, &page, &trap) == HEXT_WALK_OK &&
	       h->ops->read(h->ctx, page.pa, parcel, sizeof(*parcel));
}

bool hext_fetch(const struct hext_hart *h, gva_t pc, uint32_t *code)
{
	uint16_t low, high = 0;

	if ((pc & 1) || !fetch_parcel(h, pc, &low))
		return false;
	/* A 32-bit instruction: its second half may be on the next page. */
	if ((low & 3) == 3 && !fetch_parcel(h, pc + 2, &high))
		return false;
	*code = (uint32_t)high << 16 | low;
	return true;
}

void hext_fill_htinst(const struct hext_hart *h, const uint64_t x[32], struct hext_trap *trap)
{
	struct hext_insn insn;
	uint64_t offset;
	uint32_t code;

	if (trap->htinst || !hext_fetch(h, h->pc, &code))
		return;
	hext_decode(code, &insn);
	/*
	 * The instruction in memory is not the one that trapped if it makes another kind of access,
	 * or if tval is not an address within its access. Masking changes no bit of the offset in a
	 * page.
	 */
	offset = (trap->tval - hext_insn_address(&insn, x)) & (PAGE_SIZE - 1);
	if (hext_insn_makes(&insn, trap->cause) && offset < insn.width &&
	    hext_masked_address(h, &insn, x, offset) == trap->tval)
		trap->htinst = hext_transform(&insn, offset);
}
