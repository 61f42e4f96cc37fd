/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hext/bits.h"
#include "hv/console.h"
#include "hv/iommu.h"
#include "hv/iommu_regs.h"
#include "lib/assert.h"
#include "lib/page.h"
#include "lib/spinlock.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/insn.h"

#define LEVELS_MAX  3
#define ENTRY_BITS  9 /* of a device id, in a table that has no contexts */
#define ENTRIES	    (1u << ENTRY_BITS)
#define ROOT_PAGES  4 /* of a table of second stage */
#define COMMANDS    (PAGE_SIZE / 16)
#define FAULTS	    (PAGE_SIZE / (8 * FAULT_WORDS))
#define FAULTS_LOG2 7
/* Private tables with contexts. Work on all contexts of an owner stays bounded by this. */
#define LEAVES_MAX 32
/* A register is read this often before Halite gives up. An IOMMU needs microseconds. */
#define READS_MAX 100000
/*
 * In a period: lines for each owner, and faults that make no line before an IOMMU's interrupt is
 * turned off.
 */
#define LINES_MAX  16
#define UNTOLD_MAX 4096
#define PERIOD	   UINT64_C(100000000) /* ticks of the time CSR: 10 s at QEMU's 10 MHz */
/* Lines of one look: those of an owner that has many leave room for others'. */
#define LINES_AT_ONCE (2 * LINES_MAX)

struct iommu {
	struct spinlock lock;
	bool used;
	bool off; /* it has not answered; no DMA passes */
	uint64_t base;
	unsigned int bits;  /* of a device id, in a page with contexts */
	unsigned int words; /* of a context */
	unsigned int levels;
	uint64_t mode; /* of the table of nobody, which is empty */
	uint64_t *root;
	uint64_t *middle;		  /* of a root's entry without ids of an owner */
	uint64_t *leaves[LEAVES_MAX];	  /* the pages with contexts; the first: of nobody */
	uint64_t *own_leaf[IOMMU_OWNERS]; /* with contexts of that owner only */
	unsigned int leaf_count;
	uint64_t *commands;
	uint32_t tail;
	const uint64_t *faults;
	uint32_t head;
	unsigned int untold;
	uint64_t untold_since; /* when the period began */
	struct page_pool *pool;
};

static struct iommu iommus[IOMMUS_MAX];

/* The empty second stage, and what is known of each owner. */
static uint64_t empty;
static struct owner {
	const char *name;
	/* Lines that were told of its devices in a period. Atomic: IOMMUs have a lock each. */
	uint32_t lines;
	uint64_t since; /* when the period began. Atomic. */
} owners[IOMMU_OWNERS];

/* A fault, to be told when no lock is held. */
struct told {
	uint64_t head, iova;
	unsigned int owner;
	bool last;
};

#define each_iommu(i)                                        \
	for ((i) = iommus; (i) < iommus + IOMMUS_MAX; (i)++) \
		if ((i)->used)

/* ---- registers ---- */

/* A register that the machine refuses reads as all ones: it is busy, for example. */
static uint64_t get(const struct iommu *i, unsigned int reg, unsigned int size)
{
	uint64_t value;

	return riscv_try_load(i->base + reg, size, &value) ? value : ~UINT64_C(0);
}

static void set(const struct iommu *i, unsigned int reg, unsigned int size, uint64_t value)
{
	/* Stores to memory come before stores to devices. */
	insn_fence_io();
	riscv_try_store(i->base + reg, size, value);
}

/* Wait until register @reg has the value @value in the bits @mask. False: it does not get it. */
static bool wait_for(const struct iommu *i, unsigned int reg, unsigned int size, uint64_t mask,
		     uint64_t value)
{
	unsigned int reads;

	for (reads = 0; reads < READS_MAX; reads++) {
		if ((get(i, reg, size) & mask) == value) {
			insn_fence_io();
			return true;
		}
	}
	return false;
}

static uint64_t ppn(const void *page)
{
	return (uintptr_t)page >> PAGE_SHIFT;
}

/* Set the mode of the directory. False: the IOMMU does not take it, or does not answer. */
static bool set_mode(const struct iommu *i, uint64_t mode, uint64_t root_ppn)
{
	if (!wait_for(i, IOMMU_DDTP, 8, DDTP_BUSY, 0))
		return false;
	set(i, IOMMU_DDTP, 8, root_ppn << DDTP_PPN_SHIFT | mode);
	return wait_for(i, IOMMU_DDTP, 8, DDTP_BUSY | DDTP_MODE, mode);
}

