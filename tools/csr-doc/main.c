/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints docs/csr.md from src/hext/csr_table.h: `make csr-doc` writes that file. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- the words for what the columns say ---- */

#define GATE_ALWAYS  "always"
#define GATE_SSTC    "Sstc"
#define GATE_AIA     "AIA"
#define GATE_STATEEN "Smstateen"
#define GATE_ANSWERS "if the hart has it"

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

/* ---- the page ---- */

struct row {
	const char *name, *number, *kind, *bits, *rule, *reset, *gate, *held, *effect, *trap,
		*order;
};

#define BITS_FIXED(bits)       bits
#define BITS_PROBED(bits)      "those of " bits " that the hart has"
#define ROW(name, number, ...) { #name, #number, __VA_ARGS__ },
#define BANK_ROW(name, number, how, bits, rule, reset, gate, held, effect)              \
	ROW(name, number, "bank", BITS_##how("`" bits "`"), RULE_##rule, "`" reset "`", \
	    GATE_##gate, HELD_##held, EFFECT_##effect, TRAP_CHANGED, ORDER_LAST)
#define CSR_ROW(name, number, how, bits, rule, reset, gate, held, effect, trap, order)    \
	ROW(name, number, "stored", BITS_##how("`" bits "`"), RULE_##rule, "`" reset "`", \
	    GATE_##gate, HELD_##held, EFFECT_##effect, TRAP_##trap, ORDER_##order)
#define OTHER_ROW(name, number, kind, gate, held, effect, trap, order)                       \
	ROW(name, number, kind, "", "", "", GATE_##gate, held, EFFECT_##effect, TRAP_##trap, \
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

static void print_row(const struct row *r)
{
	/* "All" reads better than the number. */
	const char *all = strstr(r->bits, "`~UINT64_C(0)`");

	print_lower(r->name);
	print_cell(r->number);
	print_cell(r->gate);
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

int main(void)
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
	      "- needs: the extension with which L1 has the CSR.\n"
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
	return 0;
}
