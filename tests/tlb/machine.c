/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "devices.h"
#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/shadow_tables.h"
#include "hv/below.h"
#include "hv/bringup.h"
#include "hv/console.h"
#include "hv/image.h"
#include "hv/domain_end.h"
#include "hv/iommu.h"
#include "hv/iommu_domain.h"
#include "hv/mmio.h"
#include "hv/nested.h"
#include "hv/options.h"
#include "hv/intc.h"
#include "hv/quick.h"
#include "hv/sbi.h"
#include "hv/viommu.h"
#include "machine.h"
#include "nacl/host.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/entry.h"
#include "riscv/hart.h"
#include "riscv/imsic.h"
#include "riscv/insn.h"

#define STACK_SIZE 0x40000
#define NOTES	   400
#define NOTE_SIZE  120

/*
 * Switches between harts without a step of a guest before that counts as the end of all progress.
 */
#define PATIENCE 2000000

struct machine_config machine;
struct hart harts[MACHINE_HARTS];
struct hart *hart;
struct domain machine_domain;
uint32_t machine_keys;
bool machine_undisturbed;
bool machine_calm;

static uint64_t random_state;
static uint64_t steps, switches_since_step;
static ucontext_t scheduler, contexts[MACHINE_HARTS];
static uint8_t stacks[MACHINE_HARTS][STACK_SIZE] __attribute__((aligned(16)));
static char notes[NOTES][NOTE_SIZE];
static uint64_t note_count;

/* ---- chance and failure ---- */

/* xorshift64* */
unsigned int pick(unsigned int below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % below;
}

void machine_note(const char *format, ...)
{
	char *note = notes[note_count++ % NOTES];
	int length = snprintf(note, NOTE_SIZE, "%u%c ", hart ? hart->index : 0,
			      hart && hart->in_guest ? 'g' : 'H');
	va_list args;

	va_start(args, format);
	vsnprintf(note + length, NOTE_SIZE - length, format, args);
	va_end(args);
}

void machine_fail(const char *format, ...)
{
	uint64_t i = note_count > NOTES ? note_count - NOTES : 0;
	va_list args;

	for (; i < note_count; i++)
		fprintf(stderr, "    %s\n", notes[i % NOTES]);
	fprintf(stderr, "seed %lu, step %lu, hart %u: ", machine.seed, steps,
		hart ? hart->index : 0);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	fflush(stderr);
	_Exit(1);
}

void hv_fatal(const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	machine_fail("hv_fatal: %s", text);
}

void hv_warn(const char *format, ...)
{
	machine_note("hv_warn: %s", format);
}

void hv_print(const char *format, ...)
{
	(void)format;
}

/* No domain is reset. */
void image_copy(const struct image *img, struct range kernel)
{
	(void)img;
	(void)kernel;
	machine_fail("image_copy()");
}

/* No domain has a virtual UART. */
size_t console_write(const char *buf, size_t size)
{
	(void)buf;
	return size;
}

size_t console_write_line(struct console_line *l, const char *buf, size_t size)
{
	(void)l;
	(void)buf;
	return size;
}

const void *console_unfinished;

uint32_t console_draw(void)
{
	return 0;
}

void console_wait(uint32_t number)
{
	(void)number;
}

void console_pass(void)
{
}

size_t console_read(char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return 0;
}

/* ---- coroutines ---- */

void machine_switch(void)
{
	struct hart *self = hart;

	swapcontext(&contexts[self->index], &scheduler);
}

void machine_read_ahead(struct hart *h)
{
	guest_read_ahead(h);
}

/*
 * Others run; or this or another hart reads ahead. Some pauses are long enough for others to change
 * tables and fence.
 */
static void pause_now(bool is_long)
{
	struct hart *h = &harts[pick(machine.harts)];

	if (is_long && !machine_calm)
		hart->sleep = pick(300);
	if (rarely(3) && h->runs)
		machine_read_ahead(h);
	machine_switch();
}

