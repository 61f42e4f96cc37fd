/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/aplic.h"
#include "hv/aplic_regs.h"
#include "hv/aplic_sources.h"
#include "hv/console.h"
#include "hv/domain_sources.h"
#include "hv/intc.h"
#include "lib/page.h"
#include "riscv/attempt.h"

/* Fields of target and genmsi in MSI delivery mode. */
#define HART_SHIFT	18 /* also in direct delivery mode */
#define MSI_GUEST_SHIFT 12
#define MSI_GUEST	MASK64(17, 12)
#define MSI_EIID	MASK64(10, 0)

static const struct machine_aplic *aplic_of(const struct vcpu *v, unsigned int aplic)
{
	return &v->domain->host->machine.aplics[aplic];
}

/* The hart of the domain that has the hart index @index in MSIs, or NULL. */
static const struct machine_hart *msi_hart(const struct domain *d, uint32_t index)
{
	unsigned int i;

	for (i = 0; i < d->vcpu_count; i++) {
		if (d->vcpus[i]->hart->imsic_index == index)
			return d->vcpus[i]->hart;
	}
	return NULL;
}

/*
 * The guest index of L1's interrupt file in MSIs of the machine's APLIC. L1 may write 0 to a
 * target, as for any supervisor-level file, or this index, as Linux does, which computes it from
 * the file's address.
 */
static uint32_t l1_index(const struct vcpu *v)
{
	const struct machine_imsic *imsic = &v->domain->host->machine.imsic;
	uint32_t first = v->hart->imsic_file >> PAGE_SHIFT & ((1u << imsic->guest_index_bits) - 1);

	return first + world_config(v->h.cfg)->l1_file;
}

/* Whether @value, of a target of the machine, names an interrupt file of L1's. */
static bool is_file_of_l1(const struct vcpu *v, uint32_t value)
{
	uint32_t index = (value & MSI_GUEST) >> MSI_GUEST_SHIFT;
	uint32_t lowest = l1_index(v);

	return msi_hart(v->domain, value >> HART_SHIFT) && index >= lowest &&
	       index - lowest <= v->h.cfg->geilen;
}

/* Whether @offset is the target of an inactive source of @aplic, which ignores what is written. */
static bool is_inactive_target(const struct vcpu *v, unsigned int aplic, uint64_t offset)
{
	uint64_t value;

	return offset > TARGET &&
	       riscv_try_load(aplic_of(v, aplic)->base + offset - TARGET, 4, &value) &&
	       !(value & SOURCECFG_SM);
}

/*
 * Translate *@value, which L1 writes to a target, for the machine. False: *@value names no
 * interrupt file of L1, so the write has no effect. The first such write to an active source is
 * logged. A driver may write a default to the targets of all sources.
 */
static bool take_target(const struct vcpu *v, unsigned int aplic, uint64_t offset, uint32_t *value)
{
	static uint32_t logged;
	uint32_t own = *value;

	if (!(own & MSI_GUEST))
		own |= l1_index(v) << MSI_GUEST_SHIFT;
	if (is_file_of_l1(v, own)) {
		*value = own;
		return true;
	}
	if (!is_inactive_target(v, aplic, offset) &&
	    !__atomic_exchange_n(&logged, 1, __ATOMIC_RELAXED))
		hv_warn("APLIC register 0x%lx: 0x%x names no interrupt file of the guest's; "
			"ignored",
			(unsigned long)offset, (unsigned int)*value);
	return false;
}

/*
 * Send the MSI that L1 writes to genmsi. genmsi names the supervisor-level file of a hart, which is
 * L1's interrupt file on the hart. False: the interrupt file refuses the store.
 */
static bool send_msi(struct vcpu *v, unsigned int aplic, uint32_t value)
{
	const struct machine_hart *hart = msi_hart(v->domain, value >> HART_SHIFT);

	value &= ~(uint32_t)MSI_GUEST;
	return !take_target(v, aplic, GENMSI, &value) ||
	       riscv_try_store(hart->imsic_file + world_config(v->h.cfg)->l1_file * PAGE_SIZE,
			       sizeof(value), value & MSI_EIID);
}

