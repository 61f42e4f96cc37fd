/* SPDX-License-Identifier: BSD-2-Clause */
/* The wires from interrupt controllers to harts. */
#include <libfdt.h>

#include "hext/bits.h"
#include "hv/devtree.h"
#include "hv/machine.h"

struct machine_wires machine_wires(const void *fdt, int node)
{
	struct machine_wires w = { 0 };
	int len;

	w.wires = fdt_getprop(fdt, node, "interrupts-extended", &len);
	w.count = w.wires ? len / 8 : 0;
	return w;
}

/*
 * Most controllers have the harts' wires in the order of the harts. So the search begins behind the
 * hart that was found last.
 */
static bool find_phandle(const struct machine *m, uint32_t phandle, unsigned int *hart)
{
	unsigned int at = *hart;
	unsigned int left;

	for (left = m->hart_count; left; left--) {
		at = at + 1 < m->hart_count ? at + 1 : 0;
		if (m->harts[at].intc_phandle == phandle) {
			*hart = at;
			return true;
		}
	}
	return false;
}

struct machine_hart *machine_next_wire(struct machine *m, struct machine_wires *w)
{
	while (w->next < w->count) {
		uint32_t phandle = devtree_number(w->wires + 8 * w->next, 1);

		w->index = w->next++;
		if (phandle && devtree_number(w->wires + 8 * w->index + 4, 1) == IRQ_SEI &&
		    find_phandle(m, phandle, &w->hart))
			return &m->harts[w->hart];
	}
	return NULL;
}