void machine_pause(void)
{
	/* It matters more while a store of this hart's waits. */
	bool waits = hart && hart->store.waits;

	if (waits && rarely(8))
		machine_fence();
	if (hart && hart->vcpu && !machine_undisturbed && rarely(waits ? 6 : 48))
		pause_now(rarely(waits ? 2 : 8));
}

void machine_pause_at_lock(void)
{
	if (hart && hart->vcpu && !machine_undisturbed && rarely(8))
		pause_now(rarely(2));
}

/* ---- CSRs and fences ---- */

static uint64_t legal(unsigned int csr, uint64_t old, uint64_t value)
{
	uint64_t mode = value >> ATP_MODE_SHIFT;

	switch (csr) {
	case HEXT_CSR_HGATP:
		if (mode != ATP_MODE_BARE && (mode < ATP_MODE_39 || mode > ATP_MODE_57))
			return old;
		return mode << ATP_MODE_SHIFT |
		       (value & (BIT64(machine.vmid_bits) - 1) << HGATP_VMID_SHIFT) |
		       (value & ATP_PPN & ~UINT64_C(3));
	case HEXT_CSR_VSATP:
		if (mode != ATP_MODE_BARE && (mode < ATP_MODE_39 || mode > ATP_MODE_57))
			return old;
		return value;
	/* Exceptions that VS-mode takes: priv H "Hypervisor Trap Delegation Registers". */
	case HEXT_CSR_HEDELEG:
		return value & (MASK64(8, 0) | BIT64(12) | BIT64(13) | BIT64(15));
	case HEXT_CSR_HIDELEG:
	case HEXT_CSR_HVIP:
		return value & IRQ_VS_ALL;
	case HEXT_CSR_HIE:
		return value & (IRQ_VS_ALL | BIT64(IRQ_SGEI));
	case CSR_SEPC:
	case HEXT_CSR_VSEPC:
		return value & ~UINT64_C(1);
	default:
		return value;
	}
}

static uint64_t sip(void)
{
	return (hart->software_interrupt ? BIT64(IRQ_SSI) : 0) |
	       (plic_asks(hart->index) ? BIT64(IRQ_SEI) : 0);
}

uint64_t machine_csr_read(unsigned int csr)
{
	machine_pause();
	if (csr == CSR_TIME)
		return steps;
	if (csr == CSR_SIP)
		return sip();
	/* Nothing else is wired to it. */
	if (csr == HEXT_CSR_HIP)
		return hart->csr[HEXT_CSR_HVIP];
	return hart->csr[csr];
}

uint64_t machine_change_csr(unsigned int csr, uint64_t clear, uint64_t set)
{
	uint64_t old = hart->csr[csr];

	if (csr == CSR_SIP && (clear & ~set & BIT64(IRQ_SSI)))
		hart->software_interrupt = false;
	hart->csr[csr] = legal(csr, old, (old & ~clear) | set);
	return old;
}

uint64_t machine_csr_update(unsigned int csr, uint64_t clear, uint64_t set)
{
	bool translates = csr == HEXT_CSR_HGATP || csr == HEXT_CSR_VSATP || csr == HEXT_CSR_HENVCFG;
	uint64_t old;

	machine_pause();
	if (translates && !pick(2))
		machine_read_ahead(hart);
	old = machine_change_csr(csr, clear, set);
	firmware_csr_written(csr);
	if (translates) {
		machine_note("csr %x = %lx", csr, hart->csr[csr]);
		if (pick(4))
			machine_read_ahead(hart);
	}
	return old;
}

uint64_t machine_legal_vmid(uint64_t vmid)
{
	return vmid & (BIT64(machine.vmid_bits) - 1);
}

void machine_hfence_gvma(bool has_gpa, uint64_t gpa, bool has_vmid, uint64_t vmid)
{
	machine_pause();
	machine_note("hfence.gvma %lx %ld", has_gpa ? gpa : ~UINT64_C(0),
		     has_vmid ? (long)vmid : -1);
	tlb_hfence_gvma(&hart->tlb, has_gpa, gpa, has_vmid, machine_legal_vmid(vmid));
	machine_pause();
}

