/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest in one of several domains. It says what part of the machine it finds, tries to reach what
 * belongs to another domain, and checks that nobody has reached what is its own. The words on its
 * command line, numbers in hexadecimal:
 *   harts=N      the number of its harts
 *   memory=N     the size of its memory in MiB
 *   source=N     an interrupt source of a device of its own
 *   no-hart=N, no-memory=A, no-device=A, no-source=N
 *                a hart, an address in RAM, a device's address and a source that are not its own
 *   off          it has IE of its APLIC clear while it runs on
 *   ticks=N      how long it runs on after its attacks, in ticks of the time CSR
 *   fail         its end is a failure
 *   chatty       its other harts write lines until they are stopped
 *   note=A       at its first boot, it writes a note to address A of its memory, starts its harts
 *                and asks for a reset
 *   stops        these harts have stopped themselves before the reset
 */
#include <libfdt.h>
#include <string.h>

#include "../../bench/marker.h"
#include "guest.h"

#define NOT_SUPPORTED	(-2)
#define INVALID_PARAM	(-3)
#define INVALID_ADDRESS (-5)

#define HSM_START   0
#define HSM_STOP    1
#define HSM_STATUS  2
#define HSM_STOPPED 1

#define HARTS_MAX 64
#define PRIORITY  5

#define PMU_SNAPSHOT   7
#define NACL_SET_SHMEM 1

#define DBCN_BYTES 16

/* For the counting plugin of bench/: the boot until this guest begins. */
static const char boot_mark[BENCH_NAME_MAX] __attribute__((aligned(BENCH_NAME_MAX))) = "boot-first";

static const char *words;
static uint64_t harts[HARTS_MAX];
static unsigned int hart_count;
static uint64_t memory_size;
static volatile uint64_t seconds_alive;
static uint8_t stacks[HARTS_MAX][4096] __attribute__((aligned(16)));
static volatile uint64_t pattern[4096];

static uint64_t read_time(void)
{
	uint64_t time;

	__asm__ volatile("csrr %0, time" : "=r"(time));
	return time;
}

/* ---- the command line ---- */

/* The text behind @name, or NULL if there is no such word. */
static const char *word(const char *name)
{
	size_t len = strlen(name);
	const char *at;

	for (at = words; (at = strstr(at, name)); at += len) {
		if (at == words || at[-1] == ' ')
			return at + len;
	}
	return NULL;
}

static uint64_t number(const char *name)
{
	static const char digits[] = "0123456789abcdef";
	const char *text = word(name), *digit;
	uint64_t value = 0;

	for (; text && *text && (digit = strchr(digits, *text)); text++)
		value = value << 4 | (uint64_t)(digit - digits);
	return value;
}

/* ---- the device tree ---- */

static bool is(const void *fdt, int node, const char *name, const char *value)
{
	const char *text = fdt_getprop(fdt, node, name, NULL);

	return text && !strcmp(text, value);
}

/* The harts that the device tree does not disable, with @hartid, the hart that runs, in front. */
static void find_harts(const void *fdt, uint64_t hartid)
{
	unsigned int i;
	int node;

	fdt_for_each_subnode (node, fdt, fdt_path_offset(fdt, "/cpus")) {
		const fdt32_t *reg = fdt_getprop(fdt, node, "reg", NULL);

		if (is(fdt, node, "device_type", "cpu") && !is(fdt, node, "status", "disabled") &&
		    hart_count < HARTS_MAX)
			harts[hart_count++] = fdt32_ld(reg);
	}
	for (i = 1; i < hart_count; i++) {
		if (harts[i] == hartid) {
			harts[i] = harts[0];
			harts[0] = hartid;
		}
	}
}

static void find_memory(const void *fdt)
{
	int node, len, at;

	fdt_for_each_subnode (node, fdt, 0) {
		const fdt64_t *reg = fdt_getprop(fdt, node, "reg", &len);

		if (!is(fdt, node, "device_type", "memory"))
			continue;
		for (at = 0; at < len / 16; at++)
			memory_size += fdt64_ld(reg + 2 * at + 1);
	}
}

/* Whether the device tree has an IMSIC. */
static bool has_msis(const void *fdt)
{
	return fdt_node_offset_by_compatible(fdt, -1, "riscv,imsics") >= 0;
}

