/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include <string.h>

#include "hv/uart.h"

/* The keys of the domains, as src/hv/terminal.c has them. */
static const char keys[] = "123456789abcdefg";

void frames_start(struct frames *f)
{
	*f = (struct frames){ false, FRAMES_NONE };
}

bool frames_decode(struct frames *f, char *byte)
{
	const bool escape = f->escape;
	const char *key;

	f->escape = !escape && *byte == UART_FRAME;
	if (f->escape)
		return false;
	if (!escape || *byte == UART_FRAME)
		return true;
	if (*byte == UART_FRAME_LF) {
		*byte = '\n';
		return true;
	}
	key = *byte ? strchr(keys, *byte) : NULL;
	f->index = key ? (int)(key - keys) : FRAMES_NONE;
	return false;
}

size_t frames_encode(struct frames *f, int index, char byte, char *out)
{
	size_t used = 0;

	if (f->index != index) {
		out[used++] = UART_FRAME;
		out[used++] = index == FRAMES_NONE ? UART_FRAME_HALITE : keys[index];
		f->index = index;
	}
	if (byte == UART_FRAME)
		out[used++] = UART_FRAME;
	out[used++] = byte;
	return used;
}
