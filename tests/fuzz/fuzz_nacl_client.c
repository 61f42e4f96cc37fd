/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test of src/nacl/client.c with an L0 that returns random results, does all, some or none of what
 * a call requests, and in half of the inputs writes to the area at any moment. The test checks:
 * - No access is outside the area. The area is a separate allocation, so the sanitizer finds one.
 * - All calls are calls of the specification, and each operation makes a bounded number of calls.
 * - The arguments of the hooks are in their documented ranges.
 * - If L0 does not write to the area at random, a flush completes each fence, by L0 or by the hook,
 *   for at least the range of the fence. The test decodes the entries independently.
 * - If L0 does not write to the area at random, each CSR has the value that was written last, and
 *   an accessor reads that value.
 *
 * With libFuzzer (clang): -DLIBFUZZER -fsanitize=fuzzer. Otherwise fuzz_main.h has main().
 */
#include <string.h>

#include "nacl/client.h"
#include "fuzz_nacl.h"

#define PHYS	  0x80000000u
#define MAX_ASKED 256

static struct {
	struct input in;
	bool meddle;  /* L0 writes anywhere in the area at any moment */
	bool honest;  /* L0 does all that a call requests if the call succeeds */
	bool keeps;   /* a trapped write of a CSR leaves the CSR dirty in the area */
	bool present; /* set_shmem has succeeded with the area */
	unsigned int calls;
	nacl_word *area;
	nacl_word want[1024], has[1024]; /* CSRs: last written; in the machine */
	bool written[1024];
	struct nacl_client_hfence asked[MAX_ASKED];
	bool done[MAX_ASKED];
	unsigned int asked_count;
} f;

static struct nacl_client client;
static struct nacl_client_hart hart;

static uint64_t next_number(void)
{
	static const uint64_t special[] = { 0,		1,	    0x1000,	    0x1fff,
					    0x200000,	UINT64_MAX, UINT64_MAX - 1, -(uint64_t)4096,
					    0xfffff000, 0xffffffff, 0x100000000 };
	unsigned int kind = next(&f.in);
	uint64_t number = 0;

	if (kind < 80)
		return special[kind % (sizeof(special) / sizeof(special[0]))];
	for (unsigned int i = 0; i < kind % 9; i++)
		number = number << 8 | next(&f.in);
	return number;
}

static void meddle(void)
{
	unsigned int where, word;

	if (!f.meddle || next(&f.in) > 100)
		return;
	where = next(&f.in);
	if (where < 100)
		word = 0x800 / WS + (where * 7 + next(&f.in)) % (4 * ENTRIES);
	else if (where < 140)
		word = 0xf80 / WS + where % (0x80 / WS);
	else
		word = (where << 8 | next(&f.in)) * 5u % AREA_WORDS;
	f.area[word] = (nacl_word)next_number() * 0x9e3779b9u ^ (nacl_word)next_number();
}

/* The range of @fence, in 128 bits so that no end overflows. */
static void range(const struct nacl_client_hfence *fence, unsigned __int128 *start,
		  unsigned __int128 *end)
{
	*start = fence->addr;
	*end = *start + (fence->size ? fence->size : 1);
}

/* A fence is complete. A type with a range covers @start up to @end. Mark each fence it covers. */
static void done(unsigned int type, unsigned int vmid, unsigned int asid, unsigned __int128 start,
		 unsigned __int128 end)
{
	for (unsigned int i = 0; i < f.asked_count; i++) {
		const struct nacl_client_hfence *asked = &f.asked[i];
		unsigned int kind = asked->type & 6;
		unsigned __int128 first, last;

		if ((type & 6) != kind && !((type & 6) == 0 && kind == 2) &&
		    !((type & 6) == 4 && kind == 6))
			continue;
		if (((type & 6) && vmid != asked->vmid) || ((type & 6) == 6 && asid != asked->asid))
			continue;
		range(asked, &first, &last);
		if (type & 1 || (!(asked->type & 1) && start <= first && last <= end))
			f.done[i] = true;
	}
}

