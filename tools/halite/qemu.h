/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's version, and a growing list of arguments to start QEMU with. */
#ifndef HALITE_TOOL_QEMU_H
#define HALITE_TOOL_QEMU_H

#include <stdbool.h>
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

/*
 * Adds a virtio device of PCI with its properties, and without a ROM: QEMU refuses a card whose ROM
 * is in a package that is not there. With @iommu, its DMA goes through the machine's IOMMU.
 */
void words_add_virtio(struct words *words, const char *device, bool iommu);

/* Whether QEMU's arguments, which end with NULL, have an IOMMU of the virt machine. */
bool qemu_has_iommu(char *const *arguments);

/* A copy of the text in which each comma is doubled, as QEMU requires within an option. */
char *qemu_quote(const char *text);

#endif