/* ---- attacks ---- */

static int64_t error_of(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
			uint64_t a3)
{
	return guest_sbi(ext, fid, a0, a1, a2, a3, 0).error;
}

static void attack_hart(uint64_t other)
{
	uint64_t code = (uintptr_t)guest_second_start;
	unsigned int fid;

	guest_check("ipi to a hart of another domain", error_of(EXT_IPI, 0, 1, other, 0, 0),
		    INVALID_PARAM);
	guest_check("ipi to an own hart and one of another domain",
		    error_of(EXT_IPI, 0, 1 | BIT64(other > harts[0] ? other - harts[0] : 1),
			     other > harts[0] ? harts[0] : other, 0, 0),
		    INVALID_PARAM);
	guest_check("ipi to all harts", error_of(EXT_IPI, 0, 0, -1, 0, 0), 0);
	for (fid = 0; fid <= 6; fid++) {
		guest_check("rfence on a hart of another domain",
			    error_of(EXT_RFENCE, fid, 1, other, 0, 0), INVALID_PARAM);
		guest_check("rfence on all harts", error_of(EXT_RFENCE, fid, 0, -1, 0, 0), 0);
	}
	guest_check("hsm: start of a hart of another domain",
		    error_of(EXT_HSM, HSM_START, other, code, 0, 0), INVALID_PARAM);
	guest_check("hsm: status of a hart of another domain",
		    error_of(EXT_HSM, HSM_STATUS, other, 0, 0, 0), INVALID_PARAM);
}

static uint64_t root[2048] __attribute__((aligned(16384)));

/* HLV through a table of this guest that maps address 0 to the GiB with @addr. */
static uint64_t through_table(uint64_t addr)
{
	const uint64_t gib = UINT64_C(1) << 30;
	uint64_t cause;

	root[0] = PPN(addr & ~(gib - 1)) | PTE_RWX | PTE_U;
	__asm__ volatile("csrw 0x680, %0" : : "r"(UINT64_C(8) << 60 | (uintptr_t)root >> 12));
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory"); /* hfence.gvma */
	cause = guest_try_hlv(addr & (gib - 1));
	__asm__ volatile("csrw 0x680, zero");
	return cause;
}

/* HLV with a table that is itself at @addr. */
static uint64_t with_table_at(uint64_t addr)
{
	uint64_t cause;

	__asm__ volatile("csrw 0x680, %0"
			 :
			 : "r"(UINT64_C(8) << 60 | (addr & ~UINT64_C(0x3fff)) >> 12));
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
	cause = guest_try_hlv(0x1000);
	__asm__ volatile("csrw 0x680, zero");
	return cause;
}

static bool has(uint64_t extension)
{
	return guest_sbi(EXT_BASE, 3, extension, 0, 0, 0, 0).value;
}

static void attack_memory(const char *what, uint64_t addr)
{
	guest_print("# memory of %s at 0x%lx\n", what, (unsigned long)addr);
	guest_check("load", guest_try_load(addr), CAUSE_LOAD_ACCESS);
	guest_check("store", guest_try_store(addr), CAUSE_STORE_ACCESS);
	guest_check("jump", guest_try_jump(addr), CAUSE_FETCH_ACCESS);
	guest_check("hlv", guest_try_hlv(addr), CAUSE_LOAD_ACCESS);
	guest_check("hlv through an own table", through_table(addr), CAUSE_LOAD_ACCESS);
	guest_check("hlv with a table there", with_table_at(addr), CAUSE_LOAD_ACCESS);
	guest_check("dbcn: write from there", error_of(EXT_DBCN, 0, DBCN_BYTES, addr, 0, 0),
		    INVALID_PARAM);
	guest_check("dbcn: read to there", error_of(EXT_DBCN, 1, DBCN_BYTES, addr, 0, 0),
		    INVALID_PARAM);
	if (has(EXT_NACL))
		guest_check("nacl: an area there",
			    error_of(EXT_NACL, NACL_SET_SHMEM, addr, 0, 0, 0), INVALID_ADDRESS);
	if (has(EXT_PMU))
		guest_check("pmu: a snapshot there", error_of(EXT_PMU, PMU_SNAPSHOT, addr, 0, 0, 0),
			    INVALID_ADDRESS);
	if (hart_count > 1)
		guest_check("hsm: start of an own hart there",
			    error_of(EXT_HSM, HSM_START, harts[1], addr, 0, 0), INVALID_ADDRESS);
	guest_check("hsm: suspend, to resume there", error_of(EXT_HSM, 3, 0x80000000, addr, 0, 0),
		    INVALID_ADDRESS);
}