/* L0 performs the fence of entry @e as the specification defines it. */
static void do_entry(unsigned int e)
{
	const unsigned int vmid_shift = NACL_XLEN == 32 ? 9 : 16;
	const nacl_word *w = f.area + 0x800 / WS + 4 * e;
	nacl_word config = nacl_le(w[0]);
	unsigned int type = config >> (NACL_XLEN - 8) & 15;
	unsigned int order = config >> (NACL_XLEN - 16) & 127;
	unsigned int vmid = config >> vmid_shift & (NACL_XLEN == 32 ? 0x7f : 0x3fff);
	unsigned int asid = config & (((nacl_word)1 << vmid_shift) - 1);
	unsigned __int128 start, size;

	if (!(config & PENDING))
		return;
	if (!f.meddle) { /* reserved fields are zero */
		CHECK(type < 8 && order < 52 && !nacl_le(w[2]));
		CHECK(!(type & 1) || (!order && !w[1] && !w[3]));
		CHECK((type >= 2 || !vmid) && (type >= 6 || !asid));
		CHECK(NACL_XLEN == 32 || !(config >> 30 & 0x3ffff));
		CHECK(!(config >> (NACL_XLEN - 4) & 7) && !(config >> (NACL_XLEN - 9) & 1));
		start = (unsigned __int128)nacl_le(w[1]) << (order + 12);
		size = (unsigned __int128)nacl_le(w[3]) << (order + 12);
		CHECK(type & 1 || (size && start + size < (unsigned __int128)1 << 64));
		done(type, vmid, asid, start, start + size);
	}
	f.area[0x800 / WS + 4 * e] &= ~nacl_le(PENDING);
}

static bool take_dirty(unsigned int index)
{
	nacl_word *word = &f.area[0xf80 / WS + index / NACL_XLEN];
	nacl_word bit = nacl_le((nacl_word)1 << (index % NACL_XLEN));
	bool was = *word & bit;

	*word &= ~bit;
	return was;
}

static void do_csr(unsigned int index)
{
	if (take_dirty(index))
		f.has[index] = nacl_le(f.area[0x1000 / WS + index]);
}

/* L0 does all, some, or none of what the call requests. */
static void do_call(nacl_word fid, nacl_word a0)
{
	unsigned int some = f.honest ? 0 : next(&f.in) % 4;

	for (unsigned int e = 0; e < ENTRIES && fid >= 3; e++) {
		if (!some || (some == 1 && next(&f.in) & 1))
			do_entry(e);
	}
	for (unsigned int index = 0; index < 1024 && (fid == 2 || fid == 4); index++) {
		unsigned int csr = (index & 0x300) << 2 | 0x200 | (index & 0xff);

		if (a0 != ONES && fid == 2 && a0 != csr)
			continue;
		if (!some || (some == 1 && index % 3))
			do_csr(index);
	}
}

struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0, nacl_word a1,
			       nacl_word a2)
{
	static const int errors[] = { 0, -1, -2, -3, -5, -9, 1, -100 };
	struct nacl_ret ret = { 0, next(&f.in) & 1 };

	CHECK(f.calls++ < 32);
	CHECK(eid == 0x10 ? !fid || (fid == 3 && a0 == 0x4E41434C) : eid == 0x4E41434C && fid < 5);
	if (eid == 0x10) {
		ret.value = fid		      ? next(&f.in) & 7
			    : next(&f.in) % 8 ? 0x2000000
					      : (nacl_word)next_number();
		ret.error = next(&f.in) % 16 ? 0 : 1;
		return ret;
	}
	CHECK(fid != 1 || ((a0 == PHYS ? !a1 : a0 == ONES && a1 == ONES) && !a2));
	CHECK(fid != 2 || a0 == ONES || (a0 < 0x1000 && (a0 & 0x300) == 0x200));
	CHECK(fid != 3 || a0 == ONES);
	meddle();
	ret.error = (nacl_word)errors[f.honest && next(&f.in) < 200 ? 0 : next(&f.in) % 8];
	if (fid == 1 && !ret.error)
		f.present = a0 == PHYS;
	if (f.present && fid >= 2 && (!ret.error || next(&f.in) < 64))
		do_call(fid, a0);
	meddle();
	return ret;
}

void nacl_hook_hfence(const struct nacl_client_hfence *fence)
{
	unsigned __int128 start, end;

	CHECK(fence->type < 8);
	CHECK(fence->type & 1 || fence->size);
	range(fence, &start, &end);
	done(fence->type, fence->vmid, fence->asid, start, end);
	meddle();
}

