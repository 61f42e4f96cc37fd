/* SPDX-License-Identifier: BSD-2-Clause */
/* What entry.S and C share. */
#ifndef AIA_H
#define AIA_H

/* Offsets in struct side. */
#define SIDE_RECEIVED 0
#define SIDE_SAVED    8
#define SIDE_LAST     16

#ifndef __ASSEMBLER__

#include <stdint.h>

enum role {
	ROLE_FIRST,   /* sends, then waits for the answer */
	ROLE_SECOND,  /* answers */
	ROLE_SEND,    /* sends, then waits until the other has counted */
	ROLE_RECEIVE, /* counts */
};

/* One hart of the two. */
struct side {
	volatile uint64_t received; /* external interrupts */
	uint64_t saved;		    /* aia_vector's */
	volatile uint64_t last;	    /* what was claimed last, as stopei gives it */
	struct side *other;
	volatile uint32_t *to; /* storing message there sends an MSI to the other */
	uint32_t message;
	enum role role;
	uint64_t rounds;
};

void aia_vector(void);
uint64_t aia_run_l2(void (*code)(struct side *), struct side *side, void *stack);
void aia_permit(uint64_t bits);

#endif

#endif
