/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * L1, which changes its tables and fences, and L2, which accesses its memory: both as chance wants
 * it.
 */
#include <string.h>

#include "devices.h"
#include "guest.h"
#include "hext/bits.h"
#include "hext/insn.h"
#include "hv/nested.h"
#include "hv/sbi.h"
#include "permitted.h"
#include "riscv/csr.h"

#define V      BIT64(0)
#define R      BIT64(1)
#define W      BIT64(2)
#define X      BIT64(3)
#define U      BIT64(4)
#define GLOBAL BIT64(5)
#define A      BIT64(6)
#define D      BIT64(7)
#define RWX    (R | W | X)
#define ALL    (~UINT64_C(0))

#define L1_CODE (RAM_BASE + UINT64_C(0x100000))
#define L2_CODE UINT64_C(0x20000000)

/* Tries of one access before that counts as no progress. */
#define TRIES 300

#define MAX_PENDING NACL_HFENCE_COUNT

struct access {
	bool active;
	bool stubborn; /* the caches prefer what makes it fault */
	uint64_t gva;  /* of the page */
	unsigned int offset, size;
	enum hext_access type;
	unsigned int tries;
};

/* The state of L1 for a hart. */
static struct l1 {
	uint64_t hgatp;	     /* the CSR */
	uint64_t next_hgatp; /* as it will be when L2 runs: SBI NACL */
	uint64_t next_vsatp;
	bool set_up;
	bool area;
	struct fence pending[MAX_PENDING];
	unsigned int pendings;
	bool fault; /* L2 took a guest-page fault, not looked at yet */
	struct access access;
} l1[MACHINE_HARTS];

/* The address that was changed last. A fence is likely to name it. */
static struct {
	unsigned int root, gpa, gva, a;
} last;

static struct l1 *me(void)
{
	return &l1[hart->index];
}

/* The address in use on which a hart faulted last. A change there may meet the fault's handling. */
static struct {
	unsigned int root, gpa;
} hot;

static unsigned int gpa_index(uint64_t gpa)
{
	unsigned int g;

	for (g = 0; g < GPAS && (gpas[g] ^ gpa) >> 12; g++)
		;
	return g;
}

static uint64_t hgatp_of(unsigned int root, unsigned int vmid)
{
	return (uint64_t)root_mode(root) << ATP_MODE_SHIFT | (uint64_t)vmid << HGATP_VMID_SHIFT |
	       root_at(root) >> 12;
}

static unsigned int root_of(uint64_t hgatp)
{
	unsigned int root;

	for (root = 0; root_at(root) != (hgatp & ATP_PPN) << 12; root++)
		;
	return root;
}

/* ---- instructions ---- */

void guest_trap(const struct machine_trap *t)
{
	bool virt = hart->vcpu->h.virt;
	uint64_t pc = hart->pc;

	machine_trap(t);
	if (virt && !hart->vcpu->h.virt)
		me()->fault = hext_is_guest_page_fault(hart->csr[HEXT_CSR_VSCAUSE]);
	if (!hart->vcpu->h.virt || hart->pc != pc)
		me()->access.active = false;
}

/* Once more where Halite could not fetch the instruction. */
static void execute_access(uint32_t code, const struct machine_access *access)
{
	/* priv "stval": the instruction, or 0. */
	struct machine_trap t = { .cause = CAUSE_VIRTUAL,
				  .tval = rarely(8) ? 0 : code,
				  .code = code };
	uint64_t pc = hart->pc;
	unsigned int tries;

	if (access)
		t.access = *access;
	for (tries = 0; tries < TRIES && hart->pc == pc; tries++)
		guest_trap(&t);
}

static void execute(uint32_t code)
{
	execute_access(code, NULL);
}

uint64_t guest_ecall(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
		     uint64_t a4)
{
	const struct machine_trap t = { .cause = CAUSE_ECALL_VS };
	uint64_t *x = hart->vcpu->x;
	uint64_t pc;

	x[10] = a0;
	x[11] = a1;
	x[12] = a2;
	x[13] = a3;
	x[14] = a4;
	x[16] = fid;
	x[17] = ext;
	/* Halite may do a part of it, and leave the pc where it is for the rest. */
	do {
		pc = hart->pc;
		guest_trap(&t);
	} while (ext == NACL_EID && !hart->vcpu->h.virt && hart->pc == pc);
	return x[10];
}