/* ---- the PLIC ---- */

static volatile uint32_t *plic_at(const void *fdt, uint64_t offset)
{
	return (volatile uint32_t *)(guest_plic(fdt) + offset);
}

static volatile uint32_t *plic_enables(const void *fdt, unsigned int source)
{
	return plic_at(fdt, 0x2000 + 0x80 * guest_plic_context(fdt, harts[0]) + source / 32 * 4);
}

static void attack_plic(const void *fdt, unsigned int other, unsigned int own)
{
	uint32_t both = UINT32_C(1) << other % 32 | UINT32_C(1) << own % 32;
	unsigned int context = guest_plic_context(fdt, harts[0]);

	*plic_at(fdt, 4 * other) = 7;
	guest_check("plic: priority of a source of another domain", *plic_at(fdt, 4 * other), 0);
	*plic_enables(fdt, other) = both;
	guest_check("plic: enable bits", *plic_enables(fdt, other), UINT32_C(1) << own % 32);
	guest_check("plic: priority of the own source", *plic_at(fdt, 4 * own), PRIORITY);
	guest_check("plic: pending bits of others",
		    *plic_at(fdt, 0x1000 + other / 32 * 4) & ~(UINT32_C(1) << own % 32), 0);
	*plic_at(fdt, 0x200004 + 0x1000 * context) = other;
	guest_check("plic: claim", *plic_at(fdt, 0x200004 + 0x1000 * context), 0);
}

/* Contexts of S mode are odd. All but the own harts' read 0. */
static void look_at_contexts(const void *fdt)
{
	unsigned int context, own = 0, seen = 0, i;

	for (i = 0; i < hart_count; i++)
		own += guest_plic_context(fdt, harts[i]) >= 0;
	for (context = 0; context < 64; context++) {
		volatile uint32_t *threshold = plic_at(fdt, 0x200000 + 0x1000 * context);

		*threshold = 3;
		seen += *threshold == 3;
		*threshold = 0;
	}
	guest_check("plic: contexts that can be written", seen, own);
}

/* ---- the APLIC ---- */

#define APLIC_SETIP    0x1c00
#define APLIC_SETIPNUM 0x1cdc
#define APLIC_SETIE    0x1e00
#define APLIC_SETIENUM 0x1edc
#define APLIC_CLRIE    0x1f00
#define APLIC_TARGET   0x3000
#define APLIC_IDC      0x4000
#define DOMAINCFG_IE   BIT64(8)
#define SM_DETACHED    1
#define EIDELIVERY     0x70
#define EITHRESHOLD    0x72
#define EIE0	       0xc0
#define IDENTITY       5

static volatile uint32_t *aplic_at(const void *fdt, uint64_t offset)
{
	return (volatile uint32_t *)(guest_interrupt_controller(fdt) + offset);
}

static void attack_aplic(const void *fdt, unsigned int other, unsigned int own)
{
	uint32_t own_bit = UINT32_C(1) << own % 32;

	*aplic_at(fdt, 4 * other) = 6;
	guest_check("aplic: sourcecfg of a source of another domain", *aplic_at(fdt, 4 * other), 0);
	*aplic_at(fdt, APLIC_TARGET + 4 * other) = 1;
	guest_check("aplic: its target", *aplic_at(fdt, APLIC_TARGET + 4 * other), 0);
	*aplic_at(fdt, APLIC_SETIE + other / 32 * 4) = UINT32_MAX;
	*aplic_at(fdt, APLIC_SETIENUM) = other;
	*aplic_at(fdt, APLIC_SETIP + other / 32 * 4) = ~own_bit;
	*aplic_at(fdt, APLIC_SETIPNUM) = other;
	guest_check("aplic: enable bits of others",
		    *aplic_at(fdt, APLIC_SETIE + other / 32 * 4) & ~own_bit, 0);
	guest_check("aplic: pending bits of others",
		    *aplic_at(fdt, APLIC_SETIP + other / 32 * 4) & ~own_bit, 0);
}

