/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain: the part of the machine that one guest has. domain_config.h says which part. Without
 * nodes of domains in the device tree, there is one domain, which has all RAM and all devices that
 * Halite does not keep. domain_build() fills the domain in at boot, but bringup_start() adds the
 * vCPUs and the shadows. Afterwards only the vCPUs, the shadows, genmsi, the UART, the virtual
 * sources, the members of domain_end.c, what its PCI functions were asked and the console's line
 * change.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/bits.h"
#include "hext/hext.h"
#include "hext/shadow.h"
#include "hv/console.h"
#include "hv/domain_config.h"
#include "hv/host.h"
#include "hv/identity.h"
#include "hv/image.h"
#include "hv/iommu.h"
#include "hv/shared.h"
#include "hv/source.h"
#include "hv/uart.h"
#include "lib/index_set.h"
#include "lib/range.h"
#include "lib/spinlock.h"
#include "riscv/world.h"

struct vcpu;
struct viommu;

/*
 * What domain_load.c puts into the RAM of a domain. The files and the device tree themselves are in
 * memory that no domain has.
 */
struct domain_load {
	struct range kernel, ramdisk; /* files; size 0: none */
	struct image image;	      /* where the kernel goes */
	uint64_t ramdisk_at;
	const void *fdt;
	uint64_t fdt_size, fdt_at;
};

/* An APLIC of the machine as one of several domains has it (aplic.c). */
struct domain_aplic {
	struct spinlock lock;
	bool ie;		   /* the domain's domaincfg.IE */
	struct source_set enabled; /* the enable bits of the domain's sources while @ie is false */
};

/*
 * The virtual interrupt sources of a domain: that of its UART, and those of doorbells (doorbell.h).
 */
#define DOMAIN_SOURCE_UART  0
#define DOMAIN_SOURCE_BELLS 1
#define DOMAIN_SOURCES	    (DOMAIN_SOURCE_BELLS + SHARED_MAX)

enum domain_state { DOMAIN_RUNS, DOMAIN_RESETS, DOMAIN_ENDS, DOMAIN_ENDED };

struct domain {
	const struct host *host;
	struct console_line line;  /* of output by SBI; its name is the domain's */
	bool power;		   /* the domain may turn the machine off and reset it */
	unsigned int tables;	   /* as in domain_config */
	struct range_list ram;	   /* whole pages */
	struct range_list devices; /* MMIO that the guest reaches without an exit, whole pages */
	struct identity_map gstage;
	struct vmid_range vmids; /* first: of gstage; the others: of shadows */
	union {
		struct hext_config hext;   /* configuration of the virtual harts */
		struct world_config world; /* begins with hext */
	};
	bool nacl_offered;		  /* the guest has SBI NACL */
	uint32_t nacl_features;		  /* bit n: NACL feature n */
	bool has_uart;			  /* uart is in place of the machine's UART */
	uint32_t *genmsi;		  /* values that L1 reads from genmsi of each APLIC */
	const struct source_set *sources; /* the domain's, of each PLIC or each APLIC */
	struct index_set harts;		  /* indices in machine.harts */
	struct domain_aplic *aplics;	  /* of each APLIC; NULL: the domain has all */
	/* Has each vCPU whose external is set, and maybe others. Harts write it atomically. */
	struct index_set raised;
	/* The firmware's performance counters (sbi_pmu.c). Bit n and element n are of counter n. */
	struct {
		uint64_t count;	   /* 0: there is no SBI PMU */
		uint64_t firmware; /* those that count firmware events */
		uint8_t csr[64];   /* of a hardware counter: its CSR is 0xc00 + this */
		bool readable;	   /* Halite can read all hardware counters below 64 */
		uint32_t counting; /* harts with pmu.started. Atomic. */
	} pmu;
	struct hext_shadow_pool shadows;
	struct uart uart;		      /* at the address of host->uart */
	struct source source[DOMAIN_SOURCES]; /* the first @source_count may be in use */
	unsigned int source_count;
	struct vcpu *vcpus[MACHINE_MAX_HARTS]; /* in ascending order of hart id */
	unsigned int vcpu_count;
	struct range_list ecams; /* configuration spaces of its PCI hosts (iommu_boot.c) */
	struct viommu *viommus[IOMMUS_MAX]; /* in place of the machine's (viommu.h), or NULL */
	struct pci_functions functions;	    /* of hosts that it has not as a whole */
	struct domain_load load;	    /* what is in its RAM at its start */
	uint64_t start_pc, start_arg; /* of the first hart: the kernel's entry, the device tree */
	struct spinlock start_lock;   /* for sbi_hsm.c */
	uint32_t state; /* enum domain_state. Harts write it atomically (domain_end.c). */
};

/*
 * Build the domain @d, which is zeroed, as @c describes it, and with VMIDs of @h. @later domains
 * will be built after it. host_build() has built @h. Add @d to h->domains. Errors are fatal.
 */
void domain_build(struct domain *d, struct host *h, const struct domain_config *c,
		  unsigned int later);

/*
 * Copy kernel, ramdisk and device tree to where @d->load says. No hart of @d runs. All other RAM
 * stays as it is.
 */
void domain_copy(const struct domain *d);

/* The value of hgatp while L1 runs. */
static inline uint64_t domain_hgatp(const struct domain *d)
{
	return identity_atp(&d->gstage) | (uint64_t)d->vmids.first << HGATP_VMID_SHIFT;
}

/* Whether source @source of PLIC or APLIC @controller is the domain's. */
static inline bool domain_has_source(const struct domain *d, unsigned int controller,
				     unsigned int source)
{
	return source_set_has(&d->sources[controller], source);
}

/* Whether [@addr, @addr + @size) is RAM of the domain. */
bool domain_owns_ram(const struct domain *d, uint64_t addr, uint64_t size);

#endif
