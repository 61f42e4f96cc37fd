/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that aims the DMA of QEMU's device edu (QEMU, docs/specs/edu.rst) at its own memory,
 * where it must work, and at memory that is not its own. The words on its command line, numbers in
 * hexadecimal:
 *   refused=A    the 4 bytes at A are not this guest's: DMA must neither read nor write them. May
 *                be there several times
 *   msi          the device's MSI must come to this hart, and not to the file before this hart's
 *   note=A       at its first boot, it writes a note to address A of its memory, lets the device do
 *                DMA and asks for a reset
 *   alone=A      the device is the only function that this guest has of its host, and Halite has
 *                placed it. The device at A is another's
 *   stage=A      this guest has an IOMMU of its own. The device does DMA by its first stage, which
 *                must not reach the page at A, which is not this guest's
 *   guard=A      instead: there is no device. The page at A of this guest's memory is filled, and
 *                must not change
 *   wait=N       how long it waits before it begins, in ticks of the time CSR
 *   ticks=N      how long it runs on afterwards
 */
#include <libfdt.h>
#include <string.h>

#include "guest.h"

#define EDU	    0x11e81234 /* device and vendor */
#define EDU_ADDRESS 0x04
#define EDU_FACT    0x08
#define EDU_RAISE   0x60
#define EDU_ACK	    0x64
#define EDU_SOURCE  0x80
#define EDU_TARGET  0x88
#define EDU_COUNT   0x90
#define EDU_COMMAND 0x98
#define EDU_BUFFER  0x40000 /* of 4096 bytes, for DMA */
#define RUN	    1
#define TO_MEMORY   2

#define PCI_COMMAND 0x04
#define PCI_MEMORY  2
#define PCI_MASTER  4
#define PCI_BAR0    0x10
#define PCI_ROM	    0x30
#define PCI_CAPS    0x34
#define PCI_LINE    0x3c
#define PCI_PIN	    UINT32_C(0xff00)
#define BAR_SIZE    UINT32_C(0x100000)
#define EXTENDED    0x100
#define CAP_MSI	    5
#define MSI_ENABLE  (UINT32_C(1) << 16)
#define MSI_WIDE    (UINT32_C(1) << 23)

#define EIDELIVERY  0x70
#define EITHRESHOLD 0x72
#define EIE0	    0xc0
#define IDENTITY    9

#define MARKER UINT32_C(0x67756172)
#define OWN    UINT32_C(0x01234567)
#define NOTE   UINT64_C(0x6564756e6f746521)

#define DEVICES	    32
#define DEVICE_SIZE 0x8000
#define SECOND	    10000000
#define PAGE_WORDS  1024

static const char *words;
static volatile uint32_t *config, *edu;
static volatile uint32_t source, target;
static uint32_t command_before; /* what find_device() has found there */

static uint64_t read_time(void)
{
	uint64_t time;

	__asm__ volatile("csrr %0, time" : "=r"(time));
	return time;
}

static void wait(uint64_t ticks)
{
	uint64_t start = read_time();

	while (read_time() - start < ticks)
		;
}

/* ---- the command line ---- */

/* The text behind the next @name from @at on, or NULL. */
static const char *word(const char *at, const char *name)
{
	for (; (at = strstr(at, name)); at++) {
		if (at == words || at[-1] == ' ')
			return at + strlen(name);
	}
	return NULL;
}

static uint64_t number(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	uint64_t value = 0;

	for (; text && *text && (digit = strchr(digits, *text)); text++)
		value = value << 4 | (uint64_t)(digit - digits);
	return value;
}

/* ---- the device ---- */

/* The address in entry @entry, of @cells cells, of property @name: two cells from @at on. */
static uint64_t address(const void *fdt, int node, const char *name, int at)
{
	const fdt32_t *cells = fdt_getprop(fdt, node, name, NULL);

	return cells ? (uint64_t)fdt32_ld(cells + at) << 32 | fdt32_ld(cells + at + 1) : 0;
}

/* Whether the registers of all devices are where they are to be. */
static bool is_placed(const void *fdt)
{
	return fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "linux,pci-probe-only", NULL);
}