void machine_hfence_vvma(bool has_addr, uint64_t addr, bool has_asid, uint64_t asid)
{
	machine_pause();
	machine_note("hfence.vvma %lx %ld, vmid %u", has_addr ? addr : ~UINT64_C(0),
		     has_asid ? (long)asid : -1, tlb_vmid_of(hart->csr[HEXT_CSR_HGATP]));
	tlb_hfence_vvma(&hart->tlb, tlb_vmid_of(hart->csr[HEXT_CSR_HGATP]), has_addr, addr,
			has_asid, asid);
	machine_pause();
}

bool machine_store_late(volatile void *p, uint8_t value)
{
	if (!hart || hart->store.waits || pick(2))
		return false;
	hart->store = (struct machine_store){ .waits = true, .memory = p, .value = value };
	return true;
}

void machine_look_at_store(const volatile void *p)
{
	if (hart && hart->store.waits && hart->store.memory == p)
		machine_fence();
}

void machine_fence(void)
{
	struct machine_store *s = hart ? &hart->store : NULL;

	if (!s || !s->waits)
		return;
	s->waits = false;
	if (s->memory)
		*s->memory = s->value;
	else
		devices_store(s->addr, s->size, s->value);
}

/* There is no image, and so no build id. */
const char riscv_build_id[1], riscv_build_id_end[1];

void static_keys_patch(uint32_t keys)
{
	machine_keys = keys;
}

struct nacl_client_hart *machine_tp(void)
{
	return &hart->vcpu->nacl_below;
}

/* ---- physical memory ---- */

static bool is_memory(uint64_t addr, uint64_t size)
{
	return addr >= RAM_BASE && addr <= HOME_BASE + HOME_SPAN - size;
}

uint64_t machine_memory_read(uint64_t addr)
{
	return is_memory(addr, 8) ? *(const uint64_t *)addr : 0;
}

/*
 * Halite accesses only memory that the guest's trapped instruction accesses: RAM of the guest, or
 * the same bytes of a device by the same kind of access. So Halite reads no table from a device.
 */
static void check_access(unsigned int kind, uint64_t addr, unsigned int size)
{
	static const char *const verbs[] = { "is none at", "reads", "writes" };
	const struct machine_access *a = &hart->trap.access;

	machine_pause();
	if (addr & (size - 1))
		machine_fail("Halite's access to 0x%lx, size %u, is misaligned", addr, size);
	if (is_memory(addr, size)) {
		if (!domain_owns_ram(&machine_domain, addr, size))
			machine_fail("Halite reaches 0x%lx for a guest", addr);
		return;
	}
	if (plic_is_of_others(addr))
		machine_fail("Halite reaches 0x%lx of M-mode's", addr);
	if (devices_at(addr) && (a->kind != kind || a->size != size || (a->addr ^ addr) & 0xfff))
		machine_fail("Halite %s a device at 0x%lx, size %u; the guest's instruction "
			     "%s 0x%lx, size %u (cause 0x%lx, htinst 0x%lx)",
			     verbs[kind], addr, size, verbs[a->kind], a->addr, a->size,
			     hart->trap.cause, hart->trap.htinst);
}

bool riscv_raw_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	check_access(ACCESS_LOAD, addr, size);
	*value = 0;
	if (is_memory(addr, size)) {
		memcpy(value, (const void *)addr, size);
		return true;
	}
	/* A device's accesses of one hart stay in their order. */
	if (!hart->store.memory)
		machine_fence();
	if (devices_at(addr) && devices_load(addr, size, value))
		return true;
	machine_own_trap(CAUSE_LOAD_ACCESS, addr, false, 0);
	return false;
}

