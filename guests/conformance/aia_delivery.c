/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSIs that become interrupts: of the hart's file and of guest files, in every mode, with and
 * without WFI, from this hart and the other.
 */
#include <string.h>

#include "aia.h"
#include "second_hart.h"

#define BACK_4 0xffdff06fu /* j . - 4 */

/* The file to which the MSI goes. */
enum target { HART_FILE, SELECTED, OTHER, TARGETS };
static const char *const target_names[TARGETS] = { "the supervisor file", "the file of VGEIN",
						   "another guest file" };

#define SELECTED_FILE 1
#define OTHER_FILE    2
#define ID	      37

static unsigned int file_of(enum target target)
{
	return target == HART_FILE ? 0 : target == SELECTED ? SELECTED_FILE : OTHER_FILE;
}

struct setting {
	enum target target;
	enum mode mode;
	bool enabled;	/* sie.SEIE; hie.VSEIE; hgeie and hie.SGEIE */
	bool sie;	/* sstatus.SIE for HS mode, vsstatus.SIE for VS and VU mode */
	bool delegated; /* VSEI */
};

static void arrange(const struct setting *s)
{
	aia_file_open(file_of(s->target), ID);
	csr_write(sie,
		  BIT64(IRQ_STI) | (s->target == HART_FILE && s->enabled ? BIT64(IRQ_SEI) : 0));
	h_write(CSR_HGEIE, s->target == OTHER && s->enabled ? BIT64(OTHER_FILE) : 0);
	h_write(CSR_HIDELEG, s->delegated ? VS_IRQS : 0);
	h_write(CSR_HIE, !s->enabled		 ? 0
			 : s->target == SELECTED ? BIT64(IRQ_VSEI)
			 : s->target == OTHER	 ? BIT64(IRQ_SGEI)
						 : 0);
	h_write(CSR_VSSTATUS, IS_VIRTUAL(s->mode) && s->sie ? SSTATUS_SIE : 0);
	h_settle();
	if (!IS_VIRTUAL(s->mode) && s->sie)
		csr_set(sstatus, SSTATUS_SPIE);
	else
		csr_clear(sstatus, SSTATUS_SPIE);
}

static void clear_up(const struct setting *s)
{
	csr_clear(sstatus, SSTATUS_SPIE);
	csr_write(sie, BIT64(IRQ_STI));
	h_write(CSR_HIE, 0);
	h_write(CSR_HGEIE, 0);
	h_write(CSR_HIDELEG, 0);
	h_write(CSR_VSSTATUS, 0);
	h_settle();
	aia_file_reset(file_of(s->target));
}

static uint64_t vgein_of(const struct setting *s)
{
	return s->target == HART_FILE || !aia.files ? 0 : VGEIN(SELECTED_FILE);
}

/*
 * HS mode's interrupts are taken in all lower modes, and in HS mode with SIE. VS mode's interrupts
 * are taken in VU mode, and in VS mode with SIE.
 */
static enum end expected(const struct setting *s, uint64_t *cause)
{
	bool hs_takes = s->mode != HS || s->sie;

	*cause = 0;
	if (!s->enabled)
		return DONE;
	if (s->target == SELECTED && s->delegated) {
		*cause = CAUSE_INTERRUPT | IRQ_SEI;
		return s->mode == VU || (s->mode == VS && s->sie) ? TO_VS : DONE;
	}
	*cause = CAUSE_INTERRUPT | (s->target == HART_FILE  ? IRQ_SEI
				    : s->target == SELECTED ? IRQ_VSEI
							    : IRQ_SGEI);
	return hs_takes ? TO_HS : DONE;
}

static void check_end_of(const struct setting *s, const char *what)
{
	uint64_t cause;
	enum end end = expected(s, &cause);

	check_end(end, cause, "aia MSI to %s, in %s, enabled %u SIE %u VSEI %s, %s",
		  target_names[s->target], mode_names[s->mode], s->enabled, s->sie,
		  s->delegated ? "delegated" : "kept", what);
}

/* The interrupt is pending before the mode is entered. */
static void check_before(const struct setting *s)
{
	uint64_t top;

	arrange(s);
	aia_send(me->id, file_of(s->target), ID);
	try_insn(s->mode, INSN_NOP, 0, 0, vgein_of(s));
	check_end_of(s, "before");
	top = aia_claim(file_of(s->target));
	check(top == TOPEI(ID), "aia MSI to %s, in %s, enabled %u SIE %u VSEI %s = claimed 0x%lx",
	      target_names[s->target], mode_names[s->mode], s->enabled, s->sie,
	      s->delegated ? "delegated" : "kept", (unsigned long)top);
	clear_up(s);
}

