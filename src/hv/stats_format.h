/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Halite counts and records, and where a reader from outside finds it: `halite stat`, `halite
 * trace`, a debugger, bench/plugin. The command includes this file, too. All numbers are little
 * endian, and all addresses are host physical addresses.
 *
 *   home of Halite:  [ image: boot header | struct stats_beacon | ... ]
 *                    struct stats_header somewhere in the image
 *                    struct stats_hart for each hart, at equal distances
 *                    struct stats_event, a ring for each hart, with the word "trace"
 *
 * The home begins at a multiple of STATS_HOME_ALIGN. The lowest Halite has the highest home. The
 * copy of the image that firmware has started, and any other copy, has a beacon too, but its header
 * does not have its own address in @self.
 *
 * Each number is written by one hart, and is valid at any time. The numbers of several harts, or
 * several numbers of a hart, are not from the same moment unless the machine stands still.
 */
#ifndef HV_STATS_FORMAT_H
#define HV_STATS_FORMAT_H

#include <stdint.h>

#define STATS_MAGIC	    "HALITEST" /* without its final zero */
#define STATS_MAGIC_SIZE    8
#define STATS_VERSION	    3u
#define STATS_HOME_ALIGN    UINT64_C(0x200000)
#define STATS_BEACON_AT	    64 /* the offset of the beacon in the image: behind the boot header */
#define STATS_BUILD_ID_SIZE 20
#define STATS_DOMAIN_SIZE   32 /* the name of a domain, with its final zero */

#define STATS_VMS 16 /* guests of L1 that are told apart on a hart */

/* head.S has the same. */
struct stats_beacon {
	uint8_t magic[STATS_MAGIC_SIZE];
	uint32_t header; /* the offset of struct stats_header in the image */
	uint32_t version;
};

/*
 * The kinds of exits: every trap from a guest into Halite is one of these. X(NAME, name, meaning).
 * L1_: L1 ran. L2_: L2 ran.
 */
#define STATS_EXIT_KINDS(X)                                                               \
	X(L1_SBI, "l1-sbi", "calls of firmware (SBI) by L1, other than NACL")             \
	X(L1_NACL_SRET, "l1-nacl-sret", "NACL sync_sret: L1 enters L2")                   \
	X(L1_NACL_CSR, "l1-nacl-csr", "NACL sync_csr: L1 hands over CSRs now")            \
	X(L1_NACL_HFENCE, "l1-nacl-hfence", "NACL sync_hfence: L1 hands over fences now") \
	X(L1_NACL_OTHER, "l1-nacl-other", "NACL probe_feature, set_shmem or unknown")     \
	X(L1_CSR, "l1-csr", "CSR instructions of L1 on a hypervisor or VS CSR")           \
	X(L1_HFENCE, "l1-hfence", "HFENCE or HINVAL of L1")                               \
	X(L1_SRET, "l1-sret", "SRET of L1 that may enter L2")                             \
	X(L1_ACCESS, "l1-hlv-hsv", "HLV, HLVX or HSV of L1: accesses to L2's memory")     \
	X(L1_WAIT, "l1-wfi", "WFI or WRS.NTO of L1")                                      \
	X(L1_INSN, "l1-instruction", "other instructions that L1 may not execute")        \
	X(L1_MEMORY, "l1-memory", "L1 accessed an emulated device, or no memory")         \
	X(L1_OTHER, "l1-other", "other exceptions of L1")                                 \
	X(L1_IPI, "l1-ipi", "software interrupts while L1 ran: another hart asks")        \
	X(L1_TIMER, "l1-timer", "timer interrupts while L1 ran")                          \
	X(L1_EXTERNAL, "l1-external", "external interrupts while L1 ran")                 \
	X(L1_INTERRUPT, "l1-interrupt", "other interrupts while L1 ran")                  \
	X(L2_SBI, "l2-sbi", "calls of firmware (SBI) by L2, which L1 answers")            \
	X(L2_MEMORY, "l2-memory", "guest-page faults of L2")                              \
	X(L2_INSN, "l2-instruction", "instructions that L2 may not execute")              \
	X(L2_OTHER, "l2-other", "other exceptions of L2 that L1 answers")                 \
	X(L2_IPI, "l2-ipi", "software interrupts while L2 ran: another hart asks")        \
	X(L2_TIMER, "l2-timer", "timer interrupts while L2 ran")                          \
	X(L2_EXTERNAL, "l2-external", "external interrupts while L2 ran")                 \
	X(L2_INTERRUPT, "l2-interrupt", "other interrupts while L2 ran")

/* What Halite did. X(NAME, name, meaning). */
#define STATS_WORK_KINDS(X)                                                                        \
	X(SWITCH_L2, "switches-to-l2", "entries into L2 after L1 ran")                             \
	X(SWITCH_L1, "switches-to-l1", "exits of L2 that L1 answers")                              \
	X(FILL, "fills", "guest-page faults of L2 that the shadow resolved, without L1")           \
	X(FILL_AHEAD, "fills-ahead", "entries into L2 that looked for the page of its last fault") \
	X(DEVICE, "devices", "accesses of L2 to devices that Halite emulates")                     \
	X(SYNCED_CSR, "csrs-synced", "CSRs consumed from L1's area of NACL")                       \
	X(FENCE, "fences", "fences of L1 that Halite has done, by HFENCE or NACL")                 \
	X(REQUEST, "requests", "times that this hart served requests of other harts")              \
	X(INJECTED, "injected", "exceptions and interrupts that L1 took by Halite's general path") \
	X(VM_FENCE, "vm-fences", "fences of one whole guest of L1, as when a vCPU comes to a hart")

