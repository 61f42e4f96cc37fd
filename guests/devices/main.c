/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks which devices this guest has, and that its interrupt controller has only the registers
 * that the specification names. Needs QEMU's virt machine. A word on the command line gives the
 * expected devices:
 *   native     the bare machine, with all its devices
 *   withheld   Halite, which withholds fw_cfg and flash
 *   given      Halite, which gives them
 */
#include <libfdt.h>
#include <string.h>

#include "guest.h"

#define FW_CFG	   UINT64_C(0x10100000)
#define FLASH	   UINT64_C(0x20000000)
#define FLASH_SIZE UINT64_C(0x4000000)
#define CLINT	   UINT64_C(0x2000000)

#define DONE	     (-1)
#define FETCH_ACCESS 1
#define LOAD_ACCESS  5
#define STORE_ACCESS 7

/* Kinds of accesses of devices_access(). */
#define WIDTHS	4 /* number of kinds of loads, and of stores */
#define LOAD	0
#define STORE	4
#define OF_WORD 2

uint64_t devices_access(uint64_t addr, unsigned int kind, uint64_t *value);

static bool native;

/* The interrupt controller of S-mode. */
static struct {
	uint64_t base;
	uint64_t context; /* of this hart in a PLIC */
	uint64_t hart;
	uint32_t sources;
	bool aplic, msi;
} intc;

/* ---- devices ---- */

static bool has_node(const void *fdt, const char *compatible)
{
	return fdt_node_offset_by_compatible(fdt, -1, compatible) >= 0;
}

static void check_page(const char *name, uint64_t addr, bool there)
{
	guest_print("# %s at 0x%lx\n", name, (unsigned long)addr);
	guest_check("load", guest_try_load(addr), there ? DONE : LOAD_ACCESS);
	guest_check("hlv.d", guest_try_hlv(addr), there ? DONE : LOAD_ACCESS);
	if (there)
		return;
	guest_check("store", guest_try_store(addr), STORE_ACCESS);
	guest_check("fetch", guest_try_jump(addr), FETCH_ACCESS);
}

static void check_devices(const void *fdt, bool given)
{
	guest_check("fw_cfg is in the device tree", has_node(fdt, "qemu,fw-cfg-mmio"), given);
	guest_check("flash is in the device tree", has_node(fdt, "cfi-flash"), given);
	guest_check("the CLINT is in the device tree",
		    has_node(fdt, "sifive,clint0") || has_node(fdt, "riscv,aclint-mtimer"), native);
	guest_check("the UART is in the device tree", guest_uart(fdt) != 0, 1);
	check_page("fw_cfg", FW_CFG, given);
	check_page("flash", FLASH, given);
	check_page("the end of flash", FLASH + FLASH_SIZE - 8, given);
	/* The CLINT is the firmware's on the bare machine, too. */
	check_page("CLINT", CLINT, false);
	if (given)
		return;
	check_page("the DMA register of fw_cfg", FW_CFG + 16, false);
	check_page("the end of the page of fw_cfg", FW_CFG + PAGE - 8, false);
	check_page("the second flash", FLASH + FLASH_SIZE / 2, false);
}

/* ---- the interrupt controller ---- */

/* Whether the word at @offset is a register of the PLIC for this hart or for all harts. */
static bool is_plic_register(uint64_t offset)
{
	const uint64_t bits = 4 * (intc.sources / 32 + 1);
	const uint64_t enable = 0x2000 + 0x80 * intc.context;
	const uint64_t context = 0x200000 + PAGE * intc.context;

	return (offset >= 4 && offset <= 4 * intc.sources) ||
	       (offset >= 0x1000 && offset < 0x1000 + bits) ||
	       (offset >= enable && offset < enable + bits) || offset == context ||
	       offset == context + 4;
}

static bool is_aplic_register(uint64_t offset)
{
	const uint64_t idc = 0x4000 + 32 * intc.hart;

	if (offset <= 4 * intc.sources)
		return true;
	if (offset >= 0x1c00 && offset < 0x2000)
		return offset % 0x100 / 4 <= intc.sources / 32 || offset % 0x100 == 0xdc;
	if (offset == 0x2000 || offset == 0x2004)
		return true;
	if (offset >= 0x3000 && offset < 0x4000)
		return (offset - 0x3000) / 4 <= intc.sources;
	return !intc.msi && offset >= idc && offset < idc + 32 &&
	       (offset - idc <= 8 || offset - idc >= 0x18);
}

static bool is_register(uint64_t offset)
{
	return intc.aplic ? is_aplic_register(offset) : is_plic_register(offset);
}

/*
 * Whether an access that matches no register has the right effect. An aligned word is done: a load
 * returns 0, and a store of ones has no effect, as the registers show later. Any other access is
 * refused.
 */
static bool is_right(uint64_t offset, unsigned int kind)
{
	uint64_t value = kind >= STORE ? UINT64_MAX : 1;
	uint64_t cause = devices_access(intc.base + offset, kind, &value);

	if (offset % 4 == 0 && kind % WIDTHS == OF_WORD)
		return cause == UINT64_MAX && (kind >= STORE || !value);
	/* The fault may be misaligned or access. */
	if (kind >= STORE)
		return cause == STORE_ACCESS || cause == STORE_ACCESS - 1;
	return cause == LOAD_ACCESS || cause == LOAD_ACCESS - 1;
}

