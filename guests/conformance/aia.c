/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's AIA, from the device tree and the hart; and accesses to it. */
#include <libfdt.h>
#include <string.h>

#include "aia.h"

#define TRAVEL	 2000 /* ticks that an MSI may take */
#define MAX_SETS 4

struct aia aia;

/* The supervisor-level interrupt files. Each set of addresses has the files of some harts. */
static struct {
	uint64_t start, size;
} sets[MAX_SETS];
static unsigned int set_count;
static unsigned int shift; /* the pages of two harts are 1 << shift bytes apart */
static unsigned int index_of[MAX_HARTS];

static uint32_t cell(const void *prop, int n)
{
	return fdt32_ld((const fdt32_t *)prop + n);
}

static uint32_t property(const void *fdt, int node, const char *name, uint32_t otherwise)
{
	int size;
	const void *prop = fdt_getprop(fdt, node, name, &size);

	return prop && size >= 4 ? cell(prop, 0) : otherwise;
}

static uint64_t reg(const void *fdt, int node, int n, uint64_t *size)
{
	int length;
	const void *prop = fdt_getprop(fdt, node, "reg", &length);

	/* In QEMU's and Halite's trees, address and size have two cells each. */
	if (!prop || length < (n + 1) * 16)
		return 0;
	*size = (uint64_t)cell(prop, n * 4 + 2) << 32 | cell(prop, n * 4 + 3);
	return (uint64_t)cell(prop, n * 4) << 32 | cell(prop, n * 4 + 1);
}

/* Returns the hart whose interrupt controller has the phandle @intc. */
static uint64_t hart_of(const void *fdt, uint32_t intc)
{
	int node = fdt_node_offset_by_phandle(fdt, intc);

	return node < 0 ? MAX_HARTS : property(fdt, fdt_parent_offset(fdt, node), "reg", MAX_HARTS);
}

/* Whether @node interrupts harts at supervisor level. Fills in the harts' numbers. */
static bool is_supervisor(const void *fdt, int node)
{
	int size, i;
	const void *to = fdt_getprop(fdt, node, "interrupts-extended", &size);

	if (!to || size < 8 || cell(to, 1) != IRQ_SEI)
		return false;
	for (i = 0; i < size / 8; i++) {
		uint64_t hart = hart_of(fdt, cell(to, 2 * i));

		if (hart < MAX_HARTS)
			index_of[hart] = i;
	}
	return true;
}

static uint32_t find_imsic(const void *fdt)
{
	int node = -1;

	while ((node = fdt_node_offset_by_compatible(fdt, node, "riscv,imsics")) >= 0) {
		if (!is_supervisor(fdt, node))
			continue;
		aia.imsic = true;
		aia.ids = property(fdt, node, "riscv,num-ids", 0);
		shift = 12 + property(fdt, node, "riscv,guest-index-bits", 0);
		while (set_count < MAX_SETS) {
			uint64_t size, start = reg(fdt, node, set_count, &size);

			if (!start)
				break;
			sets[set_count].start = start;
			sets[set_count++].size = size;
		}
		return fdt_get_phandle(fdt, node);
	}
	return 0;
}

static void find_aplic(const void *fdt, uint32_t imsic)
{
	int node = -1;

	while ((node = fdt_node_offset_by_compatible(fdt, node, "riscv,aplic")) >= 0) {
		uint32_t parent = property(fdt, node, "msi-parent", 0);

		if (!(imsic && parent == imsic) && !is_supervisor(fdt, node))
			continue;
		aia.msi = imsic && parent == imsic;
		aia.aplic = reg(fdt, node, 0, &aia.aplic_size);
		aia.sources = property(fdt, node, "riscv,num-sources", 0);
		aia.uart_source = guest_uart_source(fdt, fdt_get_phandle(fdt, node));
		return;
	}
}

void aia_find(const void *fdt)
{
	unsigned int id;

	if (fdt_check_header(fdt))
		bail("no device tree");
	aia.plic = guest_plic(fdt);
	aia.plic_source = guest_plic_uart_source(fdt);
	for (id = 0; id < MAX_HARTS; id++)
		aia.plic_context[id] = guest_plic_context(fdt, id);
	aia.present = has_extension("ssaia");
	aia.csrind = has_extension("sscsrind");
	find_aplic(fdt, aia.present ? find_imsic(fdt) : 0);
}

void aia_probe(void)
{
	uint64_t bits;

	try_insn(HS, INSN_CSRR(CSR_HSTATEEN0), 0, 0, 0);
	aia.stateen = ended().to == DONE;
	if (!aia.present)
		return;
	h_write(CSR_HGEIE, ~UINT64_C(0));
	bits = h_read(CSR_HGEIE) & ~UINT64_C(1);
	h_write(CSR_HGEIE, 0);
	while (bits >> (aia.geilen + 1))
		aia.geilen++;
	aia.files = !aia.imsic ? 0 : aia.geilen < MAX_FILES ? aia.geilen : MAX_FILES;
	/* Some checks need a second file, to tell a file from its neighbours. */
	if (aia.files < 2)
		aia.files = 0;
}

