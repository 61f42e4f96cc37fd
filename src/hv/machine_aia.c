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
#include "lib/pages.h"

#define GUEST_INDEX_BITS_MAX  6	 /* GEILEN is at most 63 */
#define HART_INDEX_BITS_MAX   14 /* target.hart_index of an APLIC has 14 bits */
#define GROUP_INDEX_BITS_MAX  14
#define GROUP_INDEX_SHIFT_MAX 55
#define IDENTITIES_MAX	      2047
#define APLIC_SIZE_MIN	      UINT64_C(0x4000)
#define APLIC_SOURCES_MAX     1023

/* Whether @node has a wire to the supervisor external interrupt of the boot hart. */
static bool is_wired_to_boot_hart(const struct machine *m, const void *fdt, int node)
{
	struct machine_wires w = machine_wires(fdt, node);

	for (; w.next < w.count; w.next++) {
		if (devtree_number(w.wires + 8 * w.next, 1) ==
			    m->harts[m->boot_hart].intc_phandle &&
		    devtree_number(w.wires + 8 * w.next + 4, 1) == IRQ_SEI)
			return true;
	}
	return false;
}

/* The IMSIC of S mode, or NULL. */
static const struct machine_aia_node *find_imsic(const struct machine *m, const void *fdt)
{
	unsigned int i;

	for (i = 0; i < m->nodes.aia_count; i++) {
		const struct machine_aia_node *n = &m->nodes.aia[i];

		if (n->imsic && is_wired_to_boot_hart(m, fdt, n->node))
			return n;
	}
	return NULL;
}

static bool reg_of(const void *fdt, const struct machine_aia_node *n, unsigned int index,
		   struct range *r)
{
	return devtree_reg(fdt, n->node, n->address_cells, n->size_cells, index, r);
}

/* Read the number of bits in property @name of the IMSIC @node. */
static unsigned int bits_of(const void *fdt, int node, const char *name, unsigned int otherwise,
			    unsigned int most)
{
	uint64_t bits;

	if (!devtree_get_number(fdt, node, name, &bits))
		return otherwise;
	if (bits > most)
		hv_fatal("%s: %s: %lu; at most %u is expected", devtree_path(fdt, node), name,
			 (unsigned long)bits, most);
	return bits;
}

/* The number of bits that distinguish @count things. */
static unsigned int bits_for(unsigned int count)
{
	unsigned int bits = 0;

	while ((1u << bits) < count)
		bits++;
	return bits;
}

static void parse_imsic_fields(struct machine_imsic *imsic, const void *fdt, int node)
{
	int wires = machine_wires(fdt, node).count;
	uint64_t identities;

	imsic->guest_index_bits =
		bits_of(fdt, node, "riscv,guest-index-bits", 0, GUEST_INDEX_BITS_MAX);
	imsic->hart_index_bits =
		bits_of(fdt, node, "riscv,hart-index-bits", bits_for(wires), HART_INDEX_BITS_MAX);
	imsic->group_index_bits =
		bits_of(fdt, node, "riscv,group-index-bits", 0, GROUP_INDEX_BITS_MAX);
	imsic->group_index_shift = bits_of(fdt, node, "riscv,group-index-shift", 2 * PAGE_SHIFT,
					   GROUP_INDEX_SHIFT_MAX);
	if (!devtree_get_number(fdt, node, "riscv,num-ids", &identities) || identities < 63 ||
	    identities > IDENTITIES_MAX || identities % 64 != 63)
		hv_fatal("%s: riscv,num-ids: missing, or not 63 to %u "
			 "and one less than a multiple of 64",
			 devtree_path(fdt, node), IDENTITIES_MAX);
	imsic->identities = identities;
}

static void parse_imsic_reg(struct machine_imsic *imsic, const void *fdt,
			    const struct machine_aia_node *n)
{
	const int node = n->node;
	struct range r;
	unsigned int i;

	for (i = 0; reg_of(fdt, n, i, &r); i++) {
		if (!r.size || r.start % PAGE_SIZE || r.size % PAGE_SIZE)
			hv_fatal("%s: reg: ranges of whole pages are expected",
				 devtree_path(fdt, node));
		if (!range_list_add(&imsic->reg, r))
			hv_fatal("no memory left for the ranges of the IMSIC");
	}
	if (!i)
		hv_fatal("%s: reg: ranges of whole pages are expected", devtree_path(fdt, node));
}

/*
 * The files of wire @index: the ranges of reg hold the files of the wires, in the order of the
 * wires. The last files of a range may be cut short. 0: reg has nothing for the wire.
 */
static uint64_t files_of_wire(const struct machine_imsic *imsic, unsigned int index)
{
	uint64_t size = PAGE_SIZE << imsic->guest_index_bits;
	uint64_t offset = index * size;
	unsigned int i;

	for (i = 0; i < imsic->reg.count; i++) {
		struct range r = imsic->reg.r[i];

		if (offset < r.size)
			return r.start + offset;
		offset -= (r.size + size - 1) & ~(size - 1);
	}
	return 0;
}

