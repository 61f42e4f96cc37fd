/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UARTs of several domains. The tree may give the UART of the machine's console to one of them.
 * Otherwise each domain has a virtual UART in its place, at the same address and with the same
 * interrupt (terminal.h).
 */
#ifndef HV_DOMAIN_CONSOLE_H
#define HV_DOMAIN_CONSOLE_H

#include "hv/domain_config.h"
#include "hv/host.h"

/*
 * Decide whether the domains of @h have virtual UARTs. If so, fill in @h->uart and add the source
 * of the UART to all @count domains @c, which domain_config_parse() has filled in. If not although
 * the machine has a UART, or although console=virtual asks for it, say why.
 */
void domain_console_find(struct host *h, const void *fdt, struct domain_config *c,
			 unsigned int count);

/*
 * If they do, give all domains of @h, which are those of @c, a virtual UART. aplic_share() has been
 * called. Fatal if an APLIC has too few sources that no domain has.
 */
void domain_console_make(struct host *h, const struct domain_config *c);

#endif
