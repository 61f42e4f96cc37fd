/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From firmware to the guest's first instruction. hv_start() runs at the address where firmware has
 * loaded Halite. It chooses the home and moves Halite there. hv_main() runs at home. It reads the
 * facts about the machine, builds the domains, loads their kernels, makes their device trees, and
 * calls bringup_start(). Any error here is fatal: hv_fatal() logs the reason.
 */
#include <libfdt.h>
#include <string.h>

#include "hv/aplic.h"
#include "hv/below.h"
#include "hv/bringup.h"
#include "hv/console.h"
#include "hv/domain.h"
#include "hv/domain_config.h"
#include "hv/domain_console.h"
#include "hv/domain_load.h"
#include "hv/home.h"
#include "hv/iommu_boot.h"
#include "hv/modules.h"
#include "hv/options.h"
#include "hv/pack.h"
#include "hv/pack_domains.h"
#include "hv/plic.h"
#include "hv/shared.h"
#include "hv/shared_boot.h"
#include "hv/stats_format.h"
#include "hv/terminal.h"
#include "hv/withheld.h"
#include "lib/page.h"
#include "lib/pages.h"
#include "lib/version.h"
#include "riscv/head.h"
#include "riscv/sbi_call.h"

#define SBI_VERSION_0_2 2 /* major << 24 | minor */

/* Too large for the stack. */
static struct host host;

/* hv_start() finds it. It is in .data and not in bss, so home_move() copies it. */
static struct pack pack __attribute__((section(".data")));

/*
 * Refuse firmware without SBI 0.2, which may have no console. The message then goes to a UART of
 * the machine. @fdt gives the UART's address, so the caller has checked @fdt before.
 */
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
	const void *tree;
	struct modules mods;
	struct page_pool memory = home_first_memory(), before = memory;
	struct range home;
	unsigned int cpus;
	uint64_t rings;

	console_init();
	array_use(&memory);
	machine_check_fdt(fdt, HOME_FDT_MAX);
	console_use_finisher(machine_find_finisher, fdt);
	check_firmware(fdt);
	pack_release_ramdisk(fdt);
	machine_parse_memory(&host.machine, fdt);
	pack_find(&pack, fdt, &host.machine, self);
	tree = pack_add_domains(&pack, pack_choose_fdt(&pack, fdt, &host.machine));
	if (tree != fdt) {
		machine_check_fdt(tree, HOME_FDT_MAX);
		/* The lists of the loader's tree are not in use any more. */
		memory = before;
		machine_parse_memory(&host.machine, tree);
	}
	modules_find_packed(&mods, tree, &host.machine, self, &pack);
	cpus = machine_count_cpus(&host.machine, tree);
	rings = options_trace(pack_words(&pack, tree)) * sizeof(struct stats_event);
	before = memory;
	/* If there is no place for so many harts, Halite leaves out some, and hv_main() says so. */
	while (!home_choose(&host.machine, &mods, self, cpus, rings,
			    options_tables(pack_words(&pack, tree)), &home)) {
		if (cpus <= 8)
			hv_fatal("too little RAM: no free %lu MiB for Halite",
				 (unsigned long)(home_size(cpus, rings) >> 20));
		cpus = cpus * 7 / 8;
		/* The lists of home_choose() are not in use any more. */
		memory = before;
	}
	/* hv_main() clears the tree in use. Domains are to learn nothing from the loader's. */
	if (mods.domains && tree != fdt) {
		console_use_finisher(machine_find_finisher, tree);
		memset(fdt, 0, fdt_totalsize(fdt));
	}
	home_move(home, hartid, tree);
}

