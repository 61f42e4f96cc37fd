/* SPDX-License-Identifier: BSD-2-Clause */
#include "kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"

#define INTERRUPT (UINT64_C(1) << 63)
#define EID_NACL  0x4e41434c

static struct {
	const char *name;
	struct qemu_plugin_register *handle;
} registers[] = { { "a0", NULL },     { "a1", NULL },	 { "a6", NULL },  { "a7", NULL },
		  { "scause", NULL }, { "stval", NULL }, { "sepc", NULL } };

#define REGISTER_COUNT (sizeof(registers) / sizeof(registers[0]))

static struct garray *bytes;

void kind_init(struct garray *list)
{
	const struct qemu_plugin_reg_descriptor *known = (const void *)list->data;
	unsigned int i, j;

	bytes = g_byte_array_new();
	for (i = 0; i < REGISTER_COUNT; i++) {
		for (j = 0; j < list->len; j++) {
			if (!strcmp(known[j].name, registers[i].name))
				registers[i].handle = known[j].handle;
		}
		if (!registers[i].handle) {
			fprintf(stderr, "count: QEMU gives no register %s\n", registers[i].name);
			exit(EXIT_FAILURE);
		}
	}
}

uint64_t kind_register(const char *name)
{
	uint64_t value = 0;
	unsigned int i = 0;

	while (strcmp(registers[i].name, name))
		i++;
	g_byte_array_set_size(bytes, 0);
	if (qemu_plugin_read_register(registers[i].handle, bytes) == sizeof(value))
		memcpy(&value, bytes->data, sizeof(value));
	return value;
}

static const struct {
	unsigned int number;
	const char *name;
} csrs[] = {
	{ 0x200, "vsstatus" },	 { 0x204, "vsie" },    { 0x205, "vstvec" },
	{ 0x240, "vsscratch" },	 { 0x241, "vsepc" },   { 0x242, "vscause" },
	{ 0x243, "vstval" },	 { 0x244, "vsip" },    { 0x24d, "vstimecmp" },
	{ 0x280, "vsatp" },	 { 0x600, "hstatus" }, { 0x602, "hedeleg" },
	{ 0x603, "hideleg" },	 { 0x604, "hie" },     { 0x605, "htimedelta" },
	{ 0x606, "hcounteren" }, { 0x607, "hgeie" },   { 0x60a, "henvcfg" },
	{ 0x60c, "hstateen0" },	 { 0x643, "htval" },   { 0x644, "hip" },
	{ 0x645, "hvip" },	 { 0x64a, "htinst" },  { 0x680, "hgatp" },
	{ 0xe12, "hgeip" },	 { 0x104, "sie" },     { 0x144, "sip" },
	{ 0x14d, "stimecmp" },	 { 0x180, "satp" },    { 0xc01, "time" },
};

static void csr_name(char *name, uint32_t code)
{
	unsigned int i;

	for (i = 0; i < sizeof(csrs) / sizeof(csrs[0]); i++) {
		if (csrs[i].number == code >> 20) {
			snprintf(name, KIND_NAME_MAX, "csr %s", csrs[i].name);
			return;
		}
	}
	snprintf(name, KIND_NAME_MAX, "csr 0x%x", code >> 20);
}

/* Names the cause of a virtual-instruction exception; QEMU puts the instruction into stval. */
static void insn_name(char *name, uint32_t code)
{
	unsigned int funct3 = code >> 12 & 7;
	const char *text = "instruction";

	if ((code & 0x7f) == 0x73 && funct3 && funct3 != 4) {
		csr_name(name, code);
		return;
	}
	if (code == 0x10200073)
		text = "sret";
	else if (code == 0x10500073)
		text = "wfi";
	else if ((code & 0x7f) == 0x73 && funct3 == 4)
		text = "hlv or hsv";
	else if ((code & 0x7fff) == 0x73 && (code >> 25 == 0x11 || code >> 25 == 0x31))
		text = "hfence";
	snprintf(name, KIND_NAME_MAX, "%s", text);
}

static void ecall_name(char *name)
{
	static const char *const functions[] = { "probe_feature", "set_shmem", "sync_csr",
						 "sync_hfence", "sync_sret" };
	uint64_t fid = kind_register("a6");

	if (kind_register("a7") != EID_NACL)
		snprintf(name, KIND_NAME_MAX, "ecall");
	else if (fid < sizeof(functions) / sizeof(functions[0]))
		snprintf(name, KIND_NAME_MAX, "nacl %s", functions[fid]);
	else
		snprintf(name, KIND_NAME_MAX, "nacl");
}

void kind_name(char *name)
{
	static const char *const exceptions[] = {
		[8] = "ecall of user",	     [12] = "fetch page, stage 1",
		[13] = "load page, stage 1", [15] = "store page, stage 1",
		[20] = "fetch page",	     [21] = "load page",
		[23] = "store page",
	};
	static const char *const interrupts[] = {
		[1] = "software interrupt",
		[5] = "timer interrupt",
		[9] = "external interrupt",
	};
	uint64_t cause = kind_register("scause");
	uint64_t number = cause & ~INTERRUPT;

	if (cause == 10 || cause == 9)
		ecall_name(name);
	else if (cause == 22)
		insn_name(name, kind_register("stval"));
	else if (cause & INTERRUPT && number <= 9 && interrupts[number])
		snprintf(name, KIND_NAME_MAX, "%s", interrupts[number]);
	else if (number < sizeof(exceptions) / sizeof(exceptions[0]) && !(cause & INTERRUPT) &&
		 exceptions[number])
		snprintf(name, KIND_NAME_MAX, "%s", exceptions[number]);
	else
		snprintf(name, KIND_NAME_MAX, "%s %u",
			 cause & INTERRUPT ? "interrupt" : "exception", (unsigned int)number);
}
