/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "guest.h"

uint64_t guest_interrupt_controller(const void *fdt)
{
	static const char *const names[] = { "sifive,plic-1.0.0", "riscv,aplic" };
	unsigned int i;
	int node;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (node = fdt_node_offset_by_compatible(fdt, -1, names[i]); node >= 0;
		     node = fdt_node_offset_by_compatible(fdt, node, names[i])) {
			const char *status = fdt_getprop(fdt, node, "status", NULL);
			const fdt32_t *reg = fdt_getprop(fdt, node, "reg", NULL);

			/* The domain of M mode is disabled. */
			if (reg && (!status || !strcmp(status, "okay")))
				return (uint64_t)fdt32_ld(reg) << 32 | fdt32_ld(reg + 1);
		}
	}
	return 0;
}
