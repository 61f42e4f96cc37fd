/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test of src/nacl/host.c with an L1 that writes random values to the area at any moment: between
 * calls, and while an operation of L0 runs, as another hart would. The test checks after each call
 * and in each operation:
 * - No access is outside the area. Each area is a separate allocation, so the sanitizer finds one.
 * - host.c calls the operations only for CSRs that exist, and writes no read-only CSR.
 * - A fence is in the ranges of struct nacl_hfence, and covers the fence of its entry. The test
 *   decodes the entry independently, with 128-bit numbers.
 * - Pending is set while the fence of an entry is performed, and clear afterwards. No fence is
 *   lost.
 * - Each CSR in the CSR space is current or dirty whenever L1 runs.
 * - The results of the calls are those of the model in this file.
 *
 * With libFuzzer (clang): -DLIBFUZZER -fsanitize=fuzzer. Otherwise fuzz_main.h has main().
 */
#include <string.h>

#include "nacl/host.h"
#include "../unit/nacl_csrs.h"
#include "fuzz_nacl.h"

#define HSTATUS 0x600
#define SPV	0x80
#define GPA	0x80000000u

struct l1 {
	struct nacl_host host;
	struct input in;
	unsigned int features;
	nacl_word csr[4096];
	nacl_word *area[2];  /* the two areas that L1 may choose */
	nacl_word *set;	     /* the area in use, in the model */
	bool meddle;	     /* another hart writes to the areas during operations */
	bool taken[ENTRIES]; /* entries that host.c has performed in this call */
	bool any_entry;	     /* false: host.c may perform one_entry only */
	unsigned int one_entry;
};

static nacl_word next_word(struct input *in)
{
	static const nacl_word special[] = { 0,	      ONES,   PENDING,		SPV,
					     1,	      0x1000, (nacl_word)-4096, ONES >> 12,
					     ENTRIES, 0x444 };
	unsigned int kind = next(in);
	nacl_word w = 0;

	if (kind < 64)
		return special[kind % (sizeof(special) / sizeof(special[0]))];
	for (unsigned int i = 0; i < (kind < 160 ? 2 : WS); i++)
		w = w << 8 | next(in);
	return w;
}

/* Whether @csr exists in the model: a sparse set with CSRs of each kind. */
static bool exists(unsigned int csr)
{
	return csr == HSTATUS || csr * 2654435761u >> 29 == 1 || csr == 0x645 || csr == 0x244;
}

static bool dirty(const nacl_word *area, unsigned int csr)
{
	unsigned int index = (csr & 0xc00) >> 2 | (csr & 0xff);

	return nacl_le(area[0xf80 / WS + index / NACL_XLEN]) >> (index % NACL_XLEN) & 1;
}

/* One write of L1 to an area, most often to a word with a meaning. */
static void scribble(struct l1 *l1)
{
	nacl_word *area = l1->area[next(&l1->in) & 1];
	unsigned int where = next(&l1->in), word;

	if (where < 64) /* dirty bitmap */
		word = 0xf80 / WS + where % (0x80 / WS);
	else if (where < 144) /* fences */
		word = 0x800 / WS + next(&l1->in) * 256u % (4 * ENTRIES) + where % 4;
	else if (where < 160) /* autoswap */
		word = 0x200 / WS + where % 2;
	else
		word = (next(&l1->in) << 8 | next(&l1->in)) % AREA_WORDS;
	area[word] = nacl_le(next_word(&l1->in));
}

static void meddle(struct l1 *l1)
{
	if (l1->meddle && next(&l1->in) < 40)
		scribble(l1);
}

static unsigned int op_info(void *ctx, unsigned int csr)
{
	(void)ctx;
	CHECK(csr < 0x1000 && (csr & 0x300) == 0x200);
	return info_of(csr, exists(csr));
}

/* The value of @csr. hvip and vsip are one register in the model. */
static nacl_word current(struct l1 *l1, unsigned int csr)
{
	return csr == 0x244 ? l1->csr[0x645] >> 1 : l1->csr[csr];
}

static nacl_word op_read(void *ctx, unsigned int csr)
{
	CHECK(csr < 0x1000 && (csr & 0x300) == 0x200 && exists(csr));
	meddle(ctx);
	return current(ctx, csr);
}

