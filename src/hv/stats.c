/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hext/insn.h"
#include "hv/console.h"
#include "hv/stats.h"
#include "hv/vcpu.h"
#include "lib/page.h"
#include "riscv/csr.h"
#include "riscv/head.h"
#include "riscv/ncsr.h"

/* head.S puts its place into the beacon. */
struct stats_header hv_stats_header;

static const struct {
	const char *name, *meaning;
} exit_texts[STATS_EXITS] = {
#define TEXT(id, name, meaning) [STATS_EXIT_##id] = { name, meaning },
	STATS_EXIT_KINDS(TEXT)
#undef TEXT
}, work_texts[STATS_WORKS] = {
#define TEXT(id, name, meaning) [STATS_WORK_##id] = { name, meaning },
	STATS_WORK_KINDS(TEXT)
#undef TEXT
};

/* ---- which exit it is ---- */

static enum stats_exit kind_of_interrupt(uint64_t irq, bool virt)
{
	switch (irq) {
	case IRQ_SSI:
		return virt ? STATS_EXIT_L2_IPI : STATS_EXIT_L1_IPI;
	case IRQ_STI:
		return virt ? STATS_EXIT_L2_TIMER : STATS_EXIT_L1_TIMER;
	case IRQ_SEI:
		return virt ? STATS_EXIT_L2_EXTERNAL : STATS_EXIT_L1_EXTERNAL;
	default:
		return virt ? STATS_EXIT_L2_INTERRUPT : STATS_EXIT_L1_INTERRUPT;
	}
}

static enum stats_exit kind_of_ecall(const struct vcpu *v)
{
	if (v->x[VCPU_A7] != NACL_EID)
		return STATS_EXIT_L1_SBI;
	switch (v->x[VCPU_A7 - 1]) {
	case NACL_FID_SYNC_SRET:
		return STATS_EXIT_L1_NACL_SRET;
	case NACL_FID_SYNC_CSR:
		return STATS_EXIT_L1_NACL_CSR;
	case NACL_FID_SYNC_HFENCE:
		return STATS_EXIT_L1_NACL_HFENCE;
	default:
		return STATS_EXIT_L1_NACL_OTHER;
	}
}

/* @code is an instruction that VS mode may not execute, or 0: the hart has not given it. */
static enum stats_exit kind_of_code(uint32_t code)
{
	struct hext_insn insn;

	if (hext_insn_is_csr(code))
		return STATS_EXIT_L1_CSR;
	hext_decode(code, &insn);
	switch (insn.kind) {
	case HEXT_INSN_SRET:
		return STATS_EXIT_L1_SRET;
	case HEXT_INSN_WFI:
	case HEXT_INSN_WRS_NTO:
		return STATS_EXIT_L1_WAIT;
	case HEXT_INSN_HLV:
	case HEXT_INSN_HLVX:
	case HEXT_INSN_HSV:
		return STATS_EXIT_L1_ACCESS;
	case HEXT_INSN_HFENCE_GVMA:
	case HEXT_INSN_HFENCE_VVMA:
	case HEXT_INSN_HINVAL_GVMA:
	case HEXT_INSN_HINVAL_VVMA:
		return STATS_EXIT_L1_HFENCE;
	default:
		return STATS_EXIT_L1_INSN;
	}
}

static enum stats_exit kind_of_exception(const struct vcpu *v, uint64_t cause, uint64_t tval)
{
	bool virt = v->h.virt;

	switch (cause) {
	case CAUSE_ECALL_VS:
		return virt ? STATS_EXIT_L2_SBI : kind_of_ecall(v);
	case CAUSE_VIRTUAL:
		return virt ? STATS_EXIT_L2_INSN : kind_of_code((uint32_t)tval);
	case CAUSE_FETCH_GUEST_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		return virt ? STATS_EXIT_L2_MEMORY : STATS_EXIT_L1_MEMORY;
	default:
		return virt ? STATS_EXIT_L2_OTHER : STATS_EXIT_L1_OTHER;
	}
}

