/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/csr.h"
#include "hv/fence.h"
#include "hv/nested.h"
#include "hv/sbi.h"
#include "hv/swap.h"
#include "hv/swap_consume.h"

/*
 * Called before a NACL function that does all pending fences. Does FENCES_AT_ONCE of them. False:
 * more are pending. The caller then leaves L1's pc at the ECALL: L1 takes interrupts that have come
 * meanwhile, and executes the ECALL again.
 */
static bool take_fences(struct vcpu *v)
{
	return nacl_host_take_fences(&v->nacl, FENCES_AT_ONCE);
}

static struct sbi_result sync_hfence(struct vcpu *v, uint64_t entry)
{
	bool offered = v->nacl.features & 1u << NACL_FEAT_SYNC_HFENCE;

	if (offered && entry == NACL_ALL_ONES && !take_fences(v))
		return sbi_error(SBI_DONE);
	return sbi_error(nacl_host_sync_hfence(&v->nacl, entry));
}

bool sbi_nacl_sync_sret(struct vcpu *v)
{
	/* If more fences are pending, L1 executes its ECALL again: see take_fences(). */
	if (!swap_consume_area(v) && !nacl_host_take_in(&v->nacl, FENCES_AT_ONCE))
		return false;
	if (nested_can_swap_to_l2(v) &&
	    (static_key(KEY_AREA) ? swap_area_to_l2_by_call(v) : swap_to_l2_by_call(v)))
		return true;
	v->registers = VCPU_LOAD_SHARED;
	nacl_host_finish_sync_sret(&v->nacl, NULL);
	nested_sret(v);
	return false;
}

static struct sbi_result set_shmem(struct vcpu *v, const uint64_t *args)
{
	enum nacl_error error;

	if (!take_fences(v))
		return sbi_error(SBI_DONE);
	error = nacl_host_set_shmem(&v->nacl, args[0], args[1], args[2]);
	vcpu_area_changed(v);
	return sbi_error(error);
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	struct nacl_host *nacl = &v->nacl;
	uint64_t value = 0;

	switch (fid) {
	case NACL_FID_PROBE_FEATURE:
		nacl_host_probe_feature(nacl, args[0], &value);
		return sbi_value(value);
	case NACL_FID_SET_SHMEM:
		return set_shmem(v, args);
	case NACL_FID_SYNC_CSR:
		return sbi_error(nacl_host_sync_csr(nacl, args[0]));
	case NACL_FID_SYNC_HFENCE:
		return sync_hfence(v, args[0]);
	case NACL_FID_SYNC_SRET:
		/*
		 * Always an error: L1 has no area or not the feature. Otherwise vcpu_exit() calls
		 * sbi_nacl_sync_sret().
		 */
		return sbi_error(nacl_host_sync_sret(nacl, NULL));
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct sbi_extension sbi_nacl = { .id = NACL_EID, .handle = handle };
