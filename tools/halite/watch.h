/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running QEMU while reading along on its console. Halite ends in an error with a status of QEMU's own
 * only if it knows a device for that; with a device tree that it cannot read it does not. So a run in
 * which the guest was never started counts as failed too.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stddef.h>

/* The option of a QEMU chardev that copies what passes to the watcher; valid until watch_run(). */
const char *watch_chardev_option(void);

/*
 * Run the command @argv until it ends. Returns its exit status (128 + the signal if one ended it), or
 * EXIT_FAILURE after a message when it cannot be run, or when it ended with 0 and no line of the
 * console began with @line.
 */
int watch_run(char **argv, const char *line);

#endif
