/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal on standard input. Invariant: the terminal has the settings that it had at the start
 * whenever this process ends or stops, unless SIGKILL ends it.
 */
#ifndef HALITE_TOOL_TERMINAL_H
#define HALITE_TOOL_TERMINAL_H

/*
 * Hands each key to the guest as it is, Ctrl-C too. Does nothing if standard input is no terminal.
 */
void terminal_to_guest(void);

/* Gives the terminal back. Does nothing if it was not handed to the guest. */
void terminal_restore(void);

#endif
