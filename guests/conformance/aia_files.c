/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt files: their registers, MSIs written to their pages, and their signals. */
#include "aia.h"
#include "tables.h"

/* S stands for the supervisor-level file. */
static const char *const file_names[MAX_FILES + 1] = { "S", "1", "2", "3", "4", "5" };

/* The signal of a file: sip.SEIP, or a bit of hgeip. */
static bool signal_of(unsigned int file)
{
	if (!file)
		return csr_read(sip) >> IRQ_SEI & 1;
	return h_read(CSR_HGEIP) >> file & 1;
}

/* The signals of all files, one bit for each. */
static uint64_t all_signals(void)
{
	return (h_read(CSR_HGEIP) & ((BIT64(MAX_FILES + 1) - 2))) | (csr_read(sip) >> IRQ_SEI & 1);
}

static void check_registers(unsigned int file)
{
	const char *name = file_names[file];
	unsigned int k;
	uint64_t seen;

	aia_file_reset(file);
	aia_file_write(file, EIDELIVERY, ~UINT64_C(0));
	seen = aia_file_read(file, EIDELIVERY);
	/* WARL. 0x40000000 is not a value for guest files. */
	check(seen == 0 || seen == 1 || (!file && seen == 0x40000000),
	      "aia file %s eidelivery all-ones = 0x%lx", name, (unsigned long)seen);
	for (k = 0; k < 2; k++) {
		aia_file_write(file, EIDELIVERY, k);
		seen = aia_file_read(file, EIDELIVERY);
		check(seen == k, "aia file %s eidelivery %u = 0x%lx", name, k, (unsigned long)seen);
	}
	aia_file_write(file, EIDELIVERY, 0);
	for (k = 1; k <= aia.ids; k = k * 2 + 1) {
		aia_file_write(file, EITHRESHOLD, k);
		seen = aia_file_read(file, EITHRESHOLD);
		check(seen == k, "aia file %s eithreshold %u = 0x%lx", name, k,
		      (unsigned long)seen);
	}
	aia_file_write(file, EITHRESHOLD, 0);
	for (k = 0; k <= aia.ids / 32; k += 2) {
		uint64_t legal = ~UINT64_C(0) << !k;

		aia_file_write(file, EIE0 + k, ~UINT64_C(0));
		seen = aia_file_read(file, EIE0 + k);
		check(seen == legal, "aia file %s eie%u all-ones = 0x%lx", name, k,
		      (unsigned long)seen);
		aia_file_write(file, EIE0 + k, 0);
		aia_file_write(file, EIP0 + k, ~UINT64_C(0));
		seen = aia_file_read(file, EIP0 + k);
		check(seen == legal, "aia file %s eip%u all-ones = 0x%lx", name, k,
		      (unsigned long)seen);
		aia_file_write(file, EIP0 + k, UINT64_C(0x5555555555555555));
		seen = aia_file_read(file, EIP0 + k);
		check(seen == (legal & UINT64_C(0x5555555555555555)),
		      "aia file %s eip%u 0x5555 = 0x%lx", name, k, (unsigned long)seen);
		aia_file_write(file, EIP0 + k, 0);
		seen = aia_file_read(file, EIE0 + k) | aia_file_read(file, EIP0 + k);
		check(!seen, "aia file %s eie%u and eip%u zeros = 0x%lx", name, k, k,
		      (unsigned long)seen);
	}
}

/* The registers of one file do not affect another file. */
static void check_separate(void)
{
	unsigned int file, other;

	for (file = 0; file <= aia.files; file++) {
		for (other = 0; other <= aia.files; other++)
			aia_file_reset(other);
		aia_file_write(file, EIE0 + 2, 0x1234);
		aia_file_write(file, EIP0 + 2, 0x4321);
		aia_file_write(file, EITHRESHOLD, 17);
		for (other = 0; other <= aia.files; other++) {
			uint64_t eie = aia_file_read(other, EIE0 + 2);
			uint64_t eip = aia_file_read(other, EIP0 + 2);
			uint64_t threshold = aia_file_read(other, EITHRESHOLD);
			bool same = other == file;

			check(eie == (same ? 0x1234 : 0) && eip == (same ? 0x4321 : 0) &&
				      threshold == (same ? 17 : 0),
			      "aia file %u written, file %u = eie 0x%lx eip 0x%lx threshold %lu",
			      file, other, (unsigned long)eie, (unsigned long)eip,
			      (unsigned long)threshold);
		}
		aia_file_reset(file);
	}
}

