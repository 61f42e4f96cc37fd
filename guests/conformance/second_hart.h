/* SPDX-License-Identifier: BSD-2-Clause */
/* Work for the second hart, which check_harts() has started. Only the first one prints. */
#ifndef SECOND_HART_H
#define SECOND_HART_H

#include "conformance.h"

/* Its number, or MAX_HARTS; and that of the first. */
uint64_t second_hart(void);
uint64_t second_hart_first(void);
/* @work runs there; what it gave is for second_hart_finish(). */
uint64_t second_hart_begin(void (*work)(void));
/* Ends the program with @what when it does not come to its end. */
void second_hart_finish(uint64_t before, const char *what);
/* Wait some seconds for the end; then send an SBI IPI, so that what waits for an interrupt in vain ends by that one. */
void second_hart_urge(uint64_t before);
void second_hart_call(void (*work)(void), const char *what);
/* The work says that it is about to enter what it loops in; the first hart waits for that, and some more. */
void second_hart_in_guest(void);
void second_hart_wait_in_guest(void);

#endif
