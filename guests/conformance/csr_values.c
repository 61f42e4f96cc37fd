/* SPDX-License-Identifier: BSD-2-Clause */
/* Every H and VS CSR: the value at the start, and the values that it holds after writes (WARL). */
#include <stdio.h>

#include "aia.h"
#include "csr_list.h"

static const struct h_csr csrs[] = { H_CSRS };

static uint64_t wrong; /* constant bits with a wrong value */

static bool lawful(const struct h_csr *c, uint64_t written, uint64_t read)
{
	return (read & c->hold) == (written & c->hold);
}

static void write_and_read(const struct h_csr *c, const char *what, uint64_t value)
{
	uint64_t seen;

	h_write(c->number, 0);
	h_settle();
	h_write(c->number, value);
	seen = h_read(c->number);
	wrong |= (seen & c->fixed) ^ c->one;
	check(lawful(c, value, seen), "csr %s %s = 0x%lx", c->name, what,
	      (unsigned long)(seen & ~c->fixed & ~c->skip));
}

/* With AIA, GEILEN is not 0. Then aia_csr.c checks hgeie without printing GEILEN. */
static struct h_csr shown(const struct h_csr *csr)
{
	struct h_csr c = *csr;

	if (c.number == CSR_HGEIE && aia.present)
		c.skip = ~c.fixed;
	return c;
}

static void check_csr(const struct h_csr *csr)
{
	const struct h_csr copy = shown(csr), *c = &copy;
	uint64_t old = h_read(c->number);
	char what[16];
	unsigned int bit;

	wrong = 0;
	write_and_read(c, "all-ones", ~UINT64_C(0));
	write_and_read(c, "zeros", 0);
	write_and_read(c, "0x5555", UINT64_C(0x5555555555555555));
	write_and_read(c, "0xaaaa", UINT64_C(0xaaaaaaaaaaaaaaaa));
	for (bit = 0; bit < 64; bit++) {
		snprintf(what, sizeof(what), "bit %u", bit);
		if (!((c->fixed | c->skip) & BIT64(bit)))
			write_and_read(c, what, BIT64(bit));
	}
	check(!wrong, "csr %s fixed bits that change = 0x%lx", c->name, (unsigned long)wrong);
	h_write(c->number, old);
}

static bool exists(const struct h_csr *c)
{
	return c->number != CSR_VSTIMECMP || has_sstc;
}

/* The value that firmware has left: only the bits that the specification defines are checked. */
static void check_start(const struct h_csr *c)
{
	uint64_t seen = h_read(c->number);

	check((seen & c->fixed) == c->one, "csr %s at start = 0x%lx", c->name,
	      (unsigned long)(seen & ~c->skip));
}

/* Whether MODE is a defined mode. */
static bool is_mode(uint64_t atp)
{
	return atp >> 60 == 0 || (atp >> 60 >= 8 && atp >> 60 <= 10);
}

/*
 * priv H, "hgatp": a write with an unsupported MODE is not ignored as for satp; each field is WARL
 * by itself. So VMID and PPN take the new value with any MODE, in the bits that they have, except
 * PPN[1:0].
 */
static bool takes_fields(uint64_t value, uint64_t seen)
{
	const uint64_t vmid = UINT64_C(0x3fff) << 44, ppn = (BIT64(44) - 1) & ~UINT64_C(3);
	uint64_t bits;

	h_write(CSR_HGATP, vmid);
	bits = (h_read(CSR_HGATP) & vmid) | ppn;
	return (seen & bits) == (value & bits);
}

/* All 16 values of MODE in vsatp and hgatp, written over Bare and over another mode. */
static void check_modes(const char *name, unsigned int csr)
{
	static const uint64_t before[] = { 0, UINT64_C(8) << 60 | 0x80400 };
	unsigned int mode, i;

	for (i = 0; i < ARRAY_SIZE(before); i++) {
		for (mode = 0; mode < 16; mode++) {
			uint64_t value = (uint64_t)mode << 60 | UINT64_C(5) << 44 | 0x80507;
			uint64_t seen;

			h_write(csr, before[i]);
			h_settle();
			h_write(csr, value);
			seen = h_read(csr);
			check(is_mode(seen) && (csr != CSR_HGATP || takes_fields(value, seen)),
			      "csr %s mode %u over 0x%lx = 0x%lx", name, mode,
			      (unsigned long)before[i], (unsigned long)(seen & ~UINT64_C(3)));
			/* The root of a G-stage is 16 KiB. */
			if (csr == CSR_HGATP && seen >> 60)
				check(!(seen & 3),
				      "csr hgatp mode %u over 0x%lx, low bits of PPN = %lu", mode,
				      (unsigned long)before[i], (unsigned long)(seen & 3));
		}
	}
	h_write(csr, 0);
}

/* vsstatus.SD summarizes FS, VS and XS. */
static void check_dirty(void)
{
	unsigned int fs, vs;

	for (fs = 0; fs < 4; fs++) {
		for (vs = 0; vs < 4; vs++) {
			uint64_t seen;

			h_write(CSR_VSSTATUS, (uint64_t)fs << 13 | vs << 9);
			seen = h_read(CSR_VSSTATUS);
			/* VS can be read-only zero. */
			check((seen >> 63) == (fs == 3 || (seen >> 9 & 3) == 3),
			      "csr vsstatus with FS %u, VS %u = FS %lu, VS %lu, SD %lu", fs, vs,
			      (unsigned long)(seen >> 13 & 3), (unsigned long)(seen >> 9 & 3),
			      (unsigned long)(seen >> 63));
		}
	}
	h_write(CSR_VSSTATUS, BIT64(63));
	check(!(h_read(CSR_VSSTATUS) >> 63), "csr vsstatus with only SD written = SD %lu",
	      (unsigned long)(h_read(CSR_VSSTATUS) >> 63));
}

void check_csr_values(void)
{
	unsigned int i;

	guest_print(
		"# area csr values: what the H and VS CSRs hold, and make of what is written\n");
	for (i = 0; i < ARRAY_SIZE(csrs); i++) {
		if (exists(&csrs[i]))
			check_start(&csrs[i]);
	}
	calm();
	for (i = 0; i < ARRAY_SIZE(csrs); i++) {
		if (!csrs[i].read_only && exists(&csrs[i]))
			check_csr(&csrs[i]);
	}
	calm();
	check_dirty();
	check_modes("vsatp", CSR_VSATP);
	check_modes("hgatp", CSR_HGATP);
}
