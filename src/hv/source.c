/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/plic_map.h"
#include "hv/source.h"
#include "riscv/attempt.h"

/* AIA: registers of an APLIC, and the values of sourcecfg.SM. */
#define SETIP	 0x1c00
#define SETIPNUM 0x1cdc
#define CLRIPNUM 0x1ddc
#define SETIENUM 0x1edc
#define CLRIENUM 0x1fdc
enum { INACTIVE = 0, DETACHED = 1, EDGE1 = 4, EDGE0 = 5, LEVEL1 = 6, LEVEL0 = 7 };

static uint64_t base(const struct source *s)
{
	return s->at.plic ? s->machine->plics[s->at.controller].base
			  : s->machine->aplics[s->at.controller].base;
}

static uint32_t read_from(const struct source *s, uint64_t offset)
{
	uint64_t value;

	return riscv_try_load(base(s) + offset, 4, &value) ? value : 0;
}

static bool write_to(const struct source *s, uint64_t offset, uint32_t value)
{
	return riscv_try_store(base(s) + offset, 4, value);
}

/* ---- PLIC ---- */

static uint64_t enable_word(const struct machine_hart *hart, uint64_t word)
{
	return PLIC_ENABLE_BASE + hart->plic_context * PLIC_ENABLE_STRIDE + 4 * word;
}

static void disable_in_machine(const struct source *s)
{
	const uint64_t word = s->at.number / 32;
	unsigned int i;

	for (i = 0; i < s->machine->hart_count; i++) {
		const struct machine_hart *hart = &s->machine->harts[i];

		if (hart->plic == s->at.controller && hart->plic_context >= 0)
			write_to(s, enable_word(hart, word),
				 read_from(s, enable_word(hart, word)) & ~source_bit(s, word));
	}
}

/* Priorities are WARL. The virtual source has as many as the machine's source. */
static void find_priorities(struct source *s)
{
	write_to(s, 4 * s->at.number, ~UINT32_C(0));
	s->priority_mask = read_from(s, 4 * s->at.number);
	write_to(s, 4 * s->at.number, 0);
}

/*
 * The gateway passes one request on, and the next one when that is complete. A wire that goes down
 * takes back no request (PLIC 1.0 "Interrupt Gateways").
 */
static bool pass_request(struct source *s)
{
	if (!s->level || s->in_service)
		return false;
	s->pending = true;
	return true;
}

static bool is_enabled(const struct source *s, unsigned int index)
{
	return __atomic_load_n(&s->enabled.word[index / 64], __ATOMIC_RELAXED) >> index % 64 & 1;
}

static bool may_ask(const struct source *s, unsigned int index)
{
	return s->pending && s->priority && is_enabled(s, index);
}

bool source_may_ask(struct source *s, unsigned int index)
{
	bool asks;

	spin_lock(&s->lock);
	asks = may_ask(s, index);
	spin_unlock(&s->lock);
	return asks;
}

bool source_asks(struct source *s, unsigned int index, const struct machine_hart *hart)
{
	bool asks;

	if (!s->machine || !s->at.plic || s->at.controller != hart->plic || hart->plic_context < 0)
		return false;
	spin_lock(&s->lock);
	asks = may_ask(s, index) &&
	       s->priority >
		       read_from(s, PLIC_CONTEXT_BASE + hart->plic_context * PLIC_CONTEXT_STRIDE +
					    PLIC_THRESHOLD);
	spin_unlock(&s->lock);
	return asks;
}

bool source_is_pending(struct source *s)
{
	bool pending;

	spin_lock(&s->lock);
	pending = s->pending;
	spin_unlock(&s->lock);
	return pending;
}

void source_enable(struct source *s, unsigned int index, bool enable)
{
	index_set_put_atomic(&s->enabled, index, enable);
}

void source_set_priority(struct source *s, uint32_t priority)
{
	spin_lock(&s->lock);
	s->priority = priority & s->priority_mask;
	spin_unlock(&s->lock);
}

/*
 * A higher priority, or the same and a lower number, is claimed first (PLIC 1.0 "Interrupt
 * Priorities").
 */
static bool comes_first(const struct source *s, uint32_t priority, uint32_t number)
{
	return priority > s->priority || (priority == s->priority && number < s->at.number);
}

bool source_beats(const struct source *s, const struct source *other)
{
	return comes_first(other, s->priority, s->at.number);
}

/* Whether a source of @bits in word @word of the sources is claimed before @s. */
static bool is_beaten_by(const struct source *s, uint64_t word, uint32_t bits)
{
	for (; bits; bits &= bits - 1) {
		uint32_t number = 32 * word + lowest_bit(bits);

		if (comes_first(s, read_from(s, 4 * number), number))
			return true;
	}
	return false;
}

/* Whether the machine's PLIC has a source for the context of @hart that is claimed before @s. */
static bool is_beaten(const struct source *s, const struct machine_hart *hart)
{
	uint64_t word;

	for (word = 0; word <= s->machine->plics[s->at.controller].ndev / 32; word++) {
		uint32_t bits = read_from(s, PLIC_PENDING_BASE + 4 * word);

		if (bits)
			bits &= read_from(s, enable_word(hart, word)) & ~source_bit(s, word);
		if (is_beaten_by(s, word, bits))
			return true;
	}
	return false;
}