/* A load to a0 from (a1), or a store from a2 there, not of 16 bytes or more. */
static uint32_t code_of(enum hext_access type, unsigned int size)
{
	uint32_t code = __builtin_ctz(size) << 12 | 11 << 15;

	return type == HEXT_WRITE ? 0x23 | code | 12 << 20 : 0x03 | code | 10 << 7;
}

void guest_fill_access(struct machine_trap *t, enum hext_access type, uint64_t addr,
		       unsigned int size)
{
	if (type == HEXT_EXEC)
		return;
	hart->vcpu->x[11] = addr;
	t->code = code_of(type, size);
	/*
	 * priv H "Transformed Instruction": the base register becomes 0; or no instruction is
	 * written.
	 */
	if (!t->htinst && pick(3))
		t->htinst = t->code & ~(UINT32_C(31) << 15);
	t->access.kind = type == HEXT_WRITE ? ACCESS_STORE : ACCESS_LOAD;
	t->access.size = size;
	t->access.addr = addr;
}

/* ---- NACL ---- */

static volatile uint64_t *area_of(unsigned int i)
{
	return (volatile uint64_t *)(UINT64_C(0x40700000) + i * UINT64_C(0x3000));
}

static volatile uint64_t *area(void)
{
	return area_of(hart->index);
}

bool guest_area_csr(unsigned int csr, uint64_t *value)
{
	*value = area()[NACL_CSR_OFFSET / 8 + NACL_CSR_INDEX(csr)];
	return me()->area;
}

static void write_csr(unsigned int csr, uint64_t value)
{
	unsigned int index = NACL_CSR_INDEX(csr);

	if (me()->area && pick(2)) {
		area()[NACL_CSR_OFFSET / 8 + index] = value;
		area()[NACL_DIRTY_OFFSET / 8 + index / 64] |= BIT64(index % 64);
	} else {
		hart->vcpu->x[10] = value;
		execute(csr << 20 | 10 << 15 | 1 << 12 | 0x73);
		if (csr == HEXT_CSR_HGATP)
			me()->hgatp = value;
	}
	if (csr == HEXT_CSR_HGATP)
		me()->next_hgatp = value;
}

static void do_pending(uint64_t began)
{
	unsigned int i;

	for (i = 0; i < me()->pendings; i++)
		permitted_fence(&me()->pending[i], BIT64(hart->index), began);
	me()->pendings = 0;
}

/* False: there is no room. */
static bool queue(const struct fence *f)
{
	volatile uint64_t *entry;
	unsigned int type;

	if (!me()->area || me()->pendings == MAX_PENDING)
		return false;
	entry = area() + NACL_HFENCE_OFFSET / 8 + 4 * me()->pendings;
	me()->pending[me()->pendings++] = *f;
	type = f->gstage ? (f->any_vmid ? 0 : 2) : (f->any_asid ? 4 : 6);
	entry[1] = f->first >> 12;
	entry[2] = 0;
	entry[3] = f->all ? 0 : (f->last - f->first + 1) >> 12;
	entry[0] = BIT64(63) | (uint64_t)(type + f->all) << 56 | (uint64_t)f->vmid << 16 | f->asid;
	return true;
}

/* L1's sepc and sstatus, for an SRET. */
static void return_to(uint64_t pc, bool user)
{
	hart->csr[HEXT_CSR_VSEPC] = pc;
	hart->csr[HEXT_CSR_VSSTATUS] &= ~SSTATUS_SPP;
	if (!user)
		hart->csr[HEXT_CSR_VSSTATUS] |= SSTATUS_SPP;
}

static void enter_l2(void)
{
	uint64_t began = permitted_now();

	write_csr(HEXT_CSR_HSTATUS, HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VSXL_64);
	return_to(L2_CODE + 4 * pick(1024), rarely(3));
	began = permitted_now();
	me()->hgatp = me()->next_hgatp;
	machine_note("l1 enters l2: root %u vmid %u", root_of(me()->hgatp),
		     tlb_vmid_of(me()->hgatp));
	if (me()->area && pick(2))
		guest_ecall(NACL_EID, NACL_FID_SYNC_SRET, 0, 0, 0, 0, 0);
	else
		execute(0x10200073);
	if (me()->area)
		do_pending(began);
	me()->access.active = false;
}

/* ---- L1's tables ---- */

static struct {
	unsigned int root, level;
	uint64_t prefix;
} tables[1500];
static unsigned int table_count;

