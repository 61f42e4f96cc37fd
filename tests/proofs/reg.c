/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: devtree_property_reg() reads no byte outside the property, and gives the big-endian
 *   numbers of the entry that the caller names; a range that it gives does not pass 2^64
 * Bounds: any property of at most 64 bytes; any index; any numbers of cells that libfdt can give
 * Not shown: that the caller finds the right property
 * Sources: hv/devtree.c
 * Options: --unwind 3
 */
#include "proof.h"

#include "hv/devtree.c"

#define LONGEST 64

void hv_fatal(const char *fmt, ...)
{
	(void)fmt;
	proof_reached("a fatal error");
	proof_assume(false);
	__builtin_unreachable();
}

int fdt_get_path(const void *fdt, int node, char *path, int size)
{
	(void)fdt;
	(void)node;
	(void)size;
	*path = '\0';
	return 0;
}

static uint8_t bytes[LONGEST];

static uint64_t number_at(unsigned int first, int cells)
{
	uint64_t value = 0;

	for (int i = 0; i < cells; i++)
		value = value << 32 | (uint32_t)bytes[first + 4 * i] << 24 |
			(uint32_t)bytes[first + 4 * i + 1] << 16 |
			(uint32_t)bytes[first + 4 * i + 2] << 8 | bytes[first + 4 * i + 3];
	return value;
}

void proof(void)
{
	const int len = any_to(LONGEST);
	/* fdt_address_cells() and fdt_size_cells() give 0 to 4, or an error. */
	const int address_cells = (int)any_to(24) - 20, size_cells = (int)any_to(24) - 20;
	const unsigned int index = any_u32();
	struct devtree_property reg = { .len = len };
	struct range r;
	unsigned int first, entry;

	proof_any(bytes);
	/* The property ends where the object ends. */
	reg.value = any_bool() ? bytes + LONGEST - len : NULL;
	if (!devtree_property_reg(bytes, 0, &reg, address_cells, size_cells, index, &r))
		return;
	entry = 4 * (address_cells + size_cells);
	proof_assert(address_cells >= 1 && address_cells <= 2 && size_cells >= 0 && size_cells <= 2,
		     "numbers of at most 64 bits");
	proof_assert(reg.value && !(len % entry) && index < len / entry, "there is such an entry");
	first = LONGEST - len + index * entry;
	proof_assert(r.start == number_at(first, address_cells), "the address");
	proof_assert(r.size == number_at(first + 4 * address_cells, size_cells), "the size");
	proof_assert(r.size <= UINT64_MAX - r.start, "not beyond 64 bits");
	proof_reached("an entry");
}
