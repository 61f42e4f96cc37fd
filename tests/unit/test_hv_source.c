/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual source at the registers of a PLIC and of an APLIC, as a guest sees it: on a machine
 * whose PLIC claims as PLIC 1.0 says, and whose APLIC remembers what was written.
 */
#include "hv_test.h"

#include "hv/aplic.h"
#include "hv/intc.h"
#include "hv/plic.h"
#include "riscv/attempt.h"

#define PLIC	UINT64_C(0xc000000)
#define APLIC	UINT64_C(0xd000000)
#define NDEV	95
#define SOURCE	42
#define CONTEXT 1 /* of the first hart; the second has 3 */

/* Registers of the PLIC, from offset 0 on, and of a context. */
#define PRIORITY(n)   (4 * (n))
#define PENDING	      (0x1000 + 4 * (SOURCE / 32))
#define ENABLE(c)     (0x2000 + 0x80 * (c) + 4 * (SOURCE / 32))
#define THRESHOLD(c)  (0x200000 + 0x1000 * (c))
#define CLAIM(c)      (THRESHOLD(c) + 4)
#define BIT_OF_SOURCE (1u << SOURCE % 32)

/* Registers of the APLIC. */
#define SOURCECFG   (4 * SOURCE)
#define SETIP	    (0x1c00 + 4 * (SOURCE / 32))
#define SETIPNUM    0x1cdc
#define CLRIP	    (0x1d00 + 4 * (SOURCE / 32))
#define CLRIPNUM    0x1ddc
#define SETIE	    (0x1e00 + 4 * (SOURCE / 32))
#define SETIENUM    0x1edc
#define CLRIE	    (0x1f00 + 4 * (SOURCE / 32))
#define CLRIENUM    0x1fdc
#define SETIPNUM_LE 0x2000
#define SETIPNUM_BE 0x2004
#define TARGET(n)   (0x3000 + 4 * (n))
#define TOPI	    0x4018
#define CLAIMI	    0x401c

static uint32_t plic_regs[0x204000 / 4];
static uint32_t aplic_regs[0x8000 / 4];
static struct host host;
static struct machine_hart harts[2];
static struct machine_plic plics[1];
static struct machine_aplic aplics[1];
static struct domain d = { .host = &host };
static struct vcpu first = { .domain = &d, .index = 0, .hart = &harts[0] };
static struct vcpu second = { .domain = &d, .index = 1, .hart = &harts[1] };
static struct world_config config;
static uint32_t genmsi[1];
/* All sources are the domain's. */
static struct source_set sources;
static bool wire, refuses;
static unsigned int asked; /* calls of intc_source_changed() */

static uint32_t claim_of_machine(unsigned int context)
{
	uint32_t best = 0, n;

	for (n = 1; n <= NDEV; n++) {
		if ((plic_regs[0x1000 / 4 + n / 32] >> n % 32 & 1) &&
		    (plic_regs[(0x2000 + 0x80 * context) / 4 + n / 32] >> n % 32 & 1) &&
		    plic_regs[n] > (best ? plic_regs[best] : 0))
			best = n;
	}
	plic_regs[0x1000 / 4 + best / 32] &= ~(best ? 1u << best % 32 : 0);
	return best;
}

bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	assert_int_equal(size, 4);
	if (refuses)
		return false;
	if (addr - APLIC < sizeof(aplic_regs)) {
		*value = aplic_regs[(addr - APLIC) / 4];
		return true;
	}
	assert_true(addr - PLIC < sizeof(plic_regs));
	if (addr - PLIC == CLAIM(1) || addr - PLIC == CLAIM(3))
		*value = claim_of_machine((addr - PLIC - 0x200000) / 0x1000);
	else
		*value = plic_regs[(addr - PLIC) / 4];
	return true;
}

/* Priorities have three bits, as in QEMU. The APLIC's registers for a number do their work. */
bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	assert_int_equal(size, 4);
	if (refuses)
		return false;
	if (addr == APLIC + SETIPNUM)
		aplic_regs[(0x1c00 + 4 * (value / 32)) / 4] |= 1u << value % 32;
	else if (addr == APLIC + CLRIPNUM)
		aplic_regs[(0x1c00 + 4 * (value / 32)) / 4] &= ~(1u << value % 32);
	else if (addr == APLIC + SETIENUM)
		aplic_regs[(0x1e00 + 4 * (value / 32)) / 4] |= 1u << value % 32;
	else if (addr == APLIC + CLRIENUM)
		aplic_regs[(0x1e00 + 4 * (value / 32)) / 4] &= ~(1u << value % 32);
	else if (addr - APLIC < sizeof(aplic_regs))
		aplic_regs[(addr - APLIC) / 4] = value;
	else if (addr - PLIC < 0x1000)
		plic_regs[(addr - PLIC) / 4] = value & 7;
	else
		plic_regs[(addr - PLIC) / 4] = value;
	return true;
}

