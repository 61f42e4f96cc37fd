/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps, SRET and interrupts across the virtualization boundary (priv H "Traps"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hext/bits.h"
#include "hext/hext.h"

static uint64_t now;

static uint64_t fake_time(void *ctx)
{
	(void)ctx;
	return now;
}

static const struct hext_ops ops = { .time = fake_time };
static const struct hext_config cfg = {
	.sstc = true,
	.hideleg = IRQ_VS_ALL,
	.hgatp_modes = 1,
	.vsatp_modes = 1,
};
static struct hext_hart h;

static int setup(void **state)
{
	(void)state;
	now = 0;
	hext_init(&h, &cfg, &ops, NULL);
	h.s.tvec = 0x8000;
	h.vs.tvec = 0x9000;
	h.pc = 0x1234;
	return 0;
}

static void a_trap_from_l2_fills_hstatus_and_the_s_csrs(void **state)
{
	const struct hext_trap trap = {
		.cause = CAUSE_LOAD_GUEST_PAGE,
		.tval = 7,
		.htval = 9,
		.htinst = 0x3000,
		.gva = true,
	};

	(void)state;
	h.virt = true;
	h.s.status |= SSTATUS_SIE;
	hext_take_trap(&h, &trap);
	assert_false(h.virt);
	assert_false(h.user);
	assert_int_equal(h.pc, 0x8000);
	assert_int_equal(h.s.epc, 0x1234);
	assert_int_equal(h.s.cause, CAUSE_LOAD_GUEST_PAGE);
	assert_int_equal(h.s.tval, 7);
	assert_int_equal(h.htval, 9);
	assert_int_equal(h.htinst, 0x3000);
	assert_int_equal(h.s.status, SSTATUS_UXL_64 | SSTATUS_SPP | SSTATUS_SPIE);
	assert_int_equal(h.hstatus, HSTATUS_VSXL_64 | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_GVA);
}

static void a_trap_from_vu_clears_spvp_and_spp(void **state)
{
	const struct hext_trap trap = { .cause = CAUSE_ECALL_U };

	(void)state;
	h.virt = h.user = true;
	h.hstatus |= HSTATUS_SPVP | HSTATUS_GVA;
	h.s.status |= SSTATUS_SPP;
	hext_take_trap(&h, &trap);
	assert_int_equal(h.hstatus, HSTATUS_VSXL_64 | HSTATUS_SPV);
	assert_int_equal(h.s.status, SSTATUS_UXL_64);
}

static void a_trap_from_l1_itself_clears_spv_and_keeps_spvp(void **state)
{
	const struct hext_trap trap = { .cause = CAUSE_ILLEGAL };

	(void)state;
	h.hstatus |= HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_GVA;
	h.htval = h.htinst = 5;
	hext_take_trap(&h, &trap);
	assert_int_equal(h.hstatus, HSTATUS_VSXL_64 | HSTATUS_SPVP);
	assert_int_equal(h.htval, 0);
	assert_int_equal(h.htinst, 0);
}

static void interrupts_use_the_vector_table_and_exceptions_do_not(void **state)
{
	struct hext_trap trap = { .cause = CAUSE_INTERRUPT | IRQ_SEI };

	(void)state;
	h.s.tvec = 0x8001;
	hext_take_trap(&h, &trap);
	assert_int_equal(h.pc, 0x8000 + 4 * 9);
	trap.cause = CAUSE_ILLEGAL;
	hext_take_trap(&h, &trap);
	assert_int_equal(h.pc, 0x8000);
}

static void a_delegated_trap_stays_in_l2(void **state)
{
	const struct hext_trap trap = { .cause = CAUSE_LOAD_ACCESS, .tval = 3 };

	(void)state;
	h.virt = h.user = true;
	h.vs.status |= SSTATUS_SIE | SSTATUS_SPP;
	hext_take_vs_trap(&h, &trap);
	assert_true(h.virt);
	assert_false(h.user);
	assert_int_equal(h.pc, 0x9000);
	assert_int_equal(h.vs.epc, 0x1234);
	assert_int_equal(h.vs.cause, CAUSE_LOAD_ACCESS);
	assert_int_equal(h.vs.status, SSTATUS_UXL_64 | SSTATUS_SPIE);
	assert_int_equal(h.hstatus, HSTATUS_VSXL_64);
}

static void sret_with_spv_enters_l2_and_clears_it(void **state)
{
	(void)state;
	h.hstatus |= HSTATUS_SPV;
	h.s.epc = 0x4444;
	h.s.status |= SSTATUS_SPP | SSTATUS_SPIE;
	hext_sret(&h);
	assert_true(h.virt);
	assert_false(h.user);
	assert_int_equal(h.pc, 0x4444);
	assert_int_equal(h.hstatus, HSTATUS_VSXL_64);
	assert_int_equal(h.s.status, SSTATUS_UXL_64 | SSTATUS_SPIE | SSTATUS_SIE);
}

static void sret_without_spv_stays_in_l1(void **state)
{
	(void)state;
	h.s.status |= SSTATUS_SIE;
	hext_sret(&h);
	assert_false(h.virt);
	assert_true(h.user);
	assert_int_equal(h.s.status, SSTATUS_UXL_64 | SSTATUS_SPIE);
}

static void interrupts_of_l1_end_l2_whatever_sie_says(void **state)
{
	uint64_t cause = 0;

	(void)state;
	h.sie = IRQ_S_ALL;
	h.sip = BIT64(IRQ_SSI);
	h.s.timecmp = 10;
	assert_false(hext_interrupt_pending(&h, &cause));
	h.virt = true;
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | IRQ_SSI);
	h.sip = 0;
	assert_false(hext_interrupt_pending(&h, &cause));
	now = 10;
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | IRQ_STI);
	h.sip = BIT64(IRQ_SEI) | BIT64(IRQ_SSI);
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | IRQ_SEI);
	h.sie = 0;
	assert_false(hext_interrupt_pending(&h, &cause));
}

