/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of the machine that the guest does not get, and the reasons: one table, by
 * `compatible`. A withheld device does not exist for the guest: no page of the device is mapped,
 * and its node is not in the guest's device tree. An interrupt controller that the guest reaches
 * through Halite keeps its node, but its pages are not mapped, except for the guest's
 * interrupt files.
 */
#ifndef HV_WITHHELD_H
#define HV_WITHHELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/devtree.h"

/* The reason why a device is withheld. */
enum withheld_kind {
	WITHHELD_NOT,	   /* the guest has the device */
	WITHHELD_PLIC,	   /* the guest reaches the PLIC through plic.c */
	WITHHELD_AIA,	   /* APLIC: through aplic.c; IMSIC: domain.c maps the guest's files */
	WITHHELD_FIRMWARE, /* a device of firmware */
	WITHHELD_LEVEL,	   /* raises interrupts of Halite's level */
	WITHHELD_FW_CFG,   /* does DMA that no IOMMU checks, and no guest needs the device */
	WITHHELD_FLASH,	   /* storage of firmware */
	WITHHELD_IOMMU,	   /* Halite uses it (iommu.h) */
	WITHHELD_KINDS,
};

/* The words for the kinds that may be given. options.given has bit 1 << kind for each kind. */
#define WITHHELD_WORDS "fw_cfg,flash,iommu"

/* Why the device with property @compatible is withheld from a guest that is given kinds @given. */
enum withheld_kind withheld_find(const struct devtree_property *compatible, uint32_t given);

/* Whether the guest's device tree lacks the nodes of the devices of @kind. */
bool withheld_is_hidden(enum withheld_kind kind);

/* The reason of @kind in words, for messages. */
const char *withheld_why(enum withheld_kind kind);

/* The bit of the kind that @word, of @len characters, stands for. 0: there is no such word. */
uint32_t withheld_word(const char *word, size_t len);

#endif
