/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of src/riscv/sbi_call.h: the firmware of machine.c. */
#ifndef RISCV_SBI_CALL_H
#define RISCV_SBI_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "riscv/sbi_ids.h"

struct sbi_result {
	int64_t error;
	uint64_t value;
};

struct sbi_result firmware_call(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
				uint64_t a3, uint64_t a4, uint64_t a5);

static inline bool firmware_has_extension(uint64_t ext)
{
	return firmware_call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, ext, 0, 0, 0, 0, 0).value;
}

static inline struct sbi_result firmware_set_feature(uint32_t feature, uint64_t value)
{
	return firmware_call(SBI_EXT_FWFT, SBI_FWFT_SET, feature, value, 0, 0, 0, 0);
}

static inline void firmware_set_timer(uint64_t time)
{
	firmware_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, time, 0, 0, 0, 0, 0);
}

#endif
