/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's command line: /chosen/bootargs of the device tree from firmware. These are the words,
 * separated by spaces:
 *   nacl=all    offer the guest SBI NACL with all features (the default)
 *   nacl=LIST   offer SBI NACL with these features, separated by commas: sync_csr, sync_hfence,
 *               sync_sret, autoswap_csr
 *   nacl=       offer SBI NACL without features
 *   nacl=none   do not offer SBI NACL
 *   give=LIST   give the guest these devices, which are withheld otherwise (withheld.h), separated
 *               by commas: fw_cfg, flash, iommu
 *   stats       count the guest's exits by reason, and print the counts when the guest ends the
 *               machine
 *   trace       record exits, entries and what Halite does at them, in a ring of 4096 events for
 *               each hart, which `halite trace` reads
 *   trace=N     the same with N events, a power of two from 64 to 1048576; each takes 32 bytes
 *   tables=N    keep 1/N of RAM for the tables of shadows, besides a fixed part (512 without the
 *               word; 2 to 65536)
 *   console=virtual
 *               give the guest a virtual UART in place of the one on the machine's console: lines
 *               come out whole, and Ctrl-] reaches Halite (uart.h, terminal.h). Domains have such
 *               UARTs without the word (domain_console.h)
 *   console=frames
 *               the same, and the console has frames for a program in place of lines for people
 *               (docs/domains.md, "Frames"); also with domains
 *   iommu=virtual
 *               a guest sees an IOMMU of its own in place of each of the machine's that its
 *               devices are behind (viommu.h), if it has interrupt files
 *   slow        handle all exits on the general path, for tests: the guest sees no difference but
 *               time
 * A later nacl=, tables= or trace= overrides an earlier one. A later give= adds devices. An unknown
 * word is logged as a warning. An unknown value is fatal.
 */
#ifndef HV_OPTIONS_H
#define HV_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
	bool nacl_offered;
	uint32_t nacl_features; /* bit n: NACL feature n */
	uint32_t given;		/* bit n: devices of kind n (withheld.h) */
	bool stats;
	unsigned int trace; /* events in the ring of each hart; 0: no rings */
	bool slow;
	bool virtual_console;
	bool frames; /* and virtual_console */
	bool virtual_iommu;
};

#define OPTIONS_ERROR_SIZE 192

void options_parse(struct options *o, const char *bootargs);

/* Whether all words of @bootargs are known and right. If not, @error says what is wrong. */
bool options_check(const char *bootargs, char error[OPTIONS_ERROR_SIZE]);

/* The value of tables= in @bootargs. It counts before the rest does: for the choice of the home. */
unsigned int options_tables(const char *bootargs);

/* The events in the ring of each hart by @bootargs, for the choice of the home. */
unsigned int options_trace(const char *bootargs);

/*
 * Set the members for NACL of @o by the @len bytes of @value, the value of nacl=. Return NULL, or
 * the first word that is not known, with its length in *@bad.
 */
const char *options_nacl(struct options *o, const char *value, size_t len, size_t *bad);

/* What is expected there, for messages. */
#define OPTIONS_NACL_EXPECTED \
	"all, none, or a list of sync_csr,sync_hfence,sync_sret,autoswap_csr is expected"

/* The value of nacl= that stands for @o, for messages. May be in @buf, of @size bytes. */
const char *options_nacl_text(const struct options *o, char *buf, size_t size);

#endif