/* The mode sends the MSI itself: also U mode and VU mode, as addresses are not translated. */
static void check_sent(const struct setting *s)
{
	volatile uint32_t *page = code_page();
	unsigned int i;
	uint64_t cause;
	enum end end;
	struct end_of seen;

	arrange(s);
	page[0] = INSN_STORE(2);
	/* The MSI arrives during these instructions. */
	for (i = 1; i < 64; i++)
		page[i] = INSN_NOP;
	page[64] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
	memset(me->x, 0, sizeof(me->x));
	me->x[A0] = (uintptr_t)aia_page(me->id, file_of(s->target));
	me->x[A1] = ID;
	run(s->mode, (uintptr_t)code_page(), vgein_of(s));
	end = expected(s, &cause);
	seen = ended();
	check(end == DONE ? seen.cause == CAUSE_BREAKPOINT : seen.to == end && seen.cause == cause,
	      "aia %s sends to %s, enabled %u SIE %u VSEI %s = %s cause 0x%lx", mode_names[s->mode],
	      target_names[s->target], s->enabled, s->sie, s->delegated ? "delegated" : "kept",
	      seen.to == TO_VS ? "VS" : "HS", (unsigned long)seen.cause);
	clear_up(s);
}

/* WFI ends while the interrupt is pending and enabled, whoever would take it (aia 5.5). */
static void check_wfi(const struct setting *s)
{
	if (IS_USER(s->mode) || !s->enabled)
		return;
	arrange(s);
	aia_send(me->id, file_of(s->target), ID);
	try_insn(s->mode, INSN_WFI, 0, 0, vgein_of(s));
	check_end_of(s, "WFI");
	clear_up(s);
}

static void for_each_setting(void (*work)(const struct setting *s))
{
	struct setting s;
	unsigned int n;

	for (s.target = HART_FILE; s.target < TARGETS; s.target++) {
		if (s.target != HART_FILE && !aia.files)
			return;
		for (s.mode = HS; s.mode < MODES; s.mode++) {
			for (n = 0; n < 8; n++) {
				s.enabled = n & 1;
				s.sie = n & 2;
				s.delegated = n & 4;
				/* Only VSEI can be delegated. In U mode SIE does not matter. */
				if ((s.delegated && s.target == HART_FILE) ||
				    (s.mode == U && s.sie))
					continue;
				work(&s);
			}
		}
	}
}

/* hvip and hvictl inject interrupts in addition to a file's. */
static void check_besides(void)
{
	unsigned int n;

	for (n = 0; n < 8; n++) {
		bool hvip = n & 1, file = n & 2, vti = n & 4;
		unsigned int first = file || hvip ? IRQ_SEI : 0;

		aia_file_open(SELECTED_FILE, ID);
		if (file)
			aia_send(me->id, SELECTED_FILE, ID);
		h_write(CSR_HIDELEG, VS_IRQS);
		h_write(CSR_HIE, BIT64(IRQ_VSEI));
		h_write(CSR_HVIP, hvip ? BIT64(IRQ_VSEI) : 0);
		/* A number behind all external interrupts. */
		h_write(CSR_HVICTL, vti ? HVICTL_VTI | HVICTL_IID(13) | HVICTL_DPR : 0);
		h_write(CSR_VSSTATUS, SSTATUS_SIE);
		if (!first && vti)
			first = 13;
		try_insn(VS, INSN_NOP, 0, 0, VGEIN(SELECTED_FILE));
		check_end(first ? TO_VS : DONE, CAUSE_INTERRUPT | first,
			  "aia hvip.VSEIP %u, file %u, VTI %u", hvip, file, vti);
		h_write(CSR_HVICTL, 0);
		h_write(CSR_HVIP, 0);
		h_write(CSR_HIE, 0);
		h_write(CSR_HIDELEG, 0);
		h_write(CSR_VSSTATUS, 0);
		h_settle();
		aia_file_reset(SELECTED_FILE);
	}
}

/* ---- from hart to hart ---- */

static struct setting other_setting;
static bool other_waits; /* by WFI; otherwise it spins */
static struct end_of other_end;
static uint64_t other_top, other_first_id;

/* The other hart loops in the mode until a trap. */
static void loop_in_mode(void)
{
	const struct setting *s = &other_setting;
	volatile uint32_t *page = code_page();

	arrange(s);
	/* second_hart_urge() sends this interrupt. */
	csr_set(sie, BIT64(IRQ_SSI));
	page[0] = other_waits ? INSN_WFI : INSN_NOP;
	page[1] = BACK_4;
	__asm__ volatile("fence.i" : : : "memory");
	memset(me->x, 0, sizeof(me->x));
	second_hart_in_guest();
	run(s->mode, (uintptr_t)code_page(), vgein_of(s));
	other_end = ended();
	other_top = aia_claim(file_of(s->target));
	csr_clear(sip, BIT64(IRQ_SSI));
	clear_up(s);
}