bool riscv_raw_store(uint64_t addr, unsigned int size, uint64_t value)
{
	check_access(ACCESS_STORE, addr, size);
	if (is_memory(addr, size)) {
		memcpy((void *)addr, &value, size);
		return true;
	}
	if (!hart->store.memory)
		machine_fence();
	if (devices_take_store(addr, size)) {
		if (!hart->store.waits && pick(2))
			hart->store = (struct machine_store){
				.waits = true, .addr = addr, .value = value, .size = size
			};
		else
			devices_store(addr, size, value);
		return true;
	}
	machine_own_trap(CAUSE_STORE_ACCESS, addr, false, 0);
	return false;
}

/*
 * Code that was there a moment ago can be another now. If that makes the same kind of access there,
 * it may be done in its place.
 */
static uint32_t code_now(struct machine_trap *t)
{
	static const struct {
		uint32_t code;
		struct machine_access access;
	} others[] = {
		{ 0x00c5a023, { ACCESS_STORE, 4, 0 } }, /* sw a2, 0(a1) */
		{ 0x00c58023, { ACCESS_STORE, 1, 0 } }, /* sb a2, 0(a1) */
		{ 0x0005a503, { ACCESS_LOAD, 4, 0 } },	/* lw a0, 0(a1) */
		{ 0x0005b503, { ACCESS_LOAD, 8, 0 } },	/* ld a0, 0(a1) */
		{ 0x0045a503, { ACCESS_NONE, 0, 0 } },	/* lw a0, 4(a1) */
		{ 0x00c5a52f, { ACCESS_NONE, 0, 0 } },	/* amoadd.w a0, a2, (a1) */
		{ 0x00000001, { ACCESS_NONE, 0, 0 } },	/* c.nop */
		{ 0x00000013, { ACCESS_NONE, 0, 0 } },	/* nop */
	};
	unsigned int i = pick(sizeof(others) / sizeof(others[0]));

	if (!rarely(4))
		return t->code;
	if (others[i].access.kind == t->access.kind)
		t->access.size = others[i].access.size;
	return others[i].code;
}

/*
 * HLVX.HU, where the guest's pc is and the parcel behind. What is no load or store is not
 * overwritten meanwhile.
 */
bool riscv_raw_fetch_u16(uint64_t addr, uint16_t *code)
{
	static const uint64_t causes[] = { CAUSE_LOAD_PAGE, CAUSE_LOAD_GUEST_PAGE,
					   CAUSE_LOAD_ACCESS };
	struct machine_trap *t = &hart->trap;
	uint64_t cause = causes[pick(3)];

	machine_pause();
	if (addr != hart->pc && addr != hart->pc + 2)
		machine_fail("Halite fetches from 0x%lx, and the guest is at 0x%lx", addr,
			     hart->pc);
	if (rarely(4)) {
		machine_own_trap(cause, addr, true, cause == CAUSE_LOAD_GUEST_PAGE ? addr >> 2 : 0);
		return false;
	}
	if (addr == hart->pc && hext_is_guest_page_fault(t->cause))
		t->code = code_now(t);
	*code = addr == hart->pc ? t->code : t->code >> 16;
	return true;
}

/* ---- Halite's parts that play no role ---- */

static struct sbi_result no_extension(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	(void)v;
	(void)fid;
	(void)args;
	return sbi_error(SBI_ERR_NOT_SUPPORTED);
}

#define NO_EXTENSION(name, number) \
	const struct sbi_extension name = { .id = (number), .handle = no_extension }
NO_EXTENSION(sbi_time, 0x54494d45);
NO_EXTENSION(sbi_srst, 0x53525354);
NO_EXTENSION(sbi_dbcn, 0x4442434e);
NO_EXTENSION(sbi_pmu, SBI_EXT_PMU);
NO_EXTENSION(sbi_susp, SBI_EXT_SUSP);
NO_EXTENSION(sbi_legacy, 0);
NO_EXTENSION(sbi_fwft, SBI_EXT_FWFT);
NO_EXTENSION(sbi_halite, 0x0a414c49);

void sbi_pmu_find(struct domain *d)
{
	(void)d;
}

void sbi_pmu_hart_start(struct vcpu *v)
{
	(void)v;
}

void sbi_fwft_hart_start(struct vcpu *v)
{
	(void)v;
}