/* The table of @level below the root that is for @gpa. There is always the same one. */
static uint64_t table_for(unsigned int root, unsigned int level, uint64_t gpa)
{
	uint64_t prefix = gpa >> (12 + 9 * (level + 1));
	unsigned int i;

	for (i = 0; i < table_count; i++) {
		if (tables[i].root == root && tables[i].level == level &&
		    tables[i].prefix == prefix)
			break;
	}
	if (i == sizeof(tables) / sizeof(tables[0]))
		machine_fail("the test has too few tables");
	if (i == table_count) {
		tables[table_count].root = root;
		tables[table_count].level = level;
		tables[table_count++].prefix = prefix;
	}
	return UINT64_C(0x41600000) + i * UINT64_C(0x1000);
}

/*
 * The narrowest mode that has all addresses for which the root has ever had a PTE, without use of
 * the mode's highest bit.
 */
static unsigned int needed[ROOTS];

static void note_needed(unsigned int root, uint64_t gpa)
{
	unsigned int mode = gpa >> 49 ? ATP_MODE_57 : gpa >> 40 ? ATP_MODE_48 : ATP_MODE_39;

	if (needed[root] < mode)
		needed[root] = mode;
}

/* A TLB miss of L2 reads no more levels than L1's addresses need. */
static void check_mode(void)
{
	unsigned int root = root_of(me()->hgatp);
	uint64_t mode = hart->csr[HEXT_CSR_HGATP] >> ATP_MODE_SHIFT;

	if (mode > needed[root] && mode > ATP_MODE_39)
		machine_fail("root %u needs mode %u, and hgatp has mode %lu", root, needed[root],
			     mode);
}

/* Store PTE @value of @level for @gpa, with pointers to it where there are none. */
static void set_pte(unsigned int root, uint64_t gpa, unsigned int level, uint64_t value)
{
	unsigned int at = root_mode(root) - 6;
	uint64_t table = root_at(root), mask = 0x7ff, *pte;

	if (root == ROOT_DEVICE || !root_has(root, gpa))
		return;
	note_needed(root, gpa);
	for (;; at--) {
		pte = (uint64_t *)table + (gpa >> (12 + 9 * at) & mask);
		if (at == level)
			break;
		table = table_for(root, at - 1, gpa);
		if (!(*pte & V) || (*pte & RWX) || tlb_pte_addr(*pte) != table)
			permitted_store_gstage(root, pte, table >> 12 << 10 | V);
		mask = 0x1ff;
	}
	machine_note("l1 pte root %u gpa %lx level %u = %lx", root, gpa, level, value);
	permitted_store_gstage(root, pte, value);
}

/* A page of a device, of which there is something in it that answers. */
static uint64_t some_device(void)
{
	static const uint64_t pages[] = { DEVICE_BYTES, DEVICE_WORDS, DEVICE_WORDS, PLIC_BASE };

	return rarely(3) ? PLIC_BASE + PLIC_CONTEXT +
				   plic_context_of(pick(machine.harts)) * PLIC_CONTEXT_OF
			 : pages[pick(4)];
}

/* L1 puts a table for @gpa in a device, which may even hold a PTE. */
static void set_table_in_device(unsigned int root, uint64_t gpa)
{
	unsigned int level = 1 + pick(root_mode(root) - 6);
	uint64_t leaf = UINT64_C(0x40800000) >> 12 << 10 | V | U | A | D | RWX;

	devices_store(DEVICE_WORDS + 8 * pick(2), 8, leaf);
	set_pte(root, gpa, level, some_device() >> 12 << 10 | V);
}

static const uint64_t flags[] = { RWX | D, RWX | D, RWX | D, RWX, R | X, R, R | W | D, X | D };

static void change_gstage(unsigned int root, unsigned int g)
{
	uint64_t flag = V | U | A | flags[pick(8)];
	unsigned int level = 0;
	uint64_t to;
	/*
	 * Of some roots, no leaf is larger than what the domain has in one piece: Halite makes
	 * fences for the others wider.
	 */
	bool parts = root % 2;

	if (rarely(8))
		flag &= ~(pick(2) ? A : U);
	if (rarely(g < 6 ? 3 : 6))
		level = 1;
	if (parts && rarely(10) && g >= 6)
		level = 2;
	if (level == 2)
		to = RAM_BASE;
	else if (level)
		to = parts && pick(2) ? UINT64_C(0x40800000) : UINT64_C(0x40a00000);
	else
		to = UINT64_C(0x40800000) + pick(8) * UINT64_C(0x1000);
	if (rarely(8) && !level)
		to = some_device();
	if (rarely(40) && !level)
		to = pick(2) ? HOME_BASE + 0x1000 : RAM_HOLE;
	last.root = root;
	last.gpa = g;
	if (rarely(30)) {
		set_table_in_device(root, gpas[g]);
		return;
	}
	set_pte(root, gpas[g], level, rarely(5) ? 0 : to >> 12 << 10 | flag);
}

