/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chapters that the texts name are those of "The RISC-V Instruction Set Manual, Volume II:
 * Privileged Architecture".
 */
#include "explain.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "events.h"
#include "hext/insn.h"
#include "message.h"

static const char explain_help[] =
	"Usage: halite explain NAME=VALUE...\n"
	"       halite explain <CONSOLE\n"
	"\n"
	"Says what the values of a trap mean, and which chapter of the privileged specification\n"
	"defines them. NAME is scause, htval, htinst or insn (the code of an instruction).\n"
	"VALUE is a decimal number, or a hexadecimal one that begins with 0x. Without arguments,\n"
	"the command reads a console and explains each such value that is in it: those of\n"
	"Halite's own traps, and the cause that Linux prints.\n"
	"\n"
	"Exit status: 0; 1 if there is nothing to explain; 2 if an argument is wrong.\n";

#define CHAPTER_SCAUSE "Supervisor-Level ISA, \"Supervisor Cause (scause) Register\""
#define CHAPTER_H      "\"H\" Extension for Hypervisor Support, "
#define CHAPTER_CODES  CHAPTER_H "\"Trap Cause Codes\""

struct cause {
	const char *name, *chapter;
	const char *more; /* what it means in Halite; NULL: nothing in particular */
};

static const struct cause exceptions[] = {
	[0] = { "instruction address misaligned", CHAPTER_SCAUSE, NULL },
	[1] = { "instruction access fault", CHAPTER_SCAUSE, NULL },
	[2] = { "illegal instruction", CHAPTER_SCAUSE, "stval has the instruction, or 0" },
	[3] = { "breakpoint", CHAPTER_SCAUSE, NULL },
	[4] = { "load address misaligned", CHAPTER_SCAUSE, NULL },
	[5] = { "load access fault", CHAPTER_SCAUSE,
		"a guest of Halite gets it for memory that it does not have, such as a withheld "
		"device" },
	[6] = { "store/AMO address misaligned", CHAPTER_SCAUSE, NULL },
	[7] = { "store/AMO access fault", CHAPTER_SCAUSE,
		"a guest of Halite gets it for memory that it does not have, such as a withheld "
		"device" },
	[8] = { "environment call from U-mode or VU-mode", CHAPTER_CODES, NULL },
	[9] = { "environment call from HS-mode", CHAPTER_CODES, NULL },
	[10] = { "environment call from VS-mode", CHAPTER_CODES,
		 "an SBI call of a guest: a7 is the extension, a6 the function" },
	[11] = { "environment call from M-mode", CHAPTER_CODES, NULL },
	[12] = { "instruction page fault", CHAPTER_SCAUSE, "by the first stage: satp or vsatp" },
	[13] = { "load page fault", CHAPTER_SCAUSE, "by the first stage: satp or vsatp" },
	[15] = { "store/AMO page fault", CHAPTER_SCAUSE, "by the first stage: satp or vsatp" },
	[16] = { "double trap", CHAPTER_CODES, NULL },
	[18] = { "software check", CHAPTER_CODES, NULL },
	[19] = { "hardware error", CHAPTER_CODES, NULL },
	[20] = { "instruction guest-page fault", CHAPTER_CODES,
		 "by the G-stage: hgatp. htval has the guest physical address >> 2" },
	[21] = { "load guest-page fault", CHAPTER_CODES,
		 "by the G-stage: hgatp. htval has the guest physical address >> 2" },
	[22] = { "virtual instruction", CHAPTER_CODES,
		 "an instruction that HS mode could execute and a guest may not. Halite emulates "
		 "those of the H extension for L1" },
	[23] = { "store/AMO guest-page fault", CHAPTER_CODES,
		 "by the G-stage: hgatp. htval has the guest physical address >> 2" },
};

static const struct cause interrupts[] = {
	[1] = { "supervisor software interrupt", CHAPTER_SCAUSE, "an IPI" },
	[2] = { "virtual supervisor software interrupt", CHAPTER_CODES, NULL },
	[3] = { "machine software interrupt", CHAPTER_CODES, NULL },
	[5] = { "supervisor timer interrupt", CHAPTER_SCAUSE, NULL },
	[6] = { "virtual supervisor timer interrupt", CHAPTER_CODES, NULL },
	[7] = { "machine timer interrupt", CHAPTER_CODES, NULL },
	[9] = { "supervisor external interrupt", CHAPTER_SCAUSE, NULL },
	[10] = { "virtual supervisor external interrupt", CHAPTER_CODES, NULL },
	[11] = { "machine external interrupt", CHAPTER_CODES, NULL },
	[12] = { "supervisor guest external interrupt", CHAPTER_CODES,
		 "a guest interrupt file that hgeie enables (AIA)" },
	[13] = { "counter-overflow interrupt", CHAPTER_SCAUSE, NULL },
};

