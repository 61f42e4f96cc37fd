/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hv/withheld.h"

/*
 * The properties of each kind. A device of a kind without a word cannot be given: a guest that has
 * the device could reach the memory of Halite or of firmware, or the interrupts of another level.
 */
static const struct {
	const char *why;
	const char *word; /* the word for give= on Halite's command line */
	bool hidden;	  /* the guest's device tree lacks the node */
} kinds[WITHHELD_KINDS] = {
	[WITHHELD_PLIC] = { "reached through Halite", NULL, false },
	[WITHHELD_AIA] = { "reached through Halite", NULL, false },
	[WITHHELD_FIRMWARE] = { "belongs to firmware", NULL, true },
	[WITHHELD_LEVEL] = { "interrupts of Halite's level", NULL, true },
	[WITHHELD_FW_CFG] = { "DMA that no IOMMU guards", "fw_cfg", true },
	[WITHHELD_FLASH] = { "firmware's storage", "flash", true },
	[WITHHELD_IOMMU] = { "guards Halite from DMA", "iommu", true },
};

/* The devices that are withheld. The guest has every device that is not in this table. */
static const struct {
	const char *compatible;
	enum withheld_kind kind;
} devices[] = {
	/* The PLIC has contexts of machine level, of Halite and of the guest. */
	{ "sifive,plic-1.0.0", WITHHELD_PLIC },
	{ "riscv,plic0", WITHHELD_PLIC },
	{ "thead,c900-plic", WITHHELD_PLIC },
	{ "andestech,nceplic100", WITHHELD_PLIC },
	{ "ultrarisc,cp100-plic", WITHHELD_PLIC },
	/* An APLIC or IMSIC may be of machine level. The guest has some of the interrupt files. */
	{ "riscv,aplic", WITHHELD_AIA },
	{ "riscv,imsics", WITHHELD_AIA },
	/* Timers and software interrupts of machine level interrupt firmware. */
	{ "sifive,clint0", WITHHELD_FIRMWARE },
	{ "sifive,clint2", WITHHELD_FIRMWARE },
	{ "riscv,clint0", WITHHELD_FIRMWARE },
	{ "thead,c900-clint", WITHHELD_FIRMWARE },
	{ "riscv,aclint-mswi", WITHHELD_FIRMWARE },
	{ "riscv,aclint-mtimer", WITHHELD_FIRMWARE },
	{ "thead,c900-aclint-mswi", WITHHELD_FIRMWARE },
	{ "thead,c900-aclint-mtimer", WITHHELD_FIRMWARE },
	{ "nuclei,ux900-aclint-mswi", WITHHELD_FIRMWARE },
	{ "nuclei,ux900-aclint-mtimer", WITHHELD_FIRMWARE },
	{ "andestech,plicsw", WITHHELD_FIRMWARE },
	{ "andestech,plmt0", WITHHELD_FIRMWARE },
	/* A hart in debug mode, which may do more than machine mode, executes from these pages. */
	{ "sifive,debug-013", WITHHELD_FIRMWARE },
	{ "riscv,debug-013", WITHHELD_FIRMWARE },
	/* Software interrupts of supervisor level are the requests between Halite's harts. */
	{ "riscv,aclint-sswi", WITHHELD_LEVEL },
	{ "thead,c900-aclint-sswi", WITHHELD_LEVEL },
	{ "mips,p8700-aclint-sswi", WITHHELD_LEVEL },
	{ "nuclei,ux900-aclint-sswi", WITHHELD_LEVEL },
	/* A store to fw_cfg makes QEMU read or write any memory. No IOMMU is in between. */
	{ "qemu,fw-cfg-mmio", WITHHELD_FW_CFG },
	/* Flash has the code and the variables that firmware trusts after the next reset. */
	{ "cfi-flash", WITHHELD_FLASH },
	{ "jedec-flash", WITHHELD_FLASH },
	/* An IOMMU that is a PCI function has another name, and is the guest's. */
	{ "riscv,iommu", WITHHELD_IOMMU },
};

static enum withheld_kind find_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (!strcmp(devices[i].compatible, name))
			return devices[i].kind;
	}
	return WITHHELD_NOT;
}

enum withheld_kind withheld_find(const struct devtree_property *compatible, uint32_t given)
{
	const char *name = (const char *)compatible->value;
	const char *end;
	enum withheld_kind kind;

	/* A list of strings ends with the zero of the last string. */
	if (!name || compatible->len < 1 || name[compatible->len - 1])
		return WITHHELD_NOT;
	end = name + compatible->len;
	for (; name < end; name += strlen(name) + 1) {
		kind = find_name(name);
		if (kind != WITHHELD_NOT && !(given >> kind & 1))
			return kind;
	}
	return WITHHELD_NOT;
}

bool withheld_is_hidden(enum withheld_kind kind)
{
	return kinds[kind].hidden;
}

const char *withheld_why(enum withheld_kind kind)
{
	return kinds[kind].why;
}

uint32_t withheld_word(const char *word, size_t len)
{
	unsigned int kind;

	for (kind = 0; kind < WITHHELD_KINDS; kind++) {
		if (kinds[kind].word && strlen(kinds[kind].word) == len &&
		    !strncmp(kinds[kind].word, word, len))
			return UINT32_C(1) << kind;
	}
	return 0;
}
