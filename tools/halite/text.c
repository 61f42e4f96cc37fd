/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <stdio.h>
#include <string.h>

#include "agent/protocol.h"
#include "counts.h"

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

static bool is_exit_kind(const char *name)
{
	for (size_t i = 0; i < STATS_EXITS; i++) {
		if (!strcmp(name, counts_exits[i].name))
			return true;
	}
	return false;
}

/* The counts of Halite, by their names. A guest prints on the same console. */
static void count_exits(struct text *text)
{
	unsigned int level;
	char reason[64], key[16];
	unsigned long long count;
	json_t *counts;

	if (sscanf(text->line, "halite: level %u: exits %63s %llu", &level, reason, &count) != 3 ||
	    level >= COUNTS_LEVELS_MAX || !is_exit_kind(reason))
		return;
	if (!text->exits)
		text->exits = json_object();
	snprintf(key, sizeof(key), "%u", level);
	counts = json_object_get(text->exits, key);
	if (!counts) {
		counts = json_object();
		json_object_set_new(text->exits, key, counts);
	}
	json_object_set_new(counts, reason, json_integer((json_int_t)count));
}

/* The line that Halite prints when it has chosen its home. A Halite above prints it, too. */
static void look_for_home(struct text *text)
{
	const char *home = strstr(text->line, " of which home has ");
	unsigned long long at;

	if (!text->home && home && !strncmp(text->line, "halite: RAM ", strlen("halite: RAM ")) &&
	    sscanf(home, " of which home has %*u MiB at 0x%llx", &at) == 1)
		text->home = at;
}

static void end_line(struct text *text)
{
	if (text->start && !strncmp(text->line, text->start, strlen(text->start)))
		text->started = true;
	count_exits(text);
	if (!strncmp(text->line, AGENT_SAYS, strlen(AGENT_SAYS)))
		snprintf(text->agent, sizeof(text->agent), "%.100s",
			 text->line + strlen(AGENT_SAYS));
	look_for_home(text);
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
}

void text_pause(struct text *text)
{
	look_for_expected(text);
}