/* What STATS_EVENT_EXIT has in b. */
static uint64_t exit_detail(const struct vcpu *v, uint64_t cause, uint64_t tval)
{
	switch (cause) {
	case CAUSE_ECALL_VS:
		return v->x[VCPU_A7] << 32 | (uint32_t)v->x[VCPU_A7 - 1];
	case CAUSE_VIRTUAL:
		return tval; /* the code of the instruction */
	case CAUSE_FETCH_GUEST_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		return ncsr_read(HEXT_CSR_HTVAL) << 2 | (tval & 3);
	default:
		return cause;
	}
}

/* ---- the ring ---- */

static inline __attribute__((always_inline)) void record(struct stats_hart *s, uint64_t time,
							 enum stats_event_type type, uint32_t code,
							 uint64_t a, uint64_t b)
{
	struct stats_event *e =
		(struct stats_event *)(uintptr_t)s->ring + (s->recorded & (s->ring_size - 1));

	e->time = time;
	e->type = type;
	e->code = code;
	e->a = a;
	e->b = b;
	/* A reader that sees the number sees the event. */
	__atomic_store_n(&s->recorded, s->recorded + 1, __ATOMIC_RELEASE);
}

void stats_record(struct stats_hart *s, enum stats_event_type type, uint32_t code, uint64_t a,
		  uint64_t b)
{
	if (s->ring)
		record(s, csr_read(CSR_TIME), type, code, a, b);
}

/* ---- exits and entries ---- */

void stats_exit(struct vcpu *v)
{
	struct stats_hart *s = &v->stats;
	uint64_t cause = csr_read(CSR_SCAUSE), tval = csr_read(CSR_STVAL);
	uint64_t now = csr_read(CSR_TIME);
	enum stats_exit kind = cause & CAUSE_INTERRUPT
				       ? kind_of_interrupt(cause & ~CAUSE_INTERRUPT, v->h.virt)
				       : kind_of_exception(v, cause, tval);

	s->exits[kind]++;
	s->exit_time = now;
	s->exit_level = v->h.virt ? 2 : 1;
	if (s->ring)
		record(s, now, STATS_EVENT_EXIT, kind, csr_read(CSR_SEPC),
		       exit_detail(v, cause, tval));
}

/* CSRs and fences are counted where no function can be called, so their event is made here. */
static void record_sync(struct stats_hart *s, uint64_t now)
{
	uint64_t synced = s->works[STATS_WORK_SYNCED_CSR] - s->synced_before;
	uint64_t fences = s->works[STATS_WORK_FENCE] - s->fences_before;

	if (!(synced | fences))
		return;
	s->synced_before += synced;
	s->fences_before += fences;
	record(s, now, STATS_EVENT_SYNC, synced, fences, 0);
}

void stats_enter(struct vcpu *v)
{
	struct stats_hart *s = &v->stats;
	uint64_t now = csr_read(CSR_TIME), level = v->h.virt ? 2 : 1;
	bool to_l1 = level < s->exit_level;

	if (to_l1)
		s->works[STATS_WORK_SWITCH_L1]++;
	else if (level > s->exit_level && s->exit_level)
		s->works[STATS_WORK_SWITCH_L2]++;
	if (s->exit_level)
		s->ticks += now - s->exit_time;
	if (!s->ring)
		return;
	record_sync(s, now);
	record(s, now, STATS_EVENT_ENTER, level, csr_read(CSR_SEPC),
	       to_l1 ? ncsr_read(HEXT_CSR_VSCAUSE) : 0);
}

void stats_exit_code(struct vcpu *v, uint32_t code)
{
	if (!static_key(KEY_STATS))
		return;
	v->stats.exits[STATS_EXIT_L1_INSN]--;
	v->stats.exits[kind_of_code(code)]++;
}

/* ---- boot ---- */