static void check_remote(const struct setting *s, bool waits)
{
	uint64_t cause, before, other = second_hart();
	enum end end = expected(s, &cause);

	if (end == DONE || (waits && IS_USER(s->mode)))
		return;
	/* HS mode's VSEI in HS and U mode: check_before() shows whether it is taken at all. */
	if (s->target == SELECTED && !s->delegated && !IS_VIRTUAL(s->mode))
		return;
	other_setting = *s;
	other_waits = waits;
	before = second_hart_begin(loop_in_mode);
	second_hart_wait_in_guest();
	*aia_page(other, file_of(s->target)) = ID;
	second_hart_urge(before);
	second_hart_finish(before, "gets neither MSI nor IPI");
	check(other_end.to == end && other_end.cause == cause && other_top == TOPEI(ID),
	      "aia MSI from the other hart to %s, %s in %s, SIE %u VSEI %s = %s cause 0x%lx "
	      "top 0x%lx",
	      target_names[s->target], waits ? "waiting" : "running", mode_names[s->mode], s->sie,
	      s->delegated ? "delegated" : "kept", other_end.to == TO_VS ? "VS" : "HS",
	      (unsigned long)other_end.cause, (unsigned long)other_top);
}

static void check_running(const struct setting *s)
{
	check_remote(s, false);
}

static void check_waiting(const struct setting *s)
{
	check_remote(s, true);
}

/* Many MSIs to the other hart, each of which it answers by one. */
#define ROUNDS 100

static uint64_t rounds_seen;

static void answer_rounds(void)
{
	uint64_t i, back = second_hart_first();

	aia_file_open(0, ID);
	second_hart_in_guest();
	for (i = 0; i < ROUNDS; i++) {
		uint64_t limit = csr_read(time) + 100000000;

		while (csr_read(0x15c) == 0 && csr_read(time) < limit)
			;
		if (aia_claim(0) == TOPEI(ID))
			rounds_seen++;
		*aia_page(back, 0) = ID + 1;
	}
	aia_file_reset(0);
}

static void check_rounds(void)
{
	uint64_t before, answered = 0, i;

	rounds_seen = 0;
	aia_file_open(0, ID + 1);
	before = second_hart_begin(answer_rounds);
	second_hart_wait_in_guest();
	for (i = 0; i < ROUNDS; i++) {
		uint64_t limit = csr_read(time) + 100000000;

		*aia_page(second_hart(), 0) = ID;
		while (csr_read(0x15c) == 0 && csr_read(time) < limit)
			;
		answered += aia_claim(0) == TOPEI(ID + 1);
	}
	second_hart_finish(before, "does not answer MSIs");
	check(rounds_seen == ROUNDS && answered == ROUNDS,
	      "aia %u MSIs there and back = %lu arrived, %lu came back", ROUNDS,
	      (unsigned long)rounds_seen, (unsigned long)answered);
	aia_file_reset(0);
}

/* Files of two harts with the same number are different files. */
static void open_both(void)
{
	aia_file_open(0, ID);
	if (aia.files)
		aia_file_open(SELECTED_FILE, ID);
}

static void look_and_close(void)
{
	other_top = aia_claim(0);
	other_first_id = aia.files ? aia_claim(SELECTED_FILE) : 0;
	aia_file_reset(0);
	if (aia.files)
		aia_file_reset(SELECTED_FILE);
}

static void check_which_hart(unsigned int file)
{
	uint64_t hart, guest;

	open_both();
	second_hart_call(open_both, "opens files");
	aia_send(second_hart(), file, ID);
	hart = aia_claim(0);
	guest = aia.files ? aia_claim(SELECTED_FILE) : 0;
	second_hart_call(look_and_close, "claims");
	check(!hart && !guest && other_top == (file ? 0 : TOPEI(ID)) &&
		      other_first_id == (file ? TOPEI(ID) : 0),
	      "aia MSI to the other hart's file %u = here 0x%lx 0x%lx there 0x%lx 0x%lx", file,
	      (unsigned long)hart, (unsigned long)guest, (unsigned long)other_top,
	      (unsigned long)other_first_id);
	aia_file_reset(0);
	if (aia.files)
		aia_file_reset(SELECTED_FILE);
}

void check_aia_delivery(void)
{
	area_begin("aia delivery: MSIs as interrupts in every mode, from hart to hart");
	if (!aia.imsic) {
		record("aia delivery # SKIP no IMSIC");
		return;
	}
	for_each_setting(check_before);
	for_each_setting(check_sent);
	for_each_setting(check_wfi);
	if (aia.files)
		check_besides();
	if (second_hart() == MAX_HARTS) {
		record("aia harts # SKIP there is one");
		return;
	}
	check_which_hart(0);
	if (aia.files)
		check_which_hart(SELECTED_FILE);
	check_rounds();
	for_each_setting(check_running);
	for_each_setting(check_waiting);
	calm();
}