/* Whether a hart of the domain has the hart index @index in APLIC @aplic, which has wires. */
static bool is_wired_hart(const struct vcpu *v, unsigned int aplic, uint64_t index)
{
	const struct domain *d = v->domain;
	unsigned int i;

	/* L1 mostly accesses what belongs to the hart that runs. */
	if (v->hart->aplic == aplic && v->hart->aplic_index == (int64_t)index)
		return true;
	for (i = 0; i < d->vcpu_count; i++) {
		const struct machine_hart *hart = d->vcpus[i]->hart;

		if (hart->aplic == aplic && hart->aplic_index == (int64_t)index)
			return true;
	}
	return false;
}

static enum aplic_reg find_delivery(const struct vcpu *v, unsigned int aplic, uint64_t offset)
{
	uint64_t at = offset - IDC_BASE;

	/* A domain that supports only MSI delivery mode has no interrupt delivery structures. */
	if (aplic_of(v, aplic)->msi || !is_wired_hart(v, aplic, at / IDC_SIZE))
		return REG_RESERVED;
	switch (at % IDC_SIZE) {
	case IDELIVERY:
	case IFORCE:
	case ITHRESHOLD:
	case TOPI:
		return REG_DELIVERY;
	case CLAIMI:
		return REG_CLAIMI;
	default:
		return REG_RESERVED;
	}
}

/*
 * The registers from 0x1c00 to 0x2007: four arrays of 32 words with a bit for each source. Behind
 * each array, a register takes the number of a source. The last two are setipnum_le and
 * setipnum_be.
 */
static enum aplic_reg find_sources(const struct machine_aplic *a, uint64_t offset)
{
	switch (offset) {
	case SETIPNUM:
	case CLRIPNUM:
	case SETIENUM:
	case CLRIENUM:
	case SETIPNUM_LE:
	case SETIPNUM_BE:
		return REG_SOURCE;
	default:
		return offset >= SETIP && offset < CLRIE + SOURCE_WORDS_SIZE &&
				       offset % 0x100 / 4 <= a->sources / 32
			       ? REG_SOURCES
			       : REG_RESERVED;
	}
}

/* The bits of the domain's sources in the word at @offset of an array of REG_SOURCES. */
static uint32_t mask_of(const struct vcpu *v, unsigned int aplic, uint64_t offset)
{
	return v->domain->sources[aplic].word[offset % 0x100 / 4];
}

/*
 * The register at @offset, a multiple of 4. The registers with the addresses of MSIs, 0x1bc0 to
 * 0x1bcf, exist in machine-level domains only.
 */
static enum aplic_reg find(const struct vcpu *v, unsigned int aplic, uint64_t offset)
{
	const struct machine_aplic *a = aplic_of(v, aplic);

	if (offset >= IDC_BASE)
		return find_delivery(v, aplic, offset);
	if (offset == DOMAINCFG)
		return REG_DOMAINCFG;
	/* sourcecfg of source n is at 4 * n. */
	if (offset / 4 <= a->sources)
		return domain_has_source(v->domain, aplic, offset / 4) ? REG_SOURCECFG
								       : REG_RESERVED;
	if (offset < GENMSI)
		return find_sources(a, offset);
	/* In direct delivery mode, genmsi is read-only zero. */
	if (offset == GENMSI)
		return a->msi ? REG_GENMSI : REG_RESERVED;
	return (offset - TARGET) / 4 <= a->sources &&
			       domain_has_source(v->domain, aplic, (offset - TARGET) / 4)
		       ? REG_TARGET
		       : REG_RESERVED;
}

/* ---- one of several domains: domaincfg.IE is its own ---- */

static struct domain_aplic *shared(const struct vcpu *v, unsigned int aplic)
{
	return v->domain->aplics ? &v->domain->aplics[aplic] : NULL;
}

static bool store(const struct machine_aplic *a, uint64_t offset, uint32_t value)
{
	return riscv_try_store(a->base + offset, sizeof(value), value);
}

/*
 * The IE of the machine's domaincfg is set. While a domain has its IE clear, its sources are
 * disabled in the machine, and their enable bits are in @own->enabled.
 */