/* Effects of eidelivery, eie and eithreshold on the signal, and the value of the top register. */
static void check_signal(unsigned int file, unsigned int id)
{
	static const struct {
		const char *name;
		uint8_t delivery, enabled;
		int8_t threshold; /* relative to the identity; -100: none */
	} cases[] = {
		{ "all on", 1, 1, -100 },
		{ "eidelivery 0", 0, 1, -100 },
		{ "eie 0", 1, 0, -100 },
		{ "eithreshold its identity", 1, 1, 0 },
		{ "eithreshold one more", 1, 1, 1 },
		{ "eithreshold one less", 1, 1, -1 },
	};
	unsigned int i;
	const char *name = file_names[file];

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int threshold = cases[i].threshold == -100 ? 0 : id + cases[i].threshold;
		bool top = cases[i].enabled && (!threshold || id < threshold), seen;
		uint64_t value;

		/* No threshold is above the highest identity. */
		if (threshold > aia.ids || (cases[i].threshold == -1 && id == 1))
			continue;
		aia_file_open(file, id);
		if (!cases[i].enabled)
			aia_file_write(file, EIE0 + id / 64 * 2, 0);
		aia_file_write(file, EITHRESHOLD, threshold);
		aia_file_write(file, EIDELIVERY, cases[i].delivery);
		aia_send(me->id, file, id);
		seen = aia_file_pending(file, id);
		check(seen, "aia file %s, MSI %u, %s = pending %u", name, id, cases[i].name, seen);
		value = all_signals();
		check(value == (top && cases[i].delivery ? BIT64(file) : 0),
		      "aia file %s, MSI %u, %s = signals 0x%lx", name, id, cases[i].name,
		      (unsigned long)value);
		value = aia_top(file);
		check(value == (top ? TOPEI(id) : 0), "aia file %s, MSI %u, %s = top 0x%lx", name,
		      id, cases[i].name, (unsigned long)value);
		value = aia_claim(file);
		seen = aia_file_pending(file, id);
		check(seen == !top, "aia file %s, MSI %u, %s, claimed = pending %u", name, id,
		      cases[i].name, seen);
		check(!signal_of(file), "aia file %s, MSI %u, %s, claimed = signal %u", name, id,
		      cases[i].name, signal_of(file));
	}
	aia_file_reset(file);
}

/* Lower identities come first. A claim takes one at a time, whatever value is written. */
static void check_order(unsigned int file)
{
	static const uint8_t sent[] = { 200, 3, 64, 255, 63, 1 };
	static const uint8_t order[] = { 1, 3, 63, 64, 200, 255 };
	unsigned int i, k;
	uint64_t seen;
	const char *name = file_names[file];

	aia_file_reset(file);
	for (k = 0; k <= aia.ids / 32; k += 2)
		aia_file_write(file, EIE0 + k, ~UINT64_C(0));
	aia_file_write(file, EIDELIVERY, 1);
	for (i = 0; i < ARRAY_SIZE(sent); i++)
		aia_send(me->id, file, sent[i]);
	/* A second MSI before the claim has no effect. */
	aia_send(me->id, file, 3);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		if (file) {
			h_write(CSR_HSTATUS, VGEIN(file));
			h_settle();
		}
		try_insn(HS, INSN_CSR(file ? CSR_VSTOPEI : CSR_STOPEI, 1, A0),
			 TOPEI(order[ARRAY_SIZE(order) - 1 - i]), 0, VGEIN(file));
		seen = me->x[A0];
		check(seen == TOPEI(order[i]), "aia file %s, claim %u = 0x%lx", name, i,
		      (unsigned long)seen);
	}
	seen = aia_top(file);
	check(!seen && !signal_of(file), "aia file %s, all claimed = top 0x%lx signal %u", name,
	      (unsigned long)seen, signal_of(file));
	aia_claim(file);
	for (k = 0, seen = 0; k <= aia.ids / 32; k += 2)
		seen |= aia_file_read(file, EIP0 + k);
	check(!seen, "aia file %s, all claimed = eip 0x%lx", name, (unsigned long)seen);
	aia_file_reset(file);
}

