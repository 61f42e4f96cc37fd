/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's version, and a growing list of arguments to start QEMU with. */
#ifndef HALITE_TOOL_QEMU_H
#define HALITE_TOOL_QEMU_H

#include <stddef.h>

#define QEMU_MIN_MAJOR 7
#define QEMU_MIN_MINOR 2
/* The first version whose machines with AIA are used. */
#define QEMU_AIA_MAJOR 10
/* The first version whose -initrd goes up to 512 MiB behind the kernel; before: 128 MiB. */
#define QEMU_INITRD_FAR_MAJOR 9

struct qemu_version {
	unsigned int major;
	unsigned int minor;
};

/*
 * Asks the program (a path, or a name in PATH) for its version. Returns 0, or -1 after a message if
 * the program cannot be run, is not QEMU, or is too old.
 */
int qemu_check(const char *program, struct qemu_version *version);

/* Arguments for exec. Each is allocated by words_add() and never freed. */
struct words {
	char **list; /* ends with NULL */
	size_t count;
};

__attribute__((format(printf, 2, 3))) void words_add(struct words *words, const char *format, ...);

/* A copy of the text in which each comma is doubled, as QEMU requires within an option. */
char *qemu_quote(const char *text);

#endif