void intc_changed(struct vcpu *v, struct vcpu *owner)
{
	(void)v;
	(void)owner;
}

void intc_source_changed(struct vcpu *v, struct domain *domain)
{
	assert_ptr_equal(v->domain, domain);
	asked++;
}

static void start(bool plic)
{
	memset(plic_regs, 0, sizeof(plic_regs));
	memset(aplic_regs, 0, sizeof(aplic_regs));
	harts[0] = (struct machine_hart){ .plic_context = 1, .aplic_index = 0 };
	harts[1] = (struct machine_hart){ .plic_context = 3, .aplic_index = 1 };
	plics[0] = (struct machine_plic){ .base = PLIC, .size = 0x600000, .ndev = NDEV };
	aplics[0] = (struct machine_aplic){ .base = APLIC, .size = 0x8000, .sources = 96 };
	host.machine = (struct machine){
		.harts = harts,
		.hart_count = 2,
		.plics = plics,
		.plic_count = plic,
		.aplics = aplics,
		.aplic_count = !plic,
	};
	d.vcpus[0] = &first;
	d.vcpus[1] = &second;
	d.vcpu_count = 2;
	d.source_count = 1;
	d.genmsi = genmsi;
	memset(&sources, 0xff, sizeof(sources));
	d.sources = &sources;
	first.h.cfg = second.h.cfg = &config.hext;
	wire = false;
	refuses = false;
	asked = 0;
	/* The machine's source is enabled in both contexts, by whoever ran before. */
	plic_regs[ENABLE(1) / 4] = plic_regs[ENABLE(3) / 4] = ~0u;
	d.aplics = NULL;
	source_init(&d.source[0], &host.machine, (struct machine_source){ plic, 0, SOURCE }, SOURCE,
		    &wire);
}

static int setup_plic(void **state)
{
	(void)state;
	start(true);
	assert_int_equal(plic_regs[ENABLE(1) / 4], ~BIT_OF_SOURCE);
	assert_int_equal(plic_regs[ENABLE(3) / 4], ~BIT_OF_SOURCE);
	plic_regs[ENABLE(1) / 4] = plic_regs[ENABLE(3) / 4] = 0;
	return 0;
}

static int setup_aplic(void **state)
{
	(void)state;
	start(false);
	return 0;
}

static int setup_msi(void **state)
{
	(void)state;
	start(false);
	aplics[0].msi = true;
	return 0;
}

static bool set_wire(bool up)
{
	wire = up;
	return source_look(&d.source[0]);
}

static uint32_t get(uint64_t offset)
{
	uint64_t value;

	assert_true(plic_load(&first, 0, offset, 4, &value));
	return value;
}

static void put(uint64_t offset, uint32_t value)
{
	assert_true(plic_store(&first, 0, offset, 4, value));
}

static bool asks(const struct vcpu *v)
{
	return source_asks(&d.source[0], v->index, v->hart);
}

/* ---- PLIC ---- */

static void plic_registers(void **state)
{
	(void)state;
	put(PRIORITY(SOURCE), ~0u);
	assert_int_equal(get(PRIORITY(SOURCE)), 7);
	assert_int_equal(plic_regs[SOURCE], 0);
	put(PRIORITY(SOURCE + 1), 3);
	assert_int_equal(get(PRIORITY(SOURCE + 1)), 3);
	assert_int_equal(get(PRIORITY(SOURCE)), 7);
	/* The bits of the other sources are the machine's; this one's never gets there. */
	put(ENABLE(1), ~0u);
	assert_int_equal(get(ENABLE(1)), ~0u);
	assert_int_equal(plic_regs[ENABLE(1) / 4], ~BIT_OF_SOURCE);
	assert_int_equal(get(ENABLE(3)), 0);
	put(ENABLE(3), BIT_OF_SOURCE);
	put(ENABLE(1), 5);
	assert_int_equal(get(ENABLE(1)), 5);
	assert_int_equal(get(ENABLE(3)), BIT_OF_SOURCE);
	put(ENABLE(1) + 4, ~0u);
	put(ENABLE(1) - 4, 0);
	assert_int_equal(get(ENABLE(1)), 5);
	/* The machine's source may be pending, and the virtual one not. */
	plic_regs[PENDING / 4] = ~0u;
	assert_int_equal(get(PENDING), ~BIT_OF_SOURCE);
	plic_regs[PENDING / 4] = 0;
	set_wire(true);
	assert_int_equal(get(PENDING), BIT_OF_SOURCE);
	assert_int_equal(get(PENDING + 4), 0);
	put(PENDING, 0);
	assert_int_equal(get(PENDING), BIT_OF_SOURCE);
	assert_true(asked > 0);
}

