/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts the exits of an interrupt: from a device with a wire (the UART, whose transmitter is
 * always empty), from a timer, and from another hart by an SBI call; taken by this guest (L1), and
 * while a guest of this guest (L2) runs. If Halite counts exits, they are compared with the tables
 * of docs/interrupts.md. Needs a UART with a wire to any of the interrupt controllers. With one
 * hart, the guest checks wire and timer; -icount then makes sure that L2 runs when the interrupt
 * comes. With two harts it checks the SBI calls. "no-files" on the command line: there are IMSICs,
 * but no guest interrupt file for this guest.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "csr.h"
#include "guest.h"

#define HARTS  2
#define FEW    20   /* rounds that warm up: each page, entry and exit occurs */
#define ROUNDS 100  /* rounds that are counted */
#define SOON   2000 /* ticks until the timer fires: L2 runs by then */

#define INTERRUPT (UINT64_C(1) << 63)
#define ECALL_VS  10

void l2_raise_wire(void);
void l2_count(void);

#define UART_IER      1
#define UART_IER_THRE 2

enum controller { PLIC, APLIC, IMSIC, NO_FILES, CONTROLLERS };
static const char *const controller_names[CONTROLLERS] = { "a PLIC",
							   "an APLIC that delivers itself",
							   "IMSICs with guest interrupt files",
							   "IMSICs without guest interrupt files" };

/* Exits for an interrupt of the UART, including its claim and completion. */
static const int wire_exits[CONTROLLERS] = { 3, 2, 0, 2 };

static struct {
	enum controller controller;
	volatile uint32_t *base; /* registers of the PLIC or the APLIC */
	volatile uint32_t *idc;	 /* this hart's delivery structure, or its context of the PLIC */
	uint64_t files;		 /* address of the first supervisor-level IMSIC */
	int context;		 /* this hart's of the PLIC */
	unsigned int source;	 /* number of the UART's source */
	bool sstc;
} machine;

volatile uint8_t *uart; /* l2_raise_wire uses it, too */
static uint64_t first_hart;
static volatile uint64_t taken[HARTS];
static uint64_t awaited;     /* value of taken[] that the second hart waits for */
static unsigned int arrived; /* number of arrivals at the barrier so far */
static void (*volatile second_round)(uint64_t hart);
static volatile uint64_t second_rounds;
static int64_t second_exits;
volatile uint64_t spins; /* loops of the second hart while it waits, in L1 or L2 */

static uint8_t second_stack[8192] __attribute__((aligned(16)));

/* ---- the machine ---- */

static uint32_t cell(const void *fdt, int node, const char *name, int n)
{
	int size;
	const fdt32_t *value = fdt_getprop(fdt, node, name, &size);

	return value && size >= 4 * (n + 1) ? fdt32_ld(value + n) : 0;
}

static bool is_ours(const void *fdt, int node)
{
	const char *status = fdt_getprop(fdt, node, "status", NULL);

	return !status || !strcmp(status, "okay");
}

static int find(const void *fdt, const char *compatible)
{
	int node = -1;

	do {
		node = fdt_node_offset_by_compatible(fdt, node, compatible);
	} while (node >= 0 && !is_ours(fdt, node));
	return node;
}

static bool has_word(const void *fdt, const char *word)
{
	const char *line = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL);

	return line && strstr(line, word);
}

