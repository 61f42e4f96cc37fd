/* SPDX-License-Identifier: BSD-2-Clause */
/* What kind of trap a hart has just taken into HS-mode (or, virtualized, into VS-mode), from its registers. */
#ifndef PLUGIN_KINDS_H
#define PLUGIN_KINDS_H

#include <stdint.h>

struct garray;

#define KIND_NAME_MAX 40

/* Once: @registers as qemu_plugin_get_registers() gives them. */
void kind_init(struct garray *registers);

/* The value of one of the registers that kinds.c lists; in a callback that may read registers. */
uint64_t kind_register(const char *name);

/* A name of at most KIND_NAME_MAX bytes with its end: "nacl sync_sret", "csr vsscratch", "store page", ... */
void kind_name(char *name);

#endif
