/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain: the part of the machine that one guest has. For now there is one, which has all that the
 * host gives away. Filled in at boot by domain_build(), its vCPUs and shadows by bringup_start();
 * constant afterwards, but for what vCPUs and shadows hold, and genmsi.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/bits.h"
#include "hext/hext.h"
#include "hext/shadow.h"
#include "hv/host.h"
#include "hv/identity.h"
#include "lib/range.h"
#include "riscv/world.h"

struct vcpu;

struct domain {
	const struct host *host;
	struct range_list ram;	   /* in whole pages */
	struct range_list devices; /* MMIO that the guest reaches with no exit, in whole pages */
	struct identity_map gstage;
	struct vmid_range vmids; /* the first is the G-stage's */
	union {
		struct hext_config hext;   /* of its harts */
		struct world_config world; /* begins with hext */
	};
	bool nacl_offered;	/* SBI NACL exists */
	uint32_t nacl_features; /* bit n: feature id n */
	uint32_t genmsi;	/* the APLIC's register, as L1 reads it */
	struct hext_shadow_pool shadows;
	struct vcpu *vcpus[MACHINE_MAX_HARTS];
	unsigned int vcpu_count;
};

/* Make of zeroed @d the domain that has all of @h, which host_build() has built. Fatal on errors. */
void domain_build(struct domain *d, struct host *h);

/* hgatp for L1. */
static inline uint64_t domain_hgatp(const struct domain *d)
{
	return identity_atp(&d->gstage) | (uint64_t)d->vmids.first << HGATP_VMID_SHIFT;
}

/* Whether [@addr, @addr + @size) is RAM of the guest's. */
bool domain_owns_ram(const struct domain *d, uint64_t addr, uint64_t size);

#endif