static void print_intc(const struct machine *m)
{
	unsigned int i;

	for (i = 0; i < m->plic_count; i++)
		hv_print("halite: PLIC at 0x%lx with %u sources\n", (unsigned long)m->plics[i].base,
			 m->plics[i].ndev);
	if (m->imsic.present)
		hv_print("halite: IMSIC at 0x%lx\n", (unsigned long)m->imsic.reg.r[0].start);
	for (i = 0; i < m->aplic_count; i++)
		hv_print("halite: APLIC at 0x%lx with %u sources, %s\n",
			 (unsigned long)m->aplics[i].base, m->aplics[i].sources,
			 m->aplics[i].msi ? "sends MSIs" : "has wires");
}

/* Log the nodes that the guest's device tree lacks, each with the reason. */
static void print_hidden(const struct machine *m)
{
	unsigned int i;

	for (i = 0; i < m->hidden_count; i++)
		hv_print("%s%s (%s)",
			 i ? ", " : "halite: withheld from the guest: ", m->hidden[i].path,
			 withheld_why(m->hidden[i].kind));
	if (i)
		hv_print("\n");
}

static void print_facts(const struct host *h)
{
	const struct machine *m = &h->machine;
	char text[160];

	hv_print("halite: %u hart%s, boot hart %lu, timebase %lu Hz\n", m->hart_count,
		 m->hart_count == 1 ? "" : "s", (unsigned long)m->harts[m->boot_hart].hartid,
		 (unsigned long)m->timebase);
	if (m->harts_left_out)
		hv_warn("%u more harts are not used: %u is the most%s", m->harts_left_out,
			m->hart_count,
			m->hart_count < MACHINE_MAX_HARTS ? " that Halite's memory is enough for"
							  : "");
	if (m->harts_without_h)
		hv_warn("%u harts are not used: they have no H extension", m->harts_without_h);
	hv_print("halite: ISA extensions of use: %s\n",
		 machine_isa_text(&m->isa, text, sizeof(text)));
	hv_print("halite: RAM from 0x%lx, %lu MiB, of which home has %lu MiB at 0x%lx\n",
		 (unsigned long)m->ram.r[0].start, (unsigned long)(range_list_total(&m->ram) >> 20),
		 (unsigned long)(h->home.size >> 20), (unsigned long)h->home.start);
	print_intc(m);
	hv_print("halite: %u device ranges\n", m->devices.count);
	print_hidden(m);
}

/* What a boot loader gives to its kernel is for none of several domains. */
static void warn_of_unused(const void *fdt)
{
	if (pack.domains.size && (pack.ramdisk.size || *machine_bootargs(fdt)))
		hv_warn("command line and ramdisk of the boot loader are not used: each domain has "
			"its own");
}

/*
 * With console=virtual, the machine's UART is not the only guest's, and a virtual one has its
 * place.
 */
static void take_console(const void *fdt, const struct modules *mods)
{
	const char *why;

	if (!host.options.virtual_console || mods->domains)
		return;
	why = machine_find_console(&host.machine, fdt, &host.uart);
	if (why)
		hv_fatal("console=virtual: %s", why);
	machine_withhold(&host.machine, (struct range){ host.uart.base, host.uart.size });
	hv_print("halite: virtual UART at 0x%lx, interrupt %u\n", (unsigned long)host.uart.base,
		 host.uart.source.number);
}

static struct domain *new_domain(void)
{
	struct domain *d =
		pages_alloc(&host.pool, (sizeof(*d) + PAGE_SIZE - 1) / PAGE_SIZE, PAGE_SIZE);

	if (!d)
		hv_fatal("no memory left for the domains");
	return d;
}

/* The only domain, which has all of the machine. Its kernel and ramdisk are where they are. */
static void make_only_domain(const void *fdt, const struct modules *mods, uint64_t old_fdt)
{
	struct domain_config config;

	domain_config_all(&config, &host);
	domain_build(new_domain(), &host, &config, 0);
	iommu_boot_give(host.domains[0], &config, fdt);
	domain_load_in_place(host.domains[0], fdt, mods, old_fdt);
	if (host.uart.base)
		terminal_add(host.domains[0], host.uart.source.number);
}

