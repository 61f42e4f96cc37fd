/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page of `halite trace --report`. It holds the events as JSON in an element of their own, from
 * which its script draws the time line. The tables and bars are plain HTML.
 */
#include <stdlib.h>

#include "trace.h"

#define BUCKETS	 12 /* of costs: below 1 tick, below 2, below 4, and so on; the last has the rest */
#define CSRS	 4096
#define TOP_CSRS 15

struct cost {
	uint64_t count, ticks, most;
	uint64_t buckets[BUCKETS];
};

struct summary {
	struct cost exits[STATS_EXITS];
	uint64_t csrs[CSRS];
	uint64_t guest[3]; /* ticks in L1 and L2 */
};

static const char page_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<title>halite trace</title>\n<style>\n"
	"body { font: 14px/1.4 sans-serif; margin: 2em; color: #222; background: #fff; }\n"
	"h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin-top: 2em; }\n"
	"table { border-collapse: collapse; } td, th { padding: 2px 10px; text-align: right; }\n"
	"th { border-bottom: 1px solid #888; }\n"
	"td:first-child, th:first-child { text-align: left; }\n"
	".bar { display: inline-block; height: 10px; background: #4878a8; }\n"
	".spark { display: inline-flex; align-items: flex-end; height: 24px; gap: 1px; }\n"
	".spark i { width: 7px; background: #4878a8; }\n"
	"canvas { border: 1px solid #888; width: 100%; display: block; }\n"
	"#told { min-height: 1.5em; font-family: monospace; }\n"
	".l1 { background: #d9e6b0; } .l2 { background: #a8d0a8; } .hv { background: #d88060; }\n"
	".key { display: inline-block; width: 12px; height: 12px; margin: 0 4px 0 12px; }\n"
	"</style>\n</head>\n<body>\n";

static const char page_script[] =
	"<script>\n"
	"'use strict';\n"
	"const all = JSON.parse(document.getElementById('events').textContent).traceEvents;\n"
	"const names = new Map(all.filter(e => e.name === 'thread_name')"
	".map(e => [e.tid, e.args.name]));\n"
	"const drawn = all.filter(e => e.ph === 'X' || e.ph === 'i');\n"
	"const canvas = document.getElementById('line'), told = document.getElementById('told');\n"
	"const end = drawn.reduce((m, e) => Math.max(m, e.ts + (e.dur || 0)), 1);\n"
	"const lanes = [...names.keys()].sort((a, b) => a - b), high = 34, left = 70;\n"
	"let from = 0, to = end;\n"
	"const colour = e => e.name === 'L1' ? '#d9e6b0' : e.name === 'L2' ? '#a8d0a8'"
	" : '#d88060';\n"
	"const x = t => left + (t - from) / (to - from) * (canvas.width - left);\n"
	"function draw() {\n"
	"  canvas.width = canvas.clientWidth; canvas.height = lanes.length * high + 24;\n"
	"  const c = canvas.getContext('2d'); c.font = '12px sans-serif';\n"
	"  for (const e of drawn) {\n"
	"    const y = lanes.indexOf(e.tid) * high, a = x(e.ts), b = x(e.ts + (e.dur || 0));\n"
	"    if (b < left || a > canvas.width) continue;\n"
	"    c.fillStyle = '#303080';\n"
	"    if (e.ph === 'i') { c.fillRect(a, y + 26, 2, 6); continue; }\n"
	"    c.fillStyle = colour(e);\n"
	"    c.fillRect(Math.max(a, left), y + 4, Math.max(b - Math.max(a, left), 0.5), 20);\n"
	"    if (b - a > 60) { c.fillStyle = '#222'; c.fillText(e.name,"
	" Math.max(a, left) + 3, y + 18, b - a - 6); }\n"
	"  }\n"
	"  c.fillStyle = '#fff'; c.fillRect(0, 0, left, canvas.height); c.fillStyle = '#222';\n"
	"  lanes.forEach((t, i) => c.fillText(names.get(t), 4, i * high + 18));\n"
	"  for (let i = 0; i <= 4; i++) {\n"
	"    const t = from + (to - from) * i / 4; c.textAlign = i === 4 ? 'right' : 'left';\n"
	"    c.fillText(t.toFixed(1) + ' us', i === 4 ? canvas.width - 2 : x(t),"
	" canvas.height - 6);\n"
	"  }\n"
	"  c.textAlign = 'left';\n"
	"}\n"
	"const time = m => from + (m.offsetX - left) / (canvas.width - left) * (to - from);\n"
	"canvas.onwheel = m => { m.preventDefault(); const t = time(m),"
	" f = m.deltaY < 0 ? 0.7 : 1 / 0.7;\n"
	"  from = Math.max(0, t - (t - from) * f); to = Math.min(end, t + (to - t) * f);"
	" draw(); };\n"
	"let grip = null;\n"
	"canvas.onmousedown = m => { grip = time(m); };\n"
	"window.onmouseup = () => { grip = null; };\n"
	"canvas.onmousemove = m => {\n"
	"  const t = time(m);\n"
	"  if (grip !== null) { const d = Math.max(-from, Math.min(grip - t, end - to));"
	" from += d; to += d; draw(); return; }\n"
	"  const lane = lanes[Math.floor(m.offsetY / high)];\n"
	"  const e = drawn.find(e => e.ph === 'X' && e.tid === lane && e.ts <= t &&"
	" t < e.ts + e.dur);\n"
	"  told.textContent = e ? `${e.ts.toFixed(1)} us, ${e.dur.toFixed(1)} us: ${e.name}:"
	" ${e.args.detail}` : '';\n"
	"};\n"
	"window.onresize = draw; draw();\n"
	"</script>\n";

