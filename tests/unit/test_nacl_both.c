/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * src/nacl/client.c and src/nacl/host.c against each other. A guest hypervisor (L1) runs random
 * programs of CSR accesses, fences, entries of its guest (L2) and suspends on a machine; each must
 * come out as on a machine without NACL, with every subset of the features and with an L0 that lies
 * in the ways below. Then both halves on two threads. Built for both XLENs, and for a host with the
 * other byte order. What must be seen one by one is in test_nacl_cases.c.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nacl/host.h"

#include "nacl/client.c"
#include "nacl_csrs.h"

#define RAM_BASE  0x80000000u
#define AREA_PHYS (RAM_BASE + 0x1000)
#define RAM_SIZE  (0x1000 + NACL_SHMEM_SIZE)
#define SPV	  0x80u
#define MAX_LOG	  1024

enum { VSSTATUS = 0x200, VSSCRATCH = 0x240, VSEPC = 0x241, VSCAUSE = 0x242, VSTVAL = 0x243 };
enum { VSATP = 0x280, HSTATUS = 0x600, HIDELEG = 0x603, HTVAL = 0x643, HVIP = 0x645 };
enum { HGATP = 0x680, VSIP = 0x244 };

/* Those that the programs write, and all that there are. */
static const unsigned int written[] = { VSSTATUS, VSSCRATCH, VSEPC, VSATP, HIDELEG, HVIP, HGATP };
static const unsigned int existing[] = { VSSTATUS, VSSCRATCH, VSEPC,   VSCAUSE, VSTVAL, VSIP,
					 VSATP,	   HSTATUS,   HIDELEG, HTVAL,	HVIP,	HGATP };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The ways in which L0 lies. */
enum {
	REFUSES = 1,  /* calls fail now and then */
	IDLES = 2,    /* sync_csr and sync_hfence do nothing now and then, or always */
	FORGETS = 4,  /* the area is gone now and then */
	CHANGES = 8,  /* features come and go */
	KEEPS = 0x10, /* a trapped write of a CSR leaves the older value waiting that is dirty */
	ALL_LIES = 0x1f,
};

struct machine {
	struct nacl_host host;
	struct nacl_client client;
	struct nacl_client_hart hart;
	unsigned char *ram;
	nacl_word csr[4096];
	unsigned int features, lies;
	unsigned int idle;			  /* IDLES: one call in so many */
	uint64_t random, whims;			  /* of the program, of L0 */
	nacl_word gpr[32];			  /* that L2 was entered with */
	jmp_buf exit;				  /* where L1 goes on when L2 traps */
	struct nacl_client_hfence asked[MAX_LOG]; /* fences since the last entry */
	struct nacl_client_hfence done[MAX_LOG];
	unsigned int asked_count, done_count;
	unsigned int executed; /* fences by the hook */
	unsigned int unfit;    /* fences that no entry can hold */
};

static struct machine *machine;

static unsigned int pick(uint64_t *seed, unsigned int n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(*seed >> 33) % n;
}

/* ---- the machine: CSRs with rules, and fences ---- */

static void csr_set_to(nacl_word *csr, unsigned int number, nacl_word value)
{
	switch (number) {
	case VSIP:
		number = HVIP;
		value <<= 1;
		/* fall through */
	case HVIP:
		csr[HVIP] = value & csr[HIDELEG] & 0x444; /* so that the order counts */
		break;
	case HIDELEG:
		csr[HIDELEG] = value & 0x444;
		csr[HVIP] &= csr[HIDELEG];
		break;
	case HGATP:
	case VSSTATUS:
		csr[number] = value & ~(nacl_word)3;
		break;
	default:
		csr[number] = value;
	}
}

static nacl_word csr_get(const nacl_word *csr, unsigned int number)
{
	return number == VSIP ? csr[HVIP] >> 1 : csr[number];
}

static unsigned int op_info(void *ctx, unsigned int csr)
{
	(void)ctx;
	for (unsigned int i = 0; i < COUNT(existing); i++) {
		if (existing[i] == csr)
			return info_of(csr, true);
	}
	return 0;
}

static nacl_word op_read(void *ctx, unsigned int csr)
{
	return csr_get(((struct machine *)ctx)->csr, csr);
}

static void op_write(void *ctx, unsigned int csr, nacl_word value)
{
	csr_set_to(((struct machine *)ctx)->csr, csr, value);
}

