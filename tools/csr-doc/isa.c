/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints docs/isa.md from isa_table.h and src/hext/ext_table.h: `make csr-doc` writes that file. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct virtualized {
	const char *name, *told;
	bool stateen0, envcfg;
	const char *why;
};

#define TOLD_YES	"yes"
#define TOLD_WITH_AIA	"if it has an IMSIC"
#define TOLD_WITH_LCOFI "if it has an IMSIC"
#define TOLD_NO		"no"

/* Of the two columns of bits only the length matters: "0" says that there are none. */
static const struct virtualized virtualized[] = {
#define HEXT_EXT(name, told, csrs, stateen0, envcfg, why) \
	{ #name, TOLD_##told, sizeof(#stateen0) > 2, sizeof(#envcfg) > 2, why },
#include "hext/ext_table.h"
};

#define IN_U	      "RVA23U64"
#define IN_S	      "RVA23S64"
#define IN_OPTIONAL_U "option of U64"
#define IN_OPTIONAL_S "option of S64"
#define IN_NONE	      ""

#define OF_BOTH	    "rva23s64, max"
#define OF_RVA23S64 "rva23s64"
#define OF_MAX	    "max"
#define OF_UNNAMED  ""

static const struct {
	const char *name, *profile, *cpus;
} extensions[] = {
#define ISA_EXT(name, profile, cpus) { #name, IN_##profile, OF_##cpus },
#include "isa_table.h"
};

static const struct virtualized *find(const char *name)
{
	for (unsigned int i = 0; i < sizeof(virtualized) / sizeof(virtualized[0]); i++) {
		if (!strcmp(virtualized[i].name, name))
			return &virtualized[i];
	}
	return NULL;
}

/* How L1 can give the extension to its guests. */
static const char *given(const struct virtualized *v)
{
	if (!v)
		return "the hart's";
	if (!strcmp(v->told, TOLD_NO))
		return "no";
	if (!strcmp(v->name, "h"))
		return "as L1 emulates it";
	if (v->envcfg)
		return "by henvcfg";
	return v->stateen0 ? "by hstateen0" : "the hart's";
}

static const char heading[] =
	"# The instruction set of a guest\n"
	"\n"
	"`make csr-doc` makes this page from [isa_table.h](../tools/csr-doc/isa_table.h), which\n"
	"has the extensions of the profiles RVA23U64 and RVA23S64 and of QEMU's `-cpu max`, and\n"
	"from [ext_table.h](../src/hext/ext_table.h), which has what Halite does for them.\n"
	"\n"
	"- CPUs: the CPUs of QEMU 10 whose device tree names it. Without one, the machine may\n"
	"  still have it: `mmu-type` says which of Sv39, Sv48 and Sv57 there are.\n"
	"- L1: whether L1 is told of it, on a machine that has it.\n"
	"- L2: \"by henvcfg\" and the like: L1 decides with that CSR whether its guest has it.\n"
	"  \"The hart's\": as the hart does it; Halite takes no part. \"No\": no guest has it.\n"
	"  Which extensions KVM names to its guests is KVM's.\n"
	"- how: what Halite does for it, or why it is hidden. Without a text, the hart does it\n"
	"  alone.\n"
	"\n"
	"Smcntrpmf has CSRs of machine level alone, so L1 cannot reach them, on the bare machine\n"
	"either. Firmware sets them for the filters of SBI PMU, and gets L1's filters from Halite\n"
	"as those of VS and VU mode ([sbi.md](sbi.md)).\n"
	"\n"
	"| extension | profile | CPUs | L1 | L2 | how |\n"
	"| --- | --- | --- | --- | --- | --- |\n";

int main(void)
{
	fputs(heading, stdout);
	for (unsigned int i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		const struct virtualized *v = find(extensions[i].name);

		printf("| %s | %s | %s | %s | %s | %s |\n", extensions[i].name,
		       extensions[i].profile, extensions[i].cpus, v ? v->told : "yes", given(v),
		       v ? v->why : "");
	}
	return 0;
}
