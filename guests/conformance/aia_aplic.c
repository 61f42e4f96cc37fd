/* SPDX-License-Identifier: BSD-2-Clause */
/* The APLIC's supervisor-level domain (aia 4): registers, forwarding by MSI, direct delivery. */
#include "aia.h"
#include "second_hart.h"

#define DOMAINCFG   0x0000
#define SOURCECFG   0x0000 /* + 4 * source */
#define SETIP	    0x1c00
#define SETIPNUM    0x1cdc
#define IN_CLRIP    0x1d00
#define CLRIPNUM    0x1ddc
#define SETIE	    0x1e00
#define SETIENUM    0x1edc
#define CLRIE	    0x1f00
#define CLRIENUM    0x1fdc
#define SETIPNUM_LE 0x2000
#define SETIPNUM_BE 0x2004
#define GENMSI	    0x3000
#define TARGET	    0x3000 /* + 4 * source */
#define IDC	    0x4000 /* + 32 * hart index */
#define IDELIVERY   0x00
#define IFORCE	    0x04
#define ITHRESHOLD  0x08
#define TOPI	    0x18
#define CLAIMI	    0x1c

#define DOMAIN_FIXED UINT32_C(0x80000000)
#define DOMAIN_IE    0x100
#define DOMAIN_DM    0x4
#define SOURCE_D     0x400
#define GENMSI_BUSY  0x1000

enum source_mode { INACTIVE, DETACHED, EDGE1 = 4, EDGE0, LEVEL1, LEVEL0 };

#define MSI_ID	    45
#define HART_SHIFT  18
#define GUEST_SHIFT 12

static uint32_t get(unsigned int offset)
{
	return *(volatile uint32_t *)(aia.aplic + offset);
}

static void put(unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(aia.aplic + offset) = value;
	__asm__ volatile("fence" : : : "memory");
}

/* A source without a device. */
static unsigned int spare(void)
{
	return aia.sources < 40 ? aia.sources : 40;
}

static bool bit_of(unsigned int array, unsigned int source)
{
	return get(array + source / 32 * 4) >> source % 32 & 1;
}

static void set_mode(unsigned int source, uint32_t mode)
{
	put(SOURCECFG + 4 * source, mode);
}

/* Makes a source inactive; then it is not pending, not enabled, and its target is 0. */
static void quiet(unsigned int source)
{
	put(CLRIENUM, source);
	put(CLRIPNUM, source);
	set_mode(source, INACTIVE);
}

static uint32_t hart_target(void)
{
	return (uint32_t)aia_hart_index(me->id) << HART_SHIFT;
}

/*
 * A target register for a check line: the same text whichever hart the firmware has started
 * first.
 */
static uint32_t as_printed(uint32_t target)
{
	return target ? target ^ hart_target() : 0;
}

/* ---- registers ---- */

static void check_domain(void)
{
	uint32_t seen;

	/* BE stays 0: otherwise the byte order would change. */
	put(DOMAINCFG, ~UINT32_C(1));
	seen = get(DOMAINCFG);
	check((seen & ~UINT32_C(DOMAIN_DM)) == (DOMAIN_FIXED | DOMAIN_IE) &&
		      (!aia.msi || seen & DOMAIN_DM),
	      "aia aplic domaincfg all-ones but BE = 0x%x", seen);
	put(DOMAINCFG, 0);
	seen = get(DOMAINCFG);
	check((seen & ~UINT32_C(DOMAIN_DM)) == DOMAIN_FIXED, "aia aplic domaincfg zeros = 0x%x",
	      seen);
	put(DOMAINCFG, aia.msi ? DOMAIN_DM : 0);
	seen = get(DOMAINCFG);
	check(seen == (DOMAIN_FIXED | (aia.msi ? DOMAIN_DM : 0)),
	      "aia aplic domaincfg with DM alone = 0x%x", seen);
}