/* PLIC 1.0 "Interrupt Gateways", "Interrupt Flow". */
static void plic_claims_and_completes(void **state)
{
	(void)state;
	put(PRIORITY(SOURCE), 1);
	put(ENABLE(1), BIT_OF_SOURCE);
	assert_false(asks(&first));
	assert_true(set_wire(true));
	assert_false(set_wire(true));
	assert_true(asks(&first));
	assert_false(asks(&second));
	assert_int_equal(get(CLAIM(3)), 0);
	assert_int_equal(get(CLAIM(1)), SOURCE);
	/* Claimed once, also while the wire is still up. */
	assert_false(asks(&first));
	assert_int_equal(get(CLAIM(1)), 0);
	assert_int_equal(get(PENDING), 0);
	assert_false(set_wire(false));
	assert_false(set_wire(true));
	assert_false(asks(&first));
	/* A context that does not enable the source completes nothing. */
	put(CLAIM(3), SOURCE);
	assert_false(asks(&first));
	put(CLAIM(1), SOURCE + 1);
	assert_false(asks(&first));
	put(CLAIM(1), SOURCE);
	assert_true(asks(&first));
	assert_int_equal(plic_regs[CLAIM(1) / 4], SOURCE + 1);
	assert_int_equal(get(CLAIM(1)), SOURCE);
	set_wire(false);
	put(CLAIM(1), SOURCE);
	assert_false(asks(&first));
	/* Nor is it completed twice. */
	set_wire(true);
	assert_int_equal(get(CLAIM(1)), SOURCE);
	put(CLAIM(1), SOURCE);
	assert_int_equal(get(CLAIM(1)), SOURCE);
}

/* A request that was passed on stays when the wire goes down. */
static void plic_gateway_keeps_the_request(void **state)
{
	(void)state;
	put(PRIORITY(SOURCE), 1);
	put(ENABLE(1), BIT_OF_SOURCE);
	set_wire(true);
	set_wire(false);
	assert_true(asks(&first));
	assert_int_equal(get(CLAIM(1)), SOURCE);
	put(CLAIM(1), SOURCE);
	assert_false(asks(&first));
}

static void plic_thresholds(void **state)
{
	unsigned int priority, threshold;

	(void)state;
	put(ENABLE(1), BIT_OF_SOURCE);
	for (priority = 0; priority <= 7; priority++) {
		for (threshold = 0; threshold <= 7; threshold++) {
			put(PRIORITY(SOURCE), priority);
			put(THRESHOLD(1), threshold);
			set_wire(true);
			assert_int_equal(asks(&first), priority > threshold);
			/* A claim does not look at the threshold; priority 0 never interrupts. */
			assert_int_equal(get(CLAIM(1)), priority ? SOURCE : 0);
			set_wire(false);
			put(CLAIM(1), SOURCE);
		}
	}
}

