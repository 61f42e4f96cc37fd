/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions. The image runs at any address. Code and data find each other by their
 * distance. Addresses are stored in .data.rel.ro only. In the image as it was linked, each word
 * there that lies in the image is an address (the test code-addresses). This code marks these
 * words, and adds to them what the image has moved since it was linked, or since it was copied.
 * Where the image runs, a number may lie in it, too, so a copy goes by the marks.
 */
#define IMAGE_VERSION		2		/* 0.2: boot-image-header.rst */
#define IMAGE_MAGIC		0x5643534952	/* "RISCV" */
#define IMAGE_MAGIC2		0x05435352	/* "RSC\x05" */
#define IMAGE_TEXT_OFFSET	0x200000

/* PE/COFF, and UEFI "UEFI Images". */
#define PE_MACHINE_RISCV64	0x5064
#define PE_EXECUTABLE		0x0002	/* characteristics: an image without missing symbols */
#define PE_NO_LINE_NUMBERS	0x0004
#define PE_LARGE_ADDRESS_AWARE	0x0020
#define PE_NO_DEBUG		0x0200
#define PE32_PLUS		0x020b
#define PE_EFI_APPLICATION	10
#define PE_NX_COMPAT		0x0100
#define PE_DIRECTORIES		6	/* up to that of base relocations, which is empty */
#define PE_CODE			0x60000020	/* code that is read and executed */
#define PE_DATA			0xc0000040	/* data that is read and written */
#define PE_SECTION_ALIGN	0x1000
#define PE_FILE_ALIGN		0x200	/* halite.lds and pack_write.c align to this, too */

#define BOOT_STACK_SIZE		16384

	.section .head, "ax"
	.option norelax

/*
 * The boot header of Linux for RISC-V, which is a DOS header of a PE image as well. All sizes are
 * differences: no address is adjusted here.
 */
	.globl riscv_image_start
riscv_image_start:
	/* c.li s4, -13 is "MZ". The offset of the jump is too large for a compressed one. */
	.option rvc
	c.li s4, -13
	j first_instance
	c.nop
	.option norvc
	.dword IMAGE_TEXT_OFFSET
	.dword riscv_image_end - riscv_image_start
	.dword 0
	.word IMAGE_VERSION
	.word 0
	.dword 0
	.dword IMAGE_MAGIC
	.word IMAGE_MAGIC2
	.word pe_header - riscv_image_start
	/* struct stats_beacon (hv/stats_format.h), at STATS_BEACON_AT. */
	.ascii "HALITEST"
	.word hv_stats_header - riscv_image_start
	.word 3				/* STATS_VERSION */

/*
 * The PE header. In memory, all is where it is in the file. The section .text is what stays
 * unchanged while EFI runs; .data is all behind it: addresses are adjusted there. halite pack
 * makes .data longer.
 */
pe_header:
	.ascii "PE\0\0"
	.half PE_MACHINE_RISCV64
	.half (sections_end - sections) / 40
	.word 0				/* time */
	.word 0, 0			/* no symbols */
	.half sections - optional_header
	.half PE_EXECUTABLE | PE_NO_LINE_NUMBERS | PE_LARGE_ADDRESS_AWARE | PE_NO_DEBUG
optional_header:
	.half PE32_PLUS
	.half 0				/* version of the linker */
	.word riscv_text_end - text_start
	.word riscv_image_end - riscv_text_end
	.word 0				/* uninitialized data is within .data */
	.word riscv_efi_entry - riscv_image_start
	.word text_start - riscv_image_start
	.dword 0			/* the image runs at any address */
	.word PE_SECTION_ALIGN
	.word PE_FILE_ALIGN
	.half 0, 0			/* version of the operating system */
	/* From 1 on, GRUB passes the ramdisk by LoadFile2, as Linux's EFI stub expects. */
	.half 1, 0			/* version of the image */
	.half 0, 0			/* version of the subsystem */
	.word 0
	.word riscv_image_end - riscv_image_start
	.word text_start - riscv_image_start
	.word 0				/* checksum */
	.half PE_EFI_APPLICATION
	.half PE_NX_COMPAT
	.dword 0, 0, 0, 0		/* stack and heap are EFI's */
	.word 0
	.word PE_DIRECTORIES
	.fill PE_DIRECTORIES, 8, 0
sections:
	.ascii ".text\0\0\0"
	.word riscv_text_end - text_start
	.word text_start - riscv_image_start
	.word riscv_text_end - text_start
	.word text_start - riscv_image_start
	.word 0, 0, 0
	.word PE_CODE
	.ascii ".data\0\0\0"
	.word riscv_image_end - riscv_text_end
	.word riscv_text_end - riscv_image_start
	.word riscv_data_end - riscv_text_end
	.word riscv_text_end - riscv_image_start
	.word 0, 0, 0
	.word PE_DATA
sections_end:

/* halite.lds aligns this section to PE_SECTION_ALIGN. */
	.section .head.text, "ax"
	.option norelax
text_start:

/* The entry from the boot loader: a0 is the hart id, a1 the device tree. */
first_instance:
	lla s3, hv_start
	j prepare

/*
 * The entry from EFI: a0 is the handle of this image, a1 the system table. EFI has zeroed bss, and
 * its stack is in use. Returns a status, if Halite cannot start.
 */
riscv_efi_entry:
	addi sp, sp, -16
	sd ra, (sp)
	call relocate
	call efi_main
	ld ra, (sp)
	addi sp, sp, 16
	ret

/*
 * _Noreturn void riscv_efi_leave(uint64_t hartid, void *fdt): EFI's boot services have ended. Start
 * Halite as a boot loader of Linux Images does. EFI may have mapped memory, each address to itself.
 */
	.globl riscv_efi_leave
riscv_efi_leave:
	csrw sie, zero
	csrw satp, zero
	sfence.vma
	j first_instance

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

	call relocate
	lla sp, riscv_boot_stack_end
	jalr s3

/* Make the stored addresses those of this copy of the image. Changes t0 to t6, a3 and a4. */
relocate:
	lla t0, addresses_start
	lla a3, address_marks
	lbu a4, 0(a3)			/* that of the first word. 0: there are no marks yet */
	lla t1, riscv_rodata_end
	lla t2, riscv_image_start
	lla t3, riscv_image_end
	sub t3, t3, t2			/* the size */
	ld t4, 0(t0)			/* where the image was: the first word says it */
	sub t2, t2, t4			/* how far it has moved */
1:	ld t5, 0(t0)
	bnez a4, 2f
	sub t6, t5, t4
	sltu t6, t6, t3
	sb t6, 0(a3)
2:	lbu t6, 0(a3)
	beqz t6, 3f
	add t5, t5, t2
	sd t5, 0(t0)
3:	addi t0, t0, 8
	addi a3, a3, 1
	bltu t0, t1, 1b
	fence.i
	ret

/* _Noreturn void riscv_jump(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t entry) */
	.globl riscv_jump
riscv_jump:
	fence.i
	jr a3

	.section .addresses_start, "aw"
	.balign 8
addresses_start:
	.dword riscv_image_start

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
