/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain: the part of the machine that one guest has. There is one domain, which has all RAM and
 * all devices that Halite does not keep. domain_build() fills the domain in at boot, but
 * bringup_start() adds the vCPUs and the shadows. Afterwards only the vCPUs, the shadows and genmsi
 * change.
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
#include "lib/index_set.h"
#include "lib/range.h"
#include "riscv/world.h"

struct vcpu;

struct domain {
	const struct host *host;
	struct range_list ram;	   /* whole pages */
	struct range_list devices; /* MMIO that the guest reaches without an exit, whole pages */
	struct identity_map gstage;
	struct vmid_range vmids; /* first: of gstage; the others: of shadows */
	union {
		struct hext_config hext;   /* configuration of the virtual harts */
		struct world_config world; /* begins with hext */
	};
	bool nacl_offered;	/* the guest has SBI NACL */
	uint32_t nacl_features; /* bit n: NACL feature n */
	uint32_t *genmsi;	/* values that L1 reads from genmsi of each APLIC */
	/* Has each vCPU whose external is set, and maybe others. Harts write it atomically. */
	struct index_set raised;
	struct hext_shadow_pool shadows;
	struct vcpu *vcpus[MACHINE_MAX_HARTS]; /* in ascending order of hart id */
	unsigned int vcpu_count;
};

/*
 * Build the domain @d, which is zeroed, with all RAM and all devices of @h, and with VMIDs of @h.
 * host_build() has built @h. Errors are fatal.
 */
void domain_build(struct domain *d, struct host *h);

/* The value of hgatp while L1 runs. */
static inline uint64_t domain_hgatp(const struct domain *d)
{
	return identity_atp(&d->gstage) | (uint64_t)d->vmids.first << HGATP_VMID_SHIFT;
}

/* Whether [@addr, @addr + @size) is RAM of the domain. */
bool domain_owns_ram(const struct domain *d, uint64_t addr, uint64_t size);

#endif