/* Memory of L2 may be written by L2, and by L1 for it. */
static void change_vstage(unsigned int root)
{
	unsigned int a = pick(ASIDS), i = pick(GVAS);
	uint64_t to = gpas[pick(root == ROOT_L1 ? 6 : DATA_GPAS)];
	uint64_t flag = V | R | X | A | D | (pick(4) ? W : 0) | (rarely(4) ? GLOBAL : 0);

	last.a = a;
	last.gva = i;
	machine_note("vs pte root %u asid %u gva %u to %lx", root, a + 1, i, to);
	permitted_store_vstage(root, a, i, rarely(5) ? 0 : to >> 12 << 10 | flag);
}

/* ---- L1's fences ---- */

/* One of the lengths around those that matter to Halite. */
static uint64_t some_length(void)
{
	static const uint64_t lengths[] = { 1, 1, 1, 2, 64, 65, 512 };

	return lengths[pick(7)] << 12;
}

static struct fence some_fence(bool gstage)
{
	struct fence f = { .gstage = gstage };
	uint64_t length = some_length();

	f.all = rarely(3);
	f.vmid = pick(vmid_count());
	if (gstage) {
		f.any_vmid = rarely(3);
		f.first = gpas[pick(3) ? last.gpa : pick(GPAS)];
	} else {
		f.any_asid = rarely(3);
		f.asid = (pick(3) ? last.a : pick(ASIDS)) + 1;
		f.first = gva_at(pick(3) ? last.gva : pick(GVAS));
	}
	if (f.any_vmid)
		f.vmid = 0;
	if (f.any_asid)
		f.asid = 0;
	/* The range may begin before the address, too. */
	f.last = f.first + length - 1;
	if (rarely(3) && f.first >= length) {
		f.first -= length - 0x1000;
		f.last -= length - 0x1000;
	}
	return f;
}

static void fence_here(struct fence f)
{
	uint32_t code = 0x73 | (f.gstage ? 0x31u : 0x11u) << 25;
	uint64_t began = permitted_now();

	if (pick(2) && queue(&f)) {
		machine_note("l1 queues fence");
		return;
	}
	if (!f.gstage)
		f.vmid = tlb_vmid_of(me()->hgatp);
	f.last = f.first | 4095;
	if (!f.all) {
		hart->vcpu->x[11] = f.gstage ? f.first >> 2 : f.first;
		code |= 11 << 15;
	}
	if (f.gstage ? !f.any_vmid : !f.any_asid) {
		hart->vcpu->x[12] = f.gstage ? f.vmid : f.asid;
		/* Bits beyond VMIDLEN are ignored. */
		if (f.gstage && rarely(8))
			hart->vcpu->x[12] |= BIT64(machine.vmid_bits);
		code |= 12 << 20;
	}
	machine_note("l1 fence here: g %d all %d first %lx anyvmid %d vmid %u anyasid %d asid %u",
		     f.gstage, f.all, f.first, f.any_vmid, f.vmid, f.any_asid, f.asid);
	execute(code);
	permitted_fence(&f, BIT64(hart->index), began);
}

static void fence_remote(struct fence f)
{
	uint64_t mask = 1 + pick((1u << machine.harts) - 1);
	uint64_t began = permitted_now();
	uint64_t start = f.first, size = f.last - f.first + 1;
	unsigned int fid;

	if (f.all) {
		start = pick(2) ? 0 : f.first;
		size = start ? ALL : 0;
	}
	if (!f.gstage)
		f.vmid = tlb_vmid_of(me()->hgatp);
	fid = f.gstage ? (f.any_vmid ? 4 : 3) : (f.any_asid ? 6 : 5);
	machine_note(
		"l1 fence on %lx: g %d all %d %lx to %lx anyvmid %d vmid %u anyasid %d asid %u",
		mask, f.gstage, f.all, f.first, f.last, f.any_vmid, f.vmid, f.any_asid, f.asid);
	/* Bits beyond VMIDLEN are ignored. */
	if (guest_ecall(0x52464e43, fid, mask, 0, start, size,
			f.gstage ? f.vmid | (rarely(8) ? BIT64(machine.vmid_bits) : 0) : f.asid))
		machine_fail("a remote fence is refused");
	permitted_fence(&f, mask, began);
}

