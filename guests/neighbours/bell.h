/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that shares memory with another one. Both print checks, and power off at the end. */
#ifndef BELL_H
#define BELL_H

#include <stdint.h>

/* Returns if the device tree has no shared memory. */
void bell_play(const void *fdt, uint64_t hartid);

#endif