/* Modes of a source, and delegation, which a domain without children does not have. */
static void check_source_modes(const char *name, unsigned int source)
{
	static const uint32_t values[] = { 0, 1, 4, 5, 6, 7, 2, 3, 0x3f8, 0xfffffbf9 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		uint32_t seen, before = DETACHED;
		bool lawful = i < 2 || (values[i] & 7) == 0 || (values[i] & 7) == 1;

		set_mode(source, before);
		set_mode(source, values[i]);
		seen = get(SOURCECFG + 4 * source);
		/* Only inactive must be supported. 2 and 3 are reserved, and the field is WARL. */
		check(lawful  ? seen == (values[i] & 7)
		      : i < 6 ? seen == values[i] || seen == INACTIVE || seen == before
			      : seen < 8 && seen != 2 && seen != 3,
		      "aia aplic sourcecfg of %s 0x%x = 0x%x", name, values[i], seen);
	}
	set_mode(source, DETACHED);
	set_mode(source, SOURCE_D);
	check(!get(SOURCECFG + 4 * source), "aia aplic sourcecfg of %s, delegated = 0x%x", name,
	      get(SOURCECFG + 4 * source));
	set_mode(source, DETACHED);
	set_mode(source, SOURCE_D | 1);
	check(!get(SOURCECFG + 4 * source), "aia aplic sourcecfg of %s, delegated to 1 = 0x%x",
	      name, get(SOURCECFG + 4 * source));
	quiet(source);
}

/* A source that does not exist or is inactive: no register of it keeps a value. */
static void check_inactive(const char *name, unsigned int source, bool absent)
{
	if (absent) {
		set_mode(source, DETACHED);
		check(!get(SOURCECFG + 4 * source), "aia aplic %s, sourcecfg = 0x%x", name,
		      get(SOURCECFG + 4 * source));
	}
	put(TARGET + 4 * source, hart_target() | MSI_ID);
	check(!get(TARGET + 4 * source), "aia aplic %s, target = 0x%x", name,
	      as_printed(get(TARGET + 4 * source)));
	put(SETIE + source / 32 * 4, BIT64(source % 32));
	check(!bit_of(SETIE, source), "aia aplic %s, setie = %u", name, bit_of(SETIE, source));
	put(SETIENUM, source);
	check(!bit_of(SETIE, source), "aia aplic %s, setienum = %u", name, bit_of(SETIE, source));
	put(SETIP + source / 32 * 4, BIT64(source % 32));
	check(!bit_of(SETIP, source), "aia aplic %s, setip = %u", name, bit_of(SETIP, source));
	put(SETIPNUM, source);
	check(!bit_of(SETIP, source), "aia aplic %s, setipnum = %u", name, bit_of(SETIP, source));
	put(SETIPNUM_LE, source);
	check(!bit_of(SETIP, source), "aia aplic %s, setipnum_le = %u", name,
	      bit_of(SETIP, source));
	check(!bit_of(IN_CLRIP, source), "aia aplic %s, in_clrip = %u", name,
	      bit_of(IN_CLRIP, source));
}

/* A detached source, by the arrays and by number. The domain's IE is off. */
static void check_detached(void)
{
	const unsigned int source = spare(), word = source / 32 * 4;
	const uint32_t bit = BIT64(source % 32);
	unsigned int n;

	set_mode(source, DETACHED);
	check(!bit_of(SETIE, source) && !bit_of(SETIP, source),
	      "aia aplic detached = enabled %u pending %u", bit_of(SETIE, source),
	      bit_of(SETIP, source));
	for (n = 0; n < 2; n++) {
		const char *how = n ? "by number" : "by bit";

		put(n ? SETIENUM : SETIE + word, n ? source : bit);
		check(bit_of(SETIE, source), "aia aplic enabled %s = %u", how,
		      bit_of(SETIE, source));
		put(SETIE + word, 0);
		check(bit_of(SETIE, source), "aia aplic enabled %s, setie 0 = %u", how,
		      bit_of(SETIE, source));
		put(n ? SETIPNUM : SETIP + word, n ? source : bit);
		check(bit_of(SETIP, source), "aia aplic pending %s = %u", how,
		      bit_of(SETIP, source));
		check(!bit_of(IN_CLRIP, source), "aia aplic pending %s = in_clrip %u", how,
		      bit_of(IN_CLRIP, source));
		put(n ? CLRIPNUM : IN_CLRIP + word, n ? source : bit);
		check(!bit_of(SETIP, source), "aia aplic not pending %s = %u", how,
		      bit_of(SETIP, source));
		put(n ? CLRIENUM : CLRIE + word, n ? source : bit);
		check(!bit_of(SETIE, source), "aia aplic not enabled %s = %u", how,
		      bit_of(SETIE, source));
	}
	put(SETIPNUM_LE, source);
	check(bit_of(SETIP, source), "aia aplic pending by setipnum_le = %u",
	      bit_of(SETIP, source));
	put(CLRIPNUM, source);
	put(SETIPNUM_BE, (uint32_t)source << 24);
	/* This register is optional. */
	record("aia aplic pending by setipnum_be = %u", bit_of(SETIP, source));
	quiet(source);
	set_mode(source, DETACHED);
	put(SETIENUM, source);
	put(SETIPNUM, source);
	set_mode(source, INACTIVE);
	check(!bit_of(SETIE, source) && !bit_of(SETIP, source) && !get(TARGET + 4 * source),
	      "aia aplic made inactive = enabled %u pending %u target 0x%x", bit_of(SETIE, source),
	      bit_of(SETIP, source), as_printed(get(TARGET + 4 * source)));
	set_mode(source, DETACHED);
	check(!bit_of(SETIE, source) && !bit_of(SETIP, source),
	      "aia aplic active again = enabled %u pending %u", bit_of(SETIE, source),
	      bit_of(SETIP, source));
	quiet(source);
}

