/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pointer masking (priv "Pointer Masking Extensions", Ssnpm): which field PMM masks which access,
 * how many bits, and what the trap of a masked address shows.
 */
#include "conformance.h"
#include "tables.h"

#define TAG	UINT64_C(0x5a5a000000000000) /* in the upper 16 bits, and in the upper 7 */
#define TAG7	UINT64_C(0xaa00000000000000)
#define ENVCFG	32
#define HUPMM	48
#define MISSING (DATA_VA + DATA_PAGES * PAGE)

/* The fields that can mask an access of a mode that HS mode controls. */
enum field { NONE, OF_HENVCFG, OF_SENVCFG, OF_HUPMM, FIELDS };
static const char *const field_names[] = { "no PMM", "henvcfg.PMM", "senvcfg.PMM",
					   "hstatus.HUPMM" };

enum kind { LOAD, STORE, EXEC };
static const struct {
	const char *name;
	uint32_t insn;
	enum kind kind;
} accesses[] = {
	{ "hlv.d", INSN_HLV_D, LOAD },
	{ "hsv.d", INSN_HSV_D, STORE },
	{ "hlvx.wu", INSN_HLVX_WU, EXEC },
};

/* Sets the field @f to @pmm, and the others to 0. Returns what goes to hstatus. */
static uint64_t set_pmm(enum field f, uint64_t pmm)
{
	h_write(CSR_HENVCFG, f == OF_HENVCFG ? pmm << ENVCFG : 0);
	csr_write(senvcfg, f == OF_SENVCFG ? pmm << ENVCFG : 0);
	h_settle();
	return f == OF_HUPMM ? pmm << HUPMM : 0;
}

static void read_trap(void)
{
	me->htval = h_read(CSR_HTVAL);
	me->htinst = h_read(CSR_HTINST);
	me->mode = VS;
}

/* priv H "hstatus": the field that masks an HLV or HSV in mode @from for mode @as. */
static enum field field_of(enum mode from, enum mode as)
{
	return as == VS ? OF_HENVCFG : from == HS ? OF_SENVCFG : OF_HUPMM;
}

static uint64_t fault_of(enum kind kind)
{
	return kind == STORE ? CAUSE_STORE_PAGE : CAUSE_LOAD_PAGE;
}

static void check_hypervisor(enum mode from, enum mode as, enum field f)
{
	uint64_t hstatus = (from == U ? HSTATUS_HU : 0) | (as == VS ? HSTATUS_SPVP : 0);
	unsigned int i;
	struct scene s;

	scene_make(&s, M39, M39, as);
	scene_use(&s);
	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		bool masked = f == field_of(from, as) && accesses[i].kind != EXEC;

		try_insn(from, accesses[i].insn, (DATA_VA + 8) ^ TAG, DATA_WORD(0, 1),
			 hstatus | set_pmm(f, 3));
		read_trap();
		check_short(masked ? DONE : TO_HS, fault_of(accesses[i].kind),
			    "mask %s in %s for %s, %s is 3", accesses[i].name, mode_names[from],
			    mode_names[as], field_names[f]);
		try_insn(from, accesses[i].insn, MISSING ^ TAG, 0, hstatus | set_pmm(f, 3));
		read_trap();
		check(me->tval == (masked ? MISSING : MISSING ^ TAG),
		      "mask %s in %s for %s of no page, %s is 3: tval 0x%lx", accesses[i].name,
		      mode_names[from], mode_names[as], field_names[f], (unsigned long)me->tval);
	}
	set_pmm(NONE, 0);
}

/* PMLEN is 7 or 16; the bit below the masked bits is a part of the address. */
static void check_lengths(void)
{
	static const struct {
		uint64_t tag;
		bool by7, by16;
	} tags[] = {
		{ TAG7, true, true },
		{ UINT64_C(1) << 57, true, true },
		{ UINT64_C(1) << 56, false, true },
		{ UINT64_C(1) << 48, false, true },
		{ UINT64_C(1) << 47, false, false },
		{ ~UINT64_C(0) << 48, false, true },
	};
	unsigned int i, pmm;
	struct scene s;

	scene_make(&s, M39, M39, VS);
	scene_use(&s);
	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		for (pmm = 2; pmm <= 3; pmm++) {
			set_pmm(OF_HENVCFG, pmm);
			try_insn(HS, INSN_HLV_D, (DATA_VA + 8) ^ tags[i].tag, 0, HSTATUS_SPVP);
			read_trap();
			check_short((pmm == 2 ? tags[i].by7 : tags[i].by16) ? DONE : TO_HS,
				    CAUSE_LOAD_PAGE, "mask bits 0x%lx by %u",
				    (unsigned long)tags[i].tag, pmm);
		}
	}
	set_pmm(NONE, 0);
}