static bool find_machine(const void *fdt, uint64_t hart)
{
	int cpus = fdt_path_offset(fdt, "/cpus"), node, size;
	const char *extensions = NULL;

	node = fdt_first_subnode(fdt, cpus);
	if (node >= 0)
		extensions = fdt_getprop(fdt, node, "riscv,isa-extensions", &size);
	machine.sstc = extensions && fdt_stringlist_contains(extensions, size, "sstc");
	uart = (volatile uint8_t *)guest_uart(fdt);
	machine.source = guest_uart_wire(fdt);
	machine.context = guest_plic_context(fdt, hart);
	machine.base = (volatile uint32_t *)guest_interrupt_controller(fdt);
	if (guest_plic(fdt)) {
		machine.controller = PLIC;
	} else if (!cell(fdt, find(fdt, "riscv,aplic"), "msi-parent", 0)) {
		machine.controller = APLIC;
	} else {
		machine.controller = has_word(fdt, "no-files") ? NO_FILES : IMSIC;
		node = -1;
		do {
			node = fdt_node_offset_by_compatible(fdt, node, "riscv,imsics");
		} while (node >= 0 && cell(fdt, node, "interrupts-extended", 1) != IRQ_SEI);
		machine.files =
			(uint64_t)cell(fdt, node, "reg", 0) << 32 | cell(fdt, node, "reg", 1);
	}
	return uart && machine.base && machine.source &&
	       (machine.controller != PLIC || machine.context >= 0);
}

static void put(unsigned int offset, uint32_t value)
{
	machine.base[offset / 4] = value;
}

/* Routes the UART's interrupt to this hart. */
static void open_wire(uint64_t hart)
{
	unsigned int source = machine.source, guest_index;

	if (machine.controller == PLIC) {
		unsigned int context = (unsigned int)machine.context;

		machine.idc = machine.base + (0x200000 + 0x1000 * context) / 4;
		put(4 * source, 1);
		put(0x2000 + 0x80 * context + source / 32 * 4, UINT32_C(1) << source % 32);
		machine.idc[0] = 0;
		return;
	}
	put(4 * source, 6 /* level, high */);
	if (machine.controller == APLIC) {
		machine.idc = machine.base + (0x4000 + 32 * hart) / 4;
		put(0x3000 + 4 * source, (uint32_t)hart << 18 | 1);
		machine.idc[0] = 1;
		machine.idc[2] = 0;
		put(0, 0x100);
	} else {
		/* As Linux assumes, a file's number is the number of its page among the hart's. */
		guest_index = machine.controller == IMSIC ? machine.files / 4096 & 7 : 0;
		put(0x3000 + 4 * source, (uint32_t)hart << 18 | guest_index << 12 | source);
		put(0, 0x104);
		csr_write(CSR_SISELECT, 0xc0);
		csr_write(CSR_SIREG, BIT64(source));
		csr_write(CSR_SISELECT, 0x70);
		csr_write(CSR_SIREG, 1);
	}
	put(0x1edc, source);
}

static void close_wire(void)
{
	/* This is the PLIC's priority, or the APLIC's sourcecfg. */
	put(4 * machine.source, 0);
}

/* Serves the UART's interrupt: claims it, clears its cause, completes it. */
static bool serve_wire(void)
{
	unsigned int claimed, source = machine.source;

	switch (machine.controller) {
	case PLIC:
		claimed = machine.idc[1];
		uart[UART_IER] = 0;
		machine.idc[1] = claimed;
		break;
	case APLIC:
		/*
		 * Pending follows the wire (in QEMU from the next claim on), so clear the cause
		 * first.
		 */
		uart[UART_IER] = 0;
		claimed = machine.idc[7] >> 16;
		return !claimed || claimed == source;
	default:
		__asm__ volatile("csrrw %0, %1, zero" : "=r"(claimed) : "i"(CSR_STOPEI) : "memory");
		claimed >>= 16;
		uart[UART_IER] = 0;
	}
	return claimed == source;
}

/* ---- rounds ---- */

static void set_timer(uint64_t when)
{
	if (machine.sstc)
		csr_write(CSR_STIMECMP, when);
	else
		guest_sbi(EXT_TIME, 0, when, 0, 0, 0, 0);
}

static __attribute__((interrupt("supervisor"), aligned(4))) void take_external(void)
{
	taken[first_hart] += serve_wire();
}

static __attribute__((interrupt("supervisor"), aligned(4))) void take_timer(void)
{
	/* Without Sstc, the next set_timer() clears the interrupt. */
	csr_clear(CSR_SIE, BIT64(IRQ_STI));
	taken[first_hart]++;
}

