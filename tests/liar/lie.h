/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lies of a Halite that lies (tests/liar): wrong answers to its guest, and bugs. The word
 * "lie=N" on its command line chooses lie N.
 */
#ifndef LIAR_LIE_H
#define LIAR_LIE_H

#include <string.h>

#include "hv/vcpu.h"
#include "hv/machine.h"

enum lie {
	NO_LIE,
	REFUSE_HART_1,	   /* set_shmem fails on hart 1 */
	REFUSE_ALL,	   /* set_shmem fails on every hart */
	NO_SYNC_SRET,	   /* sync_sret is offered, but fails with NOT_SUPPORTED */
	NO_SYNC_HFENCE,	   /* sync_hfence is offered, but fails with NOT_SUPPORTED */
	NO_SYNC_CSR,	   /* sync_csr is offered, but fails with NOT_SUPPORTED */
	IDLE_SYNC_HFENCE,  /* sync_hfence succeeds and does nothing: Pending stays set */
	IDLE_SYNC_CSR,	   /* sync_csr succeeds and does nothing: dirty CSRs stay dirty */
	LOST_AREA,	   /* the area is lost: calls fail with NO_SHMEM */
	STRANGE_ERRORS,	   /* calls fail with an error that no specification defines */
	NO_CODE,	   /* permitted: htinst and stval are 0, so L1 fetches the instruction */
	FEATURES_GO,	   /* only the first probe of a feature finds the feature */
	REFUSE_STOP,	   /* hart_stop of SBI HSM fails */
	NO_GUEST,	   /* bug of Halite: hstatus.SPV is clear at the entry into the guest */
	FAIL_ASSERT,	   /* bug of Halite: an assert() fails */
	OWN_TRAP,	   /* bug of Halite: a trap of Halite's own */
	OWN_TRAP_NO_STACK, /* bug of Halite: a trap of Halite's own with a stack pointer of 0 */
	OWN_TRAP_TWICE,	   /* bug of Halite: a trap of Halite's own, and one more in its report */
	OWN_TRAP_EARLY,	   /* bug of Halite: a trap of Halite's own before there are vCPUs */
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
