/* SPDX-License-Identifier: BSD-2-Clause */
/* The advanced interrupt architecture in the virtual H extension. */
#include "hext_csr_test.h"

static uint64_t files; /* as hext_ops.files() gives it */

/* The last access to an interrupt file, and what it finds there. */
static struct {
	unsigned int count, file, reg;
	uint64_t value, mask, answer;
} access;

static uint64_t fake_files(void *ctx)
{
	(void)ctx;
	return files;
}

static void fake_file_rmw(void *ctx, unsigned int file, unsigned int reg, uint64_t *old,
			  uint64_t value, uint64_t mask)
{
	(void)ctx;
	access.count++;
	access.file = file;
	access.reg = reg;
	access.value = value;
	access.mask = mask;
	*old = access.answer;
}

static const struct hext_ops ops = { .time = fake_time,
				     .files = fake_files,
				     .file_rmw = fake_file_rmw };

static const struct hext_config with_files = {
	.sstc = true,
	.hideleg = IRQ_VS_ALL,
	.henvcfg = HENVCFG_STCE,
	.aia = true,
	.geilen = 5,
	.supervisor_file = 1,
	.identities = 255,
	.vs.iselect = 0x1ff,
	.hvien = IRQ_LOCAL,
	.hvictl = 0x4fff03ff,
	.hviprio1 = ~UINT64_C(0xff00ff00ff),
	.hviprio2 = ~UINT64_C(0),
};

static struct hext_config config;

static int setup(void **state)
{
	(void)state;
	now = 0;
	files = 0;
	memset(&access, 0, sizeof(access));
	config = with_files;
	hext_init(&h, &config, &ops, NULL);
	return 0;
}

static void without_aia_nothing_of_it_is_there(void **state)
{
	static const unsigned int csrs[] = {
		0x250, 0x251, 0x25c, 0x608, 0x609, 0x646, 0x647, 0xeb0
	};
	uint64_t old;
	unsigned int i;

	(void)state;
	config = (struct hext_config){ .hideleg = IRQ_VS_ALL };
	for (i = 0; i < sizeof(csrs) / sizeof(csrs[0]); i++) {
		assert_false(hext_csr_exists(&h, csrs[i]));
		assert_false(hext_csr_rmw(&h, csrs[i], &old, 0, 0));
	}
	assert_int_equal(put(HEXT_CSR_HGEIE, ~0ull), 0);
	assert_int_equal(get(HEXT_CSR_HGEIP), 0);
	assert_int_equal(put(HEXT_CSR_HSTATUS, ~0ull) & HSTATUS_VGEIN, 0);
	assert_int_equal(put(HEXT_CSR_HVIP, ~0ull), 0x444);
	assert_false(hext_s_csr_rmw(&h, CSR_SIE, &old, 0, 0));
}

static void only_legal_bits_are_kept(void **state)
{
	(void)state;
	assert_int_equal(put(HEXT_CSR_VSISELECT, ~0ull), 0x1ff);
	assert_int_equal(put(HEXT_CSR_HVIEN, ~0ull), ~0x1fffull);
	assert_int_equal(put(HEXT_CSR_HVICTL, ~0ull), 0x4fff03ff);
	assert_int_equal(put(HEXT_CSR_HVIPRIO1, ~0ull), 0xffffff00ff00ff00);
	assert_int_equal(put(HEXT_CSR_HGEIE, ~0ull), 0x3e);
	assert_int_equal(put(HEXT_CSR_HVIP, ~0ull), ~0x1fffull | 0x444);
}

static void vgein_is_a_file_that_there_is(void **state)
{
	(void)state;
	assert_int_equal(put(HEXT_CSR_HSTATUS, 5ull << 12) & HSTATUS_VGEIN, 5ull << 12);
	assert_int_equal(put(HEXT_CSR_HSTATUS, 6ull << 12) & HSTATUS_VGEIN, 0);
	h.hstatus = 0;
	assert_int_equal(hext_legal_hstatus(&h, 3ull << 12), 3ull << 12);
	assert_int_equal(hext_legal_hstatus(&h, 63ull << 12), 0);
}

