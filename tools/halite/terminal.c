/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static bool is_saved, is_raw;

void terminal_to_guest(void)
{
	struct termios raw;

	if (!is_saved) {
		if (tcgetattr(STDIN_FILENO, &saved) < 0)
			return;
		is_saved = true;
		atexit(terminal_restore);
	}
	raw = saved;
	cfmakeraw(&raw);
	/* Messages on standard error end in a line feed alone. */
	raw.c_oflag = saved.c_oflag | OPOST;
	is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void terminal_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	is_raw = false;
}
