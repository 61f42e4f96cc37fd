/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/ncsr.h"
#include "riscv/world.h"

/* The CSRs that a trap into HS mode changes (priv H "Trap Entry"). */
struct trap_csrs {
	uint64_t sstatus; /* SPP, SPIE */
	uint64_t sepc;
	uint64_t scause;
	uint64_t stval;
	uint64_t hstatus; /* SPV, GVA */
	uint64_t htval;
	uint64_t htinst;
};

/*
 * Save the CSRs and clear SDT, which is set since the guest's trap. Then a trap is no double trap
 * (Ssdbltrp).
 */
static struct trap_csrs save(void)
{
	const struct trap_csrs csrs = {
		.sstatus = csr_read(CSR_SSTATUS),
		.sepc = csr_read(CSR_SEPC),
		.scause = csr_read(CSR_SCAUSE),
		.stval = csr_read(CSR_STVAL),
		.hstatus = ncsr_read(HEXT_CSR_HSTATUS),
		.htval = ncsr_read(HEXT_CSR_HTVAL),
		.htinst = ncsr_read(HEXT_CSR_HTINST),
	};

	csr_clear(CSR_SSTATUS, SSTATUS_SDT);
	return csrs;
}

static void give_back(const struct trap_csrs *csrs)
{
	csr_write(CSR_SSTATUS, csrs->sstatus);
	csr_write(CSR_SEPC, csrs->sepc);
	csr_write(CSR_SCAUSE, csrs->scause);
	csr_write(CSR_STVAL, csrs->stval);
	ncsr_write(HEXT_CSR_HSTATUS, csrs->hstatus);
	ncsr_write(HEXT_CSR_HTVAL, csrs->htval);
	ncsr_write(HEXT_CSR_HTINST, csrs->htinst);
}

bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	const struct trap_csrs csrs = save();
	bool ok = riscv_raw_load(addr, size, value);

	if (!ok)
		give_back(&csrs);
	return ok;
}

bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	const struct trap_csrs csrs = save();
	bool ok = riscv_raw_store(addr, size, value);

	if (!ok)
		give_back(&csrs);
	return ok;
}

/*
 * Fetch with autoswap below. HLVX acts for the mode in hstatus.SPVP, and the guest's hstatus is
 * only in the slot for autoswap.
 */
static bool fetch_for_slot(uint64_t addr, uint16_t *code)
{
	uint64_t own = ncsr_swap(HEXT_CSR_HSTATUS, world_guest_hstatus());
	bool ok;

	ncsr_sync(HEXT_CSR_HSTATUS);
	ok = riscv_raw_fetch_u16(addr, code);
	ncsr_write(HEXT_CSR_HSTATUS, own);
	return ok;
}

bool riscv_try_fetch_u16(uint64_t addr, uint16_t *code)
{
	const struct trap_csrs csrs = save();
	bool ok = ncsr_has(NACL_FEAT_AUTOSWAP_CSR) ? fetch_for_slot(addr, code)
						   : riscv_raw_fetch_u16(addr, code);

	if (!ok)
		give_back(&csrs);
	return ok;
}