static __attribute__((interrupt("supervisor"), aligned(4))) void take_message(void)
{
	csr_clear(CSR_SIP, BIT64(IRQ_SSI));
	taken[!first_hart]++;
}

static void wait_for_one_more(uint64_t hart, uint64_t before)
{
	while (taken[hart] == before)
		;
}

static void wire_in_l1(uint64_t hart)
{
	uint64_t before = taken[hart];

	uart[UART_IER] = UART_IER_THRE;
	wait_for_one_more(hart, before);
}

static void timer_in_l1(uint64_t hart)
{
	uint64_t before = taken[hart];

	set_timer(csr_read(CSR_TIME) + SOON);
	csr_set(CSR_SIE, BIT64(IRQ_STI));
	wait_for_one_more(hart, before);
}

/* Enters L2 and returns, as the rounds below do; without an interrupt. */
static void nothing_in_l2(uint64_t hart)
{
	taken[hart] += guest_run_l2(guest_l2_ecall) == ECALL_VS;
}

static void wire_in_l2(uint64_t hart)
{
	if (guest_run_l2(l2_raise_wire) == (INTERRUPT | IRQ_SEI))
		taken[hart] += serve_wire();
}

static void timer_in_l2(uint64_t hart)
{
	set_timer(csr_read(CSR_TIME) + SOON);
	csr_set(CSR_SIE, BIT64(IRQ_STI));
	taken[hart] += guest_run_l2(guest_l2_spin) == (INTERRUPT | IRQ_STI);
	csr_clear(CSR_SIE, BIT64(IRQ_STI));
}

static void send(uint64_t hart)
{
	uint64_t before = taken[!hart], spun = spins;

	/* Send only after the other hart has entered L1's or L2's loop. */
	while (spins < spun + 100)
		;
	guest_sbi(EXT_IPI, 0, 1, !hart, 0, 0, 0);
	wait_for_one_more(!hart, before);
}

static void receive_in_l1(uint64_t hart)
{
	awaited++;
	while (taken[hart] < awaited)
		spins++;
}

static void receive_in_l2(uint64_t hart)
{
	uint64_t cause = guest_run_l2(l2_count);

	csr_clear(CSR_SIP, BIT64(IRQ_SSI));
	taken[hart] += cause == (INTERRUPT | IRQ_SSI);
}

/* ---- counting ---- */

/* A barrier: each hart waits for the other. */
static void meet(void)
{
	unsigned int n = __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);

	n = (n + HARTS - 1) / HARTS * HARTS;
	while ((int)(__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) - n) < 0)
		;
}

static int64_t exits_of(uint64_t hart, void (*round)(uint64_t hart), uint64_t rounds)
{
	int64_t before = guest_exits();
	uint64_t i;

	for (i = 0; i < rounds; i++)
		round(hart);
	return before < 0 ? 0 : guest_exits() - before;
}

/*
 * Returns this hart's exits for ROUNDS rounds: those of FEW + ROUNDS rounds less those of FEW. Puts
 * the exits of the second hart, which does @second, in *@other.
 */
static int64_t count(void (*round)(uint64_t hart), void (*second)(uint64_t hart), int64_t *other)
{
	static const uint64_t rounds[] = { FEW, FEW, FEW + ROUNDS };
	int64_t exits = 0, others = 0;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		int64_t before = exits, others_before = others;

		if (second) {
			second_round = second;
			second_rounds = rounds[i];
			meet();
			meet();
		}
		exits = exits_of(first_hart, round, rounds[i]);
		if (second) {
			meet();
			others = second_exits;
		}
		if (i == 2) {
			exits -= before;
			others -= others_before;
		}
	}
	if (other)
		*other = others;
	return exits;
}

static void arm(void (*vector)(void), unsigned int irq, bool in_l1)
{
	csr_write(CSR_STVEC, (uintptr_t)vector);
	csr_write(CSR_SIE, irq ? BIT64(irq) : 0);
	if (in_l1)
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
}

