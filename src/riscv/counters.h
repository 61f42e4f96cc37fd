/* SPDX-License-Identifier: BSD-2-Clause */
/* The hart's counters as HS mode reads them (unpriv "Counters", priv "Sscofpmf"). */
#ifndef RISCV_COUNTERS_H
#define RISCV_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/* The CSR of counter 0, which is cycle. */
#define COUNTERS_FIRST_CSR 0xc00

/* Whether Halite can read counter @n. */
bool counters_can_read(unsigned int n);

/* Counter @n, which Halite can read. */
uint64_t counters_read(unsigned int n);

/* scountovf. The hart has Sscofpmf. */
uint64_t counters_overflown(void);

#endif