static void note_done(struct machine *m, const struct nacl_client_hfence *fence)
{
	assert_true(m->done_count < MAX_LOG);
	m->done[m->done_count++] = *fence;
}

static void op_hfence(void *ctx, const struct nacl_hfence *fence)
{
	note_done(ctx, &(struct nacl_client_hfence){ fence->type, 0, fence->vmid, fence->asid,
						     fence->addr, fence->size });
}

static void *op_map(void *ctx, uint64_t gpa, size_t size)
{
	assert_int_equal(size, NACL_SHMEM_SIZE);
	return gpa == AREA_PHYS ? ((struct machine *)ctx)->ram + 0x1000 : NULL;
}

static const struct nacl_host_ops ops = {
	.csr_info = op_info,
	.csr_read = op_read,
	.csr_write = op_write,
	.hfence = op_hfence,
	.map_shmem = op_map,
};

/* L1 executes a CSR instruction: it traps. */
static void instruction_write(struct machine *m, unsigned int csr, nacl_word value)
{
	op_write(m, csr, value);
	if (m->lies & KEEPS)
		nacl_host_refresh_all(&m->host);
	else
		nacl_host_csr_written(&m->host, csr);
}

/* ---- the hooks ---- */

void nacl_hook_csr_write(unsigned int csr, nacl_word value)
{
	instruction_write(machine, csr, value);
}

/* As on a machine: HFENCE.VVMA acts on the VMID in hgatp, which the hook puts there. */
void nacl_hook_hfence(const struct nacl_client_hfence *fence)
{
	struct nacl_client_hfence done = *fence;
	nacl_word hgatp = op_read(machine, HGATP);

	machine->executed++;
	if (fence->type >= NACL_HFENCE_VVMA) {
		instruction_write(machine, HGATP, (nacl_word)fence->vmid << 2);
		done.vmid = op_read(machine, HGATP) >> 2;
		instruction_write(machine, HGATP, hgatp);
	}
	note_done(machine, &done);
}

/* True if L0 answers with *@ret by itself. */
static bool lie(struct machine *m, nacl_word fid, struct nacl_ret *ret)
{
	static const int errors[] = { NACL_ERR_FAILED, NACL_ERR_NOT_SUPPORTED,
				      NACL_ERR_INVALID_PARAM, -1000, 77 };

	*ret = (struct nacl_ret){ 0, 0 };
	if (fid == NACL_FID_PROBE_FEATURE)
		return false;
	if (m->lies & CHANGES && !pick(&m->whims, 20)) {
		m->host.features = m->features & pick(&m->whims, 16);
		/* that hstatus is not swapped in a sync_sret that succeeds, nobody can know */
		if (!(m->host.features & 1u << NACL_FEAT_AUTOSWAP_CSR))
			m->host.features &= ~(1u << NACL_FEAT_SYNC_SRET);
	}
	if (m->lies & FORGETS && !pick(&m->whims, 40)) {
		nacl_host_reset(&m->host);
		ret->error = (nacl_word)NACL_ERR_NO_SHMEM; /* says so, else nobody can know */
		return fid != NACL_FID_SET_SHMEM;
	}
	if (m->lies & IDLES && fid >= NACL_FID_SYNC_CSR && fid != NACL_FID_SYNC_SRET &&
	    !pick(&m->whims, m->idle))
		return true;
	if (m->lies & REFUSES && !pick(&m->whims, 8)) {
		ret->error = (nacl_word)errors[pick(&m->whims, COUNT(errors))];
		return true;
	}
	return false;
}

static void run_l2(struct machine *m);

/* In a sync_sret L0 need not consume CSRs or fences for which it does not offer a call. */
static void check_settled(struct machine *m)
{
	if (!nacl_client_has(&m->hart, NACL_FEAT_SYNC_CSR))
		assert_false(any_dirty(m->hart.shmem));
	for (unsigned int e = 0; e < NACL_HFENCE_COUNT; e++)
		assert_true(nacl_client_has(&m->hart, NACL_FEAT_SYNC_HFENCE) ||
			    !(nacl_mem_load(&m->hart.shmem[NACL_WORD_OF_HFENCE(e, 0)]) & PENDING));
}

struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0, nacl_word a1,
			       nacl_word a2)
{
	struct machine *m = machine;
	struct nacl_ret ret;

	if (eid == 0x10)
		return (struct nacl_ret){ 0, fid ? 1 : 0x3000000 };
	assert_int_equal(eid, NACL_EID);
	if (lie(m, fid, &ret))
		return ret;
	switch (fid) {
	case NACL_FID_PROBE_FEATURE:
		ret.error = nacl_host_probe_feature(&m->host, a0, &ret.value);
		break;
	case NACL_FID_SET_SHMEM:
		ret.error = nacl_host_set_shmem(&m->host, a0, a1, a2);
		break;
	case NACL_FID_SYNC_CSR:
		ret.error = nacl_host_sync_csr(&m->host, a0);
		break;
	case NACL_FID_SYNC_HFENCE:
		ret.error = nacl_host_sync_hfence(&m->host, a0);
		break;
	case NACL_FID_SYNC_SRET:
		check_settled(m);
		ret.error = nacl_host_sync_sret(&m->host, m->gpr);
		if (!ret.error) {
			run_l2(m);
			longjmp(m->exit, 1);
		}
		break;
	default:
		fail();
	}
	return ret;
}

/* ---- what must hold when L2 is entered ---- */

/* Whether @done does all that @asked needs. */
static bool covers(const struct nacl_client_hfence *done, const struct nacl_client_hfence *asked)
{
	uint64_t last = asked->addr + (asked->size ? asked->size - 1 : 0);
	unsigned int type = done->type & 6, want = asked->type & 6;

	if (type == NACL_HFENCE_GVMA && want == NACL_HFENCE_GVMA_VMID)
		want = type;
	if (type == NACL_HFENCE_VVMA && want == NACL_HFENCE_VVMA_ASID)
		want = type;
	if (type != want || (type >= NACL_HFENCE_GVMA_VMID && done->vmid != asked->vmid) ||
	    (type == NACL_HFENCE_VVMA_ASID && done->asid != asked->asid))
		return false;
	if (done->type & 1)
		return true;
	return !(asked->type & 1) && done->addr <= asked->addr &&
	       done->addr + done->size - 1 >= last;
}

static void check_fences(struct machine *m)
{
	for (unsigned int i = 0; i < m->asked_count; i++) {
		bool covered = false;

		for (unsigned int j = 0; j < m->done_count; j++)
			covered |= covers(&m->done[j], &m->asked[i]);
		if (!covered)
			fail_msg("fence %u of type %u was lost", i, m->asked[i].type);
	}
	m->asked_count = 0;
	m->done_count = 0;
}

/* The same for each machine that runs the same program. */
static nacl_word expected_csr[4096], expected_gpr[32];
static nacl_word l2_hstatus;

static void run_l2(struct machine *m)
{
	for (unsigned int i = 0; i < COUNT(existing); i++)
		assert_int_equal(op_read(m, existing[i]),
				 existing[i] == HSTATUS ? l2_hstatus
							: csr_get(expected_csr, existing[i]));
	assert_memory_equal(m->gpr, expected_gpr, sizeof(expected_gpr));
	check_fences(m);
	/* L2 runs, and traps into L1 */
	m->csr[VSEPC] += 4;
	m->csr[VSCAUSE] = 8;
	m->csr[HTVAL] = m->csr[VSEPC] >> 2;
	m->csr[HSTATUS] |= SPV | 0x40;
	nacl_host_after_trap(&m->host);
}

/* ---- L1: accessors as a user of the library writes them ---- */

static void l1_write(struct machine *m, unsigned int csr, nacl_word value)
{
	if (nacl_client_has(&m->hart, NACL_FEAT_SYNC_CSR))
		nacl_csr_write_index(m->hart.shmem, NACL_CSR_INDEX(csr), value);
	else
		instruction_write(m, csr, value);
}

static nacl_word l1_read(struct machine *m, unsigned int csr)
{
	if (m->hart.shmem)
		return nacl_csr_read_index(m->hart.shmem, NACL_CSR_INDEX(csr));
	return op_read(m, csr);
}

static nacl_word l1_swap_hstatus(struct machine *m, nacl_word value)
{
	nacl_word old = l1_read(m, HSTATUS);

	l1_write(m, HSTATUS, value);
	return old;
}