/* Off, with the root that is in use, as the specification wants it. */
static bool turn_off(const struct iommu *i)
{
	return set_mode(i, DDTP_OFF, get(i, IOMMU_DDTP, 8) >> DDTP_PPN_SHIFT & MASK64(43, 0));
}

static bool stop_queue(const struct iommu *i, unsigned int csr)
{
	if (!wait_for(i, csr, 4, QUEUE_BUSY, 0))
		return false;
	set(i, csr, 4, 0);
	return wait_for(i, csr, 4, QUEUE_BUSY | QUEUE_ON, 0);
}

static bool start_queue(const struct iommu *i, unsigned int base, unsigned int csr,
			const void *page, unsigned int log2, uint64_t bits)
{
	const uint64_t value = ppn(page) << DDTP_PPN_SHIFT | (log2 - 1);

	set(i, base, 8, value);
	if (get(i, base, 8) != value)
		return false;
	set(i, csr, 4, QUEUE_ENABLE | bits);
	return wait_for(i, csr, 4, QUEUE_BUSY | QUEUE_ON | QUEUE_ENABLE, QUEUE_ON | QUEUE_ENABLE);
}

/* ---- commands ---- */

static void command(struct iommu *i, uint64_t word)
{
	i->commands[2 * i->tail] = word;
	i->commands[2 * i->tail + 1] = 0;
	i->tail = (i->tail + 1) % COMMANDS;
}

/* Let the IOMMU carry out the commands, and wait for that and for DMA that has passed. */
static bool finish(struct iommu *i)
{
	command(i, COMMAND_FENCE);
	set(i, IOMMU_CQT, 4, i->tail);
	return wait_for(i, IOMMU_CQH, 4, UINT32_MAX, i->tail);
}

/* Forget all that is cached of the directory and of the tables of @owner. */
static bool forget(struct iommu *i, unsigned int owner)
{
	command(i, COMMAND_INVAL_DDT);
	command(i, COMMAND_GVMA | COMMAND_GV | (uint64_t)owner << COMMAND_GSCID);
	return finish(i);
}

/* The IOMMU does not carry out commands. It may use old tables, so it is turned off. */
static void fail_closed(struct iommu *i)
{
	i->off = true;
	turn_off(i);
}

/* ---- the directory ---- */

static uint64_t pointer_to(const void *page)
{
	return ppn(page) << DDTE_PPN_SHIFT | DDTE_V;
}

static uint64_t *page_of(uint64_t entry)
{
	return (uint64_t *)(uintptr_t)(entry >> DDTE_PPN_SHIFT << PAGE_SHIFT);
}

static uint64_t second_stage(unsigned int owner, uint64_t atp)
{
	return atp | (uint64_t)owner << IOHGATP_GSCID_SHIFT;
}

static unsigned int owner_of(const uint64_t *context)
{
	return (context[DC_IOHGATP] & IOHGATP_GSCID) >> IOHGATP_GSCID_SHIFT;
}

/* Give the context, which the IOMMU may be reading, to @owner: one store changes the table. */
static void set_table(uint64_t *context, unsigned int owner, uint64_t atp)
{
	__atomic_store_n(&context[DC_IOHGATP], second_stage(owner, atp), __ATOMIC_RELAXED);
}

/* A new page that is like @page. NULL: no memory is left. */
static uint64_t *copy_of(struct iommu *i, const uint64_t *page)
{
	uint64_t *copy = pages_alloc(i->pool, 1, PAGE_SIZE);

	if (copy)
		memcpy(copy, page, PAGE_SIZE);
	return copy;
}

static uint64_t *new_leaf(struct iommu *i, const uint64_t *like)
{
	uint64_t *leaf = i->leaf_count < LEAVES_MAX ? copy_of(i, like) : NULL;

	if (leaf)
		i->leaves[i->leaf_count++] = leaf;
	return leaf;
}

