/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of the Advanced Interrupt Architecture: the IMSIC's supervisor-level interrupt files
 * and the supervisor-level APLIC. Both nodes list the harts in order of hart index. They name a
 * hart by the phandle of its interrupt controller.
 *
 * Specification: RISC-V AIA, chapters "Incoming MSI Controller (IMSIC)" and "Advanced
 * Platform-Level Interrupt Controller (APLIC)"; Devicetree bindings riscv,imsics and riscv,aplic.
 */
#include <libfdt.h>

#include "hext/bits.h"
#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/machine.h"
#include "lib/page.h"

#define GUEST_INDEX_BITS_MAX 6 /* GEILEN is at most 63 */
#define IDENTITIES_MAX	     2047
#define APLIC_SIZE_MIN	     UINT64_C(0x4000)
#define APLIC_SOURCES_MAX    1023

/*
 * The index in interrupts-extended of @node of the supervisor external interrupt of the interrupt
 * controller @phandle. -1: none.
 */
static int wire_index(const void *fdt, int node, uint32_t phandle)
{
	int len, i;
	const uint8_t *wires = fdt_getprop(fdt, node, "interrupts-extended", &len);

	for (i = 0; wires && i < len / 8; i++) {
		if (devtree_number(wires + 8 * i, 1) == phandle &&
		    devtree_number(wires + 8 * i + 4, 1) == IRQ_SEI)
			return i;
	}
	return -1;
}

/*
 * The first enabled node that is compatible with @name and has a wire to the supervisor external
 * interrupt of the boot hart. Negative: none.
 */
static int find_wired(const struct machine *m, const void *fdt, const char *name)
{
	uint32_t phandle = m->harts[m->boot_hart].intc_phandle;
	int node;

	for (node = fdt_node_offset_by_compatible(fdt, -1, name); node >= 0;
	     node = fdt_node_offset_by_compatible(fdt, node, name)) {
		if (devtree_is_enabled(fdt, node) && wire_index(fdt, node, phandle) >= 0)
			return node;
	}
	return node;
}

int machine_find_imsic(const void *fdt, const struct machine *m)
{
	return find_wired(m, fdt, "riscv,imsics");
}

static bool reg_of(const void *fdt, int node, unsigned int index, struct range *r)
{
	int parent = fdt_parent_offset(fdt, node);

	return devtree_reg(fdt, node, fdt_address_cells(fdt, parent), fdt_size_cells(fdt, parent),
			   index, r);
}

static void parse_imsic(struct machine *m, const void *fdt)
{
	int node = machine_find_imsic(fdt, m);
	uint64_t bits = 0;
	uint64_t identities;
	struct range r;
	unsigned int i;

	m->imsic.present = node >= 0;
	if (node < 0)
		return;
	if (devtree_get_number(fdt, node, "riscv,guest-index-bits", &bits) &&
	    bits > GUEST_INDEX_BITS_MAX)
		hv_fatal("%s: riscv,guest-index-bits: %lu; at most %u is expected",
			 devtree_path(fdt, node), (unsigned long)bits, GUEST_INDEX_BITS_MAX);
	if (!devtree_get_number(fdt, node, "riscv,num-ids", &identities) || identities < 63 ||
	    identities > IDENTITIES_MAX || identities % 64 != 63)
		hv_fatal("%s: riscv,num-ids: missing, or not 63 to %u "
			 "and one less than a multiple of 64",
			 devtree_path(fdt, node), IDENTITIES_MAX);
	m->imsic.guest_index_bits = bits;
	m->imsic.identities = identities;
	if (!reg_of(fdt, node, 0, &m->imsic.reg) || reg_of(fdt, node, 1, &r) ||
	    m->imsic.reg.start % PAGE_SIZE || m->imsic.reg.size % PAGE_SIZE)
		hv_fatal("%s: reg: one range of whole pages is expected", devtree_path(fdt, node));
	for (i = 0; i < m->hart_count; i++) {
		int index = wire_index(fdt, node, m->harts[i].intc_phandle);
		uint64_t offset = (uint64_t)index << (PAGE_SHIFT + bits);

		if (index < 0 || offset >= m->imsic.reg.size)
			hv_fatal("%s: %s: nothing for hart %lu", devtree_path(fdt, node),
				 index < 0 ? "interrupts-extended" : "reg",
				 (unsigned long)m->harts[i].hartid);
		m->harts[i].imsic_index = index;
		m->harts[i].imsic_file = m->imsic.reg.start + offset;
	}
}

/* The node of the APLIC of S mode: it sends MSIs to the IMSIC of S mode, or has wires to harts. */
static int find_aplic(const struct machine *m, const void *fdt)
{
	int imsic = m->imsic.present ? machine_find_imsic(fdt, m) : -1;
	uint32_t phandle = imsic < 0 ? 0 : fdt_get_phandle(fdt, imsic);
	uint64_t parent;
	int node;

	for (node = fdt_node_offset_by_compatible(fdt, -1, "riscv,aplic"); node >= 0 && phandle;
	     node = fdt_node_offset_by_compatible(fdt, node, "riscv,aplic")) {
		if (devtree_is_enabled(fdt, node) &&
		    devtree_get_number(fdt, node, "msi-parent", &parent) && parent == phandle)
			return node;
	}
	return find_wired(m, fdt, "riscv,aplic");
}

static void parse_aplic(struct machine *m, const void *fdt)
{
	int node = find_aplic(m, fdt);
	uint64_t sources;
	struct range r;
	unsigned int i;

	if (node < 0)
		return;
	if (!reg_of(fdt, node, 0, &r) || r.start % PAGE_SIZE || r.size % PAGE_SIZE ||
	    r.size < APLIC_SIZE_MIN)
		hv_fatal("%s: reg: no range of whole pages, %lu bytes at least",
			 devtree_path(fdt, node), (unsigned long)APLIC_SIZE_MIN);
	if (!devtree_get_number(fdt, node, "riscv,num-sources", &sources) || !sources ||
	    sources > APLIC_SOURCES_MAX)
		hv_fatal("%s: riscv,num-sources: missing, or not 1 to %u", devtree_path(fdt, node),
			 APLIC_SOURCES_MAX);
	m->aplic.base = r.start;
	m->aplic.size = r.size;
	m->aplic.sources = sources;
	m->aplic.msi = fdt_getprop(fdt, node, "msi-parent", NULL);
	for (i = 0; i < m->hart_count; i++)
		m->harts[i].aplic_index =
			m->aplic.msi ? -1 : wire_index(fdt, node, m->harts[i].intc_phandle);
}

void machine_parse_aia(struct machine *m, const void *fdt)
{
	m->aplic.size = 0;
	if (m->aia_seen) {
		parse_imsic(m, fdt);
		parse_aplic(m, fdt);
	}
	if (m->plic.size && (m->aplic.size || m->imsic.present))
		hv_fatal("a PLIC and an APLIC or IMSIC for S mode; Halite handles one of them");
	if (!m->plic.size && !m->aplic.size && !m->imsic.present)
		hv_fatal("no interrupt controller for S mode in the device tree: "
			 "a PLIC, an APLIC or an IMSIC is expected");
}
