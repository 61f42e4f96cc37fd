/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/crc32.h"

#define POLYNOMIAL UINT32_C(0xedb88320) /* reflected */
#define STEP	   8

/*
 * tables[byte][n] is what byte becomes in the CRC when n zero bytes follow it. The values of a byte
 * are together, so that their offsets fit in instructions.
 */
static uint32_t tables[256][STEP];
#define ROW_SHIFT 5 /* log2(sizeof(tables[0])) */

static void make_tables(void)
{
	unsigned int i, n;

	for (i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (n = 0; n < 8; n++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		tables[i][0] = crc;
	}
	for (n = 1; n < STEP; n++) {
		for (i = 0; i < 256; i++) {
			uint32_t before = tables[i][n - 1];

			tables[i][n] = before >> 8 ^ tables[before & 0xff][0];
		}
	}
}

/* The row of the byte that begins at bit ROW_SHIFT of @bits. */
static const uint32_t *row(uint64_t bits)
{
	return (const uint32_t *)((const char *)tables + (bits & 0xff << ROW_SHIFT));
}

uint32_t crc32(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *p = data;
	uint64_t word;

	if (!tables[1][0])
		make_tables();
	crc = ~crc;
	for (; size && (uintptr_t)p % STEP; size--)
		crc = crc >> 8 ^ tables[(crc ^ *p++) & 0xff][0];
	for (; size >= STEP; size -= STEP, p += STEP) {
		__builtin_memcpy(&word, __builtin_assume_aligned(p, STEP), STEP);
		word ^= crc;
		/* GCC does not unroll such a loop by itself. */
		crc = row(word << 5)[7] ^ row(word >> 3)[6] ^ row(word >> 11)[5] ^
		      row(word >> 19)[4] ^ row(word >> 27)[3] ^ row(word >> 35)[2] ^
		      row(word >> 43)[1] ^ row(word >> 51)[0];
	}
	for (; size; size--)
		crc = crc >> 8 ^ tables[(crc ^ *p++) & 0xff][0];
	return ~crc;
}