/* A directory in which all ids are nobody's. False: no memory is left. */
static bool make_directory(struct iommu *i)
{
	uint64_t *leaf = pages_alloc(i->pool, 1, PAGE_SIZE);
	unsigned int k;

	i->middle = pages_alloc(i->pool, 1, PAGE_SIZE);
	i->root = pages_alloc(i->pool, 1, PAGE_SIZE);
	if (!leaf || !i->middle || !i->root)
		return false;
	i->leaves[i->leaf_count++] = leaf;
	for (k = 0; k < 1u << i->bits; k++) {
		leaf[k * i->words + DC_TC] = TC_V;
		leaf[k * i->words + DC_IOHGATP] =
			second_stage(IOMMU_NOBODY, i->mode << IOHGATP_MODE_SHIFT | empty);
	}
	for (k = 0; k < ENTRIES; k++) {
		i->middle[k] = pointer_to(leaf);
		i->root[k] = pointer_to(i->middle);
	}
	return true;
}

/* The page that a directory of @levels begins with. */
static uint64_t *top(const struct iommu *i, unsigned int levels)
{
	return levels == 3 ? i->root : levels == 2 ? i->middle : i->leaves[0];
}

/*
 * The entry for the contexts of @id, in a table that has entries of its own. NULL: no memory is
 * left. With one level, there is none: then the result is NULL, too.
 */
static uint64_t *entry_of(struct iommu *i, uint32_t id)
{
	uint64_t *table = i->middle;

	if (i->levels == 3) {
		uint64_t *above = &i->root[id >> i->bits >> ENTRY_BITS];

		if (*above == pointer_to(i->middle)) {
			table = copy_of(i, i->middle);
			if (!table)
				return NULL;
			*above = pointer_to(table);
		}
		table = page_of(*above);
	}
	return i->levels == 1 ? NULL : &table[id >> i->bits & (ENTRIES - 1)];
}

/* The context of @id, for a fault. NULL: the directory has no such id. */
static uint64_t *context_of(const struct iommu *i, uint32_t id)
{
	uint64_t *leaf = i->leaves[0];
	uint64_t *table = i->middle;

	if (id >> i->bits >> ((i->levels - 1) * ENTRY_BITS))
		return NULL;
	if (i->levels == 3)
		table = page_of(i->root[id >> i->bits >> ENTRY_BITS]);
	if (i->levels > 1)
		leaf = page_of(table[id >> i->bits & (ENTRIES - 1)]);
	return &leaf[(id & ((1u << i->bits) - 1)) * i->words];
}

/* The page with contexts of @owner only. NULL: no memory is left. */
static uint64_t *leaf_of(struct iommu *i, unsigned int owner, uint64_t atp)
{
	uint64_t *leaf = i->own_leaf[owner];
	unsigned int k;

	if (leaf)
		return leaf;
	leaf = new_leaf(i, i->leaves[0]);
	for (k = 0; leaf && k < 1u << i->bits; k++)
		set_table(&leaf[k * i->words], owner, atp);
	i->own_leaf[owner] = leaf;
	return leaf;
}

/* Give one id. False: no memory is left, or the id is another's. */
static bool give_one(struct iommu *i, uint32_t id, unsigned int owner, uint64_t atp)
{
	uint64_t *entry = entry_of(i, id);
	uint64_t *context, *leaf;

	if (i->levels > 1) {
		if (!entry)
			return false;
		if (page_of(*entry) == i->leaves[0]) {
			leaf = new_leaf(i, i->leaves[0]);
			if (!leaf)
				return false;
			*entry = pointer_to(leaf);
		}
	}
	context = context_of(i, id);
	if (owner_of(context) != IOMMU_NOBODY && owner_of(context) != owner)
		return false;
	set_table(context, owner, atp);
	return true;
}

/* Give all ids whose contexts are in one page. False: no memory is left, or one is another's. */
static bool give_page(struct iommu *i, uint32_t id, unsigned int owner, uint64_t atp)
{
	uint64_t *entry = entry_of(i, id);
	uint64_t *leaf = leaf_of(i, owner, atp);

	if (!entry || !leaf)
		return false;
	if (page_of(*entry) != i->leaves[0] && page_of(*entry) != leaf)
		return false;
	*entry = pointer_to(leaf);
	return true;
}

const char *iommu_give(unsigned int number, uint32_t first, uint32_t count, unsigned int owner,
		       const char *name, uint64_t atp)
{
	struct iommu *i = &iommus[number];
	const uint32_t page = 1u << i->bits;
	const uint64_t end = (uint64_t)first + count;
	uint64_t id;

	assert(number < IOMMUS_MAX && i->used);
	assert(owner != IOMMU_NOBODY && owner < IOMMU_OWNERS);
	owners[owner].name = name;
	if (end > (uint64_t)page << ((i->levels - 1) * ENTRY_BITS))
		return "the IOMMU has no device ids of so many bits";
	for (id = first; id < end;) {
		bool whole = i->levels > 1 && id % page == 0 && end - id >= page;

		if (!(whole ? give_page : give_one)(i, id, owner, atp))
			return "a device id is another domain's, or the directory is full";
		id += whole ? page : 1;
	}
	return forget(i, owner) ? NULL : "the IOMMU takes no commands";
}

