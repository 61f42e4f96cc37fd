/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot code of head.S and the places that halite.lds defines. */
#ifndef RISCV_HEAD_H
#define RISCV_HEAD_H

#include <stdint.h>

/* The image: text, read-only data, data, which are in the file, then bss. Page-aligned but for data_end. */
extern char riscv_image_start[], riscv_text_end[], riscv_rodata_end[], riscv_data_end[],
	riscv_image_end[];

/* Where the copy of the image at home begins: a0 hart id, a1 device tree, a2 where that was. */
void riscv_home_entry(void);

/* Jump to @entry, which has just been written, with @a0 to @a2. */
_Noreturn void riscv_jump(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t entry);

/* Called from head.S: the first instance, the one at home, and a trap before a vCPU exists. */
_Noreturn void hv_start(uint64_t hartid, void *fdt);
_Noreturn void hv_main(uint64_t hartid, void *fdt, uint64_t old_fdt);
_Noreturn void hv_early_trap(uint64_t scause, uint64_t sepc, uint64_t stval);

#endif
