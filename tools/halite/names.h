/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb `names`: prints names for the addresses in a dump on a console, as `run` also does. */
#ifndef HALITE_TOOL_NAMES_H
#define HALITE_TOOL_NAMES_H

/* argv[0] is the verb; the console is standard input. Returns the exit status. */
int names_main(char **argv);

#endif
