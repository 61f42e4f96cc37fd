/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Advanced Interrupt Architecture of the machine as its device tree tells it, and accesses to it. "aia" below stands
 * for the RISC-V Advanced Interrupt Architecture specification.
 *
 * Invariant: no line tells GEILEN, how many interrupt files there are, or an address. No check uses a guest
 * interrupt file above MAX_FILES, so that machines with at least that many give the same lines.
 */
#ifndef AIA_H
#define AIA_H

#include "conformance.h"

#define CSR_SIE	      0x104
#define CSR_SIP	      0x144
#define CSR_STIMECMP  0x14d
#define CSR_SISELECT  0x150
#define CSR_SIREG     0x151
#define CSR_STOPEI    0x15c
#define CSR_STOPI     0xdb0
#define CSR_VSISELECT 0x250
#define CSR_VSIREG    0x251
#define CSR_VSTOPEI   0x25c
#define CSR_VSTOPI    0xeb0
#define CSR_HVIEN     0x608
#define CSR_HVICTL    0x609
#define CSR_HSTATEEN0 0x60c
#define CSR_HVIPRIO1  0x646
#define CSR_HVIPRIO2  0x647

/* What siselect and vsiselect select. */
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
#define VGEIN_WRONG 63 /* no machine here has that many */

#define TOPEI(id) ((uint64_t)(id) << 16 | (id))

#define MAX_FILES 5

struct aia {
	bool present; /* Ssaia */
	bool plic;
	bool csrind;  /* Sscsrind */
	bool stateen; /* hstateen0 */
	/* IMSIC, supervisor level; none: page_of_index() is 0 */
	bool imsic;
	unsigned int ids;    /* the highest identity */
	unsigned int geilen; /* found by writing hgeie */
	unsigned int files;  /* guest interrupt files that checks use: 0 to MAX_FILES */
	/* The APLIC's supervisor-level domain */
	uint64_t aplic;
	uint64_t aplic_size;
	unsigned int sources;
	bool msi; /* it forwards interrupts as MSIs to the IMSIC */
	unsigned int uart_source;
};

extern struct aia aia;

/* Before anything else; prints nothing on a check line. */
void aia_find(const void *fdt);
/* What only a hart can tell. */
void aia_probe(void);
/* hvictl and so on, and the own interrupt file, to a plain state: for calm(). */
void aia_calm(void);
/* The number by which IMSIC and APLIC know a hart. */
unsigned int aia_hart_index(uint64_t hart);

/* The page of a hart's interrupt file: 0 is its own, others are guest files. */
volatile uint32_t *aia_page(uint64_t hart, unsigned int file);
/*
 * The same file in an APLIC's target: its number in the hart's part of the address space, as all that know the device
 * tree alone work it out. By aia 4.5.16 it is @file, where the hart's own file is the first of its part.
 */
unsigned int aia_guest_index(uint64_t hart, unsigned int file);
/* An MSI, and time for it to arrive. */
void aia_send(uint64_t hart, unsigned int file, uint32_t id);
void aia_pause(void);

/* A register of this hart's interrupt file by (v)siselect and (v)sireg; hstatus.VGEIN stays at @file. */
uint64_t aia_file_read(unsigned int file, unsigned int reg);
void aia_file_write(unsigned int file, unsigned int reg, uint64_t value);
/* Nothing pending, nothing enabled, no delivery, no threshold. */
void aia_file_reset(unsigned int file);
/* Reset, then: delivery on, @id enabled. */
void aia_file_open(unsigned int file, unsigned int id);
bool aia_file_pending(unsigned int file, unsigned int id);
/* stopei or vstopei: read, and as if by CSRRW with x0, which claims. */
uint64_t aia_top(unsigned int file);
uint64_t aia_claim(unsigned int file);

/* CSRs of supervisor level by their numbers, or H and VS CSRs. */
uint64_t aia_csr_read(unsigned int csr);
void aia_csr_write(unsigned int csr, uint64_t value);

/* The timer interrupt of supervisor level pending, or the watchdog again. */
void aia_timer(bool pending);

/* ---- the areas ---- */

void check_aia_csr(void);
void check_aia_window(void);
void check_aia_virtual(void);
void check_aia_files(void);
void check_aia_priority(void);
void check_aia_delivery(void);
void check_aia_aplic(void);
/* All of them, or the line that says that there is no AIA. */
void check_aia(void);

#endif