void aia_calm(void)
{
	static const uint16_t zero[] = { CSR_HVIEN,    CSR_HVICTL, CSR_HVIPRIO1,
					 CSR_HVIPRIO2, CSR_HGEIE,  CSR_VSISELECT };
	unsigned int i;

	if (!aia.present)
		return;
	for (i = 0; i < ARRAY_SIZE(zero); i++)
		h_write(zero[i], 0);
	h_settle();
	for (i = IPRIO0; i < IPRIO0 + 16; i += 2) {
		csr_write(0x150, i);
		csr_write(0x151, 0);
	}
	if (aia.imsic) {
		for (i = 0; i <= aia.files; i++)
			aia_file_reset(i);
	}
	csr_write(0x150, 0);
	h_write(CSR_HSTATUS, 0);
	h_settle();
}

unsigned int aia_hart_index(uint64_t hart)
{
	return index_of[hart];
}

volatile uint32_t *aia_page(uint64_t hart, unsigned int file)
{
	uint64_t index = index_of[hart];
	unsigned int i;

	for (i = 0; i < set_count; i++) {
		uint64_t count = (sets[i].size + (UINT64_C(1) << shift) - 1) >> shift;

		if (index < count)
			return (volatile uint32_t *)(sets[i].start + (index << shift) +
						     file * PAGE);
		index -= count;
	}
	bail("no interrupt file for hart %lu", (unsigned long)hart);
}

unsigned int aia_guest_index(uint64_t hart, unsigned int file)
{
	return ((uintptr_t)aia_page(hart, file) >> 12) & (BIT64(shift - 12) - 1);
}

void aia_pause(void)
{
	uint64_t until = csr_read(time) + TRAVEL;

	while (csr_read(time) < until)
		;
}

void aia_send(uint64_t hart, unsigned int file, uint32_t id)
{
	*aia_page(hart, file) = id;
	__asm__ volatile("fence" : : : "memory");
	aia_pause();
}

uint64_t aia_csr_read(unsigned int csr)
{
	switch (csr) {
	case CSR_SISELECT:
		return csr_read(0x150);
	case CSR_SIREG:
		return csr_read(0x151);
	case CSR_STOPEI:
		return csr_read(0x15c);
	case CSR_STOPI:
		return csr_read(0xdb0);
	default:
		return h_read(csr);
	}
}

void aia_csr_write(unsigned int csr, uint64_t value)
{
	switch (csr) {
	case CSR_SISELECT:
		csr_write(0x150, value);
		break;
	case CSR_SIREG:
		csr_write(0x151, value);
		break;
	case CSR_STOPEI:
		csr_write(0x15c, value);
		break;
	default:
		h_write(csr, value);
	}
}

/* hstatus and vsiselect select the register behind vsireg, so they must take effect before. */
static void select_register(unsigned int file, unsigned int which)
{
	if (!file) {
		csr_write(0x150, which);
		return;
	}
	h_write(CSR_HSTATUS, VGEIN(file));
	h_write(CSR_VSISELECT, which);
	h_settle();
}

uint64_t aia_file_read(unsigned int file, unsigned int which)
{
	select_register(file, which);
	return file ? h_read(CSR_VSIREG) : csr_read(0x151);
}

void aia_file_write(unsigned int file, unsigned int which, uint64_t value)
{
	select_register(file, which);
	if (!file) {
		csr_write(0x151, value);
		return;
	}
	h_write(CSR_VSIREG, value);
	h_settle();
}

void aia_file_reset(unsigned int file)
{
	unsigned int k;

	aia_file_write(file, EIDELIVERY, 0);
	aia_file_write(file, EITHRESHOLD, 0);
	/* With XLEN 64, an even register has 64 identities, and odd registers do not exist. */
	for (k = 0; k <= aia.ids / 32; k += 2) {
		aia_file_write(file, EIP0 + k, 0);
		aia_file_write(file, EIE0 + k, 0);
	}
}

void aia_file_open(unsigned int file, unsigned int id)
{
	aia_file_reset(file);
	aia_file_write(file, EIE0 + id / 64 * 2, BIT64(id % 64));
	aia_file_write(file, EIDELIVERY, 1);
}

bool aia_file_pending(unsigned int file, unsigned int id)
{
	return aia_file_read(file, EIP0 + id / 64 * 2) >> id % 64 & 1;
}

uint64_t aia_top(unsigned int file)
{
	if (!file)
		return csr_read(0x15c);
	h_write(CSR_HSTATUS, VGEIN(file));
	h_settle();
	return h_read(CSR_VSTOPEI);
}

uint64_t aia_claim(unsigned int file)
{
	uint64_t top = aia_top(file);

	if (!file) {
		csr_write(0x15c, 0);
		return top;
	}
	h_write(CSR_VSTOPEI, 0);
	h_settle();
	return top;
}

void aia_timer(bool pending)
{
	hart_timer(pending);
	while (pending && !(csr_read(sip) & BIT64(IRQ_STI)))
		;
}

void check_aia(void)
{
	guest_print("# AIA: GEILEN %u, %u identities, APLIC with %u sources%s\n", aia.geilen,
		    aia.ids, aia.sources, aia.msi ? ", MSIs" : "");
	if (aia.present) {
		check_aia_csr();
		check_aia_window();
		check_aia_virtual();
		check_aia_priority();
		check_aia_files();
		check_aia_delivery();
	} else {
		record("aia # SKIP the ISA string has no ssaia");
	}
	/* The APLIC may exist without the CSRs. */
	if (aia.aplic)
		check_aia_aplic();
}