/* The CSR instruction traps. If f.keeps, L0 leaves a dirty CSR in the area dirty. */
void nacl_hook_csr_write(unsigned int csr, nacl_word value)
{
	CHECK(csr < 0xc00 && (csr & 0x300) == 0x200);
	f.has[NACL_CSR_INDEX(csr)] = value;
	if (f.present && !f.keeps)
		take_dirty(NACL_CSR_INDEX(csr));
	meddle();
}

static void check_settled(void)
{
	for (unsigned int i = 0; i < f.asked_count && !f.meddle; i++)
		CHECK(f.done[i]);
	for (unsigned int i = 0; i < 1024 && !f.meddle; i++)
		CHECK(!f.written[i] || f.has[i] == f.want[i]);
	f.asked_count = 0;
}

static void enable(void)
{
	nacl_client_disable(&hart);
	check_settled();
	memset(f.written, 0, sizeof(f.written));
	nacl_client_init(&client);
	f.calls = 0;
	if (nacl_client_enable(&client, &hart, f.area, PHYS))
		CHECK(!hart.shmem && !hart.features);
	CHECK(!hart.shmem || client.available);
	CHECK(!(hart.features & ~client.features));
}

static void write_csr(void)
{
	unsigned int index = next(&f.in) % 4 ? (next(&f.in) << 2 | next(&f.in) % 4) % 0x300 : 0x180;
	nacl_word value = (nacl_word)next_number();

	f.want[index] = value;
	f.written[index] = true;
	if (!nacl_client_has(&hart, NACL_FEAT_SYNC_CSR)) {
		nacl_hook_csr_write(NACL_CSR_NUMBER(index), value);
		return;
	}
	nacl_csr_write_index(hart.shmem, index, value);
	CHECK(f.meddle || nacl_csr_read_index(hart.shmem, index) == value);
}

static void ask(void)
{
	struct nacl_client_hfence fence = {
		.type = next(&f.in) % 8,
		.order = next(&f.in) % 4 ? 0 : next(&f.in) % 64,
		.vmid = next(&f.in) % 32 ? next(&f.in) % 128 : (uint32_t)next_number(),
		.asid = next(&f.in) % 32 ? next(&f.in) : (uint32_t)next_number(),
		.addr = next_number(),
		.size = next_number(),
	};

	if (f.asked_count == MAX_ASKED)
		return;
	f.asked[f.asked_count] = fence;
	f.done[f.asked_count++] = false;
	nacl_client_hfence(&hart, &fence);
}

static void step(void)
{
	unsigned int what = next(&f.in) % 32;
	nacl_word gpr[32] = { 0 };

	f.calls = 0;
	meddle();
	if (what < 12) {
		for (unsigned int n = next(&f.in) % 40; n; n--, f.calls = 0)
			ask();
	} else if (what < 24) {
		write_csr();
	} else if (what < 26) {
		nacl_client_sync_csr(&hart,
				     next(&f.in) & 1 ? ONES : NACL_CSR_NUMBER(next(&f.in) << 2));
	} else if (what < 28) {
		nacl_client_flush(&hart);
		check_settled();
	} else if (what == 28) {
		nacl_client_disable(&hart);
		CHECK(!hart.shmem);
		check_settled();
	} else if (what < 31) {
		if (hart.shmem)
			nacl_sret_gprs(hart.shmem, gpr);
		if (hart.shmem)
			nacl_sret_autoswap(hart.shmem, next(&f.in));
		CHECK(nacl_client_sync_sret(&hart)); /* a return is an error */
		CHECK(nacl_client_entry(hart.features) == NACL_ENTRY_SRET);
		check_settled();
	} else {
		enable();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(&f, 0, sizeof(f));
	memset(&hart, 0, sizeof(hart));
	f.in = (struct input){ data, size };
	f.meddle = next(&f.in) & 1;
	f.honest = next(&f.in) & 1;
	f.keeps = next(&f.in) & 1;
	f.area = malloc(AREA_SIZE);
	memset(f.area, 0x5a, AREA_SIZE);
	enable();
	while (f.in.size)
		step();
	f.calls = 0;
	nacl_client_disable(&hart);
	check_settled();
	free(f.area);
	return 0;
}

#ifndef LIBFUZZER
#include "fuzz_main.h"
#endif
