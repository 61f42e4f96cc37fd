/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words on the command line: part=NAME selects a part (default: all parts but registers); "all"
 * makes each part try everything. Other harts disturb Halite at the same time. Runs on QEMU's virt
 * machine, in Halite or bare.
 */
#include "cage.h"

static volatile bool stop;
static volatile bool ended[MAX_HARTS];

static void wanted_parts(const void *fdt)
{
	const bool some = has_word(fdt, "part="), all = has_word(fdt, "all");

	if (!some || has_word(fdt, "part=leaf"))
		check_leaf_in_device();
	if (!some || has_word(fdt, "part=told"))
		check_told_right();
	if (!some || has_word(fdt, "part=again"))
		check_fetched_again();
	if (!some || has_word(fdt, "part=tables"))
		check_all_tables(all);
	if (all || has_word(fdt, "part=registers"))
		check_registers();
}

static uint64_t hart_status(uint64_t id)
{
	struct guest_result r = guest_sbi(EXT_HSM, 2, id, 0, 0, 0, 0);

	return r.error ? UINT64_MAX : r.value;
}

void guest_second_main(uint64_t hartid)
{
	hart_init(hartid);
	disturb(&stop);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	ended[hartid] = true;
}

static void start_others(void)
{
	unsigned int i;

	for (i = 0; i < MAX_HARTS; i++) {
		if (i != me->id && hart_status(i) == 1)
			guest_sbi(EXT_HSM, 0, i, (uintptr_t)cage_second_start,
				  (uintptr_t)cage_stacks[i + 1], 0, 0);
	}
}

static void end_others(void)
{
	unsigned int i;

	stop = true;
	for (i = 0; i < MAX_HARTS; i++) {
		if (i == me->id || hart_status(i) > 1)
			continue;
		while (hart_status(i) == 0 && !ended[i])
			;
		if (harts[i].wrong)
			wrong("hart %u, %lu times in %lu rounds: %s", i,
			      (unsigned long)harts[i].wrong, (unsigned long)harts[i].rounds,
			      harts[i].note);
		if (!harts[i].rounds)
			wrong("hart %u did nothing", i);
	}
	check_wrong("what other harts saw meanwhile");
}

void guest_main(uint64_t hartid, const void *fdt)
{
	places_init(fdt);
	hart_init(hartid);
	arm_watchdog(60);
	guest_print("# %s, %u places, RAM ends at 0x%lx\n", native ? "the bare machine" : "Halite",
		    place_count, (unsigned long)memory_end);
	check_sane("at first");
	/* This part needs a stopped hart. */
	if (!has_word(fdt, "part=") || has_word(fdt, "part=areas"))
		check_areas(has_word(fdt, "all"));
	start_others();
	arm_watchdog(60);
	wanted_parts(fdt);
	end_others();
	check_sane("at the end");
	guest_finish();
}
