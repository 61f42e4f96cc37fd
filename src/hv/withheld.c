/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hv/withheld.h"

/*
 * What each kind means. Without a word the device cannot be given: who has it can reach Halite's
 * memory, or the firmware's, or another level's interrupts.
 */
static const struct {
	const char *why;
	const char *word; /* of give= on Halite's command line */
	bool hidden;	  /* the node is left out of the guest's tree */
} kinds[WITHHELD_KINDS] = {
	[WITHHELD_PLIC] = { "reached through Halite", NULL, false },
	[WITHHELD_AIA] = { "reached through Halite", NULL, false },
	[WITHHELD_FIRMWARE] = { "firmware's own", NULL, true },
	[WITHHELD_LEVEL] = { "interrupts of Halite's level", NULL, true },
	[WITHHELD_FW_CFG] = { "DMA that no IOMMU guards", "fw_cfg", true },
	[WITHHELD_FLASH] = { "firmware's storage", "flash", true },
};

/*
 * The devices. A name that is in no row is the guest's. An IOMMU is so, too: Halite does not drive
 * one, and the guest that has the devices behind an IOMMU may as well have the IOMMU.
 */
static const struct {
	const char *compatible;
	enum withheld_kind kind;
} devices[] = {
	/* The wires go to machine level and to Halite; the guest has some of the contexts. */
	{ "sifive,plic-1.0.0", WITHHELD_PLIC },
	{ "riscv,plic0", WITHHELD_PLIC },
	/* Domains and files of machine level are firmware's, interrupt files a hart's. */
	{ "riscv,aplic", WITHHELD_AIA },
	{ "riscv,imsics", WITHHELD_AIA },
	/* Timers and software interrupts of machine level: firmware is called by them. */
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
	/* The debug module: a hart in debug mode, above machine level, executes from its pages. */
	{ "sifive,debug-013", WITHHELD_FIRMWARE },
	{ "riscv,debug-013", WITHHELD_FIRMWARE },
	/* Software interrupts of supervisor level: Halite's harts call each other by them. */
	{ "riscv,aclint-sswi", WITHHELD_LEVEL },
	{ "thead,c900-aclint-sswi", WITHHELD_LEVEL },
	{ "mips,p8700-aclint-sswi", WITHHELD_LEVEL },
	{ "nuclei,ux900-aclint-sswi", WITHHELD_LEVEL },
	/* A store to it has QEMU read or write any memory; no IOMMU is ever before it. */
	{ "qemu,fw-cfg-mmio", WITHHELD_FW_CFG },
	/* Firmware's code and variables, which firmware believes after the next reset. */
	{ "cfi-flash", WITHHELD_FLASH },
	{ "jedec-flash", WITHHELD_FLASH },
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

	/* Names, each ended by a zero, the last one too. */
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