static bool set_ie(const struct vcpu *v, unsigned int aplic, struct domain_aplic *own, bool ie)
{
	const struct machine_aplic *a = aplic_of(v, aplic);
	bool done = true;
	struct source *s;
	uint64_t value = 0;
	uint32_t word;

	for (word = 0; own->ie != ie && word <= a->sources / 32; word++) {
		uint32_t *enabled = &own->enabled.word[word];
		uint32_t mask = v->domain->sources[aplic].word[word];

		if (!mask)
			continue;
		if (ie) {
			done &= store(a, SETIE + 4 * word, *enabled);
			continue;
		}
		done &= riscv_try_load(a->base + SETIE + 4 * word, 4, &value) &&
			store(a, CLRIE + 4 * word, mask);
		*enabled = value & mask;
	}
	own->ie = ie;
	domain_each_source(s, v->domain, false, aplic)
	{
		/* A virtual source keeps its enable bit itself. */
		own->enabled.word[s->at.number / 32] &= ~(UINT32_C(1) << s->at.number % 32);
		done &= source_set_ie(s, ie);
	}
	return done;
}

/* The sources among those of @bits in word @word that are not inactive. */
static uint32_t active(const struct machine_aplic *a, uint32_t word, uint32_t bits)
{
	uint32_t found = 0;
	unsigned int bit;
	uint64_t value;

	for (bit = 0; bit < 32; bit++) {
		uint64_t source = 32 * word + bit;

		if ((bits >> bit & 1) && source &&
		    riscv_try_load(a->base + 4 * source, 4, &value) && (value & SOURCECFG_SM))
			found |= UINT32_C(1) << bit;
	}
	return found;
}

/* The enable bits change in @own->enabled: set or clear those of @bits in word @word. */
static void change_enabled(const struct machine_aplic *a, struct domain_aplic *own, uint32_t word,
			   uint32_t bits, bool set)
{
	if (set)
		own->enabled.word[word] |= active(a, word, bits);
	else
		own->enabled.word[word] &= ~bits;
}

/*
 * Store to a register while IE of the domain is clear. False: the store is one for the machine, as
 * all are while IE is set.
 */
static bool store_while_off(const struct machine_aplic *a, struct domain_aplic *own,
			    enum aplic_reg reg, uint64_t offset, uint32_t value)
{
	if (reg == REG_SOURCES && offset >= SETIE) {
		change_enabled(a, own, offset % 0x100 / 4, value, offset < CLRIE);
		return true;
	}
	if (offset == SETIENUM || offset == CLRIENUM) {
		if (value <= a->sources)
			change_enabled(a, own, value / 32, UINT32_C(1) << value % 32,
				       offset == SETIENUM);
		return true;
	}
	/* An inactive source is disabled. */
	if (reg == REG_SOURCECFG && !(value & SOURCECFG_SM))
		change_enabled(a, own, offset / 4 / 32, UINT32_C(1) << offset / 4 % 32, false);
	return false;
}

/* As store(), for one of several domains, under the lock of its struct domain_aplic. */
static bool store_shared(struct vcpu *v, unsigned int aplic, enum aplic_reg reg, uint64_t offset,
			 uint32_t value)
{
	const struct machine_aplic *a = aplic_of(v, aplic);
	struct domain_aplic *own = shared(v, aplic);

	if (reg == REG_DOMAINCFG)
		return set_ie(v, aplic, own, value & DOMAINCFG_IE);
	return (!own->ie && store_while_off(a, own, reg, offset, value)) || store(a, offset, value);
}

/* A target of the machine for sources whose target L1 has not written; 0: there is none. */
static uint32_t own_target(const struct vcpu *v, unsigned int aplic)
{
	const struct domain *d = v->domain;
	unsigned int i;

	/* The number 0, which an interrupt file ignores. */
	if (aplic_of(v, aplic)->msi)
		return v->hart->imsic_index << HART_SHIFT | l1_index(v) << MSI_GUEST_SHIFT;
	for (i = 0; i < d->vcpu_count; i++) {
		const struct machine_hart *hart = d->vcpus[i]->hart;

		if (hart->aplic == aplic && hart->aplic_index >= 0)
			return hart->aplic_index << HART_SHIFT | 1;
	}
	return 0;
}

