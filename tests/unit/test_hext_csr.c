/* SPDX-License-Identifier: BSD-2-Clause */
/* The CSRs of the virtual H extension: WARL rules and aliases. */
#include "hext_csr_test.h"

#include "hext/csr_legal.h"

static const struct hext_ops ops = { .time = fake_time };

static const struct hext_config full = {
	.sstc = true,
	.vmid_bits = 7,
	.asid_bits = 9,
	.hgatp_modes = BIT64(0) | BIT64(8) | BIT64(9),
	.vsatp_modes = BIT64(0) | BIT64(8),
	.hedeleg = 0xb1ff,
	.hideleg = IRQ_VS_ALL,
	.hcounteren = 0xffffffff,
	.henvcfg = HENVCFG_STCE | HENVCFG_PBMTE | HENVCFG_CBIE,
	.vs.status = SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_FS | SSTATUS_SUM,
};

/* ---- the rows of the tables ---- */

/* The kinds of rows: a value of its own; a view of others; a register of an interrupt file. */
enum kind { STORED, VIEW, FILE_CSR };

enum extension {
#define HEXT_EXT(name, ...) EXT_##name,
#include "hext/ext_table.h"
	EXTENSIONS
};

static const struct row {
	uint16_t number;
	enum kind kind;
	enum extension gate;
	enum hext_csrs csrs;
	enum hext_trap_change trap;
	enum hext_csr_row index;
} rows[] = {
#define ROW(name, number, kind, gate, trap) \
	{ number, kind, EXT_##gate, HEXT_CSRS_OF_##gate, HEXT_TRAP_##trap, HEXT_ROW_##name },
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, effect, trap, ...) \
	ROW(name, number, STORED, gate, trap)
#define HEXT_VIEW(name, number, get, set, gate, effect, trap, ...) \
	ROW(name, number, VIEW, gate, trap)
#define HEXT_FILE(name, number, rmw, gate, effect, trap, ...) \
	ROW(name, number, FILE_CSR, gate, trap)
#include "hext/csr_table.h"
};

#define FOR_EACH_ROW(r) for (const struct row *r = rows; r < rows + HEXT_ROWS; r++)

/* The CSRs that exist if Halite may access them. */
static uint64_t all_asked(void)
{
	uint64_t asked = 0;

	FOR_EACH_ROW(r)
	asked |= r->csrs == HEXT_CSRS_ASKED ? BIT64(r->index) : 0;
	return asked;
}

#define SET_FIXED(field)
#define SET_PROBED(field) c->field = c->field ? c->field : bits;

/* The hart @from with all ASKED CSRs. PROBED CSRs that have no bits in @from have @bits. */
static struct hext_config config_with(const struct hext_config *from, uint64_t bits)
{
	struct hext_config made = *from, *c = &made;

	c->answers = all_asked();
#define HEXT_CSR(name, number, field, how, bits_, rule, reset, gate, ...) \
	if (HEXT_GATE(gate, name)) {                                      \
		SET_##how(field)                                          \
	}
#include "hext/csr_table.h"
	return made;
}

/* A hart that has all CSRs of the table, whose PROBED CSRs have @bits. */
static struct hext_config config_of_all(uint64_t bits)
{
	const struct hext_config bare = {
		.sstc = true,
		.aia = true,
		.vmid_bits = full.vmid_bits,
		.asid_bits = full.asid_bits,
		.hgatp_modes = full.hgatp_modes,
		.vsatp_modes = full.vsatp_modes,
	};

	return config_with(&bare, bits);
}

/* Whether the hart has the CSR of the row @r, by the rules at the head of ext_table.h. */
static bool is_there(const struct row *r, const struct hext_config *c)
{
	switch (r->csrs) {
	case HEXT_CSRS_ALWAYS:
		return true;
	case HEXT_CSRS_SSTC:
		return c->sstc;
	case HEXT_CSRS_AIA:
		return c->aia;
	default:
		return c->answers & BIT64(r->index);
	}
}

static int setup(void **state)
{
	(void)state;
	now = 0;
	hext_init(&h, &full, &ops, NULL);
	return 0;
}

