/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/domain_end.h"
#include "hv/iommu.h"
#include "hv/sbi.h"
#include "hv/terminal.h"

enum { SYSTEM_RESET };

#define TYPE_COLD_REBOOT    1
#define TYPE_WARM_REBOOT    2
#define TYPE_LAST	    TYPE_WARM_REBOOT /* and shutdown is 0 */
#define REASON_LAST	    1		     /* none, system failure */
#define TYPE_VENDOR_FIRST   UINT32_C(0xf0000000)
#define REASON_VENDOR_FIRST UINT32_C(0xe0000000)

/*
 * A domain that may end the machine ends or resets the machine. Any other domain ends or resets
 * itself.
 */
static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	uint32_t type = args[0];
	uint32_t reason = args[1];

	if (fid != SYSTEM_RESET)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	if ((type > TYPE_LAST && type < TYPE_VENDOR_FIRST) ||
	    (reason > REASON_LAST && reason < REASON_VENDOR_FIRST))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	terminal_flush(v->domain);
	if (!v->domain->power && (type == TYPE_COLD_REBOOT || type == TYPE_WARM_REBOOT))
		domain_reset(v);
	if (!v->domain->power)
		domain_end(v, reason == SBI_SRST_REASON_FAILURE);
	iommu_look();
	stats_print(v->domain);
	stats_print_pool(v->domain);
	return sbi_error(firmware_call(sbi_srst.id, fid, type, reason, 0, 0, 0, 0).error);
}

const struct sbi_extension sbi_srst = { .id = SBI_EXT_SRST, .handle = handle };
