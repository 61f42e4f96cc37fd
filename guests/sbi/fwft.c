/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware features (SBI 3.0 "Firmware Features"). */
#include "sbi.h"

enum { MISALIGNED, LANDING_PAD, SHADOW_STACK, DOUBLE_TRAP, AD_UPDATING, PMLEN };

#define LOCK 1

#define LEGACY_SEND_IPI 4

#define HENVCFG_ADUE BIT64(61)
#define WINDOW	     UINT64_C(0x40000000) /* the second GiB: the page under test */

static uint64_t root[2048] __attribute__((aligned(16384)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t leaves[512] __attribute__((aligned(4096)));
static uint64_t page[512] __attribute__((aligned(4096)));

static int64_t set(uint64_t feature, uint64_t value, uint64_t flags)
{
	return guest_sbi(EXT_FWFT, 0, feature, value, flags, 0, 0).error;
}

/* The value of the feature, or the error. */
static int64_t get(uint64_t feature)
{
	struct guest_result r = guest_sbi(EXT_FWFT, 1, feature, 0, 0, 0, 0);

	return r.error ? r.error : (int64_t)r.value;
}

static void check_numbers(void)
{
	static const uint32_t denied[] = { 6,	       0x3fffffff, 0x40000000, 0x7fffffff,
					   0x80000000, 0xbfffffff, 0xc0000000, 0xffffffff };
	unsigned int i;

	for (i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		guest_check("fwft: get of a feature that is not defined", get(denied[i]), DENIED);
		guest_check("fwft: set of it", set(denied[i], 1, 0), DENIED);
	}
	for (i = LANDING_PAD; i <= DOUBLE_TRAP; i++) {
		guest_check("fwft: get of a feature that is not there", get(i), NOT_SUPPORTED);
		guest_check("fwft: set of it", set(i, 0, 0), NOT_SUPPORTED);
	}
	guest_check("fwft: the upper half of a feature's number does not count",
		    get(BIT64(32) | AD_UPDATING), get(AD_UPDATING));
	guest_check("fwft: unknown function", guest_sbi(EXT_FWFT, 2, 0, 0, 0, 0, 0).error,
		    NOT_SUPPORTED);
}

/* ---- a feature that has a value: what it is set to, and the lock ---- */

static volatile int64_t feature, seen, seen_set;

static void look(void)
{
	seen = get(feature);
}

static void look_and_lock(void)
{
	seen = get(feature);
	seen_set = set(feature, 0, LOCK);
}

/* @first: its value when a hart starts. @other: another one. @wrong: no value of the feature. */
static void check_feature(unsigned int n, int64_t first, int64_t other, int64_t wrong)
{
	feature = n;
	guest_check("fwft: feature", n, n);
	guest_check("fwft: its value", get(n), first);
	guest_check("fwft: a wrong value", set(n, wrong, 0), INVALID_PARAM);
	guest_check("fwft: a reserved flag", set(n, other, 2), INVALID_PARAM);
	guest_check("fwft: an upper flag", set(n, other, BIT64(32)), INVALID_PARAM);
	guest_check("fwft: nothing has changed", get(n), first);
	guest_check("fwft: another value", set(n, other, 0), 0);
	guest_check("fwft: it is set", get(n), other);
	on_other_hart(look);
	guest_check("fwft: on another hart", seen, first);
	guest_check("fwft: back", set(n, first, 0), 0);
	guest_check("fwft: it is back", get(n), first);
	on_other_hart(look_and_lock);
	guest_check("fwft: locked on another hart", seen_set, 0);
	guest_check("fwft: not here", set(n, other, 0), 0);
	guest_check("fwft: not for the way back", set(n, first, 0), 0);
	on_other_hart(look);
	guest_check("fwft: a hart that starts again has the first value", seen, first);
	on_other_hart(look_and_lock);
	guest_check("fwft: and no lock", seen_set, 0);
}

/* The last check of a feature: the lock stays. */
static void check_lock(unsigned int n, int64_t value, int64_t other)
{
	guest_check("fwft: a wrong flag beside the lock", set(n, value, LOCK | 2), INVALID_PARAM);
	guest_check("fwft: has not locked", set(n, other, 0), 0);
	guest_check("fwft: set and lock", set(n, value, LOCK), 0);
	guest_check("fwft: another value", set(n, other, 0), DENIED_LOCKED);
	guest_check("fwft: another value, with the lock", set(n, other, LOCK), DENIED_LOCKED);
	guest_check("fwft: the same value", set(n, value, 0), DENIED_LOCKED);
	guest_check("fwft: the same value, with the lock", set(n, value, LOCK), DENIED_LOCKED);
	guest_check("fwft: the value", get(n), value);
}

/* ---- what a feature does ---- */

/* Identity for all but WINDOW, which has @page with the bits @bits. The root is that of Sv39x4. */
static void make_tables(uint64_t bits)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		root[i] = i << 28 | PTE_RWX | (bits & PTE_U);
	root[1] = PPN(middle) | PTE_V;
	middle[0] = PPN(leaves) | PTE_V;
	leaves[0] = PPN(page) | bits;
}

static void fence(void)
{
	__asm__ volatile("sfence.vma\n\t"
			 ".insn r 0x73, 0, 0x31, x0, x0, x0" /* hfence.gvma */
			 :
			 :
			 : "memory");
}

/* A load and a store of this mode: the A and D of the leaf afterwards, or minus the cause. */
static int64_t accesses(uint64_t bits)
{
	uint64_t cause;

	make_tables(PTE_V | PTE_R | PTE_W | bits);
	csr_write(CSR_SATP, UINT64_C(8) << 60 | (uintptr_t)root >> 12);
	fence();
	cause = guest_try_load(WINDOW);
	if (cause == (uint64_t)-1)
		cause = guest_try_store(WINDOW);
	csr_write(CSR_SATP, 0);
	fence();
	return cause == (uint64_t)-1 ? (int64_t)(leaves[0] & PTE_AD) : -(int64_t)cause;
}

/* HLV.D through this guest's G-stage; then as accesses(). */
static int64_t gstage_access(void)
{
	uint64_t cause;

	make_tables(PTE_V | PTE_R | PTE_W | PTE_U);
	csr_write(CSR_HGATP, UINT64_C(8) << 60 | (uintptr_t)root >> 12);
	csr_write(CSR_VSATP, 0);
	fence();
	cause = guest_try_hlv(WINDOW);
	csr_write(CSR_HGATP, 0);
	fence();
	return cause == (uint64_t)-1 ? (int64_t)(leaves[0] & PTE_AD) : -(int64_t)cause;
}

static int64_t henvcfg_adue(void)
{
	uint64_t value;

	csr_set(CSR_HENVCFG, HENVCFG_ADUE);
	value = csr_read(CSR_HENVCFG) & HENVCFG_ADUE;
	return !!value;
}

static void check_updates(bool on)
{
	guest_check("fwft: A and D are updated, as set", set(AD_UPDATING, on, 0), 0);
	guest_check("fwft: load and store by a leaf without A and D", accesses(0),
		    on ? (int64_t)PTE_AD : -CAUSE_LOAD_PAGE);
	guest_check("fwft: store by a leaf with A", accesses(PTE_A),
		    on ? (int64_t)PTE_AD : -CAUSE_STORE_PAGE);
	guest_check("fwft: a leaf with both", accesses(PTE_AD), PTE_AD);
	guest_check("fwft: hlv.d by a leaf of the G-stage without A", gstage_access(),
		    on ? (int64_t)PTE_A : -CAUSE_LOAD_GUEST_PAGE);
	guest_check("fwft: henvcfg.ADUE can be set", henvcfg_adue(), on);
}

static void check_misaligned(void)
{
	int64_t first = get(MISALIGNED);

	if (first < 0) {
		guest_check("fwft: firmware has no delegation of misaligned accesses", first,
			    NOT_SUPPORTED);
		guest_check("fwft: nor can it be set", set(MISALIGNED, 0, 0), NOT_SUPPORTED);
		return;
	}
	check_feature(MISALIGNED, first, !first, 2);
	check_lock(MISALIGNED, !first, first);
}

static void check_ad_updating(void)
{
	int64_t first = get(AD_UPDATING);

	if (first < 0) {
		guest_check("fwft: it is not known who sets A and D", first, NOT_SUPPORTED);
		guest_check("fwft: so it is not set", set(AD_UPDATING, 0, 0), NOT_SUPPORTED);
		return;
	}
	guest_check(first ? "fwft: hardware sets A and D at the start"
			  : "fwft: hardware does not set A and D at the start",
		    first, !!first);
	check_updates(first);
	check_feature(AD_UPDATING, first, !first, 2);
	check_updates(!first);
	check_updates(first);
	check_updates(!first);
	guest_check("fwft: and henvcfg.ADUE goes with it",
		    set(AD_UPDATING, 0, 0) || (csr_read(CSR_HENVCFG) & HENVCFG_ADUE), 0);
	check_lock(AD_UPDATING, first, !first);
}

static void check_pmlen(void)
{
	if (get(PMLEN) < 0) {
		guest_check("fwft: the hart has no pointer masking", get(PMLEN), NOT_SUPPORTED);
		guest_check("fwft: so it is not set", set(PMLEN, 0, 0), NOT_SUPPORTED);
		return;
	}
	check_feature(PMLEN, 0, 7, 8);
	check_feature(PMLEN, 0, 16, BIT64(32) | 7);
	guest_check("fwft: from one length to the other", set(PMLEN, 16, 0), 0);
	guest_check("fwft: with it, what has no tag", guest_try_load((uintptr_t)page), -1);
	guest_check("fwft: with it, a legacy call whose mask has a tag",
		    guest_sbi(LEGACY_SEND_IPI, 0, (uintptr_t)page | UINT64_C(0x5a5a) << 48, 0, 0, 0,
			      0)
			    .error,
		    0);
	check_lock(PMLEN, 7, 0);
}

void check_fwft(void)
{
	if (!has_extension(EXT_FWFT)) {
		guest_check("fwft: without the extension", get(0), NOT_SUPPORTED);
		return;
	}
	check_numbers();
	check_misaligned();
	check_ad_updating();
	check_pmlen();
}
