/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/shadow_tables.h"
#include "hv/below.h"
#include "hv/mmio.h"
#include "hv/nested.h"
#include "hv/options.h"
#include "hv/intc.h"
#include "hv/quick.h"
#include "hv/sbi.h"
#include "machine.h"
#include "nacl/host.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/entry.h"
#include "riscv/insn.h"

#define STACK_SIZE 0x40000
#define NOTES	   400
#define NOTE_SIZE  120

/* Switches between harts without a step of a guest before that counts as the end of all progress. */
#define PATIENCE 2000000

struct machine_config machine;
struct hart harts[MACHINE_HARTS];
struct hart *hart;
struct domain machine_domain;
uint32_t machine_keys;

static struct machine facts;
static uint64_t random_state;
static uint64_t steps, switches_since_step;
/* What is below Halite takes in what waits for it at once: the hart translates nothing meanwhile. */
static bool in_below;
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

/* ---- coroutines ---- */

static void switch_to_scheduler(void)
{
	struct hart *self = hart;

	swapcontext(&contexts[self->index], &scheduler);
}

void machine_read_ahead(struct hart *h)
{
	guest_read_ahead(h);
}

/* Others run; or this or another hart reads ahead. Some pauses are long enough for others to change tables and fence. */
static void pause_now(bool is_long)
{
	struct hart *h = &harts[pick(machine.harts)];

	if (is_long)
		hart->sleep = pick(300);
	if (rarely(3) && h->runs)
		machine_read_ahead(h);
	switch_to_scheduler();
}

void machine_pause(void)
{
	if (hart && hart->vcpu && !in_below && rarely(48))
		pause_now(rarely(8));
}

void machine_pause_at_lock(void)
{
	if (hart && hart->vcpu && !in_below && rarely(8))
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
	default:
		return value;
	}
}

uint64_t machine_csr_read(unsigned int csr)
{
	machine_pause();
	if (csr == CSR_TIME)
		return steps;
	if (csr == CSR_SIP)
		return hart->software_interrupt ? BIT64(IRQ_SSI) : 0;
	return hart->csr[csr];
}

/* Without anything that happens meanwhile. */
static uint64_t change_csr(unsigned int csr, uint64_t clear, uint64_t set)
{
	uint64_t old = hart->csr[csr];

	if (csr == CSR_SIP && (clear & ~set & BIT64(IRQ_SSI)))
		hart->software_interrupt = false;
	hart->csr[csr] = legal(csr, old, (old & ~clear) | set);
	return old;
}

uint64_t machine_csr_update(unsigned int csr, uint64_t clear, uint64_t set)
{
	bool translates = csr == HEXT_CSR_HGATP || csr == HEXT_CSR_VSATP;
	uint64_t old;

	machine_pause();
	if (translates && !pick(2))
		machine_read_ahead(hart);
	old = change_csr(csr, clear, set);
	if (translates) {
		machine_note("csr %x = %lx", csr, hart->csr[csr]);
		if (pick(4))
			machine_read_ahead(hart);
	}
	return old;
}

static uint64_t legal_vmid(uint64_t vmid)
{
	return vmid & (BIT64(machine.vmid_bits) - 1);
}

void machine_hfence_gvma(bool has_gpa, uint64_t gpa, bool has_vmid, uint64_t vmid)
{
	machine_pause();
	machine_note("hfence.gvma %lx %ld", has_gpa ? gpa : ~UINT64_C(0),
		     has_vmid ? (long)vmid : -1);
	tlb_hfence_gvma(&hart->tlb, has_gpa, gpa, has_vmid, legal_vmid(vmid));
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

bool riscv_raw_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	*value = 0;
	if (!is_memory(addr, size))
		return false;
	memcpy(value, (const void *)addr, size);
	return true;
}

bool riscv_raw_store(uint64_t addr, unsigned int size, uint64_t value)
{
	if (!is_memory(addr, size))
		return false;
	memcpy((void *)addr, &value, size);
	return true;
}

bool riscv_raw_fetch_u16(uint64_t addr, uint16_t *code)
{
	(void)addr;
	(void)code;
	return false;
}

unsigned int riscv_count_hstateen(void)
{
	return 0;
}

/* ---- what is below: firmware, or a hypervisor with NACL ---- */

static struct nacl_host below[MACHINE_HARTS];

