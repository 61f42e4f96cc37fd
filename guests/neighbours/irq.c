/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>

#include "csr.h"
#include "guest.h"
#include "irq.h"

/* Registers of a PLIC, and of an APLIC. */
#define PLIC_ENABLE   0x2000
#define PLIC_CONTEXT  0x200000
#define APLIC_SETIE   0x1edc
#define APLIC_CLRIE   0x1fdc
#define APLIC_TARGET  0x3000
#define APLIC_IDC     0x4000
#define SM_EDGE	      4
#define SM_LEVEL      6
#define FILE_DELIVERY 0x70
#define FILE_ENABLE   0xc0

static enum { PLIC, APLIC, IMSIC } kind;
static volatile uint32_t *base;
static uint64_t hart;
static int context;
static uint32_t guest_index;

static void put(uint64_t offset, uint32_t value)
{
	base[offset / 4] = value;
}

static uint32_t get(uint64_t offset)
{
	return base[offset / 4];
}

/* As Linux assumes, a file's number is that of its page among the hart's. */
static void find_files(const void *fdt)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "riscv,imsics");
	const fdt32_t *wires, *reg;

	for (; node >= 0; node = fdt_node_offset_by_compatible(fdt, node, "riscv,imsics")) {
		wires = fdt_getprop(fdt, node, "interrupts-extended", NULL);
		reg = fdt_getprop(fdt, node, "reg", NULL);
		if (fdt32_ld(wires + 1) != IRQ_SEI)
			continue;
		kind = IMSIC;
		guest_index = fdt32_ld(reg + 1) / 4096 & 7;
	}
}

bool irq_init(const void *fdt, uint64_t hartid)
{
	hart = hartid;
	base = (volatile uint32_t *)guest_interrupt_controller(fdt);
	kind = guest_plic(fdt) ? PLIC : APLIC;
	if (kind == PLIC)
		context = guest_plic_context(fdt, hart);
	else
		find_files(fdt);
	if (!base || context < 0)
		return false;
	if (kind == PLIC) {
		put(PLIC_CONTEXT + 0x1000 * context, 0);
	} else if (kind == APLIC) {
		put(APLIC_IDC + 32 * hart, 1);
		put(APLIC_IDC + 32 * hart + 8, 0);
		put(0, 0x100);
	} else {
		csr_write(CSR_SISELECT, FILE_DELIVERY);
		csr_write(CSR_SIREG, 1);
		put(0, 0x104);
	}
	csr_set(CSR_SIE, BIT64(IRQ_SEI));
	return true;
}

/* Change the bit of @source in the enable bits at @word of this context. */
static void enable(uint64_t word, unsigned int source, bool on)
{
	uint32_t bit = UINT32_C(1) << source % 32;

	put(word, on ? get(word) | bit : get(word) & ~bit);
}

static uint64_t enable_word(unsigned int source)
{
	return PLIC_ENABLE + 0x80 * context + source / 32 * 4;
}

void irq_open(unsigned int source, bool level)
{
	if (kind == PLIC) {
		put(4 * source, 1);
		enable(enable_word(source), source, true);
		return;
	}
	put(4 * source, level ? SM_LEVEL : SM_EDGE);
	if (kind == APLIC) {
		put(APLIC_TARGET + 4 * source, hart << 18 | 1);
	} else {
		put(APLIC_TARGET + 4 * source, hart << 18 | guest_index << 12 | source);
		csr_write(CSR_SISELECT, FILE_ENABLE + source / 64 * 2);
		csr_set(CSR_SIREG, BIT64(source % 64));
	}
	put(APLIC_SETIE, source);
}

void irq_close(unsigned int source)
{
	if (kind == PLIC)
		enable(enable_word(source), source, false);
	else
		put(APLIC_CLRIE, source);
}

static unsigned int claim(void)
{
	uint32_t top;

	if (kind == PLIC)
		return get(PLIC_CONTEXT + 0x1000 * context + 4);
	if (kind == APLIC)
		return get(APLIC_IDC + 32 * hart + 0x1c) >> 16;
	__asm__ volatile("csrrw %0, %1, zero" : "=r"(top) : "i"(CSR_STOPEI) : "memory");
	return top >> 16;
}

unsigned int irq_wait(uint64_t ticks)
{
	uint64_t start = csr_read(CSR_TIME);
	unsigned int source = 0;

	while (!source && csr_read(CSR_TIME) - start < ticks) {
		if (csr_read(CSR_SIP) & BIT64(IRQ_SEI))
			source = claim();
		else if (ticks == ~UINT64_C(0))
			__asm__ volatile("wfi");
	}
	return source;
}

void irq_complete(unsigned int source)
{
	if (kind == PLIC)
		put(PLIC_CONTEXT + 0x1000 * context + 4, source);
}
