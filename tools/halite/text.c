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
 * Puts the name of the domain that has printed the line in name, of 32 bytes: what is before the
 * first colon and has no spaces. Other lines may begin so, too.
 */
static void find_domain(const char *line, char *name)
{
	size_t length = strcspn(line, ": ");

	if (length > 31 || strncmp(line + length, ": ", 2) != 0)
		length = 0;
	memcpy(name, line, length);
	name[length] = '\0';
}

/* Whether the domain is that which has panicked, as far as the names say. */
static bool is_of_panicked(const struct text *text, const char *domain)
{
	return !*text->panicked_domain || !strcmp(text->panicked_domain, domain);
}

/*
 * Only what follows tells whose panic it is: a guest of the guest prints on the same console. After
 * a panic of its own, Linux reboots without the line "reboot: Restarting system", or not at all.
 */
static void look_for_panic(struct text *text)
{
	char domain[32];

	if (strstr(text->line, "---[ end Kernel panic - not syncing"))
		text->panic_ended = true;
	else if (strstr(text->line, "Kernel panic - not syncing")) {
		text->panicked = true;
		find_domain(text->line, text->panicked_domain);
	} else if (strstr(text->line, "reboot: ")) {
		find_domain(text->line, domain);
		if (is_of_panicked(text, domain))
			text->panicked = false;
	}
}

/* What Halite says of the end and the reset of domains. */
static void look_for_domain(struct text *text)
{
	char domain[32], what[32];

	if (sscanf(text->line, "halite: domain %31s %31[a-z ]", domain, what) != 2)
		return;
	if (!strcmp(what, "has ended with a failure")) {
		text->domain_failed = true;
		strcpy(text->domain_of_failure, domain);
	}
	if (strcmp(what, "is reset") || !text->panicked || !is_of_panicked(text, domain))
		return;
	text->domain_panicked = true;
	strcpy(text->domain_of_panic, domain);
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

/* Sets the count of a reason of an exit in @all, which has objects by level or by name. */
static void set_count(json_t **all, const char *key, const char *reason, unsigned long long count)
{
	json_t *counts;

	if (!*all)
		*all = json_object();
	counts = json_object_get(*all, key);
	if (!counts) {
		counts = json_object();
		json_object_set_new(*all, key, counts);
	}
	json_object_set_new(counts, reason, json_integer((json_int_t)count));
}

/* The sum of what the domains have counted. */
static unsigned long long sum_of_domains(const struct text *text, const char *reason)
{
	unsigned long long sum = 0;
	const char *name;
	json_t *counts;

	json_object_foreach(text->domains, name, counts) sum +=
		(unsigned long long)json_integer_value(json_object_get(counts, reason));
	return sum;
}

/*
 * The counts that Ctrl-] s shows are not those of the end. They come between the line that names
 * the domain and its time in Halite.
 */
static void look_for_shown(struct text *text)
{
	static const char before[] = "halite: counts of ";

	if (!strncmp(text->line, before, sizeof(before) - 1))
		snprintf(text->shown, sizeof(text->shown), "%.*s", (int)sizeof(text->shown) - 1,
			 text->line + sizeof(before) - 1);
	else if (!strncmp(text->line, "halite: level ", strlen("halite: level ")) &&
		 strstr(text->line, ": time in-halite "))
		text->shown[0] = '\0';
}

/* The counts of Halite, by their names. A guest prints on the same console. */
static void count_exits(struct text *text)
{
	unsigned int level;
	char domain[32] = "the guest", reason[64], key[16];
	unsigned long long count;
	bool several = false;

	if (sscanf(text->line, "halite: level %u: exits %63s %llu", &level, reason, &count) != 3) {
		several = sscanf(text->line, "halite: level %u: domain %31[^:]: exits %63s %llu",
				 &level, domain, reason, &count) == 4;
		if (!several)
			return;
	}
	if (level >= COUNTS_LEVELS_MAX || !is_exit_kind(reason) || !strcmp(text->shown, domain))
		return;
	if (several) {
		set_count(&text->domains, domain, reason, count);
		count = sum_of_domains(text, reason);
	}
	snprintf(key, sizeof(key), "%u", level);
	set_count(&text->exits, key, reason, count);
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
	look_for_shown(text);
	count_exits(text);
	if (!strncmp(text->line, AGENT_SAYS, strlen(AGENT_SAYS)))
		snprintf(text->agent, sizeof(text->agent), "%.*s", (int)sizeof(text->agent) - 1,
			 text->line + strlen(AGENT_SAYS));
	look_for_home(text);
	look_for_panic(text);
	look_for_domain(text);
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
