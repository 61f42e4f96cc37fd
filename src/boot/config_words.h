/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values of the lines `domain` and `shared-memory` of halite.cfg: words with commas between
 * them, those of `halite run --domain` and `--shared-memory` (docs/domains.md). Plain functions,
 * without calls of EFI.
 */
#ifndef BOOT_CONFIG_WORDS_H
#define BOOT_CONFIG_WORDS_H

#include "boot/config.h"

enum config_word {
	WORD_NAME,
	/* of a domain */
	WORD_CPUS,
	WORD_HARTS,
	WORD_MEMORY,
	WORD_KERNEL,
	WORD_INITRD,
	WORD_APPEND,
	WORD_DEVICES,
	WORD_PCI,
	WORD_NACL,
	WORD_TABLES,
	WORD_DMA,
	WORD_POWER,
	/* of shared memory */
	WORD_SIZE,
	WORD_DOMAINS,
	WORDS,
};

struct config_words {
	unsigned int line;
	bool shared;	    /* shared memory, not a domain */
	char *value[WORDS]; /* NULL: the word is not there. A word without a value has "" */
};

/*
 * Take the value @v apart, whose text is changed. False: a word is wrong, and @error says which
 * one, and what is expected. What depends on the machine or on other lines is not checked.
 */
bool config_words_parse(struct config_words *w, bool shared, const struct config_value *v,
			char error[CONFIG_ERROR_SIZE]);

/*
 * Add the node of @w below the root of @tree, without kernel and ramdisk. Its text is changed.
 * Return the node, or an error of libfdt.
 */
int config_words_add(void *tree, struct config_words *w);

/*
 * Add the module @kind, "kernel" or "ramdisk", to the node @parent, with @start and @size in reg.
 * @bootargs may be NULL. Return 0, or an error of libfdt.
 */
int config_words_add_module(void *tree, int parent, const char *kind, uint64_t start, uint64_t size,
			    const char *bootargs);

#endif
