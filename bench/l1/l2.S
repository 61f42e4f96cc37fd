/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest of the KVM program: a loop for each measurement, in VS-mode with vsatp = 0. The code is
 * position-independent.
 */
#include "../loops.h"
#include "../marker.h"
#include "l2.h"

#define SBI_BASE     0x10
#define SBI_TIME     0x54494d45
#define SBI_IPI	     0x735049
#define STIMECMP     0x14d
#define SIP_SSIP     0x2
#define SSTATUS_SIE  0x2
#define SIE_SSIE     0x2
#define SIE_STIE     0x20
#define WFI_TICKS    1000

	.section .rodata
	.balign 4096
	.option norelax
	.globl l2_start, l2_end

/*
 * a0 = vCPU number. Then s1 = the vCPU's shared page, s2 = rounds, s3 = an address, s4 = stride,
 * s5 = time at the begin of the run.
 */
l2_start:
	slli a0, a0, 12
	li s1, L2_SHARED
	add s1, s1, a0
	csrw sie, zero
	lla t0, trap
	csrw stvec, t0
ready:
	li a6, 0
	li a7, L2_EXT_READY
	ecall
	mv s3, a1
	ld s2, L2_SHARED_ROUNDS(s1)
	ld s4, L2_SHARED_STRIDE(s1)
	jr a0

/* The only trap is the timer interrupt of l2_timer_fire. Sets s6 to 1. */
	.balign 4
trap:
	li t1, -1
	csrw STIMECMP, t1
	li s6, 1
	sret

	.macro begin
	rdtime s5
	bench_marker BENCH_MARKER_BEGIN
	.endm

	.macro end
	bench_marker BENCH_MARKER_END
	rdtime t0
	sub t0, t0, s5
	sd t0, L2_SHARED_TICKS(s1)
	j ready
	.endm

	.macro again
	addi s2, s2, -1
	bnez s2, 1b
	.endm

	/* A measurement of one instruction. */
	.macro measure name, instruction:vararg
	.globl l2_\name
l2_\name:
	begin
1:	\instruction
	again
	end
	.endm

	.globl l2_sbi_kernel, l2_sbi_user, l2_timer_sbi
l2_sbi_kernel:
	li a6, 0
	li a7, SBI_BASE
	begin
1:	ecall
	again
	end

l2_sbi_user:
	li a6, 1
	li a7, L2_EXT_VENDOR
	begin
1:	ecall
	again
	end

l2_timer_sbi:
	li a6, 0
	li a7, SBI_TIME
	begin
1:	li a0, -1
	ecall
	again
	end

	.globl l2_mmio_write, l2_mmio_read
l2_mmio_write:
	li s3, L2_MMIO
	begin
1:	sw zero, (s3)
	again
	end

l2_mmio_read:
	li s3, L2_MMIO
	begin
1:	lw t0, (s3)
	again
	end

/* One access to each page; the pages are s4 bytes apart. */
	.globl l2_store, l2_load, l2_fill, l2_store_each, l2_nothing
l2_store:
	begin
1:	sd zero, (s3)
	add s3, s3, s4
	again
	end

l2_load:
	begin
1:	ld t0, (s3)
	add s3, s3, s4
	again
	end

/* Stores to pages drawn at random from s4 pages, which are 2 MiB apart. */
	.globl l2_store_random
l2_store_random:
	rdtime t0
	li t1, 6364136223846793005
	li t2, 1442695040888963407
	begin
1:	mul t0, t0, t1
	add t0, t0, t2
	srli t3, t0, 32
	mul t3, t3, s4
	srli t3, t3, 32
	slli t3, t3, L2_SPARSE_STEP_SHIFT
	add t3, t3, s3
	sd zero, (t3)
	again
	end

/* The same stores as those of l2_store, not measured. */
l2_fill:
1:	sd zero, (s3)
	add s3, s3, s4
	again
	j ready

/* A store, and then a call of user space. User space measures this. */
l2_store_each:
	li a6, 1
	li a7, L2_EXT_VENDOR
1:	sd zero, (s3)
	add s3, s3, s4
	ecall
	again
	j ready

l2_nothing:
	j ready

	measure csr_sie, csrci sie, SIE_SSIE
	measure csr_sip, csrci sip, SIP_SSIP
	measure csr_sscratch, csrw sscratch, zero
	measure csr_satp, csrw satp, zero
	measure sfence, sfence.vma
	measure rdtime, rdtime t0

	.globl l2_timer_sstc, l2_timer_fire, l2_wfi
l2_timer_sstc:
	li t1, -1
	begin
1:	csrw STIMECMP, t1
	again
	end

/* The interrupt is pending before SIE is set. A round ends when the handler has run. */
l2_timer_fire:
	csrci sstatus, SSTATUS_SIE
	li t1, SIE_STIE
	csrw sie, t1
	begin
1:	csrci sstatus, SSTATUS_SIE
	li s6, 0
	csrw STIMECMP, zero
	csrsi sstatus, SSTATUS_SIE
2:	beqz s6, 2b
	again
	csrci sstatus, SSTATUS_SIE
	csrw sie, zero
	end

/* Waits for the timer in WFI. */
l2_wfi:
	li t1, SIE_STIE
	csrw sie, t1
	begin
1:	rdtime t0
	addi t0, t0, WFI_TICKS
	csrw STIMECMP, t0
	wfi
	again
	li t1, -1
	csrw STIMECMP, t1
	csrw sie, zero
	end

	.macro send_ipi vcpu
	li a0, 1 << \vcpu
	li a1, 0
	li a6, 0
	li a7, SBI_IPI
	ecall
	.endm

	.macro wait_ipi
3:	wfi
	csrr t0, sip
	andi t0, t0, SIP_SSIP
	beqz t0, 3b
	csrci sip, SIP_SSIP
	.endm

/* vCPU 0 sends an IPI and waits for the answer. vCPU 1 waits and answers. */
	.globl l2_ipi_first, l2_ipi_second
l2_ipi_first:
	csrwi sie, SIE_SSIE
	begin
1:	send_ipi 1
	wait_ipi
	again
	csrw sie, zero
	end

l2_ipi_second:
	csrwi sie, SIE_SSIE
1:	wait_ipi
	send_ipi 0
	again
	csrw sie, zero
	j ready

	.globl l2_compute, l2_memory
l2_compute:
	begin
	loop_compute
	end

l2_memory:
	begin
	loop_memory
	end
l2_end:

	.text
	.option relax
	.globl l1_compute, l1_memory
/* void l1_compute(unsigned long rounds); void l1_memory(unsigned long rounds, void *memory) */
l1_compute:
	addi sp, sp, -16
	sd s2, 0(sp)
	mv s2, a0
	loop_compute
	ld s2, 0(sp)
	addi sp, sp, 16
	ret

l1_memory:
	addi sp, sp, -16
	sd s2, 0(sp)
	sd s3, 8(sp)
	mv s2, a0
	mv s3, a1
	loop_memory
	ld s2, 0(sp)
	ld s3, 8(sp)
	addi sp, sp, 16
	ret

	.section .note.GNU-stack, "", @progbits
