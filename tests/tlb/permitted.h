/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The translations that L1's tables permit, now and since the fences that L1 has executed. They
 * judge the contents of the caches.
 *
 * L1 has some G-stage tables ("roots"), each of which it may use under any of its VMIDs, and, in
 * L2's memory, a VS-stage table for each root and ASID. One more root stands for L1 itself: no
 * G-stage, and L1's VS-stage tables. Few addresses are in use. For each value that a table has had
 * at one of them, the model remembers when the value was replaced. A hart may use the old value
 * until that hart has executed a fence that names it after that time.
 */
#ifndef PERMITTED_H
#define PERMITTED_H

#include "machine.h"

#define ROOTS	    7
#define ROOT_DEVICE 6	  /* the last of them is a device */
#define ROOT_L1	    ROOTS /* L1 itself */
#define VMIDS	    4
#define ASIDS	    2
#define GPAS	    24
#define DATA_GPAS   18 /* the first of them; the others hold VS-stage tables */
#define GVAS	    6

/* The addresses in use. */
extern const uint64_t gpas[GPAS];
static inline uint64_t gva_at(unsigned int i)
{
	return UINT64_C(0x10000000) + i * UINT64_C(0x1000);
}

/* The guest physical address of VS-stage table n (0 is the root table) of ASID index a. */
#define VS_TABLE_GPA(a, n) (UINT64_C(0x40600000) + ((a)*3 + (n)) * UINT64_C(0x1000))
/* The address of VS-stage table n of ASID index a of L1. */
#define L1_TABLE(a, n) (UINT64_C(0x40610000) + ((a)*3 + (n)) * UINT64_C(0x1000))
/*
 * The address of VS-stage table n of ASID index a under @root in L1's memory. For root 0 it is the
 * guest physical address, so a walk without the G-stage finds these tables, too.
 */
static inline uint64_t vs_table_at(unsigned int root, unsigned int a, unsigned int n)
{
	if (root == ROOT_L1)
		return L1_TABLE(a, n);
	if (!root)
		return VS_TABLE_GPA(a, n);
	return UINT64_C(0x41000000) + root * UINT64_C(0x6000) + ((a)*3 + (n)) * UINT64_C(0x1000);
}

static inline uint64_t vsatp_to(unsigned int a, uint64_t table)
{
	return UINT64_C(8) << 60 | (uint64_t)(a + 1) << 44 | table >> 12;
}

/* L2's vsatp, and L1's satp. */
static inline uint64_t vsatp_of(unsigned int a)
{
	return vsatp_to(a, VS_TABLE_GPA(a, 0));
}

static inline uint64_t satp_of_l1(unsigned int a)
{
	return vsatp_to(a, L1_TABLE(a, 0));
}

/* How many VMIDs there are: from 0 on. */
static inline unsigned int vmid_count(void)
{
	return machine.vmid_bits >= 2 ? VMIDS : 1u << machine.vmid_bits;
}

/* Where the G-stage table of @root begins, and its mode. */
uint64_t root_at(unsigned int root);
unsigned int root_mode(unsigned int root);
/* Whether the mode of @root is as wide as @gpa: 41, 50 or 59 bits (priv H "hgatp"). */
bool root_has(unsigned int root, uint64_t gpa);

void permitted_init(void);

/*
 * A PTE is stored in the G-stage table of @root, or as that of @gva index i in the VS-stage table
 * for ASID index @a.
 */
void permitted_store_gstage(unsigned int root, uint64_t *pte, uint64_t value);
void permitted_store_vstage(unsigned int root, unsigned int a, unsigned int i, uint64_t value);

/*
 * A fence of L1, or an SFENCE.VMA. That of L2, which no hypervisor sees, is for the guest that
 * executes it; L1 cannot count on it for another one that it runs under the same VMID.
 */
struct fence {
	bool gstage;
	bool one_root; /* SFENCE.VMA: @root alone */
	unsigned int root;
	bool any_vmid, any_asid, all;
	unsigned int vmid, asid;
	uint64_t first, last;
};

/* The time, for permitted_fence(). */
uint64_t permitted_now(void);
/* @f, which began at @began, is done on the harts in @harts. */
void permitted_fence(const struct fence *f, uint64_t harts_done, uint64_t began);

/*
 * Whatever @h's caches could serve now is permitted: when L2 runs, under @root and @vmid; or when
 * L1 does (ROOT_L1).
 */
void permitted_check(const struct hart *h, unsigned int root, unsigned int vmid);

#endif
