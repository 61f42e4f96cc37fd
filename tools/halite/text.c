/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <string.h>

static void look_for_expected(struct text *text)
{
	if (text->wait && text->length && !text->expected)
		text->expected = !regexec(text->wait, text->line, 0, NULL, 0);
}

/*
 * Only what follows tells whose panic it is: a guest of the guest prints on the same console. After
 * a panic of its own, Linux reboots without the line "reboot: Restarting system", or not at all.
 */
static void look_for_panic(struct text *text)
{
	if (strstr(text->line, "---[ end Kernel panic - not syncing"))
		text->panic_ended = true;
	else if (strstr(text->line, "Kernel panic - not syncing"))
		text->panicked = true;
	else if (strstr(text->line, "reboot: "))
		text->panicked = false;
}

static void end_line(struct text *text)
{
	if (text->start && !strncmp(text->line, text->start, strlen(text->start)))
		text->started = true;
	look_for_panic(text);
	look_for_expected(text);
	text->length = 0;
}

void text_feed(struct text *text, const char *bytes, size_t size)
{
	dump_feed(&text->dump, bytes, size);
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n' && bytes[i] != '\r' && bytes[i])
			text->line[text->length++] = bytes[i];
		text->line[text->length] = '\0';
		if (bytes[i] == '\n' || bytes[i] == '\r' || text->length == sizeof(text->line) - 1)
			end_line(text);
	}
	look_for_expected(text);
}