/* Registers that read as zero after any write. */
static void check_zeros(void)
{
	static const struct {
		const char *name;
		uint16_t offset;
	} zeros[] = {
		{ "mmsiaddrcfg", 0x1bc0 }, { "mmsiaddrcfgh", 0x1bc4 },
		{ "smsiaddrcfg", 0x1bc8 }, { "smsiaddrcfgh", 0x1bcc },
		{ "setipnum", SETIPNUM },  { "clripnum", CLRIPNUM },
		{ "setienum", SETIENUM },  { "clrie", CLRIE },
		{ "clrienum", CLRIENUM },  { "setipnum_le", SETIPNUM_LE },
		{ "0x1000", 0x1000 },	   { "0x1c80", 0x1c80 },
		{ "0x2008", 0x2008 },	   { "0x2ffc", 0x2ffc },
	};
	unsigned int i;
	uint32_t seen;

	for (i = 0; i < ARRAY_SIZE(zeros); i++) {
		put(zeros[i].offset, 0xffffffff);
		seen = get(zeros[i].offset);
		check(!seen, "aia aplic %s reads = 0x%x", zeros[i].name, seen);
	}
	check(!(get(SETIP) & 1) && !(get(SETIE) & 1) && !(get(IN_CLRIP) & 1),
	      "aia aplic source 0 = 0x%x 0x%x 0x%x", get(SETIP) & 1, get(SETIE) & 1,
	      get(IN_CLRIP) & 1);
	for (i = aia.sources / 32 + 1; i < 32; i += 7) {
		put(SETIE + 4 * i, 0xffffffff);
		put(SETIP + 4 * i, 0xffffffff);
		check(!get(SETIE + 4 * i) && !get(SETIP + 4 * i) && !get(IN_CLRIP + 4 * i),
		      "aia aplic sources from %u on = 0x%x 0x%x 0x%x", 32 * i, get(SETIE + 4 * i),
		      get(SETIP + 4 * i), get(IN_CLRIP + 4 * i));
	}
}

/* MSI mode: the fields hold existing harts, guest files and identities. Other bits are zero. */
static void check_msi_target(void)
{
	const unsigned int source = spare();
	unsigned int i;
	uint32_t seen;

	set_mode(source, DETACHED);
	put(TARGET + 4 * source, hart_target() | 0x800);
	seen = get(TARGET + 4 * source);
	check(seen == hart_target(), "aia aplic target bit 11 = 0x%x", as_printed(seen));
	for (i = 0; i <= aia.ids; i = i * 2 + 1) {
		put(TARGET + 4 * source, hart_target() | i);
		seen = get(TARGET + 4 * source);
		check(seen == (hart_target() | i), "aia aplic target EIID %u = 0x%x", i,
		      as_printed(seen));
	}
	for (i = 0; i <= aia.files; i++) {
		uint32_t target = hart_target() | aia_guest_index(me->id, i) << GUEST_SHIFT | 1;

		put(TARGET + 4 * source, target);
		seen = get(TARGET + 4 * source);
		/* The hart's file may have two numbers; the field returns one of them. */
		if (!i && seen == (hart_target() | 1))
			seen = target;
		check(seen == target, "aia aplic target file %u = %s", i,
		      seen == target ? "held" : "not held");
	}
	if (second_hart() < MAX_HARTS) {
		uint32_t other = (uint32_t)aia_hart_index(second_hart()) << HART_SHIFT;

		put(TARGET + 4 * source, other | MSI_ID);
		seen = get(TARGET + 4 * source);
		check(seen == (other | MSI_ID), "aia aplic target of the other hart = 0x%x",
		      as_printed(seen));
	}
	quiet(source);
}