static void hgeip_tells_of_guest_files_only(void **state)
{
	(void)state;
	files = ~0ull;
	assert_int_equal(get(HEXT_CSR_HGEIP), 0x3e);
	files = 1;
	assert_int_equal(get(HEXT_CSR_HGEIP), 0);
	assert_int_equal(hext_sip(&h), BIT64(IRQ_SEI));
	files = 2;
	h.s.timecmp = ~0ull;
	assert_int_equal(hext_sip(&h), 0);
}

static void the_file_of_vgein_is_vseip_and_an_enabled_one_sgeip(void **state)
{
	(void)state;
	put(HEXT_CSR_HIDELEG, 0x444);
	put(HEXT_CSR_HSTATUS, 2ull << 12);
	files = 1u << 3;
	assert_int_equal(get(HEXT_CSR_HIP), 0);
	put(HEXT_CSR_HGEIE, 1u << 3);
	assert_int_equal(get(HEXT_CSR_HIP), BIT64(IRQ_SGEI));
	files = 1u << 2;
	assert_int_equal(get(HEXT_CSR_HIP), BIT64(IRQ_VSEI));
	assert_int_equal(get(HEXT_CSR_VSIP), BIT64(IRQ_SEI));
}

static void sgei_is_taken_by_l1_at_its_priority(void **state)
{
	uint64_t cause;

	(void)state;
	put(HEXT_CSR_HGEIE, 2);
	files = 2;
	h.s.status = SSTATUS_SIE;
	assert_false(hext_interrupt_pending(&h, &cause));
	put(HEXT_CSR_HIE, BIT64(IRQ_SGEI));
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | IRQ_SGEI);
	files |= 1;
	h.sie = BIT64(IRQ_SEI);
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | IRQ_SEI);
	h.s.status = 0;
	assert_false(hext_interrupt_pending(&h, &cause));
	h.virt = true;
	assert_true(hext_interrupt_pending(&h, &cause));
}

static uint64_t taken(void)
{
	uint64_t cause;

	assert_true(hext_interrupt_pending(&h, &cause));
	return cause & ~CAUSE_INTERRUPT;
}

static void priorities_of_l1_decide_what_it_takes(void **state)
{
	uint64_t old;

	(void)state;
	h.virt = true;
	h.s.timecmp = 0;
	h.sip = BIT64(IRQ_SSI);
	h.sie = IRQ_S_ALL;
	files = 3;
	put(HEXT_CSR_HGEIE, 2);
	put(HEXT_CSR_HIE, BIT64(IRQ_SGEI));
	assert_int_equal(taken(), IRQ_SEI);
	h.s.iselect = ISELECT_IPRIO;
	hext_s_csr_rmw(&h, CSR_SIREG, &old, 5ull << 40, ~0ull);
	access.answer = 0x00050005; /* a tie: by default SEI goes first */
	assert_int_equal(taken(), IRQ_SEI);
	access.answer = 0x00060006;
	assert_int_equal(taken(), IRQ_STI);
	hext_s_csr_rmw(&h, CSR_SIREG, &old, 5ull << 40 | 4ull << 8, ~0ull);
	assert_int_equal(taken(), IRQ_SSI);
	/* Without a number SSI and STI are behind SEI, in order. */
	hext_s_csr_rmw(&h, CSR_SIREG, &old, 0, ~0ull);
	assert_int_equal(taken(), IRQ_SEI);
	files = 2;
	assert_int_equal(taken(), IRQ_SSI);
	h.sip = 0;
	assert_int_equal(taken(), IRQ_STI);
	h.sie = 0;
	assert_int_equal(taken(), IRQ_SGEI);
}

