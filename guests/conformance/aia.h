/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's Advanced Interrupt Architecture, as the device tree describes it, and accesses to
 * it. "aia" in comments is the RISC-V Advanced Interrupt Architecture specification.
 *
 * Invariant: no line shows GEILEN, the number of interrupt files, or an address. No check uses a
 * guest interrupt file above MAX_FILES. So machines with MAX_FILES files or more give the same
 * lines.
 */
#ifndef AIA_H
#define AIA_H

#include "conformance.h"

/* Registers that siselect and vsiselect can select. */
#define EIDELIVERY  0x70
#define EITHRESHOLD 0x72
#define EIP0	    0x80
#define EIE0	    0xc0
#define IPRIO0	    0x30

#define HVICTL_VTI    BIT64(30)
#define HVICTL_IID(n) ((uint64_t)(n) << 16)
#define HVICTL_DPR    BIT64(9)
#define HVICTL_IPRIOM BIT64(8)

#define STATEEN_IMSIC  BIT64(58)
#define STATEEN_AIA    BIT64(59)
#define STATEEN_CSRIND BIT64(60)

#define VGEIN(n)    ((uint64_t)(n) << 12)
#define VGEIN_WRONG 63 /* a file that no machine here has */

#define TOPEI(id) ((uint64_t)(id) << 16 | (id))

#define MAX_FILES 5

struct aia {
	bool present;		     /* Ssaia */
	uint64_t plic;		     /* address; 0: none */
	unsigned int plic_source;    /* of the UART at the PLIC */
	int plic_context[MAX_HARTS]; /* by hart id */
	bool csrind;		     /* Sscsrind */
	bool stateen;		     /* hstateen0 */
	/* IMSIC of supervisor level. */
	bool imsic;
	unsigned int ids;    /* the highest identity */
	unsigned int geilen; /* GEILEN, found by a write of hgeie */
	unsigned int files;  /* guest interrupt files that checks use, 0 to MAX_FILES */
	/* The APLIC's supervisor-level domain. */
	uint64_t aplic;
	uint64_t aplic_size;
	unsigned int sources;
	bool msi; /* the domain forwards interrupts as MSIs */
	unsigned int uart_source;
};

extern struct aia aia;

/* Reads the device tree. Call it first. It prints no check line. */
void aia_find(const void *fdt);
/* Finds facts that only the hart knows. */
void aia_probe(void);
/*
 * The part of calm() for AIA: sets hvictl, the other CSRs and the hart's interrupt file to
 * defaults.
 */
void aia_calm(void);
/* The number of a hart in the IMSIC and the APLIC. */
unsigned int aia_hart_index(uint64_t hart);

/* The page of a hart's interrupt file: 0 is supervisor level's file, others are guest files. */
volatile uint32_t *aia_page(uint64_t hart, unsigned int file);
/*
 * The number of that file in an APLIC's target: the index of its page in the hart's part of the
 * address space, which software knows from the device tree alone. By aia 4.5.16 it is @file if the
 * hart's file 0 is the first page of its part.
 */
unsigned int aia_guest_index(uint64_t hart, unsigned int file);
/* Sends an MSI, and waits until it has arrived. */
void aia_send(uint64_t hart, unsigned int file, uint32_t id);
void aia_pause(void);

/*
 * A register of this hart's interrupt file, by (v)siselect and (v)sireg. hstatus.VGEIN becomes
 * @file.
 */
uint64_t aia_file_read(unsigned int file, unsigned int reg);
void aia_file_write(unsigned int file, unsigned int reg, uint64_t value);
/* Clears all pending and enable bits, delivery and threshold. */
void aia_file_reset(unsigned int file);
/* Resets the file, then enables delivery and @id. */
void aia_file_open(unsigned int file, unsigned int id);
bool aia_file_pending(unsigned int file, unsigned int id);
/* stopei or vstopei: a read, and the value of CSRRW with x0, which claims. */
uint64_t aia_top(unsigned int file);
uint64_t aia_claim(unsigned int file);

/* Accesses a CSR of supervisor level by its number, or an H or VS CSR. */
uint64_t aia_csr_read(unsigned int csr);
void aia_csr_write(unsigned int csr, uint64_t value);

/* Makes the timer interrupt of supervisor level pending, or sets the watchdog again. */
void aia_timer(bool pending);

/* ---- the areas ---- */

void check_aia_csr(void);
void check_aia_window(void);
void check_aia_virtual(void);
void check_aia_files(void);
void check_aia_priority(void);
void check_aia_delivery(void);
void check_aia_aplic(void);
/* Runs all of them, or prints that there is no AIA. */
void check_aia(void);

#endif
