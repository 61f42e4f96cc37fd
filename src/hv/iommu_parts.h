/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of iommu.h share. iommu_access.c has the registers and the commands,
 * iommu_directory.c the contexts, iommu_faults.c the faults, and iommu.c starts and stops.
 */
#ifndef HV_IOMMU_PARTS_H
#define HV_IOMMU_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/iommu.h"
#include "hv/iommu_regs.h"
#include "lib/page.h"
#include "lib/spinlock.h"

/* Private tables with contexts. Work on all contexts of an owner stays bounded by this. */
#define LEAVES_MAX 32

/* Of a page of contexts: it is that of several ranges of ids. */
#define LEAF_SHARED UINT32_MAX

/* Records of the queue, which is a page. */
#define FAULTS	    (PAGE_SIZE / (8 * FAULT_WORDS))
#define FAULTS_LOG2 7

/*
 * Who sees the faults of an owner's devices at an IOMMU: fault() is called with the IOMMU's lock.
 * NULL: Halite's console only. At most FORWARDED_MAX until a reset.
 */
struct iommu_listener {
	void (*fault)(void *listener, const uint64_t *record);
	void *listener;
	unsigned int forwarded;
};

struct iommu {
	struct spinlock lock;
	bool used;
	bool off; /* it has not answered; no DMA passes */
	uint64_t base;
	unsigned int bits;  /* of a device id, in a page with contexts */
	unsigned int words; /* of a context */
	unsigned int levels;
	uint64_t nobody; /* the table of nobody, which is empty, as a value of iohgatp */
	uint64_t *root;
	uint64_t *middle;		  /* of a root's entry without ids of an owner */
	uint64_t *leaves[LEAVES_MAX];	  /* the pages with contexts; the first: of nobody */
	uint32_t leaf_first[LEAVES_MAX];  /* the first id of each, or LEAF_SHARED */
	uint64_t *own_leaf[IOMMU_OWNERS]; /* with contexts of that owner only */
	unsigned int leaf_count;
	uint64_t *commands;
	uint32_t tail;
	const uint64_t *faults;
	uint32_t head;
	unsigned int untold;
	uint64_t untold_since; /* when the period began */
	struct page_pool *pool;
	struct iommu_listener listeners[IOMMU_OWNERS];
};

extern struct iommu iommus[IOMMUS_MAX];

struct iommu_owner {
	const char *name;
	/* Lines that were told of its devices in a period. Atomic: IOMMUs have a lock each. */
	uint32_t lines;
	uint64_t since; /* when the period began. Atomic. */
};

extern struct iommu_owner iommu_owners[IOMMU_OWNERS];

#define each_iommu(i)                                        \
	for ((i) = iommus; (i) < iommus + IOMMUS_MAX; (i)++) \
		if ((i)->used)

/* ---- iommu_access.c ---- */

/*
 * Read register @reg of @size bytes. A register that the machine refuses reads as all ones:
 * it is busy, for example.
 */
uint64_t iommu_get(const struct iommu *i, unsigned int reg, unsigned int size);

/* Write register @reg of @size bytes, after all stores to memory that came before. */
void iommu_set(const struct iommu *i, unsigned int reg, unsigned int size, uint64_t value);

uint64_t iommu_ppn(const void *page);

/*
 * Set the mode of the directory: DDTP_OFF, DDTP_BARE or DDTP_LEVELS, with the page @root_ppn. The
 * second one turns the IOMMU off, with the root that is in use. False: it does not, or does not
 * answer.
 */
bool iommu_set_mode(const struct iommu *i, uint64_t mode, uint64_t root_ppn);
bool iommu_turn_off(const struct iommu *i);

/*
 * Start the queue with the register of control @csr and the register @base on @page with 2^@log2
 * entries, or stop it. @bits are more bits of @csr. False: it does not start or stop.
 */
bool iommu_start_queue(const struct iommu *i, unsigned int base, unsigned int csr, const void *page,
		       unsigned int log2, uint64_t bits);
bool iommu_stop_queue(const struct iommu *i, unsigned int csr);

/* Put a command into the queue, at most a page of them before iommu_finish(). */
void iommu_command(struct iommu *i, uint64_t word);

/* The same for a command with a second word. */
void iommu_command_at(struct iommu *i, uint64_t word, uint64_t more);

/* Let the IOMMU carry out the commands, and wait for that and for DMA that has passed. */
bool iommu_finish(struct iommu *i);

/*
 * Forget all that is cached of the directory and of the tables of @owner, and wait for that and for
 * DMA that has passed. False: the IOMMU takes no commands.
 */
bool iommu_forget(struct iommu *i, unsigned int owner);

/* The IOMMU does not carry out commands. It may use old tables, so it is turned off. */
void iommu_fail_closed(struct iommu *i);

/* ---- iommu_directory.c ---- */

/* Make a directory in which all ids are nobody's. False: no memory is left. */
bool iommu_make_directory(struct iommu *i);

/* The page that a directory of @levels begins with. */
const void *iommu_top(const struct iommu *i, unsigned int levels);

/* The context of @id. NULL: the directory has no such id. */
uint64_t *iommu_context_of(const struct iommu *i, uint32_t id);

unsigned int iommu_owner_of(const uint64_t *context);

/*
 * The contexts of @owner get the table @atp, unless it is 0, and the bits @tc: TC_V, or TC_V with
 * TC_DTF, if they report no faults. An IOMMU that does not answer is turned off.
 */
void iommu_change_owner(struct iommu *i, unsigned int owner, uint64_t atp, uint64_t tc);

/* ---- iommu_faults.c ---- */

/* TC for the contexts of @owner: an owner without lines is silent until a period begins anew. */
uint64_t iommu_tc_of(unsigned int owner);

/* Begin a period for @owner, if the last one is over. */
void iommu_renew(unsigned int owner);

#endif
