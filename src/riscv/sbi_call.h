/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of the firmware below. Halite keeps no copy of the results.
 *
 * Specification: RISC-V SBI 2.0, "Binary Encoding"; the legacy calls where a function says so.
 */
#ifndef RISCV_SBI_CALL_H
#define RISCV_SBI_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "riscv/sbi_ids.h"

struct sbi_result {
	int64_t error; /* 0, or a negative SBI error code */
	uint64_t value;
};

/* Call function @fid of extension @ext with arguments @a0 to @a5. */
static inline struct sbi_result firmware_call(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1,
					      uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	register uint64_t r0 __asm__("a0") = a0;
	register uint64_t r1 __asm__("a1") = a1;
	register uint64_t r2 __asm__("a2") = a2;
	register uint64_t r3 __asm__("a3") = a3;
	register uint64_t r4 __asm__("a4") = a4;
	register uint64_t r5 __asm__("a5") = a5;
	register uint64_t r6 __asm__("a6") = fid;
	register uint64_t r7 __asm__("a7") = ext;

	__asm__ volatile("ecall"
			 : "+r"(r0), "+r"(r1)
			 : "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r6), "r"(r7)
			 : "memory");
	return (struct sbi_result){ .error = (int64_t)r0, .value = r1 };
}

/* Whether the firmware has extension @ext. The firmware must have the base extension. */
static inline bool firmware_has_extension(uint64_t ext)
{
	struct sbi_result r =
		firmware_call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, ext, 0, 0, 0, 0, 0);

	return !r.error && r.value;
}

/*
 * Read or write feature @feature of the firmware on this hart (SBI 3.0 "Firmware Features"). An
 * error if the firmware does not have it.
 */
static inline struct sbi_result firmware_get_feature(uint32_t feature)
{
	return firmware_call(SBI_EXT_FWFT, SBI_FWFT_GET, feature, 0, 0, 0, 0, 0);
}

static inline struct sbi_result firmware_set_feature(uint32_t feature, uint64_t value)
{
	return firmware_call(SBI_EXT_FWFT, SBI_FWFT_SET, feature, value, 0, 0, 0, 0);
}

/* Set the supervisor timer interrupt for @time, in ticks. ~0 clears a pending one. */
static inline void firmware_set_timer(uint64_t time)
{
	firmware_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, time, 0, 0, 0, 0, 0);
}

#endif