static bool below_csr_exists(void *ctx, unsigned int csr)
{
	const struct hext_config *c = &machine_domain.hext;

	(void)ctx;
	switch (csr) {
#define HEXT_CSR(name, number, field, writable, legal, reset, present) \
	case number:                                                   \
		return present;
#define HEXT_CSR_VIEW(name, number, get, set, present)
#define HEXT_CSR_FILE(name, number, rmw, present)
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
#undef HEXT_CSR_FILE
	default:
		return false;
	}
}

static nacl_word below_csr_read(void *ctx, unsigned int csr)
{
	(void)ctx;
	return hart->csr[csr];
}

static void below_csr_write(void *ctx, unsigned int csr, nacl_word value)
{
	(void)ctx;
	change_csr(csr, ~UINT64_C(0), value);
	if (csr == HEXT_CSR_HGATP || csr == HEXT_CSR_VSATP)
		machine_note("below: csr %x = %lx", csr, hart->csr[csr]);
}

static void below_hfence(void *ctx, const struct nacl_hfence *f)
{
	bool any_vmid = f->type == NACL_HFENCE_GVMA || f->type == NACL_HFENCE_GVMA_ALL ||
			f->type == NACL_HFENCE_EVERYTHING;
	bool has_asid = f->type == NACL_HFENCE_VVMA_ASID || f->type == NACL_HFENCE_VVMA_ASID_ALL;
	uint64_t page = f->addr & ~UINT64_C(4095);

	(void)ctx;
	machine_note("below: hfence type %u vmid %u asid %u %lx %lx", f->type, f->vmid, f->asid,
		     f->addr, f->size);
	do {
		bool has_addr = f->size && f->size < 0x100000;

		if (f->type <= NACL_HFENCE_GVMA_VMID_ALL || f->type == NACL_HFENCE_EVERYTHING)
			tlb_hfence_gvma(&hart->tlb, has_addr, page, !any_vmid, legal_vmid(f->vmid));
		else
			tlb_hfence_vvma(&hart->tlb, legal_vmid(f->vmid), has_addr, page, has_asid,
					f->asid);
		if (!has_addr)
			return;
		page += 4096;
	} while (page < f->addr + f->size);
}

static void *below_map_shmem(void *ctx, uint64_t gpa, size_t size)
{
	(void)ctx;
	(void)size;
	return (void *)gpa;
}

static const struct nacl_host_ops below_ops = {
	.csr_exists = below_csr_exists,
	.csr_read = below_csr_read,
	.csr_write = below_csr_write,
	.hfence = below_hfence,
	.map_shmem = below_map_shmem,
};

static struct sbi_result below_nacl(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct nacl_host *n = &below[hart->index];
	nacl_word value = 0;

	switch (fid) {
	case NACL_FID_PROBE_FEATURE:
		nacl_host_probe_feature(n, a0, &value);
		return sbi_value(value);
	case NACL_FID_SET_SHMEM:
		return sbi_error(nacl_host_set_shmem(n, a0, a1, a2));
	case NACL_FID_SYNC_CSR:
		return sbi_error(nacl_host_sync_csr(n, a0));
	default:
		return sbi_error(nacl_host_sync_hfence(n, a0));
	}
}

static struct sbi_result below_call(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct sbi_result r;

	if (!machine.nacl_below)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	in_below = true;
	r = below_nacl(fid, a0, a1, a2);
	in_below = false;
	return r;
}

/* The firmware's HFENCE.VVMA for other harts: the VMID is that in this hart's hgatp. */
static struct sbi_result firmware_vvma(uint64_t mask, uint64_t base, uint64_t start, uint64_t size,
				       bool has_asid, uint64_t asid)
{
	bool all = (start == 0 && size == 0) || size == ~UINT64_C(0);
	unsigned int vmid = tlb_vmid_of(hart->csr[HEXT_CSR_HGATP]);
	unsigned int i;
	uint64_t page;

	for (i = 0; i < machine.harts; i++) {
		if (!harts[i].runs)
			continue;
		if (base != ~UINT64_C(0) && (i < base || !(mask >> (i - base) & 1)))
			continue;
		page = start & ~UINT64_C(4095);
		do {
			tlb_hfence_vvma(&harts[i].tlb, vmid, !all, page, has_asid, asid);
			page += 4096;
		} while (!all && page < start + size);
	}
	return sbi_error(SBI_SUCCESS);
}

static void start_hart(void);

static void create_hart(uint64_t hartid, struct vcpu *v)
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

