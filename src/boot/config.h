/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of halite.cfg. Each line is `key = value`, a comment that begins with #, or empty.
 * Spaces around key and value do not count. The keys are those of config_names[], each at most
 * once:
 *
 *   kernel, ramdisk, dtb   the path of a file: at most CONFIG_PATH_MAX printable ASCII characters
 *   append                 the guest's command line
 *   options                Halite's command line (hv/options.h)
 *   domain, shared-memory  domains in place of the guest (boot/config_words.h). They may be there
 *                          several times
 *
 * The text is ASCII or UTF-8, with or without a byte order mark; lines end with \n or \r\n. Plain
 * functions, without calls of EFI.
 */
#ifndef BOOT_CONFIG_H
#define BOOT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_PATH_MAX	  255
#define CONFIG_ERROR_SIZE 256
#define CONFIG_PARTS	  24 /* lines domain and shared-memory: 16 and 8 */

enum config_key {
	CONFIG_KERNEL,
	CONFIG_RAMDISK,
	CONFIG_DTB,
	CONFIG_APPEND,
	CONFIG_OPTIONS,
	CONFIG_DOMAIN,
	CONFIG_SHARED,
	CONFIG_KEYS,
};

extern const char *const config_names[CONFIG_KEYS];

struct config_value {
	const char *text;  /* "": the key is not there */
	unsigned int line; /* from 1 on; 0: the key is not there */
};

struct config {
	struct config_value
		values[CONFIG_KEYS]; /* of a key that is there several times, the last */
	/* All lines with the keys CONFIG_DOMAIN and CONFIG_SHARED. */
	struct config_value parts[CONFIG_PARTS];
	enum config_key keys[CONFIG_PARTS];
	unsigned int part_count;
};

/* Write the message about @line to @error. Return false. */
bool config_wrong(char error[CONFIG_ERROR_SIZE], unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Parse @text of @size bytes, with room for one more, which is changed: the values are in it.
 * False: it is wrong, and @error says in which line, and what is expected.
 */
bool config_parse(struct config *c, char *text, size_t size, char error[CONFIG_ERROR_SIZE]);

#endif
