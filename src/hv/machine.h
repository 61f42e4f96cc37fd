/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about the machine, from its device tree. They are read once at boot and constant
 * afterwards.
 *
 * Invariant: ranges do not pass 2^64. ram is in ascending order, and its ranges do not touch each
 * other. devices overlap neither RAM nor a withheld device (withheld.h).
 */
#ifndef HV_MACHINE_H
#define HV_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hext/shadow.h"
#include "hv/devtree.h"
#include "lib/range.h"

/* The shadows are for this many harts. */
#define MACHINE_MAX_HARTS HEXT_SHADOW_HARTS

/* The most domains, disabled ones included (domain_config.h). */
#define DOMAINS_MAX 16

/* The extensions that Halite looks for: those of ext_table.h. */
struct machine_isa {
#define HEXT_EXT(name, ...) bool name;
#include "hext/ext_table.h"
};

struct machine_hart {
	unsigned int index; /* of the hart in machine.harts */
	uint64_t hartid;
	unsigned int plic;     /* index in machine.plics of the PLIC with plic_context */
	int64_t plic_context;  /* context of S mode in that PLIC; -1: none */
	uint32_t intc_phandle; /* phandle of the hart's interrupt controller; 0: none */
	unsigned int aplic;    /* index in machine.aplics of the APLIC with aplic_index */
	int64_t aplic_index;   /* delivery structure in an APLIC with wires; -1: none */
	uint32_t imsic_index;  /* hart index in MSIs of the APLIC */
	uint64_t imsic_file;   /* supervisor-level file, then the guest files; 0: no IMSIC */
	struct machine_isa isa;
	int node; /* node of the device tree */
};

struct machine_plic {
	uint64_t base;
	uint64_t size;
	uint32_t ndev; /* interrupt sources 1 to ndev */
	int node;      /* node of the device tree */
};

/* The supervisor-level interrupt files of all harts (AIA "Incoming MSI Controller"). */
struct machine_imsic {
	bool present;
	int node;		       /* node of the device tree */
	int address_cells, size_cells; /* of the node's parent */
	unsigned int guest_index_bits; /* a hart's files are 2^this pages from the next hart's */
	unsigned int identities;       /* interrupts 1 to this */
	struct range_list reg;	       /* the files of all harts, in order of hart */
	/* A hart's number in MSIs is made of two fields of the address of its file. */
	unsigned int hart_index_bits, group_index_bits, group_index_shift;
};

/* A supervisor-level interrupt domain (AIA "Advanced Platform-Level Interrupt Controller"). */
struct machine_aplic {
	uint64_t base;
	uint64_t size;
	uint32_t sources; /* interrupt sources 1 to this */
	bool msi;	  /* sends MSIs to the IMSIC; otherwise has wires to the harts */
	int node;	  /* node of the device tree */
};

/* An IOMMU (iommu.h), which is withheld from the guest. */
struct machine_iommu {
	uint64_t base;
	int node; /* node of the device tree */
	uint32_t phandle;
	bool used; /* Halite uses it: iommu_boot_start() finds out */
};

/* A range of a device, before it is extended to whole pages. */
struct machine_device {
	int node; /* node of the device tree */
	struct range r;
	bool enabled; /* it is in machine.devices */
};

/* A source of an interrupt controller. */
struct machine_source {
	bool plic;		 /* of machine.plics; otherwise of machine.aplics */
	unsigned int controller; /* index there */
	uint32_t number;
};

/* An NS16550A. Register n is at base + (n << shift). */
struct machine_uart {
	uint64_t base;
	uint64_t size;
	unsigned int shift;
	int node; /* node of the device tree */
	struct machine_source source;
};

/* A node that the guest's device tree lacks. */
struct machine_hidden {
	int node;
	uint8_t kind;		 /* enum withheld_kind */
	char path[DEVTREE_PATH]; /* of the node, for messages; "?" if it is too long */
};

/* An enabled APLIC or IMSIC, of S mode or not. */
struct machine_aia_node {
	int node;
	bool imsic;
	int address_cells, size_cells; /* of the node's parent */
};

/*
 * Nodes of the device tree, as offsets. To find a node by its path or its compatible takes a pass
 * over the tree, so boot finds them once. Negative: there is no such node.
 */
struct machine_nodes {
	int chosen, cpus, reserved_memory;
	int *memory; /* with device_type "memory", in the order of the tree */
	unsigned int memory_count, memory_room;
	int *unused_cpus; /* the cpus of harts_left_out and harts_without_h */
	unsigned int unused_cpu_count, unused_cpus_room;
	struct machine_aia_node *aia; /* in the order of the tree */
	unsigned int aia_count, aia_room;
};

