/* SPDX-License-Identifier: BSD-2-Clause */
/* Which lie a Halite that lies tells (tests/liar): "lie=N" on its command line. */
#ifndef LIAR_LIE_H
#define LIAR_LIE_H

#include <string.h>

#include "hv/vcpu.h"
#include "hv/machine.h"

enum lie {
	NO_LIE,
	REFUSE_HART_1,	   /* set_shmem fails on every hart but one */
	REFUSE_ALL,	   /* set_shmem fails */
	NO_SYNC_SRET,	   /* sync_sret was offered, and is not supported any more */
	NO_SYNC_HFENCE,	   /* likewise sync_hfence */
	NO_SYNC_CSR,	   /* likewise sync_csr */
	IDLE_SYNC_HFENCE,  /* sync_hfence succeeds and does nothing: Pending stays set */
	IDLE_SYNC_CSR,	   /* sync_csr succeeds and does nothing: what is dirty stays so */
	LOST_AREA,	   /* the area is gone: NO_SHMEM */
	STRANGE_ERRORS,	   /* errors that no specification knows */
	NO_CODE,	   /* no lie: htinst and stval may be 0, so that L1 has to fetch the code */
	FEATURES_GO,	   /* every feature is offered at the first question only */
	REFUSE_STOP,	   /* of SBI HSM: a hart cannot be stopped */
	NO_GUEST,	   /* no lie: a bug of Halite's own, hstatus.SPV is clear when it leaves */
	FAIL_ASSERT,	   /* no lie: a bug of Halite's own, which an assert() finds */
	OWN_TRAP,	   /* no lie: a bug of Halite's own, which is a trap */
	OWN_TRAP_NO_STACK, /* such a trap, with a stack pointer of 0 */
	OWN_TRAP_TWICE,	   /* such a trap, and one more while it is printed */
	OWN_TRAP_EARLY,	   /* such a trap before there are vCPUs */
};

static inline enum lie chosen_in(const char *bootargs)
{
	const char *word = strstr(bootargs, "lie=");

	if (!word)
		return NO_LIE;
	return word[5] >= '0' && word[5] <= '9' ? (word[4] - '0') * 10 + word[5] - '0'
						: word[4] - '0';
}

static inline enum lie chosen(const struct vcpu *v)
{
	return chosen_in(v->domain->host->machine.bootargs);
}

#endif