void sbi_time_expired(struct vcpu *v)
{
	(void)v;
}

/* The harts have no IMSIC. */
void imsic_rmw(unsigned int file, unsigned int reg, uint64_t *old, uint64_t value, uint64_t mask)
{
	(void)file;
	(void)reg;
	(void)value;
	(void)mask;
	*old = 0;
}

unsigned int imsic_guest_files(void)
{
	return 0;
}

void imsic_silence(void)
{
}

/* The machine has no IOMMU. */
bool iommu_is_used(void)
{
	return false;
}

void iommu_hart_start(struct vcpu *v)
{
	(void)v;
}

void iommu_hart_stop(struct vcpu *v)
{
	(void)v;
}

void iommu_interrupt(struct vcpu *v)
{
	(void)v;
}

const char *options_nacl_text(const struct options *o, char *buf, size_t size)
{
	(void)o;
	(void)size;
	return buf;
}

void riscv_trap_entry(void)
{
}

/* ---- into the guest and out of it ---- */

/* SRET, of Halite or of what is below for it. */
static void enter_guest(void)
{
	uint64_t status;

	machine_fence();
	firmware_before_guest();
	status = hart->csr[CSR_SSTATUS];
	hart->pc = hart->csr[CSR_SEPC];
	hart->user = !(status & SSTATUS_SPP);
	judge_entry();
	hart->csr[CSR_SSTATUS] = (status & ~SSTATUS_SPP) | SSTATUS_SPIE;
	hart->csr[HEXT_CSR_HSTATUS] &= ~HSTATUS_SPV;
	hart->in_guest = true;
	if (!pick(2))
		machine_read_ahead(hart);
}

/* With KEY_AREA. */
static bool take_quickly_in_area(struct vcpu *v, uint64_t cause)
{
	if (!v->quick.area_below)
		return false;
	if (v->h.virt) {
		if (cause >= CAUSE_FETCH_GUEST_PAGE && cause != CAUSE_VIRTUAL)
			return quick_area_guest_page_fault(v, cause);
		return quick_area_trap_of_l2(v, cause);
	}
	if (cause == CAUSE_VIRTUAL)
		return quick_area_csr(v) || quick_area_sret(v);
	return cause == CAUSE_ECALL_VS && v->x[VCPU_A7] == NACL_EID &&
	       v->x[VCPU_A7 - 1] == NACL_FID_SYNC_SRET &&
	       (v->quick.missed.hgatp ? quick_area_sync_sret_after_fault(v)
				      : quick_area_sync_sret(v));
}

/* As src/riscv/entry.S does. */
static bool take_quickly(struct vcpu *v, uint64_t cause)
{
	if (static_key(KEY_AREA))
		return take_quickly_in_area(v, cause);
	if (v->h.virt) {
		if (cause >= CAUSE_FETCH_GUEST_PAGE && cause != CAUSE_VIRTUAL)
			return quick_guest_page_fault(v, cause);
		return quick_trap_of_l2(v, cause);
	}
	if (cause == CAUSE_VIRTUAL)
		return quick_csr(v) || quick_sret(v);
	return cause == CAUSE_ECALL_VS && v->x[VCPU_A7] == NACL_EID &&
	       v->x[VCPU_A7 - 1] == NACL_FID_SYNC_SRET &&
	       (v->quick.missed.hgatp ? quick_sync_sret_after_fault(v) : quick_sync_sret(v));
}

/* priv H "Trap Entry", into VS-mode: the guest that runs has it delegated. */
static void take_delegated(const struct machine_trap *t)
{
	uint64_t status = hart->csr[HEXT_CSR_VSSTATUS];
	uint64_t tvec = hart->csr[HEXT_CSR_VSTVEC];

	hart->csr[HEXT_CSR_VSEPC] = hart->pc;
	hart->csr[HEXT_CSR_VSCAUSE] = t->cause;
	hart->csr[HEXT_CSR_VSTVAL] = t->tval;
	status &= ~(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP);
	if (hart->csr[HEXT_CSR_VSSTATUS] & SSTATUS_SIE)
		status |= SSTATUS_SPIE;
	hart->csr[HEXT_CSR_VSSTATUS] = status | (hart->user ? 0 : SSTATUS_SPP);
	hart->pc = tvec & ~UINT64_C(3);
	hart->user = false;
}