static void l1_fence(struct machine *m)
{
	static const unsigned int orders[] = { 0, 0, 0, 9, 18, 60 };
	struct nacl_client_hfence fence = {
		.type = pick(&m->random, 8),
		.order = orders[pick(&m->random, COUNT(orders))],
		.vmid = pick(&m->random, NACL_XLEN == 32 ? 0x81 : 0x4001),
		.asid = pick(&m->random, NACL_XLEN == 32 ? 0x201 : 0x10001),
		.addr = (uint64_t)pick(&m->random, 1 << 30) << pick(&m->random, 35),
		.size = (uint64_t)pick(&m->random, 1 << 20) << pick(&m->random, 20),
	};

	if (fence.addr + fence.size < fence.addr)
		fence.size = -fence.addr;
	assert_true(m->asked_count < MAX_LOG);
	m->asked[m->asked_count++] = fence;
	m->unfit += fence.type >= NACL_HFENCE_VVMA && fence.vmid >> NACL_HFENCE_VMID_BITS;
	nacl_client_hfence(&m->hart, &fence);
}

/* SRET by the instruction: it traps, and takes the GPRs as they are. */
static void l1_sret(struct machine *m)
{
	nacl_client_flush(&m->hart);
	check_fences(m); /* before L0 could consume more than the specification promises */
	nacl_host_before_sret(&m->host);
	memcpy(m->gpr, expected_gpr, sizeof(m->gpr));
	run_l2(m);
}

/* Enter L2 by the fastest kind of entry, or by SRET if L0 refuses. Returns L2's hstatus. */
static nacl_word l1_enter(struct machine *m)
{
	volatile nacl_word l1_hstatus = 0;
	volatile enum nacl_entry way = nacl_client_entry(m->hart.features);

	if (way == NACL_ENTRY_AUTOSWAP)
		nacl_sret_autoswap(m->hart.shmem, l2_hstatus);
	else
		l1_hstatus = l1_swap_hstatus(m, l2_hstatus);
	if (way != NACL_ENTRY_SRET)
		nacl_sret_gprs(m->hart.shmem, expected_gpr);
	if (!setjmp(m->exit)) {
		if (way != NACL_ENTRY_SRET) {
			assert_int_not_equal(nacl_client_sync_sret(&m->hart), 0);
			if (way == NACL_ENTRY_AUTOSWAP)
				l1_hstatus = l1_swap_hstatus(m, l2_hstatus);
			way = NACL_ENTRY_SRET;
		}
		l1_sret(m);
	}
	if (way == NACL_ENTRY_AUTOSWAP)
		return nacl_sret_autoswapped(m->hart.shmem);
	return l1_swap_hstatus(m, l1_hstatus);
}

static void check_l1(struct machine *m, nacl_word l1_hstatus)
{
	nacl_client_flush(&m->hart);
	assert_int_equal(op_read(m, HSTATUS), l1_hstatus);
	for (unsigned int i = 0; i < COUNT(existing); i++) {
		if (existing[i] != HSTATUS)
			assert_int_equal(op_read(m, existing[i]),
					 csr_get(expected_csr, existing[i]));
		/* where the area is in force, it is current */
		if (m->hart.shmem && nacl_host_has_shmem(&m->host))
			assert_int_equal(l1_read(m, existing[i]), op_read(m, existing[i]));
	}
}

static void l1_step(struct machine *m)
{
	unsigned int what = pick(&m->random, 100), csr;
	nacl_word value;

	if (what < 60) {
		csr = written[pick(&m->random, COUNT(written))];
		value = (nacl_word)pick(&m->random, 1u << 31) * 0x10001;
		csr_set_to(expected_csr, csr, value);
		l1_write(m, csr, value);
	} else if (what < 95) {
		l1_fence(m);
	} else if (m->hart.shmem) { /* a write, read back as the machine made it */
		value = (nacl_word)pick(&m->random, 1u << 31);
		csr_set_to(expected_csr, HGATP, value);
		l1_write(m, HGATP, value);
		value = nacl_csr_sync(&m->hart, HGATP) ? op_read(m, HGATP) : l1_read(m, HGATP);
		if (!(m->lies & (IDLES | FORGETS)))
			assert_int_equal(value, csr_get(expected_csr, HGATP));
	}
}

