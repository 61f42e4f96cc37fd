/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual interrupt source: an emulated device's wire to the PLIC or APLIC of the guest. It has
 * the number of a source of the machine. plic.c and aplic.c ask the functions below where a
 * register has that source, so the guest finds the registers of one source.
 *
 * A PLIC has no register that makes a source pending. So all of the virtual source is here: its
 * priority, its enable bits, its pending bit and its gateway. The machine's source with that number
 * is disabled in each context of the guest.
 *
 * An APLIC has such registers (setipnum, clripnum). So a source of the machine in the mode Detached
 * is pending when the virtual source is, and the machine does the rest: priorities, targets, MSIs.
 * Here are the mode that the guest has set, what the mode makes of the wire, and the enable bit.
 * With several domains, the source of the machine has another number: each domain has a virtual
 * source with the same number, and a source of the machine behind it that no domain has.
 *
 * Specifications: RISC-V PLIC 1.0; AIA, chapter "Advanced Platform-Level Interrupt Controller
 * (APLIC)".
 */
#ifndef HV_SOURCE_H
#define HV_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/machine.h"
#include "lib/index_set.h"
#include "lib/spinlock.h"

struct source {
	struct spinlock lock;
	const struct machine *machine; /* NULL: there is no virtual source */
	struct machine_source at;
	const bool *wire; /* from the device, read atomically */
	bool level;	  /* of the wire, when it was looked at last */
	/* PLIC. */
	bool pending;
	bool in_service; /* claimed, and not completed yet */
	uint32_t priority;
	uint32_t priority_mask; /* the bits that the machine's priorities have */
	/* Indices of the vCPUs whose contexts enable the source. Harts write it atomically. */
	struct index_set enabled;
	/* APLIC. */
	uint32_t behind; /* number of the machine's source */
	uint32_t config; /* sourcecfg */
	bool enable;
	bool ie; /* the guest's domaincfg.IE, if it is one of several domains; else true */
};

/*
 * Make @s the source @at of @m, with the wire @wire, and disable the machine's source. @behind is
 * the number of the source that an APLIC has for it. An access that the controller refuses has no
 * effect.
 */
void source_init(struct source *s, const struct machine *m, struct machine_source at,
		 uint32_t behind, const bool *wire);

/* Reset @s, which there is, when the guest is reset and none of its harts runs. */
void source_reset(struct source *s);

/*
 * The wire may have changed. Returns whether the controller's output to a hart may have, too,
 * without an interrupt of that hart.
 */
bool source_look(struct source *s);

/* ---- PLIC; @index and @hart are those of the vCPU that has the context ---- */

/* The bit of the source in word @word of an array with a bit for each source, or 0. */
static inline uint32_t source_bit(const struct source *s, uint64_t word)
{
	return word == s->at.number / 32 ? UINT32_C(1) << s->at.number % 32 : 0;
}

/* Whether the source makes the PLIC signal an external interrupt to @hart. */
bool source_asks(struct source *s, unsigned int index, const struct machine_hart *hart);

/* Whether the source may signal to vCPU @index: it is pending and enabled there. */
bool source_may_ask(struct source *s, unsigned int index);

bool source_is_pending(struct source *s);
void source_enable(struct source *s, unsigned int index, bool enable);
void source_set_priority(struct source *s, uint32_t priority);

/* Whether @s comes before @other, of the same PLIC, in claims. */
bool source_beats(const struct source *s, const struct source *other);

/* Claim the source, if it is the one that a claim returns. False: the machine answers the claim. */
bool source_claim(struct source *s, unsigned int index, const struct machine_hart *hart);

/* Complete the source. Returns whether it is pending again. */
bool source_complete(struct source *s, unsigned int index);

/* ---- APLIC ---- */

/* The guest writes @config, a legal value, to sourcecfg. False: the APLIC refuses the access. */
bool source_configure(struct source *s, uint32_t config);

/* The source's value in in_clrip, its pending bit and its enable bit. */
bool source_input(struct source *s);
bool source_aplic_pending(struct source *s);
bool source_aplic_enabled(struct source *s);

/* The guest writes @pending or @enable to that bit. False: the APLIC refuses the access. */
bool source_aplic_set_pending(struct source *s, bool pending);
bool source_aplic_set_enabled(struct source *s, bool enable);

/* The guest, one of several domains, changes IE of its domaincfg to @ie. */
bool source_set_ie(struct source *s, bool ie);

/* The APLIC has answered a claim with this source. */
void source_claimed(struct source *s);

#endif