static void wfi_ends_for_a_file(void **state)
{
	uint64_t deadline;

	(void)state;
	put(HEXT_CSR_HGEIE, 4);
	put(HEXT_CSR_HIE, BIT64(IRQ_SGEI));
	assert_false(hext_wfi_traps(&h));
	files = 4;
	assert_true(hext_wfi_traps(&h));
	assert_false(hext_wfi_waits(&h, &deadline));
	/* Nothing would tell of the file that VGEIN selects. */
	files = 0;
	put(HEXT_CSR_HSTATUS, 3ull << 12);
	assert_false(hext_wfi_traps(&h));
	put(HEXT_CSR_HIE, BIT64(IRQ_VSEI));
	assert_true(hext_wfi_traps(&h));
	assert_false(hext_wfi_waits(&h, &deadline));
}

static void vsireg_is_a_register_of_the_file_of_vgein(void **state)
{
	uint64_t old;

	(void)state;
	put(HEXT_CSR_VSISELECT, ISELECT_EIDELIVERY);
	assert_false(hext_csr_rmw(&h, HEXT_CSR_VSIREG, &old, 0, 0));
	assert_false(hext_csr_rmw(&h, HEXT_CSR_VSTOPEI, &old, 0, 0));
	put(HEXT_CSR_HSTATUS, 4ull << 12);
	access.answer = 77;
	assert_true(hext_csr_rmw(&h, HEXT_CSR_VSIREG, &old, 5, 7));
	assert_int_equal(old, 77);
	assert_int_equal(access.file, 4);
	assert_int_equal(access.reg, ISELECT_EIDELIVERY);
	assert_int_equal(access.value, 5);
	assert_int_equal(access.mask, 7);
	assert_true(hext_csr_rmw(&h, HEXT_CSR_VSTOPEI, &old, 0, ~0ull));
	assert_int_equal(access.reg, HEXT_FILE_TOPEI);
	assert_int_equal(access.file, 4);
}

/* An access to a register that the machine's file lacks would be a trap of Halite's own. */
static void only_registers_that_exist_are_reached(void **state)
{
	unsigned int select;
	uint64_t old;

	(void)state;
	put(HEXT_CSR_HSTATUS, 1ull << 12);
	access.answer = 1;
	for (select = 0; select < 0x200; select++) {
		bool in_file = select >= 0x70 && select <= 0xff && (select < 0x80 || !(select & 1));
		bool real = select == 0x70 || select == 0x72 ||
			    (select >= 0x80 && select <= 0x86 && !(select & 1)) ||
			    (select >= 0xc0 && select <= 0xc6 && !(select & 1));
		unsigned int before = access.count;

		put(HEXT_CSR_VSISELECT, select);
		assert_int_equal(hext_csr_rmw(&h, HEXT_CSR_VSIREG, &old, 1, 1), in_file);
		assert_int_equal(access.count - before, real);
		if (in_file)
			assert_int_equal(old, real);
	}
}

static void hvien_makes_bits_of_vsip_and_vsie(void **state)
{
	(void)state;
	put(HEXT_CSR_HIDELEG, 0x444);
	put(HEXT_CSR_HVIP, BIT64(20) | BIT64(IRQ_VSSI));
	assert_int_equal(get(HEXT_CSR_VSIP), BIT64(IRQ_SSI));
	put(HEXT_CSR_HVIEN, BIT64(20) | BIT64(21));
	assert_int_equal(get(HEXT_CSR_VSIP), BIT64(20) | BIT64(IRQ_SSI));
	assert_int_equal(put(HEXT_CSR_VSIP, BIT64(21) | BIT64(22)), BIT64(21));
	assert_int_equal(get(HEXT_CSR_HVIP), BIT64(21));
	assert_int_equal(put(HEXT_CSR_VSIE, ~0ull), BIT64(20) | BIT64(21) | 0x222);
	assert_int_equal(get(HEXT_CSR_HIE), 0x444);
	put(HEXT_CSR_HVIEN, 0);
	assert_int_equal(get(HEXT_CSR_VSIE), 0x222);
	assert_int_equal(get(HEXT_CSR_HIP), 0);
}

static uint64_t topi(unsigned int irq, unsigned int number)
{
	return (uint64_t)irq << TOPI_IID_SHIFT | number;
}