/* aia 4.5: other accesses are ignored, or give access faults. */
static void check_widths(void)
{
	static const struct {
		const char *name;
		uint32_t insn;
		uint16_t offset;
		bool load;
	} cases[] = {
		{ "byte load", INSN_LOAD(4), 0, true },
		{ "half load", INSN_LOAD(5), 0, true },
		{ "double load", INSN_LOAD(3), 4, true },
		{ "word load at 1", INSN_LOAD(2), 1, true },
		{ "word load at 2", INSN_LOAD(2), 2, true },
		{ "byte store", INSN_STORE(0), 0, false },
		{ "half store", INSN_STORE(1), 0, false },
		{ "double store", INSN_STORE(3), 4, false },
		{ "word store at 1", INSN_STORE(2), 1, false },
		{ "word store at 2", INSN_STORE(2), 2, false },
		{ "AMOSWAP.W", INSN_AMO(1, 2), 0, false },
		{ "AMOOR.W", INSN_AMO(8, 2), 0, false },
		{ "LR.W", INSN_LR_D & ~0x1000u, 0, true },
	};
	/* The double word at +4 holds an even source and the next one, or is not aligned. */
	const unsigned int source = spare() & ~1u;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct end_of end;
		uint32_t seen;

		set_mode(source, DETACHED);
		try_insn(HS, cases[i].insn,
			 aia.aplic + SOURCECFG + 4 * source +
				 (cases[i].offset == 4 ? 0 : cases[i].offset),
			 EDGE1, 0);
		end = ended();
		seen = get(SOURCECFG + 4 * source);
		check(seen == DETACHED && (end.to == DONE || end.cause == CAUSE_LOAD_ACCESS ||
					   end.cause == CAUSE_STORE_ACCESS ||
					   end.cause == CAUSE_LOAD_MISALIGNED ||
					   end.cause == CAUSE_STORE_MISALIGNED),
		      "aia aplic %s = %s %lu, then 0x%x", cases[i].name,
		      end.to == DONE ? "done" : "cause", (unsigned long)end.cause, seen);
	}
	quiet(source);
}

/* ---- MSIs ---- */

static void expect_msi(const char *what, unsigned int file, unsigned int id)
{
	uint64_t top;

	aia_pause();
	top = aia_claim(file);
	check(top == (id ? TOPEI(id) : 0), "aia aplic %s = MSI 0x%lx", what, (unsigned long)top);
}

static void check_genmsi(void)
{
	uint32_t seen;

	aia_file_open(0, MSI_ID);
	put(GENMSI, hart_target() | MSI_ID);
	aia_pause();
	seen = get(GENMSI);
	check(!(seen & GENMSI_BUSY), "aia aplic genmsi written = busy %u", !!(seen & GENMSI_BUSY));
	/* The domain's IE is off, and genmsi does not depend on it. */
	expect_msi("genmsi", 0, MSI_ID);
	put(GENMSI, hart_target());
	expect_msi("genmsi of identity 0", 0, 0);
	aia_file_reset(0);
	/* genmsi has no field for guest files. */
	if (aia.files) {
		aia_file_open(0, MSI_ID);
		aia_file_open(1, MSI_ID);
		put(GENMSI, hart_target() | 1 << GUEST_SHIFT | MSI_ID);
		expect_msi("genmsi, bit 12 set, guest file", 1, 0);
		expect_msi("genmsi, bit 12 set, supervisor file", 0, MSI_ID);
		aia_file_reset(0);
		aia_file_reset(1);
	}
}