static void l1_enable(struct machine *m)
{
	enum nacl_error error;

	memset(m->ram + 0x1000, 0x5a, NACL_SHMEM_SIZE); /* used for something else meanwhile */
	error = nacl_client_enable(&m->client, &m->hart, m->ram + 0x1000, AREA_PHYS);
	assert_true(m->lies || !error);
	assert_int_equal(m->hart.shmem != NULL, m->client.available && !error);
}

static void l1_disable(struct machine *m)
{
	enum nacl_error error = nacl_client_disable(&m->hart);

	assert_true(m->lies || !error);
	assert_true(m->lies || !nacl_host_has_shmem(&m->host));
	assert_true(!m->hart.shmem);
	check_fences(m);
}

/* HVIP follows HIDELEG, in the area as by instructions, only if both are written in that order. */
static void l1_program(struct machine *m)
{
	for (unsigned int entry = 0; entry < 12; entry++) {
		nacl_word l1_hstatus = csr_get(m->csr, HSTATUS), hstatus;

		/* now and then more fences than there are entries */
		for (unsigned int n = pick(&m->random, pick(&m->random, 4) ? 100 : 500); n; n--)
			l1_step(m);
		/* the order of writes is lost in the area: end with one that comes out the same */
		for (unsigned int i = 0; i < 2; i++) {
			csr_set_to(expected_csr, i ? HVIP : HIDELEG, 0x404);
			l1_write(m, i ? HVIP : HIDELEG, 0x404);
		}
		if (!pick(&m->random, 4)) { /* a suspend, after which L0 knows nothing */
			l1_disable(m);
			nacl_host_reset(&m->host);
			check_l1(m, l1_hstatus);
			l1_enable(m);
		}
		for (unsigned int i = 1; i < 32; i++)
			expected_gpr[i] = pick(&m->random, 1u << 31);
		l2_hstatus = SPV | (nacl_word)pick(&m->random, 16) << 12;
		hstatus = l1_enter(m);
		assert_int_equal(hstatus, l2_hstatus | SPV | 0x40);
		expected_csr[VSEPC] += 4;
		expected_csr[VSCAUSE] = 8;
		expected_csr[HTVAL] = expected_csr[VSEPC] >> 2;
		check_l1(m, l1_hstatus);
	}
}

static struct machine *new_machine(unsigned int features, unsigned int lies, uint64_t seed)
{
	struct machine *m = calloc(1, sizeof(*m));

	m->ram = aligned_alloc(8, RAM_SIZE);
	memset(m->ram, 0x5a, RAM_SIZE);
	m->features = features;
	m->lies = lies;
	m->random = seed;
	m->whims = seed ^ 0x5555;
	m->idle = seed % 2 ? 4 : 1;
	machine = m;
	nacl_host_init(&m->host, features, &ops, m);
	assert_true(nacl_client_init(&m->client));
	return m;
}

static void run(unsigned int features, unsigned int lies, uint64_t seed, bool nacl)
{
	struct machine *m = new_machine(features, lies, seed);

	memset(expected_csr, 0, sizeof(expected_csr));
	memset(expected_gpr, 0, sizeof(expected_gpr));
	if (!nacl)
		nacl_client_exit(&m->client);
	l1_enable(m);
	l1_program(m);
	if (nacl && !lies && features & 1u << NACL_FEAT_SYNC_HFENCE)
		assert_int_equal(m->executed, m->unfit);
	l1_disable(m);
	check_l1(m, m->csr[HSTATUS]);
	free(m->ram);
	free(m);
}

static void test_without_nacl(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++)
		run(0, 0, seed, false);
}

static void test_each_subset_of_the_features(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 16; features++) {
		for (uint64_t seed = 0; seed < 20; seed++)
			run(features, 0, seed, true);
	}
}

static void test_an_l0_that_lies(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 16; features++) {
		for (unsigned int lies = 1; lies <= ALL_LIES; lies++) {
			for (uint64_t seed = 0; seed < 6; seed++)
				run(features, lies, seed, true);
		}
	}
}

static void test_an_area_outside_ram_is_refused(void **state)
{
	struct machine *m = new_machine(15, 0, 1);
	nacl_word *memory = aligned_alloc(8, NACL_SHMEM_SIZE);

	(void)state;
	assert_int_equal(nacl_client_enable(&m->client, &m->hart, memory, RAM_BASE + 0x2000),
			 NACL_ERR_INVALID_ADDRESS);
	assert_true(!m->hart.shmem);
	assert_int_equal(nacl_client_enable(&m->client, &m->hart, m->ram + 0x1000, AREA_PHYS), 0);
	assert_true(nacl_host_has_shmem(&m->host));
	free(memory);
	free(m->ram);
	free(m);
}