static void op_write(void *ctx, unsigned int csr, nacl_word value)
{
	struct l1 *l1 = ctx;

	CHECK(csr < 0xc00 && (csr & 0x300) == 0x200 && exists(csr));
	if (csr == 0x244)
		l1->csr[0x645] = value << 1;
	else
		l1->csr[csr] = value & ~(nacl_word)3;
	meddle(l1);
}

/* Whether @fence covers the fence of the entry with the words @e, as the specification has it. */
static bool covers(const struct nacl_hfence *fence, const nacl_word *e)
{
	const unsigned int vmid_shift = NACL_XLEN == 32 ? 9 : 16;
	nacl_word config = nacl_le(e[0]);
	unsigned int type = config >> (NACL_XLEN - 8) & 15;
	unsigned int order = config >> (NACL_XLEN - 16) & 127;
	unsigned int asid = config & (((nacl_word)1 << vmid_shift) - 1);
	unsigned int vmid = config >> vmid_shift & (NACL_XLEN == 32 ? 0x7f : 0x3fff);
	unsigned __int128 start, size, top = (unsigned __int128)1 << 64;

	if (fence->type == NACL_HFENCE_EVERYTHING)
		return true;
	if (type > 7 || ((unsigned int)fence->type | 1) != (type | 1))
		return false;
	if ((type >= 2 && fence->vmid != vmid) || (type >= 6 && fence->asid != asid))
		return false;
	if (fence->type & 1)
		return true;
	if (type & 1 || order > 51)
		return false;
	start = (unsigned __int128)nacl_le(e[1]) << (order + 12);
	size = (unsigned __int128)nacl_le(e[3]) << (order + 12);
	return start + size < top && fence->addr == start &&
	       fence->size == (size ? size : (unsigned __int128)1 << (order + 12));
}

static void op_hfence(void *ctx, const struct nacl_hfence *fence)
{
	struct l1 *l1 = ctx;
	bool range = !(fence->type & 1) && fence->type != NACL_HFENCE_EVERYTHING;

	CHECK(fence->type <= NACL_HFENCE_VVMA_ASID_ALL || fence->type == NACL_HFENCE_EVERYTHING);
	CHECK(range ? fence->size != 0 : !fence->size && !fence->addr);
	CHECK(fence->addr <= UINT64_MAX - fence->size);
	CHECK(fence->vmid <= (NACL_XLEN == 32 ? 0x7f : 0x3fff));
	CHECK(fence->asid <= (NACL_XLEN == 32 ? 0x1ff : 0xffff));
	CHECK(fence->type >= NACL_HFENCE_VVMA_ASID || !fence->asid);
	CHECK(fence->type >= NACL_HFENCE_GVMA_VMID || !fence->vmid);
	if (!l1->meddle) {
		unsigned int e = 0;

		/* host.c performs the entries in order: the first that is pending and allowed. */
		while (e < ENTRIES && (l1->taken[e] || (!l1->any_entry && e != l1->one_entry) ||
				       !(nacl_le(l1->set[0x800 / WS + 4 * e]) & PENDING)))
			e++;
		CHECK(e < ENTRIES);
		l1->taken[e] = true;
		CHECK(covers(fence, l1->set + 0x800 / WS + 4 * e));
	}
	meddle(l1);
}

static void *op_map(void *ctx, uint64_t gpa, size_t size)
{
	struct l1 *l1 = ctx;

	CHECK(size == AREA_SIZE && !(gpa & 0xfff) && gpa <= UINT64_MAX - (size - 1));
	if (gpa == GPA || gpa == GPA + 0x10000)
		return l1->area[gpa != GPA];
	return NULL;
}

static const struct nacl_host_ops ops = {
	.csr_info = op_info,
	.csr_read = op_read,
	.csr_write = op_write,
	.hfence = op_hfence,
	.map_shmem = op_map,
};

/* Check the invariant of host.h: each CSR in the CSR space is current or dirty. */
static void check_space(struct l1 *l1)
{
	for (unsigned int csr = 0; csr < 4096 && l1->set && !l1->meddle; csr++) {
		if ((csr & 0x300) == 0x200 && exists(csr) && !dirty(l1->set, csr))
			CHECK(nacl_le(l1->set[0x1000 / WS + ((csr & 0xc00) >> 2 | (csr & 0xff))]) ==
			      current(l1, csr));
	}
}

