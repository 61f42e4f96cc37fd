/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that the parts of this guest share: jobs for other harts, and time. */
#ifndef HARTS_H
#define HARTS_H

#include <stdbool.h>
#include <stdint.h>

#define HARTS_MAX 512

enum { HART_START, HART_STOP, HART_GET_STATUS, HART_SUSPEND };

/* States of a hart in SBI HSM. */
#define STATUS_STARTED	 0
#define STATUS_STOPPED	 1
#define STATUS_SUSPENDED 4

/* Timebase of QEMU's virt machine. */
#define TICKS_PER_US	 10
#define TICKS_PER_SECOND 10000000

/* Time is the host's. Harts are threads of the host: if it is busy, a hart may stop for seconds. */
#define AWAIT_TICKS (30 * UINT64_C(TICKS_PER_SECOND))

extern uint64_t harts_first; /* id of the boot hart */
extern unsigned int harts_count;

/*
 * Starts @hart with @job, and waits until HART_GET_STATUS returns STARTED, or SUSPENDED if @job has
 * gone on to that. The hart stops when @job returns. Returns false if the hart does not start.
 */
bool harts_start(uint64_t hart, void (*job)(uint64_t hart));
/* Waits until the state of @hart is @status, at most AWAIT_TICKS. Returns its state. */
int64_t harts_await(uint64_t hart, int64_t status);
void harts_send_ipi(uint64_t hart);
/* Spins for a random time less than @ticks. */
void harts_delay(uint64_t ticks);
uint64_t harts_now(void);

/* The parts. */
void check_status(void);
void check_ipis(void);
void check_wires(const void *fdt);
void check_ranges(void);
void check_refused_stop(void);
void check_fences(void);
void check_many(const void *fdt);

/*
 * Enters VS-mode at @code by SBI NACL sync_sret, until @code traps. Returns scause. If the call is
 * refused, returns 1000 plus the absolute value of the error.
 */
uint64_t harts_sync_sret(void (*code)(void));

#endif