static void only_legal_bits_are_kept(void **state)
{
	(void)state;
	assert_int_equal(put(HEXT_CSR_HEDELEG, ~0ull), 0xb1ff);
	assert_int_equal(put(HEXT_CSR_HIDELEG, ~0ull), 0x444);
	assert_int_equal(put(HEXT_CSR_HIE, ~0ull), 0x1444);
	assert_int_equal(put(HEXT_CSR_HVIP, ~0ull), 0x444);
	assert_int_equal(put(HEXT_CSR_HCOUNTEREN, ~0ull), 0xffffffff);
	assert_int_equal(put(HEXT_CSR_VSEPC, ~0ull), ~1ull);
	assert_int_equal(put(HEXT_CSR_HGEIE, ~0ull), 0);
	assert_int_equal(put(HEXT_CSR_HSTATUS, ~0ull), 0x2007003c0);
	assert_int_equal(put(HEXT_CSR_HSTATUS, 0), 0x200000000);
}

/* priv H "hgatp": unlike for satp, a write with a mode that the hart lacks is not ignored. */
static void hgatp_keeps_its_mode_alone_for_a_mode_the_hart_lacks(void **state)
{
	(void)state;
	/* 7 bits of VMID, PPN without its two lowest bits. */
	assert_int_equal(put(HEXT_CSR_HGATP, 8ull << 60 | ~(15ull << 60)), 0x8007fffffffffffcull);
	assert_int_equal(put(HEXT_CSR_HGATP, 10ull << 60 | 5ull << 44 | 7),
			 8ull << 60 | 5ull << 44 | 4);
	assert_int_equal(put(HEXT_CSR_HGATP, 9ull << 60 | 4), 9ull << 60 | 4);
	assert_int_equal(put(HEXT_CSR_HGATP, 0), 0);
}

/* A hart may let L2 set more than L1 knows of: a write of L1's leaves nothing of that. */
static void a_write_leaves_nothing_in_read_only_bits(void **state)
{
	uint64_t old;

	(void)state;
	h.vs.status = ~0ull;
	assert_int_equal(put(HEXT_CSR_VSSTATUS, 0), SSTATUS_UXL_64);
	h.vs.epc = ~0ull;
	assert_int_equal(put(HEXT_CSR_VSEPC, 0x80000034), 0x80000034);
	/* Of a write of one bit, too: the others that can be written stay. */
	h.vs.status = ~0ull;
	assert_true(hext_csr_rmw(&h, HEXT_CSR_VSSTATUS, &old, 0, SSTATUS_SUM));
	assert_int_equal(get(HEXT_CSR_VSSTATUS),
			 (full.vs.status & ~SSTATUS_SUM) | SSTATUS_UXL_64 | SSTATUS_SD);
}

/* The same by SBI NACL's bitmap of dirty CSRs. */
static void a_dirty_csr_leaves_nothing_in_read_only_bits(void **state)
{
	static uint64_t csrs[NACL_CSR_COUNT];
	uint64_t dirty[NACL_DIRTY_WORDS] = { 0 }, altered[NACL_DIRTY_WORDS];
	const unsigned int index = NACL_CSR_INDEX(HEXT_CSR_VSSTATUS);

	(void)state;
	h.vs.status = ~0ull;
	dirty[index / 64] = BIT64(index % 64);
	hext_csr_write_dirty(&h, dirty, altered, csrs);
	assert_int_equal(get(HEXT_CSR_VSSTATUS), SSTATUS_UXL_64);
}

static void vsatp_ignores_a_mode_the_hart_lacks(void **state)
{
	(void)state;
	assert_int_equal(put(HEXT_CSR_VSATP, 8ull << 60 | 0xffffull << 44 | 5),
			 8ull << 60 | 0x1ffull << 44 | 5);
	assert_int_equal(put(HEXT_CSR_VSATP, 9ull << 60 | 7), 8ull << 60 | 0x1ffull << 44 | 5);
}

static void vsstatus_sd_follows_fs(void **state)
{
	(void)state;
	assert_int_equal(put(HEXT_CSR_VSSTATUS, SSTATUS_FS),
			 SSTATUS_FS | SSTATUS_SD | SSTATUS_UXL_64);
	assert_int_equal(put(HEXT_CSR_VSSTATUS, BIT64(13) | SSTATUS_SD),
			 BIT64(13) | SSTATUS_UXL_64);
}

