/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address-translation caches of one hart, as bad as the privileged specification allows: what
 * was walked once stays until a fence names it, and more than one answer is kept for an address.
 * G-stage leaves, pointers to G-stage tables, addresses that were not mapped, VS-stage leaves and
 * pointers to VS-stage tables are kept apart, which allows all that a cache of whole translations
 * could do, and more.
 *
 * Specification: priv H, "Hypervisor Memory-Management Fence Instructions"; priv, "Supervisor
 * Memory-Management Fence". A fence that names an address is for leaf PTEs only; one that names an
 * ASID leaves global leaves alone.
 */
#ifndef TLB_H
#define TLB_H

#include <stdbool.h>
#include <stdint.h>

#define TLB_VMIDS   64 /* the model has VMIDs below this */
#define TLB_ENTRIES 512

/* A leaf of the G-stage, or a pointer to a table whose entries are of @level. */
struct tlb_gstage {
	uint64_t gpa; /* first */
	uint64_t pte; /* for a pointer: where the table is */
	uint8_t level;
};

struct tlb_vstage {
	uint64_t gva;	 /* first */
	uint64_t pte;	 /* for a pointer: the table's guest physical address */
	uint64_t envcfg; /* henvcfg.PBMTE and ADUE at the walk */
	uint16_t asid;
	uint8_t level;
};

struct tlb_vmid {
	struct tlb_gstage leaf[TLB_ENTRIES];
	struct tlb_gstage table[TLB_ENTRIES];
	struct tlb_gstage none[TLB_ENTRIES];
	struct tlb_vstage vleaf[TLB_ENTRIES];
	struct tlb_vstage vtable[TLB_ENTRIES];
	unsigned int leaves, tables, nones, vleaves, vtables;
};

struct tlb {
	struct tlb_vmid vmid[TLB_VMIDS];
};

/*
 * Walk the G-stage of @hgatp for @gpa by every path that the caches allow. Keep all entries found.
 */
void tlb_walk_gstage(struct tlb *t, uint64_t hgatp, uint64_t gpa);

/*
 * Walk the VS-stage of @vsatp under @hgatp for @gva by every path. Keep all entries found. @envcfg
 * is henvcfg, of which PBMTE and ADUE say what the entries mean.
 */
void tlb_walk_vstage(struct tlb *t, uint64_t hgatp, uint64_t vsatp, uint64_t envcfg, uint64_t gva);

/* The effects of the fence instructions. @vmid of HFENCE.VVMA is the VMID in hgatp. */
void tlb_hfence_gvma(struct tlb *t, bool has_gpa, uint64_t gpa, bool has_vmid, uint64_t vmid);
void tlb_hfence_vvma(struct tlb *t, uint64_t vmid, bool has_addr, uint64_t addr, bool has_asid,
		     uint64_t asid);

/* The bits of henvcfg that an entry of the VS-stage depends on. */
#define TLB_ENVCFG (UINT64_C(3) << 61)

static inline uint64_t tlb_size(unsigned int level)
{
	return UINT64_C(4096) << (9 * level);
}

static inline bool tlb_covers(uint64_t first, unsigned int level, uint64_t addr)
{
	return addr >= first && addr - first < tlb_size(level);
}

static inline uint64_t tlb_pte_addr(uint64_t pte)
{
	return (pte >> 10 & ((UINT64_C(1) << 44) - 1)) << 12;
}

static inline unsigned int tlb_vmid_of(uint64_t hgatp)
{
	return hgatp >> 44 & (TLB_VMIDS - 1);
}

/* Eight bytes of physical memory. */
uint64_t machine_memory_read(uint64_t addr);

#endif
