/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRC-32 as in gzip and Ethernet (IEEE 802.3): polynomial 0x04c11db7, reflected, inverted at both
 * ends.
 */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include <stddef.h>
#include <stdint.h>

/*
 * Returns the CRC of @size bytes at @data. @crc is 0, or the CRC of the bytes before them. Not for
 * two harts at once before the first call has returned.
 */
uint32_t crc32(uint32_t crc, const void *data, size_t size);

#endif