/* Take a trap in HS-mode. @spv: the trap comes from a guest. */
static void take_in_hs(uint64_t cause, uint64_t tval, uint64_t epc, bool user, bool spv, bool gva)
{
	uint64_t *hstatus = &hart->csr[HEXT_CSR_HSTATUS], *status = &hart->csr[CSR_SSTATUS];

	hart->csr[CSR_SCAUSE] = cause;
	hart->csr[CSR_STVAL] = tval;
	hart->csr[CSR_SEPC] = epc;
	*status &= ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE);
	if (!user)
		*status |= SSTATUS_SPP;
	*hstatus &= ~(HSTATUS_SPV | HSTATUS_GVA);
	*hstatus |= (spv ? HSTATUS_SPV : 0) | (gva ? HSTATUS_GVA : 0);
	/* A trap of Halite's own does not change SPVP. */
	if (spv)
		*hstatus = (*hstatus & ~HSTATUS_SPVP) | (user ? 0 : HSTATUS_SPVP);
}

void machine_own_trap(uint64_t cause, uint64_t tval, bool gva, uint64_t htval)
{
	machine_note("own trap %lu, %lx", cause, tval);
	take_in_hs(cause, tval, HOME_BASE + 0x12340, false, false, gva);
	hart->csr[HEXT_CSR_HTVAL] = htval;
	hart->csr[HEXT_CSR_HTINST] = pick(2) ? 0 : 0x2003;
}

void machine_trap(const struct machine_trap *t)
{
	struct vcpu *v = hart->vcpu;

	if (!(t->cause & CAUSE_INTERRUPT) && (hart->csr[HEXT_CSR_HEDELEG] >> t->cause & 1)) {
		take_delegated(t);
		return;
	}
	machine_note("trap: cause 0x%lx, tval 0x%lx, at 0x%lx", t->cause, t->tval, hart->pc);
	hart->trap = *t;
	judge_trap();
	hart->in_guest = false;
	take_in_hs(t->cause, t->tval, hart->pc, hart->user, true, t->gva);
	hart->csr[HEXT_CSR_HTVAL] = t->htval;
	hart->csr[HEXT_CSR_HTINST] = t->htinst;
	firmware_after_trap();
	if (static_key(KEY_SLOW) || (!take_quickly(v, t->cause) && vcpu_exit(v) == VCPU_SAVE_ALL))
		vcpu_exit_all_saved(v);
	enter_guest();
}

/* An interrupt of the hart's that Halite enables, or 0. */
static uint64_t some_interrupt(void)
{
	uint64_t ready = sip() & hart->csr[CSR_SIE];

	/* Before all rest, another one comes in place of the one that is lost. */
	if (machine_calm && hart->kick_lost && hart->vcpu->requests)
		return IRQ_SSI;
	if ((ready & BIT64(IRQ_SSI)) && (machine_calm || rarely(hart->deaf ? 60 : 3)))
		return IRQ_SSI;
	return (ready & BIT64(IRQ_SEI)) && (machine_calm || rarely(3)) ? IRQ_SEI : 0;
}

/* One that VS-mode takes: L1's while it runs. L2 enables none. */
static uint64_t some_delegated_interrupt(void)
{
	uint64_t ready =
		hart->csr[HEXT_CSR_HVIP] & hart->csr[HEXT_CSR_HIE] & hart->csr[HEXT_CSR_HIDELEG];
	bool enabled = hart->user || (hart->csr[HEXT_CSR_VSSTATUS] & SSTATUS_SIE);

	if (!enabled || !ready)
		return 0;
	return ready & BIT64(IRQ_VSEI) ? IRQ_SEI : ready & BIT64(IRQ_VSSI) ? IRQ_SSI : IRQ_STI;
}

