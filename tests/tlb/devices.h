/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of the machine, none of which takes every access: two that the domain has, and the
 * PLIC, which is reached through Halite. Nothing is mapped at their addresses in the test's
 * process: an access that does not come through here ends it.
 */
#ifndef DEVICES_H
#define DEVICES_H

#include <stdbool.h>
#include <stdint.h>

/* As a UART: one byte at a time. */
#define DEVICE_BYTES UINT64_C(0x10000000)
/*
 * As a clock: four words in the first 16 bytes that hold what is stored there; all else is refused.
 */
#define DEVICE_WORDS UINT64_C(0x10001000)
#define DEVICES_END  UINT64_C(0x10002000)

#define PLIC_BASE	UINT64_C(0xc000000)
#define PLIC_SIZE	UINT64_C(0x400000)
#define PLIC_PENDING	UINT64_C(0x1000)
#define PLIC_ENABLE	UINT64_C(0x2000)
#define PLIC_ENABLE_OF	UINT64_C(0x80)
#define PLIC_CONTEXT	UINT64_C(0x200000)
#define PLIC_CONTEXT_OF UINT64_C(0x1000)
#define PLIC_CLAIM	UINT64_C(4)
#define PLIC_SOURCES	6

/* The PLIC's context for S-mode of hart @i; those between are of M-mode, and nobody's here. */
static inline unsigned int plic_context_of(unsigned int i)
{
	return 2 * i + 1;
}

/* Whether @addr is in a context of the PLIC that is not of S-mode. */
bool plic_is_of_others(uint64_t addr);

void devices_init(void);

/* Whether a device is at @addr. */
bool devices_at(uint64_t addr);

/* An access of @size bytes, of whoever makes it. False: it is refused, as some are. */
bool devices_load(uint64_t addr, unsigned int size, uint64_t *value);
bool devices_take_store(uint64_t addr, unsigned int size);
/* A store that has been taken. */
void devices_store(uint64_t addr, unsigned int size, uint64_t value);

/*
 * Source @source (1 to PLIC_SOURCES) raises its line; what has claimed its interrupt has it
 * lowered.
 */
void plic_raise(unsigned int source);
void plic_lower(unsigned int source);

/* Whether the PLIC interrupts S-mode of hart @i. */
bool plic_asks(unsigned int i);

#endif
