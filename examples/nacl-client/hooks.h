/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hooks of src/nacl/client.h as inline functions: compile with
 * -DNACL_CLIENT_HOOKS='"hooks.h"'. On RISC-V (-march=..._zicsr) they execute the instructions;
 * elsewhere main.c simulates the machine.
 */
#ifndef HOOKS_H
#define HOOKS_H

#include "nacl/client.h"

#define CSR_VSEPC   0x241
#define CSR_VSATP   0x280
#define CSR_HSTATUS 0x600
#define CSR_HVIP    0x645
#define CSR_HGATP   0x680

/* The CSRs that this hypervisor writes to the area. */
#define FOR_EACH_CSR(x) x(CSR_VSEPC) x(CSR_VSATP) x(CSR_HSTATUS) x(CSR_HVIP) x(CSR_HGATP)

#ifdef __riscv

#define csr_instruction_read(csr)                                                     \
	({                                                                            \
		nacl_word value_;                                                     \
		__asm__ volatile("csrr %0, %1" : "=r"(value_) : "i"(csr) : "memory"); \
		value_;                                                               \
	})
#define csr_instruction_write(csr, value) \
	__asm__ volatile("csrw %0, %1" : : "i"(csr), "r"((nacl_word)(value)) : "memory")

static inline struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0,
					     nacl_word a1, nacl_word a2)
{
	register nacl_word r0 __asm__("a0") = a0;
	register nacl_word r1 __asm__("a1") = a1;
	register nacl_word r2 __asm__("a2") = a2;
	register nacl_word r6 __asm__("a6") = fid;
	register nacl_word r7 __asm__("a7") = eid;

	__asm__ volatile("ecall" : "+r"(r0), "+r"(r1) : "r"(r2), "r"(r6), "r"(r7) : "memory");
	return (struct nacl_ret){ r0, r1 };
}

#if NACL_XLEN == 32
#define HGATP_VMID_SHIFT 22
#define HGATP_VMID	 ((nacl_word)0x7f << HGATP_VMID_SHIFT)
#else
#define HGATP_VMID_SHIFT 44
#define HGATP_VMID	 ((nacl_word)0x3fff << HGATP_VMID_SHIFT)
#endif

/*
 * The widest fences, which are correct but not fast: all guest physical addresses, or all addresses
 * of all ASIDs of the VMID. No guest of that VMID runs on this hart between the two writes of
 * hgatp.
 */
static inline void nacl_hook_hfence(const struct nacl_client_hfence *fence)
{
	nacl_word hgatp;

	if (fence->type < NACL_HFENCE_VVMA) { /* HFENCE.GVMA x0, x0 */
		__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
		return;
	}
	hgatp = csr_instruction_read(CSR_HGATP);
	csr_instruction_write(CSR_HGATP,
			      (hgatp & ~HGATP_VMID) |
				      ((nacl_word)fence->vmid << HGATP_VMID_SHIFT & HGATP_VMID));
	/* HFENCE.VVMA x0, x0 */
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory");
	csr_instruction_write(CSR_HGATP, hgatp);
}

static inline void nacl_hook_csr_write(unsigned int csr, nacl_word value)
{
	switch (csr) {
#define WRITE(number)                                 \
	case number:                                  \
		csr_instruction_write(number, value); \
		break;
		FOR_EACH_CSR(WRITE)
#undef WRITE
	}
}

#else /* not RISC-V */

struct nacl_ret machine_call(nacl_word eid, nacl_word fid, nacl_word a0, nacl_word a1,
			     nacl_word a2);
void machine_hfence(const struct nacl_client_hfence *fence);
nacl_word machine_csr_read(unsigned int csr);
void machine_csr_write(unsigned int csr, nacl_word value);

#define csr_instruction_read(csr)	  machine_csr_read(csr)
#define csr_instruction_write(csr, value) machine_csr_write(csr, value)

static inline struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0,
					     nacl_word a1, nacl_word a2)
{
	return machine_call(eid, fid, a0, a1, a2);
}

static inline void nacl_hook_hfence(const struct nacl_client_hfence *fence)
{
	machine_hfence(fence);
}

static inline void nacl_hook_csr_write(unsigned int csr, nacl_word value)
{
	machine_csr_write(csr, value);
}

#endif
#endif