/* The order in which a claim finds the virtual source and two of the machine. */
static void plic_priorities(void **state)
{
	static const unsigned int others[] = { 1, 31, SOURCE - 1, SOURCE + 1, 64, NDEV };
	unsigned int i, mine, its;

	(void)state;
	for (i = 0; i < 6; i++) {
		const unsigned int n = others[i];

		for (mine = 1; mine <= 7; mine++) {
			for (its = 0; its <= 7; its++) {
				const bool before = its > mine || (its == mine && n < SOURCE);

				put(ENABLE(1), BIT_OF_SOURCE);
				put(0x2080 + 4 * (n / 32),
				    1u << n % 32 | (n / 32 == SOURCE / 32 ? BIT_OF_SOURCE : 0));
				put(PRIORITY(SOURCE), mine);
				put(PRIORITY(n), its);
				plic_regs[0x1000 / 4 + n / 32] = 1u << n % 32;
				set_wire(true);
				assert_int_equal(get(CLAIM(1)), before ? n : SOURCE);
				assert_int_equal(get(CLAIM(1)), before ? SOURCE : its ? n : 0);
				set_wire(false);
				put(CLAIM(1), SOURCE);
				plic_regs[0x1000 / 4 + n / 32] = 0;
				/* A source that the context does not enable is not in the way. */
				put(0x2080 + 4 * (n / 32),
				    n / 32 == SOURCE / 32 ? BIT_OF_SOURCE : 0);
				plic_regs[0x1000 / 4 + n / 32] = 1u << n % 32;
				set_wire(true);
				assert_int_equal(get(CLAIM(1)), SOURCE);
				set_wire(false);
				put(CLAIM(1), SOURCE);
				plic_regs[0x1000 / 4 + n / 32] = 0;
			}
		}
	}
}

static void plic_reset(void **state)
{
	(void)state;
	put(PRIORITY(SOURCE), 1);
	put(ENABLE(1), BIT_OF_SOURCE);
	put(ENABLE(3), BIT_OF_SOURCE);
	set_wire(true);
	assert_int_equal(get(CLAIM(1)), SOURCE);
	put(CLAIM(1), SOURCE);
	assert_int_equal(get(CLAIM(1)), SOURCE);
	wire = false;
	source_reset(&d.source[0]);
	assert_int_equal(get(PRIORITY(SOURCE)) | get(PENDING) | get(ENABLE(1)) | get(ENABLE(3)), 0);
	/* The next guest finds a source that is not in service. */
	put(PRIORITY(SOURCE), 1);
	put(ENABLE(3), BIT_OF_SOURCE);
	assert_false(asks(&second));
	set_wire(true);
	assert_true(asks(&second));
	source_reset(&d.source[0]);
	assert_int_equal(get(PENDING), 0);
}

/* Another PLIC, and a machine that refuses all accesses. */
static void plic_without_the_source(void **state)
{
	uint64_t value;

	(void)state;
	put(PRIORITY(SOURCE), 1);
	put(ENABLE(1), BIT_OF_SOURCE);
	set_wire(true);
	refuses = true;
	assert_false(plic_load(&first, 0, PENDING, 4, &value));
	assert_false(plic_store(&first, 0, ENABLE(1), 4, 0));
	assert_int_equal(get(PRIORITY(SOURCE)), 1);
	refuses = false;
	d.source[0].at.controller = 1;
	assert_int_equal(get(PENDING), 0);
	assert_false(asks(&first));
}

#define OTHER	     (SOURCE + 3) /* another virtual source, in the same words */
#define BIT_OF_OTHER (1u << OTHER % 32)

static bool other_wire;

static void add_other(bool plic, uint32_t number)
{
	other_wire = false;
	source_init(&d.source[1], &host.machine, (struct machine_source){ plic, 0, number }, number,
		    &other_wire);
	d.source_count = 2;
}

/* The higher priority is claimed first, then the lower number (PLIC 1.0 "Interrupt Priorities"). */
static void plic_two_sources(void **state)
{
	(void)state;
	add_other(true, OTHER);
	put(PRIORITY(SOURCE), 2);
	put(PRIORITY(OTHER), 2);
	put(ENABLE(1), BIT_OF_SOURCE | BIT_OF_OTHER | 1);
	assert_int_equal(get(PRIORITY(OTHER)), 2);
	assert_int_equal(plic_regs[OTHER], 0);
	assert_int_equal(get(ENABLE(1)), BIT_OF_SOURCE | BIT_OF_OTHER | 1);
	assert_int_equal(plic_regs[ENABLE(1) / 4], 1);
	other_wire = true;
	assert_true(source_look(&d.source[1]));
	assert_int_equal(get(PENDING), BIT_OF_OTHER);
	set_wire(true);
	assert_int_equal(get(PENDING), BIT_OF_SOURCE | BIT_OF_OTHER);
	assert_int_equal(get(CLAIM(1)), SOURCE);
	assert_int_equal(get(CLAIM(1)), OTHER);
	assert_int_equal(get(CLAIM(1)), 0);
	/* Each is completed by its own number. */
	put(CLAIM(1), OTHER);
	assert_int_equal(get(PENDING), BIT_OF_OTHER);
	put(CLAIM(1), SOURCE);
	put(PRIORITY(OTHER), 3);
	assert_int_equal(get(CLAIM(1)), OTHER);
	assert_int_equal(get(CLAIM(1)), SOURCE);
	/* A source of the machine between them. */
	put(CLAIM(1), SOURCE);
	put(CLAIM(1), OTHER);
	put(PRIORITY(OTHER), 1);
	plic_regs[1] = 2;
	plic_regs[0x1000 / 4] = plic_regs[0x2080 / 4] = 2;
	assert_int_equal(get(CLAIM(1)), 1);
	assert_int_equal(get(CLAIM(1)), SOURCE);
	assert_int_equal(get(CLAIM(1)), OTHER);
}

