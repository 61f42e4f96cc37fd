/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two harts send MSIs to each other, one at a time, by stores and by the APLIC. They do so as they
 * are (L1), and in a guest each (L2) that has the hart's first guest interrupt file. If Halite
 * counts exits, a hart that receives must have none, and a hart that sends by stores neither. Words
 * on the command line:
 *   rounds=N   number of messages, without those that warm up
 *   stores     without the APLIC
 * Needs a machine with IMSICs on which hart n has the n-th interrupt files.
 */
#include <libfdt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "aia.h"
#include "csr.h"
#include "guest.h"

#define HARTS	       2
#define ROUNDS_DEFAULT 1000
#define FEW	       100 /* messages that warm up: each page, entry and exit occurs */

#define ECALL_VS 10

#define EIDELIVERY  0x70
#define EITHRESHOLD 0x72
#define EIE0	    0xc0

#define SIE_SEIE	UINT64_C(0x200)
#define HIP_SGEIP	UINT64_C(0x1000)
#define HIDELEG_VSEI	UINT64_C(0x400)
#define HSTATUS_VGEIN_1 UINT64_C(0x1000)
#define FILE_1		UINT64_C(2)	    /* in hgeie and hgeip */
#define STATEEN_AIA	(UINT64_C(7) << 58) /* IMSIC, AIA, CSRIND */

#define ID 5 /* interrupt identity of all messages */

/* APLIC, supervisor level */
#define DOMAINCFG    0x0000
#define DOMAINCFG_IE 0x100
#define DOMAINCFG_DM 0x004 /* delivery by MSI */
#define SOURCECFG    0x0000
#define DETACHED     1
#define SETIPNUM     0x1cdc
#define SETIENUM     0x1edc
#define CLRIENUM     0x1fdc
#define TARGET	     0x3000

/*
 * L2's memory: RAM at the same addresses, and the harts' guest interrupt files one after the
 * other.
 */
#define HGATP_SV39X4 (UINT64_C(8) << 60)
#define GIB	     (UINT64_C(1) << 30)
#define RAM	     UINT64_C(0x80000000)
#define L2_FILES     GIB
#define PTE_TABLE    1
#define PTE_LEAF     0xd7 /* D, A, U, W, R, V */

static struct {
	uint64_t start;	    /* address of the supervisor-level interrupt files */
	unsigned int shift; /* the files of two harts are 1 << shift bytes apart */
	volatile uint32_t *aplic;
	unsigned int source; /* a source without a device */
} machine;

/* How messages go from the first hart to the second, and back if both send. */
struct part {
	const char *name;
	enum role roles[HARTS];
	unsigned int levels[HARTS]; /* level at which each hart runs, 1 or 2 */
	bool by_aplic;
};

static const struct part parts[] = {
	{ "L1 and L1", { ROLE_FIRST, ROLE_SECOND }, { 1, 1 }, false },
	{ "APLIC to L1", { ROLE_SEND, ROLE_RECEIVE }, { 1, 1 }, true },
	{ "L2 and L2", { ROLE_FIRST, ROLE_SECOND }, { 2, 2 }, false },
	{ "L1 to L2", { ROLE_SEND, ROLE_RECEIVE }, { 1, 2 }, false },
	{ "APLIC to L2", { ROLE_SEND, ROLE_RECEIVE }, { 1, 2 }, true },
};

static uint64_t rounds = ROUNDS_DEFAULT;
static bool stores_only;
static struct side sides[HARTS];
static uint64_t causes[HARTS]; /* scause of the trap that ended L2 */
static int64_t more[HARTS];    /* exits for rounds messages; negative: Halite counts no exits */
static unsigned int arrived;   /* number of arrivals at the barrier so far */
static const struct part *volatile current;
static uint64_t first_hart;
static uint8_t second_stack[8192] __attribute__((aligned(16)));
static uint8_t l2_stacks[HARTS][4096] __attribute__((aligned(16)));
static uint64_t root[2048] __attribute__((aligned(16384)));
static uint64_t second_level[512] __attribute__((aligned(4096)));
static uint64_t leaves[512] __attribute__((aligned(4096)));

static uint32_t cell(const void *fdt, int node, const char *name, int n)
{
	int size;
	const fdt32_t *value = fdt_getprop(fdt, node, name, &size);

	return value && size >= 4 * (n + 1) ? fdt32_to_cpu(value[n]) : 0;
}

/* In QEMU's and Halite's trees, address and size in reg have two cells each. */
static uint64_t address(const void *fdt, int node)
{
	return (uint64_t)cell(fdt, node, "reg", 0) << 32 | cell(fdt, node, "reg", 1);
}