/*
 * Source @source of the machine is active, and disabled if it was inactive before. AIA: its target
 * is unspecified then. If the target is not of the domain, which is one of several, change it. If
 * the domain has no target for it, the source stays inactive.
 */
static bool check_target(const struct vcpu *v, unsigned int aplic, uint32_t source)
{
	const struct machine_aplic *a = aplic_of(v, aplic);
	const uint64_t offset = TARGET + 4 * source;
	uint64_t target;

	if (!riscv_try_load(a->base + offset, 4, &target))
		return false;
	if (a->msi ? is_file_of_l1(v, target) : is_wired_hart(v, aplic, target >> HART_SHIFT))
		return true;
	if (!a->msi && !own_target(v, aplic))
		return store(a, 4 * source, 0);
	return store(a, offset, own_target(v, aplic));
}

/* *@value was loaded from the machine. Make it what one of several domains sees. */
static void show_shared(struct vcpu *v, unsigned int aplic, enum aplic_reg reg, uint64_t offset,
			uint64_t *value)
{
	struct domain_aplic *own = shared(v, aplic);

	spin_lock(&own->lock);
	if (reg == REG_DOMAINCFG && !own->ie)
		*value &= ~DOMAINCFG_IE;
	else if (reg == REG_SOURCES && offset / 0x100 == SETIE / 0x100 && !own->ie)
		*value = own->enabled.word[offset % 0x100 / 4];
	spin_unlock(&own->lock);
}

/* Disable and deactivate the sources @set of the machine's APLIC @a. */
static void silence(const struct machine_aplic *a, const struct source_set *set)
{
	uint32_t source;

	for (source = 1; source <= a->sources; source++) {
		if (source_set_has(set, source))
			store(a, 4 * source, 0);
	}
}

void aplic_share(const struct machine *m)
{
	static const struct source_set none;
	struct source_set all = none;
	unsigned int i;

	for (i = 0; i < sizeof(all.word) / sizeof(all.word[0]); i++)
		all.word[i] = ~UINT32_C(0);
	for (i = 0; i < m->aplic_count; i++) {
		silence(&m->aplics[i], &all);
		store(&m->aplics[i], DOMAINCFG,
		      DOMAINCFG_IE | (m->aplics[i].msi ? DOMAINCFG_DM : 0));
	}
}

void aplic_silence(struct domain *d)
{
	const struct machine *m = &d->host->machine;
	struct source *s;
	unsigned int i;

	for (i = 0; i < m->aplic_count; i++) {
		spin_lock(&d->aplics[i].lock);
		silence(&m->aplics[i], &d->sources[i]);
		d->aplics[i].ie = false;
		d->aplics[i].enabled = (struct source_set){ 0 };
		domain_each_source(s, d, false, i) source_set_ie(s, false);
		spin_unlock(&d->aplics[i].lock);
	}
}

/* ---- loads and stores ---- */

static bool is_access(uint64_t offset, unsigned int size)
{
	return size == 4 && offset % 4 == 0;
}

bool aplic_load(struct vcpu *v, unsigned int aplic, uint64_t offset, unsigned int size,
		uint64_t *value)
{
	const struct machine_aplic *a = aplic_of(v, aplic);
	struct source *s;
	enum aplic_reg reg;

	if (!is_access(offset, size))
		return false;
	reg = find(v, aplic, offset);
	s = aplic_source_at(v, aplic, reg, offset);
	*value = 0;
	if (reg == REG_RESERVED)
		return true;
	if (reg == REG_GENMSI) {
		*value = __atomic_load_n(&v->domain->genmsi[aplic], __ATOMIC_RELAXED);
		return true;
	}
	if (!riscv_try_load(a->base + aplic_machine_offset(s, reg, offset), 4, value))
		return false;
	if (reg == REG_SOURCES)
		*value &= mask_of(v, aplic, offset);
	if (shared(v, aplic))
		show_shared(v, aplic, reg, offset, value);
	aplic_merge(v, aplic, s, reg, offset, value);
	if (reg == REG_TARGET && a->msi && (*value & MSI_GUEST) >> MSI_GUEST_SHIFT == l1_index(v))
		*value &= ~MSI_GUEST;
	/* A claim clears the pending bit, so the wires may change. */
	if (reg == REG_CLAIMI)
		intc_changed(v, NULL);
	return true;
}