/*
 * Accesses that are not checked: those of a register; and on the bare machine, 8 bytes at an odd
 * multiple of 4, of which QEMU's hart makes two words.
 */
static bool is_left_out(uint64_t offset, unsigned int size)
{
	if (offset % 4)
		return false;
	return size == 4 ? is_register(offset) : size == 8 && offset % 8 && native;
}

/* Does all other loads and stores in [@from, @to). */
static void sweep(const char *name, uint64_t from, uint64_t to)
{
	unsigned int wrong = 0, kind;
	uint64_t offset;

	for (offset = from; offset < to; offset++) {
		for (kind = LOAD; kind < STORE + WIDTHS; kind++) {
			unsigned int size = 1 << kind % WIDTHS;

			if (offset + size > to || is_left_out(offset, size) ||
			    is_right(offset, kind))
				continue;
			if (!wrong++)
				guest_print("# offset 0x%lx: %s of %u bytes\n",
					    (unsigned long)offset, kind < STORE ? "load" : "store",
					    size);
		}
	}
	guest_check(name, wrong, 0);
}

static uint32_t *word(uint64_t offset)
{
	return (uint32_t *)(intc.base + offset);
}

static uint64_t hash_registers(uint64_t from, uint64_t to)
{
	uint64_t hash = 0;
	uint64_t offset;

	for (offset = from; offset < to; offset += 4) {
		if (is_register(offset))
			hash = hash * 31 + *(volatile uint32_t *)word(offset);
	}
	return hash;
}

static void sweep_kept(const char *name, uint64_t from, uint64_t to)
{
	uint64_t before = hash_registers(from, to);

	sweep(name, from, to);
	guest_check("its registers are as they were", hash_registers(from, to) == before, 1);
}

static void check_plic(void)
{
	const uint64_t context = 0x200000 + PAGE * intc.context;
	const uint64_t enable = 0x2000 + 0x80 * intc.context;
	const uint32_t threshold = *(volatile uint32_t *)word(context);

	*(volatile uint32_t *)word(context) = 3;
	*(volatile uint32_t *)word(enable + 4) = 0x10;
	guest_check("PLIC: store to offset 0xfd4 of this context",
		    guest_try_store(intc.base + context + 0xfd4), DONE);
	guest_check("PLIC: store to offset 8 of this context",
		    guest_try_store(intc.base + context + 8), DONE);
	sweep_kept("PLIC: priorities", 0, PAGE);
	sweep_kept("PLIC: pending bits", PAGE, 2 * PAGE);
	sweep_kept("PLIC: this enable bits", enable, enable + 0x80);
	sweep_kept("PLIC: this context", context, context + PAGE);
	guest_check("PLIC: the threshold", *(volatile uint32_t *)word(context), 3);
	guest_check("PLIC: the enable bits", *(volatile uint32_t *)word(enable + 4), 0x10);
	*(volatile uint32_t *)word(enable + 4) = 0;
	*(volatile uint32_t *)word(context) = threshold;
}

static void check_aplic(void)
{
	const uint64_t idc = 0x4000 + 32 * intc.hart;

	/* Source 7 is active, so its target can be written. */
	*(volatile uint32_t *)word(4 * 7) = 4;
	*(volatile uint32_t *)word(0x3000 + 4 * 7) = intc.hart << 18 | 5;
	sweep_kept("APLIC: domaincfg and sourcecfg", 0, PAGE);
	sweep_kept("APLIC: pending and enable bits", PAGE, 2 * PAGE);
	sweep_kept("APLIC: setipnum_le and setipnum_be", 2 * PAGE, 3 * PAGE);
	sweep_kept("APLIC: genmsi and targets", 3 * PAGE, 4 * PAGE);
	if (!intc.msi)
		sweep_kept("APLIC: this delivery structure", idc, idc + 32);
	guest_check("APLIC: a target",
		    *(volatile uint32_t *)word(0x3000 + 4 * 7) == (intc.hart << 18 | 5), 1);
	*(volatile uint32_t *)word(4 * 7) = 0;
}

static void find_interrupt_controller(const void *fdt, uint64_t hartid)
{
	const fdt32_t *sources;
	int node;

	intc.base = guest_interrupt_controller(fdt);
	intc.hart = hartid;
	intc.context = (uint64_t)guest_plic_context(fdt, hartid);
	/*
	 * With AIA, the APLIC domains of machine and supervisor level have the same number of
	 * sources.
	 */
	node = fdt_node_offset_by_compatible(fdt, -1, "riscv,aplic");
	intc.aplic = node >= 0;
	intc.msi = has_node(fdt, "riscv,imsics");
	if (intc.aplic) {
		sources = fdt_getprop(fdt, node, "riscv,num-sources", NULL);
		intc.sources = sources ? fdt32_ld(sources) : 0;
	} else {
		intc.sources = guest_plic_sources(fdt);
	}
	guest_check("an interrupt controller with sources", intc.base && intc.sources, 1);
}

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
}

void guest_main(uint64_t hartid, const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *text = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "bootargs", NULL);
	bool given;

	native = text && !strcmp(text, "native");
	given = native || (text && !strcmp(text, "given"));
	guest_print("KTAP version 1\n");
	guest_check("a word says what is expected", given || (text && !strcmp(text, "withheld")),
		    1);
	check_devices(fdt, given);
	find_interrupt_controller(fdt, hartid);
	if (intc.aplic)
		check_aplic();
	else
		check_plic();
	guest_finish();
}