/* A fence of L1's VS-stage: by an instruction, which does not trap, or on other harts by a call. */
static void fence_vs_stage(void)
{
	struct fence f = some_fence(false);
	uint64_t began = permitted_now();
	uint64_t mask = BIT64(hart->index);

	f.one_root = true;
	f.root = ROOT_L1;
	if (pick(2)) {
		f.last = f.first | 4095;
		tlb_hfence_vvma(&hart->tlb, tlb_vmid_of(hart->csr[HEXT_CSR_HGATP]), !f.all, f.first,
				!f.any_asid, f.asid);
	} else {
		mask = 1 + pick((1u << machine.harts) - 1);
		machine_note("l1 sfence on %lx", mask);
		/* The firmware may refuse. */
		if (guest_ecall(0x52464e43, f.any_asid ? 1 : 2, mask, 0, f.all ? 0 : f.first,
				f.all ? 0 : f.last - f.first + 1, f.asid))
			return;
	}
	permitted_fence(&f, mask, began);
}

static void some_l1_fence(void)
{
	struct fence f = some_fence(pick(3));

	if (pick(2))
		fence_here(f);
	else
		fence_remote(f);
}

/* ---- L1 ---- */

static void switch_guest(void)
{
	unsigned int root = rarely(30) ? ROOT_DEVICE : pick(ROOT_DEVICE);

	write_csr(HEXT_CSR_HGATP, hgatp_of(root, pick(vmid_count())));
	if (pick(2))
		write_csr(HEXT_CSR_VSATP, rarely(6) ? 0 : vsatp_of(pick(ASIDS)));
}

static void use_area(void)
{
	if (guest_ecall(NACL_EID, NACL_FID_SET_SHMEM, (uintptr_t)area(), 0, 0, 0, 0) == 0)
		me()->area = true;
}

/* L0 consumes the dirty CSRs and pending fences of the area now. */
static void sync_area(void)
{
	uint64_t began = permitted_now();

	guest_ecall(NACL_EID, NACL_FID_SYNC_CSR, ALL, 0, 0, 0, 0);
	guest_ecall(NACL_EID, NACL_FID_SYNC_HFENCE, ALL, 0, 0, 0, 0);
	me()->hgatp = me()->next_hgatp;
	do_pending(began);
}

/*
 * The firmware may refuse. Then L1 does not know whether it has its area; both have to do no harm.
 */
static void stop_hart(void)
{
	if (me()->area)
		sync_area();
	guest_ecall(0x48534d, 1, 0, 0, 0, 0, 0);
	me()->area = false;
	if (pick(2)) {
		return_to(L1_CODE, false);
		guest_ecall(NACL_EID, NACL_FID_SYNC_SRET, 0, 0, 0, 0, 0);
	}
}

static void start_or_stop_harts(void)
{
	unsigned int i = pick(machine.harts);

	if (i != hart->index)
		guest_ecall(0x48534d, 0, i, L1_START, 0, 0, 0);
	else if (rarely(3) && i)
		stop_hart();
}

/* Most times L1 maps what was missing, fences or not, and goes back. */
static void handle_fault(void)
{
	uint64_t gpa = hart->vcpu->h.htval << 2;
	unsigned int g;

	me()->fault = false;
	g = gpa_index(gpa);
	if (g >= DATA_GPAS || rarely(6))
		return;
	change_gstage(root_of(me()->hgatp), g);
	if (rarely(3))
		some_l1_fence();
	if (pick(4))
		enter_l2();
}

/* HLV and HSV of L1, in L2's memory: also where L1 maps a device. */
static void reach_l2(void)
{
	static const uint32_t codes[] = {
		0x6805c573, /* hlv.w a0, (a1) */
		0x6835c573, /* hlvx.wu a0, (a1) */
		0x6ac5c073, /* hsv.w a2, (a1) */
	};
	unsigned int which = pick(3);
	struct machine_access access = {
		.kind = which == 2 ? ACCESS_STORE : ACCESS_LOAD,
		.size = 4,
		.addr = gva_at(pick(GVAS)) + 4 * pick(3),
	};

	hart->vcpu->x[11] = access.addr;
	execute_access(codes[which], &access);
}