/* Instructions that write claim; instructions that only read do not. */
static void check_claim_forms(unsigned int file)
{
	static const struct {
		const char *name;
		uint8_t f3, rs1;
		bool writes;
	} forms[] = {
		{ "CSRRW", 1, A1, true },    { "CSRRS x0", 2, 0, false }, { "CSRRS", 2, A1, true },
		{ "CSRRC x0", 3, 0, false }, { "CSRRC", 3, A1, true },	  { "CSRRWI", 5, 3, true },
		{ "CSRRSI 0", 6, 0, false }, { "CSRRCI", 7, 1, true },
	};
	unsigned int i;
	const char *name = file_names[file];

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		bool left;

		aia_file_open(file, 21);
		aia_send(me->id, file, 21);
		try_insn(HS, INSN_CSR(file ? CSR_VSTOPEI : CSR_STOPEI, forms[i].f3, forms[i].rs1),
			 0, 0, VGEIN(file));
		left = aia_file_pending(file, 21);
		check(me->x[A0] == TOPEI(21) && left == !forms[i].writes,
		      "aia file %s, %s = read 0x%lx, pending %u", name, forms[i].name,
		      (unsigned long)me->x[A0], left);
	}
	aia_file_reset(file);
}

/*
 * Stores that send no MSI: missing identities, the wrong byte order, other widths, other
 * offsets.
 */
static void check_no_msi(unsigned int file)
{
	static const struct {
		const char *name;
		uint32_t insn;
		uint16_t offset;
		uint32_t value;
		bool load;
	} cases[] = {
		{ "word 0", INSN_STORE(2), 0, 0, false },
		{ "word 0xffffffff", INSN_STORE(2), 0, 0xffffffff, false },
		{ "word 0x10000 + 5", INSN_STORE(2), 0, 0x10005, false },
		{ "byte", INSN_STORE(0), 0, 5, false },
		{ "half", INSN_STORE(1), 0, 5, false },
		{ "double", INSN_STORE(3), 0, 5, false },
		{ "word at 2", INSN_STORE(2), 2, 5, false },
		{ "word at 1", INSN_STORE(2), 1, 5, false },
		{ "word at 4", INSN_STORE(2), 4, 5, false },
		{ "word at 8", INSN_STORE(2), 8, 5, false },
		{ "word at 0xffc", INSN_STORE(2), 0xffc, 5, false },
		{ "AMOSWAP.W", INSN_AMO(1, 2), 0, 5, false },
		{ "AMOOR.W", INSN_AMO(8, 2), 0, 5, false },
		{ "word load", INSN_LOAD(2), 0, 0, true },
		{ "word load at 4", INSN_LOAD(2), 4, 0, true },
		{ "word load at 8", INSN_LOAD(2), 8, 0, true },
		{ "byte load", INSN_LOAD(4), 0, 0, true },
		{ "half load", INSN_LOAD(5), 0, 0, true },
		{ "double load", INSN_LOAD(3), 0, 0, true },
	};
	unsigned int i, k;
	const char *name = file_names[file];

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bool plain = cases[i].insn == INSN_STORE(2) || cases[i].insn == INSN_LOAD(2);
		bool aligned = !(cases[i].offset & 3), ok;
		uint64_t pending = 0;
		struct end_of end;

		aia_file_open(file, 5);
		try_insn(HS, cases[i].insn, (uintptr_t)aia_page(me->id, file) + cases[i].offset,
			 cases[i].value, 0);
		aia_pause();
		end = ended();
		/* After a trap, stval is an address, which must not be printed. */
		for (k = 0; k <= aia.ids / 32; k += 2)
			pending |= aia_file_read(file, EIP0 + k);
		/*
		 * aia 3.5: such accesses are ignored or fault; aligned words are ignored or read as
		 * zero.
		 */
		ok = !pending && (end.to == DONE ? !cases[i].load || !me->x[A0]
						 : !(plain && aligned) &&
							   (end.cause == CAUSE_STORE_ACCESS ||
							    end.cause == CAUSE_LOAD_ACCESS ||
							    end.cause == CAUSE_STORE_MISALIGNED ||
							    end.cause == CAUSE_LOAD_MISALIGNED));
		check(ok, "aia file %s, %s = %s %lu, pending 0x%lx", name, cases[i].name,
		      end.to == DONE ? "done" : "cause", (unsigned long)end.cause,
		      (unsigned long)pending);
	}
	/* An identity above the highest. */
	if (aia.ids < 2047) {
		uint64_t pending = 0;

		aia_file_open(file, 5);
		aia_send(me->id, file, aia.ids + 1);
		aia_send(me->id, file, aia.ids + 6);
		for (k = 0; k <= aia.ids / 32; k += 2)
			pending |= aia_file_read(file, EIP0 + k);
		check(!pending, "aia file %s, identities beyond the highest = pending 0x%lx", name,
		      (unsigned long)pending);
	}
	aia_file_reset(file);
}

