/* SPDX-License-Identifier: BSD-2-Clause */
/* Work for the second hart, which check_harts() has started. Only the first hart prints. */
#ifndef SECOND_HART_H
#define SECOND_HART_H

#include "conformance.h"

/* The ids of the second hart (MAX_HARTS if there is none) and of the first. */
uint64_t second_hart(void);
uint64_t second_hart_first(void);
/* Starts @work on the second hart. Pass the result to second_hart_finish(). */
uint64_t second_hart_begin(void (*work)(void));
/* Waits until the work has ended. Ends the program with @what if it does not end. */
void second_hart_finish(uint64_t before, const char *what);
/* Waits some seconds for the end, and then sends an SBI IPI, which ends a WFI without interrupt. */
void second_hart_urge(uint64_t before);
void second_hart_call(void (*work)(void), const char *what);
/*
 * The work calls the first before it enters its loop. The first hart waits for that, and a little
 * more.
 */
void second_hart_in_guest(void);
void second_hart_wait_in_guest(void);

#endif
