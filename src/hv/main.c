/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From firmware to the guest's first instruction. hv_start() runs where firmware has put Halite and
 * moves it home; hv_main() runs there: facts, the domain, its kernel and device tree, then
 * vcpu_boot(). Whatever is not as it must be ends here, in a message.
 */
#include <libfdt.h>
#include <string.h>

#include "hv/below.h"
#include "hv/console.h"
#include "hv/domain.h"
#include "hv/guest_fdt.h"
#include "hv/home.h"
#include "hv/image.h"
#include "hv/modules.h"
#include "hv/options.h"
#include "hv/vcpu.h"
#include "hv/withheld.h"
#include "lib/version.h"
#include "riscv/attempt.h"
#include "riscv/gstage.h"
#include "riscv/head.h"
#include "riscv/imsic.h"
#include "riscv/pte.h"
#include "riscv/sbi_call.h"

#define SBI_VERSION_0_2 2 /* major << 24 | minor */

/* The one machine and the one domain. Large, so not on the stack. */
static struct machine machine;
static struct domain domain;

void hv_early_trap(uint64_t scause, uint64_t sepc, uint64_t stval)
{
	hv_fatal("unexpected trap at boot: scause 0x%lx, sepc 0x%lx, stval 0x%lx",
		 (unsigned long)scause, (unsigned long)sepc, (unsigned long)stval);
}

/* Needs a console that works without the firmware, which only a good device tree can tell of. */
static void check_firmware(const void *fdt)
{
	struct sbi_result r =
		firmware_call(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0, 0, 0, 0, 0);

	if (!r.error && r.value >= SBI_VERSION_0_2)
		return;
	console_use_uart(machine_find_uart(fdt));
	hv_fatal("firmware has no SBI 0.2 or later (its base extension answers %ld)",
		 (long)r.error);
}

void hv_start(uint64_t hartid, void *fdt)
{
	struct range self = home_image();
	struct modules mods;
	uint64_t start;

	console_init();
	machine_check_fdt(fdt, HOME_FDT_MAX);
	console_set_fdt(fdt);
	check_firmware(fdt);
	machine_parse_memory(&machine, fdt);
	modules_find(&mods, fdt, &machine, self);
	if (!home_choose(&machine, &mods, self, &start))
		hv_fatal("too little RAM: no free %lu MiB for Halite",
			 (unsigned long)(HOME_SIZE >> 20));
	home_move(start, hartid, fdt);
}

static void check_isa(const struct machine *m)
{
	unsigned int i;

	for (i = 0; i < m->hart_count; i++) {
		if (!m->harts[i].isa.h)
			hv_fatal(
				"hart %lu has no H extension: it is not in its ISA string in the device tree",
				(unsigned long)m->harts[i].hartid);
	}
}

static uint64_t total(const struct range_list *l)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < l->count; i++)
		sum += l->r[i].size;
	return sum;
}

static void print_intc(const struct machine *m)
{
	if (m->plic.size)
		hv_print("halite: PLIC at 0x%lx with %u sources\n", (unsigned long)m->plic.base,
			 m->plic.ndev);
	if (m->imsic.present)
		hv_print("halite: IMSIC at 0x%lx\n", (unsigned long)m->imsic.reg.start);
	if (m->aplic.size)
		hv_print("halite: APLIC at 0x%lx with %u sources, %s\n",
			 (unsigned long)m->aplic.base, m->aplic.sources,
			 m->aplic.msi ? "sends MSIs" : "has wires");
}

/* The nodes that the guest's device tree lacks, each with its reason. */
static void print_hidden(const struct machine *m, const void *fdt)
{
	unsigned int i;

	for (i = 0; i < m->hidden_count; i++)
		hv_print("%s%s (%s)", i ? ", " : "halite: withheld from the guest: ",
			 devtree_path(fdt, m->hidden[i].node), withheld_why(m->hidden[i].kind));
	if (i)
		hv_print("\n");
}

static void print_facts(const struct domain *d, const void *fdt)
{
	const struct machine *m = d->machine;
	char text[160];

	hv_print("halite: %u hart%s, boot hart %lu, timebase %lu Hz\n", m->hart_count,
		 m->hart_count == 1 ? "" : "s", (unsigned long)m->harts[m->boot_hart].hartid,
		 (unsigned long)m->timebase);
	if (m->harts_left_out)
		hv_warn("%u more harts are not used: %u is the most", m->harts_left_out,
			MACHINE_MAX_HARTS);
	hv_print("halite: ISA extensions of use: %s\n",
		 machine_isa_text(&m->isa, text, sizeof(text)));
	hv_print("halite: RAM from 0x%lx, %lu MiB, of which home has %lu MiB at 0x%lx\n",
		 (unsigned long)m->ram.r[0].start, (unsigned long)(total(&m->ram) >> 20),
		 (unsigned long)(HOME_SIZE >> 20), (unsigned long)d->home.start);
	print_intc(m);
	hv_print("halite: %u device ranges\n", m->devices.count);
	print_hidden(m, fdt);
}

