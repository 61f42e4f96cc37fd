/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/iommu.h"
#include "hv/memory.h"
#include "hv/sbi.h"
#include "hv/terminal.h"

enum { CONSOLE_WRITE, CONSOLE_READ, CONSOLE_WRITE_BYTE };

/* The most bytes for one call. The guest calls again for the rest, as the specification allows. */
#define CHUNK 4096

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	uint64_t size = args[0] < CHUNK ? args[0] : CHUNK;
	char *buf;

	/* For machines without an interrupt for faults (iommu_domain.h). */
	if (!world_config(v->h.cfg)->l1_file)
		iommu_look();
	switch (fid) {
	case CONSOLE_WRITE:
	case CONSOLE_READ:
		/*
		 * All bytes that the guest names must be its RAM, including those after the first
		 * CHUNK.
		 */
		if (args[2] != 0 || (args[0] && !memory_map(v->domain, args[1], args[0])))
			return sbi_error(SBI_ERR_INVALID_PARAM);
		buf = memory_map(v->domain, args[1], size);
		return sbi_value(fid == CONSOLE_WRITE ? terminal_write(v, buf, size)
						      : terminal_read(v, buf, size));
	case CONSOLE_WRITE_BYTE: {
		char byte = args[0];

		terminal_write(v, &byte, 1);
		return sbi_error(SBI_SUCCESS);
	}
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct sbi_extension sbi_dbcn = { .id = SBI_EXT_DBCN, .handle = handle };
