/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PLIC specification 1.0.0, of which the model has word accesses, priorities 0 to 7 and 6 sources.
 */
#include <string.h>

#include "devices.h"
#include "hext/bits.h"
#include "machine.h"

#define CONTEXTS (2 * MACHINE_HARTS)

static struct {
	uint32_t priority[PLIC_SOURCES + 1];
	uint32_t level, pending, served; /* bit n: source n */
	uint32_t enable[CONTEXTS];
	uint32_t threshold[CONTEXTS];
} plic;

static uint8_t words[16];

void devices_init(void)
{
	unsigned int i;

	for (i = 1; i <= PLIC_SOURCES; i++)
		plic.priority[i] = 1;
	for (i = 0; i < MACHINE_HARTS; i++)
		plic.enable[plic_context_of(i)] = MASK64(PLIC_SOURCES, 1);
}

bool devices_at(uint64_t addr)
{
	return (addr >= DEVICE_BYTES && addr < DEVICES_END) ||
	       (addr >= PLIC_BASE && addr < PLIC_BASE + PLIC_SIZE);
}

/* ---- the PLIC ---- */

/* The interrupt that @context would claim, or 0. */
static unsigned int best(unsigned int context)
{
	unsigned int i, found = 0;

	for (i = 1; i <= PLIC_SOURCES; i++) {
		if ((plic.pending & plic.enable[context] & BIT64(i)) &&
		    plic.priority[i] > (found ? plic.priority[found] : 0))
			found = i;
	}
	return found;
}

bool plic_asks(unsigned int i)
{
	unsigned int context = plic_context_of(i);
	unsigned int source = best(context);

	return source && plic.priority[source] > plic.threshold[context];
}

/* The gateway: a line that is high becomes pending, unless it is being served. */
static void sample(void)
{
	plic.pending |= plic.level & ~plic.served;
}

void plic_raise(unsigned int source)
{
	machine_note("plic: %u is raised", source);
	plic.level |= BIT64(source);
	sample();
}

void plic_lower(unsigned int source)
{
	plic.level &= ~BIT64(source);
}

static uint32_t claim(unsigned int context)
{
	unsigned int source = best(context);

	machine_note("plic: context %u claims %u", context, source);
	plic.pending &= ~BIT64(source);
	if (source)
		plic.served |= BIT64(source);
	return source;
}

static void complete(unsigned int context, uint32_t source)
{
	if (source <= PLIC_SOURCES && (plic.enable[context] & BIT64(source)))
		plic.served &= ~BIT64(source);
	sample();
}

/* Where a register that is nothing but a value is; NULL: another one, or none. */
static uint32_t *plain_register(uint64_t offset)
{
	uint64_t source = offset / 4, context;

	if (offset < PLIC_PENDING)
		return source >= 1 && source <= PLIC_SOURCES ? &plic.priority[source] : NULL;
	context = (offset - PLIC_ENABLE) / PLIC_ENABLE_OF;
	if (offset >= PLIC_ENABLE && context < CONTEXTS)
		return offset % PLIC_ENABLE_OF ? NULL : &plic.enable[context];
	context = (offset - PLIC_CONTEXT) / PLIC_CONTEXT_OF;
	if (offset >= PLIC_CONTEXT && context < CONTEXTS)
		return offset % PLIC_CONTEXT_OF ? NULL : &plic.threshold[context];
	return NULL;
}

static bool is_claim(uint64_t offset, unsigned int *context)
{
	*context = (offset - PLIC_CONTEXT) / PLIC_CONTEXT_OF;
	return offset >= PLIC_CONTEXT && *context < CONTEXTS &&
	       offset % PLIC_CONTEXT_OF == PLIC_CLAIM;
}

static bool load_plic(uint64_t offset, uint64_t *value)
{
	uint32_t *reg = plain_register(offset);
	unsigned int context;

	if (reg)
		*value = *reg;
	else if (offset == PLIC_PENDING)
		*value = plic.pending;
	else if (is_claim(offset, &context))
		*value = claim(context);
	else
		return false;
	return true;
}

static bool takes_store(uint64_t offset)
{
	unsigned int context;

	return is_claim(offset, &context) || plain_register(offset);
}

static void store_plic(uint64_t offset, uint32_t value)
{
	unsigned int context;

	machine_note("plic: 0x%lx, 0x%x is stored", offset, value);
	if (is_claim(offset, &context))
		complete(context, value);
	else if (offset >= PLIC_ENABLE && offset < PLIC_CONTEXT)
		*plain_register(offset) = value & MASK64(PLIC_SOURCES, 1);
	else
		*plain_register(offset) = value & 7;
}

bool plic_is_of_others(uint64_t addr)
{
	uint64_t offset = addr - PLIC_BASE;

	if (offset >= PLIC_SIZE || offset < PLIC_ENABLE)
		return false;
	if (offset < PLIC_CONTEXT)
		return (offset - PLIC_ENABLE) / PLIC_ENABLE_OF % 2 != plic_context_of(0) % 2;
	return (offset - PLIC_CONTEXT) / PLIC_CONTEXT_OF % 2 != plic_context_of(0) % 2;
}

/* ---- all of them ---- */

static bool is_plic(uint64_t addr)
{
	return addr >= PLIC_BASE && addr < PLIC_BASE + PLIC_SIZE;
}

/* Within the words. */
static uint8_t *word_at(uint64_t addr, unsigned int size)
{
	uint64_t offset = addr - DEVICE_WORDS;

	return size >= 4 && offset <= sizeof(words) - size ? &words[offset] : NULL;
}

bool devices_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	const uint8_t *from = word_at(addr, size);

	*value = 0;
	if (rarely(16))
		return false;
	if (from) {
		memcpy(value, from, size);
		return true;
	}
	if (is_plic(addr))
		return size == 4 && load_plic(addr - PLIC_BASE, value);
	return addr < DEVICE_WORDS && size == 1;
}

bool devices_take_store(uint64_t addr, unsigned int size)
{
	if (!devices_at(addr) || rarely(16))
		return false;
	if (is_plic(addr))
		return size == 4 && takes_store(addr - PLIC_BASE);
	return word_at(addr, size) || (addr < DEVICE_WORDS && size == 1);
}

void devices_store(uint64_t addr, unsigned int size, uint64_t value)
{
	uint8_t *to = word_at(addr, size);

	if (is_plic(addr))
		store_plic(addr - PLIC_BASE, value);
	else if (to)
		memcpy(to, &value, size);
}
