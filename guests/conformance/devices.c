/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices, firmware's memory and addresses without a device behind the G-stage, for L2 and for
 * HLV.
 */
#include "aia.h"
#include "tables.h"

#define NOWHERE	 UINT64_C(0x40000)
#define FIRMWARE UINT64_C(0x80000000)
#define BEYOND	 UINT64_C(0x10000000000)
#define SOURCE	 7 /* a source of the PLIC that nothing uses */

struct target {
	const char *name;
	uint64_t pa;
	uint64_t offset;    /* in its page */
	unsigned int width; /* the bytes of an access that the device defines; 0: no device */
	bool unsteady;	    /* the value that is read changes, so it is not printed */
};

/* The devices come first; check_devices() fills in their addresses. */
enum { PLIC, UART_STATUS, UART_SCRATCH };

static struct target targets[] = {
	[PLIC] = { "PLIC priority", 0, SOURCE * 4, 4, false },
	[UART_STATUS] = { "UART line status", 0, 5, 1, true },
	[UART_SCRATCH] = { "UART scratch", 0, 7, 1, false },
	{ "firmware", FIRMWARE, 0, 0, false },
	{ "nowhere", NOWHERE, 0x10, 0, false },
	{ "beyond all memory", BEYOND, 8, 0, false },
};

static const struct {
	const char *name;
	uint32_t insn, hlv;
	uint8_t width;
	bool store;
} accesses[] = {
	{ "byte load", INSN_LOAD(4), INSN_HLV(0x30, 1), 1, false },
	{ "word load", INSN_LOAD(6), INSN_HLV(0x34, 1), 4, false },
	{ "double load", INSN_LOAD(3), INSN_HLV(0x36, 0), 8, false },
	{ "byte store", INSN_STORE(0), INSN_HSV(0x31), 1, true },
	{ "word store", INSN_STORE(2), INSN_HSV(0x35), 4, true },
};

/* Maps the device as data page 0 of the scene. */
static void make(struct scene *s, enum atp_mode vs, const struct target *t, enum mode mode)
{
	scene_make(s, vs, M39, mode);
	map(&s->g, DATA_GPA, t->pa, 0, PTE_PAGE);
	scene_use(s);
}

static void check_target(const struct target *t, enum atp_mode vs, unsigned int access,
			 enum mode mode)
{
	const uint64_t offset = t->offset & ~(uint64_t)(accesses[access].width - 1);
	uint64_t cause = accesses[access].store ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS;
	struct scene s;

	if (t->width && accesses[access].width != t->width)
		return;
	if (t->unsteady && accesses[access].store)
		return;
	make(&s, vs, t, mode);
	scene_try(&s, accesses[access].insn, scene_data(&s) + offset, 5);
	if (t->unsteady)
		me->x[A0] = 0;
	check_short(t->width ? DONE : TO_HS, cause, "device %s, %s in %s, %s", t->name,
		    accesses[access].name, mode_names[mode], vs == BARE ? "bare" : "sv39");
	try_insn(HS, accesses[access].hlv, scene_data(&s) + offset, 5,
		 mode == VS ? HSTATUS_SPVP : 0);
	me->htval = h_read(CSR_HTVAL);
	me->htinst = h_read(CSR_HTINST);
	me->mode = VS;
	if (t->unsteady)
		me->x[A0] = 0;
	check_short(t->width ? DONE : TO_HS, cause, "device %s, %s by HLV or HSV for %s, %s",
		    t->name, accesses[access].name, mode_names[mode], vs == BARE ? "bare" : "sv39");
}

static void check_fetch(const struct target *t, enum mode mode)
{
	struct scene s;

	if (t->width)
		return;
	make(&s, M39, t, mode);
	scene_try(&s, INSN_JR, DATA_VA, 0);
	check_short(TO_HS, CAUSE_FETCH_ACCESS, "device %s, fetch in %s", t->name, mode_names[mode]);
}

/*
 * Page tables of either stage at an address without memory: an access fault of the access's
 * kind.
 */
static void check_tables(const struct target *t)
{
	static const struct {
		const char *name;
		uint32_t insn;
		uint64_t cause;
	} kinds[] = {
		{ "load", INSN_LD, CAUSE_LOAD_ACCESS },
		{ "store", INSN_SD, CAUSE_STORE_ACCESS },
		{ "fetch", INSN_JR, CAUSE_FETCH_ACCESS },
	};
	unsigned int i, level;
	struct scene s;

	if (t->width)
		return;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (level = 1; level < 3; level++) {
			scene_make(&s, M39, M39, VS);
			*pte_of(&s.g, UINT64_C(0x1000000000) + DATA_GPA, level) =
				PPN(t->pa) | PTE_V;
			map(&s.vs, DATA_VA, UINT64_C(0x1000000000) + DATA_GPA, 0, PTE_RWX);
			scene_use(&s);
			scene_try(&s, kinds[i].insn, DATA_VA + 8, 0);
			check_short(TO_HS, kinds[i].cause, "device %s as G table of level %u, %s",
				    t->name, level - 1, kinds[i].name);
			scene_make(&s, M39, M39, VS);
			map(&s.g, DATA_GPA + 0x100000, t->pa, 0, PTE_PAGE);
			*pte_of(&s.vs, BIT64(37) + DATA_VA, level) =
				PPN(DATA_GPA + 0x100000) | PTE_V;
			scene_use(&s);
			scene_try(&s, kinds[i].insn, BIT64(37) + DATA_VA + 8, 0);
			check_short(TO_HS, kinds[i].cause, "device %s as VS table of level %u, %s",
				    t->name, level - 1, kinds[i].name);
		}
	}
}

void check_devices(void)
{
	unsigned int i, access, mode;

	area_begin("device: devices, firmware's memory and nothing behind the G-stage");
	targets[PLIC].pa = aia.plic;
	targets[UART_STATUS].pa = machine_uart;
	targets[UART_SCRATCH].pa = machine_uart;
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		if (!targets[i].pa)
			continue;
		for (mode = VS; mode <= VU; mode++) {
			for (access = 0; access < ARRAY_SIZE(accesses); access++) {
				check_target(&targets[i], M39, access, mode);
				check_target(&targets[i], BARE, access, mode);
			}
			check_fetch(&targets[i], mode);
		}
		check_tables(&targets[i]);
	}
	/* Restore the priority. */
	if (aia.plic)
		*(volatile uint32_t *)(aia.plic + SOURCE * 4) = 0;
	calm();
}