/* A hart of L1's begins. */
static void set_up(void)
{
	hart->csr[HEXT_CSR_VSTVEC] = L1_HANDLER;
	hart->vcpu->x[10] = L2_HANDLER;
	execute(HEXT_CSR_VSTVEC << 20 | 10 << 15 | 1 << 12 | 0x73);
	interrupts_set_up();
	me()->set_up = true;
}

static void l1_step(void)
{
	hart->pc = L1_CODE + 4 * pick(1024);
	if (!me()->set_up) {
		set_up();
		return;
	}
	if (interrupts_of_l1())
		return;
	if (machine.interrupts && pick(3)) {
		if (rarely(6))
			start_or_stop_harts();
		else
			interrupts_step();
		return;
	}
	if (machine.nacl && !me()->area && pick(2)) {
		use_area();
		return;
	}
	if (me()->fault) {
		handle_fault();
		return;
	}
	if (!me()->next_hgatp) {
		switch_guest();
		return;
	}
	switch (pick(24)) {
	case 0 ... 4:
		if (pick(2))
			change_gstage(hot.root, hot.gpa);
		else
			change_gstage(pick(3) ? root_of(me()->next_hgatp) : pick(ROOTS),
				      pick(DATA_GPAS));
		if (rarely(3))
			some_l1_fence();
		break;
	case 5 ... 8:
		some_l1_fence();
		break;
	case 9:
		change_vstage(pick(ROOTS));
		break;
	case 10:
		change_vstage(ROOT_L1);
		break;
	case 11:
		fence_vs_stage();
		break;
	case 12:
		hart->csr[HEXT_CSR_VSATP] = rarely(4) ? 0 : satp_of_l1(pick(ASIDS));
		break;
	case 13 ... 14:
		switch_guest();
		break;
	case 15:
		if (rarely(2))
			start_or_stop_harts();
		break;
	case 20:
		reach_l2();
		break;
	case 21:
		interrupts_step();
		break;
	case 22:
		write_csr(HEXT_CSR_HEDELEG, pick(2) ? MASK64(8, 0) : 0);
		break;
	default:
		enter_l2();
		break;
	}
}

/* ---- L2 ---- */

enum reach { REACHED, FAULTS };

/*
 * One access to @gpa through what the caches say of the G-stage; *@page is one of the pages that it
 * may reach.
 */
static enum reach reach_gpa(const struct access *a, uint64_t gpa, enum hext_access type,
			    uint64_t *page)
{
	static const uint64_t wanted[] = { [HEXT_READ] = R, [HEXT_WRITE] = W, [HEXT_EXEC] = X };
	const struct tlb_vmid *c = &hart->tlb.vmid[tlb_vmid_of(hart->csr[HEXT_CSR_HGATP])];
	bool allowed = false, refused = false;
	unsigned int i;

	tlb_walk_gstage(&hart->tlb, hart->csr[HEXT_CSR_HGATP], gpa);
	for (i = 0; i < c->leaves; i++) {
		if (!tlb_covers(c->leaf[i].gpa, c->leaf[i].level, gpa))
			continue;
		if (!(c->leaf[i].pte & wanted[type])) {
			refused = true;
			continue;
		}
		allowed = true;
		*page = tlb_pte_addr(c->leaf[i].pte) + ((gpa - c->leaf[i].gpa) & ~UINT64_C(4095));
	}
	for (i = 0; i < c->nones; i++)
		refused |= tlb_covers(c->none[i].gpa, c->none[i].level, gpa);
	return allowed && !(a->stubborn && refused) ? REACHED : FAULTS;
}

static void guest_page_fault(struct access *a, uint64_t gpa, bool implicit)
{
	static const uint64_t causes[] = {
		[HEXT_READ] = CAUSE_LOAD_GUEST_PAGE,
		[HEXT_WRITE] = CAUSE_STORE_GUEST_PAGE,
		[HEXT_EXEC] = CAUSE_FETCH_GUEST_PAGE,
	};
	struct machine_trap t = {
		.cause = causes[a->type],
		.tval = a->gva + a->offset,
		.htval = (implicit ? gpa : gpa + a->offset) >> 2,
		.htinst = implicit ? HEXT_HTINST_PTE_READ : 0,
		.gva = true,
	};

	guest_fill_access(&t, a->type, a->gva + a->offset, a->size);
	if (implicit)
		t.access.kind = ACCESS_NONE;
	if (++a->tries > TRIES)
		machine_fail("an access to gva 0x%lx, gpa 0x%lx, type %u is tried for ever", a->gva,
			     gpa, a->type);
	if (gpa_index(gpa) < DATA_GPAS) {
		hot.root = root_of(me()->hgatp);
		hot.gpa = gpa_index(gpa);
	}
	machine_note("l2 fault gva %lx gpa %lx type %u", a->gva, gpa, a->type);
	guest_trap(&t);
}