/* ---- APLIC ---- */

static uint32_t aget(uint64_t offset)
{
	uint64_t value;

	assert_true(aplic_load(&first, 0, offset, 4, &value));
	return value;
}

static void aput(uint64_t offset, uint32_t value)
{
	assert_true(aplic_store(&first, 0, offset, 4, value));
}

static bool is_pending(void)
{
	return aplic_regs[SETIP / 4] & BIT_OF_SOURCE;
}

static void aplic_modes(void **state)
{
	static const uint32_t legal[8] = { 0, 1, 1, 1, 4, 5, 6, 7 };
	unsigned int mode;

	(void)state;
	for (mode = 0; mode < 8; mode++) {
		aput(SOURCECFG, mode | 0x38);
		assert_int_equal(aget(SOURCECFG), legal[mode]);
		/* The machine's own wire never makes its source pending. */
		assert_int_equal(aplic_regs[SOURCECFG / 4], mode != 0);
	}
	/* Delegation, to a domain that does not exist, makes it inactive. */
	aput(SOURCECFG, 0x406);
	assert_int_equal(aget(SOURCECFG), 0);
	aput(SOURCECFG + 4, 6);
	assert_int_equal(aplic_regs[SOURCECFG / 4 + 1], 6);
	assert_int_equal(aget(SOURCECFG + 4), 6);
	refuses = true;
	assert_false(aplic_store(&first, 0, SOURCECFG, 4, 6));
	refuses = false;
	assert_int_equal(aget(SOURCECFG), 0);
}

/* AIA "Interrupt-pending bits", direct delivery: the bit of a level is the rectified input. */
static void aplic_levels(void **state)
{
	unsigned int low;

	(void)state;
	for (low = 0; low < 2; low++) {
		set_wire(low);
		aput(SOURCECFG, 6 + low);
		assert_false(is_pending());
		assert_int_equal(aget(CLRIP), 0);
		assert_true(set_wire(!low));
		assert_true(is_pending());
		assert_int_equal(aget(CLRIP), BIT_OF_SOURCE);
		aput(CLRIPNUM, SOURCE);
		assert_true(is_pending());
		aput(CLRIP, ~0u);
		assert_int_equal(aplic_regs[CLRIP / 4], ~BIT_OF_SOURCE);
		aplic_regs[CLRIP / 4] = 0;
		/* A claim takes the bit of the machine's source away, which is not of a level. */
		aplic_regs[SETIP / 4] = 0;
		aplic_regs[CLAIMI / 4] = (SOURCE + 1) << 16 | 1;
		aget(CLAIMI);
		assert_false(is_pending());
		aplic_regs[CLAIMI / 4] = SOURCE << 16 | 1;
		assert_int_equal(aget(CLAIMI), SOURCE << 16 | 1);
		assert_true(is_pending());
		assert_true(set_wire(low));
		assert_false(is_pending());
		aget(CLAIMI);
		aput(SETIPNUM, SOURCE);
		aput(SETIPNUM_LE, SOURCE);
		aput(SETIPNUM_BE, (uint32_t)SOURCE << 24);
		assert_false(is_pending());
		assert_int_equal(aplic_regs[SETIPNUM_LE / 4] | aplic_regs[SETIPNUM_BE / 4], 0);
		aput(SETIP, ~0u);
		assert_int_equal(aplic_regs[SETIP / 4], ~BIT_OF_SOURCE);
		aplic_regs[SETIP / 4] = 0;
		/* Numbers of other sources go to the machine. */
		aput(SETIPNUM_BE, (uint32_t)(SOURCE + 1) << 24);
		assert_int_equal(aplic_regs[SETIPNUM_BE / 4], (uint32_t)(SOURCE + 1) << 24);
		aplic_regs[SETIPNUM_BE / 4] = 0;
	}
}