/* MXR of HS mode and of VS mode are both in effect for an access of VS mode. */
static void check_mxr(void)
{
	unsigned int n;
	struct scene s;

	for (n = 0; n < 4; n++) {
		scene_make(&s, M39, M39, VS);
		scene_use(&s);
		h_write(CSR_VSSTATUS, n & 1 ? SSTATUS_MXR : 0);
		set_pmm(OF_HENVCFG, 3);
		csr_clear(sstatus, SSTATUS_MXR);
		csr_set(sstatus, n & 2 ? SSTATUS_MXR : 0);
		try_insn(HS, INSN_HLV_D, (DATA_VA + 8) ^ TAG, 0, HSTATUS_SPVP);
		read_trap();
		csr_clear(sstatus, SSTATUS_MXR);
		check_short(n ? TO_HS : DONE, CAUSE_LOAD_PAGE, "mask hlv.d under MXR %u/%u", n & 1,
			    n >> 1);
	}
	h_write(CSR_VSSTATUS, 0);
	set_pmm(NONE, 0);
}

/* Without a first stage, the masked bits become 0; with one, copies of the next bit. */
static void check_physical(enum mode mode)
{
	const uint64_t tagged = DATA_GPA ^ TAG, high = tagged | UINT64_C(1) << 47;
	enum field f = mode == VS ? OF_HENVCFG : OF_SENVCFG;
	struct scene s;

	scene_make(&s, BARE, M39, mode);
	scene_use(&s);
	try_insn(HS, INSN_HLV_D, tagged, 0, (mode == VS ? HSTATUS_SPVP : 0) | set_pmm(f, 3));
	read_trap();
	check_short(DONE, 0, "mask hlv.d for %s without paging", mode_names[mode]);
	try_insn(HS, INSN_HLV_D, high, 0, mode == VS ? HSTATUS_SPVP : 0);
	read_trap();
	check_short(TO_HS, CAUSE_LOAD_GUEST_PAGE, "mask hlv.d for %s without paging, bit 47",
		    mode_names[mode]);
	check(me->tval == (DATA_GPA | UINT64_C(1) << 47),
	      "mask hlv.d for %s without paging, bit 47, tval = 0x%lx", mode_names[mode],
	      (unsigned long)me->tval);
	set_pmm(NONE, 0);
}

/* Loads and stores of L2. A trap has the masked address, and htinst as without masking. */
static void check_guest(enum mode mode, enum field f)
{
	bool masked = f == (mode == VS ? OF_HENVCFG : OF_SENVCFG);
	struct scene s;

	scene_make(&s, M39, M39, mode);
	map(&s.vs, MISSING, DATA_GPA + DATA_PAGES * PAGE, 0, PTE_RWX | (mode == VU ? PTE_U : 0));
	scene_use(&s);
	set_pmm(f, 3);
	scene_try(&s, INSN_LD, (DATA_VA + 8) ^ TAG, 0);
	check_short(masked ? DONE : TO_HS, CAUSE_LOAD_PAGE, "mask ld in %s, %s is 3",
		    mode_names[mode], field_names[f]);
	scene_try(&s, INSN_SD, (DATA_VA + 8) ^ TAG, 1);
	check_short(masked ? DONE : TO_HS, CAUSE_STORE_PAGE, "mask sd in %s, %s is 3",
		    mode_names[mode], field_names[f]);
	scene_try(&s, INSN_LD, MISSING ^ TAG, 0);
	check_short(TO_HS, masked ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE,
		    "mask ld in %s of no page of the G-stage, %s is 3", mode_names[mode],
		    field_names[f]);
	set_pmm(NONE, 0);
}

/* The modes that no field of these masks: HS mode has menvcfg.PMM. U mode has senvcfg.PMM. */
static void check_own(enum mode mode, enum field f)
{
	const uint64_t addr = (uintptr_t)&data_pages[0][1];
	bool masked = mode == U && f == OF_SENVCFG;

	try_insn(mode, INSN_LD, addr ^ TAG, 0, set_pmm(f, 3));
	check(masked ? ended().to == DONE : ended().to == TO_HS, "mask ld in %s, %s is 3 = %s",
	      mode_names[mode], field_names[f], ended().to == DONE ? "masked" : "not masked");
	set_pmm(NONE, 0);
}

/* Two guests that differ in their masking, one after the other. */
static void check_two_guests(void)
{
	unsigned int i;
	struct scene s;

	scene_make(&s, M39, M39, VU);
	scene_use(&s);
	for (i = 0; i < 4; i++) {
		set_pmm(i & 1 ? OF_SENVCFG : NONE, 3);
		scene_try(&s, INSN_LD, (DATA_VA + 8) ^ TAG, 0);
		check_short(i & 1 ? DONE : TO_HS, CAUSE_LOAD_PAGE, "mask guest %u of two, turn %u",
			    i & 1, i >> 1);
	}
	set_pmm(NONE, 0);
}

void check_masking(void)
{
	enum field f;

	area_begin("mask: pointer masking");
	if (!has_extension("ssnpm")) {
		record("mask # SKIP the ISA string has no ssnpm");
		return;
	}
	for (f = NONE; f < FIELDS; f++) {
		check_hypervisor(HS, VS, f);
		check_hypervisor(HS, VU, f);
		check_hypervisor(U, VS, f);
		check_hypervisor(U, VU, f);
		check_guest(VS, f);
		check_guest(VU, f);
		check_own(HS, f);
		check_own(U, f);
	}
	check_lengths();
	check_mxr();
	check_physical(VS);
	check_physical(VU);
	check_two_guests();
	tables_reset();
	calm();
}