/* Call for each context: the pages of leaves[] have all contexts. */
#define each_context(i, context, leaf, k)                                         \
	for ((leaf) = 0; (leaf) < (i)->leaf_count; (leaf)++)                      \
		for ((k) = 0, (context) = (i)->leaves[leaf]; (k) < 1u << i->bits; \
		     (k)++, (context) += i->words)

const char *iommu_give_all(unsigned int owner, const char *name, uint64_t atp)
{
	unsigned int leaf, k;
	uint64_t *context;
	struct iommu *i;

	owners[owner].name = name;
	each_iommu(i)
	{
		each_context(i, context, leaf, k) set_table(context, owner, atp);
		if (!forget(i, owner))
			return "the IOMMU takes no commands";
	}
	return NULL;
}

/* The contexts of @owner get the table @atp, unless it is 0, and @tc: do they report faults? */
static void change_owner(struct iommu *i, unsigned int owner, uint64_t atp, uint64_t tc)
{
	unsigned int leaf, k;
	uint64_t *context;

	each_context(i, context, leaf, k)
	{
		if (owner_of(context) != owner)
			continue;
		__atomic_store_n(&context[DC_TC], tc, __ATOMIC_RELAXED);
		if (atp)
			set_table(context, owner, atp);
	}
	if (!i->off && !forget(i, owner))
		fail_closed(i);
}

static bool has_lines(const struct owner *owner)
{
	return __atomic_load_n(&owner->lines, __ATOMIC_RELAXED) < LINES_MAX;
}

/* TC for the contexts of @owner: an owner without lines is silent until a period begins anew. */
static uint64_t tc_of(unsigned int owner)
{
	return has_lines(&owners[owner]) ? TC_V : TC_V | TC_DTF;
}

/* Begin a period for @owner, if the last one is over. */
static void renew(struct owner *owner)
{
	uint64_t now = csr_read(CSR_TIME);

	if (now - __atomic_load_n(&owner->since, __ATOMIC_RELAXED) < PERIOD)
		return;
	__atomic_store_n(&owner->since, now, __ATOMIC_RELAXED);
	__atomic_store_n(&owner->lines, 0, __ATOMIC_RELAXED);
}

void iommu_block(unsigned int owner)
{
	struct iommu *i;

	each_iommu(i)
	{
		bool was_off;

		spin_lock(&i->lock);
		was_off = i->off;
		change_owner(i, owner, i->mode << IOHGATP_MODE_SHIFT | empty, tc_of(owner));
		spin_unlock(&i->lock);
		if (i->off && !was_off)
			hv_warn("IOMMU at 0x%lx does not answer: it is off, and passes no DMA",
				(unsigned long)i->base);
	}
}

void iommu_unblock(unsigned int owner, uint64_t atp)
{
	struct iommu *i;

	renew(&owners[owner]);
	each_iommu(i)
	{
		spin_lock(&i->lock);
		change_owner(i, owner, atp, tc_of(owner));
		spin_unlock(&i->lock);
	}
}

/* ---- bringing one up ---- */

/* The IOMMU at rest: Off, no queue, little-endian, RV64, MSIs if it can. */
static const char *rest(const struct iommu *i, uint64_t capabilities)
{
	const bool wires = (capabilities >> CAP_IGS_SHIFT & 3) == CAP_IGS_WSI;
	uint64_t fctl;

	if (!turn_off(i))
		return "it does not turn off";
	if (!stop_queue(i, IOMMU_CQCSR) || !stop_queue(i, IOMMU_FQCSR) ||
	    ((capabilities & CAP_ATS) && !stop_queue(i, IOMMU_PQCSR)))
		return "a queue does not stop";
	fctl = get(i, IOMMU_FCTL, 4) & ~(FCTL_BE | FCTL_WSI | FCTL_GXL) & UINT32_MAX;
	set(i, IOMMU_FCTL, 4, fctl | (wires ? FCTL_WSI : 0));
	if (get(i, IOMMU_FCTL, 4) & (FCTL_BE | FCTL_GXL))
		return "it is big-endian or for RV32";
	return NULL;
}

