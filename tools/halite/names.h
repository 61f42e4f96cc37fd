/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb `names`: names the addresses in a console's dump of a trap, as `run` does by itself. */
#ifndef HALITE_TOOL_NAMES_H
#define HALITE_TOOL_NAMES_H

/* argv[0] is the verb; the console is standard input. Returns the exit status. */
int names_main(char **argv);

#endif