static void reserved_modes_of_vstvec_and_henvcfg_are_not_taken(void **state)
{
	(void)state;
	assert_int_equal(put(HEXT_CSR_VSTVEC, 0x1001), 0x1001);
	assert_int_equal(put(HEXT_CSR_VSTVEC, 0x2002), 0x1001);
	assert_int_equal(put(HEXT_CSR_HENVCFG, BIT64(4)), BIT64(4));
	assert_int_equal(put(HEXT_CSR_HENVCFG, BIT64(5) | HENVCFG_STCE), BIT64(4) | HENVCFG_STCE);
}

static void vsie_shows_the_delegated_bits_of_hie(void **state)
{
	(void)state;
	put(HEXT_CSR_HIE, 0x444);
	assert_int_equal(get(HEXT_CSR_VSIE), 0);
	put(HEXT_CSR_HIDELEG, 0x404);
	assert_int_equal(get(HEXT_CSR_VSIE), 0x202);
	assert_int_equal(put(HEXT_CSR_VSIE, 0x020), 0);
	assert_int_equal(get(HEXT_CSR_HIE), 0x040);
	put(HEXT_CSR_VSIE, 0x222);
	assert_int_equal(get(HEXT_CSR_HIE), 0x444);
}

static void only_vssip_of_hip_and_vsip_can_be_written(void **state)
{
	(void)state;
	assert_int_equal(put(HEXT_CSR_HIP, ~0ull), 0x004);
	assert_int_equal(get(HEXT_CSR_HVIP), 0x004);
	assert_int_equal(put(HEXT_CSR_VSIP, 0), 0);
	assert_int_equal(get(HEXT_CSR_HVIP), 0x004);
	put(HEXT_CSR_HIDELEG, 0x444);
	assert_int_equal(put(HEXT_CSR_VSIP, 0), 0);
	assert_int_equal(get(HEXT_CSR_HVIP), 0);
	put(HEXT_CSR_HVIP, 0x440);
	assert_int_equal(put(HEXT_CSR_VSIP, 0x2), 0x222);
	assert_int_equal(get(HEXT_CSR_HVIP), 0x444);
}

static void the_vs_timer_is_pending_in_hip_when_its_time_has_come(void **state)
{
	(void)state;
	put(HEXT_CSR_VSTIMECMP, 100);
	put(HEXT_CSR_HTIMEDELTA, 50);
	now = 50;
	assert_int_equal(get(HEXT_CSR_HIP), 0);
	put(HEXT_CSR_HENVCFG, HENVCFG_STCE);
	assert_int_equal(get(HEXT_CSR_HIP), 0x040);
	now = 49;
	assert_int_equal(get(HEXT_CSR_HIP), 0);
	put(HEXT_CSR_HVIP, 0x040);
	assert_int_equal(get(HEXT_CSR_HIP), 0x040);
}

static void csrs_that_are_not_there_and_writes_of_read_only_ones_are_refused(void **state)
{
	static const struct hext_config bare = { .hgatp_modes = 1, .vsatp_modes = 1 };
	uint64_t old = 1;

	(void)state;
	assert_false(hext_csr_rmw(&h, 0x615, &old, 0, 0));
	assert_false(hext_csr_rmw(&h, HEXT_CSR_HSTATEEN0, &old, 0, 0));
	assert_true(hext_csr_rmw(&h, HEXT_CSR_HGEIP, &old, 0, 0));
	assert_int_equal(old, 0);
	assert_false(hext_csr_rmw(&h, HEXT_CSR_HGEIP, &old, 0, 1));
	assert_true(hext_csr_exists(&h, HEXT_CSR_VSTIMECMP));
	hext_init(&h, &bare, &ops, NULL);
	assert_false(hext_csr_exists(&h, HEXT_CSR_VSTIMECMP));
	assert_false(hext_csr_rmw(&h, HEXT_CSR_VSTIMECMP, &old, 0, 0));
}

static void a_mask_limits_what_is_written(void **state)
{
	uint64_t old;

	(void)state;
	put(HEXT_CSR_HTVAL, 0xff00);
	assert_true(hext_csr_rmw(&h, HEXT_CSR_HTVAL, &old, 0x0f0f, 0x00ff));
	assert_int_equal(old, 0xff00);
	assert_int_equal(get(HEXT_CSR_HTVAL), 0xff0f);
}