/*
 * L1's own interrupt file is the first guest file of its hart, and what L1 has for its guests are the others. Their pages
 * are devices of its, where they are. Without guest files it is the hart's supervisor-level file, which Halite hands on.
 */
static void share_interrupt_files(struct domain *d, struct machine *m)
{
	unsigned int files = m->imsic.present ? imsic_guest_files() : 0;
	unsigned int most = (1u << m->imsic.guest_index_bits) - 1;
	unsigned int i;

	if (!m->imsic.present)
		return;
	files = files < most ? files : most;
	d->hext.own_file = files ? 1 : 0;
	d->hext.geilen = files - d->hext.own_file;
	for (i = 0; i < m->hart_count; i++) {
		struct range r = {
			m->harts[i].imsic_file + d->hext.own_file * PAGE_SIZE,
			(d->hext.geilen + 1) * PAGE_SIZE,
		};

		if (!range_list_add(&m->devices, r))
			hv_fatal("more than %d ranges of devices", RANGE_LIST_MAX);
	}
	range_list_normalize(&m->devices);
	if (files)
		hv_print(
			"halite: guest interrupt file 1 is the guest's own, it has %u for its guests\n",
			d->hext.geilen);
	else
		hv_print(
			"halite: no guest interrupt file: external interrupts pass through Halite\n");
}

static struct range pages_of(struct range r)
{
	return range_align_out(r, PAGE_SIZE);
}

/*
 * Whether firmware keeps @r, reserved memory, to itself: not all firmware says no-map of its own (OpenSBI before 1.2).
 * Its protection has a few regions, so both ends of a range tell.
 */
static bool is_refused(struct range r)
{
	uint64_t value;

	r = pages_of(r);
	return r.size && !(riscv_try_load(r.start, sizeof(value), &value) &&
			   riscv_try_load(range_end(r) - sizeof(value), sizeof(value), &value));
}

