/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers (HEXT_CSR_HSTATUS and so on) and the facts (hext_csr_facts()) of the CSRs in
 * csr_table.h.
 */
#ifndef HEXT_CSR_H
#define HEXT_CSR_H

#include <stdbool.h>

enum hext_csr_number {
#define HEXT_ROW(name, number, ...) HEXT_CSR_##name = (number),
#include "hext/csr_table.h"
};

/* The place of each CSR in the table, for bitmaps. */
enum hext_csr_row {
#define HEXT_ROW(name, ...) HEXT_ROW_##name,
#include "hext/csr_table.h"
	HEXT_ROWS
};

/* What a write by L1 changes before L2 runs. */
enum hext_effect {
	HEXT_EFFECT_READ_ONLY, /* the CSR cannot be written */
	HEXT_EFFECT_L2_ONLY,   /* nothing */
	HEXT_EFFECT_G_STAGE,   /* nothing, but L2 may run under another G-stage afterwards */
	HEXT_EFFECT_PRIORITY,  /* which interrupts of VS level exist, and their priorities */
	/* Halite can apply the effects above when L2 runs, or at the next exit of L1. */
	HEXT_EFFECT_PENDING, /* an interrupt of VS level may become pending: WFI may have to trap */
	HEXT_EFFECT_ENABLED, /* an interrupt of VS level or of a guest file may reach L1 */
	HEXT_EFFECT_HSTATUS, /* everything that hstatus controls */
};

/* Whether L2, or the trap that ends it, changes a CSR. */
enum hext_trap_change {
	HEXT_TRAP_KEPT,
	HEXT_TRAP_CHANGED,
	HEXT_TRAP_DEAR, /* it changes, but to read it costs much: L1 gets it by sync_csr only */
};

/*
 * The order in which L0 writes several dirty CSRs: the value of a later one may depend on an
 * earlier one.
 */
enum hext_order {
	HEXT_ORDER_REACH,  /* CSRs that decide which CSRs can be accessed */
	HEXT_ORDER_SHAPE,  /* CSRs that decide which bits others have, and which file is selected */
	HEXT_ORDER_SOURCE, /* CSRs that views show */
	HEXT_ORDER_VIEW,   /* views that other CSRs depend on */
	HEXT_ORDER_LAST,   /* all others, by ascending number */
};

struct hext_csr_facts {
	enum hext_effect effect;
	enum hext_trap_change trap;
	enum hext_order order;
};

/* The facts of @csr, which is in the table. */
static inline struct hext_csr_facts hext_csr_facts(unsigned int csr)
{
	switch (csr) {
#define HEXT_ROW(name, number, gate, effect, trap, order)                               \
	case number:                                                                    \
		return (struct hext_csr_facts){ HEXT_EFFECT_##effect, HEXT_TRAP_##trap, \
						HEXT_ORDER_##order };
#include "hext/csr_table.h"
	default:
		return (struct hext_csr_facts){ .order = HEXT_ORDER_LAST };
	}
}

/* Supervisor CSRs that VS mode cannot always access, though HS mode can: hext_s_csr_rmw(). */
#define CSR_SIE	     0x104
#define CSR_SIP	     0x144
#define CSR_STIMECMP 0x14d
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c

/* Whether @csr is a hypervisor or VS CSR: bits 9:8 of its number are 2. */
#define HEXT_IS_H_CSR(csr) (((csr)&0x300) == 0x200)

/* A number with bits 11:10 set is read-only (priv "CSR Address Mapping Conventions"). */
#define HEXT_CSR_IS_READ_ONLY(csr) (((csr) >> 10) == 3)

/* ---- columns of the table as expressions, in which c is the hart's struct hext_config ---- */

/* gate: whether L1 has the CSR @name. */
#define HEXT_GATE(gate, name) hext_has_csr(c, HEXT_CSRS_OF_##gate, HEXT_ROW_##name)

/* how: the writable bits. */
#define HEXT_WRITABLE_FIXED(field, bits)  (bits)
#define HEXT_WRITABLE_PROBED(field, bits) c->field

#endif
