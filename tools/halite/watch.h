/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs QEMU and reads a copy of its console. A Halite that ends in an error can set QEMU's exit
 * status only through a device. A Halite that cannot read its device tree knows no device, and QEMU
 * then exits with 0. So a run in which the guest was never started counts as failed, too.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stddef.h>

#include "dump.h"

/* The option of a QEMU chardev that copies its output to watch_run(); valid until then. */
const char *watch_chardev_option(void);

/*
 * Runs the command @argv until it ends, and returns its exit status (128 + N if signal N ended it).
 * Returns EXIT_FAILURE after a message if the command cannot be run, or if it exits with 0 and no
 * line of the console began with @line. All of the console is fed to @dump.
 */
int watch_run(char **argv, const char *line, struct dump *dump);

#endif
