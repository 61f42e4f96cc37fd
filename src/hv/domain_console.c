/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/console.h"
#include "hv/domain.h"
#include "hv/domain_console.h"
#include "hv/domain_sources.h"
#include "hv/terminal.h"
#include "lib/page.h"

/* ---- whether ---- */

static bool has_page(const struct domain_config *c, const struct machine_uart *uart)
{
	return range_list_overlap(
		&c->devices, range_align_out((struct range){ uart->base, uart->size }, PAGE_SIZE));
}

static unsigned int controller_of(const struct machine_uart *uart)
{
	return uart->source.controller;
}

/* Why there are no virtual UARTs, or NULL. */
static const char *why_not(const struct machine_uart *uart, const struct domain_config *c,
			   unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (source_set_has(&c[i].sources[controller_of(uart)], uart->source.number))
			return "a device of a domain has the same interrupt";
	}
	return NULL;
}

static const struct domain_config *find_owner(const struct machine_uart *uart,
					      const struct domain_config *c, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (has_page(&c[i], uart))
			return &c[i];
	}
	return NULL;
}

void domain_console_find(struct host *h, const void *fdt, struct domain_config *c,
			 unsigned int count)
{
	struct machine_uart uart;
	const char *why = machine_find_console(&h->machine, fdt, &uart);
	const struct domain_config *owner = why ? NULL : find_owner(&uart, c, count);
	unsigned int i;

	if (owner && h->options.virtual_console)
		hv_warn("console=%s does not count: domain %s has the UART",
			h->options.frames ? "frames" : "virtual", owner->name);
	if (owner)
		return;
	why = why ? why : why_not(&uart, c, count);
	if (why) {
		hv_warn("no virtual UARTs for the domains: %s", why);
		return;
	}
	h->uart = uart;
	for (i = 0; i < count; i++)
		c[i].sources[controller_of(&uart)].word[uart.source.number / 32] |=
			UINT32_C(1) << uart.source.number % 32;
	hv_print("halite: virtual UARTs at 0x%lx, interrupt %u\n", (unsigned long)uart.base,
		 (unsigned int)uart.source.number);
}

/* ---- all ---- */

void domain_console_make(struct host *h, const struct domain_config *c)
{
	const struct machine_source *s = &h->uart.source;
	uint32_t behind = s->number;
	unsigned int i;

	if (!h->uart.base)
		return;
	if (!s->plic)
		behind = h->machine.aplics[s->controller].sources + 1;
	for (i = 0; i < h->domain_count; i++) {
		if (!s->plic)
			behind = domain_sources_free(h, c, s->controller, behind);
		if (!behind)
			hv_fatal("domain %s: no source of the APLIC is left for its virtual UART",
				 c[i].name);
		terminal_add(h->domains[i], behind);
	}
}