static void find_machine(const void *fdt)
{
	int node = -1, aplic = -1;

	while ((node = fdt_node_offset_by_compatible(fdt, node, "riscv,imsics")) >= 0) {
		if (cell(fdt, node, "interrupts-extended", 1) == 9)
			break;
	}
	if (node < 0)
		return;
	machine.start = address(fdt, node);
	machine.shift = 12 + cell(fdt, node, "riscv,guest-index-bits", 0);
	while ((aplic = fdt_node_offset_by_compatible(fdt, aplic, "riscv,aplic")) >= 0) {
		if (cell(fdt, aplic, "msi-parent", 0) == fdt_get_phandle(fdt, node))
			break;
	}
	machine.aplic = (volatile uint32_t *)address(fdt, aplic);
	machine.source = cell(fdt, aplic, "riscv,num-sources", 0);
}

static void read_command_line(const void *fdt)
{
	static const char word[] = "rounds=";
	const char *line = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL);
	const char *digit = line ? strstr(line, word) : NULL;

	stores_only = line && strstr(line, "stores");
	if (!digit)
		return;
	rounds = 0;
	for (digit += strlen(word); *digit >= '0' && *digit <= '9'; digit++)
		rounds = rounds * 10 + (uint64_t)(*digit - '0');
}

static uint64_t page(unsigned int hart, unsigned int file)
{
	return machine.start + ((uint64_t)hart << machine.shift) + file * PAGE;
}

/*
 * The APLIC's number for a file of a hart. As Linux assumes, it is the number of the file's
 * page.
 */
static uint32_t guest_index(uint64_t file)
{
	return file / PAGE & ((1u << (machine.shift - 12)) - 1);
}

static void aplic_write(unsigned int offset, uint32_t value)
{
	machine.aplic[offset / 4] = value;
}

static void make_tables(void)
{
	unsigned int hart;

	root[RAM / GIB] = RAM >> 2 | PTE_LEAF | PTE_X;
	root[L2_FILES / GIB] = (uintptr_t)second_level >> 2 | PTE_TABLE;
	second_level[0] = (uintptr_t)leaves >> 2 | PTE_TABLE;
	for (hart = 0; hart < HARTS; hart++)
		leaves[hart] = page(hart, 1) >> 2 | PTE_LEAF;
}

static void file_write(unsigned int reg, uint64_t value)
{
	csr_write(CSR_SISELECT, reg);
	csr_write(CSR_SIREG, value);
}

static void wait(const volatile uint64_t *count, uint64_t n)
{
	while (*count < n)
		;
}

/* Does the work of the side's role, in L1 or in L2. */
static void work(struct side *me)
{
	uint64_t i;

	csr_write(CSR_SSCRATCH, (uintptr_t)me);
	csr_write(CSR_STVEC, (uintptr_t)aia_vector);
	file_write(EITHRESHOLD, 0);
	file_write(EIE0, UINT64_C(1) << ID);
	file_write(EIDELIVERY, 1);
	csr_write(CSR_SIE, SIE_SEIE);
	__asm__ volatile("csrs sstatus, %0" : : "r"(SSTATUS_SIE) : "memory");
	for (i = 1; i <= me->rounds; i++) {
		if (me->role == ROLE_SECOND || me->role == ROLE_RECEIVE)
			wait(&me->received, i);
		if (me->role != ROLE_RECEIVE)
			*me->to = me->message;
		if (me->role == ROLE_FIRST)
			wait(&me->received, i);
		if (me->role == ROLE_SEND)
			wait(&me->other->received, i);
	}
	__asm__ volatile("csrc sstatus, %0" : : "r"(SSTATUS_SIE) : "memory");
	csr_write(CSR_SIE, 0);
	file_write(EIDELIVERY, 0);
}

/* A barrier: each hart waits for the other. */
static void meet(void)
{
	unsigned int n = __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);

	n = (n + HARTS - 1) / HARTS * HARTS;
	while ((int)(__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) - n) < 0)
		;
}

/* Does one hart's work in a part. Returns the number of its exits, with those of this function. */
static int64_t play(unsigned int hart, uint64_t count)
{
	const struct part *part = current;
	unsigned int place = hart != first_hart, other = !hart;
	struct side *me = &sides[hart];
	uint64_t file = page(other, part->levels[!place] - 1);
	int64_t before;

	me->received = 0;
	me->other = &sides[other];
	me->role = part->roles[place];
	me->rounds = count;
	me->message = ID;
	me->to = (volatile uint32_t *)file;
	if (part->levels[place] == 2)
		me->to = (volatile uint32_t *)(L2_FILES + other * PAGE);
	if (part->by_aplic && me->role == ROLE_SEND) {
		me->to = machine.aplic + SETIPNUM / 4;
		me->message = machine.source;
		aplic_write(TARGET + 4 * machine.source,
			    other << 18 | guest_index(file) << 12 | ID);
	}
	meet();
	before = guest_exits();
	if (part->levels[place] == 1)
		work(me);
	else
		causes[hart] = aia_run_l2(work, me, l2_stacks[hart] + sizeof(l2_stacks[hart]));
	before = before < 0 ? -1 : guest_exits() - before;
	meet();
	return before;
}

