/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of the H and VS CSRs that belong to extensions. If the ISA string does not name the
 * extension, they are zero and read-only (priv H, "henvcfg", "hstatus", "vsstatus"; Smstateen).
 */
#include "aia.h"
#include "csr_list.h"
#include "csr_rows.h"

struct field {
	const char *name;
	uint16_t csr;
	uint64_t bits;
	const char *told; /* extensions with / between them; one of them suffices */
};

static const struct field fields[] = {
	{ "henvcfg.LPE", CSR_HENVCFG, BIT64(2), "zicfilp" },
	{ "henvcfg.SSE", CSR_HENVCFG, BIT64(3), "zicfiss" },
	{ "henvcfg.CBIE", CSR_HENVCFG, HENVCFG_CBIE, "zicbom" },
	{ "henvcfg.CBCFE", CSR_HENVCFG, HENVCFG_CBCFE, "zicbom" },
	{ "henvcfg.CBZE", CSR_HENVCFG, HENVCFG_CBZE, "zicboz" },
	{ "henvcfg.PMM", CSR_HENVCFG, UINT64_C(3) << 32, "ssnpm" },
	{ "henvcfg.DTE", CSR_HENVCFG, BIT64(59), "ssdbltrp" },
	{ "henvcfg.ADUE", CSR_HENVCFG, HENVCFG_ADUE, "svadu" },
	{ "henvcfg.PBMTE", CSR_HENVCFG, BIT64(62), "svpbmt" },
	{ "henvcfg.STCE", CSR_HENVCFG, HENVCFG_STCE, "sstc" },
	{ "hstatus.HUPMM", CSR_HSTATUS, UINT64_C(3) << 48, "ssnpm" },
	{ "vsstatus.SPELP", CSR_VSSTATUS, BIT64(23), "zicfilp" },
	{ "vsstatus.SDT", CSR_VSSTATUS, BIT64(24), "ssdbltrp" },
	{ "hstateen0.FCSR", CSR_HSTATEEN0, BIT64(1), "zfinx" },
	{ "hstateen0.JVT", CSR_HSTATEEN0, BIT64(2), "zcmt" },
	{ "hstateen0.CTR", CSR_HSTATEEN0, BIT64(54), "ssctr" },
	{ "hstateen0.CONTEXT", CSR_HSTATEEN0, BIT64(57), "sdtrig" },
	{ "hstateen0.IMSIC", CSR_HSTATEEN0, STATEEN_IMSIC, "ssaia" },
	{ "hstateen0.AIA", CSR_HSTATEEN0, STATEEN_AIA, "ssaia" },
	{ "hstateen0.CSRIND", CSR_HSTATEEN0, STATEEN_CSRIND, "ssaia/sscsrind" },
};

static uint64_t written(unsigned int csr, uint64_t value)
{
	uint64_t old = h_read(csr), seen;

	h_write(csr, value);
	seen = h_read(csr);
	h_write(csr, old);
	h_settle();
	return seen;
}

static void check_field(const struct field *f)
{
	uint64_t seen = written(f->csr, ALL) & f->bits;

	/* Firmware may have disabled a field that the machine has. */
	check(!seen || has_one_of(f->told), "told %s = %s", f->name,
	      !seen || has_one_of(f->told) ? "as the ISA string says"
					   : "can be set, but the ISA string lacks it");
}

/*
 * The bits that Halite's table gives to an extension. A bit that another extension has, too, may be
 * set if the ISA string names that one.
 */
static void check_extension(const struct extension_row *e, unsigned int csr, const char *csr_name,
			    uint64_t bits, uint64_t told_bits)
{
	bool wrong = !has_extension(e->name) && (written(csr, ALL) & bits & ~told_bits);

	check(!wrong, "told bits of %s in %s = %s", e->name, csr_name,
	      wrong ? "can be set, but the ISA string lacks it" : "as the ISA string says");
}

static void check_extensions(void)
{
	uint64_t told_envcfg = 0, told_stateen0 = 0;
	unsigned int i;

	for (i = 0; i < extension_row_count; i++) {
		if (has_extension(extension_rows[i].name)) {
			told_envcfg |= extension_rows[i].envcfg;
			told_stateen0 |= extension_rows[i].stateen0;
		}
	}
	for (i = 0; i < extension_row_count; i++) {
		const struct extension_row *e = &extension_rows[i];

		if (e->envcfg)
			check_extension(e, CSR_HENVCFG, "henvcfg", e->envcfg, told_envcfg);
		if (e->stateen0 && aia.stateen)
			check_extension(e, CSR_HSTATEEN0, "hstateen0", e->stateen0, told_stateen0);
	}
}

/* A field of two bits: priv H, "Legal values of PMM". */
static void check_reserved_mask_length(const char *name, unsigned int csr, unsigned int shift)
{
	unsigned int before;

	for (before = 0; before < 4; before++) {
		uint64_t old = h_read(csr), seen;

		h_write(csr, (uint64_t)before << shift);
		h_settle();
		h_write(csr, UINT64_C(1) << shift);
		seen = h_read(csr) >> shift & 3;
		h_write(csr, old);
		h_settle();
		check(seen != 1, "told %s, reserved value over %u = %s", name, before,
		      seen == 1 ? "taken" : "not taken");
	}
}

void check_told(void)
{
	unsigned int i;

	area_begin("told: fields of extensions that the ISA string does not name");
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].csr != CSR_HSTATEEN0 || aia.stateen)
			check_field(&fields[i]);
	}
	check_extensions();
	check_reserved_mask_length("henvcfg.PMM", CSR_HENVCFG, 32);
	check_reserved_mask_length("hstatus.HUPMM", CSR_HSTATUS, 48);
	calm();
}