/* Log what the domain has. */
static void print_domain(const struct domain_config *c)
{
	unsigned int i;

	hv_print("halite: domain %s: harts", c->name);
	index_set_each(&c->harts, i, host.machine.hart_count)
		hv_print(" %lu", (unsigned long)host.machine.harts[i].hartid);
	hv_print(", %lu MiB of RAM from 0x%lx, %u devices%s%s\n",
		 (unsigned long)(range_list_total(&c->ram) >> 20), (unsigned long)c->ram.r[0].start,
		 c->given_count + c->functions.count, c->does_dma ? ", trusted with their DMA" : "",
		 c->power ? ", may end the machine" : "");
}

static void print_shared(void)
{
	const struct shared *s;

	for (s = host.shared; s < host.shared + host.shared_count; s++)
		hv_print("halite: shared memory %s: %lu KiB at 0x%lx for %u domains\n", s->name,
			 (unsigned long)s->memory.size / 1024, (unsigned long)s->memory.start,
			 s->count);
}

/* The domains that the device tree describes. */
static void make_domains(const void *fdt, struct modules *mods, uint64_t old_fdt)
{
	const unsigned int count = mods->domains;
	struct domain_config *configs = pages_alloc(
		&host.pool, (count * sizeof(*configs) + PAGE_SIZE - 1) / PAGE_SIZE, PAGE_SIZE);
	unsigned int i;

	if (!configs)
		hv_fatal("no memory left for the domains");
	domain_config_parse(configs, fdt, &host, mods);
	print_shared();
	domain_console_find(&host, fdt, configs, count);
	for (i = 0; i < count; i++) {
		print_domain(&configs[i]);
		domain_build(new_domain(), &host, &configs[i], count - 1 - i);
		iommu_boot_give(host.domains[i], &configs[i], fdt);
	}
	for (i = 0; i < host.machine.hart_count && host.machine.plic_count; i++)
		plic_disable(&host.machine, &host.machine.harts[i]);
	aplic_share(&host.machine);
	shared_make(&host, configs);
	domain_console_make(&host, configs);
	domain_load_clear(&host, (struct range){ old_fdt, fdt_totalsize(fdt) });
	for (i = 0; i < count; i++)
		domain_load_prepare(&host, i, &configs[i], fdt, mods);
	for (i = 0; i < count; i++)
		domain_copy(host.domains[i]);
}

void hv_main(uint64_t hartid, void *fdt, uint64_t old_fdt)
{
	const struct options *options = &host.options;
	struct modules mods;
	struct range pool;
	char text[80];

	console_init();
	console_use_finisher(machine_find_finisher, fdt);
	host.home = home_range();
	pool = home_pool(host.home, fdt);
	host.pool = (struct page_pool){ pool.start, range_end(pool) };
	array_use(&host.pool);
	options_parse(&host.options, pack_words(&pack, fdt));
	machine_parse(&host.machine, fdt, hartid, options->given);
	machine_limit_harts(&host.machine, home_harts(host.home.size,
						      options->trace * sizeof(struct stats_event)));
	hv_print("Halite " HALITE_VERSION " (nacl: %s)\n",
		 options_nacl_text(options, text, sizeof(text)));
	host.level = below_find();
	hv_print("halite: level %u, SBI NACL below: %s", host.level,
		 below_nacl_text(text, sizeof(text)));
	hv_print(", for the guest: %s\n", options_nacl_text(options, text, sizeof(text)));
	modules_find_packed(&mods, fdt, &host.machine, host.home, &pack);
	print_facts(&host);
	warn_of_unused(fdt);
	take_console(fdt, &mods);
	host_build(&host);
	iommu_boot_start(&host, fdt);
	if (mods.domains)
		make_domains(fdt, &mods, old_fdt);
	else
		make_only_domain(fdt, &mods, old_fdt);
	bringup_start(&host, &host.pool);
}
