/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb `explain`: says what the values of a trap mean. */
#ifndef HALITE_TOOL_EXPLAIN_H
#define HALITE_TOOL_EXPLAIN_H

/* argv[0] is the verb. Returns the exit status. */
int explain_main(char **argv);

#endif
