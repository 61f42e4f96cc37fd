/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * L1's interrupts: IPIs that it sends, and those of the PLIC, which any hart may claim and complete
 * for any other.
 */
#include "devices.h"
#include "guest.h"
#include "hext/bits.h"
#include "riscv/csr.h"

#define SBI_HSM	       0x48534d
#define HSM_GET_STATUS 2
#define SBI_IPI	       0x735049
#define STARTED	       0

static struct {
	unsigned int life; /* counts ends */
	bool seen;	   /* an IPI, since the call that sends one began */
	bool due;	   /* one has been sent, and the hart has seen none since the call began */
	unsigned int claimed; /* an interrupt to be completed; 0: none */
} of[MACHINE_HARTS];

/* L1's sip, in hie's positions. */
static uint64_t pending(const struct hart *h)
{
	return h->vcpu->h.virt ? h->vcpu->h.sip << 1 : h->csr[HEXT_CSR_HVIP];
}

void interrupts_set_up(void)
{
	hart->csr[HEXT_CSR_HIE] = (pick(3) ? BIT64(IRQ_VSSI) : 0) | (pick(3) ? BIT64(IRQ_VSEI) : 0);
}

void guest_hart_stops(void)
{
	of[hart->index].life++;
	of[hart->index].due = false;
}

/* ---- IPIs ---- */

/* To a hart that is started, and stays it. */
static void send_ipi(unsigned int i)
{
	unsigned int life = of[i].life;

	if (guest_ecall(SBI_HSM, HSM_GET_STATUS, i, 0, 0, 0, 0) || hart->vcpu->x[11] != STARTED)
		return;
	of[i].seen = false;
	machine_note("l1 sends an IPI to hart %u", i);
	if (guest_ecall(SBI_IPI, 0, 1, i, 0, 0, 0))
		machine_fail("an IPI is refused");
	if (life == of[i].life && !of[i].seen)
		of[i].due = true;
}

static void take_ipi(void)
{
	hart->csr[HEXT_CSR_HVIP] &= ~BIT64(IRQ_VSSI);
	of[hart->index].seen = true;
	of[hart->index].due = false;
	machine_note("l1 sees an IPI");
}

/* ---- the PLIC ---- */

/* L1's access to a register of the PLIC. False: it faults, or is not done yet. */
static bool use_plic(enum hext_access type, uint64_t offset, unsigned int size)
{
	struct machine_trap t = {
		.cause = type == HEXT_WRITE ? CAUSE_STORE_GUEST_PAGE : CAUSE_LOAD_GUEST_PAGE,
		.tval = PLIC_BASE + offset,
		.htval = (PLIC_BASE + offset) >> 2,
		.gva = true,
	};
	uint64_t pc = hart->pc;
	unsigned int tries;

	guest_fill_access(&t, type, t.tval, size);
	for (tries = 0; tries < 100 && hart->pc == pc; tries++)
		guest_trap(&t);
	return !hart->vcpu->h.virt && hart->pc == pc + 4;
}

static uint64_t context_at(unsigned int i)
{
	return PLIC_CONTEXT + plic_context_of(i) * PLIC_CONTEXT_OF;
}

/* The context of this hart, most times. */
static uint64_t some_context(void)
{
	return context_at(pick(3) ? hart->index : pick(machine.harts));
}

static void complete(void)
{
	hart->vcpu->x[12] = of[hart->index].claimed;
	if (use_plic(HEXT_WRITE, some_context() + PLIC_CLAIM, 4))
		of[hart->index].claimed = 0;
}

static void claim(uint64_t context)
{
	uint32_t source;

	hart->vcpu->x[10] = 0;
	if (!use_plic(HEXT_READ, context + PLIC_CLAIM, 4))
		return;
	source = hart->vcpu->x[10];
	machine_note("l1 claims %u", source);
	if (source && source <= PLIC_SOURCES) {
		plic_lower(source);
		of[hart->index].claimed = source;
	}
}

/* A register that L1 sets up once. */
static bool is_setting(uint64_t offset)
{
	if (offset < PLIC_PENDING)
		return offset <= 4 * PLIC_SOURCES;
	if (offset < PLIC_CONTEXT)
		return offset >= PLIC_ENABLE && offset % PLIC_ENABLE_OF == 0;
	return offset % PLIC_CONTEXT_OF == 0;
}

