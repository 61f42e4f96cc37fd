/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kind of the trap that a hart has just taken into HS-mode, or into VS-mode as a guest, from
 * its registers.
 */
#ifndef PLUGIN_KINDS_H
#define PLUGIN_KINDS_H

#include <stdint.h>

struct garray;

#define KIND_NAME_MAX 40

/* To be called once, with the result of qemu_plugin_get_registers(). */
void kind_init(struct garray *registers);

/* The value of a register that kinds.c lists. Call it in a callback that may read registers. */
uint64_t kind_register(const char *name);

/* Writes a name of at most KIND_NAME_MAX bytes, such as "nacl sync_sret" or "csr vsscratch". */

void kind_name(char *name);

#endif