static const char *start_queues(struct iommu *i)
{
	i->commands = pages_alloc(i->pool, 1, PAGE_SIZE);
	i->faults = pages_alloc(i->pool, 1, PAGE_SIZE);
	if (!i->commands || !i->faults)
		return "no memory is left for its queues";
	set(i, IOMMU_MSI_CTL, 4, MSI_CTL_MASKED);
	set(i, IOMMU_ICVEC, 8, 0);
	set(i, IOMMU_CQT, 4, 0);
	set(i, IOMMU_FQH, 4, 0);
	if (!start_queue(i, IOMMU_CQB, IOMMU_CQCSR, i->commands, FAULTS_LOG2 + 1, 0) ||
	    !start_queue(i, IOMMU_FQB, IOMMU_FQCSR, i->faults, FAULTS_LOG2, QUEUE_INTERRUPT))
		return "a queue does not start";
	return NULL;
}

/* Use the most levels that the IOMMU takes: only then all device ids have contexts. */
static const char *start_directory(struct iommu *i)
{
	if (!empty) {
		const void *root = pages_alloc(i->pool, ROOT_PAGES, ROOT_PAGES * PAGE_SIZE);

		if (!root)
			return "no memory is left for its tables";
		empty = ppn(root);
	}
	if (!make_directory(i))
		return "no memory is left for its tables";
	for (i->levels = LEVELS_MAX; i->levels; i->levels--) {
		if (set_mode(i, DDTP_LEVELS(i->levels), ppn(top(i, i->levels))))
			break;
		if (!turn_off(i))
			return "it does not turn off";
	}
	if (!i->levels)
		return "it takes no device directory";
	command(i, COMMAND_INVAL_DDT);
	command(i, COMMAND_GVMA);
	command(i, COMMAND_VMA);
	return finish(i) ? NULL : "it takes no commands";
}

static const char *start(struct iommu *i, uint64_t capabilities, uint64_t end)
{
	const unsigned int pas = (capabilities & CAP_PAS) >> CAP_PAS_SHIFT;
	uint64_t modes = capabilities >> CAP_SV39X4 & 7;
	const char *why;

	if (!modes)
		return "it has no second stage";
	if (pas < 56 && end > BIT64(pas))
		return "it does not reach all of memory";
	i->bits = capabilities & CAP_MSI_FLAT ? 6 : 7;
	i->words = capabilities & CAP_MSI_FLAT ? DC_WORDS_EXTENDED : DC_WORDS;
	for (i->mode = ATP_MODE_39; !(modes & 1); modes >>= 1)
		i->mode++;
	why = rest(i, capabilities);
	if (!why)
		why = start_queues(i);
	return why ? why : start_directory(i);
}

const char *iommu_start(unsigned int number, uint64_t base, uint64_t end, struct page_pool *pool,
			uint16_t *modes)
{
	struct iommu *i = &iommus[number];
	uint64_t capabilities;
	const char *why;

	*i = (struct iommu){ .base = base, .pool = pool };
	capabilities = get(i, IOMMU_CAPABILITIES, 8);
	*modes = (capabilities >> CAP_SV39X4 & 7) << ATP_MODE_39;
	/* Another version may have other registers, so none is written. */
	if ((capabilities & CAP_VERSION) >> 4 != CAP_MAJOR)
		return "its version is not 1";
	why = start(i, capabilities, end);
	if (!why)
		i->used = true;
	else if (turn_off(i) && stop_queue(i, IOMMU_CQCSR) && stop_queue(i, IOMMU_FQCSR))
		set_mode(i, DDTP_BARE, 0);
	return why;
}

/* ---- faults ---- */

bool iommu_is_used(void)
{
	const struct iommu *i;

	each_iommu(i) return true;
	return false;
}

void iommu_send_to(uint64_t file)
{
	struct iommu *i;

	each_iommu(i)
	{
		spin_lock(&i->lock);
		set(i, IOMMU_MSI_CTL, 4, MSI_CTL_MASKED);
		set(i, IOMMU_MSI_ADDR, 8, file);
		set(i, IOMMU_MSI_DATA, 4, 1);
		if (file)
			set(i, IOMMU_MSI_CTL, 4, 0);
		spin_unlock(&i->lock);
	}
}