/* A source is forwarded once it is pending, enabled and the domain is on, in any order. */
static void check_forward(unsigned int file)
{
	const unsigned int source = spare();
	static const uint8_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	unsigned int n, step;

	for (n = 0; n < ARRAY_SIZE(orders); n++) {
		uint64_t top;

		aia_file_open(file, MSI_ID);
		put(DOMAINCFG, DOMAIN_DM);
		set_mode(source, DETACHED);
		put(TARGET + 4 * source,
		    hart_target() | aia_guest_index(me->id, file) << GUEST_SHIFT | MSI_ID);
		for (step = 0; step < 3; step++) {
			aia_pause();
			top = aia_top(file);
			check(!top, "aia aplic to file %u, order %u, step %u = MSI 0x%lx", file, n,
			      step, (unsigned long)top);
			if (orders[n][step] == 0)
				put(DOMAINCFG, DOMAIN_DM | DOMAIN_IE);
			else
				put(orders[n][step] == 1 ? SETIENUM : SETIPNUM, source);
		}
		aia_pause();
		top = aia_claim(file);
		check(top == TOPEI(MSI_ID), "aia aplic to file %u, order %u = MSI 0x%lx", file, n,
		      (unsigned long)top);
		check(!bit_of(SETIP, source), "aia aplic to file %u, order %u = still pending %u",
		      file, n, bit_of(SETIP, source));
		put(SETIPNUM, source);
		aia_pause();
		top = aia_claim(file);
		check(top == TOPEI(MSI_ID), "aia aplic to file %u, order %u, again = MSI 0x%lx",
		      file, n, (unsigned long)top);
		put(DOMAINCFG, DOMAIN_DM);
		quiet(source);
		aia_file_reset(file);
	}
}

static uint64_t other_top[2];

static void open_files(void)
{
	aia_file_open(0, MSI_ID);
	if (aia.files)
		aia_file_open(1, MSI_ID);
}

static void close_files(void)
{
	other_top[0] = aia_claim(0);
	other_top[1] = aia.files ? aia_claim(1) : 0;
	aia_file_reset(0);
	if (aia.files)
		aia_file_reset(1);
}

/* Messages to the other hart, by a source and by genmsi. */
static void check_other_hart(void)
{
	const unsigned int source = spare();
	uint32_t other = (uint32_t)aia_hart_index(second_hart()) << HART_SHIFT;
	unsigned int file;

	put(DOMAINCFG, DOMAIN_DM | DOMAIN_IE);
	for (file = 0; file < (aia.files ? 2 : 1); file++) {
		open_files();
		second_hart_call(open_files, "opens files");
		set_mode(source, DETACHED);
		put(TARGET + 4 * source,
		    other | aia_guest_index(second_hart(), file) << GUEST_SHIFT | MSI_ID);
		put(SETIENUM, source);
		put(SETIPNUM, source);
		aia_pause();
		second_hart_call(close_files, "closes files");
		check(other_top[file] == TOPEI(MSI_ID) && !other_top[!file] && !aia_claim(0),
		      "aia aplic to the other hart's file %u = 0x%lx 0x%lx", file,
		      (unsigned long)other_top[0], (unsigned long)other_top[1]);
		quiet(source);
	}
	second_hart_call(open_files, "opens files");
	put(GENMSI, other | MSI_ID);
	aia_pause();
	second_hart_call(close_files, "closes files");
	check(other_top[0] == TOPEI(MSI_ID), "aia aplic genmsi to the other hart = 0x%lx",
	      (unsigned long)other_top[0]);
	put(DOMAINCFG, DOMAIN_DM);
	open_files();
	close_files();
}

/* ---- the UART's wire ---- */

#define UART  ((volatile uint8_t *)machine_uart)
#define STEPS 8

/*
 * Makes the UART's wire low or high by "transmitter empty". Printing changes the wire while the
 * interrupt is enabled. So checks store what they see, and print after the interrupt is disabled.
 */
static void uart_wire(bool high)
{
	while (!(UART[5] & 0x40))
		;
	UART[1] = high ? 2 : 0;
	aia_pause();
}