static void aplic_reset(void **state)
{
	(void)state;
	aput(SOURCECFG, 6);
	set_wire(true);
	wire = false;
	source_reset(&d.source[0]);
	assert_int_equal(aget(SOURCECFG), 0);
	assert_int_equal(aplic_regs[SOURCECFG / 4], 0);
	assert_int_equal(aget(CLRIP), 0);
}

static void aplic_edges(void **state)
{
	unsigned int falling;

	(void)state;
	for (falling = 0; falling < 2; falling++) {
		aput(SOURCECFG, 0);
		aplic_regs[SETIP / 4] = 0;
		set_wire(falling);
		aput(SOURCECFG, 4 + falling);
		assert_false(is_pending());
		set_wire(!falling);
		assert_true(is_pending());
		set_wire(falling);
		assert_true(is_pending());
		aput(CLRIPNUM, SOURCE);
		assert_false(is_pending());
		aput(SETIPNUM, SOURCE);
		assert_true(is_pending());
	}
	/* An inactive or detached source has no input. */
	aput(SOURCECFG, 1);
	aplic_regs[SETIP / 4] = 0;
	set_wire(false);
	set_wire(true);
	assert_int_equal(aget(CLRIP), 0);
	assert_false(is_pending());
	aput(SETIPNUM, SOURCE);
	assert_true(is_pending());
}

/* MSI delivery: an MSI takes the bit away, and writes set and clear it while the input is high. */
static void aplic_msi_levels(void **state)
{
	(void)state;
	aput(SOURCECFG, 6);
	aput(SETIPNUM_LE, SOURCE);
	assert_int_equal(aplic_regs[SETIPNUM_LE / 4], 0);
	assert_false(is_pending());
	assert_false(set_wire(true));
	assert_true(is_pending());
	aplic_regs[SETIP / 4] = 0;
	/* Linux retriggers a level this way. */
	aput(SETIPNUM_LE, SOURCE);
	assert_true(is_pending());
	aput(CLRIP, BIT_OF_SOURCE);
	assert_false(is_pending());
	aput(SETIPNUM_BE, (uint32_t)SOURCE << 24);
	assert_true(is_pending());
	aput(CLRIPNUM, SOURCE);
	assert_false(is_pending());
	aput(SETIPNUM, SOURCE);
	set_wire(false);
	assert_false(is_pending());
	/* A mode in which the input is high. */
	aput(SOURCECFG, 7);
	assert_true(is_pending());
}

/* Enable bits by both ways. An inactive source is disabled, and cannot be enabled. */
static void aplic_enables(void **state)
{
	(void)state;
	aput(SETIENUM, SOURCE);
	assert_int_equal(aget(SETIE), 0);
	aput(SOURCECFG, 6);
	aput(SETIENUM, SOURCE);
	assert_int_equal(aget(SETIE), BIT_OF_SOURCE);
	assert_int_equal(aplic_regs[SETIE / 4], BIT_OF_SOURCE);
	aput(CLRIENUM, SOURCE);
	assert_int_equal(aget(SETIE) | aplic_regs[SETIE / 4], 0);
	aput(SETIE, BIT_OF_SOURCE | 1);
	assert_int_equal(aget(SETIE), BIT_OF_SOURCE | 1);
	aput(CLRIE, BIT_OF_SOURCE | 2);
	assert_int_equal(aplic_regs[CLRIE / 4], 2);
	assert_int_equal(aget(SETIE), 1);
	aput(SETIENUM, SOURCE);
	aput(SOURCECFG, 0);
	aplic_regs[SETIE / 4] = 0;
	aput(SOURCECFG, 6);
	assert_int_equal(aget(SETIE), 0);
	refuses = true;
	assert_false(aplic_store(&first, 0, SETIENUM, 4, SOURCE));
	assert_false(aplic_store(&first, 0, SETIE, 4, BIT_OF_SOURCE));
	refuses = false;
	assert_int_equal(aget(SETIE), 0);
}

/*
 * One of several domains: source BEHIND of the machine, which the guest does not see, is behind the
 * source. The domain's IE is clear at first.
 */
#define BEHIND 70

static struct domain_aplic views[1];

