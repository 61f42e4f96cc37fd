/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The H and VS CSRs, fences and entries, by SBI NACL if it is offered.
 *
 * A CSR instruction has the number of its CSR as an immediate, so each CSR of Halite's table has a
 * case.
 *
 * Invariant: me->dirty and me->queued tell whether the area has dirty CSRs or pending fences. It
 * has none when a check is about an instruction of HS mode.
 */
#include <string.h>

#include "conformance.h"
#include "nacl/abi.h"

static uint8_t areas[MAX_HARTS][NACL_SHMEM_SIZE] __attribute__((aligned(NACL_SHMEM_ALIGN)));

static struct guest_result nacl_call(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	return guest_sbi(NACL_EID, fid, a0, a1, a2, 0, 0);
}

static bool has(unsigned int feature)
{
	return me->area && (me->features >> feature & 1);
}

void access_init(void)
{
	uint8_t *area = areas[me->id];
	unsigned int i;

	me->area = NULL;
	me->features = 0;
	if (!guest_sbi(EXT_BASE, 3, NACL_EID, 0, 0, 0, 0).value)
		return;
	for (i = 0; i < NACL_FEAT_COUNT; i++)
		me->features |= nacl_call(NACL_FID_PROBE_FEATURE, i, 0, 0).value << i;
	memset(area, 0, NACL_SHMEM_SIZE);
	if (nacl_call(NACL_FID_SET_SHMEM, (uintptr_t)area, 0, 0).error)
		bail("SBI NACL: the memory is refused");
	me->area = (volatile uint64_t *)area;
}

void access_end(void)
{
	if (!me->area)
		return;
	h_settle();
	nacl_call(NACL_FID_SET_SHMEM, -1, -1, 0);
	me->area = NULL;
	me->features = 0;
	me->next_fence = 0;
}

static uint64_t insn_read(unsigned int csr)
{
	switch (csr) {
#define HEXT_ROW(name, number, ...) \
	case number:                \
		return csr_read(number);
#include "hext/csr_table.h"
	default:
		return 0;
	}
}

bool has_h_csr(unsigned int csr)
{
	switch (csr) {
#define HEXT_ROW(name, number, ...) \
	case number:                \
		return true;
#include "hext/csr_table.h"
	default:
		return false;
	}
}

static void insn_write(unsigned int csr, uint64_t value)
{
	switch (csr) {
#define HEXT_ROW(name, number, ...)       \
	case number:                      \
		csr_write(number, value); \
		break;
#include "hext/csr_table.h"
	default:
		break;
	}
}

static volatile uint64_t *word(unsigned int offset)
{
	return &me->area[offset / sizeof(uint64_t)];
}

static volatile uint64_t *csr_word(unsigned int csr)
{
	return word(NACL_CSR_OFFSET + NACL_CSR_INDEX(csr) * NACL_WORD_SIZE);
}

static void sync_csr(uint64_t csr)
{
	if (nacl_call(NACL_FID_SYNC_CSR, csr, 0, 0).error)
		bail("SBI NACL: sync_csr(0x%lx) is refused", (unsigned long)csr);
}

uint64_t h_read(unsigned int csr)
{
	if (!has(NACL_FEAT_SYNC_CSR))
		return insn_read(csr);
	if (me->dirty)
		sync_csr(-1);
	me->dirty = false;
	sync_csr(csr);
	return *csr_word(csr);
}

uint64_t h_read_settled(unsigned int csr)
{
	return me->area ? *csr_word(csr) : insn_read(csr);
}

void h_write(unsigned int csr, uint64_t value)
{
	unsigned int index = NACL_CSR_INDEX(csr);

	if (!has(NACL_FEAT_SYNC_CSR)) {
		insn_write(csr, value);
		return;
	}
	*csr_word(csr) = value;
	__atomic_fetch_or(word(NACL_DIRTY_OFFSET + index / 64 * 8), BIT64(index % 64),
			  __ATOMIC_RELEASE);
	me->dirty = true;
}