/* All three of L2's, and numbers in place of IPRIO 1. */
static void pend_all(void)
{
	put(HEXT_CSR_HIDELEG, 0x444);
	put(HEXT_CSR_HIE, 0x444);
	put(HEXT_CSR_HVIP, 0x444);
	put(HEXT_CSR_HVICTL, HVICTL_IPRIOM);
}

static void vstopi_follows_the_default_order(void **state)
{
	(void)state;
	assert_int_equal(get(HEXT_CSR_VSTOPI), 0);
	pend_all();
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SEI, 255));
	put(HEXT_CSR_HVIP, 0x44);
	put(HEXT_CSR_HVIP, BIT64(IRQ_VSSI) | BIT64(IRQ_VSTI));
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SSI, 255));
	put(HEXT_CSR_HVIP, BIT64(IRQ_VSTI));
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_STI, 255));
	put(HEXT_CSR_HVICTL, 0);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_STI, 1));
	put(HEXT_CSR_HIE, 0x404);
	assert_int_equal(get(HEXT_CSR_VSTOPI), 0);
}

static void vstopi_takes_the_least_number(void **state)
{
	(void)state;
	pend_all();
	put(HEXT_CSR_HVIPRIO1, 9ull << 24 | 10ull << 8);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_STI, 9));
	put(HEXT_CSR_HVIPRIO1, 9ull << 24 | 9ull << 8);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SSI, 9));
	/* SEI's: hvictl's where no file is selected, then at a tie it goes first. */
	put(HEXT_CSR_HVICTL, HVICTL_IPRIOM | 9ull << 16 | 9);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SEI, 9));
	put(HEXT_CSR_HVICTL, HVICTL_IPRIOM | 9ull << 16 | 10);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SSI, 9));
	/* The file's identity where one is. */
	put(HEXT_CSR_HSTATUS, 1ull << 12);
	access.answer = 0x00070007;
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SEI, 7));
	assert_int_equal(access.reg, HEXT_FILE_TOPEI);
	access.answer = 0x00fe00fe;
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SSI, 9));
}

static void local_interrupts_are_around_the_standard_ones(void **state)
{
	(void)state;
	pend_all();
	put(HEXT_CSR_HVIEN, ~0ull);
	put(HEXT_CSR_VSIE, ~0ull);
	put(HEXT_CSR_HVIP, 0x444 | BIT64(47) | BIT64(32) | BIT64(13));
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(47, 0));
	put(HEXT_CSR_HVIP, 0x444 | BIT64(32) | BIT64(13));
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SEI, 255));
	put(HEXT_CSR_HVIP, BIT64(32) | BIT64(13));
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(13, 255));
	put(HEXT_CSR_HVIPRIO2, 3);
	put(HEXT_CSR_HVIP, BIT64(16) | BIT64(13));
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(16, 3));
}

static void hvictl_injects_whatever_it_names(void **state)
{
	(void)state;
	put(HEXT_CSR_HVICTL, HVICTL_VTI | HVICTL_IPRIOM | 12ull << 16);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(12, 0));
	put(HEXT_CSR_HVICTL, HVICTL_VTI | HVICTL_IPRIOM | HVICTL_DPR | 12ull << 16);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(12, 255));
	put(HEXT_CSR_HVICTL, HVICTL_VTI | HVICTL_IPRIOM | 12ull << 16 | 40);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(12, 40));
	/* In place of vsip's, but for SEI; against that, DPR decides. */
	pend_all();
	put(HEXT_CSR_HVICTL, HVICTL_VTI | HVICTL_IPRIOM | HVICTL_DPR | 12ull << 16);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(IRQ_SEI, 255));
	put(HEXT_CSR_HVICTL, HVICTL_VTI | HVICTL_IPRIOM | 12ull << 16);
	assert_int_equal(get(HEXT_CSR_VSTOPI), topi(12, 0));
	put(HEXT_CSR_HVIP, 0x44);
	put(HEXT_CSR_HVICTL, HVICTL_VTI | 9ull << 16);
	assert_int_equal(get(HEXT_CSR_VSTOPI), 0);
}