/* ---- hgeip, hgeie, SGEIP, VSEIP ---- */

static void check_guest_signals(void)
{
	unsigned int pending, enabled, vgein;

	for (pending = 1; pending <= aia.files; pending++)
		aia_file_open(pending, 7);
	for (pending = 0; pending <= aia.files; pending++) {
		if (pending)
			aia_send(me->id, pending, 7);
		check(h_read(CSR_HGEIP) == (pending ? BIT64(pending) : 0),
		      "aia files, MSI to %u = hgeip 0x%lx", pending,
		      (unsigned long)h_read(CSR_HGEIP));
		for (enabled = 0; enabled <= aia.files; enabled++) {
			bool sgei;

			h_write(CSR_HGEIE, enabled ? BIT64(enabled) : 0);
			h_settle();
			sgei = h_read(CSR_HIP) >> IRQ_SGEI & 1;
			check(sgei == (pending && pending == enabled),
			      "aia files, MSI to %u, hgeie of %u = hip.SGEIP %u", pending, enabled,
			      sgei);
		}
		h_write(CSR_HGEIE, ~UINT64_C(0));
		h_settle();
		check((h_read(CSR_HIP) >> IRQ_SGEI & 1) == !!pending,
		      "aia files, MSI to %u, hgeie all = hip.SGEIP %lu", pending,
		      (unsigned long)(h_read(CSR_HIP) >> IRQ_SGEI & 1));
		h_write(CSR_HGEIE, 0);
		h_write(CSR_HIDELEG, VS_IRQS);
		for (vgein = 0; vgein <= aia.files; vgein++) {
			bool hip, vsip, mine = pending && pending == vgein;

			h_write(CSR_HSTATUS, VGEIN(vgein));
			h_settle();
			hip = h_read(CSR_HIP) >> IRQ_VSEI & 1;
			vsip = h_read(CSR_VSIP) >> IRQ_SEI & 1;
			check(hip == mine && vsip == mine,
			      "aia files, MSI to %u, VGEIN %u = hip.VSEIP %u vsip.SEIP %u", pending,
			      vgein, hip, vsip);
			check(!(h_read(CSR_HVIP) & BIT64(IRQ_VSEI)),
			      "aia files, MSI to %u, VGEIN %u = hvip.VSEIP %lu", pending, vgein,
			      (unsigned long)(h_read(CSR_HVIP) >> IRQ_VSEI & 1));
		}
		h_write(CSR_HIDELEG, 0);
		if (pending)
			aia_claim(pending);
	}
	for (pending = 1; pending <= aia.files; pending++)
		aia_file_reset(pending);
	h_write(CSR_HSTATUS, 0);
	h_settle();
}

