/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of an APLIC. */
#ifndef HV_APLIC_REGS_H
#define HV_APLIC_REGS_H

/* AIA, chapter "Memory-mapped control region for an interrupt domain". */
#define DOMAINCFG	  0x0000
#define SETIP		  0x1c00
#define CLRIP		  0x1d00 /* in_clrip */
#define SETIPNUM	  0x1cdc
#define CLRIPNUM	  0x1ddc
#define SETIE		  0x1e00
#define SETIENUM	  0x1edc
#define CLRIE		  0x1f00
#define SOURCE_WORDS_SIZE 0x80 /* of each of these four arrays */
#define CLRIENUM	  0x1fdc
#define SETIPNUM_LE	  0x2000
#define SETIPNUM_BE	  0x2004
#define GENMSI		  0x3000
#define TARGET		  0x3000 /* of source 0, which does not exist */
#define IDC_BASE	  0x4000
#define IDC_SIZE	  32
#define IDELIVERY	  0x00
#define IFORCE		  0x04
#define ITHRESHOLD	  0x08
#define TOPI		  0x18
#define CLAIMI		  0x1c

#define SOURCES_MAX 1023

#define DOMAINCFG_IE BIT64(8)
#define DOMAINCFG_DM BIT64(2)
#define SOURCECFG_D  BIT64(10)
#define SOURCECFG_SM MASK64(2, 0) /* 0: inactive */
#define CLAIM_SHIFT  16		  /* of the number of the source in claimi */

/* The kinds of registers. */
enum aplic_reg {
	REG_RESERVED, /* no register, or not the guest's */
	REG_DOMAINCFG,
	REG_SOURCECFG,
	REG_SOURCES, /* pending and enable bits of 32 sources */
	REG_SOURCE,  /* the number of a source, whose pending or enable bit changes */
	REG_GENMSI,
	REG_TARGET,
	REG_DELIVERY, /* in the interrupt delivery structure of a hart */
	REG_CLAIMI,
};

#endif
