/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints docs/csr.md from src/hext/csr_table.h and ext_table.h: `make csr-doc` writes that file.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- the words for what the columns say ---- */

#define RULE_any     "any value"
#define RULE_status  "SD summarizes FS, VS and XS"
#define RULE_tvec    "MODE is 0 or 1"
#define RULE_vsatp   "if the hart lacks MODE, the CSR keeps its value"
#define RULE_hstatus "VGEIN is the number of a file, else 0"
#define RULE_envcfg  "CBIE is not 2"
#define RULE_hgatp   "if the hart lacks MODE, MODE keeps its value"

#define HELD_BY_TRAP   "the value of the level that runs; a trap of L2 writes L1's"
#define HELD_SWAPPED   "the value of the level that runs"
#define HELD_GSTAGE    "the value of the level that runs; changes together with hgatp"
#define HELD_TIMER     "the value of the level that runs; L2's only if henvcfg.STCE is set"
#define HELD_LIVE(x)   "L2 runs: L1's value; L1 runs: `" #x "`"
#define HELD_SELDOM(x) "L2 runs: L1's value; L1 runs: `" #x "`, most times the same"
#define HELD_LIVE_L2   "L2 runs: L1's value; L1 runs: a value that src/riscv computes"
#define HELD_MADE      "computed by src/riscv from L1's value and from what Halite needs"
#define HELD_IMAGE     "another value, or none"

#define EFFECT_READ_ONLY "cannot be written"
#define EFFECT_L2_ONLY	 "nothing"
#define EFFECT_G_STAGE	 "nothing; L2 then runs under another G-stage"
#define EFFECT_PRIORITY	 "which interrupts of VS level exist, and their priorities"
#define EFFECT_PENDING	 "an interrupt of VS level may become pending"
#define EFFECT_ENABLED	 "an interrupt may reach L1"
#define EFFECT_HSTATUS	 "all that hstatus controls"

#define TRAP_KEPT    "no"
#define TRAP_CHANGED "yes"
#define TRAP_DEAR    "yes; L1 gets the new value by sync_csr only"

#define ORDER_REACH  "1: says which CSRs can be accessed"
#define ORDER_SHAPE  "2: says which bits others have"
#define ORDER_SOURCE "3: shown by views"
#define ORDER_VIEW   "4: a view"
#define ORDER_LAST   "5: all others"

#define TOLD_YES	"yes"
#define TOLD_WITH_AIA	"if L1 has an IMSIC"
#define TOLD_WITH_LCOFI "if L1 has an IMSIC and the hart has bit 13 of hvien"
#define TOLD_NO		"no"

#define CSRS_ALWAYS "always"
#define CSRS_SSTC   "if the hart has it"
#define CSRS_AIA    "if L1 has an IMSIC"
#define CSRS_ASKED  "if a read at boot succeeds"

/* ---- the page ---- */

struct row {
	const char *name, *number, *kind, *bits, *rule, *reset, *gate, *held, *effect, *trap,
		*order;
};

