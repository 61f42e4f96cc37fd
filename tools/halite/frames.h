/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames of Halite's word console=frames (docs/domains.md), on the side of the program that
 * takes the console apart. Whatever bytes a guest transmits, they decode as its own.
 */
#ifndef HALITE_TOOL_FRAMES_H
#define HALITE_TOOL_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Not the index of a domain: output of Halite or firmware, or input for the terminal. */
#define FRAMES_NONE (-1)
/* The most bytes that frames_encode() makes of one. */
#define FRAMES_MOST 4

/* One direction. All zero is not the start: see frames_start(). */
struct frames {
	bool escape; /* the byte before began an escape */
	int index;   /* of the domain whose bytes come now, or FRAMES_NONE */
};

/* The machine starts. */
void frames_start(struct frames *f);

/* Decodes *byte. Returns whether it gives a byte, in *byte, of the domain f->index. */
bool frames_decode(struct frames *f, char *byte);

/* Encodes a byte for the domain index to out. Returns the size, at most FRAMES_MOST. */
size_t frames_encode(struct frames *f, int index, char byte, char *out);

#endif
