/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's own SBI extension with a further call, which ends Halite by hv_fatal(). For a test of
 * several harts that call hv_fatal() at once.
 */
#define sbi_halite plain_sbi_halite
#include "../../src/hv/sbi_halite.c"
#undef sbi_halite

#include "hv/console.h"

#define FATAL 99

static struct sbi_result handle_more(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	if (fid == FATAL)
		hv_fatal("hart %lu was told to end it, and others would come in between",
			 v->hart->hartid);
	return plain_sbi_halite.handle(v, fid, args);
}

const struct sbi_extension sbi_halite = { .id = SBI_EXT_HALITE, .handle = handle_more };
