/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's own command line: /chosen/bootargs of the device tree that firmware gives. Words apart
 * by spaces:
 *   nacl=all      offer the guest SBI NACL with all its features (what happens without the word)
 *   nacl=LIST     with these features, apart by commas: sync_csr, sync_hfence, sync_sret, autoswap_csr
 *   nacl=         with no feature
 *   nacl=none     do not offer the extension
 *   give=LIST     give the guest devices that withheld.h withholds, apart by commas: fw_cfg, flash
 *   stats         count the guest's exits by their reasons, and print that when it ends the machine
 *   slow          handle all exits the general way, for tests: no difference but in time
 * A later word overrides an earlier one; give= adds to it. An unknown word is a warning, an unknown
 * value is fatal.
 */
#ifndef HV_OPTIONS_H
#define HV_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
	bool nacl_offered;
	uint32_t nacl_features; /* bit n: feature id n */
	uint32_t given;		/* bit n: devices of kind n of withheld.h */
	bool stats;
	bool slow;
};

void options_parse(struct options *o, const char *bootargs);

/* The value that nacl= would have, for messages; in @buf, cut to @size. */
const char *options_nacl_text(const struct options *o, char *buf, size_t size);

#endif
