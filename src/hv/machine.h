/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about the machine, from its device tree. Read once at boot, constant afterwards.
 *
 * Invariant: ranges do not pass 2^64; ram is ordered and its ranges do not touch each other;
 * devices overlap neither RAM nor what the guest does not get (withheld.h).
 */
#ifndef HV_MACHINE_H
#define HV_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/range.h"

#define MACHINE_MAX_HARTS  8
#define MACHINE_MAX_HIDDEN 64

/* The extensions that Halite looks at. */
struct machine_isa {
	bool h, v, sstc, svinval, svpbmt, svnapot, svadu, svade, smstateen, smaia, ssaia, sscofpmf;
	bool smcsrind, sscsrind;
};

struct machine_hart {
	unsigned int index; /* in machine.harts */
	uint64_t hartid;
	int64_t plic_context;  /* of S mode; -1: none */
	uint32_t intc_phandle; /* of its interrupt controller in the device tree; 0: none */
	int64_t aplic_index;   /* of its delivery structure in an APLIC with wires; -1: none */
	uint32_t imsic_index;  /* by which MSIs of the APLIC name it */
	uint64_t
		imsic_file; /* its supervisor-level interrupt file; guest files in the pages behind; 0: no IMSIC */
	struct machine_isa isa;
};

struct machine_plic {
	uint64_t base;
	uint64_t size;
	uint32_t ndev; /* interrupt sources 1 to ndev */
	int node;      /* of the device tree */
};

/* The supervisor-level interrupt files of all harts (AIA "Incoming MSI Controller"). */
struct machine_imsic {
	bool present;
	unsigned int guest_index_bits; /* a hart's files are 2^this pages from the next hart's */
	unsigned int identities;       /* 1 to this */
	struct range reg;	       /* one hart after the other */
};

/* The supervisor-level interrupt domain (AIA "Advanced Platform-Level Interrupt Controller"). */
struct machine_aplic {
	uint64_t base;
	uint64_t size;	  /* 0: none */
	uint32_t sources; /* 1 to this */
	bool msi;	  /* it sends MSIs to the IMSIC; else it has wires to the harts */
};

/* A node that the guest's device tree lacks. */
struct machine_hidden {
	int node;
	uint8_t kind; /* enum withheld_kind */
};

struct machine {
	struct range_list ram;	    /* all of it */
	struct range_list reserved; /* reserved-memory nodes and the reservation block */
	struct range_list no_map;   /* the part of reserved that nobody but firmware may touch */
	struct range_list devices;  /* MMIO that the guest may reach, in whole pages */
	struct machine_hart harts[MACHINE_MAX_HARTS];
	unsigned int hart_count;
	unsigned int harts_left_out; /* usable ones beyond the array */
	unsigned int boot_hart;	     /* index in harts */
	uint64_t timebase;	     /* ticks a second */
	struct machine_isa isa;	     /* what all harts have */
	struct machine_plic plic;    /* size 0: none; then there is an APLIC, an IMSIC or both */
	struct machine_aplic aplic;
	struct machine_imsic imsic;
	struct machine_hidden hidden[MACHINE_MAX_HIDDEN]; /* in the order of the tree */
	unsigned int hidden_count;
	bool aia_seen;	      /* the device tree has an APLIC or IMSIC, of S mode or not */
	uint32_t given;	      /* kinds of devices that are not withheld (withheld.h) */
	const char *bootargs; /* machine_bootargs() */
};

/*
 * Check that @fdt is a device tree and whole; it has been copied to where @limit bytes are its own.
 * Fatal otherwise.
 */
void machine_check_fdt(const void *fdt, uint64_t limit);

/* The SiFive test finisher of a simulator, or 0. */
uint64_t machine_find_finisher(const void *fdt);

/* The first NS16550A UART, with registers a byte apart, or 0. */
uint64_t machine_find_uart(const void *fdt);

/* Halite's own command line; "" if there is none; in the device tree. */
const char *machine_bootargs(const void *fdt);

/* Only what finding a home needs: ram, reserved, no_map. Fatal when there is no RAM. */
void machine_parse_memory(struct machine *m, const void *fdt);

/*
 * Everything. @fdt has been checked and stays where it is; @boot_hartid is the hart that runs; the
 * guest gets devices of kinds @given, though they are withheld otherwise. A machine that Halite
 * cannot run on, or a property that makes no sense, is fatal; the message names the node and the
 * property.
 */
void machine_parse(struct machine *m, const void *fdt, uint64_t boot_hartid, uint32_t given);

/* Which extensions cpu node @node names, in riscv,isa-extensions or else riscv,isa. */
void machine_parse_isa(const void *fdt, int node, struct machine_isa *isa);

/* The extensions that both have. */
void machine_isa_intersect(struct machine_isa *isa, const struct machine_isa *other);

/* The names of the extensions in @isa, apart by spaces; in @buf, cut to @size. */
const char *machine_isa_text(const struct machine_isa *isa, char *buf, size_t size);

/* Fill in devices, plic and hidden; what an APLIC or IMSIC has is no device. */
void machine_parse_devices(struct machine *m, const void *fdt);

/* Fill in aplic, imsic and the harts' interrupt files. After the harts and plic. */
void machine_parse_aia(struct machine *m, const void *fdt);

/* The IMSIC's node that serves S mode, or a negative number. */
int machine_find_imsic(const void *fdt, const struct machine *m);

#endif
