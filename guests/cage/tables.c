/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables of each hart: valid ones, to which tests add entries. */
#include <string.h>

#include "cage.h"

static struct tables all[MAX_HARTS];

struct tables *tables(void)
{
	return &all[me->id];
}

void tables_use(uint64_t root, uint64_t vs_root)
{
	csr_write(CSR_HGATP, SV39 << 60 | (me->id + 1) << 44 | root >> 12);
	csr_write(CSR_VSATP, vs_root ? SV39 << 60 | vs_root >> 12 : 0);
	fence_all();
}

struct tables *tables_reset(void)
{
	struct tables *t = tables();
	unsigned int i;

	memset(t, 0, sizeof(*t));
	t->root[0] = PPN(UINT64_C(0)) | PTE_RWX | PTE_U;
	t->root[1] = PPN(GIB) | PTE_RWX | PTE_U;
	t->root[RAM_INDEX] = PPN(RAM_INDEX * GIB) | PTE_RWX | PTE_U;
	t->root[TEST_INDEX] = PPN((uintptr_t)t->second) | PTE_V;
	t->second[0] = PPN((uintptr_t)t->last) | PTE_V;
	t->vs_root[0] = PPN(UINT64_C(0)) | PTE_RWX;
	t->vs_root[RAM_INDEX] = PPN(RAM_INDEX * GIB) | PTE_RWX;
	t->vs_root[TEST_INDEX] = PPN((uintptr_t)t->vs_second) | PTE_V;
	t->vs_second[0] = PPN((uintptr_t)t->vs_last) | PTE_V;
	for (i = 0; i < 512; i++)
		t->data[i] = WITNESS;
	tables_use((uintptr_t)t->root, 0);
	return t;
}

void check_sane(const char *when)
{
	struct tables *t = tables_reset();
	unsigned int i, vs;

	for (vs = 0; vs < 2; vs++) {
		t->last[1] = PPN((uintptr_t)t->data) | PTE_RWX | PTE_U;
		t->vs_last[1] = PPN((uintptr_t)t->data) | PTE_RWX;
		tables_use((uintptr_t)t->root, vs ? (uintptr_t)t->vs_root : 0);
		for (i = 0; i < DEEDS; i++) {
			t->data[0] = i == FETCH	 ? 0x00100073
				     : i == HLVX ? (uint32_t)WITNESS
						 : WITNESS;
			fence_code();
			deed_do(&deeds[i], VS, TEST_ADDR + PAGE);
			/* EBREAK is in the code, or for a fetch at the test's address. */
			if (me->cause != CAUSE_BREAKPOINT ||
			    me->pc !=
				    (i == FETCH ? TEST_ADDR + PAGE : (uintptr_t)deeds[i].code + 4))
				wrong("%s, sane: cause %ld", deeds[i].name, (long)me->cause);
			if (i == LOAD || i == HLV
				    ? me->x[10] != WITNESS
				    : (i == STORE || i == HSV) && t->data[0] != WITNESS)
				wrong("%s, sane: another value", deeds[i].name);
		}
	}
	tables_reset();
	check_wrong("%s: L2 works in sane tables", when);
}