void h_settle(void)
{
	if (me->dirty)
		sync_csr(-1);
	me->dirty = false;
	if (me->queued && nacl_call(NACL_FID_SYNC_HFENCE, -1, 0, 0).error)
		bail("SBI NACL: sync_hfence is refused");
	me->queued = false;
}

void h_fence(enum fence type, uint64_t addr, uint64_t vmid, uint64_t asid)
{
	volatile uint64_t *entry;

	if (!has(NACL_FEAT_SYNC_HFENCE)) {
		h_settle();
		if (type < VVMA)
			conf_fence(type, addr >> 2, vmid);
		else
			conf_fence(type, addr, asid);
		return;
	}
	if (me->next_fence == NACL_HFENCE_COUNT) {
		h_settle();
		me->next_fence = 0;
	}
	entry = word(NACL_HFENCE_OFFSET) + me->next_fence++ * NACL_HFENCE_WORDS;
	if (entry[NACL_HFENCE_CONFIG] >> NACL_HFENCE_PENDING_BIT)
		bail("SBI NACL: a fence is still pending");
	entry[NACL_HFENCE_PAGE_NUMBER] = addr >> NACL_HFENCE_ORDER_BASE;
	entry[NACL_HFENCE_PAGE_COUNT] = 1;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	entry[NACL_HFENCE_CONFIG] = BIT64(NACL_HFENCE_PENDING_BIT) |
				    (uint64_t)type << NACL_HFENCE_TYPE_SHIFT |
				    vmid << NACL_HFENCE_VMID_SHIFT | asid;
	me->queued = true;
}

void h_fence_all(void)
{
	h_fence(GVMA_ALL, 0, 0, 0);
	h_settle();
	/* This fence acts on the VMID in hgatp. */
	conf_fence(VVMA_ALL, 0, 0);
}

bool h_enters_by_call(void)
{
	return has(NACL_FEAT_SYNC_SRET);
}

static void fill_gprs(void)
{
	unsigned int i;

	for (i = 1; i < NACL_SRET_GPRS; i++)
		*word(NACL_SRET_OFFSET + i * NACL_WORD_SIZE) = me->x[i];
}

void h_enter(uint64_t hstatus)
{
	int64_t error;

	if (!has(NACL_FEAT_SYNC_SRET)) {
		h_write(CSR_HSTATUS, hstatus);
		h_settle();
		conf_enter(me);
		return;
	}
	fill_gprs();
	if (has(NACL_FEAT_AUTOSWAP_CSR)) {
		*word(NACL_AUTOSWAP_OFFSET + 8 * NACL_AUTOSWAP_HSTATUS) = hstatus;
		*word(NACL_AUTOSWAP_OFFSET) = NACL_AUTOSWAP_FLAG_HSTATUS;
	} else {
		h_write(CSR_HSTATUS, hstatus);
	}
	/*
	 * If CSRs are dirty or fences are queued, SYNC_CSR or SYNC_HFENCE exist and sync_sret does
	 * them.
	 */
	me->dirty = false;
	me->queued = false;
	me->next_fence = 0;
	error = conf_sync_sret(me);
	if (error)
		bail("SBI NACL: sync_sret is refused with error %ld", (long)error);
}

void h_after_trap(void)
{
	if (has(NACL_FEAT_SYNC_SRET) && has(NACL_FEAT_AUTOSWAP_CSR)) {
		me->hstatus = *word(NACL_AUTOSWAP_OFFSET + 8 * NACL_AUTOSWAP_HSTATUS);
		/* Otherwise L0 would also swap it after a guest that an SRET enters. */
		*word(NACL_AUTOSWAP_OFFSET) = 0;
	} else {
		me->hstatus = h_read_settled(CSR_HSTATUS);
	}
	me->htval = h_read_settled(CSR_HTVAL);
	me->htinst = h_read_settled(CSR_HTINST);
}