static uint64_t s_rmw(unsigned int csr, uint64_t value, uint64_t mask)
{
	uint64_t old;

	assert_true(hext_s_csr_rmw(&h, csr, &old, value, mask));
	return old;
}

static void supervisor_csrs_are_as_in_hs_mode(void **state)
{
	uint64_t old;

	(void)state;
	s_rmw(CSR_SIE, ~0ull, ~0ull);
	assert_int_equal(s_rmw(CSR_SIE, 0, 0x20), 0x222);
	assert_int_equal(s_rmw(CSR_SIE, 0, 0), 0x202);
	h.s.timecmp = 5;
	h.sip = BIT64(IRQ_SEI);
	assert_int_equal(s_rmw(CSR_SIP, ~0ull, ~0ull), BIT64(IRQ_SEI));
	assert_int_equal(h.sip, BIT64(IRQ_SEI) | BIT64(IRQ_SSI));
	now = 5;
	assert_int_equal(s_rmw(CSR_SIP, 0, 0), 0x222);
	assert_int_equal(s_rmw(CSR_STIMECMP, 9, ~0ull), 5);
	assert_int_equal(h.s.timecmp, 9);
	access.answer = 0x00030003;
	assert_int_equal(s_rmw(CSR_STOPEI, 0, ~0ull), 0x00030003);
	assert_int_equal(access.file, 0);
	assert_false(hext_s_csr_rmw(&h, 0x100, &old, 0, 0));
	config.sstc = false;
	assert_false(hext_s_csr_rmw(&h, CSR_STIMECMP, &old, 0, 0));
}

static void priorities_of_l1_become_those_of_vs_mode(void **state)
{
	uint64_t old;

	(void)state;
	h.s.iselect = ISELECT_IPRIO;
	assert_int_equal(s_rmw(CSR_SIREG, 7ull << 40 | 6ull << 8, ~0ull), 0);
	assert_true(h.prioritized);
	assert_int_equal(hext_hviprio1_of_l1(&h), 7ull << 24 | 6ull << 8);
	s_rmw(CSR_SIREG, ~0ull, ~0ull);
	assert_int_equal(s_rmw(CSR_SIREG, 7ull << 40 | 6ull << 8, ~0ull), 0xff000000ff00);
	/* SEI's is 0; of VS level, SGEI and local interrupts there is none of L1's. */
	h.s.iselect = ISELECT_IPRIO + 2;
	s_rmw(CSR_SIREG, ~0ull, ~0ull);
	assert_int_equal(s_rmw(CSR_SIREG, 0, 0), 0);
	h.s.iselect = ISELECT_IPRIO + 4;
	s_rmw(CSR_SIREG, ~0ull, ~0ull);
	assert_int_equal(s_rmw(CSR_SIREG, 0, 0), 0);
	assert_int_equal(hext_hviprio1_of_l1(&h), 7ull << 24 | 6ull << 8);
	assert_int_equal(hext_hviprio2_of_l1(&h), 0);
	h.s.iselect = ISELECT_IPRIO + 1;
	assert_false(hext_s_csr_rmw(&h, CSR_SIREG, &old, 0, 0));
	h.s.iselect = 0x40;
	assert_false(hext_s_csr_rmw(&h, CSR_SIREG, &old, 0, 0));
	h.s.iselect = ISELECT_EITHRESHOLD;
	s_rmw(CSR_SIREG, 1, ~0ull);
	assert_int_equal(access.file, 0);
	assert_int_equal(access.reg, ISELECT_EITHRESHOLD);
}

/* ---- LCOFI (Sscofpmf) ---- */