enum stats_exit {
#define STATS_NAME(name, ...) STATS_EXIT_##name,
	STATS_EXIT_KINDS(STATS_NAME)
#undef STATS_NAME
		STATS_EXITS,
};

enum stats_work {
#define STATS_NAME(name, ...) STATS_WORK_##name,
	STATS_WORK_KINDS(STATS_NAME)
#undef STATS_NAME
		STATS_WORKS,
};

#define STATS_FLAG_COUNTS 1u /* the words "stats" or "trace": the counts below are kept */
#define STATS_FLAG_TRACES 2u /* the word "trace": there are rings */

struct stats_header {
	uint8_t magic[STATS_MAGIC_SIZE];
	uint32_t version;
	uint32_t size; /* of this structure */
	uint64_t self; /* the address of this structure. 0: Halite has not come so far */
	uint64_t home; /* the address and the size of the home; all that follows lies in it */
	uint64_t home_size;
	uint64_t timebase;  /* ticks of the time CSR in a second */
	uint32_t level;	    /* the number of Halites below */
	uint32_t flags;	    /* STATS_FLAG_* */
	uint32_t harts;	    /* the number of struct stats_hart */
	uint32_t stride;    /* the distance of these in bytes */
	uint64_t first;	    /* the address of the first one */
	uint32_t hart_size; /* the size of struct stats_hart in bytes */
	uint16_t exits;	    /* the number of kinds of exits in it: STATS_EXITS */
	uint16_t works;	    /* the number of kinds of work in it: STATS_WORKS */
	/* The addresses of 64-bit counts of the first domain's pool of shadow tables. */
	uint64_t reclaimed; /* tables that were taken from L2 memory for other L2 memory */
	uint64_t drains;    /* times that a shadow has lost its contents */
	uint8_t build_id[STATS_BUILD_ID_SIZE]; /* zeros: linked without one */
	uint32_t zero;
};

#define STATS_VM_OTHERS (~UINT64_C(0))

/* The exits of one of L1's guests, the kinds L2_: as many as all of these have in sum. */
struct stats_vm {
	/* VMID of L1's hgatp, and 1. 0: no guest yet. STATS_VM_OTHERS: all that had no place */
	uint64_t vm;
	uint64_t exits;
};

struct stats_hart {
	uint64_t hartid;
	uint64_t exits[STATS_EXITS];
	uint64_t works[STATS_WORKS];
	uint64_t ticks; /* time in Halite, between exits and entries, WFI of L1 included */
	/* Of the exit that is not followed by an entry yet, or of the last one. */
	uint64_t exit_time;
	uint64_t exit_level; /* 1 or 2. 0: there was no exit yet */
	uint64_t ring;	     /* the address of the first struct stats_event. 0: there is no ring */
	uint64_t ring_size;  /* their number, a power of two */
	/* The number of events that were recorded. Event n is in place n % ring_size. */
	uint64_t recorded;
	/* works[] of SYNCED_CSR and FENCE at the last entry. */
	uint64_t synced_before, fences_before;
	/* What the header has of the first domain, for the domain of this hart. */
	uint64_t reclaimed, drains;
	char domain[STATS_DOMAIN_SIZE]; /* its name. "": the only one */
	/* In the order in which the hart has run them; the last place is for all others. */
	struct stats_vm vms[STATS_VMS];
};

enum stats_event_type {
	STATS_EVENT_NONE,
	/*
	 * code: enum stats_exit; a: pc; b: for an ECALL a7 << 32 | a6, for an instruction that the
	 * level may not execute its code, for a guest-page fault the guest physical address, and
	 * otherwise scause
	 */
	STATS_EVENT_EXIT,
	STATS_EVENT_ENTER, /* code: 1 or 2, the level; a: pc; b: L1's scause after a switch to L1 */
	/* Since the last entry. code: CSRs consumed from L1's area; a: fences of L1 done */
	STATS_EVENT_SYNC,
	STATS_EVENT_FAULT,  /* code: enum stats_fault; a: L2's guest physical address */
	STATS_EVENT_INJECT, /* code: level that ran; a: cause; b: tval */
	STATS_EVENT_TYPES,
};

/* What became of a guest-page fault of L2. */
enum stats_fault {
	STATS_FAULT_FILLED, /* the shadow has the entry now */
	STATS_FAULT_TO_L1,
	STATS_FAULT_DEVICE, /* Halite emulates the access */
	STATS_FAULTS,
};

struct stats_event {
	uint64_t time; /* the time CSR */
	uint32_t type; /* enum stats_event_type */
	uint32_t code;
	uint64_t a, b;
};

_Static_assert(sizeof(struct stats_beacon) == 16, "what head.S makes");
_Static_assert(sizeof(struct stats_header) == 120, "no holes");
_Static_assert(sizeof(struct stats_hart) ==
		       8 * (11 + STATS_EXITS + STATS_WORKS + 2 * STATS_VMS) + STATS_DOMAIN_SIZE,
	       "no holes");
_Static_assert(sizeof(struct stats_event) == 32, "an event is a power of two");

#endif