/* Place the registers of the first edu at the start of the window for 32-bit memory. */
static bool find_device(const void *fdt)
{
	int host = fdt_node_offset_by_compatible(fdt, -1, "pci-host-ecam-generic");
	unsigned int i;

	for (i = 0; host >= 0 && i < DEVICES; i++) {
		config = (volatile uint32_t *)(address(fdt, host, "reg", 0) + i * DEVICE_SIZE);
		if (*config != EDU)
			continue;
		/* The second entry of ranges: its address on the parent is after three cells. */
		edu = (volatile uint32_t *)address(fdt, host, "ranges", 7 + 3);
		command_before = config[PCI_COMMAND / 4];
		if (is_placed(fdt))
			edu = (volatile uint32_t *)(uintptr_t)config[PCI_BAR0 / 4];
		config[PCI_BAR0 / 4] = (uintptr_t)edu;
		config[PCI_COMMAND / 4] = PCI_MEMORY | PCI_MASTER;
		return true;
	}
	return false;
}

/* Linux does not drive the devices of a host that waits for an IOMMU. */
static bool names_iommu(const void *fdt)
{
	int host = fdt_node_offset_by_compatible(fdt, -1, "pci-host-ecam-generic");

	return fdt_getprop(fdt, host, "iommu-map", NULL);
}

static void set(unsigned int reg, uint64_t value)
{
	*(volatile uint64_t *)(edu + reg / 4) = value;
}

/* Copy @count bytes between memory at @addr and the device, which takes a tenth of a second. */
static void copy(uint64_t addr, unsigned int count, uint64_t command)
{
	uint64_t start = read_time();

	set(EDU_SOURCE, command & TO_MEMORY ? EDU_BUFFER : addr);
	set(EDU_TARGET, command & TO_MEMORY ? addr : EDU_BUFFER);
	set(EDU_COUNT, count);
	set(EDU_COMMAND, command | RUN);
	while (edu[EDU_COMMAND / 4] & RUN && read_time() - start < 10 * SECOND)
		;
}

static void to_device(uint64_t addr)
{
	copy(addr, sizeof(source), 0);
}

static void to_memory(uint64_t addr)
{
	copy(addr, sizeof(target), TO_MEMORY);
}

/* What the device has in its buffer. */
static uint32_t in_buffer(void)
{
	target = ~OWN;
	to_memory((uintptr_t)&target);
	return target;
}

static void check_own(void)
{
	source = OWN;
	to_device((uintptr_t)&source);
	guest_check("dma: what it reads of own memory, and writes there", in_buffer() == OWN, true);
}

/*
 * The device reads nothing there: it has zeros, or what it had before. Then it writes there. Who
 * has the memory checks that.
 */
static void check_refused(uint64_t addr)
{
	uint32_t seen;

	to_device(addr);
	seen = in_buffer();
	guest_print("# refused at 0x%lx: the device has 0x%x\n", (unsigned long)addr,
		    (unsigned int)seen);
	guest_check("dma: it reads nothing", !seen || seen == OWN, true);
	to_memory(addr);
}

/* ---- a function alone ---- */

/* How many functions of the first bus are there. */
static unsigned int functions_of(volatile uint32_t *bus)
{
	unsigned int i, count = 0;

	for (i = 0; i < 8 * DEVICES; i++)
		count += bus[i * 0x400] != UINT32_MAX;
	return count;
}

/* The configuration space has no other function, and keeps the own one away from others. */
static void check_alone(const void *fdt, uint64_t other)
{
	int host = fdt_node_offset_by_compatible(fdt, -1, "pci-host-ecam-generic");
	volatile uint32_t *bus = (volatile uint32_t *)address(fdt, host, "reg", 0);
	const uint32_t bar = (uintptr_t)edu;
	volatile uint32_t *next = config + DEVICE_SIZE / 4;

	guest_check("alone: functions of the bus", functions_of(bus), 1);
	guest_check("alone: on the second bus", bus[0x100000 / 4] == UINT32_MAX, true);
	guest_check("alone: interrupt-map", !fdt_getprop(fdt, host, "interrupt-map", NULL), true);
	guest_check("alone: its pin", config[PCI_LINE / 4] & PCI_PIN, 0);
	config[PCI_BAR0 / 4] = UINT32_MAX;
	guest_check("alone: the size of its BAR", -config[PCI_BAR0 / 4], BAR_SIZE);
	config[PCI_BAR0 / 4] = other;
	guest_check("alone: its BAR stays", config[PCI_BAR0 / 4], bar);
	*(volatile uint16_t *)(config + PCI_BAR0 / 4 + 1) = 0xffff;
	config[PCI_ROM / 4] = other | 1;
	config[PCI_COMMAND / 4] = 7;
	guest_check("alone: it has no ROM", config[PCI_ROM / 4], 0);
	guest_check("alone: it is at no I/O address", config[PCI_COMMAND / 4] & 7, 6);
	guest_check("alone: a byte of it", *((volatile uint8_t *)config + 3), EDU >> 24);
	guest_check("alone: extended capabilities", config[EXTENDED / 4], 0);
	/* Another function, and none: writes go nowhere. */
	next[PCI_COMMAND / 4] = 0;
	next[PCI_BAR0 / 4] = bar;
	guest_check("alone: the next one", next[0] == UINT32_MAX, true);
	guest_check("alone: it answers where it was", *edu & 0xff, 0xed);
	guest_check("alone: access to the other's registers", guest_try_load(other), 5);
}

