/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt files of the hart's IMSIC, as far as CSRs give access to them (AIA "Incoming MSI
 * Controller (IMSIC)"). File 0 is the supervisor-level file, files 1 to GEILEN are the guest
 * interrupt files. The hart has an IMSIC.
 */
#ifndef RISCV_IMSIC_H
#define RISCV_IMSIC_H

#include <stdint.h>

/* GEILEN, the number of guest interrupt files of the hart. Leaves hgeie 0; no guest runs yet. */
unsigned int imsic_guest_files(void);

/* Turn the supervisor-level file off: it delivers no interrupts. It is not used then. */
void imsic_silence(void);

/* Let the supervisor-level file, in which nothing else is enabled, deliver interrupt @identity. */
void imsic_listen(unsigned int identity);

/* Claim the top interrupt of the supervisor-level file, if there is one. */
void imsic_claim(void);

/*
 * Read and write register @reg of @file. @reg is a value of siselect that exists, or
 * HEXT_FILE_TOPEI. @old is the old value. The bits of @mask become those of @value; @mask 0 writes
 * nothing. Each write is one instruction, so no interrupt that arrives meanwhile is lost.
 */
void imsic_rmw(unsigned int file, unsigned int reg, uint64_t *old, uint64_t value, uint64_t mask);

#endif
