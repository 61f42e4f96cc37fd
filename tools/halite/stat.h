/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb `stat`: shows what the Halites of a running machine count. */
#ifndef HALITE_TOOL_STAT_H
#define HALITE_TOOL_STAT_H

/* argv[0] is the verb. Returns the exit status. */
int stat_main(char **argv);

#endif
