/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot code of head.S, and the symbols that halite.lds defines. */
#ifndef RISCV_HEAD_H
#define RISCV_HEAD_H

#include <stdint.h>

/*
 * The image: text, read-only data and data, which are in the file, and bss. All symbols but
 * riscv_data_end are page-aligned.
 */
extern char riscv_image_start[], riscv_text_end[], riscv_rodata_end[], riscv_data_end[],
	riscv_image_end[];

/*
 * The ELF note with the build id, NT_GNU_BUILD_ID. Empty if Halite is linked without a build id.
 * (generic ABI, "Note Section": two sizes, a type, the name "GNU", and the id.)
 */
#define RISCV_NOTE_HEADER 16
extern const char riscv_build_id[], riscv_build_id_end[];

/* The id of the boot hart, and its stack until there are vCPUs. */
extern uint64_t riscv_boot_hart;
extern char riscv_boot_stack[], riscv_boot_stack_end[];

/*
 * The entry of the copy of the image at home. a0 is the hart id, a1 the device tree, a2 the old
 * address of the device tree.
 */
void riscv_home_entry(void);

/* Jump to @entry with @a0 to @a2. The code at @entry has just been written. */
_Noreturn void riscv_jump(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t entry);

/*
 * EFI's boot services have ended: start Halite as a boot loader does that gives @hartid and @fdt.
 */
_Noreturn void riscv_efi_leave(uint64_t hartid, void *fdt);

/* Called from head.S: hv_start() in the first image, hv_main() in the copy at home. */
_Noreturn void hv_start(uint64_t hartid, void *fdt);
_Noreturn void hv_main(uint64_t hartid, void *fdt, uint64_t old_fdt);

#endif