static void check_wire(enum source_mode mode)
{
	const unsigned int source = aia.uart_source;
	const bool inverted = mode == EDGE0 || mode == LEVEL0, level = mode >= LEVEL1;
	bool rectified[STEPS], pending[STEPS], by_hand[STEPS];
	unsigned int n;

	uart_wire(false);
	put(DOMAINCFG, aia.msi ? DOMAIN_DM : 0);
	quiet(source);
	set_mode(source, mode);
	if (get(SOURCECFG + 4 * source) != (uint32_t)mode) {
		record("aia aplic wire, mode %u # SKIP not supported", mode);
		return;
	}
	for (n = 0; n < STEPS; n++) {
		/* 0 1 1 0 0 1 0 1 */
		uart_wire(0xa6 >> n & 1);
		rectified[n] = bit_of(IN_CLRIP, source);
		pending[n] = bit_of(SETIP, source);
		put(CLRIPNUM, source);
		put(SETIPNUM, source);
		by_hand[n] = bit_of(SETIP, source);
		put(CLRIPNUM, source);
	}
	uart_wire(false);
	quiet(source);
	for (n = 0; n < STEPS; n++) {
		bool high = 0xa6 >> n & 1, active = high != inverted;
		bool changed = n && high != (0xa6 >> (n - 1) & 1);

		check(rectified[n] == active,
		      "aia aplic wire, mode %u, step %u, wire %u = rectified %u", mode, n, high,
		      rectified[n]);
		/* If the source is active from the start, it may be pending or not (aia 4.5.2). */
		if (n || !active)
			check(pending[n] == (level && !aia.msi ? active : active && changed),
			      "aia aplic wire, mode %u, step %u, wire %u = pending %u", mode, n,
			      high, pending[n]);
		/* A level source can be set pending only while it is active. */
		check(by_hand[n] == (!level || active),
		      "aia aplic wire, mode %u, step %u, wire %u, setipnum = pending %u", mode, n,
		      high, by_hand[n]);
	}
}

/* A level is forwarded once; again after setipnum while it is high, but not after it is low. */
static void check_wire_forwarded(void)
{
	static const struct {
		const char *name;
		bool high, by_hand, forwarded;
	} steps[] = {
		{ "wire low", false, false, false },
		{ "wire high", true, false, true },
		{ "wire still high", true, false, false },
		{ "wire high, setipnum", true, true, true },
		{ "wire low again", false, false, false },
		{ "wire low, setipnum", false, true, false },
		{ "wire high again", true, false, true },
		{ "wire low at the end", false, false, false },
	};
	const unsigned int source = aia.uart_source;
	uint64_t top[ARRAY_SIZE(steps)];
	bool pending[ARRAY_SIZE(steps)];
	unsigned int i;

	uart_wire(false);
	aia_file_open(0, MSI_ID);
	put(DOMAINCFG, DOMAIN_DM | DOMAIN_IE);
	set_mode(source, LEVEL1);
	put(TARGET + 4 * source, hart_target() | MSI_ID);
	put(SETIENUM, source);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		uart_wire(steps[i].high);
		if (steps[i].by_hand)
			put(SETIPNUM, source);
		aia_pause();
		pending[i] = bit_of(SETIP, source);
		top[i] = aia_claim(0);
	}
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		check(top[i] == (steps[i].forwarded ? TOPEI(MSI_ID) : 0) && !pending[i],
		      "aia aplic UART, %s = MSI 0x%lx, pending %u", steps[i].name,
		      (unsigned long)top[i], pending[i]);
	/* The interrupt is also taken, in VS mode. */
	csr_write(sie, BIT64(IRQ_SEI) | BIT64(IRQ_STI));
	uart_wire(true);
	try_insn(VS, INSN_NOP, 0, 0, 0);
	csr_write(sie, BIT64(IRQ_STI));
	top[0] = aia_claim(0);
	uart_wire(false);
	put(DOMAINCFG, DOMAIN_DM);
	quiet(source);
	aia_file_reset(0);
	check_end(TO_HS, CAUSE_INTERRUPT | IRQ_SEI, "aia aplic UART in VS");
	check(top[0] == TOPEI(MSI_ID), "aia aplic UART in VS, claimed = 0x%lx",
	      (unsigned long)top[0]);
}

/* ---- direct delivery, without IMSIC ---- */

static unsigned int idc(unsigned int offset)
{
	return IDC + 32 * aia_hart_index(me->id) + offset;
}

static bool external_pending(void)
{
	aia_pause();
	return csr_read(sip) >> IRQ_SEI & 1;
}

