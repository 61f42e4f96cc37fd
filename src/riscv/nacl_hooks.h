/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hooks that src/nacl/client.h needs: instructions and firmware calls. Only client.h includes
 * this file.
 */
#ifndef RISCV_NACL_HOOKS_H
#define RISCV_NACL_HOOKS_H

#include "riscv/csr.h"
#include "riscv/sbi_call.h"

static inline struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0,
					     nacl_word a1, nacl_word a2)
{
	struct sbi_result r = firmware_call(eid, fid, a0, a1, a2, 0, 0, 0);

	return (struct nacl_ret){ .error = r.error, .value = r.value };
}

/* Do @fence by instructions. Of VVMA types it names the VMID, but not the G-stage: see fence.c. */
void nacl_hook_hfence(const struct nacl_client_hfence *fence);

/* A CSR instruction has the number of its CSR as an immediate, so each CSR has its own case. */
static inline void nacl_hook_csr_write(unsigned int csr, nacl_word value)
{
	switch (csr) {
#define HEXT_CSR(name, number, ...)       \
	case number:                      \
		csr_write(number, value); \
		break;
#include "hext/csr_table.h"
	}
}

#endif
