/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/below.h"
#include "hv/console.h"
#include "hv/options.h"
#include "riscv/sbi_call.h"
#include "riscv/static_key.h"

/*
 * An area for each hart. It has no other use, because a level below that refuses to disable NACL
 * may write to it at any time.
 */
static uint8_t *areas;

_Static_assert(NACL_SHMEM_SIZE % NACL_SHMEM_ALIGN == 0, "each of the areas must be aligned");

static struct nacl_client nacl;

unsigned int below_find(void)
{
	struct sbi_result id = firmware_call(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0, 0, 0, 0, 0, 0);
	struct sbi_result level;

	nacl_client_init(&nacl);
	if (id.error || id.value != SBI_IMPL_HALITE)
		return 0;
	level = firmware_call(SBI_EXT_HALITE, SBI_HALITE_LEVEL, 0, 0, 0, 0, 0, 0);
	return level.error ? 1 : level.value + 1;
}

uint32_t below_keys(void)
{
	uint32_t keys = 0;

	if (!nacl.available)
		return 0;
	keys = BIT64(KEY_NACL) | nacl.features << KEY_NACL_SYNC_CSR;
	/* Halite uses autoswap only together with sync_sret. */
	if (nacl_client_entry(nacl.features) != NACL_ENTRY_AUTOSWAP)
		keys &= ~BIT64(KEY_NACL_AUTOSWAP_CSR);
	return keys;
}

const char *below_nacl_text(char *buf, unsigned int size)
{
	const struct options found = {
		.nacl_offered = nacl.available,
		.nacl_features = nacl.features,
	};

	return options_nacl_text(&found, buf, size);
}

bool below_make_areas(struct page_pool *pool, unsigned int harts)
{
	if (!nacl.available)
		return true;
	areas = pages_alloc(pool, (uint64_t)harts * NACL_SHMEM_SIZE / NACL_SHMEM_ALIGN,
			    NACL_SHMEM_ALIGN);
	return areas;
}

void below_hart_start(struct nacl_client_hart *client, const struct machine_hart *hart)
{
	void *area = areas ? areas + hart->index * NACL_SHMEM_SIZE : NULL;
	enum nacl_error error = nacl_client_enable(&nacl, client, area, (uintptr_t)area);

	/* The hart works without NACL, too: the instructions trap. */
	if (error)
		hv_warn("hart %lu: SBI NACL set_shmem of 0x%lx refused with error %d", hart->hartid,
			(unsigned long)(uintptr_t)area, error);
}

void below_hart_stop(struct nacl_client_hart *client, const struct machine_hart *hart)
{
	enum nacl_error error = nacl_client_disable(client);

	if (error)
		hv_warn("hart %lu: SBI NACL set_shmem refused to disable with error %d",
			hart->hartid, error);
}