static void vs_interrupts_that_are_not_delegated_are_l1s(void **state)
{
	uint64_t cause = 0;

	(void)state;
	h.hvip = h.hie = IRQ_VS_ALL;
	h.hideleg = IRQ_VS_ALL;
	h.virt = true;
	assert_false(hext_interrupt_pending(&h, &cause));
	h.hideleg = IRQ_VS_ALL & ~BIT64(IRQ_VSTI);
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | IRQ_VSTI);
	h.virt = false;
	assert_false(hext_interrupt_pending(&h, &cause));
	h.user = true;
	assert_true(hext_interrupt_pending(&h, &cause));
}

static void wfi_traps_only_for_what_the_hardware_cannot_see(void **state)
{
	uint64_t deadline;

	(void)state;
	h.hie = IRQ_VS_ALL;
	h.vs.timecmp = 100;
	h.htimedelta = 40;
	assert_false(hext_wfi_traps(&h));
	h.henvcfg = HENVCFG_STCE;
	assert_true(hext_wfi_traps(&h));
	assert_true(hext_wfi_waits(&h, &deadline));
	assert_int_equal(deadline, 60);
	now = 60;
	assert_false(hext_wfi_waits(&h, &deadline));
	h.vs.timecmp = ~UINT64_C(0);
	assert_false(hext_wfi_traps(&h));
	assert_true(hext_wfi_waits(&h, &deadline));
	assert_int_equal(deadline, ~UINT64_C(0));
	h.hvip = BIT64(IRQ_VSSI);
	assert_true(hext_wfi_traps(&h));
	assert_false(hext_wfi_waits(&h, &deadline));
	h.hie = BIT64(IRQ_VSEI);
	assert_false(hext_wfi_traps(&h));
	assert_true(hext_wfi_waits(&h, &deadline));
}

static void interrupts_are_taken_by_priority(void **state)
{
	/* priv H "Interrupts": SEI, SSI, STI, SGEI, VSEI, VSSI, VSTI */
	static const unsigned int order[] = { 9, 1, 5, 10, 2, 6 };
	unsigned int i;
	uint64_t cause;

	(void)state;
	h.virt = true;
	h.s.timecmp = ~UINT64_C(0);
	h.sip = h.sie = IRQ_S_ALL;
	h.hvip = h.hie = IRQ_VS_ALL;
	assert_int_equal(hext_kept_interrupts(&h), IRQ_VS_ALL);
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		assert_true(hext_interrupt_pending(&h, &cause));
		assert_int_equal(cause, CAUSE_INTERRUPT | order[i]);
		h.sip &= ~BIT64(order[i]);
		h.hvip &= ~BIT64(order[i]);
	}
	assert_false(hext_interrupt_pending(&h, &cause));
	/* Of the VS level only what is enabled and not delegated. */
	h.hvip = IRQ_VS_ALL;
	h.hie = BIT64(IRQ_VSSI) | BIT64(IRQ_VSTI);
	h.hideleg = BIT64(IRQ_VSSI);
	assert_int_equal(hext_kept_interrupts(&h), BIT64(IRQ_VSTI));
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | IRQ_VSTI);
}

static void guest_page_faults_have_an_access_fault_of_their_kind(void **state)
{
	uint64_t cause;

	(void)state;
	assert_int_equal(hext_access_fault(CAUSE_FETCH_GUEST_PAGE), CAUSE_FETCH_ACCESS);
	assert_int_equal(hext_access_fault(CAUSE_LOAD_GUEST_PAGE), CAUSE_LOAD_ACCESS);
	assert_int_equal(hext_access_fault(CAUSE_STORE_GUEST_PAGE), CAUSE_STORE_ACCESS);
	for (cause = 0; cause < 64; cause++)
		assert_int_equal(hext_is_guest_page_fault(cause),
				 cause == 20 || cause == 21 || cause == 23);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_trap_from_l2_fills_hstatus_and_the_s_csrs, setup),
		cmocka_unit_test_setup(a_trap_from_vu_clears_spvp_and_spp, setup),
		cmocka_unit_test_setup(a_trap_from_l1_itself_clears_spv_and_keeps_spvp, setup),
		cmocka_unit_test_setup(interrupts_use_the_vector_table_and_exceptions_do_not,
				       setup),
		cmocka_unit_test_setup(a_delegated_trap_stays_in_l2, setup),
		cmocka_unit_test_setup(sret_with_spv_enters_l2_and_clears_it, setup),
		cmocka_unit_test_setup(sret_without_spv_stays_in_l1, setup),
		cmocka_unit_test_setup(interrupts_of_l1_end_l2_whatever_sie_says, setup),
		cmocka_unit_test_setup(vs_interrupts_that_are_not_delegated_are_l1s, setup),
		cmocka_unit_test_setup(wfi_traps_only_for_what_the_hardware_cannot_see, setup),
		cmocka_unit_test_setup(interrupts_are_taken_by_priority, setup),
		cmocka_unit_test_setup(guest_page_faults_have_an_access_fault_of_their_kind, setup),
	};

	return cmocka_run_group_tests_name("hext_trap", tests, NULL, NULL);
}