/* Each CSR's number (priv, "CSR Listing") and what is left of all-ones and of zeros in it. */
static void every_csr_is_there_and_keeps_what_it_can(void **state)
{
	static const struct {
		uint16_t csr;
		uint64_t ones, zeros;
	} expected[] = {
		/* all fields of vsstatus that the hart has, UXL, SD */
		{ 0x200, 0x8000000200046122, 0x200000000 },
		{ 0x204, 0, 0 },
		/* 3 is reserved */
		{ 0x205, 0, 0 },
		{ 0x240, ~0ull, 0 },
		{ 0x241, ~1ull, 0 },
		{ 0x242, ~0ull, 0 },
		{ 0x243, ~0ull, 0 },
		{ 0x244, 0, 0 },
		{ 0x24d, ~0ull, 0 },
		{ 0x280, 0, 0 },
		{ 0x600, 0x2007003c0, 0x200000000 },
		{ 0x602, 0xb1ff, 0 },
		{ 0x603, 0x444, 0 },
		{ 0x604, 0x1444, 0 },
		{ 0x605, ~0ull, 0 },
		{ 0x606, 0xffffffff, 0 },
		{ 0x607, 0, 0 },
		{ 0x60a, HENVCFG_STCE | HENVCFG_PBMTE | HENVCFG_CBIE, 0 },
		{ 0x60c, 0x55, 0 },
		{ 0x60d, 0x55, 0 },
		{ 0x60e, 0x55, 0 },
		{ 0x60f, 0x55, 0 },
		{ 0x643, ~0ull, 0 },
		{ 0x644, 0x4, 0 },
		{ 0x645, 0x444, 0 },
		{ 0x64a, ~0ull, 0 },
		/* Mode 15 is not taken, all else is. */
		{ 0x680, 0x7ffffffffffff, 0 },
	};
	const struct hext_config cfg = config_with(&full, 0x55);
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		hext_init(&h, &cfg, &ops, NULL);
		h.vs.timecmp = ~0ull;
		assert_int_equal(put(expected[i].csr, ~0ull), expected[i].ones);
		hext_init(&h, &cfg, &ops, NULL);
		h.vs.timecmp = ~0ull;
		assert_int_equal(put(expected[i].csr, 0), expected[i].zeros);
	}
	FOR_EACH_ROW(r)
	{
		for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
			if (expected[i].csr == r->number)
				break;
		}
		if (i == sizeof(expected) / sizeof(expected[0]) && hext_csr_exists(&h, r->number) &&
		    r->number != HEXT_CSR_HGEIP)
			fail_msg("CSR 0x%x is not in the list of expected values", r->number);
	}
}

static void check_rows_of(const struct hext_config *c)
{
	hext_init(&h, c, &ops, NULL);
	FOR_EACH_ROW(r)
	{
		bool there = is_there(r, c), writable = !HEXT_CSR_IS_READ_ONLY(r->number);
		uint64_t old;

		assert_int_equal(hext_csr_exists(&h, r->number), there);
		if (r->kind == FILE_CSR && there)
			continue;
		assert_int_equal(hext_csr_rmw(&h, r->number, &old, 0, 0), there);
		assert_int_equal(hext_csr_rmw(&h, r->number, &old, 1, 1), there && writable);
	}
}

/* Without an extension its CSRs are not there, and all others are. */
static void each_csr_is_there_with_its_extension(void **state)
{
	struct hext_config c;
	unsigned int i;

	(void)state;
	c = config_of_all(0);
	check_rows_of(&c);
	c.sstc = false;
	check_rows_of(&c);
	c = config_of_all(0);
	c.aia = false;
	check_rows_of(&c);
	for (i = 0; i < HEXT_ROWS; i++) {
		c = config_of_all(0);
		c.answers &= ~BIT64(i);
		check_rows_of(&c);
	}
}

static void check_stored(const struct row *r, uint64_t writable, uint64_t reset, bool any)
{
	static const uint64_t patterns[] = { ~0ull, 0, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa };
	unsigned int i;

	assert_int_equal(get(r->number), reset);
	for (i = 0; i < 4; i++) {
		uint64_t seen = put(r->number, patterns[i]);

		/* SD, which cannot be written, follows other fields. */
		if (r->number != HEXT_CSR_VSSTATUS)
			assert_int_equal(seen & ~writable, reset & ~writable);
		if (any)
			assert_int_equal(seen & writable, patterns[i] & writable);
	}
}