/* The access reaches a device. */
static void access_device(struct access *a, uint64_t addr)
{
	static const uint64_t causes[] = {
		[HEXT_READ] = CAUSE_LOAD_ACCESS,
		[HEXT_WRITE] = CAUSE_STORE_ACCESS,
		[HEXT_EXEC] = CAUSE_FETCH_ACCESS,
	};
	struct machine_trap t = { .cause = causes[a->type],
				  .tval = a->gva + a->offset,
				  .gva = true };
	uint64_t value;

	a->active = false;
	if (a->type == HEXT_READ && devices_load(addr, a->size, &value))
		return;
	if (a->type == HEXT_WRITE && devices_take_store(addr, a->size)) {
		devices_store(addr, a->size, pick(16));
		return;
	}
	guest_fill_access(&t, a->type, a->gva + a->offset, a->size);
	t.access.kind = ACCESS_NONE;
	guest_trap(&t);
}

/* Access as the hardware does: through the VS-stage tables, then the page. */
static void try_access(struct access *a)
{
	uint64_t vsatp = hart->csr[HEXT_CSR_VSATP];
	const struct tlb_vmid *c = &hart->tlb.vmid[tlb_vmid_of(hart->csr[HEXT_CSR_HGATP])];
	unsigned int asid = vsatp >> SATP_ASID_SHIFT & 0xffff;
	unsigned int i, n;
	uint64_t gpa = a->gva, page = 0;

	if (vsatp >> ATP_MODE_SHIFT) {
		for (n = 0; n < 3; n++) {
			uint64_t table =
				VS_TABLE_GPA(asid - 1, n) + 8 * (a->gva >> (30 - 9 * n) & 0x1ff);

			if (reach_gpa(a, table, HEXT_READ, &page) == FAULTS) {
				guest_page_fault(a, table, true);
				return;
			}
		}
		tlb_walk_vstage(&hart->tlb, hart->csr[HEXT_CSR_HGATP], vsatp,
				hart->csr[HEXT_CSR_HENVCFG], a->gva);
		for (i = 0; i < c->vleaves; i++) {
			if (c->vleaf[i].asid == asid && c->vleaf[i].gva == a->gva)
				break;
		}
		/* A page fault, which L2 takes itself. */
		if (i == c->vleaves) {
			a->active = false;
			return;
		}
		gpa = tlb_pte_addr(c->vleaf[i].pte);
	}
	if (reach_gpa(a, gpa, a->type, &page) == FAULTS)
		guest_page_fault(a, gpa, false);
	else if (devices_at(page))
		access_device(a, page + a->offset);
	else
		a->active = false;
}

static void l2_access(void)
{
	struct access *a = &me()->access;

	if (!a->active) {
		*a = (struct access){ .active = true, .stubborn = pick(2), .type = pick(3) };
		a->size = 1u << (pick(4) ? 2 : pick(3));
		a->offset = a->type == HEXT_EXEC ? 0 : 4 * pick(3);
		hart->pc = L2_CODE + 4 * pick(1024);
		a->gva = hart->csr[HEXT_CSR_VSATP] ? gva_at(pick(GVAS)) : gpas[pick(DATA_GPAS)];
	}
	try_access(a);
}

/* SFENCE.VMA of L2 does not trap. */
static void l2_fence(void)
{
	struct fence f = some_fence(false);

	f.one_root = true;
	f.root = root_of(me()->hgatp);
	f.vmid = tlb_vmid_of(me()->hgatp);
	f.last = f.first | 4095;
	tlb_hfence_vvma(&hart->tlb, tlb_vmid_of(hart->csr[HEXT_CSR_HGATP]), !f.all, f.first,
			!f.any_asid, f.asid);
	permitted_fence(&f, BIT64(hart->index), permitted_now());
}

/*
 * Instructions that L2 may not execute, and a load that is misaligned; stval tells which, or does
 * not.
 */