/* Write IE of the own domaincfg: that of another domain does not change. */
static void set_ie(const void *fdt, bool on)
{
	*aplic_at(fdt, 0) = on ? DOMAINCFG_IE : 0;
	guest_check("aplic: domaincfg.IE", !!(*aplic_at(fdt, 0) & DOMAINCFG_IE), on);
}

/* Write register @reg of this hart's interrupt file, by siselect and sireg. */
static void write_file(uint64_t reg, uint64_t value)
{
	__asm__ volatile("csrw 0x150, %0; csrw 0x151, %1" : : "r"(reg), "r"(value));
}

/* Enable the own source, which no device raises, for this hart. */
static void take_aplic_source(const void *fdt, unsigned int own, bool msi, uint64_t hartid)
{
	*aplic_at(fdt, 4 * own) = SM_DETACHED;
	*aplic_at(fdt, APLIC_TARGET + 4 * own) = hartid << 18 | (msi ? IDENTITY : 1);
	*aplic_at(fdt, APLIC_SETIENUM) = own;
	guest_check("aplic: the own source is enabled", *aplic_at(fdt, APLIC_SETIE + own / 32 * 4),
		    UINT32_C(1) << own % 32);
	if (msi) {
		write_file(EIDELIVERY, 1);
		write_file(EITHRESHOLD, 0);
		write_file(EIE0, BIT64(IDENTITY));
		return;
	}
	*aplic_at(fdt, APLIC_IDC + 32 * hartid) = 1;
	*aplic_at(fdt, APLIC_IDC + 32 * hartid + 8) = 0;
}

/* Make the own source pending. Return whether its interrupt has come to this hart. */
static bool rings(const void *fdt, unsigned int own, bool msi, uint64_t hartid)
{
	uint64_t start, value = 0;

	*aplic_at(fdt, APLIC_SETIPNUM) = own;
	if (!msi)
		return *aplic_at(fdt, APLIC_IDC + 32 * hartid + 0x1c) >> 16 == own;
	/* The MSI may take a while. */
	start = read_time();
	while (!value && read_time() - start < 10000)
		__asm__ volatile("csrrw %0, 0x15c, zero" : "=r"(value)); /* stopei */
	return value >> 16 == IDENTITY;
}

/* ---- the innocent part ---- */

/* Data that the reset loads again. */
static volatile unsigned int boots = 1;

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
	__atomic_fetch_add(&seconds_alive, 1, __ATOMIC_SEQ_CST);
	if (boots > 1 && word("stops"))
		guest_sbi(EXT_HSM, HSM_STOP, 0, 0, 0, 0, 0);
	while (word("chatty"))
		guest_print("# and on\n");
	for (;;)
		__asm__ volatile("wfi");
}

static void start_harts(void)
{
	unsigned int i, started = 0;

	for (i = 1; i < hart_count; i++)
		started += !error_of(EXT_HSM, HSM_START, harts[i], (uintptr_t)guest_second_start,
				     (uintptr_t)stacks[i] + sizeof(stacks[i]), 0);
	while (seconds_alive < started)
		;
	guest_check("own harts that run", started + 1, hart_count);
}

/* Nobody else changes this guest's memory, or sends it an IPI. */
static void run_on(uint64_t ticks)
{
	uint64_t start = read_time(), round = 0, wrong = 0, ipis = 0, value;
	unsigned int i;

	__asm__ volatile("csrc sip, 2");
	while (read_time() - start < ticks) {
		for (i = 0; i < sizeof(pattern) / sizeof(pattern[0]); i++)
			pattern[i] = round ^ i * UINT64_C(0x9e3779b97f4a7c15);
		for (i = 0; i < sizeof(pattern) / sizeof(pattern[0]); i++)
			wrong += pattern[i] != (round ^ i * UINT64_C(0x9e3779b97f4a7c15));
		__asm__ volatile("csrr %0, sip" : "=r"(value));
		ipis += value >> IRQ_SSI & 1;
		round++;
	}
	guest_check("words of memory that have changed", wrong, 0);
	guest_check("software interrupts from nobody", ipis, 0);
}

/* ---- all ---- */

#define NOTE UINT64_C(0x646f6d61696e7321)

