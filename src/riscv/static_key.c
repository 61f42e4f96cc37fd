/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/assert.h"
#include "riscv/static_key.h"

struct site {
	int32_t code;
	int32_t target;
	uint32_t key;
};

/* Defined in halite.lds. */
extern const struct site static_keys_start[], static_keys_end[];

/*
 * The code of "jal x0, @offset". @offset is even and within 1 MiB (unprivileged "JAL"), as all of
 * the text is.
 */
static uint32_t jump(int32_t offset)
{
	uint32_t o = (uint32_t)offset;

	assert(offset >= -0x100000 && offset < 0x100000 && !(offset & 1));
	return (o & 0x100000) << 11 | (o & 0x7fe) << 20 | (o & 0x800) << 9 | (o & 0xff000) | 0x6f;
}

/* Written in halves, since a site is aligned to two bytes only. */
static void write_code(uintptr_t at, uint32_t code)
{
	volatile uint16_t *half = (volatile uint16_t *)at;

	half[0] = (uint16_t)code;
	half[1] = code >> 16;
}

void static_keys_patch(uint32_t keys)
{
	const struct site *s;

	for (s = static_keys_start; s < static_keys_end; s++) {
		uintptr_t code = (uintptr_t)&s->code + (intptr_t)s->code;
		uintptr_t target = (uintptr_t)&s->target + (intptr_t)s->target;

		assert(s->key < STATIC_KEY_COUNT);
		if (keys >> s->key & 1)
			write_code(code, jump((int32_t)(target - code)));
	}
	/* Harts that start later run fence.i in riscv_hart_start(). */
	__asm__ volatile("fence.i" : : : "memory");
}
