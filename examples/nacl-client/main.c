/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for hypervisor.c, so that the example runs anywhere: some CSRs, an L0 that uses
 * src/nacl/host.c, and a guest that adds 1 to a0. The guest runs without NACL, and with each subset
 * of NACL's features. Prints the number of traps that L0 emulated. Build it with:
 *
 *	cc -Isrc -Iexamples/nacl-client -DNACL_CLIENT_HOOKS='"hooks.h"' -o nacl-client \
 *		examples/nacl-client/main.c examples/nacl-client/hypervisor.c src/nacl/client.c \
 *		src/nacl/host.c
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "nacl/host.h"

#include "hooks.h"
#include "hypervisor.h"

#define SPV 0x80

static struct {
	struct nacl_host l0;
	bool offered;
	nacl_word csr[4096];
	nacl_word gpr[NACL_SRET_GPRS];
	unsigned int traps, fences;
	struct guest *guest;
	jmp_buf exit;
} machine;

#define CSR_IS(number) || csr == (number)

/* No CSR here depends on another, and the guest may change each of them. */
static unsigned int csr_info(void *ctx, unsigned int csr)
{
	(void)ctx;
	return false FOR_EACH_CSR(CSR_IS) ? NACL_CSR_EXISTS | NACL_CSR_ON_TRAP : 0;
}

static nacl_word csr_read(void *ctx, unsigned int csr)
{
	(void)ctx;
	return machine.csr[csr];
}

static void csr_write(void *ctx, unsigned int csr, nacl_word value)
{
	(void)ctx;
	machine.csr[csr] = value;
}

static void hfence(void *ctx, const struct nacl_hfence *fence)
{
	(void)ctx;
	(void)fence;
	machine.fences++;
}

static void *map_shmem(void *ctx, uint64_t gpa, size_t size)
{
	(void)ctx;
	(void)size;
	return (void *)(uintptr_t)gpa; /* the hypervisor's addresses are physical addresses */
}

static const struct nacl_host_ops ops = {
	.csr_info = csr_info,
	.csr_read = csr_read,
	.csr_write = csr_write,
	.hfence = hfence,
	.map_shmem = map_shmem,
};

/* Runs the guest until it exits. The hypervisor then continues after its world switch. */
static void run_guest(void)
{
	machine.gpr[10]++;
	machine.csr[CSR_VSEPC] += 4;
	machine.csr[CSR_HSTATUS] |= SPV;
	nacl_host_after_trap(&machine.l0);
	memcpy(machine.guest->gpr, machine.gpr, sizeof(machine.gpr));
	machine.traps++; /* the exit */
	longjmp(machine.exit, 1);
}

struct nacl_ret machine_call(nacl_word eid, nacl_word fid, nacl_word a0, nacl_word a1, nacl_word a2)
{
	struct nacl_ret ret = { 0, 0 };

	machine.traps++;
	if (eid != NACL_EID) {
		ret.value = fid ? machine.offered : 0x2000000;
		return ret;
	}
	switch (fid) {
	case NACL_FID_PROBE_FEATURE:
		nacl_host_probe_feature(&machine.l0, a0, &ret.value);
		break;
	case NACL_FID_SET_SHMEM:
		ret.error = nacl_host_set_shmem(&machine.l0, a0, a1, a2);
		break;
	case NACL_FID_SYNC_CSR:
		ret.error = nacl_host_sync_csr(&machine.l0, a0);
		break;
	case NACL_FID_SYNC_HFENCE:
		ret.error = nacl_host_sync_hfence(&machine.l0, a0);
		break;
	case NACL_FID_SYNC_SRET:
		ret.error = nacl_host_sync_sret(&machine.l0, machine.gpr);
		if (!ret.error)
			run_guest();
	}
	return ret;
}

void machine_hfence(const struct nacl_client_hfence *fence)
{
	(void)fence;
	machine.traps++;
	machine.fences++;
}

nacl_word machine_csr_read(unsigned int csr)
{
	machine.traps++;
	return machine.csr[csr];
}

void machine_csr_write(unsigned int csr, nacl_word value)
{
	machine.traps++;
	machine.csr[csr] = value;
	nacl_host_csr_written(&machine.l0, csr);
}

nacl_word world_switch_sret(struct guest *g)
{
	machine.guest = g;
	if (!setjmp(machine.exit)) {
		machine.traps++;
		nacl_host_before_sret(&machine.l0);
		memcpy(machine.gpr, g->gpr, sizeof(machine.gpr));
		run_guest();
	}
	return 0;
}

nacl_word world_switch_call(struct guest *g)
{
	machine.guest = g;
	if (!setjmp(machine.exit))
		return machine_call(NACL_EID, NACL_FID_SYNC_SRET, 0, 0, 0).error;
	return 0;
}

/* Returns whether the guest's registers and L1's CSRs are right after 100 runs. */
static bool run(bool offered, unsigned int features)
{
	struct guest g = { .vsepc = 0x1000, .hstatus = SPV, .hgatp = 0x8000, .vmid = 1 };
	unsigned int before;

	memset(&machine, 0, sizeof(machine));
	machine.offered = offered;
	nacl_host_init(&machine.l0, features, &ops, NULL);
	if (hypervisor_start())
		return false;
	before = machine.traps;
	for (unsigned int i = 0; i < 100; i++) {
		hypervisor_remapped(&g, 0x80000000u, 0x1000);
		hypervisor_run(&g);
	}
	if (offered)
		printf("NACL, features %2u", features);
	else
		printf("no NACL          ");
	printf(": %4u traps in 100 runs of the guest\n", machine.traps - before);
	return !hypervisor_stop() && g.gpr[10] == 100 && g.vsepc == 0x1000 + 400 &&
	       g.hstatus == SPV && machine.fences == 100 && !machine.csr[CSR_HSTATUS];
}

int main(void)
{
	bool ok = run(false, 0);

	for (unsigned int features = 0; features <= NACL_FEAT_ALL; features++)
		ok &= run(true, features);
	printf("%s\n", ok ? "all runs alike" : "WRONG");
	return !ok;
}