static void step(void)
{
	struct machine_trap interrupt = { .cause = some_interrupt() };

	if (interrupt.cause) {
		interrupt.cause |= CAUSE_INTERRUPT;
		machine_trap(&interrupt);
		return;
	}
	interrupt.cause = machine_calm ? 0 : some_delegated_interrupt();
	if (interrupt.cause) {
		interrupt.cause |= CAUSE_INTERRUPT;
		take_delegated(&interrupt);
	} else {
		guest_step();
	}
}

void riscv_enter_guest(struct vcpu *v)
{
	(void)v;
	enter_guest();
	for (;;) {
		if (!machine_calm) {
			steps++;
			switches_since_step = 0;
		}
		step();
		machine_switch();
	}
}

static void start_hart(void)
{
	firmware_hart_starts();
	guest_hart_starts();
	judge_start(hart->vcpu->start_pc);
	bringup_hart_started(hart->vcpu);
}

void machine_start_hart(uint64_t hartid, struct vcpu *v)
{
	struct hart *h = &harts[hartid];

	h->vcpu = v;
	h->runs = true;
	h->in_guest = false;
	h->csr[CSR_SIE] = 0;
	getcontext(&contexts[hartid]);
	contexts[hartid].uc_stack.ss_sp = stacks[hartid];
	contexts[hartid].uc_stack.ss_size = STACK_SIZE;
	contexts[hartid].uc_link = NULL;
	makecontext(&contexts[hartid], start_hart, 0);
}

/* ---- boot ---- */

static jmp_buf booted;

void riscv_hart_start(uint64_t hartid, struct vcpu *v)
{
	machine_start_hart(hartid, v);
	longjmp(booted, 1);
}

static struct host host;
static struct machine_hart machine_harts[MACHINE_HARTS];
static struct machine_plic machine_plic = {
	.base = PLIC_BASE,
	.size = PLIC_SIZE,
	.ndev = PLIC_SOURCES,
};

/* The machine has one domain, so nobody asks its harts to end it. */
void domain_end_hart(struct vcpu *v)
{
	machine_fail("hart %u is to end its domain", v->index);
}

void domain_reset(struct vcpu *v)
{
	machine_fail("hart %u is to reset its domain", v->index);
}

/* One domain has all of the machine. */
static void build_domain(void)
{
	static struct source_set sources;
	static struct domain_config all;

	memset(&sources, 0xff, sizeof(sources));
	all = (struct domain_config){
		.node = -1,
		.hart_count = machine.harts,
		.ram = host.ram,
		.devices = host.machine.devices,
		.sources = &sources,
		.nacl_offered = host.options.nacl_offered,
		.nacl_features = host.options.nacl_features,
		.power = true,
		.tables = TABLES_USUAL,
	};
	index_set_fill(&all.harts, machine.harts);
	domain_build(&machine_domain, &host, &all, 0);
	machine_domain.start_pc = L1_START;
}