static void disarm(void)
{
	csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	csr_write(CSR_SIE, 0);
}

static void check_exits(const char *what, int64_t exits, int each)
{
	char line[80];

	snprintf(line, sizeof(line), "exits for %d: %s", ROUNDS, what);
	if (guest_exits() >= 0)
		guest_check(line, exits, each * ROUNDS);
}

static void check_taken(const char *what, uint64_t hart)
{
	guest_check(what, (int64_t)taken[hart], 3 * FEW + ROUNDS);
	taken[hart] = 0;
	awaited = 0;
}

/*
 * The UART's wire and the timer. Under -icount, one hart sees them in an order that is always the
 * same.
 */
static void check_one_hart(uint64_t hart, int64_t nothing)
{
	int wire = wire_exits[machine.controller], call = machine.sstc ? 0 : 1;
	int64_t exits;

	open_wire(hart);
	arm(take_external, IRQ_SEI, true);
	check_exits("wire, L1 runs", count(wire_in_l1, NULL, NULL), wire);
	disarm();
	check_taken("interrupts of a wire in L1", hart);
	arm(take_external, IRQ_SEI, false);
	exits = count(wire_in_l2, NULL, NULL);
	/* The interrupt itself is L2's exit, as the ECALL is in @nothing. */
	check_exits("wire, L2 runs, more than its exit", exits - nothing, wire ? wire - 1 : 0);
	disarm();
	check_taken("interrupts of a wire in L2", hart);
	close_wire();

	arm(take_timer, 0, true);
	check_exits("timer, L1 runs", count(timer_in_l1, NULL, NULL), 2 * call);
	disarm();
	check_taken("interrupts of the timer in L1", hart);
	arm(take_timer, 0, false);
	exits = count(timer_in_l2, NULL, NULL);
	check_exits("timer, L2 runs, more than its exit", exits - nothing, call);
	disarm();
	check_taken("interrupts of the timer in L2", hart);
	set_timer(~UINT64_C(0));

	/* At the entry into L2, scause is that of an interrupt. */
	nothing_in_l2(hart);
	guest_check("call of L2 behind an interrupt", (int64_t)taken[hart], 1);
}

static void check_two_harts(uint64_t other, int64_t nothing)
{
	int64_t exits, others;

	exits = count(send, receive_in_l1, &others);
	check_exits("SBI IPI, sender", exits, 1);
	check_exits("SBI IPI, receiver, L1 runs", others, 1);
	check_taken("messages in L1", other);
	exits = count(send, receive_in_l2, &others);
	check_exits("SBI IPI, sender to L2", exits, 1);
	check_exits("SBI IPI, receiver, L2 runs, more than its exit", others - nothing, 0);
	check_taken("messages in L2", other);
}

void guest_main(uint64_t hartid, const void *fdt)
{
	int64_t nothing;

	first_hart = hartid;
	if (hartid >= HARTS || fdt_check_header(fdt) || !find_machine(fdt, hartid)) {
		guest_check("harts 0 and 1 at most, and a UART with a wire", 0, 1);
		guest_finish();
	}
	guest_print("# %s, %s Sstc\n", controller_names[machine.controller],
		    machine.sstc ? "with" : "without");
	nothing = count(nothing_in_l2, NULL, NULL);
	check_taken("calls of L2", hartid);
	if (guest_sbi(EXT_HSM, 0, !hartid, (uintptr_t)guest_second_start,
		      (uintptr_t)second_stack + sizeof(second_stack), 0, 0)
		    .error)
		check_one_hart(hartid, nothing);
	else
		check_two_harts(!hartid, nothing);
	guest_finish();
}

void guest_second_main(uint64_t hartid)
{
	for (;;) {
		void (*round)(uint64_t hart);

		meet();
		round = second_round;
		arm(take_message, IRQ_SSI, round == receive_in_l1);
		meet();
		second_exits = exits_of(hartid, round, second_rounds);
		disarm();
		meet();
	}
}