/* ---- the guest's own IOMMU (RISC-V IOMMU specification 1.0) ---- */

#define DDTP	   0x10
#define CQB	   0x18
#define CQH	   0x20
#define CQT	   0x24
#define FQB	   0x28
#define FQH	   0x30
#define FQT	   0x34
#define CQCSR	   0x48
#define FQCSR	   0x4c
#define ENTRIES	   32
#define ON	   UINT32_C(0x10000)
#define LEVEL1	   2
#define BARE	   1
#define DEVICE	   (((uintptr_t)config >> 12) & 0xff)
#define IOVA	   UINT64_C(0x40000000)
#define INVAL_DDT  UINT64_C(3)
#define INVAL_VMA  UINT64_C(1)
#define FENCE_AV   (UINT64_C(2) | 1 << 10 | 3 << 12)
#define LEAF_FLAGS 0xd7 /* D, A, U, W, R, V */

static volatile uint64_t *iommu;
static _Alignas(4096) volatile uint64_t commands[512], faults[512], directory[512];
static _Alignas(4096) volatile uint64_t tables[3][512];
static _Alignas(4096) volatile uint32_t buffer[PAGE_WORDS];
static volatile uint32_t fenced;

static uint64_t entry_of(const volatile void *at)
{
	return (uintptr_t)at >> 12 << 10;
}

static uint32_t get4(unsigned int reg)
{
	return *(volatile uint32_t *)((uintptr_t)iommu + reg);
}

static void set4(unsigned int reg, uint32_t value)
{
	__asm__ volatile("fence" ::: "memory");
	*(volatile uint32_t *)((uintptr_t)iommu + reg) = value;
}

static void set8(unsigned int reg, uint64_t value)
{
	__asm__ volatile("fence" ::: "memory");
	*(volatile uint64_t *)((uintptr_t)iommu + reg) = value;
}

static void queue(uint64_t word, uint64_t more)
{
	uint32_t tail = get4(CQT);

	commands[2 * tail] = word;
	commands[2 * tail + 1] = more;
	set4(CQT, (tail + 1) % ENTRIES);
}

/* Carry out @command, and wait for it: the fence writes a number that is new. */
static bool command(uint64_t command)
{
	static uint32_t number;

	queue(command, 0);
	queue(FENCE_AV | (uint64_t)++number << 32, (uintptr_t)&fenced >> 2);
	return fenced == number && get4(CQH) == get4(CQT);
}

/*
 * Whether there is a new fault of the device with @cause at @iova. QEMU 10 gives no address for
 * faults of contexts.
 */
static bool faulted(unsigned int cause, uint64_t iova)
{
	uint32_t seen = get4(FQH);
	const volatile uint64_t *record = faults + 4 * seen;
	bool right = get4(FQT) != seen && (record[0] & 0xfff) == cause &&
		     record[0] >> 40 == DEVICE &&
		     (record[2] == iova || (cause >= 256 && !record[2]));

	if (!right)
		guest_print("# head %u tail %u: cause %u, device 0x%x, iova 0x%lx\n", seen,
			    (unsigned int)get4(FQT), (unsigned int)(record[0] & 0xfff),
			    (unsigned int)(record[0] >> 40), (unsigned long)record[2]);
	set4(FQH, get4(FQT));
	return right;
}

