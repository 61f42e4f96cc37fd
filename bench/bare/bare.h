/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

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

#endif