/* The hart index in MSIs for the files at @addr (AIA "Addresses and data for outgoing MSIs"). */
static uint32_t msi_index(const struct machine_imsic *imsic, uint64_t addr)
{
	uint64_t hart = addr >> (PAGE_SHIFT + imsic->guest_index_bits) &
			(BIT64(imsic->hart_index_bits) - 1);
	uint64_t group = addr >> imsic->group_index_shift & (BIT64(imsic->group_index_bits) - 1);

	return group << imsic->hart_index_bits | hart;
}

static void parse_imsic(struct machine *m, const void *fdt)
{
	const struct machine_aia_node *n = find_imsic(m, fdt);
	struct machine_wires w;
	struct machine_hart *hart;
	unsigned int i;
	int node;

	m->imsic.present = n;
	if (!n)
		return;
	m->imsic.node = node = n->node;
	m->imsic.address_cells = n->address_cells;
	m->imsic.size_cells = n->size_cells;
	parse_imsic_fields(&m->imsic, fdt, node);
	parse_imsic_reg(&m->imsic, fdt, n);
	w = machine_wires(fdt, node);
	while ((hart = machine_next_wire(m, &w))) {
		hart->imsic_file = files_of_wire(&m->imsic, w.index);
		hart->imsic_index = msi_index(&m->imsic, hart->imsic_file);
		if (!hart->imsic_file)
			hv_fatal("%s: reg: nothing for hart %lu", devtree_path(fdt, node),
				 (unsigned long)hart->hartid);
	}
	for (i = 0; i < m->hart_count; i++) {
		if (!m->harts[i].imsic_file)
			hv_fatal("%s: interrupts-extended: nothing for hart %lu",
				 devtree_path(fdt, node), (unsigned long)m->harts[i].hartid);
	}
}

static void add_aplic(struct machine *m, const void *fdt, const struct machine_aia_node *n,
		      bool msi)
{
	const int node = n->node;
	uint64_t sources;
	struct range r;

	if (!reg_of(fdt, n, 0, &r) || r.start % PAGE_SIZE || r.size % PAGE_SIZE ||
	    r.size < APLIC_SIZE_MIN)
		hv_fatal("%s: reg: no range of whole pages, %lu bytes at least",
			 devtree_path(fdt, node), (unsigned long)APLIC_SIZE_MIN);
	if (!devtree_get_number(fdt, node, "riscv,num-sources", &sources) || !sources ||
	    sources > APLIC_SOURCES_MAX)
		hv_fatal("%s: riscv,num-sources: missing, or not 1 to %u", devtree_path(fdt, node),
			 APLIC_SOURCES_MAX);
	m->aplics = array_grow(m->aplics, m->aplic_count, &m->aplics_room, sizeof(*m->aplics));
	if (!m->aplics)
		hv_fatal("no memory left for the APLICs");
	m->aplics[m->aplic_count++] = (struct machine_aplic){ r.start, r.size, sources, msi, node };
}

/* Give the harts that have wires from @node to S mode their delivery structures there. */
static bool take_wires(struct machine *m, const void *fdt, int node)
{
	struct machine_wires w = machine_wires(fdt, node);
	struct machine_hart *hart;
	bool any = false;

	while ((hart = machine_next_wire(m, &w))) {
		any = true;
		if (hart->aplic_index < 0) {
			hart->aplic = m->aplic_count;
			hart->aplic_index = w.index;
		}
	}
	return any;
}

/* An APLIC of S mode sends MSIs to the IMSIC of S mode, or has wires to harts. */
static void parse_aplics(struct machine *m, const void *fdt)
{
	uint32_t phandle = m->imsic.present ? fdt_get_phandle(fdt, m->imsic.node) : 0;
	uint64_t parent;
	unsigned int i;

	for (i = 0; i < m->nodes.aia_count; i++) {
		const struct machine_aia_node *n = &m->nodes.aia[i];
		bool msi = devtree_get_number(fdt, n->node, "msi-parent", &parent);

		if (n->imsic)
			continue;
		if (msi ? phandle && parent == phandle : take_wires(m, fdt, n->node))
			add_aplic(m, fdt, n, msi);
	}
}

void machine_parse_aia(struct machine *m, const void *fdt)
{
	parse_imsic(m, fdt);
	parse_aplics(m, fdt);
	if (m->plic_count && (m->aplic_count || m->imsic.present))
		hv_fatal("a PLIC and an APLIC or IMSIC for S mode; Halite handles one of them");
	if (!m->plic_count && !m->aplic_count && !m->imsic.present)
		hv_fatal("no interrupt controller for S mode in the device tree: "
			 "a PLIC, an APLIC or an IMSIC is expected");
}
