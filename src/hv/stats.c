/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/console.h"
#include "hv/stats.h"
#include "hv/vcpu.h"

static const char *const names[STAT_COUNT] = {
	[STAT_L1_SBI] = "l1-sbi",	[STAT_L1_NACL] = "l1-nacl",
	[STAT_L1_CSR] = "l1-csr",	[STAT_L1_HFENCE] = "l1-hfence",
	[STAT_L1_SRET] = "l1-sret",	[STAT_L1_ACCESS] = "l1-hlv-hsv",
	[STAT_L1_WAIT] = "l1-wfi",	[STAT_L1_MEMORY] = "l1-memory",
	[STAT_L1_OTHER] = "l1-other",	[STAT_L2_FILL] = "l2-fill",
	[STAT_L2_MEMORY] = "l2-memory", [STAT_L2_OTHER] = "l2-other",
	[STAT_INTERRUPT] = "interrupt",
};

void stats_print_pool(struct domain *d)
{
	struct hext_shadow_use use;

	if (!static_key(KEY_STATS))
		return;
	hext_shadow_use(&d->shadows, &use);
	hv_print("halite: level %u: pool: shadows %u of %u, tables %u of %u, lost %u, "
		 "taken away %lu times, %lu reclaimed\n",
		 d->host->level, use.shadows_used, use.shadows, use.tables_used, use.tables,
		 use.tables_lost, (unsigned long)use.drains, (unsigned long)use.reclaimed);
}

void stats_print(const struct domain *d)
{
	unsigned int i, stat;

	if (!static_key(KEY_STATS))
		return;
	for (stat = 0; stat < STAT_COUNT; stat++) {
		uint64_t sum = 0;

		for (i = 0; i < d->vcpu_count; i++)
			sum += d->vcpus[i]->stats.count[stat];
		hv_print("halite: level %u: exits %s %lu\n", d->host->level, names[stat],
			 (unsigned long)sum);
	}
}