/* What the guest has: all RAM but Halite's and the firmware's, in whole pages. */
static void find_guest_ram(struct domain *d)
{
	const struct machine *m = d->machine;
	bool fits = true;
	unsigned int i;

	for (i = 0; i < m->ram.count; i++) {
		uint64_t start = (m->ram.r[i].start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
		uint64_t end = range_end(m->ram.r[i]) & ~(PAGE_SIZE - 1);

		if (start < end)
			fits &= range_list_add(&d->ram, (struct range){ start, end - start });
	}
	for (i = 0; i < m->no_map.count; i++)
		fits &= range_list_subtract(&d->ram, m->no_map.r[i]);
	for (i = 0; i < m->reserved.count; i++) {
		if (is_refused(m->reserved.r[i]))
			fits &= range_list_subtract(&d->ram, pages_of(m->reserved.r[i]));
	}
	fits &= range_list_subtract(&d->ram, d->home);
	range_list_normalize(&d->ram);
	if (!fits)
		hv_fatal("more than %d ranges of RAM", RANGE_LIST_MAX);
	if (!d->ram.count)
		hv_fatal("too little RAM: none is left for the guest");
}

static uint64_t last_end(const struct range_list *l)
{
	return l->count ? range_end(l->r[l->count - 1]) : 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void map_all(struct identity_map *m, const struct range_list *l, uint64_t flags)
{
	unsigned int i;

	for (i = 0; i < l->count; i++)
		identity_map(m, l->r[i], flags);
}

static struct range between(const void *start, const void *end)
{
	return (struct range){ (uintptr_t)start, (uintptr_t)end - (uintptr_t)start };
}

/* What Halite can reach: its image, of which only the data can be written, the guest's RAM, devices. */
static void make_own_map(struct domain *d, struct page_pool *pool)
{
	const struct machine *m = d->machine;
	const void *home_end = (const void *)(uintptr_t)range_end(d->home);
	struct identity_map *own = &d->own_map;
	static struct range_list intc;

	range_list_add(&intc, (struct range){ m->plic.base, m->plic.size });
	range_list_add(&intc, (struct range){ m->aplic.base, m->aplic.size });
	identity_init_own(own, pool,
			  larger(larger(last_end(&m->ram), last_end(&m->devices)),
				 last_end(&intc)));
	map_all(own, &d->ram, PTE_R | PTE_W);
	map_all(own, &m->devices, PTE_R | PTE_W);
	map_all(own, &intc, PTE_R | PTE_W);
	identity_map(own, between(riscv_image_start, riscv_text_end), PTE_R | PTE_X);
	identity_map(own, between(riscv_text_end, riscv_rodata_end), PTE_R);
	identity_map(own, between(riscv_rodata_end, home_end), PTE_R | PTE_W);
}

static void make_maps(struct domain *d, const void *fdt)
{
	const struct range_list *devices = &d->machine->devices;
	struct range r = home_pool(fdt);
	static struct page_pool pool;

	pool = (struct page_pool){ r.start, range_end(r) };
	identity_init_gstage(&d->gstage, &pool, gstage_modes(),
			     larger(last_end(&d->ram), last_end(devices)));
	map_all(&d->gstage, &d->ram, PTE_R | PTE_W | PTE_X);
	/* With X: what a device has behind a window can be memory. */
	map_all(&d->gstage, devices, PTE_R | PTE_W | PTE_X);
	make_own_map(d, &pool);
	d->pool = (void *)(uintptr_t)pool.next;
	d->pool_size = pool.end - pool.next;
	hv_print("halite: G-stage Sv%ux4 in %u pages, own map Sv%u in %u pages, %lu pages left\n",
		 12 + 9 * d->gstage.levels, identity_table_pages(&d->gstage),
		 12 + 9 * d->own_map.levels, identity_table_pages(&d->own_map),
		 (unsigned long)pages_left(&pool));
}

static void keep(struct range_list *l, struct range r)
{
	if (!range_list_add(l, r))
		hv_fatal("more than %d ranges of memory in use", RANGE_LIST_MAX);
}

/* Where the bare machine's tree was, if that is free, else as high as there is room. */
static uint64_t place_fdt(const struct domain *d, const struct range_list *used, uint64_t size,
			  uint64_t old_fdt)
{
	static struct range_list room;
	unsigned int i;
	bool fits = true;
	uint64_t at;

	room = d->ram;
	for (i = 0; i < used->count; i++)
		fits &= range_list_subtract(&room, used->r[i]);
	if (fits && range_is_valid(old_fdt, size) &&
	    range_list_contains(&room, (struct range){ old_fdt, size }))
		return old_fdt;
	if (!fits || (!range_list_highest(&room, size, HOME_ALIGN, &at) &&
		      !range_list_highest(&room, size, PAGE_SIZE, &at)))
		hv_fatal("too little RAM: no room for the guest's device tree");
	return at;
}

static _Noreturn void start_guest(struct domain *d, const void *fdt, const struct modules *mods,
				  uint64_t old_fdt)
{
	static struct range_list used;
	uint64_t size = guest_fdt_size(fdt, mods);
	unsigned int i;
	struct image img;
	uint64_t guest_fdt;

	used = d->machine->reserved;
	keep(&used, d->home);
	keep(&used, mods->ramdisk);
	for (i = 0; i < mods->further_count; i++)
		keep(&used, mods->further[i]);
	image_load(&img, mods->kernel, &d->machine->ram, &used);
	keep(&used, img.memory);
	guest_fdt = place_fdt(d, &used, size, old_fdt);
	guest_fdt_make((void *)(uintptr_t)guest_fdt, size, fdt, d->machine, mods, d->home,
		       d->hext.own_file);
	if (d->stats)
		guest_fdt_end_by_sbi((void *)(uintptr_t)guest_fdt);
	hv_print("halite: kernel at 0x%lx, entry 0x%lx, device tree at 0x%lx\n",
		 (unsigned long)img.memory.start, (unsigned long)img.entry,
		 (unsigned long)guest_fdt);
	vcpu_boot(d, img.entry, guest_fdt);
}

void hv_main(uint64_t hartid, void *fdt, uint64_t old_fdt)
{
	struct domain *d = &domain;
	struct options options;
	struct modules mods;
	char text[80];

	console_init();
	console_set_fdt(fdt);
	options_parse(&options, machine_bootargs(fdt));
	machine_parse(&machine, fdt, hartid, options.given);
	hv_print("Halite " HALITE_VERSION " (nacl: %s)\n",
		 options_nacl_text(&options, text, sizeof(text)));
	d->level = below_find();
	hv_print("halite: level %u, SBI NACL below: %s", d->level,
		 below_nacl_text(text, sizeof(text)));
	hv_print(", for the guest: %s\n", options_nacl_text(&options, text, sizeof(text)));
	d->stats = options.stats;
	d->slow = options.slow;
	d->machine = &machine;
	d->home = (struct range){ home_image().start, HOME_SIZE };
	d->nacl_offered = options.nacl_offered;
	d->nacl_features = options.nacl_features;
	modules_find(&mods, fdt, &machine, d->home);
	print_facts(d, fdt);
	check_isa(&machine);
	share_interrupt_files(d, &machine);
	find_guest_ram(d);
	make_maps(d, fdt);
	start_guest(d, fdt, &mods, old_fdt);
}
