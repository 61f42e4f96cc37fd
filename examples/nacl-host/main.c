/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The L0 half of SBI NACL in a minimal hypervisor: memory as L1's RAM, a few CSRs of L1, and the
 * five places at which a hypervisor calls the library. main() acts as L1. Build and run it on any
 * machine:
 *
 *	cc -Isrc -o nacl-host examples/nacl-host/main.c src/nacl/host.c
 */
#include <stdio.h>
#include <string.h>

#include "nacl/host.h"

#define RAM_BASE  0x80000000u
#define RAM_SIZE  0x10000u
#define AREA_GPA  (RAM_BASE + 0x4000)
#define SPV	  0x80
#define CSR_VSEPC 0x241

enum { CSR_VSATP = 0x280, CSR_HSTATUS = 0x600, CSR_HVIP = 0x645, CSR_HGATP = 0x680 };

/* The CSRs of L1, each with what nacl_host_ops.csr_info() says of it: host.h has the rule. */
#define LAST NACL_CSR_ORDER(NACL_HOST_ORDERS - 1)

static const struct {
	unsigned int number, info;
} csrs[] = {
	{ CSR_VSEPC, NACL_CSR_EXISTS | NACL_CSR_ON_TRAP | LAST },
	{ CSR_VSATP, NACL_CSR_EXISTS | NACL_CSR_ON_TRAP | LAST },
	{ CSR_HSTATUS, NACL_CSR_EXISTS | NACL_CSR_ON_TRAP | NACL_CSR_ORDER(0) },
	{ CSR_HVIP, NACL_CSR_EXISTS | NACL_CSR_ON_TRAP | NACL_CSR_ORDER(1) },
	{ CSR_HGATP, NACL_CSR_EXISTS | NACL_CSR_ORDER(1) },
};

static _Alignas(NACL_SHMEM_ALIGN) unsigned char ram[RAM_SIZE];

/* A hart of L1. */
static struct vcpu {
	struct nacl_host nacl;
	nacl_word csr[4096];
	nacl_word gpr[NACL_SRET_GPRS];
	bool in_l2;
	unsigned int fences;
} vcpu;

/* ---- 1. functions that the library needs from the hypervisor ---- */

static unsigned int csr_info(void *ctx, unsigned int csr)
{
	(void)ctx;
	for (unsigned int i = 0; i < sizeof(csrs) / sizeof(csrs[0]); i++) {
		if (csrs[i].number == csr)
			return csrs[i].info;
	}
	return 0;
}

static nacl_word csr_read(void *ctx, unsigned int csr)
{
	return ((struct vcpu *)ctx)->csr[csr];
}

/* A real hypervisor applies the WARL rules here. */
static void csr_write(void *ctx, unsigned int csr, nacl_word value)
{
	if (csr == CSR_HGATP)
		value &= ~(nacl_word)3;
	((struct vcpu *)ctx)->csr[csr] = value;
}

/* A real hypervisor removes entries from the tables that it has built for L2. */
static void hfence(void *ctx, const struct nacl_hfence *fence)
{
	((struct vcpu *)ctx)->fences++;
	printf("L0: fence of type %d, VMID %u, from %#llx, %#llx bytes\n", (int)fence->type,
	       (unsigned int)fence->vmid, (unsigned long long)fence->addr,
	       (unsigned long long)fence->size);
}

/* The area must be L1's RAM as a whole, contiguous as here, or pinned and mapped. */
static void *map_shmem(void *ctx, uint64_t gpa, size_t size)
{
	(void)ctx;
	if (gpa < RAM_BASE || size > RAM_SIZE || gpa - RAM_BASE > RAM_SIZE - size)
		return NULL;
	return ram + (gpa - RAM_BASE);
}

static const struct nacl_host_ops ops = {
	.csr_info = csr_info,
	.csr_read = csr_read,
	.csr_write = csr_write,
	.hfence = hfence,
	.map_shmem = map_shmem,
};

/* ---- 2. an SRET of L1, trapped or requested by the call ---- */

static void emulate_sret(struct vcpu *v)
{
	v->in_l2 = v->csr[CSR_HSTATUS] & SPV;
	v->csr[CSR_HSTATUS] &= ~(nacl_word)SPV;
}

/* ---- 3. an ECALL of L1 with a7 = NACL_EID: returns a0; *@value is a1 ---- */