static const struct machine_trap forbidden[] = {
	{ .cause = CAUSE_VIRTUAL, .tval = 0x60002573, .code = 0x60002573 }, /* csrr a0, hstatus */
	{ .cause = CAUSE_VIRTUAL, .code = 0x60002573 },
	{ .cause = CAUSE_ILLEGAL },
	{ .cause = CAUSE_LOAD_MISALIGNED, .tval = UINT64_C(0x10000001), .gva = true },
};

static void l2_step(void)
{
	const struct machine_trap call = { .cause = hart->user ? CAUSE_ECALL_U : CAUSE_ECALL_VS };

	if (me()->access.active) {
		l2_access();
		return;
	}
	hart->pc = L2_CODE + 4 * pick(1024);
	switch (pick(26)) {
	case 0:
		change_vstage(root_of(me()->hgatp));
		break;
	case 1:
		l2_fence();
		break;
	case 2:
		hart->csr[HEXT_CSR_VSATP] = rarely(6) ? 0 : vsatp_of(pick(ASIDS));
		break;
	case 3 ... 4:
		guest_trap(&call);
		break;
	case 5:
		guest_trap(&forbidden[pick(4)]);
		break;
	default:
		l2_access();
		break;
	}
}

/* ---- writes while Halite reads ---- */

/*
 * Of an entry that L1 does not use, or the value of a CSR that L1 does not look at: more fences do
 * no harm, nor does that.
 */
static void scribble_in_area(unsigned int i)
{
	static const uint16_t csrs[] = {
		HEXT_CSR_VSSCRATCH, HEXT_CSR_VSEPC,   HEXT_CSR_VSCAUSE,
		HEXT_CSR_VSTVAL,    HEXT_CSR_HEDELEG, HEXT_CSR_HCOUNTEREN
	};
	volatile uint64_t *words = area_of(i);
	unsigned int entry = l1[i].pendings + pick(3), csr = csrs[pick(6)];
	unsigned int index = NACL_CSR_INDEX(csr);

	if (pick(2) && entry < MAX_PENDING) {
		words += NACL_HFENCE_OFFSET / 8 + 4 * entry;
		words[pick(4)] = pick(2) ? BIT64(63) | (uint64_t)pick(16) << 56 | pick(8)
					 : (uint64_t)pick(8) << pick(60);
		return;
	}
	words[NACL_CSR_OFFSET / 8 + index] = (uint64_t)pick(256) << pick(60);
	words[NACL_DIRTY_OFFSET / 8 + index / 64] |= BIT64(index % 64);
}

void guest_interferes(void)
{
	unsigned int i = pick(machine.harts);

	if (pick(2))
		change_gstage(hot.root, pick(3) ? hot.gpa : pick(DATA_GPAS));
	else if (l1[i].area)
		scribble_in_area(i);
}

/* ---- for machine.c ---- */

void guest_step(void)
{
	if (pick(2))
		machine_read_ahead(hart);
	interrupts_check();
	if (machine_calm)
		return;
	if (hart->vcpu->h.virt) {
		permitted_check(hart, root_of(me()->hgatp), tlb_vmid_of(me()->hgatp));
		check_mode();
		l2_step();
	} else {
		permitted_check(hart, ROOT_L1, 0);
		l1_step();
	}
}

void guest_read_ahead(struct hart *h)
{
	uint64_t hgatp = h->csr[HEXT_CSR_HGATP], vsatp = h->csr[HEXT_CSR_VSATP];
	unsigned int i;

	for (i = 0; i < GPAS; i++)
		tlb_walk_gstage(&h->tlb, hgatp, gpas[i]);
	for (i = 0; i < GVAS; i++)
		tlb_walk_vstage(&h->tlb, hgatp, vsatp, h->csr[HEXT_CSR_HENVCFG], gva_at(i));
}

void guest_hart_starts(void)
{
	*me() = (struct l1){ 0 };
}

void guest_init(void)
{
	unsigned int root, a, n;

	permitted_init();
	for (root = 0; root < ROOTS; root++) {
		for (a = 0; a < ASIDS; a++) {
			for (n = 0; n < 3; n++)
				set_pte(root, VS_TABLE_GPA(a, n), 0,
					vs_table_at(root, a, n) >> 12 << 10 | V | RWX | U | A | D);
		}
		for (n = 0; n < GVAS; n++)
			change_vstage(root);
	}
}