/* Both bits are writable in HS mode; without Sscofpmf there are none. */
static void lcofi_is_in_sie_and_sip_with_sscofpmf(void **state)
{
	(void)state;
	h.s.timecmp = ~0ull;
	s_rmw(CSR_SIE, ~0ull, ~0ull);
	assert_int_equal(h.sie, 0x222);
	s_rmw(CSR_SIP, ~0ull, ~0ull);
	assert_int_equal(s_rmw(CSR_SIP, 0, ~0ull), 0x2);
	config.sscofpmf = true;
	s_rmw(CSR_SIE, ~0ull, ~0ull);
	assert_int_equal(h.sie, 0x2222);
	s_rmw(CSR_SIP, ~0ull, ~0ull);
	assert_int_equal(s_rmw(CSR_SIP, 0, ~0ull), 0x2002);
	assert_int_equal(s_rmw(CSR_SIP, 0, 0), 0);
}

/* priv H "Interrupts": LCOFI comes after all others of HS mode, and ends L2 like them. */
static void lcofi_comes_last_and_ends_l2(void **state)
{
	uint64_t cause;

	(void)state;
	config.sscofpmf = true;
	h.s.timecmp = ~0ull;
	h.vs.timecmp = ~0ull;
	h.sie = BIT64(13) | BIT64(1);
	h.sip = BIT64(13) | BIT64(1);
	h.virt = true;
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | 1);
	h.sip = BIT64(13);
	h.hie = h.hvip = BIT64(6);
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | 6);
	h.hvip = 0;
	assert_true(hext_interrupt_pending(&h, &cause));
	assert_int_equal(cause, CAUSE_INTERRUPT | 13);
	h.sie = BIT64(1);
	assert_false(hext_interrupt_pending(&h, &cause));
}

/* KVM sets hvien.13 for its guests, which must not make each exit a slow one. */
static void hvien_of_lcofi_alone_is_no_priority(void **state)
{
	(void)state;
	config.sscofpmf = true;
	put(HEXT_CSR_HVIEN, BIT64(13));
	assert_false(h.prioritized);
	put(HEXT_CSR_HVIEN, BIT64(13) | BIT64(14));
	assert_true(h.prioritized);
	h.prioritized = false;
	put(HEXT_CSR_HVIPRIO1, BIT64(13));
	assert_true(h.prioritized);
	h.prioritized = false;
	config.sscofpmf = false;
	put(HEXT_CSR_HVIEN, BIT64(13));
	assert_true(h.prioritized);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_aia_nothing_of_it_is_there, setup),
		cmocka_unit_test_setup(only_legal_bits_are_kept, setup),
		cmocka_unit_test_setup(vgein_is_a_file_that_there_is, setup),
		cmocka_unit_test_setup(hgeip_tells_of_guest_files_only, setup),
		cmocka_unit_test_setup(the_file_of_vgein_is_vseip_and_an_enabled_one_sgeip, setup),
		cmocka_unit_test_setup(sgei_is_taken_by_l1_at_its_priority, setup),
		cmocka_unit_test_setup(priorities_of_l1_decide_what_it_takes, setup),
		cmocka_unit_test_setup(wfi_ends_for_a_file, setup),
		cmocka_unit_test_setup(vsireg_is_a_register_of_the_file_of_vgein, setup),
		cmocka_unit_test_setup(only_registers_that_exist_are_reached, setup),
		cmocka_unit_test_setup(hvien_makes_bits_of_vsip_and_vsie, setup),
		cmocka_unit_test_setup(vstopi_follows_the_default_order, setup),
		cmocka_unit_test_setup(vstopi_takes_the_least_number, setup),
		cmocka_unit_test_setup(local_interrupts_are_around_the_standard_ones, setup),
		cmocka_unit_test_setup(hvictl_injects_whatever_it_names, setup),
		cmocka_unit_test_setup(supervisor_csrs_are_as_in_hs_mode, setup),
		cmocka_unit_test_setup(priorities_of_l1_become_those_of_vs_mode, setup),
		cmocka_unit_test_setup(lcofi_is_in_sie_and_sip_with_sscofpmf, setup),
		cmocka_unit_test_setup(lcofi_comes_last_and_ends_l2, setup),
		cmocka_unit_test_setup(hvien_of_lcofi_alone_is_no_priority, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
