/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions. The image runs at any address. It is linked for HALITE_LINK_ADDRESS, and
 * this code applies the relocations (all are R_RISCV_RELATIVE with addends) for the actual address.
 * The relocations do not depend on the contents of the words, so they can be applied again to a
 * copy.
 */
#define IMAGE_VERSION		2		/* 0.2: boot-image-header.rst */
#define IMAGE_MAGIC		0x5643534952	/* "RISCV" */
#define IMAGE_MAGIC2		0x05435352	/* "RSC\x05" */
#define IMAGE_TEXT_OFFSET	0x200000

#define R_RISCV_RELATIVE	3
#define RELA_SIZE		24

#define BOOT_STACK_SIZE		16384

	.section .head, "ax"
	.option norelax
	.option norvc

/* The boot header of Linux for RISC-V. */
	.globl riscv_image_start
riscv_image_start:
	j first_instance
	nop
	.dword IMAGE_TEXT_OFFSET

	/*
	 * halite.lds puts image_size here. A .dword of a symbol would be a relocation, and 0 in the
	 * file.
	 */
	.section .head.behind_size, "ax"
	.dword 0
	.word IMAGE_VERSION
	.word 0
	.dword 0
	.dword IMAGE_MAGIC
	.word IMAGE_MAGIC2
	.word 0

/* The entry from the boot loader: a0 is the hart id, a1 the device tree. */
first_instance:
	lla s3, hv_start
	j prepare

/*
 * void riscv_home_entry(void): a0 is the hart id, a1 the device tree, a2 the old address of the
 * device tree.
 */
	.globl riscv_home_entry
riscv_home_entry:
	lla s3, hv_main

/*
 * Prepare the hart for C, and call s3 with a0 to a2. Until a vCPU exists, traps go to
 * riscv_early_trap.
 */
prepare:
	csrw sie, zero
	csrw satp, zero
	lla t0, riscv_early_trap
	csrw stvec, t0

	lla t0, riscv_data_end
	lla t1, riscv_image_end
1:	sd zero, 0(t0)
	addi t0, t0, 8
	bltu t0, t1, 1b
	lla t0, riscv_boot_hart
	sd a0, (t0)

	/* t2 is the address of the image minus its link address. */
	lla t2, riscv_image_start
	li t3, HALITE_LINK_ADDRESS
	sub t2, t2, t3
	lla t0, rela_start
	lla t1, rela_end
	j 3f
2:	ld t3, 0(t0)
	ld t4, 8(t0)
	ld t5, 16(t0)
	addi t0, t0, RELA_SIZE
	li t6, R_RISCV_RELATIVE
	bne t4, t6, 3f
	add t3, t3, t2
	add t5, t5, t2
	sd t5, 0(t3)
3:	bltu t0, t1, 2b
	fence.i

	lla sp, riscv_boot_stack_end
	jalr s3

/* _Noreturn void riscv_jump(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t entry) */
	.globl riscv_jump
riscv_jump:
	fence.i
	jr a3

	.section .bss.stack, "aw", @nobits
	.balign 16
	.globl riscv_boot_stack
riscv_boot_stack:
	.space BOOT_STACK_SIZE
	.globl riscv_boot_stack_end
riscv_boot_stack_end:

	.globl riscv_boot_hart
riscv_boot_hart:
	.dword 0