/* ---- two threads ---- */

#define RACE_FENCES 200000u

static struct race {
	pthread_mutex_t below; /* L0 serves one at a time */
	nacl_word csr[4096];
	unsigned char done[RACE_FENCES];
	bool over;
	unsigned int torn;
} race = { .below = PTHREAD_MUTEX_INITIALIZER };

static nacl_word race_read(void *ctx, unsigned int csr)
{
	(void)ctx;
	return race.csr[csr];
}

static void race_write(void *ctx, unsigned int csr, nacl_word value)
{
	(void)ctx;
	race.csr[csr] = value;
}

/* Fence n: page n, n + 1 pages, with n in the ids. */
static void race_fence(void *ctx, const struct nacl_hfence *fence)
{
	unsigned int n = (unsigned int)(fence->addr >> 12);

	(void)ctx;
	if (fence->type != NACL_HFENCE_VVMA_ASID || n >= RACE_FENCES || fence->asid != n % 512 ||
	    fence->vmid != n % 128 || fence->size != (uint64_t)(n + 1) << 12)
		race.torn++;
	else
		race.done[n]++;
}

static void *race_reader(void *arg)
{
	struct machine *m = arg;

	while (!__atomic_load_n(&race.over, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&race.below);
		nacl_host_before_sret(&m->host);
		pthread_mutex_unlock(&race.below);
		sched_yield();
	}
	return NULL;
}

static void race_writer(struct machine *m)
{
	for (unsigned int n = 0; n < RACE_FENCES; n++) {
		struct nacl_client_hfence fence = nacl_hfence_vvma_asid(
			n % 128, n % 512, (uint64_t)n << 12, (uint64_t)(n + 1) << 12, 0);

		nacl_csr_write(m->hart.shmem, VSSCRATCH, n);
		nacl_csr_write(m->hart.shmem, VSATP, n * 3);
		nacl_csr_write(m->hart.shmem, VSEPC, n * 5);
		/* as a call that is served when L0 is free */
		if (nacl_mem_load(&m->hart.shmem[NACL_WORD_OF_HFENCE(m->hart.next, 0)]) & PENDING) {
			pthread_mutex_lock(&race.below);
			nacl_host_sync_hfence(&m->host, NACL_ALL_ONES);
			pthread_mutex_unlock(&race.below);
		}
		nacl_client_hfence(&m->hart, &fence);
	}
}

static void test_both_halves_on_two_threads(void **state)
{
	static const struct nacl_host_ops race_ops = {
		.csr_info = op_info,
		.csr_read = race_read,
		.csr_write = race_write,
		.hfence = race_fence,
		.map_shmem = op_map,
	};
	struct machine *m = new_machine(15, 0, 1);
	pthread_t reader;

	(void)state;
	nacl_host_init(&m->host, 15, &race_ops, m);
	race.csr[HSTATUS] = SPV;
	assert_int_equal(nacl_client_enable(&m->client, &m->hart, m->ram + 0x1000, AREA_PHYS), 0);
	assert_int_equal(pthread_create(&reader, NULL, race_reader, m), 0);
	race_writer(m);
	__atomic_store_n(&race.over, true, __ATOMIC_RELEASE);
	pthread_join(reader, NULL);
	nacl_client_flush(&m->hart);
	assert_int_equal(race.torn, 0);
	assert_int_equal(m->executed, 0);
	for (unsigned int n = 0; n < RACE_FENCES; n++)
		assert_int_equal(race.done[n], 1);
	assert_int_equal(race.csr[VSSCRATCH], RACE_FENCES - 1);
	assert_int_equal(race.csr[VSATP], (RACE_FENCES - 1) * 3);
	assert_int_equal(race.csr[VSEPC], (RACE_FENCES - 1) * 5);
	free(m->ram);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_nacl),
		cmocka_unit_test(test_each_subset_of_the_features),
		cmocka_unit_test(test_an_l0_that_lies),
		cmocka_unit_test(test_an_area_outside_ram_is_refused),
		cmocka_unit_test(test_both_halves_on_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