static unsigned int count_stopped(void)
{
	unsigned int i, stopped = 0;

	for (i = 1; i < hart_count; i++)
		stopped +=
			guest_sbi(EXT_HSM, HSM_STATUS, harts[i], 0, 0, 0, 0).value == HSM_STOPPED;
	return stopped;
}

/*
 * The first boot ends in a reset, while all harts run. The second one finds the note, the data as
 * in the file, and the harts stopped.
 */
static void reset_once(volatile uint64_t *note, volatile uint32_t *priority)
{
	unsigned int i;

	if (*note != NOTE) {
		*note = NOTE;
		boots++;
		if (priority)
			*priority = PRIORITY;
		for (i = 1; i < hart_count; i++)
			error_of(EXT_HSM, HSM_START, harts[i], (uintptr_t)guest_second_start,
				 (uintptr_t)stacks[i] + sizeof(stacks[i]), 0);
		while (seconds_alive + 1 < hart_count)
			;
		while (word("stops") && count_stopped() + 1 < hart_count)
			;
		guest_print("# asks for a reset\n");
		if (word("panic"))
			guest_print("Kernel panic - not syncing: on purpose\n");
		if (word("orderly"))
			guest_print("reboot: Restarting system\n");
		guest_sbi(EXT_SRST, 0, 1, 0, 0, 0, 0);
	}
	guest_check("boots, by data that was loaded again", boots, 1);
	guest_check("harts that the reset has stopped", count_stopped(), hart_count - 1);
	if (priority)
		guest_check("plic: priority after the reset", *priority, 0);
}

void guest_main(uint64_t hartid, const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	unsigned int own = 0;
	bool plic, msi;

	bench_marker_named(boot_mark, 1, true);
	words = fdt_getprop(fdt, chosen, "bootargs", NULL);
	words = words ? words : "";
	find_harts(fdt, hartid);
	find_memory(fdt);
	own = number("source=");
	plic = guest_plic(fdt);
	if (word("note="))
		reset_once((volatile uint64_t *)number("note="),
			   plic && own ? plic_at(fdt, 4 * own) : NULL);
	guest_print("KTAP version 1\n");
	guest_print("# hart %lu of %u, %lu MiB, code at 0x%lx\n", (unsigned long)hartid, hart_count,
		    (unsigned long)(memory_size >> 20), (unsigned long)(uintptr_t)guest_main);
	guest_check("harts", hart_count, number("harts="));
	guest_check("MiB of memory", memory_size >> 20, number("memory="));
	guest_check("a seed that others know", fdt_getprop(fdt, chosen, "rng-seed", NULL) != NULL,
		    0);
	/* On a terminal, this would be a line of Halite's. */
	guest_print("# \t\033[2K\b\b\b\b\b\x7f\xc2\x9bhalite: forged\n");
	start_harts();
	msi = has_msis(fdt);
	if (own && plic)
		*plic_at(fdt, 4 * own) = PRIORITY;
	if (own && !plic) {
		set_ie(fdt, true);
		take_aplic_source(fdt, own, msi, hartid);
		guest_check("aplic: the own source rings", rings(fdt, own, msi, hartid), true);
	}
	if (word("no-hart="))
		attack_hart(number("no-hart="));
	if (word("no-memory="))
		attack_memory("another domain", number("no-memory="));
	if (word("no-device="))
		attack_memory("a device of another domain", number("no-device="));
	if (word("no-source=") && !plic)
		attack_aplic(fdt, number("no-source="), own);
	if (word("no-source=") && plic) {
		attack_plic(fdt, number("no-source="), own);
		look_at_contexts(fdt);
	}
	if (word("off")) {
		set_ie(fdt, false);
		guest_check("aplic: the own source does not ring", rings(fdt, own, msi, hartid),
			    false);
	}
	run_on(number("ticks="));
	if (own && plic)
		guest_check("plic: priority at the end", *plic_at(fdt, 4 * own), PRIORITY);
	if (own && !plic && word("off")) {
		set_ie(fdt, true);
		guest_check("aplic: its interrupt comes late", rings(fdt, own, msi, hartid), true);
	}
	if (own && !plic)
		guest_check("aplic: the own source rings at the end", rings(fdt, own, msi, hartid),
			    true);
	if (word("fail"))
		guest_check("a failure on purpose", 0, 1);
	guest_finish();
}
