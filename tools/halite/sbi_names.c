/* SPDX-License-Identifier: BSD-2-Clause */
#include "sbi_names.h"

#include <stdio.h>

#define FUNCTIONS_MAX 9

static const struct extension {
	uint32_t number;
	const char *name;
	const char *functions[FUNCTIONS_MAX];
} extensions[] = {
	/* Chapter "Legacy Extensions": each is a call by itself. */
	{ 0x00, "legacy set_timer", { "" } },
	{ 0x01, "legacy console_putchar", { "" } },
	{ 0x02, "legacy console_getchar", { "" } },
	{ 0x03, "legacy clear_ipi", { "" } },
	{ 0x04, "legacy send_ipi", { "" } },
	{ 0x05, "legacy remote_fence_i", { "" } },
	{ 0x06, "legacy remote_sfence_vma", { "" } },
	{ 0x07, "legacy remote_sfence_vma_asid", { "" } },
	{ 0x08, "legacy shutdown", { "" } },
	{ 0x10,
	  "BASE",
	  { "get_spec_version", "get_impl_id", "get_impl_version", "probe_extension",
	    "get_mvendorid", "get_marchid", "get_mimpid" } },
	{ 0x54494d45, "TIME", { "set_timer" } },
	{ 0x735049, "IPI", { "send_ipi" } },
	{ 0x52464e43,
	  "RFENCE",
	  { "remote_fence_i", "remote_sfence_vma", "remote_sfence_vma_asid",
	    "remote_hfence_gvma_vmid", "remote_hfence_gvma", "remote_hfence_vvma_asid",
	    "remote_hfence_vvma" } },
	{ 0x48534d, "HSM", { "hart_start", "hart_stop", "hart_get_status", "hart_suspend" } },
	{ 0x53525354, "SRST", { "system_reset" } },
	{ 0x504d55,
	  "PMU",
	  { "num_counters", "counter_get_info", "counter_config_matching", "counter_start",
	    "counter_stop", "counter_fw_read", "counter_fw_read_hi", "snapshot_set_shmem",
	    "event_get_info" } },
	{ 0x4442434e, "DBCN", { "console_write", "console_read", "console_write_byte" } },
	{ 0x53555350, "SUSP", { "system_suspend" } },
	{ 0x43505043, "CPPC", { "probe", "read", "read_hi", "write" } },
	{ 0x4e41434c,
	  "NACL",
	  { "probe_feature", "set_shmem", "sync_csr", "sync_hfence", "sync_sret" } },
	{ 0x535441, "STA", { "set_shmem" } },
	{ 0x46574654, "FWFT", { "set", "get" } },
	/* src/hv/below.h */
	{ 0x0a414c49, "Halite", { "level", "exits" } },
};

void sbi_name(uint32_t extension, uint32_t function, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		const struct extension *e = &extensions[i];
		const char *name = function < FUNCTIONS_MAX ? e->functions[function] : NULL;

		if (e->number != extension)
			continue;
		if (e->functions[0] && !*e->functions[0])
			snprintf(text, size, "%s", e->name);
		else if (name)
			snprintf(text, size, "%s %s", e->name, name);
		else
			snprintf(text, size, "%s function %u", e->name, function);
		return;
	}
	snprintf(text, size, "extension 0x%x function %u", extension, function);
}