/* Any register, those that are reserved or not L1's too, by a load or store of any size. */
static void use_any_register(void)
{
	static const uint64_t starts[] = { 0, PLIC_PENDING, PLIC_ENABLE, PLIC_CONTEXT };
	unsigned int size = 1u << (pick(3) ? 2 : pick(4));
	uint64_t offset = starts[pick(4)];
	bool writes;

	if (offset == PLIC_ENABLE)
		offset += pick(2 * machine.harts + 1) * PLIC_ENABLE_OF;
	else if (offset == PLIC_CONTEXT)
		offset += pick(2 * machine.harts + 1) * PLIC_CONTEXT_OF;
	offset += pick(2) ? 0 : 4 * pick(pick(2) ? 4 : 1024);
	hart->vcpu->x[12] = pick(4) ? MASK64(31, 0) : 0;
	writes = pick(2) && !is_setting(offset & ~UINT64_C(3));
	use_plic(writes ? HEXT_WRITE : HEXT_READ, offset & ~(uint64_t)(size - 1), size);
}

static void change_threshold(void)
{
	hart->vcpu->x[12] = rarely(3) ? 7 : 0;
	use_plic(HEXT_WRITE, some_context(), 4);
}

/* ---- for guest.c ---- */

bool interrupts_of_l1(void)
{
	uint64_t sip = pending(hart);

	if ((sip & BIT64(IRQ_VSSI)) && pick(2)) {
		take_ipi();
		return true;
	}
	if (of[hart->index].claimed && rarely(3)) {
		complete();
		return true;
	}
	if ((sip & BIT64(IRQ_VSEI)) && rarely(3) && !of[hart->index].claimed) {
		claim(some_context());
		return true;
	}
	return false;
}

void interrupts_step(void)
{
	switch (pick(8)) {
	case 0 ... 2:
		send_ipi(pick(machine.harts));
		break;
	case 3:
		if (!of[hart->index].claimed)
			claim(some_context());
		break;
	case 4:
		change_threshold();
		break;
	case 5:
		use_any_register();
		break;
	default:
		plic_raise(1 + pick(PLIC_SOURCES));
		break;
	}
}

/* An interrupt for Halite that the hart has not taken yet. */
static bool has_to_trap(const struct hart *h)
{
	return h->software_interrupt || (h->kick_lost && h->vcpu->requests) ||
	       (plic_asks(h->index) && (h->csr[CSR_SIE] & BIT64(IRQ_SEI)));
}

/* Whether no event is left that would change the state that L1 sees. */
static bool all_at_rest(void)
{
	unsigned int i;

	for (i = 0; i < machine.harts; i++) {
		if (harts[i].runs && (!harts[i].in_guest || has_to_trap(&harts[i])))
			return false;
	}
	return true;
}

/* NULL: L1 sees on @h what it has to see. */
static const char *find_wrong(const struct hart *h)
{
	bool told = pending(h) & BIT64(IRQ_VSEI);
	bool asks = plic_asks(h->index);

	if (of[h->index].due && !(pending(h) & BIT64(IRQ_VSSI)))
		return "an IPI is lost";
	if (told && !asks)
		return "SEIP is raised, and the PLIC is quiet";
	if (asks && !told)
		return "the PLIC asks for the hart, and nobody hears it";
	return NULL;
}

static void check_at_rest(struct hart *h)
{
	const char *wrong = find_wrong(h);

	h->kick_lost = false;
	if (wrong)
		machine_fail("hart %u: %s", h->index, wrong);
}

void interrupts_check(void)
{
	unsigned int i;

	if (hart->vcpu->h.virt && (hart->vcpu->h.sip & hart->vcpu->h.sie))
		machine_fail("L2 runs on, and an interrupt of L1's is pending and enabled");
	if (!machine_calm) {
		machine_calm = rarely(100) || (find_wrong(hart) && rarely(4));
		return;
	}
	if (!all_at_rest())
		return;
	for (i = 0; i < machine.harts; i++) {
		if (harts[i].runs)
			check_at_rest(&harts[i]);
	}
	machine_calm = false;
}