#define BITS_FIXED(bits)       bits
#define BITS_PROBED(bits)      "those of " bits " that the hart has"
#define ROW(name, number, ...) { #name, #number, __VA_ARGS__ },
#define BANK_ROW(name, number, how, bits, rule, reset, gate, held, effect)                     \
	ROW(name, number, "bank", BITS_##how("`" bits "`"), RULE_##rule, "`" reset "`", #gate, \
	    HELD_##held, EFFECT_##effect, TRAP_CHANGED, ORDER_LAST)
#define CSR_ROW(name, number, how, bits, rule, reset, gate, held, effect, trap, order)           \
	ROW(name, number, "stored", BITS_##how("`" bits "`"), RULE_##rule, "`" reset "`", #gate, \
	    HELD_##held, EFFECT_##effect, TRAP_##trap, ORDER_##order)
#define OTHER_ROW(name, number, kind, gate, held, effect, trap, order)                 \
	ROW(name, number, kind, "", "", "", #gate, held, EFFECT_##effect, TRAP_##trap, \
	    ORDER_##order)

static const struct row rows[] = {
#define HEXT_BANK(name, number, field, how, bits, rule, reset, gate, held, effect) \
	BANK_ROW(name, number, how, #bits, rule, #reset, gate, held, effect)
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, effect, trap, order) \
	CSR_ROW(name, number, how, #bits, rule, #reset, gate, held, effect, trap, order)
#define HEXT_VIEW(name, number, get, set, gate, effect, trap, order) \
	OTHER_ROW(name, number, "view", gate, "computed from other CSRs", effect, trap, order)
#define HEXT_FILE(name, number, rmw, gate, effect, trap, order) \
	OTHER_ROW(name, number, "file", gate, "in the interrupt file", effect, trap, order)
#include "hext/csr_table.h"
};

struct extension {
	const char *name, *told, *csrs, *stateen0, *envcfg, *why;
};

/* The place of each extension in its table, and the extension of each CSR. */
enum gate {
#define HEXT_EXT(name, ...) GATE_##name,
#include "hext/ext_table.h"
};

static const enum gate gates[] = {
#define HEXT_ROW(name, number, gate, ...) GATE_##gate,
#include "hext/csr_table.h"
};

static const struct extension extensions[] = {
#define HEXT_EXT(name, told, csrs, stateen0, envcfg, why) \
	{ #name, TOLD_##told, CSRS_##csrs, "`" #stateen0 "`", "`" #envcfg "`", why },
#include "hext/ext_table.h"
};

static bool is_gate(enum gate extension)
{
	for (unsigned int i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		if (gates[i] == extension)
			return true;
	}
	return false;
}

/* A cell of the table: no character may end it. */
static void print_cell(const char *text)
{
	fputs(" ", stdout);
	for (; *text; text++)
		fputs(*text == '|' ? "\\|" : (char[]){ *text, 0 }, stdout);
	fputs(" |", stdout);
}

static void print_lower(const char *name)
{
	fputs("| ", stdout);
	for (; *name; name++)
		putchar(tolower((unsigned char)*name));
	fputs(" |", stdout);
}

/* The name of an extension, as specifications write it. */
static void print_extension(const char *name)
{
	printf(" %c%s |", toupper((unsigned char)*name), name + 1);
}

static void print_row(const struct row *r)
{
	/* "All" reads better than the number. */
	const char *all = strstr(r->bits, "`~UINT64_C(0)`");

	print_lower(r->name);
	print_cell(r->number);
	print_extension(r->gate);
	print_cell(r->kind);
	print_cell(!all ? r->bits : all == r->bits ? "all" : "those that the hart has");
	print_cell(r->rule);
	print_cell(r->reset);
	print_cell(r->held);
	print_cell(r->effect);
	print_cell(r->trap);
	print_cell(r->order);
	putchar('\n');
}

static void print_extension_row(unsigned int i)
{
	const struct extension *e = &extensions[i];

	fputs("|", stdout);
	print_extension(e->name);
	print_cell(e->told);
	print_cell(is_gate(i) ? e->csrs : "");
	print_cell(strcmp(e->stateen0, "`0`") ? e->stateen0 : "");
	print_cell(strcmp(e->envcfg, "`0`") ? e->envcfg : "");
	print_cell(e->why);
	putchar('\n');
}

static void print_csrs(void)
{
	fputs("# The H and VS CSRs\n"
	      "\n"
	      "`make csr-doc` makes this page from "
	      "[csr_table.h](../src/hext/csr_table.h). The table has all that\n"
	      "Halite knows of each CSR that the H extension and AIA give L1. A new "
	      "CSR is a new row: emulation,\n"
	      "the switch between L1 and L2, SBI NACL and this page are made from the "
	      "row.\n"
	      "\n"
	      "The columns:\n"
	      "\n"
	      "- needs: the extension with which L1 has the CSR (below).\n"
	      "- kind: a *bank* CSR exists twice, for L1 as the supervisor CSR without "
	      "the V in its name, and for\n"
	      "  L2. A *stored* CSR exists once. A *view* shows other CSRs. A *file* "
	      "CSR is a register of the\n"
	      "  guest interrupt file that hstatus.VGEIN selects.\n"
	      "- writable bits: all other bits keep their reset value. The names are "
	      "those of src/hext/bits.h and\n"
	      "  csr_legal.h; c is the configuration of the hart.\n"
	      "- rule: what becomes of a written value (WARL).\n"
	      "- value in the hardware: what the hardware's CSR of the same number "
	      "holds.\n"
	      "- effect: what a write of L1 changes before L2 runs.\n"
	      "- trap: whether L2, or the trap that ends it, changes the CSR.\n"
	      "- order: in which order Halite writes CSRs that are dirty together in "
	      "NACL's area.\n"
	      "\n"
	      "| CSR | number | needs | kind | writable bits | rule | reset | value in "
	      "the hardware | effect | trap | order |\n"
	      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
	      stdout);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		print_row(&rows[i]);
}

static void print_extensions(void)
{
	fputs("\n"
	      "## Extensions\n"
	      "\n"
	      "From [ext_table.h](../src/hext/ext_table.h). L1 has an extension if the hart has "
	      "it and L1 is told\n"
	      "of it. L1 is told of all extensions that are not in this table.\n"
	      "\n"
	      "- told: whether L1's ISA string names the extension, if the hart has it.\n"
	      "- CSRs: when an L1 that has the extension has its CSRs of the table above.\n"
	      "- bits of hstateen0: L1 may set them if it has the extension. It may set all bits "
	      "that are not in\n"
	      "  this column.\n"
	      "- bits of henvcfg: L1 may set them if it has the extension, and no others.\n"
	      "\n"
	      "| extension | told | CSRs | bits of hstateen0 | bits of henvcfg | what Halite does "
	      "for it, or why it is hidden |\n"
	      "| --- | --- | --- | --- | --- | --- |\n",
	      stdout);
	for (unsigned int i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		print_extension_row(i);
}

int main(void)
{
	print_csrs();
	print_extensions();
	return 0;
}