static void start_behind(bool msi)
{
	start(false);
	aplics[0].msi = msi;
	sources = (struct source_set){ .word[SOURCE / 32] = BIT_OF_SOURCE };
	memset(views, 0, sizeof(views));
	d.aplics = views;
	source_init(&d.source[0], &host.machine, (struct machine_source){ false, 0, SOURCE },
		    BEHIND, &wire);
	source_set_ie(&d.source[0], false);
}

static bool bit_behind(uint64_t array)
{
	return aplic_regs[(array + 4 * (BEHIND / 32)) / 4] >> BEHIND % 32 & 1;
}

static void aplic_source_behind(void **state)
{
	uint32_t kept;

	(void)state;
	start_behind(false);
	aput(SOURCECFG, 6);
	assert_int_equal(aget(SOURCECFG), 6);
	assert_int_equal(aplic_regs[BEHIND], 1);
	assert_int_equal(aplic_regs[SOURCE], 0);
	aput(TARGET(SOURCE), 1 << 18 | 5);
	assert_int_equal(aget(TARGET(SOURCE)), 1 << 18 | 5);
	assert_int_equal(aplic_regs[TARGET(BEHIND) / 4], 1 << 18 | 5);
	assert_int_equal(aplic_regs[TARGET(SOURCE) / 4], 0);
	/* IE: the enable bit is there before the machine has it. */
	aput(SETIENUM, SOURCE);
	assert_int_equal(aget(SETIE), BIT_OF_SOURCE);
	assert_false(bit_behind(0x1e00));
	aput(0, 0x100);
	assert_true(bit_behind(0x1e00));
	assert_int_equal(aplic_regs[SETIE / 4], 0);
	aput(CLRIE, BIT_OF_SOURCE);
	assert_false(bit_behind(0x1e00));
	aput(SETIE, BIT_OF_SOURCE);
	assert_true(bit_behind(0x1e00));
	aput(0, 0);
	assert_false(bit_behind(0x1e00));
	assert_int_equal(aget(SETIE), BIT_OF_SOURCE);
	aput(0, 0x100);
	set_wire(true);
	assert_true(bit_behind(0x1c00));
	assert_int_equal(aget(SETIP), BIT_OF_SOURCE);
	assert_int_equal(aget(CLRIP), BIT_OF_SOURCE);
	/* topi and claimi name the guest's source. */
	aplic_regs[TOPI / 4] = aplic_regs[CLAIMI / 4] = BEHIND << 16 | 5;
	assert_int_equal(aget(TOPI), SOURCE << 16 | 5);
	aplic_regs[(0x1c00 + 4 * (BEHIND / 32)) / 4] = 0;
	assert_int_equal(aget(CLAIMI), SOURCE << 16 | 5);
	assert_true(bit_behind(0x1c00));
	/* Writes of the pending bit, in a mode that takes them. */
	aput(SOURCECFG, 1);
	aput(CLRIPNUM, SOURCE);
	assert_false(bit_behind(0x1c00));
	aput(SETIPNUM, SOURCE);
	assert_true(bit_behind(0x1c00));
	assert_int_equal(aplic_regs[SETIP / 4], 0);
	aput(SOURCECFG, 6);
	/* The source behind is not the guest's by its own number. */
	kept = aplic_regs[BEHIND];
	aput(4 * BEHIND, 6);
	aput(TARGET(BEHIND), 7);
	aput(CLRIENUM, BEHIND);
	aput(CLRIE + 4, ~0u);
	assert_int_equal(aget(4 * BEHIND) | aget(TARGET(BEHIND)) | aget(SETIE + 4), 0);
	assert_int_equal(aplic_regs[BEHIND], kept);
	assert_int_equal(aplic_regs[TARGET(BEHIND) / 4], 1 << 18 | 5);
	assert_true(bit_behind(0x1e00));
	/* At the end of the guest, the machine's source is inactive. */
	aplic_silence(&d);
	source_reset(&d.source[0]);
	assert_int_equal(aplic_regs[BEHIND], 0);
	aput(SOURCECFG, 6);
	aput(SETIENUM, SOURCE);
	aplic_regs[(0x1e00 + 4 * (BEHIND / 32)) / 4] = 0;
	aput(SETIENUM, SOURCE);
	assert_false(bit_behind(0x1e00));
}

#define SAME 80 /* a virtual source with the number of the machine's */

