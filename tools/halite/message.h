/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to the user: one line on standard error that begins with the command's name. */
#ifndef HALITE_TOOL_MESSAGE_H
#define HALITE_TOOL_MESSAGE_H

/* Exit status for a wrong command line, or a wrong file in it, as of most Unix tools. */
#define EXIT_USAGE 2

__attribute__((format(printf, 1, 2))) void message(const char *format, ...);

#endif
