/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SBI that Halite offers its guest: version 3.0, one file for each extension. A handler decodes
 * and checks all its arguments before it changes anything.
 *
 * Specification: RISC-V SBI 3.0.
 */
#ifndef HV_SBI_H
#define HV_SBI_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/vcpu.h"
#include "riscv/sbi_call.h"

enum sbi_error {
	SBI_SUCCESS = 0,
	SBI_ERR_FAILED = -1,
	SBI_ERR_NOT_SUPPORTED = -2,
	SBI_ERR_INVALID_PARAM = -3,
	SBI_ERR_DENIED = -4,
	SBI_ERR_INVALID_ADDRESS = -5,
	SBI_ERR_ALREADY_AVAILABLE = -6,
	SBI_ERR_ALREADY_STARTED = -7,
	SBI_ERR_ALREADY_STOPPED = -8,
	SBI_ERR_NO_SHMEM = -9,
	SBI_ERR_DENIED_LOCKED = -14,
	/*
	 * Not an error of the specification: the handler has set the vCPU's registers and pc
	 * itself.
	 */
	SBI_DONE = 1,
};

/*
 * @fid is a6, @args are a0 to a5. The error of the result is an enum sbi_error or an error of the
 * firmware.
 */
struct sbi_extension {
	uint64_t id;
	struct sbi_result (*handle)(struct vcpu *v, uint64_t fid, const uint64_t *args);
};

extern const struct sbi_extension sbi_time, sbi_ipi, sbi_rfence, sbi_hsm, sbi_srst, sbi_dbcn,
	sbi_nacl, sbi_pmu, sbi_fwft, sbi_susp, sbi_halite;

/* The calls of SBI 0.1: all extensions from sbi_legacy.id to SBI_EXT_LEGACY_SHUTDOWN. */
extern const struct sbi_extension sbi_legacy;

/* Handle the ECALL of L1 that has just trapped. */
void sbi_handle_ecall(struct vcpu *v);

/*
 * Handle an ECALL of L1 that is sync_sret of SBI NACL. L1 has an area and the feature:
 * vcpu.quick.shared_x is not 0. True: the entry into L2 is complete but for the registers. False:
 * the caller calls vcpu_resume().
 */
bool sbi_nacl_sync_sret(struct vcpu *v);

/* Without Sstc, the supervisor timer interrupt of the firmware has come: make STI pending in L1. */
void sbi_time_expired(struct vcpu *v);

/* Whether @v's domain may let a hart start or resume at @addr. */
bool sbi_hsm_may_start_at(const struct vcpu *v, uint64_t addr);

/* Sleep until L1 has an interrupt that is pending and that L1 enables, as in WFI. */
void sbi_hsm_wait(struct vcpu *v);

/*
 * Call the firmware to stop or suspend @v's hart, which comes back at riscv_hart_start(). Returns
 * only if the firmware refuses.
 */
struct sbi_result sbi_hsm_leave(struct vcpu *v, uint64_t ext, uint64_t fid, uint64_t a0,
				uint64_t a1, uint64_t a2);

/* At boot: fill in @d->pmu. */
void sbi_pmu_find(struct domain *d);

/* @v's hart starts: none of L1's counters is Halite's. */
void sbi_pmu_hart_start(struct vcpu *v);

/* @v's hart starts: its features have their values after reset. The caller has reset @v. */
void sbi_fwft_hart_start(struct vcpu *v);

static inline struct sbi_result sbi_error(int64_t error)
{
	return (struct sbi_result){ .error = error };
}

static inline struct sbi_result sbi_value(uint64_t value)
{
	return (struct sbi_result){ .error = SBI_SUCCESS, .value = value };
}

#endif