/* ---- sums ---- */

static void add_cost(struct cost *cost, uint64_t ticks)
{
	unsigned int bucket = 0;

	while (bucket < BUCKETS - 1 && ticks >> bucket)
		bucket++;
	cost->count++;
	cost->ticks += ticks;
	cost->buckets[bucket]++;
	if (ticks > cost->most)
		cost->most = ticks;
}

static void summarize(const struct counts_level *level, const struct events *events,
		      struct summary *sums)
{
	/* The last exit or entry of each hart. */
	const struct event **last = calloc(level->header.harts, sizeof(const struct event *));

	if (!last)
		abort();
	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->list[i], *before = last[event->hart];

		if (event->e.type == STATS_EVENT_EXIT && event->e.code == STATS_EXIT_L1_CSR)
			sums->csrs[event->e.b >> 20 & (CSRS - 1)]++;
		if (event->e.type != STATS_EVENT_EXIT && event->e.type != STATS_EVENT_ENTER)
			continue;
		last[event->hart] = event;
		if (!before || before->e.type == event->e.type)
			continue;
		if (before->e.type == STATS_EVENT_EXIT)
			add_cost(&sums->exits[before->e.code], event->time - before->time);
		else
			sums->guest[before->e.code] += event->time - before->time;
	}
	free(last);
}

/* ---- the page ---- */

static double micros(const struct counts_level *level, uint64_t ticks)
{
	return (double)ticks * 1e6 / (double)level->header.timebase;
}

static void print_spark(FILE *out, const struct cost *cost)
{
	uint64_t most = 1;

	for (unsigned int i = 0; i < BUCKETS; i++)
		most = cost->buckets[i] > most ? cost->buckets[i] : most;
	fputs("<span class=\"spark\">", out);
	for (unsigned int i = 0; i < BUCKETS; i++)
		fprintf(out, "<i style=\"height:%llupx\" title=\"%llu\"></i>",
			(unsigned long long)(cost->buckets[i] ? 1 + 22 * cost->buckets[i] / most
							      : 0),
			(unsigned long long)cost->buckets[i]);
	fputs("</span>", out);
}

