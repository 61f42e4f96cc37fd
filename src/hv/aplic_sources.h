/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual sources (source.h) in the registers of an APLIC. */
#ifndef HV_APLIC_SOURCES_H
#define HV_APLIC_SOURCES_H

#include "hv/aplic_regs.h"
#include "hv/vcpu.h"

/* The virtual source of which @offset has sourcecfg or the target, or NULL. */
struct source *aplic_source_at(const struct vcpu *v, unsigned int aplic, enum aplic_reg reg,
			       uint64_t offset);

/*
 * Where the machine has the register at @offset, of which aplic_source_at() has found @s: the
 * target of a virtual source is elsewhere.
 */
uint64_t aplic_machine_offset(const struct source *s, enum aplic_reg reg, uint64_t offset);

/*
 * The machine has answered a load with *@value. Replace what is virtual sources'; @s is what
 * aplic_source_at() has found.
 */
void aplic_merge(struct vcpu *v, unsigned int aplic, const struct source *s, enum aplic_reg reg,
		 uint64_t offset, uint64_t *value);

/*
 * A store of *@value to a register of bits or to one of numbers. Do what concerns the virtual
 * source, and take it out of *@value. Returns whether there is nothing left to do. Sets *@done to
 * false if the machine refuses the access.
 */
bool aplic_take_bits(struct source *s, enum aplic_reg reg, uint64_t offset, uint32_t *value,
		     bool *done);

#endif
