/* SPDX-License-Identifier: BSD-2-Clause */
/* void bare_NAME(unsigned long rounds), declared in bare.h. */
#include "../loops.h"
#include "../marker.h"

#define SBI_BASE     0x10
#define SBI_TIME     0x54494d45
#define CSR_VSSTATUS 0x200
#define CSR_VSIE     0x204
#define CSR_VSSCRATCH 0x240
#define CSR_VSTIMECMP 0x24d
#define CSR_VSATP    0x280
#define CSR_HSTATUS  0x600
#define CSR_HTVAL    0x643
#define CSR_HVIP     0x645
#define CSR_HTINST   0x64a
#define CSR_HGATP    0x680
#define HSTATUS_SPV_SPVP 0x180
#define SSTATUS_SPP  0x100
#define MEMORY	     0x90000000

	.text
	.option norelax

	/* Afterwards s2 = rounds; the loop may change s3 and s4. */
	.macro enter name
	.globl bare_\name
bare_\name:
	addi sp, sp, -32
	sd s2, 0(sp)
	sd s3, 8(sp)
	sd s4, 16(sp)
	mv s2, a0
	.endm

	.macro begin
	bench_marker BENCH_MARKER_BEGIN
1:
	.endm

	.macro again
	addi s2, s2, -1
	bnez s2, 1b
	.endm

	.macro leave
	bench_marker BENCH_MARKER_END
	ld s2, 0(sp)
	ld s3, 8(sp)
	ld s4, 16(sp)
	addi sp, sp, 32
	ret
	.endm

	.macro measure name, instruction:vararg
	enter \name
	begin
	\instruction
	again
	leave
	.endm

	enter sbi_base
	li a6, 0
	li a7, SBI_BASE
	begin
	ecall
	again
	leave

	enter sbi_timer
	li a6, 0
	li a7, SBI_TIME
	begin
	li a0, -1
	ecall
	again
	leave

	measure hstatus_read, csrr a5, CSR_HSTATUS
	measure htval_read, csrr a5, CSR_HTVAL
	measure htinst_read, csrr a5, CSR_HTINST
	measure hvip_write, csrw CSR_HVIP, zero
	measure vsie_read, csrr a5, CSR_VSIE
	measure vsscratch_swap, csrrw a5, CSR_VSSCRATCH, a5
	measure vsatp_write, csrw CSR_VSATP, zero
	measure hgatp_write, csrw CSR_HGATP, zero
	measure hfence_gvma, .insn r 0x73, 0, 0x31, x0, x0, x0
	measure hfence_vvma, .insn r 0x73, 0, 0x11, x0, x0, x0

	enter hstatus_swap
	csrr a5, CSR_HSTATUS
	begin
	csrrw a5, CSR_HSTATUS, a5
	again
	leave

	enter vstimecmp_write
	li a5, -1
	begin
	csrw CSR_VSTIMECMP, a5
	again
	leave

/* Each entry needs SPV and SPVP to be set. The guest's ECALL traps to 3. */
	enter l2_ecall
	lla t0, 3f
	csrrw s3, stvec, t0
	lla s4, l2
	li t1, HSTATUS_SPV_SPVP
	li t2, SSTATUS_SPP
	begin
	csrw sepc, s4
	csrs CSR_HSTATUS, t1
	csrs sstatus, t2
	sret
	.balign 4
3:	again
	csrw stvec, s3
	leave

	.balign 4
l2:
	ecall

	enter compute
	bench_marker BENCH_MARKER_BEGIN
	loop_compute
	leave

	enter memory
	li s3, MEMORY
	bench_marker BENCH_MARKER_BEGIN
	loop_memory
	leave