static void print_costs(FILE *out, const struct counts_level *level, const struct summary *sums)
{
	uint64_t all = 1;

	for (unsigned int i = 0; i < STATS_EXITS; i++)
		all += sums->exits[i].ticks;
	fprintf(out,
		"<h2>What exits cost</h2>\n<p>Time in Halite from the exit to the next entry. The "
		"histogram has a column for costs below %.1f us, %.1f us, %.1f us, and so on.</p>\n"
		"<table id=\"costs\">\n<tr><th>exit</th><th>count</th><th>us in all</th>"
		"<th>mean</th><th>most</th><th>share</th><th>histogram</th><th></th></tr>\n",
		micros(level, 1), micros(level, 2), micros(level, 4));
	for (unsigned int i = 0; i < STATS_EXITS; i++) {
		const struct cost *cost = &sums->exits[i];

		if (!cost->count)
			continue;
		fprintf(out,
			"<tr><td>%s</td><td>%llu</td><td>%.1f</td><td>%.2f</td><td>%.1f</td>"
			"<td><span class=\"bar\" style=\"width:%llupx\"></span></td><td>",
			counts_exits[i].name, (unsigned long long)cost->count,
			micros(level, cost->ticks),
			micros(level, cost->ticks) / (double)cost->count, micros(level, cost->most),
			(unsigned long long)(150 * cost->ticks / all));
		print_spark(out, cost);
		fprintf(out, "</td><td style=\"text-align:left\">%s</td></tr>\n",
			counts_exits[i].meaning);
	}
	fputs("</table>\n", out);
}

static void print_csrs(FILE *out, struct summary *sums)
{
	uint64_t most = 0;

	fputs("<h2>CSRs that L1 accesses most</h2>\n<table id=\"csrs\">\n"
	      "<tr><th>CSR</th><th>traps</th><th></th></tr>\n",
	      out);
	for (unsigned int n = 0; n < TOP_CSRS; n++) {
		unsigned int best = 0;

		for (unsigned int i = 1; i < CSRS; i++)
			best = sums->csrs[i] > sums->csrs[best] ? i : best;
		if (!sums->csrs[best])
			break;
		most = most ? most : sums->csrs[best];
		fprintf(out,
			"<tr><td>%s</td><td>%llu</td><td style=\"text-align:left\"><span "
			"class=\"bar\" style=\"width:%llupx\"></span></td></tr>\n",
			event_csr_name(best), (unsigned long long)sums->csrs[best],
			(unsigned long long)(300 * sums->csrs[best] / most));
		sums->csrs[best] = 0;
	}
	fputs(most ? "</table>\n" : "</table>\n<p>None: no CSR instruction trapped.</p>\n", out);
}

void trace_report(FILE *out, const struct counts_level *level, const struct events *events)
{
	uint64_t span =
		events->count ? events->list[events->count - 1].time - events->list[0].time : 0;
	struct summary *sums = calloc(1, sizeof(*sums));
	json_t *json = trace_json(level, events);

	if (!sums)
		abort();
	summarize(level, events, sums);
	fputs(page_head, out);
	fprintf(out,
		"<h1>halite trace</h1>\n<p>Halite of level %u, %u hart%s: %zu events in %.1f us; "
		"%llu older ones were overwritten. L1 ran %.1f us, L2 %.1f us.</p>\n",
		level->header.level, level->header.harts, level->header.harts == 1 ? "" : "s",
		events->count, micros(level, span), (unsigned long long)events->lost,
		micros(level, sums->guest[1]), micros(level, sums->guest[2]));
	fputs("<h2>Time line</h2>\n<p><span class=\"key l1\"></span>L1<span class=\"key l2\">"
	      "</span>L2<span class=\"key hv\"></span>Halite. The wheel zooms, dragging moves; "
	      "small marks are syncs, faults and traps into L1.</p>\n"
	      "<canvas id=\"line\"></canvas>\n<p id=\"told\"></p>\n",
	      out);
	print_costs(out, level, sums);
	print_csrs(out, sums);
	fputs("<script type=\"application/json\" id=\"events\">", out);
	json_dumpf(json, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
	fputs("</script>\n", out);
	fputs(page_script, out);
	fputs("</body>\n</html>\n", out);
	json_decref(json);
	free(sums);
}
