/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Common parts of the two fuzz targets of src/nacl: the layout of the area, written independently
 * of src/nacl/abi.h, and an input that is read byte by byte.
 */
#ifndef FUZZ_NACL_H
#define FUZZ_NACL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define WS	   (NACL_XLEN / 8)
#define AREA_SIZE  (4096 + 1024 * WS)
#define AREA_WORDS (AREA_SIZE / WS)
#define ENTRIES	   (3840 / NACL_XLEN)
#define ONES	   ((nacl_word)-1)
#define PENDING	   ((nacl_word)1 << (NACL_XLEN - 1))

#define CHECK(cond)                                                                \
	do {                                                                       \
		if (!(cond)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                   \
		}                                                                  \
	} while (0)

struct input {
	const uint8_t *data;
	size_t size;
};

/* Read the next byte of the input. 0: there is none left. */
static unsigned int next(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

#endif
