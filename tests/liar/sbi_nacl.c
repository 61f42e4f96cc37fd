/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * src/hv/sbi_nacl.c of a Halite that lies (lie.h), for tests of how L1 reacts to wrong answers.
 * "lie=N" on the command line chooses a lie. Halite logs "lie=N" as an unknown word. The lies that
 * test @late begin after LIES_FROM calls of the guest.
 */
#include "hext/bits.h"
#include "lie.h"
#include "riscv/switch.h"

#include "hv/sbi.h"

bool honest_sync_sret(struct vcpu *v);

#define sbi_nacl	   honest_sbi_nacl
#define sbi_nacl_sync_sret honest_sync_sret
#include "../../src/hv/sbi_nacl.c"
#undef sbi_nacl
#undef sbi_nacl_sync_sret

#define LIES_FROM 40

/* Trap in Halite, at a load from an unmapped address, with known values in x5 to x7. */
static __attribute__((noinline)) void trap_on_purpose(bool has_stack)
{
	__asm__ volatile("bnez %0, 1f\n\t"
			 "li sp, 0\n"
			 "1:\tli t0, 0x5151\n\t"
			 "li t1, 0x6161\n\t"
			 "li t2, 16\n\t"
			 "ld t2, (t2)"
			 :
			 : "r"(has_stack)
			 : "t0", "t1", "t2", "memory");
}

static bool traps_twice;

/*
 * The linker replaces calls of host_build(), and own_trap.c's call of bringup_vcpu_of_stack(), with
 * calls of the __wrap_ functions.
 */
const struct vcpu *__real_bringup_vcpu_of_stack(uint64_t sp);
const struct vcpu *__wrap_bringup_vcpu_of_stack(uint64_t sp);
void __real_host_build(struct host *h);
void __wrap_host_build(struct host *h);

const struct vcpu *__wrap_bringup_vcpu_of_stack(uint64_t sp)
{
	if (traps_twice)
		trap_on_purpose(true);
	return __real_bringup_vcpu_of_stack(sp);
}

void __wrap_host_build(struct host *h)
{
	if (chosen_in(h->machine.bootargs) == OWN_TRAP_EARLY)
		trap_on_purpose(true);
	__real_host_build(h);
}

static bool is_first_question(uint64_t feature)
{
	static uint32_t asked;

	return !(__atomic_fetch_or(&asked, 1u << (feature & 31), __ATOMIC_RELAXED) >>
			 (feature & 31) &
		 1);
}

static struct sbi_result lie(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	static uint32_t calls;
	bool late = __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) >= LIES_FROM;

	switch (chosen(v)) {
	case REFUSE_HART_1:
		if (fid == NACL_FID_SET_SHMEM && v->index == 1)
			return sbi_error(SBI_ERR_FAILED);
		break;
	case REFUSE_ALL:
		if (fid == NACL_FID_SET_SHMEM)
			return sbi_error(SBI_ERR_INVALID_ADDRESS);
		break;
	case NO_SYNC_SRET:
		if (late && fid == NACL_FID_SYNC_SRET)
			return sbi_error(SBI_ERR_NOT_SUPPORTED);
		break;
	case NO_SYNC_HFENCE:
		if (late && fid == NACL_FID_SYNC_HFENCE)
			return sbi_error(SBI_ERR_NOT_SUPPORTED);
		break;
	case NO_SYNC_CSR:
		if (late && fid == NACL_FID_SYNC_CSR)
			return sbi_error(SBI_ERR_NOT_SUPPORTED);
		break;
	case IDLE_SYNC_HFENCE:
		if (fid == NACL_FID_SYNC_HFENCE)
			return sbi_error(SBI_SUCCESS);
		break;
	case IDLE_SYNC_CSR:
		if (fid == NACL_FID_SYNC_CSR)
			return sbi_error(SBI_SUCCESS);
		break;
	case LOST_AREA:
		if (late && fid != NACL_FID_PROBE_FEATURE && fid != NACL_FID_SET_SHMEM) {
			nacl_host_reset(&v->nacl);
			vcpu_area_changed(v);
			return sbi_error(SBI_ERR_NO_SHMEM);
		}
		break;
	case STRANGE_ERRORS:
		if (late && fid != NACL_FID_SET_SHMEM)
			return sbi_error(12345);
		break;
	case FEATURES_GO:
		if (fid == NACL_FID_PROBE_FEATURE && !is_first_question(args[0]))
			return sbi_value(0);
		break;
	case NO_GUEST:
		if (fid == NACL_FID_PROBE_FEATURE)
			set_guest_hstatus(world_guest_hstatus() & ~HSTATUS_SPV);
		break;
	case FAIL_ASSERT:
		hext_shadow_get(&v->domain->shadows, &v->h, HEXT_SHADOW_MAX);
		break;
	case OWN_TRAP:
	case OWN_TRAP_NO_STACK:
	case OWN_TRAP_TWICE:
		traps_twice = chosen(v) == OWN_TRAP_TWICE;
		trap_on_purpose(chosen(v) != OWN_TRAP_NO_STACK);
		break;
	case OWN_TRAP_EARLY:
	case NO_CODE:
	case REFUSE_STOP:
	case NO_LIE:
		break;
	}
	if (fid == NACL_FID_SYNC_SRET && v->quick.shared_x)
		return sbi_error(SBI_DONE);
	return honest_sbi_nacl.handle(v, fid, args);
}

/* The linker replaces calls of hext_take_trap() with calls of __wrap_hext_take_trap(). */
void __real_hext_take_trap(struct hext_hart *h, const struct hext_trap *trap);
void __wrap_hext_take_trap(struct hext_hart *h, const struct hext_trap *trap);

void __wrap_hext_take_trap(struct hext_hart *h, const struct hext_trap *trap)
{
	struct hext_trap poor = *trap;

	if (chosen(h->ctx) == NO_CODE) {
		poor.htinst = 0;
		if (poor.cause == CAUSE_VIRTUAL)
			poor.tval = 0;
	}
	__real_hext_take_trap(h, &poor);
}

/* vcpu_exit() calls this function for sync_sret. So lie() also sees the call. */
bool sbi_nacl_sync_sret(struct vcpu *v)
{
	struct sbi_result result = lie(v, NACL_FID_SYNC_SRET, &v->x[VCPU_A0]);

	if (result.error == SBI_DONE)
		return honest_sync_sret(v);
	v->x[VCPU_A0] = result.error;
	v->x[VCPU_A1] = result.value;
	v->h.pc += 4;
	return false;
}

const struct sbi_extension sbi_nacl = { .id = NACL_EID, .handle = lie };
