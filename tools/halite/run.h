/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb `run`: starts QEMU's virt machine with Halite and a guest, or with a guest alone. */
#ifndef HALITE_TOOL_RUN_H
#define HALITE_TOOL_RUN_H

/*
 * argv[0] is the verb. Returns the exit status. With --native, QEMU replaces this process
 * instead.
 */
int run_main(char **argv);

#endif