void stats_make_rings(struct domain *d, struct page_pool *pool, unsigned int events)
{
	uint64_t bytes = events * sizeof(struct stats_event);
	unsigned int i;

	for (i = 0; events && i < d->vcpu_count; i++) {
		struct stats_hart *s = &d->vcpus[i]->stats;
		void *ring = pages_alloc(pool, (bytes + PAGE_SIZE - 1) / PAGE_SIZE, PAGE_SIZE);

		if (!ring)
			hv_fatal("home: too little memory for trace=%u with %u harts", events,
				 d->vcpu_count);
		s->ring = (uintptr_t)ring;
		s->ring_size = events;
	}
}

void stats_publish(const struct domain *d)
{
	struct stats_header *header = &hv_stats_header;
	const struct options *o = &d->host->options;
	unsigned int i;

	for (i = 0; i < d->vcpu_count; i++)
		d->vcpus[i]->stats.hartid = d->vcpus[i]->hart->hartid;
	*header = (struct stats_header){
		.version = STATS_VERSION,
		.size = sizeof(*header),
		.self = (uintptr_t)header,
		.home = d->host->home.start,
		.home_size = d->host->home.size,
		.timebase = d->host->machine.timebase,
		.level = d->host->level,
		.flags = (o->stats || o->trace ? STATS_FLAG_COUNTS : 0) |
			 (o->trace ? STATS_FLAG_TRACES : 0),
		.harts = d->vcpu_count,
		.stride = d->vcpu_count > 1 ? (uintptr_t)d->vcpus[1] - (uintptr_t)d->vcpus[0] : 0,
		.first = (uintptr_t)&d->vcpus[0]->stats,
		.hart_size = sizeof(struct stats_hart),
		.exits = STATS_EXITS,
		.works = STATS_WORKS,
		.reclaimed = (uintptr_t)&d->shadows.reclaimed,
		.drains = (uintptr_t)&d->shadows.drains,
	};
	if ((uintptr_t)riscv_build_id_end - (uintptr_t)riscv_build_id ==
	    RISCV_NOTE_HEADER + STATS_BUILD_ID_SIZE)
		memcpy(header->build_id, riscv_build_id + RISCV_NOTE_HEADER, STATS_BUILD_ID_SIZE);
	memcpy(header->magic, STATS_MAGIC, STATS_MAGIC_SIZE);
}

/* ---- the summary ---- */

void stats_print_pool(struct domain *d)
{
	struct hext_shadow_use use;

	if (!d->host->options.stats)
		return;
	hext_shadow_use(&d->shadows, &use);
	hv_print("halite: level %u: pool: shadows %u of %u, tables %u of %u, lost %u, "
		 "taken away %lu times, %lu reclaimed\n",
		 d->host->level, use.shadows_used, use.shadows, use.tables_used, use.tables,
		 use.tables_lost, (unsigned long)use.drains, (unsigned long)use.reclaimed);
}

/* Print the sum of a number over all harts of @d. @at is its offset in struct stats_hart. */
static void print_sum(const struct domain *d, const char *what, const char *name,
		      const char *meaning, size_t at)
{
	uint64_t sum = 0, count;
	unsigned int i;

	for (i = 0; i < d->vcpu_count; i++) {
		memcpy(&count, (const char *)&d->vcpus[i]->stats + at, sizeof(count));
		sum += count;
	}
	hv_print("halite: level %u: %s %s %lu: %s\n", d->host->level, what, name,
		 (unsigned long)sum, meaning);
}

void stats_print(const struct domain *d)
{
	unsigned int i;

	if (!d->host->options.stats)
		return;
	for (i = 0; i < STATS_EXITS; i++)
		print_sum(d, "exits", exit_texts[i].name, exit_texts[i].meaning,
			  offsetof(struct stats_hart, exits[i]));
	for (i = 0; i < STATS_WORKS; i++)
		print_sum(d, "work", work_texts[i].name, work_texts[i].meaning,
			  offsetof(struct stats_hart, works[i]));
	print_sum(d, "time", "in-halite", "ticks of the time CSR in Halite, waits included",
		  offsetof(struct stats_hart, ticks));
}