/* A threshold does not keep a source from being claimed (PLIC 1.0 "Interrupt Claim Process"). */
bool source_claim(struct source *s, unsigned int index, const struct machine_hart *hart)
{
	bool claimed;

	spin_lock(&s->lock);
	claimed = may_ask(s, index) && !is_beaten(s, hart);
	if (claimed) {
		s->pending = false;
		s->in_service = true;
	}
	spin_unlock(&s->lock);
	return claimed;
}

/* A completion of a source that the context does not enable is ignored. */
bool source_complete(struct source *s, unsigned int index)
{
	bool again = false;

	spin_lock(&s->lock);
	if (s->in_service && is_enabled(s, index)) {
		s->in_service = false;
		again = pass_request(s);
	}
	spin_unlock(&s->lock);
	return again;
}

/* ---- APLIC ---- */

static bool is_msi(const struct source *s)
{
	return s->machine->aplics[s->at.controller].msi;
}

static bool is_level(const struct source *s)
{
	return s->config == LEVEL1 || s->config == LEVEL0;
}

/* The rectified input value (AIA "Source configurations"). */
static bool rectified(const struct source *s)
{
	switch (s->config) {
	case EDGE1:
	case LEVEL1:
		return s->level;
	case EDGE0:
	case LEVEL0:
		return !s->level;
	default:
		return false;
	}
}

/* Make the pending bit what the rectified input makes it, which was @before. */
static void follow_input(const struct source *s, bool before)
{
	if (rectified(s) && !before)
		write_to(s, SETIPNUM, s->behind);
	else if (!rectified(s) && is_level(s))
		write_to(s, CLRIPNUM, s->behind);
}

bool source_configure(struct source *s, uint32_t config)
{
	bool done;

	spin_lock(&s->lock);
	done = write_to(s, 4 * s->behind, config == INACTIVE ? INACTIVE : DETACHED);
	if (done) {
		/* 2 and 3 are reserved. */
		s->config = config == 2 || config == 3 ? DETACHED : config;
		/* An inactive source is disabled. */
		s->enable &= config != INACTIVE;
		follow_input(s, false);
	}
	spin_unlock(&s->lock);
	return done;
}

bool source_input(struct source *s)
{
	bool input;

	spin_lock(&s->lock);
	input = rectified(s);
	spin_unlock(&s->lock);
	return input;
}

bool source_aplic_pending(struct source *s)
{
	return read_from(s, SETIP + s->behind / 32 * 4) >> s->behind % 32 & 1;
}

bool source_aplic_enabled(struct source *s)
{
	return __atomic_load_n(&s->enable, __ATOMIC_RELAXED);
}

/* AIA "Interrupt-pending bits", for sources of levels: whether a write may change the bit. */
static bool takes_pending(const struct source *s, bool pending)
{
	return !is_level(s) || (is_msi(s) && (rectified(s) || !pending));
}

bool source_aplic_set_pending(struct source *s, bool pending)
{
	bool done;

	spin_lock(&s->lock);
	done = !takes_pending(s, pending) || write_to(s, pending ? SETIPNUM : CLRIPNUM, s->behind);
	spin_unlock(&s->lock);
	return done;
}

bool source_aplic_set_enabled(struct source *s, bool enable)
{
	bool done = true;

	spin_lock(&s->lock);
	if (s->config != INACTIVE && s->ie)
		done = write_to(s, enable ? SETIENUM : CLRIENUM, s->behind);
	if (s->config != INACTIVE && done)
		__atomic_store_n(&s->enable, enable, __ATOMIC_RELAXED);
	spin_unlock(&s->lock);
	return done;
}

bool source_set_ie(struct source *s, bool ie)
{
	bool done;

	spin_lock(&s->lock);
	s->ie = ie;
	done = !s->enable || write_to(s, ie ? SETIENUM : CLRIENUM, s->behind);
	spin_unlock(&s->lock);
	return done;
}

void source_claimed(struct source *s)
{
	spin_lock(&s->lock);
	if (is_level(s) && !is_msi(s))
		follow_input(s, false);
	spin_unlock(&s->lock);
}

/* ---- both ---- */

void source_init(struct source *s, const struct machine *m, struct machine_source at,
		 uint32_t behind, const bool *wire)
{
	*s = (struct source){ .machine = m, .at = at, .wire = wire, .behind = behind, .ie = true };
	if (at.plic) {
		find_priorities(s);
		disable_in_machine(s);
	} else {
		source_configure(s, INACTIVE);
	}
}

void source_reset(struct source *s)
{
	spin_lock(&s->lock);
	s->level = s->pending = s->in_service = false;
	s->priority = 0;
	index_set_clear(&s->enabled, INDEX_SET_MAX);
	if (!s->at.plic)
		write_to(s, 4 * s->behind, INACTIVE);
	s->config = INACTIVE;
	s->enable = false;
	spin_unlock(&s->lock);
}

bool source_look(struct source *s)
{
	bool before, changed;

	spin_lock(&s->lock);
	before = s->at.plic ? s->level : rectified(s);
	/* Under the lock: the hart that looks last sees the last value. */
	changed = s->level != __atomic_load_n(s->wire, __ATOMIC_RELAXED);
	s->level ^= changed;
	if (changed && s->at.plic)
		changed = pass_request(s);
	else if (changed)
		follow_input(s, before);
	spin_unlock(&s->lock);
	return changed && (s->at.plic || !is_msi(s));
}
