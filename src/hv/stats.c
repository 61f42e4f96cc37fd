/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hv/console.h"
#include "hv/stats.h"
#include "hv/vcpu.h"
#include "lib/page.h"
#include "riscv/head.h"

/* head.S puts its place into the beacon. */
struct stats_header hv_stats_header;

/*
 * The name and the meaning of each kind, in order, each with its final zero. Pointers to them would
 * take 8 bytes each.
 */
#define TEXT(id, name, meaning) name "\0" meaning "\0"
static const char exit_texts[] = STATS_EXIT_KINDS(TEXT);
static const char work_texts[] = STATS_WORK_KINDS(TEXT);
#undef TEXT

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

void stats_publish(const struct host *h, const struct vcpu *first, uint64_t stride)
{
	struct stats_header *header = &hv_stats_header;
	const struct options *o = &h->options;
	const struct domain *d = h->domains[0];

	*header = (struct stats_header){
		.version = STATS_VERSION,
		.size = sizeof(*header),
		.self = (uintptr_t)header,
		.home = h->home.start,
		.home_size = h->home.size,
		.timebase = h->machine.timebase,
		.level = h->level,
		.flags = (o->stats || o->trace ? STATS_FLAG_COUNTS : 0) |
			 (o->trace ? STATS_FLAG_TRACES : 0),
		.harts = h->machine.hart_count,
		.stride = h->machine.hart_count > 1 ? stride : 0,
		.first = (uintptr_t)&first->stats,
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

void stats_note_domain(struct vcpu *v)
{
	struct domain *d = v->domain;

	v->stats.reclaimed = (uintptr_t)&d->shadows.reclaimed;
	v->stats.drains = (uintptr_t)&d->shadows.drains;
	memcpy(v->stats.domain, d->line.name, strlen(d->line.name));
}

/* ---- the summary ---- */

/* What the lines of one of several domains have before it. */
static const char *before_name(const struct domain *d)
{
	return *d->line.name ? "domain " : "";
}

static const char *behind_name(const struct domain *d)
{
	return *d->line.name ? ": " : "";
}

void stats_print_pool(struct domain *d)
{
	struct hext_shadow_use use;

	if (!d->host->options.stats)
		return;
	hext_shadow_use(&d->shadows, &use);
	hv_print("halite: level %u: %s%s%spool: shadows %u of %u, tables %u of %u, lost %u, "
		 "taken away %lu times, %lu reclaimed\n",
		 d->host->level, before_name(d), d->line.name, behind_name(d), use.shadows_used,
		 use.shadows, use.tables_used, use.tables, use.tables_lost,
		 (unsigned long)use.drains, (unsigned long)use.reclaimed);
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
	hv_print("halite: level %u: %s%s%s%s %s %lu: %s\n", d->host->level, before_name(d),
		 d->line.name, behind_name(d), what, name, (unsigned long)sum, meaning);
}

/* The counts of @texts, the first of which is at @at in struct stats_hart. */
static void print_sums(const struct domain *d, const char *what, const char *texts,
		       unsigned int count, size_t at)
{
	for (; count; count--, at += sizeof(uint64_t)) {
		const char *meaning = texts + strlen(texts) + 1;

		print_sum(d, what, texts, meaning, at);
		texts = meaning + strlen(meaning) + 1;
	}
}

void stats_print(const struct domain *d)
{
	if (!d->host->options.stats)
		return;
	print_sums(d, "exits", exit_texts, STATS_EXITS, offsetof(struct stats_hart, exits));
	print_sums(d, "work", work_texts, STATS_WORKS, offsetof(struct stats_hart, works));
	print_sum(d, "time", "in-halite", "ticks of the time CSR in Halite, waits included",
		  offsetof(struct stats_hart, ticks));
}
