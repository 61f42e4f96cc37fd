/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt files of the hart's IMSIC, as far as CSRs reach them (AIA "Incoming MSI Controller (IMSIC)"). File 0 is the
 * supervisor-level one, 1 to GEILEN are the guest files. The hart has an IMSIC.
 */
#ifndef RISCV_IMSIC_H
#define RISCV_IMSIC_H

#include <stdint.h>

/* GEILEN: how many guest interrupt files the hart has. Leaves hgeie 0; no guest runs yet. */
unsigned int imsic_guest_files(void);

/* The supervisor-level file delivers nothing: nobody uses it. */
void imsic_silence(void);

/*
 * Register @reg, as siselect names those that exist, or HEXT_FILE_TOPEI, of @file: @old is what it was; of @value the
 * bits of @mask are written, 0: none. Each step is one instruction, so no interrupt that arrives meanwhile is lost.
 */
void imsic_rmw(unsigned int file, unsigned int reg, uint64_t *old, uint64_t value, uint64_t mask);

#endif