static void context(uint64_t tc, uint64_t iohgatp, uint64_t ta, uint64_t fsc)
{
	volatile uint64_t *at = directory + 4 * DEVICE;

	at[3] = fsc;
	at[2] = ta;
	at[1] = iohgatp;
	at[0] = tc;
}

static void check_stage(const void *fdt, uint64_t other)
{
	const uint64_t sv39 = UINT64_C(8) << 60 | (uintptr_t)tables[0] >> 12;
	const uint64_t ta = 7 << 12;

	iommu = (volatile uint64_t *)address(
		fdt, fdt_node_offset_by_compatible(fdt, -1, "riscv,iommu"), "reg", 0);
	guest_check("stage: version, without second stage, MSI tables, ATS, HPM, directories",
		    iommu[0] & UINT64_C(0x1c3024e00ff) & ~(UINT64_C(7) << 9), 0x10);
	guest_check("stage: Bare", iommu[DDTP / 8] & 15, BARE);
	tables[0][IOVA >> 30] = entry_of(tables[1]) | 1;
	tables[1][0] = entry_of(tables[2]) | 1;
	tables[2][0] = entry_of(buffer) | LEAF_FLAGS;
	tables[2][1] = other >> 12 << 10 | LEAF_FLAGS;
	context(1, 0, ta, sv39);
	set8(CQB, entry_of(commands) | 4);
	set8(FQB, entry_of(faults) | 4);
	set4(CQCSR, 1);
	set4(FQCSR, 1);
	guest_check("stage: the queues are on", get4(CQCSR) & get4(FQCSR) & ON, ON);
	set8(DDTP, entry_of(directory) | LEVEL1);
	guest_check("stage: a directory", iommu[DDTP / 8], entry_of(directory) | LEVEL1);
	guest_check("stage: commands are carried out", command(INVAL_DDT), true);

	buffer[0] = OWN;
	to_device(IOVA);
	buffer[0] = 0;
	to_memory(IOVA);
	guest_check("stage: DMA by the first stage", buffer[0], OWN);
	to_device((uintptr_t)&source);
	guest_check("stage: no mapping", faulted(13, (uintptr_t)&source), true);
	to_memory(IOVA + 0x1000);
	guest_check("stage: a page of others", faulted(7, IOVA + 0x1000), true);
	to_device(IOVA + 0x1000);
	to_memory(IOVA);
	guest_check("stage: nothing of it is read", !buffer[0] || buffer[0] == OWN, true);
	set4(FQH, get4(FQT));
	tables[2][0] = 0;
	guest_check("stage: it is unmapped", command(INVAL_VMA), true);
	to_memory(IOVA);
	guest_check("stage: it is not reached", faulted(15, IOVA), true);
	/* Tables of the first stage are reached by the second. */
	tables[1][0] = other >> 12 << 10 | 1;
	guest_check("stage: a table of others", command(INVAL_VMA), true);
	to_memory(IOVA);
	guest_check("stage: it is not read", faulted(7, IOVA), true);

	context(0, 0, ta, sv39);
	guest_check("stage: no context", command(INVAL_DDT), true);
	to_memory(IOVA);
	guest_check("stage: no context", faulted(258, IOVA), true);
	context(1, UINT64_C(8) << 60 | other >> 12, 0, 0);
	guest_check("stage: a second stage", command(INVAL_DDT), true);
	to_memory(other);
	guest_check("stage: a second stage is refused", faulted(259, other), true);
	context(0x21, 0, ta, sv39);
	command(INVAL_DDT | UINT64_C(1) << 33 | (uint64_t)DEVICE << 40);
	to_memory(other);
	guest_check("stage: a process directory is refused", faulted(259, other), true);
	context(1, 0, 0, 0);
	guest_check("stage: without first stage", command(INVAL_DDT), true);
	check_own();
	guest_check("stage: no fault", get4(FQH), get4(FQT));

	queue(0x7f, 0);
	guest_check("stage: a command that is none", get4(CQCSR) >> 8 & 15, 4);
	set4(CQCSR, 0);
	set8(CQB, other >> 12 << 10 | 4);
	set4(CQCSR, 1);
	set4(CQT, 1);
	guest_check("stage: a queue in memory of others", get4(CQCSR) >> 8 & 15, 1);
	set8(DDTP, other >> 12 << 10 | LEVEL1);
	to_memory((uintptr_t)&target);
	guest_check("stage: a directory there", faulted(257, (uintptr_t)&target), true);
	set8(DDTP, 0);
	to_memory((uintptr_t)&target);
	guest_check("stage: Off", faulted(256, (uintptr_t)&target), true);
	set8(DDTP, BARE);
}