static bool bit_of_same(void)
{
	return aplic_regs[(0x1e00 + 4 * (SAME / 32)) / 4] >> SAME % 32 & 1;
}

static void aplic_two_sources(void **state)
{
	(void)state;
	start_behind(false);
	sources.word[SAME / 32] |= 1u << SAME % 32;
	add_other(false, SAME);
	source_set_ie(&d.source[1], false);
	aput(0, 0x100);
	aput(SOURCECFG, 6);
	aput(4 * SAME, 5);
	assert_int_equal(aget(SOURCECFG), 6);
	assert_int_equal(aget(4 * SAME), 5);
	assert_int_equal(aplic_regs[SAME], 1);
	aput(4 * SAME, 6);
	aput(TARGET(SAME), 1 << 18 | 3);
	assert_int_equal(aplic_regs[TARGET(SAME) / 4], 1 << 18 | 3);
	aput(SETIENUM, SAME);
	aput(SETIENUM, SOURCE);
	assert_true(bit_of_same());
	/* What is disabled while IE is clear stays so. */
	aput(0, 0);
	assert_false(bit_of_same());
	assert_int_equal(aget(0x1e00 + 4 * (SAME / 32)), 1u << SAME % 32);
	aput(CLRIENUM, SAME);
	aput(0, 0x100);
	assert_false(bit_of_same());
	assert_true(bit_behind(0x1e00));
	other_wire = true;
	assert_true(source_look(&d.source[1]));
	assert_int_equal(aget(0x1c00 + 4 * (SAME / 32)), 1u << SAME % 32);
	assert_int_equal(aget(SETIP), 0);
	aplic_regs[TOPI / 4] = SAME << 16 | 5;
	assert_int_equal(aget(TOPI), SAME << 16 | 5);
	aplic_regs[TOPI / 4] = BEHIND << 16 | 5;
	assert_int_equal(aget(TOPI), SOURCE << 16 | 5);
	aput(0, 0x100);
	aplic_silence(&d);
	assert_int_equal(aplic_regs[SAME], 0);
	assert_false(d.source[0].ie || d.source[1].ie);
}

/* A source that becomes active has a target of the domain, whatever the machine has there. */
static void aplic_first_target(void **state)
{
	(void)state;
	start_behind(false);
	d.vcpu_count = 1;
	d.vcpus[0] = &second;
	aplic_regs[TARGET(BEHIND) / 4] = 3; /* hart 0, of another domain */
	assert_true(aplic_store(&second, 0, SOURCECFG, 4, 6));
	assert_int_equal(aplic_regs[TARGET(BEHIND) / 4], 1 << 18 | 1);
	/* One that is the domain's stays. */
	aplic_regs[TARGET(BEHIND) / 4] = 1 << 18 | 9;
	assert_true(aplic_store(&second, 0, SOURCECFG, 4, 4));
	assert_int_equal(aplic_regs[TARGET(BEHIND) / 4], 1 << 18 | 9);
	/* Without a wire to a hart of the domain, the source stays inactive. */
	aplic_regs[TARGET(BEHIND) / 4] = 3;
	harts[1].aplic_index = -1;
	assert_true(aplic_store(&second, 0, SOURCECFG, 4, 6));
	assert_int_equal(aplic_regs[BEHIND], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(plic_registers, setup_plic),
		cmocka_unit_test_setup(plic_claims_and_completes, setup_plic),
		cmocka_unit_test_setup(plic_gateway_keeps_the_request, setup_plic),
		cmocka_unit_test_setup(plic_thresholds, setup_plic),
		cmocka_unit_test_setup(plic_priorities, setup_plic),
		cmocka_unit_test_setup(plic_reset, setup_plic),
		cmocka_unit_test_setup(plic_without_the_source, setup_plic),
		cmocka_unit_test_setup(plic_two_sources, setup_plic),
		cmocka_unit_test_setup(aplic_modes, setup_aplic),
		cmocka_unit_test_setup(aplic_levels, setup_aplic),
		cmocka_unit_test_setup(aplic_edges, setup_aplic),
		cmocka_unit_test_setup(aplic_reset, setup_aplic),
		cmocka_unit_test_setup(aplic_msi_levels, setup_msi),
		cmocka_unit_test_setup(aplic_enables, setup_aplic),
		cmocka_unit_test(aplic_source_behind),
		cmocka_unit_test(aplic_two_sources),
		cmocka_unit_test(aplic_first_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