struct machine {
	struct range_list ram;	    /* all RAM, reserved memory included */
	struct range_list reserved; /* reserved-memory nodes and the reservation block */
	struct range_list no_map;   /* reserved-memory nodes with no-map, in whole pages */
	struct range_list devices;  /* MMIO that the guest may reach, in whole pages */
	/* The devices that devices has, and some that share a page with a withheld one. */
	struct machine_device *device; /* in ascending order of node */
	unsigned int device_count, device_room;
	struct machine_hart *harts; /* in ascending order of hart id */
	unsigned int hart_count, harts_room;
	unsigned int harts_left_out; /* number of harts that are not in harts: there are too many */
	unsigned int harts_without_h; /* number of harts that are not in harts: they have no H */
	unsigned int boot_hart;	      /* index in harts of the hart that booted */
	uint64_t timebase;	      /* ticks per second */
	struct machine_isa isa;	      /* extensions that all harts have */
	struct machine_plic *plics;   /* none: APLICs, an IMSIC or both instead */
	unsigned int plic_count, plics_room;
	struct machine_aplic *aplics; /* of S mode */
	unsigned int aplic_count, aplics_room;
	struct machine_imsic imsic;
	struct machine_iommu *iommus; /* none if they are given to the guest */
	unsigned int iommu_count, iommus_room;
	uint32_t seen_iommus; /* bit n: the guest of this tree sees one in place of iommus[n] */
	bool lcofi;	      /* LCOFI can be delivered to the guest; domain_build() finds it out */
	struct machine_hidden *hidden; /* in the order of the device tree */
	unsigned int hidden_count, hidden_room;
	struct machine_nodes nodes;
	uint32_t given;	      /* bit n: devices of kind n (withheld.h) are not withheld */
	const char *bootargs; /* Halite's command line */
};

/*
 * Check that @fdt is a complete device tree of the supported version and of at most @limit bytes.
 * Fatal otherwise.
 */
void machine_check_fdt(const void *fdt, uint64_t limit);

/*
 * Find the first range of reg of @node. False: @node is not enabled, or a bus may translate its
 * address. Callers write to the address without further checks, so no address is better than a
 * wrong one.
 */
bool machine_plain_reg(const void *fdt, int node, struct range *r);

/* The address of the SiFive test finisher of a simulator, or 0. */
uint64_t machine_find_finisher(const void *fdt);

/* The address of the first node of an NS16550A UART, or 0. */
uint64_t machine_find_uart(const void *fdt);

/* Halite's command line, a string in the device tree. "" if there is none. */
const char *machine_bootargs(const void *fdt);

/*
 * The number of cpus in the device tree that the machine may use, 512 at most.
 * machine_parse_memory() has filled in @m.
 */
unsigned int machine_count_cpus(const struct machine *m, const void *fdt);

/*
 * Fill in what is enough to find a home: ram, reserved, no_map, bootargs, and nodes without AIA and
 * unused cpus. Fatal if there is no RAM.
 */
void machine_parse_memory(struct machine *m, const void *fdt);

/*
 * Fill in all of @m. machine_check_fdt() has checked @fdt, and @fdt stays where it is. @boot_hartid
 * is the calling hart. Devices of the kinds in @given are not withheld. A machine that Halite
 * cannot run on, and a malformed property, are fatal. The message names the node and the property.
 */
void machine_parse(struct machine *m, const void *fdt, uint64_t boot_hartid, uint32_t given);

/*
 * Leave out the harts with the highest hart ids, but not the boot hart, until there are @most,
 * which is not 0. machine_parse() has filled in @m, and nothing points to its harts yet.
 */
void machine_limit_harts(struct machine *m, unsigned int most);

/* The wires in interrupts-extended of an interrupt controller. */
struct machine_wires {
	const uint8_t *wires;
	int count;
	int next;	   /* the wire to look at next */
	int index;	   /* the wire that was found last */
	unsigned int hart; /* index of its hart */
};

/* Begin with the first wire of @node. */
struct machine_wires machine_wires(const void *fdt, int node);

/*
 * Find the next wire that is the supervisor external interrupt of a hart in m->harts. Return the
 * hart, or NULL if there is no such wire.
 */
struct machine_hart *machine_next_wire(struct machine *m, struct machine_wires *w);

/* The properties of a cpu node that name its extensions: a list of strings, and one string. */
#define ISA_LIST_NAME	"riscv,isa-extensions"
#define ISA_STRING_NAME "riscv,isa"

/* Read the extensions of the cpu node @node from the list, or else from the string. */
void machine_parse_isa(const void *fdt, int node, struct machine_isa *isa);

/* Whether the guest's ISA strings lack the extension @name, of @len characters, on machine @m. */
bool machine_isa_hides(const struct machine *m, const char *name, size_t len);

/* Remove from @isa the extensions that @other lacks. */
void machine_isa_intersect(struct machine_isa *isa, const struct machine_isa *other);

/*
 * Write the names of those extensions in @isa that L1 can be told of to @buf, separated by spaces,
 * at most @size bytes.
 */
const char *machine_isa_text(const struct machine_isa *isa, char *buf, size_t size);

/* Fill in devices, plics, iommus, hidden and nodes.aia. An APLIC or IMSIC is not in devices. */
void machine_parse_devices(struct machine *m, const void *fdt);

/*
 * Fill in *@uart with the UART of the console: what stdout-path of /chosen names, or else the first
 * NS16550A. machine_parse() has filled in @m. Returns NULL, or the reason if there is none, if no
 * source of a PLIC or APLIC of S mode has its interrupt, or if its registers are not plain bytes.
 */
const char *machine_find_console(const struct machine *m, const void *fdt,
				 struct machine_uart *uart);

/*
 * Withhold the device at @r from the guest and from Halite, for an emulation of it. No domain
 * exists yet.
 */
void machine_withhold(struct machine *m, struct range r);

/* Fill in aplics, imsic and the harts' interrupt files. The harts and plics are filled in. */
void machine_parse_aia(struct machine *m, const void *fdt);

#endif