static bool store_genmsi(struct vcpu *v, unsigned int aplic, uint32_t value)
{
	if (!send_msi(v, aplic, value))
		return false;
	__atomic_store_n(&v->domain->genmsi[aplic], value & ~(uint32_t)(MSI_GUEST | BIT64(11)),
			 __ATOMIC_RELAXED);
	return true;
}

/*
 * Translate *@value, which L1 writes to register @reg, for the machine. False: the write has no
 * effect. domaincfg.DM and BE are WARL: the guest's interrupt domain has one delivery mode and is
 * little-endian, so a target keeps the meaning that it had in the check. The guest's domain has no
 * child domain, to which a source could be delegated with an unchecked target. AIA: without a child
 * domain, a write of sourcecfg with D set makes the register 0.
 */
static bool take_value(const struct vcpu *v, unsigned int aplic, enum aplic_reg reg,
		       uint64_t offset, uint32_t *value)
{
	bool msi = aplic_of(v, aplic)->msi;
	uint32_t source;

	switch (reg) {
	case REG_DOMAINCFG:
		*value = (*value & DOMAINCFG_IE) | (msi ? DOMAINCFG_DM : 0);
		return true;
	case REG_SOURCECFG:
		if (*value & SOURCECFG_D)
			*value = 0;
		return true;
	case REG_SOURCES:
		*value &= mask_of(v, aplic, offset);
		return true;
	case REG_SOURCE:
		/* The APLIC ignores numbers that are no source. */
		source = offset == SETIPNUM_BE ? __builtin_bswap32(*value) : *value;
		return source > SOURCES_MAX || domain_has_source(v->domain, aplic, source);
	case REG_TARGET:
		return msi ? take_target(v, aplic, offset, value)
			   : is_wired_hart(v, aplic, *value >> HART_SHIFT);
	default:
		return true;
	}
}

/* Store @word, which take_value() has made, to the register @reg. */
static bool store_register(struct vcpu *v, unsigned int aplic, enum aplic_reg reg, uint64_t offset,
			   uint32_t word)
{
	struct source *s = aplic_source_at(v, aplic, reg, offset);
	bool done = true;

	if (s && reg == REG_SOURCECFG)
		return source_configure(s, word & SOURCECFG_SM);
	offset = aplic_machine_offset(s, reg, offset);
	domain_each_source(s, v->domain, false, aplic)
	{
		if (aplic_take_bits(s, reg, offset, &word, &done))
			return done;
	}
	return done && (shared(v, aplic) ? store_shared(v, aplic, reg, offset, word)
					 : store(aplic_of(v, aplic), offset, word));
}

/* The same for one of several domains. Its other harts do not enable the source meanwhile. */
static bool store_alone(struct vcpu *v, unsigned int aplic, enum aplic_reg reg, uint64_t offset,
			uint32_t word)
{
	struct domain_aplic *own = shared(v, aplic);
	const struct source *s = aplic_source_at(v, aplic, reg, offset);
	bool done;

	spin_lock(&own->lock);
	done = store_register(v, aplic, reg, offset, word);
	if (done && reg == REG_SOURCECFG && (word & SOURCECFG_SM))
		done = check_target(v, aplic, s ? s->behind : offset / 4);
	spin_unlock(&own->lock);
	return done;
}

bool aplic_store(struct vcpu *v, unsigned int aplic, uint64_t offset, unsigned int size,
		 uint64_t value)
{
	const struct machine_aplic *a = aplic_of(v, aplic);
	uint32_t word = value;
	enum aplic_reg reg;

	if (!is_access(offset, size))
		return false;
	reg = find(v, aplic, offset);
	if (reg == REG_GENMSI)
		return store_genmsi(v, aplic, word);
	if (reg == REG_RESERVED || !take_value(v, aplic, reg, offset, &word))
		return true;
	if (!(shared(v, aplic) ? store_alone(v, aplic, reg, offset, word)
			       : store_register(v, aplic, reg, offset, word)))
		return false;
	if (!a->msi)
		intc_changed(v, NULL);
	return true;
}
