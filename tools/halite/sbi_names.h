/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of SBI calls: RISC-V SBI 3.0, and Halite's own extension. */
#ifndef HALITE_TOOL_SBI_NAMES_H
#define HALITE_TOOL_SBI_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* Puts the name of the call in text, such as "HSM hart_start", or numbers if it has no name. */
void sbi_name(uint32_t extension, uint32_t function, char *text, size_t size);

#endif
