/* SPDX-License-Identifier: BSD-2-Clause */
/* Declarations for entry.S and C. */
#ifndef AIA_H
#define AIA_H

#include "numbers.h"

/* Offsets in struct side. */
#define SIDE_RECEIVED 0
#define SIDE_SAVED    8
#define SIDE_LAST     16

#ifndef __ASSEMBLER__

#include <stdint.h>

enum role {
	ROLE_FIRST,   /* sends, then waits for the answer */
	ROLE_SECOND,  /* answers */
	ROLE_SEND,    /* sends, then waits until the other hart has counted */
	ROLE_RECEIVE, /* only counts */
};

/* One of the two harts. */
struct side {
	volatile uint64_t received; /* number of external interrupts */
	uint64_t saved;		    /* for aia_vector */
	volatile uint64_t last;	    /* value of stopei at the last claim */
	struct side *other;
	volatile uint32_t *to; /* a store of message to this address sends an MSI to the other */
	uint32_t message;
	enum role role;
	uint64_t rounds;
};

void aia_vector(void);
uint64_t aia_run_l2(void (*code)(struct side *), struct side *side, void *stack);
void aia_permit(uint64_t bits);

#endif

#endif
