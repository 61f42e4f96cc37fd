/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hv/domain.h"

void domain_copy(const struct domain *d)
{
	const struct domain_load *l = &d->load;

	image_copy(&l->image, l->kernel);
	memcpy((void *)(uintptr_t)l->ramdisk_at, (const void *)(uintptr_t)l->ramdisk.start,
	       l->ramdisk.size);
	memcpy((void *)(uintptr_t)l->fdt_at, l->fdt, l->fdt_size);
}
