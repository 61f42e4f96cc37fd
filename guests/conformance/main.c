/* SPDX-License-Identifier: BSD-2-Clause */
/* All areas, in an order that stays: new ones go to the end. */
#include "aia.h"

void guest_main(uint64_t hartid, const void *fdt)
{
	guest_print("KTAP version 1\n");
	aia_find(fdt);
	hart_init(hartid);
	aia_probe();
	if (me->area)
		guest_print("# SBI NACL, features 0x%x\n", me->features);
	check_csr_values();
	check_aliases();
	check_csr_access();
	check_counters();
	check_delegation();
	check_instructions();
	check_sret();
	check_hypervisor_access();
	check_page_sizes();
	check_permissions();
	check_walk_faults();
	check_fences();
	check_interrupts();
	check_harts();
	check_csr_forms();
	check_transformed();
	check_devices();
	check_vectored();
	check_own_paging();
	check_all_registers();
	check_aia();
	check_own_interrupts();
	report_end();
}