static void explain_scause(uint64_t value)
{
	bool interrupt = value >> 63;
	uint64_t code = value << 1 >> 1;
	const struct cause *list = interrupt ? interrupts : exceptions, *cause = NULL;
	size_t count = interrupt ? sizeof(interrupts) / sizeof(*interrupts)
				 : sizeof(exceptions) / sizeof(*exceptions);

	if (code < count && list[code].name)
		cause = &list[code];
	printf("scause 0x%" PRIx64 ": %s %" PRIu64 ", %s\n", value,
	       interrupt ? "interrupt" : "exception", code,
	       cause ? cause->name : "reserved or custom");
	if (cause && cause->more)
		printf("  %s\n", cause->more);
	printf("  priv: %s\n", cause ? cause->chapter : CHAPTER_SCAUSE);
}

static void explain_htval(uint64_t value)
{
	if (value)
		printf("htval 0x%" PRIx64 ": guest physical address 0x%" PRIx64 " to 0x%" PRIx64
		       "; its two lowest bits are those of stval\n",
		       value, value << 2, (value << 2) + 3);
	else
		puts("htval 0: no guest physical address, or address 0. Only guest-page faults "
		     "set it");
	puts("  priv: " CHAPTER_H "\"Hypervisor Trap Value (htval) Register\"");
}

/* ---- instructions ---- */

/* What objdump of binutils says, if one for RISC-V is installed. */
static bool print_by_objdump(uint32_t code)
{
	static const char *const programs[] = { "riscv64-linux-gnu-objdump",
						"riscv64-unknown-elf-objdump" };
	char file[] = "/tmp/halite-explain-XXXXXX", command[256], line[256];
	int fd = mkstemp(file);
	bool printed = false;
	FILE *output;

	if (fd < 0)
		return false;
	if (write(fd, &code, (code & 3) == 3 ? 4 : 2) < 2) {
		close(fd);
		unlink(file);
		return false;
	}
	close(fd);
	for (size_t i = 0; !printed && i < sizeof(programs) / sizeof(*programs); i++) {
		snprintf(command, sizeof(command), "%s -D -b binary -m riscv:rv64 %s 2>/dev/null",
			 programs[i], file);
		output = popen(command, "r");
		while (output && fgets(line, sizeof(line), output)) {
			char *text = strchr(line, '\t');

			if (strncmp(line, "   0:", 5) != 0 || !text ||
			    !(text = strchr(text + 1, '\t')))
				continue;
			text[strcspn(text, "\n")] = '\0';
			for (char *tab = text; (tab = strchr(tab, '\t'));)
				*tab = ' ';
			printf(" %s\n", text);
			printed = true;
		}
		if (output)
			pclose(output);
	}
	unlink(file);
	return printed;
}

/* Prints what src/hext knows of the instruction. Returns the chapter. NULL: it is not special. */
static const char *print_insn(const struct hext_insn *insn)
{
	static const char *const ops[] = { "", "csrrw",	 "csrrs",  "csrrc",
					   "", "csrrwi", "csrrsi", "csrrci" };
	const char *sign = insn->sign_extend || insn->kind == HEXT_INSN_HSV ? "" : "unsigned ";

	switch (insn->kind) {
	case HEXT_INSN_CSR:
		printf(" %s x%u, %s, %s%u\n", ops[insn->funct3 & 7], insn->rd,
		       event_csr_name(insn->csr), insn->funct3 & HEXT_CSR_IMMEDIATE ? "" : "x",
		       insn->rs1);
		return "CSRs, \"CSR Address Mapping Conventions\"";
	case HEXT_INSN_HLV:
	case HEXT_INSN_HLVX:
	case HEXT_INSN_HSV:
		printf(" %s of %u %sbytes of L2's memory\n",
		       insn->kind == HEXT_INSN_HSV ? "HSV, a store"
		       : insn->kind == HEXT_INSN_HLV
			       ? "HLV, a load"
			       : "HLVX, a load with the permission to execute",
		       insn->width, sign);
		return CHAPTER_H "\"Hypervisor Virtual-Machine Load and Store Instructions\"";
	case HEXT_INSN_HFENCE_VVMA:
	case HEXT_INSN_HFENCE_GVMA:
		printf(" %s: rs1 is x%u, rs2 is x%u; x0 stands for all\n",
		       insn->kind == HEXT_INSN_HFENCE_VVMA ? "hfence.vvma, the first stage of L2"
							   : "hfence.gvma, the G-stage",
		       insn->rs1, insn->rs2);
		return CHAPTER_H "\"Hypervisor Memory-Management Fence Instructions\"";
	case HEXT_INSN_HINVAL_VVMA:
	case HEXT_INSN_HINVAL_GVMA:
		printf(" %s\n",
		       insn->kind == HEXT_INSN_HINVAL_VVMA ? "hinval.vvma" : "hinval.gvma");
		return "\"Svinval\" Extension for Fine-Grained Address-Translation Cache "
		       "Invalidation";
	case HEXT_INSN_SRET:
		puts(" sret");
		return CHAPTER_H "\"Trap Return\"";
	case HEXT_INSN_WFI:
		puts(" wfi");
		return "Machine-Level ISA, \"Wait for Interrupt\"";
	default:
		return NULL;
	}
}