/* Check that host.c has consumed all CSRs, all fences, or both in @area. */
static void check_taken(struct l1 *l1, const nacl_word *area, bool csrs, bool fences)
{
	for (unsigned int csr = 0; csr < 4096 && csrs && !l1->meddle; csr++)
		CHECK((csr & 0x300) != 0x200 || !exists(csr) || !dirty(area, csr));
	for (unsigned int e = 0; e < ENTRIES && fences && !l1->meddle; e++)
		CHECK(!(nacl_le(area[0x800 / WS + 4 * e]) & PENDING));
}

static void call_set_shmem(struct l1 *l1)
{
	static const nacl_word bases[] = { GPA,
					   GPA + 0x10000,
					   GPA + 8,
					   ONES,
					   0,
					   -(nacl_word)4096,
					   -(nacl_word)AREA_SIZE,
					   GPA + 0x1000 };
	nacl_word lo = bases[next(&l1->in) % 8], hi = lo == ONES ? ONES : 0, flags = 0;
	nacl_word *old = l1->set;
	unsigned int odd = next(&l1->in);
	int want = NACL_SUCCESS;

	if (odd < 16)
		hi = next_word(&l1->in);
	else if (odd < 32)
		flags = next_word(&l1->in);
	if (flags)
		want = NACL_ERR_INVALID_PARAM;
	else if (lo == ONES && hi == ONES)
		l1->set = NULL;
	else if (lo & 0xfff)
		want = NACL_ERR_INVALID_PARAM;
	else if (hi || (lo != GPA && lo != GPA + 0x10000))
		want = NACL_ERR_INVALID_ADDRESS;
	if (!want && old) { /* set_shmem performs the fences of the old area */
		nacl_word *new = l1->set;

		l1->set = old;
		CHECK(nacl_host_set_shmem(&l1->host, lo, hi, flags) == want);
		check_taken(l1, old, false, true);
		l1->set = new;
	} else {
		CHECK(nacl_host_set_shmem(&l1->host, lo, hi, flags) == want);
	}
	if (!want && lo != ONES) {
		l1->set = l1->area[lo != GPA];
		check_taken(l1, l1->set, true, false);
		check_space(l1);
	}
	CHECK(nacl_host_has_shmem(&l1->host) == (l1->set != NULL));
}

static void call_sync_csr(struct l1 *l1)
{
	nacl_word csr = next(&l1->in) < 64   ? ONES
			: next(&l1->in) < 32 ? next_word(&l1->in)
					     : (next(&l1->in) << 4 | next(&l1->in)) & 0xfff;
	int want = NACL_SUCCESS;

	if (!(l1->features & 1))
		want = NACL_ERR_NOT_SUPPORTED;
	else if (!l1->set)
		want = NACL_ERR_NO_SHMEM;
	else if (csr != ONES && (csr > 0xfff || (csr & 0x300) != 0x200 || !exists(csr)))
		want = NACL_ERR_INVALID_PARAM;
	CHECK(nacl_host_sync_csr(&l1->host, csr) == want);
	if (want)
		return;
	if (csr == ONES) {
		check_taken(l1, l1->set, true, false);
		check_space(l1);
	} else if (!l1->meddle) {
		CHECK(!dirty(l1->set, csr));
		CHECK(nacl_le(l1->set[0x1000 / WS + ((csr & 0xc00) >> 2 | (csr & 0xff))]) ==
		      current(l1, csr));
	}
}

static void call_sync_hfence(struct l1 *l1)
{
	nacl_word entry = next(&l1->in) < 64   ? ONES
			  : next(&l1->in) < 32 ? next_word(&l1->in)
					       : next(&l1->in) % (ENTRIES + 2);
	int want = NACL_SUCCESS;

	if (!(l1->features & 2))
		want = NACL_ERR_NOT_SUPPORTED;
	else if (!l1->set)
		want = NACL_ERR_NO_SHMEM;
	else if (entry != ONES && entry >= ENTRIES)
		want = NACL_ERR_INVALID_PARAM;
	l1->any_entry = entry == ONES;
	l1->one_entry = entry;
	CHECK(nacl_host_sync_hfence(&l1->host, entry) == want);
	if (!want && entry == ONES)
		check_taken(l1, l1->set, false, true);
	else if (!want && !l1->meddle)
		CHECK(!(nacl_le(l1->set[0x800 / WS + 4 * entry]) & PENDING));
}