static void check_idc(void)
{
	const unsigned int a = spare(), b = spare() - 1;
	uint32_t seen;

	put(DOMAINCFG, DOMAIN_IE);
	put(idc(IDELIVERY), 1);
	check(get(idc(IDELIVERY)) == 1, "aia aplic idelivery 1 = 0x%x", get(idc(IDELIVERY)));
	put(idc(ITHRESHOLD), 0);
	check(!external_pending(), "aia aplic direct, nothing pending = SEIP %u",
	      external_pending());
	put(idc(IFORCE), 1);
	check(external_pending(), "aia aplic direct, iforce = SEIP %u", external_pending());
	seen = get(idc(CLAIMI));
	check(!seen && !get(idc(IFORCE)) && !external_pending(),
	      "aia aplic direct, iforce claimed = 0x%x, iforce %u SEIP %u", seen, get(idc(IFORCE)),
	      external_pending());
	set_mode(a, DETACHED);
	set_mode(b, DETACHED);
	put(TARGET + 4 * a, hart_target() | 1);
	put(TARGET + 4 * b, hart_target() | 2);
	check(get(TARGET + 4 * a) == (hart_target() | 1), "aia aplic direct, target = 0x%x",
	      as_printed(get(TARGET + 4 * a)));
	put(TARGET + 4 * b, hart_target());
	check(get(TARGET + 4 * b) == (hart_target() | 1),
	      "aia aplic direct, target of IPRIO 0 = 0x%x", as_printed(get(TARGET + 4 * b)));
	put(TARGET + 4 * b, hart_target() | 2);
	put(SETIENUM, a);
	put(SETIENUM, b);
	put(SETIPNUM, b);
	put(SETIPNUM, a);
	check(external_pending(), "aia aplic direct, two pending = SEIP %u", external_pending());
	seen = get(idc(TOPI));
	check(seen == (a << 16 | 1), "aia aplic direct, topi = 0x%x", seen);
	put(idc(ITHRESHOLD), 1);
	check(!get(idc(TOPI)) && !external_pending(),
	      "aia aplic direct, ithreshold 1 = topi 0x%x SEIP %u", get(idc(TOPI)),
	      external_pending());
	put(idc(ITHRESHOLD), 0);
	put(idc(IDELIVERY), 0);
	check(get(idc(TOPI)) && !external_pending(),
	      "aia aplic direct, idelivery 0 = topi 0x%x SEIP %u", get(idc(TOPI)),
	      external_pending());
	put(idc(IDELIVERY), 1);
	put(DOMAINCFG, 0);
	check(get(idc(TOPI)) && !external_pending(), "aia aplic direct, IE 0 = topi 0x%x SEIP %u",
	      get(idc(TOPI)), external_pending());
	put(DOMAINCFG, DOMAIN_IE);
	csr_write(sie, BIT64(IRQ_SEI) | BIT64(IRQ_STI));
	try_insn(VS, INSN_NOP, 0, 0, 0);
	csr_write(sie, BIT64(IRQ_STI));
	check_end(TO_HS, CAUSE_INTERRUPT | IRQ_SEI, "aia aplic direct, in VS");
	seen = get(idc(CLAIMI));
	check(seen == (a << 16 | 1), "aia aplic direct, first claim = 0x%x", seen);
	seen = get(idc(CLAIMI));
	check(seen == (b << 16 | 2), "aia aplic direct, second claim = 0x%x", seen);
	seen = get(idc(CLAIMI));
	check(!seen && !external_pending(), "aia aplic direct, third claim = 0x%x SEIP %u", seen,
	      external_pending());
	put(GENMSI, hart_target() | MSI_ID);
	check(!get(GENMSI), "aia aplic direct, genmsi = 0x%x", get(GENMSI));
	put(idc(IDELIVERY), 0);
	put(DOMAINCFG, 0);
	quiet(a);
	quiet(b);
}

void check_aia_aplic(void)
{
	area_begin("aia aplic: its registers, MSIs that it sends, its own delivery");
	record("aia aplic delivers by = %s", aia.msi ? "MSIs" : "itself");
	check_domain();
	check_source_modes("a spare source", spare());
	check_inactive("inactive source", spare(), false);
	check_inactive("absent source, the next", aia.sources + 1, true);
	check_inactive("absent source 1023", 1023, true);
	check_detached();
	check_zeros();
	check_widths();
	if (aia.uart_source) {
		check_source_modes("the UART", aia.uart_source);
		check_wire(EDGE1);
		check_wire(EDGE0);
		check_wire(LEVEL1);
		check_wire(LEVEL0);
	}
	if (!aia.msi) {
		check_idc();
		return;
	}
	check_msi_target();
	check_genmsi();
	check_forward(0);
	if (aia.files)
		check_forward(2);
	if (second_hart() < MAX_HARTS)
		check_other_hart();
	if (aia.uart_source)
		check_wire_forwarded();
	put(DOMAINCFG, 0);
	calm();
}