/* Who has the device of a fault. A fault that comes from no device is nobody's. */
static unsigned int owner_of_fault(const struct iommu *i, uint64_t head)
{
	const uint64_t *context = head & FAULT_TTYP ? context_of(i, head >> FAULT_DID_SHIFT) : NULL;
	unsigned int owner = context ? owner_of(context) : IOMMU_NOBODY;

	return owner < IOMMU_OWNERS ? owner : IOMMU_NOBODY;
}

/* A fault makes no line. Too many of them, most likely in spite of DTF, stop the interrupt. */
static void count_untold(struct iommu *i)
{
	uint64_t now = csr_read(CSR_TIME);

	if (now - i->untold_since >= PERIOD) {
		i->untold_since = now;
		i->untold = 0;
	}
	if (++i->untold == UNTOLD_MAX)
		set(i, IOMMU_FQCSR, 4, QUEUE_ENABLE);
}

/*
 * Take a fault. Whether it is to be told. The last one of an owner that is told stops the reports
 * of the owner's devices.
 */
static bool take_fault(struct iommu *i, const uint64_t *record, struct told *told)
{
	struct owner *owner;

	told->head = record[FAULT_HEAD];
	told->iova = record[FAULT_IOVA];
	told->owner = owner_of_fault(i, told->head);
	owner = &owners[told->owner];
	if (!has_lines(owner)) {
		count_untold(i);
		return false;
	}
	told->last = __atomic_add_fetch(&owner->lines, 1, __ATOMIC_RELAXED) >= LINES_MAX;
	return true;
}

/*
 * What the device has tried. The cause says it of most faults; TTYP would, too, but QEMU 10 has the
 * value of a write there for all.
 */
static const char *kind_of(unsigned int cause)
{
	switch (cause) {
	case CAUSE_LOAD_ACCESS:
	case CAUSE_LOAD_GUEST_PAGE:
		return "read";
	case CAUSE_STORE_ACCESS:
	case CAUSE_STORE_GUEST_PAGE:
		return "write";
	default:
		return "request";
	}
}

static void tell(const struct told *t)
{
	const unsigned int cause = t->head & FAULT_CAUSE;
	const char *name = owners[t->owner].name;
	const bool nobody = t->owner == IOMMU_NOBODY;

	hv_print("halite: IOMMU: device 0x%x of %s%s: %s at 0x%lx refused (cause %u)%s\n",
		 (unsigned int)(t->head >> FAULT_DID_SHIFT),
		 nobody	 ? "nobody"
		 : *name ? "domain "
			 : "the guest",
		 nobody ? "" : name, kind_of(cause), (unsigned long)t->iova, cause,
		 t->last ? "; further ones are not told" : "");
}

/*
 * Take the records that are there. Returns how many are to be told, at most LINES_AT_ONCE. FIP is
 * cleared before the tail is read: a record that comes later sets FIP again, and the IOMMU sends
 * another interrupt.
 */
static unsigned int take_faults(struct iommu *i, struct told *told)
{
	unsigned int count = 0, left = FAULTS;
	uint64_t errors;
	uint32_t tail;

	errors = get(i, IOMMU_FQCSR, 4) & QUEUE_ERRORS;
	if (errors)
		set(i, IOMMU_FQCSR, 4,
		    QUEUE_ENABLE | (i->untold < UNTOLD_MAX ? QUEUE_INTERRUPT : 0) | errors);
	set(i, IOMMU_IPSR, 4, IPSR_FIP);
	insn_fence_io();
	tail = get(i, IOMMU_FQT, 4);
	insn_fence_io();
	while (i->head != tail && tail < FAULTS && left--) {
		if (count < LINES_AT_ONCE &&
		    take_fault(i, &i->faults[i->head * FAULT_WORDS], &told[count])) {
			if (told[count].last)
				change_owner(i, told[count].owner, 0, TC_V | TC_DTF);
			count++;
		}
		i->head = (i->head + 1) % FAULTS;
	}
	set(i, IOMMU_FQH, 4, i->head);
	return count;
}

void iommu_look(void)
{
	struct told told[LINES_AT_ONCE];
	unsigned int count, k;
	struct iommu *i;

	each_iommu(i)
	{
		if (!(get(i, IOMMU_IPSR, 4) & IPSR_FIP))
			continue;
		spin_lock(&i->lock);
		count = take_faults(i, told);
		spin_unlock(&i->lock);
		for (k = 0; k < count; k++)
			tell(&told[k]);
	}
}