/* Several signals at once. */
static void check_many_signals(void)
{
	unsigned int set, file;

	for (set = 0; set < BIT64(aia.files); set += 3) {
		uint64_t bits = (uint64_t)set << 1, seen;

		for (file = 1; file <= aia.files; file++) {
			aia_file_open(file, 9);
			if (bits >> file & 1)
				aia_send(me->id, file, 9);
		}
		seen = h_read(CSR_HGEIP);
		check(seen == bits, "aia files, MSIs to 0x%lx = hgeip 0x%lx", (unsigned long)bits,
		      (unsigned long)seen);
		h_write(CSR_HGEIE, ~bits);
		h_settle();
		seen = h_read(CSR_HIP) >> IRQ_SGEI & 1;
		check(!seen, "aia files, MSIs to 0x%lx, hgeie of the others = hip.SGEIP %lu",
		      (unsigned long)bits, (unsigned long)seen);
		h_write(CSR_HGEIE, 0);
		for (file = 1; file <= aia.files; file++)
			aia_file_reset(file);
	}
}

/* ---- VS mode ---- */

/* The file that VGEIN names belongs to VS mode: by stopei, siselect and sireg. */
static void check_in_vs(unsigned int file)
{
	aia_file_reset(file);
	h_write(CSR_VSISELECT, EIE0);
	try_insn(VS, INSN_CSR(CSR_SIREG, 1, A1) & ~(31u << 7), 0, BIT64(11), VGEIN(file));
	check(aia_file_read(file, EIE0) == BIT64(11), "aia VS of file %u writes eie0 = 0x%lx", file,
	      (unsigned long)aia_file_read(file, EIE0));
	h_write(CSR_VSISELECT, EIDELIVERY);
	try_insn(VS, INSN_CSRW(CSR_SIREG), 1, 0, VGEIN(file));
	check(aia_file_read(file, EIDELIVERY) == 1, "aia VS of file %u writes eidelivery = 0x%lx",
	      file, (unsigned long)aia_file_read(file, EIDELIVERY));
	h_write(CSR_VSISELECT, EIP0);
	try_insn(VS, INSN_CSR(CSR_SIREG, 2, A1) & ~(31u << 7), 0, BIT64(11), VGEIN(file));
	check(h_read(CSR_HGEIP) == BIT64(file), "aia VS of file %u sets eip0 = hgeip 0x%lx", file,
	      (unsigned long)h_read(CSR_HGEIP));
	try_insn(VS, INSN_CSRR(CSR_SIREG), 0, 0, VGEIN(file));
	check_end(DONE, 0, "aia VS of file %u reads eip0", file);
	try_insn(VS, INSN_CSRR(CSR_STOPEI), 0, 0, VGEIN(file));
	check_end(DONE, 0, "aia VS of file %u reads stopei", file);
	h_write(CSR_HIDELEG, VS_IRQS);
	h_write(CSR_HIE, BIT64(IRQ_VSEI));
	try_insn(VS, INSN_CSRR(CSR_SIP), 0, 0, VGEIN(file));
	check(me->x[A0] == BIT64(IRQ_SEI), "aia VS of file %u reads sip = 0x%lx", file,
	      (unsigned long)me->x[A0]);
	try_insn(VS, INSN_CSRR(CSR_STOPI), 0, 0, VGEIN(file));
	check_end(DONE, 0, "aia VS of file %u reads stopi", file);
	h_write(CSR_VSSTATUS, SSTATUS_SIE);
	try_insn(VS, INSN_NOP, 0, 0, VGEIN(file));
	check_end(TO_VS, CAUSE_INTERRUPT | IRQ_SEI, "aia VS of file %u, interrupt", file);
	h_write(CSR_VSSTATUS, 0);
	try_insn(VS, INSN_CSR(CSR_STOPEI, 1, 0), 0, 0, VGEIN(file));
	check_end(DONE, 0, "aia VS of file %u claims", file);
	check(!h_read(CSR_HGEIP), "aia VS of file %u claims = hgeip 0x%lx", file,
	      (unsigned long)h_read(CSR_HGEIP));
	h_write(CSR_HIE, 0);
	h_write(CSR_HIDELEG, 0);
	h_settle();
	aia_file_reset(file);
}

