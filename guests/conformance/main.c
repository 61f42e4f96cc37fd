/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs all areas, in a fixed order; new areas are added at the end. Words area=NAME on the command
 * line select areas.
 */
#include "aia.h"

/* clang-format off */
static const struct area {
	const char *name;
	void (*check)(void);
} areas[] = {
	{ "csr", check_csr_values },
	{ "alias", check_aliases },
	{ "access", check_csr_access },
	{ "counter", check_counters },
	{ "deleg", check_delegation },
	{ "insn", check_instructions },
	{ "sret", check_sret },
	{ "hlv", check_hypervisor_access },
	{ "size", check_page_sizes },
	{ "perm", check_permissions },
	{ "walk", check_walk_faults },
	{ "fence", check_fences },
	{ "irq", check_interrupts },
	{ "harts", check_harts },
	{ "form", check_csr_forms },
	{ "transformed", check_transformed },
	{ "device", check_devices },
	{ "stvec", check_vectored },
	{ "paging", check_hs_paging },
	{ "regs", check_all_registers },
	{ "aia", check_aia },
	{ "pending", check_hs_interrupts },
	{ "leak", check_leaks },
	{ "told", check_told },
	{ "cbo", check_cache_blocks },
	{ "stale", check_stale_htinst },
	{ "rows", check_rows },
	{ "wide", check_wide },
	{ "mask", check_masking },
	{ "lcofi", check_lcofi },
	{ "pte", check_pte_bits },
};
/* clang-format on */

void guest_main(uint64_t hartid, const void *fdt)
{
	unsigned int i;

	guest_print("KTAP version 1\n");
	machine_find(fdt);
	aia_find(fdt);
	hart_init(hartid);
	aia_probe();
	if (me->area)
		guest_print("# SBI NACL, features 0x%x\n", me->features);
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		if (area_wanted(areas[i].name))
			areas[i].check();
	}
	report_end();
}