static void make_domain(void)
{
	const struct range devices = { DEVICE_BYTES, DEVICES_END - DEVICE_BYTES };
	struct machine *m = &host.machine;
	uint64_t shadows;
	unsigned int i;

	host.pool = (struct page_pool){ HOME_BASE, HOME_BASE + HOME_SPAN };
	array_use(&host.pool);
	m->harts = machine_harts;
	m->hart_count = machine.harts;
	for (i = 0; i < machine.harts; i++)
		m->harts[i] = (struct machine_hart){
			.index = i,
			.hartid = i,
			.plic_context = plic_context_of(i),
			.aplic_index = -1,
		};
	m->plics = &machine_plic;
	m->plic_count = 1;
	m->isa.h = true;
	m->isa.svinval = true;
	/* For henvcfg.PBMTE, on which the entries of the VS-stage depend. */
	m->isa.svpbmt = true;
	range_list_add(&m->devices, devices);
	host.options.nacl_offered = machine.nacl;
	host.options.nacl_features = machine.nacl;
	/* Where there are enough of them, VMID 0 is not the domain's. */
	host.vmids.first = machine.vmid_bits > 3 ? 5 : machine.vmid_bits == 1;
	host.vmids.count = BIT64(machine.vmid_bits) - host.vmids.first;
	host.home = (struct range){ HOME_BASE, HOME_SPAN };
	range_list_add(&host.ram, (struct range){ RAM_BASE, RAM_HOLE - RAM_BASE });
	range_list_add(&host.ram, (struct range){ RAM_HOLE + 4096, HOME_BASE - RAM_HOLE - 4096 });
	identity_init_own(&host.map, &host.pool, HOME_BASE + HOME_SPAN);
	build_domain();
	shadows = hext_shadow_pool_size(16, HEXT_SHADOW_LEAST_TABLES + machine.harts * 64);
	shadows += machine.harts * BRINGUP_BLOCK_SIZE;
	if (machine.nacl_below)
		shadows += machine.harts * NACL_SHMEM_SIZE;
	if (shadows > host.pool.end - host.pool.next)
		machine_fail("the pool is too large");
	host.pool.end = host.pool.next + shadows;
}

/* Leave the pool so few table pages that shadows that are in use lose theirs, too. */
static void take_tables(struct hext_shadow_pool *pool, unsigned int left)
{
	if (pool->free != NO_TABLE || pool->unused || left > pool->free_count)
		machine_fail("the pool is not as it is at the start");
	pool->unused = pool->table_total - left;
	pool->free_count = left;
}

static void map_memory(void)
{
	void *memory =
		mmap((void *)RAM_BASE, RAM_SIZE + HOME_SPAN, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (memory != (void *)RAM_BASE)
		machine_fail("no memory at 0x%lx: %s", (unsigned long)RAM_BASE, strerror(errno));
}

/* Devices are not mapped in this process, nor is anything else that Halite does not have. */
static void on_bad_access(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	machine_fail("a load or store of 0x%lx that does not expect to be refused",
		     (unsigned long)info->si_addr);
}

static void catch_accesses(void)
{
	const struct sigaction action = { .sa_sigaction = on_bad_access, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

void machine_run(const struct machine_config *config)
{
	unsigned int i;

	machine = *config;
	random_state = (config->seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	for (i = 0; i < machine.harts; i++)
		harts[i].index = i;
	hart = &harts[0];
	map_memory();
	catch_accesses();
	devices_init();
	firmware_hart_starts();
	below_find();
	make_domain();
	guest_init();
	if (!setjmp(booted))
		bringup_start(&host, &host.pool);
	if (machine.tables)
		take_tables(&machine_domain.shadows, machine.tables);
	/* In most runs, some ranges have more entries than a fence may look at. */
	if (config->seed % 3)
		machine_domain.shadows.looks_max = 1u << pick(10);
	/* There are more turns than there need to be, and they are shorter. */
	machine_domain.shadows.turn_after = 1 + pick(4);
	machine_domain.shadows.turn_refusals = 1 + pick(8);
	while (steps < machine.steps) {
		hart = &harts[pick(machine.harts)];
		if (!hart->runs)
			continue;
		if (hart->sleep && !machine_calm) {
			hart->sleep--;
			continue;
		}
		swapcontext(&scheduler, &contexts[hart->index]);
		if (++switches_since_step > PATIENCE)
			machine_fail("all harts wait for each other");
	}
}

/* The machine has no IOMMU. */
unsigned int viommu_at(const struct domain *d, uint64_t addr)
{
	(void)d;
	(void)addr;
	return IOMMUS_MAX;
}

bool viommu_load(const struct domain *d, uint64_t addr, unsigned int size, uint64_t *value)
{
	(void)d;
	(void)addr;
	(void)size;
	(void)value;
	return false;
}

bool viommu_store(const struct domain *d, uint64_t addr, unsigned int size, uint64_t value)
{
	(void)d;
	(void)addr;
	(void)size;
	(void)value;
	return false;
}
