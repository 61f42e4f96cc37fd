/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of SBI 0.1 (SBI 2.0 "Legacy Extensions"). Each call has an extension id of its own in
 * a7, ignores a6, and changes a0 alone. So the handler puts the result in a0 itself and returns
 * SBI_DONE. The extensions that replace the calls do the work.
 *
 * Where the specification leaves a choice, the answer is that of OpenSBI: a hart mask is one word;
 * bits for harts that do not exist count for nothing; CLEAR_IPI returns 0 whether or not an IPI was
 * pending.
 */
#include "hext/masking.h"
#include "hext/walk.h"
#include "hv/console.h"
#include "hv/ipi.h"
#include "hv/memory.h"
#include "hv/sbi.h"
#include "hv/terminal.h"

#define NO_BYTE	  (-1)
#define ALL_HARTS (~UINT64_C(0))

/* Return @value to L1 in a0. */
static struct sbi_result answer(struct vcpu *v, int64_t value)
{
	v->x[VCPU_A0] = value;
	v->h.pc += 4;
	return sbi_error(SBI_DONE);
}

/* ---- hart masks ---- */

/*
 * Read @size bytes at address @va of L1, a multiple of @size, as a load of L1 in S mode would.
 * False: L1 must take *@trap. Only RAM of the domain is read, so a mask in a device is an access
 * fault.
 */
static bool read_virtual(struct vcpu *v, uint64_t va, void *buf, unsigned int size,
			 struct hext_trap *trap)
{
	const struct hext_vaccess access = {
		.access = HEXT_READ,
		.vsatp = v->h.s.atp,
		.vsstatus = v->h.s.status,
		.sstatus = v->h.s.status,
		.envcfg = world_config(v->h.cfg)->henvcfg_of_l1,
	};
	struct hext_page page;

	if (v->h.cfg->s_pmm)
		va = hext_mask_of_l1(&v->h, false, va);
	if (hext_walk_two_stage(&v->h, va, &access, &page, trap) != HEXT_WALK_OK) {
		trap->gva = false;
		return false;
	}
	if (memory_read(v->domain, page.pa.addr, buf, size))
		return true;
	*trap = (struct hext_trap){ .cause = CAUSE_LOAD_ACCESS, .tval = va };
	return false;
}

/* Read the word at @va. A word that is not aligned is read byte by byte. */
static bool read_mask(struct vcpu *v, uint64_t va, uint64_t *mask, struct hext_trap *trap)
{
	uint8_t *bytes = (uint8_t *)mask;
	unsigned int i;

	vcpu_save(v);
	if (va % sizeof(*mask) == 0)
		return read_virtual(v, va, mask, sizeof(*mask), trap);
	for (i = 0; i < sizeof(*mask); i++) {
		if (!read_virtual(v, va + i, &bytes[i], 1, trap))
			return false;
	}
	return true;
}

/* The bits of @mask for which the domain has a hart. */
static uint64_t existing(const struct domain *d, uint64_t mask)
{
	uint64_t left, found = 0;

	for (left = mask; left; left &= left - 1) {
		if (vcpu_find(d, lowest_bit(left)))
			found |= left & -left;
	}
	return found;
}

/*
 * Call function @fid of @extension with the harts of the mask at address a0, or with all harts if
 * the address is 0, and with a1 to a3. If the mask cannot be read, L1 takes the fault at the ECALL.
 */
static struct sbi_result with_mask(struct vcpu *v, const struct sbi_extension *extension,
				   uint64_t fid, const uint64_t *args)
{
	uint64_t forwarded[] = { 0, ALL_HARTS, args[1], args[2], args[3], 0 };
	struct hext_trap trap;
	uint64_t mask;

	if (args[0]) {
		if (!read_mask(v, args[0], &mask, &trap)) {
			vcpu_trap_to_l1(v, &trap);
			return sbi_error(SBI_DONE);
		}
		mask = existing(v->domain, mask);
		if (!mask)
			return answer(v, SBI_SUCCESS);
		/* Firmware refuses a base that is no hart, even if the mask has no bit for it. */
		forwarded[1] = lowest_bit(mask);
		forwarded[0] = mask >> forwarded[1];
	}
	return answer(v, extension->handle(v, fid, forwarded).error);
}

/* ---- the calls ---- */

static struct sbi_result console_getchar(struct vcpu *v)
{
	char byte;

	return answer(v, terminal_read(v, &byte, 1) ? (uint8_t)byte : NO_BYTE);
}

/* An IPI that was sent before the call is not delivered after it. */
static struct sbi_result clear_ipi(struct vcpu *v)
{
	ipi_take(v, VCPU_REQ_SSI);
	vcpu_clear_pending(v, BIT64(IRQ_SSI));
	return answer(v, SBI_SUCCESS);
}

/* The call does not return, even if firmware cannot turn the machine off. */
static _Noreturn void shut_down(struct vcpu *v)
{
	static const uint64_t plain[6] = { SBI_SRST_TYPE_SHUTDOWN, SBI_SRST_REASON_NONE };

	sbi_srst.handle(v, SBI_SRST_RESET, plain);
	firmware_call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0, 0);
	hv_fatal("the guest has shut down, and firmware does not turn the machine off");
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	uint64_t call = v->x[VCPU_A7];
	char byte = args[0];

	(void)fid;
	switch (call) {
	case SBI_EXT_LEGACY_SET_TIMER:
		return answer(v, sbi_time.handle(v, SBI_TIME_SET_TIMER, args).error);
	case SBI_EXT_LEGACY_PUTCHAR:
		terminal_write(v, &byte, 1);
		return answer(v, SBI_SUCCESS);
	case SBI_EXT_LEGACY_GETCHAR:
		return console_getchar(v);
	case SBI_EXT_LEGACY_CLEAR_IPI:
		return clear_ipi(v);
	case SBI_EXT_LEGACY_SEND_IPI:
		return with_mask(v, &sbi_ipi, SBI_IPI_SEND, args);
	case SBI_EXT_LEGACY_SHUTDOWN:
		shut_down(v);
	default:
		/* RFENCE has FENCE.I and both SFENCE.VMA as its first functions, in this order. */
		return with_mask(v, &sbi_rfence, call - SBI_EXT_LEGACY_FENCE_I, args);
	}
}

const struct sbi_extension sbi_legacy = { .id = SBI_EXT_LEGACY_SET_TIMER, .handle = handle };