/* L2 runs, changes the VS CSRs, and traps. */
static void run_l2(struct l1 *l1)
{
	for (unsigned int csr = 0x200; csr < 0x300; csr++)
		l1->csr[csr] ^= next(&l1->in);
	l1->csr[HSTATUS] |= SPV;
	l1->csr[0x645] = next(&l1->in);
	l1->csr[0x643] = next(&l1->in);
	nacl_host_after_trap(&l1->host);
}

static void call_sync_sret(struct l1 *l1)
{
	nacl_word gpr[32], gprs[32];
	int want = !(l1->features & 4) ? NACL_ERR_NOT_SUPPORTED
		   : !l1->set	       ? NACL_ERR_NO_SHMEM
				       : NACL_SUCCESS;

	memset(gpr, 0x5a, sizeof(gpr));
	memcpy(gprs, gpr, sizeof(gpr));
	for (unsigned int i = 0; i < 32 && !want; i++)
		gprs[i] = i ? nacl_le(l1->set[i]) : 0;
	CHECK(nacl_host_sync_sret(&l1->host, gpr) == want);
	CHECK(l1->meddle || !memcmp(gpr, gprs, sizeof(gpr)));
	if (want)
		return;
	check_taken(l1, l1->set, true, true);
	if (l1->csr[HSTATUS] & SPV)
		run_l2(l1);
}

static void step(struct l1 *l1)
{
	unsigned int csr;
	nacl_word value, id;

	memset(l1->taken, 0, sizeof(l1->taken));
	l1->any_entry = true;
	switch (next(&l1->in) % 12) {
	case 0:
		id = next_word(&l1->in);
		CHECK(nacl_host_probe_feature(&l1->host, id, &value) == NACL_SUCCESS);
		CHECK(value == (id < 4 ? l1->features >> id & 1 : 0));
		break;
	case 1:
		call_set_shmem(l1);
		break;
	case 2:
		call_sync_csr(l1);
		break;
	case 3:
		call_sync_hfence(l1);
		break;
	case 4:
		call_sync_sret(l1);
		break;
	case 5:
		nacl_host_before_sret(&l1->host);
		if (l1->set)
			check_taken(l1, l1->set, true, true);
		if (l1->csr[HSTATUS] & SPV)
			run_l2(l1);
		break;
	case 6: /* L1 writes a CSR by an instruction */
		csr = next(&l1->in) << 4 | next(&l1->in);
		if (csr < 0xc00 && (csr & 0x300) == 0x200 && exists(csr))
			op_write(l1, csr, next_word(&l1->in));
		nacl_host_csr_written(&l1->host, csr);
		if (l1->set && !l1->meddle && csr < 0x1000 && (csr & 0x300) == 0x200 && exists(csr))
			CHECK(!dirty(l1->set, csr));
		break;
	case 7: /* the hardware changes a CSR */
		csr = next(&l1->in) << 4 | next(&l1->in);
		if (csr < 0x1000)
			l1->csr[csr] ^= next(&l1->in);
		nacl_host_refresh(&l1->host, csr);
		nacl_host_refresh(&l1->host, 0x244);
		break;
	case 8:
		nacl_host_refresh_all(&l1->host);
		check_space(l1);
		break;
	case 9:
		if (next(&l1->in) < 16) {
			nacl_host_reset(&l1->host);
			l1->set = NULL;
		}
		break;
	default:
		for (unsigned int n = next(&l1->in) % 16; n; n--)
			scribble(l1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct l1 l1;

	memset(&l1, 0, sizeof(l1));
	l1.in = (struct input){ data, size };
	l1.features = next(&l1.in) & 15;
	l1.meddle = next(&l1.in) < 100;
	for (unsigned int i = 0; i < 2; i++) {
		l1.area[i] = malloc(AREA_SIZE);
		memset(l1.area[i], next(&l1.in) < 128 ? 0 : 0xa5, AREA_SIZE);
	}
	nacl_host_init(&l1.host, l1.features, &ops, &l1);
	while (l1.in.size)
		step(&l1);
	/* After any sequence of steps, when L1 has synchronized all, the CSR space is current. */
	l1.meddle = false;
	memset(l1.taken, 0, sizeof(l1.taken));
	l1.any_entry = true;
	nacl_host_before_sret(&l1.host);
	nacl_host_refresh_all(&l1.host);
	if (l1.set)
		check_taken(&l1, l1.set, true, true);
	check_space(&l1);
	free(l1.area[0]);
	free(l1.area[1]);
	return 0;
}

#ifndef LIBFUZZER
#include "fuzz_main.h"
#endif
