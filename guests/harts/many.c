/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All harts of the machine: each is started, gets IPIs, fences the others, and stops. A hart that
 * waits does so in WFI, so that a machine of many harts runs on a host of few cores.
 */
#include <libfdt.h>
#include <string.h>

#include "csr.h"
#include "guest.h"
#include "harts.h"

#define ALL_HARTS UINT64_MAX /* hart_mask_base: all harts */

enum {
	RFENCE_I,
	RFENCE_VMA,
	RFENCE_VMA_ASID,
	RFENCE_GVMA_VMID,
	RFENCE_GVMA,
	RFENCE_VVMA_ASID,
	RFENCE_VVMA,
	RFENCES
};

static uint64_t ids[HARTS_MAX];
static unsigned int count;	    /* harts that the guest has, the boot hart first */
static uint64_t next_of[HARTS_MAX]; /* the hart behind it in the ring, by hart id */

static unsigned int here, passed, fenced, refused, told, awake;

static void add(unsigned int *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
}

static unsigned int seen(const unsigned int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

/* Waits until an IPI is pending, and takes it. */
static void wait_for_ipi(void)
{
	while (!(csr_read(CSR_SIP) & BIT64(IRQ_SSI)))
		__asm__ volatile("wfi" ::: "memory");
	csr_clear(CSR_SIP, BIT64(IRQ_SSI));
}

/* Waits for IPIs until @counter is @wanted. */
static void wait_until(const unsigned int *counter, unsigned int wanted)
{
	while (seen(counter) < wanted)
		wait_for_ipi();
}

/* Fences all harts, each way. */
static void fence_all(void)
{
	unsigned int fid;

	for (fid = RFENCE_I; fid < RFENCES; fid++) {
		if (guest_sbi(EXT_RFENCE, fid, 0, ALL_HARTS, 0, 0, 0).error)
			add(&refused);
	}
	add(&fenced);
}

/* A hart of the ring. */
static void take_part(uint64_t hart)
{
	csr_write(CSR_SIE, BIT64(IRQ_SSI));
	add(&here);
	harts_send_ipi(harts_first);
	wait_for_ipi();
	add(&passed);
	fence_all();
	harts_send_ipi(next_of[hart]);
	/* The last IPI goes to all harts at once. */
	wait_for_ipi();
	add(&awake);
	if (seen(&awake) == seen(&told))
		harts_send_ipi(harts_first);
}

static void find_ids(const void *fdt)
{
	int node;

	ids[count++] = harts_first;
	fdt_for_each_subnode (node, fdt, fdt_path_offset(fdt, "/cpus")) {
		const char *type = fdt_getprop(fdt, node, "device_type", NULL);
		const char *status = fdt_getprop(fdt, node, "status", NULL);
		const fdt32_t *reg = fdt_getprop(fdt, node, "reg", NULL);
		uint64_t id;

		if (!type || strcmp(type, "cpu") || (status && strcmp(status, "okay")) || !reg)
			continue;
		id = fdt32_ld(reg);
		if (id != harts_first && id < HARTS_MAX && count < HARTS_MAX)
			ids[count++] = id;
	}
}

void check_many(const void *fdt)
{
	unsigned int i, started = 0, stopped = 0;

	find_ids(fdt);
	guest_print("# %u harts\n", count);
	csr_write(CSR_SIE, BIT64(IRQ_SSI));
	for (i = 0; i < count; i++)
		next_of[ids[i]] = ids[(i + 1) % count];
	for (i = 1; i < count; i++) {
		started += harts_start(ids[i], take_part);
		wait_until(&here, i);
	}
	guest_check("all further harts start", started, count - 1);
	harts_send_ipi(next_of[harts_first]);
	wait_until(&fenced, count - 1);
	guest_check("an IPI passes all harts", passed, count - 1);
	fence_all();
	guest_check("each hart fences all", fenced, count);
	guest_check("such fences are refused", refused, 0);
	told = count - 1;
	guest_check("an IPI to all harts", guest_sbi(EXT_IPI, 0, 0, ALL_HARTS, 0, 0, 0).error, 0);
	wait_until(&awake, count - 1);
	guest_check("all harts have it", awake, count - 1);
	for (i = 1; i < count; i++)
		stopped += harts_await(ids[i], STATUS_STOPPED) == STATUS_STOPPED;
	guest_check("all further harts stop", stopped, count - 1);
}
