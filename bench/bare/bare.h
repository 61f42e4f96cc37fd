/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdbool.h>
#include <stdint.h>

/* The loops in loops.S. Each marks its begin and its end. */
void bare_sbi_base(unsigned long rounds);
void bare_sbi_timer(unsigned long rounds);
void bare_hstatus_read(unsigned long rounds);
void bare_hstatus_swap(unsigned long rounds);
void bare_htval_read(unsigned long rounds);
void bare_htinst_read(unsigned long rounds);
void bare_hvip_write(unsigned long rounds);
void bare_vsie_read(unsigned long rounds);
void bare_vsscratch_swap(unsigned long rounds);
void bare_vsatp_write(unsigned long rounds);
void bare_vstimecmp_write(unsigned long rounds);
void bare_hgatp_write(unsigned long rounds);
void bare_hfence_gvma(unsigned long rounds);
void bare_hfence_vvma(unsigned long rounds);
void bare_l2_ecall(unsigned long rounds); /* enters a guest whose first instruction is ECALL */
void bare_compute(unsigned long rounds);
void bare_memory(unsigned long rounds);

/* Whether the benchmark is wanted: the command line has bench=NAME,... or no such word. */
bool bare_is_chosen(const char *name);

/* All measurements of shadow.c. */
void bare_shadow(void);

/*
 * Runs @code as a guest, in VS-mode without a VS-stage, until it traps. Returns scause. @code loads
 * from @count addresses, the first at @addr, the next @stride bytes further on.
 */
uint64_t bare_run_l2(void (*code)(void), unsigned long count, uint64_t addr, uint64_t stride);
void bare_l2_loads(void);

#endif