/* ---- MSIs ---- */

static void write_file(uint64_t reg, uint64_t value)
{
	__asm__ volatile("csrw 0x150, %0; csrw 0x151, %1" : : "r"(reg), "r"(value));
}

/* Whether the device's MSI to @file comes to this hart. */
static bool rings(volatile uint32_t *msi, uint64_t file)
{
	uint64_t start, value = 0;

	msi[1] = file;
	msi[2] = file >> 32;
	msi[3] = IDENTITY;
	msi[0] |= MSI_ENABLE;
	edu[EDU_RAISE / 4] = 1;
	start = read_time();
	while (!value && read_time() - start < SECOND / 10)
		__asm__ volatile("csrrw %0, 0x15c, zero" : "=r"(value));
	edu[EDU_ACK / 4] = 1;
	msi[0] &= ~MSI_ENABLE;
	return value >> 16 == IDENTITY;
}

static void check_msi(const void *fdt, uint64_t hartid)
{
	int imsic = fdt_node_offset_by_compatible(fdt, -1, "riscv,imsics");
	const fdt32_t *bits = fdt_getprop(fdt, imsic, "riscv,guest-index-bits", NULL);
	uint64_t file =
		address(fdt, imsic, "reg", 0) + (hartid << (12 + (bits ? fdt32_ld(bits) : 0)));
	unsigned int at = config[PCI_CAPS / 4] & 0xff;

	while (at && (config[at / 4] & 0xff) != CAP_MSI)
		at = config[at / 4] >> 8 & 0xff;
	guest_check("msi: the device can send wide ones", at && (config[at / 4] & MSI_WIDE), true);
	write_file(EIDELIVERY, 1);
	write_file(EITHRESHOLD, 0);
	write_file(EIE0, UINT64_C(1) << IDENTITY);
	guest_check("msi: to the own file", rings(config + at / 4, file), true);
	guest_check("msi: to the file before", rings(config + at / 4, file - 0x1000), false);
}

/* ---- all ---- */

static void guard(volatile uint32_t *page, uint64_t ticks)
{
	unsigned int i, changed = 0;

	for (i = 0; i < PAGE_WORDS; i++)
		page[i] = MARKER;
	wait(ticks);
	for (i = 0; i < PAGE_WORDS; i++)
		changed += page[i] != MARKER;
	guest_check("words of memory that have changed", changed, 0);
}

/*
 * At the first boot, leave a note at @note and ask for a reset, with a device that may do DMA. At
 * the second one, it may not.
 */
static void reset_once(const void *fdt, volatile uint64_t *note)
{
	if (*note != NOTE) {
		*note = NOTE;
		find_device(fdt);
		guest_print("# asks for a reset\n");
		guest_sbi(EXT_SRST, 0, 1, 0, 0, 0, 0);
	}
	find_device(fdt);
	guest_check("the reset has stopped the device's DMA", command_before & PCI_MASTER, 0);
}

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
}

void guest_main(uint64_t hartid, const void *fdt)
{
	const char *at;

	words = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL);
	words = words ? words : "";
	guest_print("KTAP version 1\n");
	if (word(words, "guard=")) {
		guard((volatile uint32_t *)number(word(words, "guard=")),
		      number(word(words, "ticks=")));
		guest_finish();
	}
	wait(number(word(words, "wait=")));
	if (word(words, "note="))
		reset_once(fdt, (volatile uint64_t *)number(word(words, "note=")));
	guest_check("the device is there", find_device(fdt), true);
	at = word(words, "stage=");
	guest_check("iommus in the device tree",
		    fdt_node_offset_by_compatible(fdt, -1, "riscv,iommu") >= 0, !!at);
	guest_check("iommu-map in the device tree", names_iommu(fdt), !!at);
	if (at)
		check_stage(fdt, number(at));
	if (word(words, "alone="))
		check_alone(fdt, number(word(words, "alone=")));
	check_own();
	if (word(words, "msi"))
		check_msi(fdt, hartid);
	for (at = words; (at = word(at, "refused="));)
		check_refused(number(at));
	check_own();
	wait(number(word(words, "ticks=")));
	guest_finish();
}