#define IS_ANY(rule) (sizeof(#rule) == sizeof("any") && !memcmp(#rule, "any", 3))

/* Each stored CSR by its row: the reset value, and the bits that can be written. */
static void each_stored_csr_holds_its_writable_bits(void **state)
{
	const uint64_t bits = 0x123456789abcdef0;
	const struct hext_config all = config_of_all(bits), *c = &all;

	(void)state;
	hext_init(&h, c, &ops, NULL);
#define WRITABLE_FIXED(bits_)  (bits_)
#define WRITABLE_PROBED(bits_) bits
#define HEXT_CSR(name, number, field, how, bits_, rule, reset, ...) \
	check_stored(&rows[HEXT_ROW_##name], WRITABLE_##how(bits_), reset, IS_ANY(rule));
#include "hext/csr_table.h"
}

/* hext_csr_put_trapped() stores what a trap of L2 changes, and nothing else. */
static void each_csr_that_a_trap_changes_is_published(void **state)
{
	static const uint64_t untouched = 0xdeadbeef;
	static uint64_t csrs[NACL_CSR_COUNT];
	struct hext_config c;
	unsigned int i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		c = round ? config_of_all(0x2222222222222222) : full;
		hext_init(&h, &c, &ops, NULL);
		FOR_EACH_ROW(r)
		{
			if (r->kind == STORED && is_there(r, &c))
				put(r->number, 0x123456789abcdef0);
		}
		for (i = 0; i < NACL_CSR_COUNT; i++)
			csrs[i] = untouched;
		hext_csr_put_trapped(&h, csrs);
		FOR_EACH_ROW(r)
		{
			bool put_there = r->trap == HEXT_TRAP_CHANGED && is_there(r, &c);

			assert_int_equal(csrs[NACL_CSR_INDEX(r->number)],
					 put_there ? get(r->number) : untouched);
			csrs[NACL_CSR_INDEX(r->number)] = untouched;
		}
		for (i = 0; i < NACL_CSR_COUNT; i++)
			assert_int_equal(csrs[i], untouched);
	}
}

static bool legal_for(const char *name, bool has, uint64_t bits, uint64_t of_others, uint64_t known)
{
	if (has ? (bits & known) == bits : !(bits & known & ~of_others))
		return true;
	print_message("%s: bits 0x%lx, known 0x%lx\n", name, (unsigned long)bits,
		      (unsigned long)known);
	return false;
}

/* L1 may set the bits of an extension in henvcfg and hstateen0 if it has the extension. */
static void bits_of_an_extension_come_and_go_with_it(void **state)
{
	unsigned int i;

	(void)state;
	/* Round i: L1 has the extension i alone; in the last round it has none. */
	for (i = 0; i <= EXTENSIONS; i++) {
		struct hext_config cfg = { .aia = true }, *c = &cfg;
		uint64_t envcfgs = 0, stateens = 0;

#define HEXT_EXT(name, told, csrs, stateen0, envcfg, ...) \
	c->name = EXT_##name == i;                        \
	if (c->name) {                                    \
		stateens = (stateen0);                    \
		envcfgs = (envcfg);                       \
	}
#include "hext/ext_table.h"
#define HEXT_EXT(name, told, csrs, stateen0, envcfg, ...)                              \
	assert_true(legal_for(#name, c->name, envcfg, envcfgs, hext_known_envcfg(c))); \
	assert_true(legal_for(#name, c->name, stateen0, stateens, hext_known_stateen0(c)));
#include "hext/ext_table.h"
		assert_int_equal(hext_known_envcfg(c), envcfgs);
	}
}

/* priv "henvcfg", Smstateen: the bits of some extensions. P1P13 belongs to none in the table. */
static void henvcfg_and_hstateen0_have_the_bits_of_the_specification(void **state)
{
	struct hext_config c = { .sstc = true, .svpbmt = true, .zicboz = true };

	(void)state;
	assert_int_equal(hext_known_envcfg(&c), BIT64(63) | BIT64(62) | BIT64(7));
	assert_int_equal(hext_known_stateen0(&c) & BIT64(56), BIT64(56));
	assert_int_equal(hext_known_stateen0(&c) & (BIT64(54) | BIT64(55)), 0);
	assert_int_equal(hext_known_stateen0(&c) & (BIT64(58) | BIT64(59) | BIT64(60)), 0);
	c = (struct hext_config){ .h = true, .svadu = true, .zicbom = true, .ssaia = true };
	assert_int_equal(hext_known_envcfg(&c),
			 BIT64(61) | BIT64(6) | BIT64(5) | BIT64(4) | BIT64(0));
	assert_int_equal(hext_known_stateen0(&c) >> 58 & 7, 7);
}

static void swapping_hstatus_is_writing_it(void **state)
{
	(void)state;
	put(HEXT_CSR_HSTATUS, HSTATUS_SPV | HSTATUS_VTW);
	assert_int_equal(hext_swap_hstatus(&h, ~0ull), HSTATUS_SPV | HSTATUS_VTW | HSTATUS_VSXL_64);
	assert_int_equal(get(HEXT_CSR_HSTATUS), 0x2007003c0);
	assert_int_equal(hext_swap_hstatus(&h, 0), 0x2007003c0);
	assert_int_equal(get(HEXT_CSR_HSTATUS), 0x200000000);
}

/* priv "Pointer Masking", table of PMM: 1 is reserved; a hart may lack 2 or 3. */
static void pmm_and_hupmm_keep_their_value_for_one_that_the_hart_lacks(void **state)
{
	static const struct {
		uint8_t values, kept[4]; /* what is left of n, written when the field is before */
		uint8_t before;
	} cases[] = {
		{ 0xd, { 0, 3, 2, 3 }, 3 },
		{ 0xd, { 0, 0, 2, 3 }, 0 },
		{ 0x5, { 0, 2, 2, 2 }, 2 },
		{ 0x9, { 0, 0, 0, 3 }, 0 },
	};
	struct hext_config cfg = full;
	unsigned int i;
	uint64_t n;

	(void)state;
	cfg.ssnpm = true;
	cfg.henvcfg |= HENVCFG_PMM;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cfg.pmm_values = cases[i].values;
		for (n = 0; n < 4; n++) {
			const uint64_t before = cases[i].before, kept = cases[i].kept[n];

			hext_init(&h, &cfg, &ops, NULL);
			put(HEXT_CSR_HENVCFG, before << 32);
			assert_int_equal(put(HEXT_CSR_HENVCFG, n << 32), kept << 32);
			put(HEXT_CSR_HSTATUS, before << 48);
			assert_int_equal(put(HEXT_CSR_HSTATUS, n << 48), kept << 48 | 0x200000000);
			put(HEXT_CSR_HSTATUS, before << 48);
			hext_swap_hstatus(&h, n << 48 | HSTATUS_HU);
			assert_int_equal(get(HEXT_CSR_HSTATUS),
					 kept << 48 | 0x200000000 | HSTATUS_HU);
		}
	}
	/* Without Ssnpm the fields are read-only 0. */
	hext_init(&h, &full, &ops, NULL);
	assert_int_equal(put(HEXT_CSR_HENVCFG, 3ull << 32), 0);
	cfg = full;
	cfg.pmm_values = 0xd;
	hext_init(&h, &cfg, &ops, NULL);
	hext_swap_hstatus(&h, 3ull << 48);
	assert_int_equal(get(HEXT_CSR_HSTATUS), 0x200000000);
	assert_int_equal(put(HEXT_CSR_HSTATUS, 3ull << 48), 0x200000000);
}

/* A read changes nothing, whatever is in the CSR. */
static void reading_changes_nothing(void **state)
{
	struct hext_hart before;
	unsigned int csr;
	uint64_t old;

	(void)state;
	h.hideleg = IRQ_VS_ALL;
	h.hie = IRQ_VS_ALL;
	h.hvip = BIT64(IRQ_VSTI);
	for (csr = 0; csr < 0x1000; csr++) {
		memcpy(&before, &h, sizeof(h));
		assert_int_equal(hext_csr_rmw(&h, csr, &old, ~0ull, 0), hext_csr_exists(&h, csr));
		assert_memory_equal(&before, &h, sizeof(h));
	}
}

static void sd_sums_up_vectors_too(void **state)
{
	struct hext_config cfg = full;

	(void)state;
	cfg.vs.status |= SSTATUS_VS | SSTATUS_XS;
	hext_init(&h, &cfg, &ops, NULL);
	assert_true(put(HEXT_CSR_VSSTATUS, SSTATUS_VS) & SSTATUS_SD);
	assert_true(put(HEXT_CSR_VSSTATUS, SSTATUS_XS) & SSTATUS_SD);
	assert_false(put(HEXT_CSR_VSSTATUS, BIT64(9) | BIT64(14) | BIT64(15)) & SSTATUS_SD);
}

/* ---- many at once ---- */

static bool is_of(const uint64_t *map, unsigned int csr)
{
	return map[NACL_CSR_INDEX(csr) / 64] >> NACL_CSR_INDEX(csr) % 64 & 1;
}

static void put_into(uint64_t *map, unsigned int csr)
{
	map[NACL_CSR_INDEX(csr) / 64] |= BIT64(NACL_CSR_INDEX(csr) % 64);
}

/* Views that depend on other views, or have effects. */
static bool is_left(unsigned int csr)
{
	return csr == HEXT_CSR_VSIREG || csr == HEXT_CSR_VSTOPEI || csr == HEXT_CSR_HGEIP ||
	       csr == HEXT_CSR_VSTOPI;
}

/* In the order in which they are written: hip and vsip both write hvip.VSSIP. */
static const unsigned int views[] = { HEXT_CSR_HIP, HEXT_CSR_VSIE, HEXT_CSR_VSIP };

static bool is_view(unsigned int csr)
{
	return csr == views[0] || csr == views[1] || csr == views[2];
}

static uint64_t random_value(void)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return state >> 32 | state << 32;
}

static void check_writing_at_once(const struct hext_hart *before, const uint64_t *wanted,
				  const uint64_t *csrs)
{
	uint64_t dirty[NACL_DIRTY_WORDS], altered[NACL_DIRTY_WORDS];
	struct hext_hart after;
	bool rest = false;
	unsigned int csr;
	bool done;

	h = *before;
	memcpy(dirty, wanted, sizeof(dirty));
	done = hext_csr_write_dirty(&h, dirty, altered, csrs);
	after = h;
	/* One by one, those last that show others. */
	h = *before;
	for (csr = 0; csr < 0x1000; csr++) {
		if (HEXT_IS_H_CSR(csr) && is_of(wanted, csr) && !is_left(csr) && !is_view(csr))
			put(csr, csrs[NACL_CSR_INDEX(csr)]);
	}
	for (csr = 0; csr < 3; csr++) {
		if (is_of(wanted, views[csr]))
			put(views[csr], csrs[NACL_CSR_INDEX(views[csr])]);
	}
	assert_memory_equal(&h, &after, sizeof(h));
	for (csr = 0; csr < 0x1000; csr++) {
		bool written;

		if (!HEXT_IS_H_CSR(csr))
			continue;
		written = is_of(wanted, csr) && !is_left(csr);
		assert_int_equal(is_of(dirty, csr), is_of(wanted, csr) && is_left(csr));
		/* These are what later ones have made of them. */
		if (csr != HEXT_CSR_HIE && csr != HEXT_CSR_HVIP && csr != HEXT_CSR_HIP)
			assert_int_equal(is_of(altered, csr),
					 written && get(csr) != csrs[NACL_CSR_INDEX(csr)]);
		rest |= is_of(dirty, csr) || is_of(altered, csr);
	}
	assert_int_equal(done, !rest);
}

static void writing_many_at_once_is_writing_one_by_one(void **state)
{
	struct hext_config cfg;
	uint64_t wanted[NACL_DIRTY_WORDS], csrs[NACL_CSR_COUNT];
	struct hext_hart before;
	unsigned int round, csr;

	(void)state;
	for (round = 0; round < 4000; round++) {
		cfg = config_of_all(random_value());
		cfg.hideleg = full.hideleg;
		cfg.aia = round & 1;
		cfg.hvien = cfg.aia ? IRQ_LOCAL : 0;
		cfg.vs.iselect = 0xff;
		cfg.sstc = round & 2;
		hext_init(&before, &cfg, &ops, NULL);
		memset(wanted, 0, sizeof(wanted));
		h = before;
		for (csr = 0; csr < 0x1000; csr++) {
			if (!hext_csr_exists(&before, csr))
				continue;
			csrs[NACL_CSR_INDEX(csr)] = random_value() & (round & 4 ? ~0ull : 0x444);
			if (random_value() & (round & 8 ? 1 : 7))
				put_into(wanted, csr);
			if (!is_left(csr))
				put(csr, random_value());
		}
		before = h;
		before.prioritized = false;
		check_writing_at_once(&before, wanted, csrs);
	}
}

static void writing_what_is_there_alters_nothing(void **state)
{
	uint64_t dirty[NACL_DIRTY_WORDS] = { 0 }, altered[NACL_DIRTY_WORDS];
	uint64_t csrs[NACL_CSR_COUNT];

	(void)state;
	csrs[NACL_CSR_INDEX(HEXT_CSR_VSATP)] = 8ull << 60 | 1;
	csrs[NACL_CSR_INDEX(HEXT_CSR_HGATP)] = 8ull << 60 | 4;
	put_into(dirty, HEXT_CSR_VSATP);
	put_into(dirty, HEXT_CSR_HGATP);
	assert_true(hext_csr_write_dirty(&h, dirty, altered, csrs));
	assert_int_equal(get(HEXT_CSR_VSATP), 8ull << 60 | 1);
	csrs[NACL_CSR_INDEX(HEXT_CSR_VSIP)] = 0;
	put_into(dirty, HEXT_CSR_VSIP);
	assert_true(hext_csr_write_dirty(&h, dirty, altered, csrs));
	put_into(dirty, HEXT_CSR_HGEIP);
	assert_false(hext_csr_write_dirty(&h, dirty, altered, csrs));
	assert_true(is_of(dirty, HEXT_CSR_HGEIP));
	csrs[NACL_CSR_INDEX(HEXT_CSR_HGATP)] = 8ull << 60 | 5;
	memset(dirty, 0, sizeof(dirty));
	put_into(dirty, HEXT_CSR_HGATP);
	assert_false(hext_csr_write_dirty(&h, dirty, altered, csrs));
	assert_true(is_of(altered, HEXT_CSR_HGATP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_legal_bits_are_kept, setup),
		cmocka_unit_test_setup(hgatp_keeps_its_mode_alone_for_a_mode_the_hart_lacks, setup),
		cmocka_unit_test_setup(vsatp_ignores_a_mode_the_hart_lacks, setup),
		cmocka_unit_test_setup(a_write_leaves_nothing_in_read_only_bits, setup),
		cmocka_unit_test_setup(a_dirty_csr_leaves_nothing_in_read_only_bits, setup),
		cmocka_unit_test_setup(vsstatus_sd_follows_fs, setup),
		cmocka_unit_test_setup(reserved_modes_of_vstvec_and_henvcfg_are_not_taken, setup),
		cmocka_unit_test_setup(vsie_shows_the_delegated_bits_of_hie, setup),
		cmocka_unit_test_setup(only_vssip_of_hip_and_vsip_can_be_written, setup),
		cmocka_unit_test_setup(the_vs_timer_is_pending_in_hip_when_its_time_has_come,
				       setup),
		cmocka_unit_test_setup(
			csrs_that_are_not_there_and_writes_of_read_only_ones_are_refused, setup),
		cmocka_unit_test_setup(a_mask_limits_what_is_written, setup),
		cmocka_unit_test_setup(every_csr_is_there_and_keeps_what_it_can, setup),
		cmocka_unit_test_setup(each_csr_is_there_with_its_extension, setup),
		cmocka_unit_test_setup(each_stored_csr_holds_its_writable_bits, setup),
		cmocka_unit_test_setup(each_csr_that_a_trap_changes_is_published, setup),
		cmocka_unit_test_setup(bits_of_an_extension_come_and_go_with_it, setup),
		cmocka_unit_test_setup(henvcfg_and_hstateen0_have_the_bits_of_the_specification,
				       setup),
		cmocka_unit_test_setup(swapping_hstatus_is_writing_it, setup),
		cmocka_unit_test_setup(pmm_and_hupmm_keep_their_value_for_one_that_the_hart_lacks,
				       setup),
		cmocka_unit_test_setup(reading_changes_nothing, setup),
		cmocka_unit_test_setup(sd_sums_up_vectors_too, setup),
		cmocka_unit_test_setup(writing_many_at_once_is_writing_one_by_one, setup),
		cmocka_unit_test_setup(writing_what_is_there_alters_nothing, setup),
	};

	return cmocka_run_group_tests_name("hext_csr", tests, NULL, NULL);
}