static struct sbi_result firmware_hsm(uint64_t fid, uint64_t a0, uint64_t a2)
{
	switch (fid) {
	case 0:
		machine_note("firmware starts hart %lu", a0);
		create_hart(a0, (struct vcpu *)a2);
		return sbi_error(SBI_SUCCESS);
	case 1:
		hart->runs = false;
		machine_note("firmware stops hart");
		switch_to_scheduler();
		__builtin_unreachable();
	default:
		return sbi_value(harts[a0].runs ? 0 : 1);
	}
}

struct sbi_result firmware_call(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
				uint64_t a3, uint64_t a4, uint64_t a5)
{
	(void)a5;
	machine_pause();
	switch (ext) {
	case SBI_EXT_BASE:
		if (fid == SBI_BASE_GET_SPEC_VERSION)
			return sbi_value(0x2000000);
		if (fid == SBI_BASE_PROBE_EXTENSION)
			return sbi_value(a0 == NACL_EID && machine.nacl_below);
		return sbi_value(1);
	case SBI_EXT_IPI:
		harts[a1].software_interrupt = true;
		/* It may be long until the hart takes it. */
		harts[a1].deaf = rarely(3);
		return sbi_error(SBI_SUCCESS);
	case 0x52464e43:
		/* SFENCE.VMA, fid 1 and 2, would be for what the firmware runs in HS mode: Halite. */
		return fid >= 5 ? firmware_vvma(a0, a1, a2, a3, fid == 5, a4)
				: sbi_error(SBI_SUCCESS);
	case 0x48534d:
		return firmware_hsm(fid, a0, a2);
	case NACL_EID:
		return below_call(fid, a0, a1, a2);
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
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
NO_EXTENSION(sbi_base, 0x10);
NO_EXTENSION(sbi_time, 0x54494d45);
NO_EXTENSION(sbi_ipi, 0x735049);
NO_EXTENSION(sbi_srst, 0x53525354);
NO_EXTENSION(sbi_dbcn, 0x4442434e);
NO_EXTENSION(sbi_pmu, 0x504d55);
NO_EXTENSION(sbi_halite, 0x0a414c49);

void sbi_time_expired(struct vcpu *v)
{
	(void)v;
}

void intc_update(struct vcpu *v)
{
	(void)v;
}

bool intc_contains(const struct domain *d, uint64_t addr, uint64_t *offset)
{
	(void)d;
	(void)addr;
	(void)offset;
	return false;
}

bool intc_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value)
{
	(void)v;
	(void)offset;
	(void)size;
	(void)value;
	return false;
}

bool intc_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value)
{
	return intc_load(v, offset, size, &value);
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

void imsic_silence(void)
{
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

static void enter_guest(void)
{
	struct nacl_host *n = &below[hart->index];
	const struct nacl_client_hart *client = &hart->vcpu->nacl_below;
	nacl_word gpr[NACL_SRET_GPRS];

	in_below = true;
	if (client->shmem && nacl_client_has(client, NACL_FEAT_SYNC_SRET)) {
		if (nacl_host_sync_sret(n, gpr))
			machine_fail("sync_sret is refused");
	} else if (client->shmem) {
		nacl_host_before_sret(n);
	}
	in_below = false;
	hart->in_guest = true;
	if (!pick(2))
		machine_read_ahead(hart);
}

/* As src/riscv/entry.S does. */
static bool take_quickly(struct vcpu *v, uint64_t cause)
{
	if (v->h.virt) {
		if (cause >= CAUSE_GUEST_PAGE && !quick_other_of_l2(v, cause))
			return false;
		return quick_trap_of_l2(v);
	}
	if (cause == CAUSE_VIRTUAL)
		return quick_virtual(v);
	return cause == CAUSE_ECALL && v->x[VCPU_A7] == NACL_EID &&
	       v->x[VCPU_A7 - 1] == NACL_FID_SYNC_SRET && quick_sync_sret_call(v);
}

void machine_trap(const struct machine_trap *t)
{
	struct vcpu *v = hart->vcpu;

	hart->in_guest = false;
	hart->csr[CSR_SCAUSE] = t->cause;
	hart->csr[CSR_STVAL] = t->tval;
	hart->csr[CSR_SEPC] = v->h.pc;
	hart->csr[CSR_SSTATUS] |= SSTATUS_SPP;
	hart->csr[HEXT_CSR_HTVAL] = t->htval;
	hart->csr[HEXT_CSR_HTINST] = t->htinst;
	hart->csr[HEXT_CSR_HSTATUS] |= HSTATUS_SPV | HSTATUS_SPVP;
	hart->csr[HEXT_CSR_HSTATUS] &= ~HSTATUS_GVA;
	if (t->gva)
		hart->csr[HEXT_CSR_HSTATUS] |= HSTATUS_GVA;
	in_below = true;
	if (v->nacl_below.shmem)
		nacl_host_after_trap(&below[hart->index]);
	in_below = false;
	if (static_key(KEY_SLOW) ||
	    (!take_quickly(v, t->cause) && vcpu_exit_quick(v) == VCPU_NOT_DONE))
		vcpu_exit(v);
	enter_guest();
}

void riscv_enter_guest(struct vcpu *v)
{
	(void)v;
	enter_guest();
	for (;;) {
		steps++;
		switches_since_step = 0;
		if (hart->software_interrupt && rarely(hart->deaf ? 60 : 3)) {
			const struct machine_trap trap = { .cause = CAUSE_INTERRUPT | IRQ_SSI };

			machine_trap(&trap);
		} else {
			guest_step();
		}
		switch_to_scheduler();
	}
}

static void start_hart(void)
{
	nacl_host_init(&below[hart->index], machine.nacl_below, &below_ops, NULL);
	guest_hart_starts();
	vcpu_hart_started(hart->vcpu);
}

/* ---- boot ---- */

static jmp_buf booted;

void riscv_hart_start(uint64_t hartid, struct vcpu *v)
{
	create_hart(hartid, v);
	longjmp(booted, 1);
}

static void make_domain(struct domain *d)
{
	static struct page_pool pool = { HOME_BASE, HOME_BASE + HOME_SPAN };
	unsigned int i;

	facts.hart_count = machine.harts;
	for (i = 0; i < machine.harts; i++)
		facts.harts[i].hartid = i;
	facts.isa.h = true;
	facts.isa.svinval = true;
	d->machine = &facts;
	d->home = (struct range){ HOME_BASE, HOME_SPAN };
	d->nacl_offered = machine.nacl;
	d->nacl_features = machine.nacl;
	range_list_add(&d->ram, (struct range){ RAM_BASE, RAM_HOLE - RAM_BASE });
	range_list_add(&d->ram, (struct range){ RAM_HOLE + 4096, HOME_BASE - RAM_HOLE - 4096 });
	identity_init_gstage(&d->gstage, &pool, BIT64(8) | BIT64(9) | BIT64(10), HOME_BASE);
	for (i = 0; i < d->ram.count; i++)
		identity_map(&d->gstage, d->ram.r[i], BIT64(1) | BIT64(2) | BIT64(3));
	identity_init_own(&d->own_map, &pool, HOME_BASE + HOME_SPAN);
	d->pool = (void *)pool.next;
	d->pool_size = hext_shadow_pool_size(16, machine.harts * HEXT_SHADOW_MIN_TABLES);
	if (d->pool_size > pool.end - pool.next)
		machine_fail("the pool is too large");
}

/* Leave the pool so few table pages that shadows that are in use lose theirs, too. */
static void take_tables(struct hext_shadow_pool *pool, unsigned int left)
{
	while (pool->free_count > left) {
		pool->free = pool->info[pool->free].next;
		pool->free_count--;
	}
}

static void map_memory(void)
{
	void *memory =
		mmap((void *)RAM_BASE, RAM_SIZE + HOME_SPAN, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (memory != (void *)RAM_BASE)
		machine_fail("no memory at 0x%lx: %s", (unsigned long)RAM_BASE, strerror(errno));
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
	nacl_host_init(&below[0], machine.nacl_below, &below_ops, NULL);
	make_domain(&machine_domain);
	below_find();
	guest_init();
	if (!setjmp(booted))
		vcpu_boot(&machine_domain, RAM_BASE + 0x1000, 0);
	if (machine.tables)
		take_tables(&machine_domain.shadows, machine.tables);
	while (steps < machine.steps) {
		hart = &harts[pick(machine.harts)];
		if (!hart->runs)
			continue;
		if (hart->sleep) {
			hart->sleep--;
			continue;
		}
		swapcontext(&scheduler, &contexts[hart->index]);
		if (++switches_since_step > PATIENCE)
			machine_fail("all harts wait for each other");
	}
}
