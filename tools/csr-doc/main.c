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
#define RULE_status  "SD sums up FS, VS, XS"
#define RULE_tvec    "MODE is 0 or 1"
#define RULE_vsatp   "a MODE that there is, else no change"
#define RULE_hstatus "VGEIN of a file that there is, else 0"
#define RULE_envcfg  "CBIE is not 2"
#define RULE_hgatp   "a MODE that there is, else MODE stays"

#define HELD_BY_TRAP   "L1's or L2's by turns; L2's trap writes L1's"
#define HELD_SWAPPED   "L1's or L2's by turns"
#define HELD_GSTAGE    "L1's or L2's by turns, together with hgatp"
#define HELD_TIMER     "L1's or L2's by turns; L2's under henvcfg.STCE"
#define HELD_LIVE(x)   "L2's while L2 runs; for L1 `" #x "`"
#define HELD_SELDOM(x) "L2's while L2 runs; for L1 `" #x "`, which L1 mostly wants too"
#define HELD_LIVE_L2   "L2's while L2 runs; for L1 what src/riscv makes"
#define HELD_MADE      "what src/riscv makes of L1's and Halite's"
#define HELD_IMAGE     "not in the hart"

#define EFFECT_READ_ONLY "cannot be written"
#define EFFECT_L2_ONLY	 "nothing before L2 runs"
#define EFFECT_G_STAGE	 "nothing before L2 runs; then its G-stage"
#define EFFECT_PRIORITY	 "how L1's VS-level interrupts are told"
#define EFFECT_PENDING	 "an interrupt may become pending"
#define EFFECT_ENABLED	 "an interrupt may reach L1"
#define EFFECT_HSTATUS	 "all that hstatus says"

#define TRAP_KEPT    "no"
#define TRAP_CHANGED "yes"
#define TRAP_DEAR    "yes; told when asked"

#define ORDER_REACH  "1: what can be reached"
#define ORDER_SHAPE  "2: which bits there are"
#define ORDER_SOURCE "3: what views show"
#define ORDER_VIEW   "4: a view of these"
#define ORDER_LAST   "5: the rest"

/* ---- the page ---- */

struct row {
	const char *name, *number, *kind, *bits, *rule, *reset, *gate, *held, *effect, *trap,
		*order;
};

#define BITS_FIXED(bits)       bits
#define BITS_PROBED(bits)      "those of " bits " that the hart has"
#define ROW(name, number, ...) { #name, #number, __VA_ARGS__ },
#define BANK_ROW(name, number, how, bits, rule, reset, gate, held, effect)            \
	ROW(name, number, "for L1 and for L2", BITS_##how("`" bits "`"), RULE_##rule, \
	    "`" reset "`", GATE_##gate, HELD_##held, EFFECT_##effect, TRAP_CHANGED, ORDER_LAST)
#define CSR_ROW(name, number, how, bits, rule, reset, gate, held, effect, trap, order)    \
	ROW(name, number, "stored", BITS_##how("`" bits "`"), RULE_##rule, "`" reset "`", \
	    GATE_##gate, HELD_##held, EFFECT_##effect, TRAP_##trap, ORDER_##order)
#define OTHER_ROW(name, number, kind, gate, effect, trap, order)                             \
	ROW(name, number, kind, "", "", "", GATE_##gate, "not in the hart", EFFECT_##effect, \
	    TRAP_##trap, ORDER_##order)

static const struct row rows[] = {
#define HEXT_BANK(name, number, field, how, bits, rule, reset, gate, held, effect) \
	BANK_ROW(name, number, how, #bits, rule, #reset, gate, held, effect)
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, effect, trap, order) \
	CSR_ROW(name, number, how, #bits, rule, #reset, gate, held, effect, trap, order)
#define HEXT_VIEW(name, number, get, set, gate, effect, trap, order) \
	OTHER_ROW(name, number, "shows others", gate, effect, trap, order)
#define HEXT_FILE(name, number, rmw, gate, effect, trap, order) \
	OTHER_ROW(name, number, "of an interrupt file", gate, effect, trap, order)
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
	fputs("# The H and VS CSRs\n\n"
	      "`make csr-doc` makes this page from [csr_table.h](../src/hext/csr_table.h), "
	      "which is all\nthat Halite knows of each CSR that the H extension and AIA give L1. "
	      "To add a CSR is to\nadd a row there: emulation, the switch between L1 and L2, "
	      "SBI NACL and this page come\nfrom it.\n\n"
	      "- there: the extension that L1 needs to have the CSR.\n"
	      "- kind: L1 and L2 each have one; or it is stored, shows others, or is of the guest\n"
	      "  interrupt file that hstatus.VGEIN selects.\n"
	      "- can be written: the bits; the others keep their reset value. "
	      "The names are those of\n"
	      "  src/hext/bits.h and csr_legal.h; c is the hart's configuration.\n"
	      "- rule: what a written value becomes (WARL).\n"
	      "- in the hart: what the hardware's CSR of the same number holds.\n"
	      "- a write by L1: what it changes before L2 runs.\n"
	      "- trap: whether L2, or the trap that ends it, changes the CSR.\n"
	      "- order: of writes that wait together in NACL's area.\n\n"
	      "| CSR | number | there | kind | can be written | rule | reset | in the hart |"
	      " a write by L1 | trap | order |\n"
	      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
	      stdout);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		print_row(&rows[i]);
	return 0;
}