static void explain_insn(uint64_t value)
{
	struct hext_insn insn;
	const char *chapter;

	hext_decode((uint32_t)value, &insn);
	printf("insn 0x%0*" PRIx64 ":", insn.length == 2 ? 4 : 8,
	       insn.length == 2 ? value & 0xffff : value & 0xffffffff);
	chapter = print_insn(&insn);
	if (chapter)
		printf("  priv: %s\n", chapter);
	else if (!print_by_objdump((uint32_t)value))
		puts(" no instruction of the H extension; objdump for RISC-V would name it");
}

static void explain_htinst(uint64_t value)
{
	static const char chapter[] =
		CHAPTER_H "\"Transformed Instruction or Pseudoinstruction for mtinst or htinst\"";
	unsigned int offset = (unsigned int)(value >> 15 & 31);

	printf("htinst 0x%" PRIx64 ":", value);
	if (!value)
		puts(" nothing is said about the instruction");
	else if (hext_insn_is_pseudo(value) || value == 0x2000 || value == 0x2020)
		printf(" the %s of a PTE of the first stage (%s bits) faulted in the G-stage\n",
		       value & 0x20 ? "update" : "read", value & 0x1000 ? "64" : "32");
	else if ((value & 3) == 2 || !(value & 3))
		puts(" a custom value");
	else {
		printf(" a transformed instruction%s; the access faulted at its address + %u\n",
		       value & 2 ? "" : ", compressed at first", offset);
		/* Without the offset in place of rs1, and with bit 1, it is a standard one. */
		explain_insn((value & ~UINT64_C(0xf8000)) | 2);
	}
	printf("  priv: %s\n", chapter);
}

/* ---- arguments and consoles ---- */

static const struct {
	const char *name;
	void (*explain)(uint64_t value);
} names[] = {
	{ "scause", explain_scause },
	{ "htval", explain_htval },
	{ "htinst", explain_htinst },
	{ "insn", explain_insn },
};

#define NAMES (sizeof(names) / sizeof(*names))

/* Takes NAME=VALUE. Returns 0, or -1 after a message. */
static int take_argument(const char *argument)
{
	size_t length = strcspn(argument, "=");
	const char *text;
	uint64_t value;
	char *end;

	for (size_t i = 0; i < NAMES; i++) {
		if (strlen(names[i].name) != length || strncmp(names[i].name, argument, length) ||
		    !argument[length])
			continue;
		errno = 0;
		text = argument + length + 1;
		value = strtoull(text, &end, strncasecmp(text, "0x", 2) ? 10 : 16);
		if (!isdigit((unsigned char)*text) || *end || errno) {
			message("explain: '%s': its value is no number of 64 bits, decimal or with "
				"0x",
				argument);
			return -1;
		}
		if (!strcmp(names[i].name, "insn") && value > UINT32_MAX) {
			message("explain: '%s': an instruction has 32 bits at most", argument);
			return -1;
		}
		names[i].explain(value);
		return 0;
	}
	message("explain: '%s'; expected scause=, htval=, htinst= or insn= and a value", argument);
	return -1;
}

/* The number at @text, behind spaces, '=' and ':'. False: there is none. */
static bool read_number(const char *text, bool hexadecimal, uint64_t *value)
{
	char *end;

	text += strspn(text, " =:\t");
	if (*text < '0' || *text > '9') {
		if (!hexadecimal || !strchr("abcdef", *text) || !*text)
			return false;
	}
	if (!strncasecmp(text, "0x", 2))
		hexadecimal = true;
	*value = strtoull(text, &end, hexadecimal ? 16 : 10);
	return end != text;
}

/* Explains what is in @line. Returns whether anything is. */
static bool take_line(const char *line)
{
	const char *at, *rest;
	bool found = false;
	uint64_t value;

	for (size_t i = 0; i < NAMES - 1; i++) {
		for (rest = line; (at = strstr(rest, names[i].name)); rest = at + 1) {
			if (!read_number(at + strlen(names[i].name), false, &value))
				continue;
			names[i].explain(value);
			found = true;
		}
	}
	/* Linux: "status: 0000000200000120 badaddr: ffffffd6 cause: 000000000000000d" */
	at = strstr(line, " cause: ");
	if (at && strstr(line, "badaddr: ") && read_number(at + 8, true, &value)) {
		explain_scause(value);
		found = true;
	}
	return found;
}

static int read_console(void)
{
	bool found = false;
	char line[1024];

	while (fgets(line, sizeof(line), stdin))
		found |= take_line(line);
	if (found)
		return EXIT_SUCCESS;
	message("explain: standard input has no scause, htval, htinst, or cause of Linux");
	return EXIT_FAILURE;
}

int explain_main(char **argv)
{
	if (argv[1] && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(explain_help, stdout);
		return EXIT_SUCCESS;
	}
	if (!argv[1])
		return read_console();
	for (char **argument = argv + 1; *argument; argument++) {
		if (take_argument(*argument) < 0)
			return EXIT_USAGE;
	}
	return EXIT_SUCCESS;
}
