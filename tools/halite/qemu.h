/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU: its version, and a growing list of words to start it with. */
#ifndef HALITE_TOOL_QEMU_H
#define HALITE_TOOL_QEMU_H

#include <stddef.h>

#define QEMU_MIN_MAJOR 7
#define QEMU_MIN_MINOR 2
/* The first whose AIA machines are used. */
#define QEMU_AIA_MAJOR 10

struct qemu_version {
	unsigned int major;
	unsigned int minor;
};

/*
 * Asks the program (a path, or a name in PATH) for its version. Returns 0, or -1 after a message: not to be run, no
 * QEMU, or too old.
 */
int qemu_check(const char *program, struct qemu_version *version);

/* Words for exec: each is allocated here and lives until the process ends. */
struct words {
	char **list; /* ends with NULL */
	size_t count;
};

__attribute__((format(printf, 2, 3))) void words_add(struct words *words, const char *format, ...);

/* The text with each comma doubled, as QEMU wants it inside an option. */
char *qemu_quote(const char *text);

#endif