/*
 * Pages of files behind the G-stage: stores of VS mode and HSV send MSIs to the mapped file, or
 * fault.
 */
static void check_mapped(unsigned int file, enum atp_mode vs)
{
	uint64_t where, seen;
	struct scene s;

	scene_make(&s, vs, M39, VS);
	map(&s.g, DATA_GPA + PAGE, (uintptr_t)aia_page(me->id, file), 0, PTE_PAGE);
	map(&s.g, DATA_GPA + 2 * PAGE, (uintptr_t)aia_page(me->id, file), 0,
	    PTE_V | PTE_R | PTE_U | PTE_A);
	scene_use(&s);
	where = scene_data(&s) + PAGE;
	aia_file_open(file, 33);
	scene_try(&s, INSN_STORE(2), where, 33);
	aia_pause();
	check_short(DONE, 0, "aia VS stores to the page of file %u, %s", file,
		    vs == BARE ? "bare" : "sv39");
	seen = aia_claim(file);
	check(seen == TOPEI(33), "aia VS stores to the page of file %u, %s = top 0x%lx", file,
	      vs == BARE ? "bare" : "sv39", (unsigned long)seen);
	scene_try(&s, INSN_LOAD(2), where, 0);
	check_short(DONE, 0, "aia VS loads from the page of file %u, %s", file,
		    vs == BARE ? "bare" : "sv39");
	scene_try(&s, INSN_STORE(2), where + PAGE, 33);
	aia_pause();
	check_short(TO_HS, CAUSE_STORE_GUEST_PAGE, "aia VS stores to it, read-only %u, %s", file,
		    vs == BARE ? "bare" : "sv39");
	seen = aia_claim(file);
	check(!seen, "aia VS stores to it, read-only %u, %s = top 0x%lx", file,
	      vs == BARE ? "bare" : "sv39", (unsigned long)seen);
	try_insn(HS, INSN_HSV(0x35), where, 33, HSTATUS_SPVP);
	aia_pause();
	check_short(DONE, 0, "aia HSV.W to the page of file %u, %s", file,
		    vs == BARE ? "bare" : "sv39");
	seen = aia_claim(file);
	check(seen == TOPEI(33), "aia HSV.W to the page of file %u, %s = top 0x%lx", file,
	      vs == BARE ? "bare" : "sv39", (unsigned long)seen);
	use_stages(NULL, NULL);
	h_settle();
	aia_file_reset(file);
}

void check_aia_files(void)
{
	unsigned int file;

	area_begin("aia files: interrupt files: registers, MSIs, signals");
	if (!aia.imsic) {
		record("aia files # SKIP no IMSIC");
		return;
	}
	record("aia files for guests = %s", aia.files ? "there" : "not there");
	for (file = 0; file <= aia.files; file++) {
		check_registers(file);
		check_signal(file, 1);
		check_signal(file, 40);
		check_signal(file, aia.ids);
		check_order(file);
		check_claim_forms(file);
	}
	check_no_msi(0);
	if (aia.files) {
		check_no_msi(1);
		check_separate();
		check_guest_signals();
		check_many_signals();
	}
	for (file = 1; file <= aia.files; file++)
		check_in_vs(file);
	for (file = 0; file <= aia.files; file++) {
		check_mapped(file, BARE);
		check_mapped(file, M39);
	}
	calm();
}
