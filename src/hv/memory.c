/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hv/memory.h"

void *memory_map(const struct domain *d, uint64_t addr, uint64_t size)
{
	return domain_owns_ram(d, addr, size) ? (void *)(uintptr_t)addr : NULL;
}

/* Access memory with the type of the given size, so the compiler makes exactly one access. */
#define READ_CASE(type)                                                \
	case sizeof(type): {                                           \
		type value_ = *(const volatile type *)(uintptr_t)addr; \
		memcpy(buf, &value_, sizeof(value_));                  \
		return true;                                           \
	}
#define WRITE_CASE(type)                                    \
	case sizeof(type): {                                \
		type value_;                                \
		memcpy(&value_, buf, sizeof(value_));       \
		*(volatile type *)(uintptr_t)addr = value_; \
		return true;                                \
	}

bool memory_read(const struct domain *d, uint64_t addr, void *buf, unsigned int size)
{
	if (!domain_owns_ram(d, addr, size))
		return false;
	switch (size) {
		READ_CASE(uint8_t);
		READ_CASE(uint16_t);
		READ_CASE(uint32_t);
		READ_CASE(uint64_t);
	}
	return false;
}

bool memory_write(const struct domain *d, uint64_t addr, const void *buf, unsigned int size)
{
	if (!domain_owns_ram(d, addr, size))
		return false;
	switch (size) {
		WRITE_CASE(uint8_t);
		WRITE_CASE(uint16_t);
		WRITE_CASE(uint32_t);
		WRITE_CASE(uint64_t);
	}
	return false;
}

bool memory_cas64(const struct domain *d, uint64_t addr, uint64_t old, uint64_t desired)
{
	uint64_t *p = memory_map(d, addr, sizeof(*p));

	return p && __atomic_compare_exchange_n(p, &old, desired, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST);
}
