/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot code of head.S and the places that halite.lds defines. */
#ifndef RISCV_HEAD_H
#define RISCV_HEAD_H

#include <stdint.h>

/* The image: text, read-only data, data, which are in the file, then bss. Page-aligned but for data_end. */
extern char riscv_image_start[], riscv_text_end[], riscv_rodata_end[], riscv_data_end[],
	riscv_image_end[];

/* An ELF note with the build id, NT_GNU_BUILD_ID; nothing if it was linked without. */
extern const char riscv_build_id[], riscv_build_id_end[];

/* The hart that boots, and its stack until there are vCPUs. */
extern uint64_t riscv_boot_hart;
extern char riscv_boot_stack[], riscv_boot_stack_end[];

/* Where the copy of the image at home begins: a0 hart id, a1 device tree, a2 where that was. */
void riscv_home_entry(void);

/* Jump to @entry, which has just been written, with @a0 to @a2. */
_Noreturn void riscv_jump(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t entry);

/* Called from head.S: the first instance, and the one at home. */
_Noreturn void hv_start(uint64_t hartid, void *fdt);
_Noreturn void hv_main(uint64_t hartid, void *fdt, uint64_t old_fdt);

#endif