/* Sets more[] to the exits of rounds messages: those of FEW + rounds messages less those of FEW. */
static void take_part(unsigned int hart)
{
	int64_t few, many;

	play(hart, FEW);
	few = play(hart, FEW);
	many = play(hart, FEW + rounds);
	more[hart] = few < 0 ? -1 : many - few;
	meet();
}

static void open_l2(void)
{
	aia_permit(STATEEN_AIA);
	csr_write(CSR_HIDELEG, HIDELEG_VSEI);
	csr_write(CSR_HGATP, HGATP_SV39X4 | (uintptr_t)root / PAGE);
	csr_write(CSR_HSTATUS, HSTATUS_VGEIN_1);
}

static void check_part(const struct part *part, unsigned int hart)
{
	char what[64];
	unsigned int place, n = 0;

	for (place = 0; place < HARTS; place++) {
		unsigned int h = place ? !hart : hart;

		if (part->roles[place] != ROLE_SEND)
			n += sides[h].received;
		if (part->roles[place] != ROLE_SEND && sides[h].last != (ID << 16 | ID))
			guest_check("an interrupt of another identity", (int64_t)sides[h].last, 0);
		if (part->levels[place] == 2)
			guest_check("L2 ended by its call", (int64_t)causes[h], ECALL_VS);
	}
	snprintf(what, sizeof(what), "%s: messages", part->name);
	guest_check(what, n, (FEW + rounds) * (part->roles[0] == ROLE_FIRST ? 2 : 1));
	if (more[hart] < 0)
		return;
	if (!part->by_aplic) {
		snprintf(what, sizeof(what), "%s: exits of the first for %lu messages", part->name,
			 (unsigned long)rounds);
		guest_check(what, more[hart], 0);
	}
	snprintf(what, sizeof(what), "%s: exits of the second for %lu messages", part->name,
		 (unsigned long)rounds);
	guest_check(what, more[!hart], 0);
}

/* A message to a guest that does not run must be pending for L1, as SGEI. */
static void check_waiting(unsigned int hart)
{
	unsigned int tries = 1000000;

	csr_write(CSR_VSISELECT, EIE0);
	csr_write(CSR_VSIREG, UINT64_C(1) << ID);
	csr_write(CSR_VSISELECT, EIDELIVERY);
	csr_write(CSR_VSIREG, 1);
	csr_write(CSR_HGEIE, FILE_1);
	guest_check("no guest waits: hip.SGEIP", !!(csr_read(CSR_HIP) & HIP_SGEIP), 0);
	*(volatile uint32_t *)page(hart, 1) = ID;
	while (tries-- && !(csr_read(CSR_HIP) & HIP_SGEIP))
		;
	guest_check("a guest waits: hgeip", (int64_t)csr_read(CSR_HGEIP), FILE_1);
	csr_write(CSR_VSTOPEI, 0);
	guest_check("its interrupt is claimed: hgeip", (int64_t)csr_read(CSR_HGEIP), 0);
	guest_check("its interrupt is claimed: hip.SGEIP", !!(csr_read(CSR_HIP) & HIP_SGEIP), 0);
	csr_write(CSR_HGEIE, 0);
}

void guest_main(uint64_t hartid, const void *fdt)
{
	unsigned int hart = (unsigned int)hartid, i;
	bool files;

	if (!fdt_check_header(fdt)) {
		find_machine(fdt);
		read_command_line(fdt);
	}
	if (!machine.start || !machine.aplic || hartid >= HARTS) {
		guest_check("IMSIC, APLIC by MSI, and two harts are there", 0, 1);
		guest_finish();
	}
	first_hart = hartid;
	csr_write(CSR_HGEIE, FILE_1);
	files = csr_read(CSR_HGEIE) == FILE_1;
	csr_write(CSR_HGEIE, 0);
	make_tables();
	aplic_write(DOMAINCFG, DOMAINCFG_IE | DOMAINCFG_DM);
	aplic_write(SOURCECFG + 4 * machine.source, DETACHED);
	aplic_write(SETIENUM, machine.source);
	if (guest_sbi(EXT_HSM, 0, !hart, (uintptr_t)guest_second_start,
		      (uintptr_t)second_stack + sizeof(second_stack), 0, 0)
		    .error) {
		guest_check("a second hart", 0, 1);
		guest_finish();
	}
	open_l2();
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((parts[i].levels[1] == 2 && !files) || (parts[i].by_aplic && stores_only))
			continue;
		current = &parts[i];
		meet();
		take_part(hart);
		check_part(&parts[i], hart);
	}
	if (files)
		check_waiting(hart);
	aplic_write(CLRIENUM, machine.source);
	guest_finish();
}

void guest_second_main(uint64_t hartid)
{
	open_l2();
	for (;;) {
		meet();
		take_part((unsigned int)hartid);
	}
}
