/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables of both stages for one check at a time, from memory that tables_reset() frees. */
#ifndef TABLES_H
#define TABLES_H

#include "conformance.h"

#define PTE_PAGE (PTE_RWX | PTE_U) /* for a G-stage */

enum atp_mode { BARE = 0, M39 = 8, M48 = 9, M57 = 10 };
#define LEVELS(mode) ((unsigned int)(mode)-5)

/* Virtual addresses of L2's code, trap vector and data, if it has paging. */
#define CODE_VA UINT64_C(0x10000000)
#define VEC_VA	UINT64_C(0x20000000)
#define DATA_VA UINT64_C(0x30000000)
/* Guest physical address of the data, if there is a G-stage. */
#define DATA_GPA UINT64_C(0x40000000)

#define DATA_PAGES	   8
#define DATA_WORD(page, i) (UINT64_C(0x1122334455667700) + ((page) << 4) + (i))
extern uint64_t data_pages[DATA_PAGES][512];

struct stage {
	enum atp_mode mode;
	bool guest; /* a G-stage: the root has 4 pages, and pages need PTE_U */
	uint64_t *root;
};

/* Frees all tables, and restores the data. */
void tables_reset(void);
uint64_t tables_start(void);
uint64_t tables_size(void);
uint64_t *new_table(unsigned int pages);

struct stage new_stage(enum atp_mode mode, bool guest);
/* Returns the entry for @addr at @level (0: 4 KiB); makes the tables that lead to it. */
uint64_t *pte_of(struct stage *s, uint64_t addr, unsigned int level);
void map(struct stage *s, uint64_t addr, uint64_t target, unsigned int level, uint64_t flags);
uint64_t page_size(unsigned int level);

/* Maps this program at its physical addresses, as the VS-stage's tables and the code need. */
void map_image(struct stage *g);
/* Maps the code (with additional @flags) and the vector at CODE_VA and VEC_VA. */
void map_code(struct stage *vs, uint64_t flags);

/* Sets vsatp, hgatp and vstvec for these stages, with fences. NULL: Bare. */
void use_stages(const struct stage *vs, const struct stage *g);
uint64_t atp(const struct stage *s, uint64_t id);
/*
 * The usual scene: code, trap vector and DATA_PAGES of data, through those stages that are not
 * BARE. Data is at scene_data() + i * PAGE in L2's addresses. A check changes single entries before
 * scene_use().
 */
struct scene {
	struct stage vs, g;
	enum mode mode; /* of L2: its pages have U in VU mode */
};
void scene_make(struct scene *s, enum atp_mode vs, enum atp_mode g, enum mode mode);
void scene_use(const struct scene *s);
uint64_t scene_data(const struct scene *s);
uint64_t scene_code(const struct scene *s);
/* Runs @insn in the scene's mode. */
void scene_try(const struct scene *s, uint32_t insn, uint64_t a0, uint64_t a1);

/* Whether the machine has a mode. */

bool has_mode(bool guest, enum atp_mode mode);
const char *mode_text(enum atp_mode mode, bool guest);
#endif
