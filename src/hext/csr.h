/* SPDX-License-Identifier: BSD-2-Clause */
/* What the table says of each CSR: its number HEXT_CSR_HSTATUS and so on, and hext_csr_facts(). */
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
};

/* What a write by L1 changes before L2 runs. */
enum hext_effect {
	HEXT_EFFECT_READ_ONLY, /* it cannot be written */
	HEXT_EFFECT_L2_ONLY,   /* nothing */
	HEXT_EFFECT_G_STAGE,   /* nothing; L2 may run under another G-stage then */
	HEXT_EFFECT_PRIORITY,  /* how interrupts of VS level are told and which goes first */
	/* The effects above can wait until L2 runs, or L1 exits the next time. */
	HEXT_EFFECT_PENDING, /* an interrupt of VS level may become pending: WFI may have to trap */
	HEXT_EFFECT_ENABLED, /* an interrupt of VS level or of a guest file may reach L1 */
	HEXT_EFFECT_HSTATUS, /* all that hstatus says */
};

/* Whether L2, or the trap that ends it, changes a CSR. */
enum hext_trap_change {
	HEXT_TRAP_KEPT,
	HEXT_TRAP_CHANGED,
	HEXT_TRAP_DEAR, /* yes; its value costs much to find out, so nobody is told unasked */
};

/* The order of writes that wait together: the value of a later one may depend on the earlier. */
enum hext_order {
	HEXT_ORDER_REACH,  /* what can be reached at all */
	HEXT_ORDER_SHAPE,  /* which bits there are, and which file */
	HEXT_ORDER_SOURCE, /* what views show */
	HEXT_ORDER_VIEW,   /* views that others depend on */
	HEXT_ORDER_LAST,   /* all else, by ascending number */
};

struct hext_csr_facts {
	enum hext_effect effect;
	enum hext_trap_change trap;
	enum hext_order order;
};

/* @csr is in the table. */
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

/* Whether all that L1's write of @csr changes can wait. */
static inline bool hext_csr_waits_for_l2(unsigned int csr)
{
	return hext_csr_facts(csr).effect <= HEXT_EFFECT_PRIORITY;
}

/* Supervisor CSRs that HS mode has and that VS mode does not always reach: hext_s_csr_rmw(). */
#define CSR_SIE	     0x104
#define CSR_SIP	     0x144
#define CSR_STIMECMP 0x14d
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c

/* Whether @csr is of the hypervisor's kinds: bits 9:8 of its number are 2. */
#define HEXT_IS_H_CSR(csr) (((csr)&0x300) == 0x200)

/* A number with bits 11:10 set is read-only (priv "CSR Address Mapping Conventions"). */
#define HEXT_CSR_IS_READ_ONLY(csr) (((csr) >> 10) == 3)

/* ---- columns of the table, as expressions where c is the hart's struct hext_config ---- */

/* gate: whether the hart has the CSR. */
#define HEXT_GATE_ALWAYS(name)	true
#define HEXT_GATE_SSTC(name)	c->sstc
#define HEXT_GATE_AIA(name)	c->aia
#define HEXT_GATE_STATEEN(name) HEXT_GATE_ANSWERS(name)
#define HEXT_GATE_ANSWERS(name) (c->answers >> HEXT_ROW_##name & 1)

/* how: which bits can be written. */
#define HEXT_WRITABLE_FIXED(field, bits)  (bits)
#define HEXT_WRITABLE_PROBED(field, bits) c->field

#endif
