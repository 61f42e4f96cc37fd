/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of a bare-metal guest that runs at any address: the boot header of Linux for RISC-V, and
 * code that applies the relocations, all of which are R_RISCV_RELATIVE. Then come _start of
 * guests/lib/start.S or of the guest.
 */
#define IMAGE_MAGIC	 0x5643534952	/* "RISCV" */
#define IMAGE_MAGIC2	 0x05435352	/* "RSC\x05" */
#define TEXT_OFFSET	 0x200000
#define R_RISCV_RELATIVE 3
#define RELA_SIZE	 24

	.section .head, "ax"
	.option norvc
	.option norelax
	.globl image_start
image_start:
	j relocate
	nop
	.dword TEXT_OFFSET
	.dword _end - image_start
	.dword 0
	.word 2				/* version 0.2 */
	.word 0
	.dword 0
	.dword IMAGE_MAGIC
	.word IMAGE_MAGIC2
	.word 0

/*
 * a0 and a1 are the guest's. The image is linked for address 0. The linker may leave empty entries
 * behind the relocations.
 */
relocate:
	lla t2, image_start
	lla t0, rela_start
	lla t1, rela_end
	j 2f
1:	ld t3, 0(t0)
	ld t4, 8(t0)
	ld t5, 16(t0)
	addi t0, t0, RELA_SIZE
	li t6, R_RISCV_RELATIVE
	bne t4, t6, 3f
	add t3, t3, t2
	add t5, t5, t2
	sd t5, 0(t3)
2:	bltu t0, t1, 1b
	/* Memory may have the values of the time before a reset. */
3:	lla t0, bss_start
	lla t1, _end
4:	sd zero, 0(t0)
	addi t0, t0, 8
	bltu t0, t1, 4b
	fence.i
	tail _start
