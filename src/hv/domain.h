/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain: the machine as one guest sees it. For now there is one, which has everything but
 * Halite's home. Filled in at boot by main.c, the vCPUs by vcpu_boot(); constant afterwards.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hext/hext.h"
#include "hext/shadow.h"
#include "hv/machine.h"
#include "hv/identity.h"
#include "lib/range.h"

struct vcpu;

struct domain {
	const struct machine *machine;
	unsigned int level;    /* how many Halites are below this one */
	struct range home;     /* Halite's own memory */
	struct range_list ram; /* the guest's */
	void *pool;	       /* what is left of home, in whole pages: for the shadows */
	size_t pool_size;
	struct identity_map gstage;
	struct identity_map own_map; /* what Halite itself runs with */
	bool stats;		     /* exits are counted */
	bool slow;		     /* all exits are handled the general way */
	bool nacl_offered;	     /* SBI NACL exists */
	uint32_t nacl_features;	     /* bit n: feature id n */
	struct hext_config hext;     /* of its harts */
	uint32_t genmsi;	     /* the APLIC's register, as L1 reads it */
	struct hext_shadow_pool shadows;
	struct vcpu *vcpus[MACHINE_MAX_HARTS];
	unsigned int vcpu_count;
};

/* Whether [@addr, @addr + @size) is RAM of the guest's. */
bool domain_owns_ram(const struct domain *d, uint64_t addr, uint64_t size);

#endif
