/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface between the KVM program and its guest (l2.S). */
#ifndef BENCH_L2_H
#define BENCH_L2_H

/* The guest's physical addresses. Nothing is mapped at L2_MMIO. */
#define L2_CODE		     0x80000000
#define L2_SHARED	     0x80100000
#define L2_CODE_SIZE	     0x200000
#define L2_SMALL	     0x90000000 /* backed by pages of 4 KiB */
#define L2_HUGE		     0xa0000000 /* backed by pages of 2 MiB */
#define L2_MMIO		     0x10000000
#define L2_SPARSE	     0x100000000 /* backed by pages of 4 KiB, of which few are used */
#define L2_SPARSE_STEP_SHIFT 21

/* Offsets in the shared page of a vCPU, which is at L2_SHARED + 4096 * id. */
#define L2_SHARED_ROUNDS 0
#define L2_SHARED_STRIDE 8
#define L2_SHARED_TICKS	 16 /* length of the last run */

/*
 * SBI extensions that the program answers. READY (experimental space): the last run is over; the
 * answer is the address of the next code in a0, and an address for its accesses in a1. VENDOR
 * (vendor space): the answer is 0.
 */
#define L2_EXT_READY  0x08000000
#define L2_EXT_VENDOR 0x09000000

#ifndef __ASSEMBLER__
extern const char l2_start[], l2_end[];
/* The loops in the guest's code. */
extern const char l2_sbi_kernel[], l2_sbi_user[], l2_mmio_write[], l2_mmio_read[];
extern const char l2_store[], l2_load[], l2_fill[], l2_store_each[], l2_nothing[],
	l2_store_random[];
extern const char l2_timer_sbi[], l2_timer_sstc[], l2_timer_fire[], l2_wfi[];
extern const char l2_ipi_first[], l2_ipi_second[];
extern const char l2_csr_sie[], l2_csr_sip[], l2_csr_sscratch[], l2_csr_satp[], l2_sfence[],
	l2_rdtime[];
extern const char l2_compute[], l2_memory[];

/* The same loops for L1's user space. */
void l1_compute(unsigned long rounds);
void l1_memory(unsigned long rounds, void *memory);
#endif

#endif
