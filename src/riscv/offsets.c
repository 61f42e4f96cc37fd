/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers that entry.S needs from C. This file is not linked. It compiles to assembly that
 * holds a #define for each number, and make writes them to offsets.h (mk/hypervisor.mk).
 */
#include <stddef.h>

#include "hext/bits.h"
#include "hext/csr.h"
#include "hv/vcpu.h"

#define DEFINE(name, value)  __asm__ volatile(".ascii \"#define " name " %0\"" : : "i"(value))
#define OFFSET(name, member) DEFINE(#name, offsetof(struct vcpu, member))
#define NUMBER(name)	     DEFINE(#name, name)

static __attribute__((used)) void numbers(void)
{
	OFFSET(VCPU_X0, x);
	OFFSET(VCPU_STACK_TOP, stack_top);
	OFFSET(VCPU_NACL, nacl_below);
	OFFSET(VCPU_SHARED_X, quick.shared_x);
	OFFSET(VCPU_AREA_BELOW, quick.area_below);
	OFFSET(VCPU_MISSED_HGATP, quick.missed.hgatp);
	OFFSET(VCPU_VIRT, h.virt);
	NUMBER(VCPU_LOAD_ALL);
	NUMBER(VCPU_LOAD_SHARED);
	OFFSET(VCPU_SHMEM_BELOW, nacl_below.shmem);
	OFFSET(VCPU_FEATURES_BELOW, nacl_below.features);
	NUMBER(HEXT_CSR_HSTATUS);
	NUMBER(HSTATUS_SPV);
	NUMBER(CAUSE_ECALL_VS);
	NUMBER(CAUSE_FETCH_GUEST_PAGE);
	NUMBER(CAUSE_VIRTUAL);
}