static nacl_word sbi_nacl(struct vcpu *v, nacl_word fid, nacl_word a0, nacl_word a1, nacl_word a2,
			  nacl_word *value)
{
	enum nacl_error error = NACL_ERR_NOT_SUPPORTED;

	*value = 0;
	switch (fid) {
	case NACL_FID_PROBE_FEATURE:
		error = nacl_host_probe_feature(&v->nacl, a0, value);
		break;
	case NACL_FID_SET_SHMEM:
		error = nacl_host_set_shmem(&v->nacl, a0, a1, a2);
		break;
	case NACL_FID_SYNC_CSR:
		error = nacl_host_sync_csr(&v->nacl, a0);
		break;
	case NACL_FID_SYNC_HFENCE:
		error = nacl_host_sync_hfence(&v->nacl, a0);
		break;
	case NACL_FID_SYNC_SRET:
		error = nacl_host_sync_sret(&v->nacl, v->gpr);
		if (!error)
			emulate_sret(v); /* a0 and a1 now are L2's: do not change them */
		break;
	}
	return (nacl_word)error;
}

/* ---- 4. L2 traps into L1 ---- */

static void trap_into_l1(struct vcpu *v)
{
	v->in_l2 = false;
	v->csr[CSR_VSEPC] = 0x1234;
	v->csr[CSR_HSTATUS] |= SPV;
	nacl_host_after_trap(&v->nacl);
}

/* ---- 5. L1 uses instructions ---- */

static void csr_instruction(struct vcpu *v, unsigned int csr, nacl_word value)
{
	csr_write(v, csr, value);
	nacl_host_csr_written(&v->nacl, csr);
}

static void sret_instruction(struct vcpu *v)
{
	if (v->csr[CSR_HSTATUS] & SPV)
		nacl_host_before_sret(&v->nacl);
	emulate_sret(v);
}

/* ---- L1 ---- */

static nacl_word *word(unsigned int offset)
{
	return (nacl_word *)(void *)(ram + (AREA_GPA - RAM_BASE) + offset);
}

static nacl_word *csr_word(unsigned int csr)
{
	return word(NACL_CSR_OFFSET + NACL_CSR_INDEX(csr) * NACL_WORD_SIZE);
}

static void write_csr(unsigned int csr, nacl_word value)
{
	unsigned int index = NACL_CSR_INDEX(csr);

	*csr_word(csr) = nacl_le(value);
	*word(NACL_DIRTY_OFFSET + index / NACL_XLEN * NACL_WORD_SIZE) |=
		nacl_le((nacl_word)1 << (index % NACL_XLEN));
}

static unsigned int wrong;

static void expect(const char *what, bool ok)
{
	printf("%s: %s\n", what, ok ? "yes" : "NO");
	wrong += !ok;
}

int main(void)
{
	struct vcpu *v = &vcpu;
	nacl_word value;

	nacl_host_init(&v->nacl, NACL_FEAT_ALL, &ops, v);
	sbi_nacl(v, NACL_FID_PROBE_FEATURE, NACL_FEAT_SYNC_SRET, 0, 0, &value);
	expect("sync_sret is offered", value == 1);
	expect("an area outside RAM is refused",
	       sbi_nacl(v, NACL_FID_SET_SHMEM, RAM_BASE + RAM_SIZE, 0, 0, &value) ==
		       (nacl_word)NACL_ERR_INVALID_ADDRESS);
	expect("an area inside is taken",
	       sbi_nacl(v, NACL_FID_SET_SHMEM, AREA_GPA, 0, 0, &value) == NACL_SUCCESS);

	csr_instruction(v, CSR_HVIP, 4);
	expect("the area follows L1's CSR instructions", *csr_word(CSR_HVIP) == nacl_le(4));

	write_csr(CSR_HGATP, 0x8007);
	*word(NACL_HFENCE_OFFSET) =
		nacl_le((nacl_word)1 << NACL_HFENCE_PENDING_BIT |
			(nacl_word)NACL_HFENCE_GVMA_ALL << NACL_HFENCE_TYPE_SHIFT);
	*word(NACL_SRET_OFFSET + 10 * NACL_WORD_SIZE) = nacl_le(42);
	*word(NACL_AUTOSWAP_OFFSET + NACL_WORD_SIZE) = nacl_le(SPV);
	*word(NACL_AUTOSWAP_OFFSET) = nacl_le(NACL_AUTOSWAP_FLAG_HSTATUS);
	expect("sync_sret succeeds", !sbi_nacl(v, NACL_FID_SYNC_SRET, 0, 0, 0, &value));
	expect("L2 runs, with L1's hgatp, its fence done, its a0",
	       v->in_l2 && v->csr[CSR_HGATP] == 0x8004 && v->fences == 1 && v->gpr[10] == 42);

	trap_into_l1(v);
	expect("after the exit L2's hstatus is in the slot, with SPV",
	       *word(NACL_AUTOSWAP_OFFSET + NACL_WORD_SIZE) == nacl_le(SPV));
	expect("and vsepc in the area", *csr_word(CSR_VSEPC) == nacl_le(0x1234));

	write_csr(CSR_VSATP, 0x99);
	csr_instruction(v, CSR_HSTATUS, SPV);
	sret_instruction(v);
	expect("a trapped SRET consumes the area, too", v->in_l2 && v->csr[CSR_VSATP] == 0x99);
	return wrong != 0;
}
