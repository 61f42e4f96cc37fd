/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/aplic_regs.h"
#include "hv/aplic_sources.h"
#include "hv/domain_sources.h"

struct source *aplic_source_at(const struct vcpu *v, unsigned int aplic, enum aplic_reg reg,
			       uint64_t offset)
{
	if (reg == REG_TARGET)
		offset -= TARGET;
	else if (reg != REG_SOURCECFG)
		return NULL;
	return domain_virtual_source(v->domain, false, aplic, offset / 4);
}

/* Whether @offset is in the array of words that begins at @start. */
static bool is_word_of(uint64_t offset, uint64_t start)
{
	return offset - start < SOURCE_WORDS_SIZE;
}

uint64_t aplic_machine_offset(const struct source *s, enum aplic_reg reg, uint64_t offset)
{
	return s && reg == REG_TARGET ? TARGET + 4 * s->behind : offset;
}

/* The bit of the virtual source in the array that has @offset. */
static bool bit_of(struct source *s, uint64_t offset)
{
	if (is_word_of(offset, SETIP))
		return source_aplic_pending(s);
	return is_word_of(offset, CLRIP) ? source_input(s) : source_aplic_enabled(s);
}

/* Whether the register at @offset, a load of which clears nothing by itself, has the top source. */
static bool has_top(enum aplic_reg reg, uint64_t offset)
{
	return reg == REG_CLAIMI || (reg == REG_DELIVERY && offset % IDC_SIZE == TOPI);
}

/* The machine has answered a load of bits with *@value. Replace those of virtual sources. */
static void merge_bits(struct vcpu *v, unsigned int aplic, uint64_t offset, uint64_t *value)
{
	struct source *s;

	domain_each_source(s, v->domain, false, aplic)
	{
		uint32_t bit = source_bit(s, offset % 0x100 / 4);

		*value &= ~(uint64_t)bit;
		*value |= bit && bit_of(s, offset) ? bit : 0;
	}
}

/* The machine has answered with the top source in *@value. It may be that of a virtual one. */
static void merge_top(struct vcpu *v, unsigned int aplic, enum aplic_reg reg, uint64_t *value)
{
	struct source *s;

	domain_each_source(s, v->domain, false, aplic)
	{
		if (*value >> CLAIM_SHIFT != s->behind)
			continue;
		*value = (*value & MASK64(CLAIM_SHIFT - 1, 0)) | (uint64_t)s->at.number
									 << CLAIM_SHIFT;
		if (reg == REG_CLAIMI)
			source_claimed(s);
		return;
	}
}

void aplic_merge(struct vcpu *v, unsigned int aplic, const struct source *s, enum aplic_reg reg,
		 uint64_t offset, uint64_t *value)
{
	if (s && reg == REG_SOURCECFG)
		*value = s->config;
	if (reg == REG_SOURCES && offset < CLRIE)
		merge_bits(v, aplic, offset, value);
	if (has_top(reg, offset))
		merge_top(v, aplic, reg, value);
}

/* A write to the array of bits that has @offset, or to the register behind it, has the source. */
static bool change_bit(struct source *s, uint64_t offset)
{
	if (offset >= SETIPNUM_LE || offset < CLRIP)
		return source_aplic_set_pending(s, true);
	if (offset < SETIE)
		return source_aplic_set_pending(s, false);
	return source_aplic_set_enabled(s, offset < CLRIE);
}

bool aplic_take_bits(struct source *s, enum aplic_reg reg, uint64_t offset, uint32_t *value,
		     bool *done)
{
	uint32_t bit;

	if (reg == REG_SOURCE) {
		if ((offset == SETIPNUM_BE ? __builtin_bswap32(*value) : *value) != s->at.number)
			return false;
		*done = change_bit(s, offset);
		return true;
	}
	bit = reg == REG_SOURCES ? source_bit(s, offset % 0x100 / 4) : 0;
	if (*value & bit)
		*done &= change_bit(s, offset);
	*value &= ~bit;
	return false;
}
