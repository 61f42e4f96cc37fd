/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which devices of the machine a guest does not get, and why: one table, by `compatible`. What is
 * withheld does not exist for the guest: no page of the device is mapped, and its node is not in
 * the guest's device tree. An interrupt controller that the guest reaches through Halite keeps its
 * node; its pages are not mapped either.
 */
#ifndef HV_WITHHELD_H
#define HV_WITHHELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/devtree.h"

/* Why a device is withheld. */
enum withheld_kind {
	WITHHELD_NOT,	   /* it is the guest's */
	WITHHELD_PLIC,	   /* reached through plic.c */
	WITHHELD_AIA,	   /* an APLIC or IMSIC: through aplic.c and imsic.c, but for guest files */
	WITHHELD_FIRMWARE, /* firmware's own */
	WITHHELD_LEVEL,	   /* raises interrupts of Halite's own level */
	WITHHELD_FW_CFG,   /* does DMA that no IOMMU guards, and no guest needs it */
	WITHHELD_FLASH,	   /* storage of firmware */
	WITHHELD_KINDS,
};

/* The kinds that may be given, as the bits 1 << kind of struct options and struct machine. */
#define WITHHELD_WORDS "fw_cfg,flash"

/* Why the device with property @compatible is withheld from a guest that is given kinds @given. */
enum withheld_kind withheld_find(const struct devtree_property *compatible, uint32_t given);

/* Whether the node of such a device is left out of the guest's device tree. */
bool withheld_is_hidden(enum withheld_kind kind);

/* Why, in words, for messages. */
const char *withheld_why(enum withheld_kind kind);

/* The kind, as a bit, that the word of @len characters gives to the guest; 0: no such word. */
uint32_t withheld_word(const char *word, size_t len);

#endif
