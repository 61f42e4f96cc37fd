/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SBI_H
#define SBI_H

#include <string.h>

#include "csr.h"
#include "guest.h"

#define NOT_SUPPORTED	(-2)
#define INVALID_PARAM	(-3)
#define DENIED		(-4)
#define INVALID_ADDRESS (-5)
#define DENIED_LOCKED	(-14)

#define FIRMWARE UINT64_C(0x80000000) /* OpenSBI's memory, which is not the guest's */
#define NOWHERE	 UINT64_C(0x40000)    /* QEMU's virt machine has nothing there */

static inline bool has_extension(uint64_t extension)
{
	return guest_sbi(EXT_BASE, 3, extension, 0, 0, 0, 0).value;
}

/* Starts the other hart, which runs @job; waits until it has stopped; or both. */
void on_other_hart(void (*job)(void));
void start_other_hart(void (*job)(void));
void wait_for_other_hart(void);

/* Each prints its checks. */
void check_fwft(void);
void check_pmu(uint64_t hart);
void check_susp(uint64_t hart);

#endif
