/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers and structures in memory of a RISC-V IOMMU, as far as Halite uses them.
 *
 * Specification: RISC-V IOMMU 1.0.
 */
#ifndef HV_IOMMU_REGS_H
#define HV_IOMMU_REGS_H

#include "hext/bits.h"

/* Offsets of registers. CAPABILITIES, DDTP, CQB, FQB and ICVEC have 8 bytes, the others 4. */
#define IOMMU_CAPABILITIES 0x000
#define IOMMU_FCTL	   0x008
#define IOMMU_DDTP	   0x010
#define IOMMU_CQB	   0x018
#define IOMMU_CQH	   0x020
#define IOMMU_CQT	   0x024
#define IOMMU_FQB	   0x028
#define IOMMU_FQH	   0x030
#define IOMMU_FQT	   0x034
#define IOMMU_CQCSR	   0x048
#define IOMMU_FQCSR	   0x04c
#define IOMMU_PQCSR	   0x050
#define IOMMU_IPSR	   0x054
#define IOMMU_ICVEC	   0x2f8
#define IOMMU_MSI_ADDR	   0x300 /* of entry 0 of msi_cfg_tbl; 8 bytes */
#define IOMMU_MSI_DATA	   0x308
#define IOMMU_MSI_CTL	   0x30c

#define CAP_VERSION   MASK64(7, 0)
#define CAP_MAJOR     1	 /* CAP_VERSION has it in bits 7 to 4 */
#define CAP_SV39      9	 /* Sv48 and Sv57 are the next bits */
#define CAP_SV39X4    17 /* Sv48x4 and Sv57x4 are the next bits */
#define CAP_MSI_FLAT  BIT64(22)
#define CAP_AMO_HWAD  BIT64(24)
#define CAP_ATS	      BIT64(25)
#define CAP_IGS_SHIFT 28
#define CAP_IGS_WSI   1
#define CAP_PAS_SHIFT 32
#define CAP_PAS	      MASK64(37, 32)

#define FCTL_BE	 BIT64(0)
#define FCTL_WSI BIT64(1)
#define FCTL_GXL BIT64(2)

#define DDTP_MODE      MASK64(3, 0)
#define DDTP_OFF       0
#define DDTP_BARE      1
#define DDTP_LEVELS(n) ((n) + 1)
#define DDTP_BUSY      BIT64(4)
#define DDTP_PPN_SHIFT 10

/* cqcsr, fqcsr, pqcsr. QUEUE_ERRORS are cleared by writing 1. */
#define QUEUE_ENABLE	BIT64(0)
#define QUEUE_INTERRUPT BIT64(1)
#define QUEUE_ERRORS	MASK64(11, 8)
#define QUEUE_FAULT	BIT64(8)
#define QUEUE_OVERFLOW	BIT64(9)  /* fqcsr */
#define QUEUE_TIMEOUT	BIT64(9)  /* cqcsr */
#define QUEUE_ILLEGAL	BIT64(10) /* cqcsr */
#define QUEUE_ON	BIT64(16)
#define QUEUE_BUSY	BIT64(17)

/* cqb, fqb. The size is 2 to the power of this field + 1. */
#define QUEUE_LOG2 MASK64(4, 0)
#define QUEUE_PPN  MASK64(53, 10)

#define IPSR_CIP BIT64(0)
#define IPSR_FIP BIT64(1)

#define ICVEC_FIV 4 /* civ is at 0 */

#define MSI_CTL_MASKED BIT64(0)

/* A command has two words. */
#define COMMAND_GVMA	  (UINT64_C(1) | UINT64_C(1) << 7)
#define COMMAND_VMA	  UINT64_C(1)
#define COMMAND_AV	  BIT64(10)
#define COMMAND_PSCID	  MASK64(31, 12)
#define COMMAND_PSCV	  BIT64(32)
#define COMMAND_GV	  BIT64(33)
#define COMMAND_GSCID	  44
#define COMMAND_FENCE	  (UINT64_C(2) | BIT64(12) | BIT64(13)) /* with PR and PW */
#define COMMAND_INVAL_DDT UINT64_C(3)
#define COMMAND_DV	  BIT64(33)
#define COMMAND_DID	  40

/* An entry of a directory that is not a leaf. */
#define DDTE_V	       BIT64(0)
#define DDTE_PPN_SHIFT 10

/* A device context has 4 words, or 8 with CAP_MSI_FLAT. The words that are not named are 0. */
enum { DC_TC, DC_IOHGATP, DC_TA, DC_FSC, DC_WORDS, DC_WORDS_EXTENDED = 8 };
#define TC_V		    BIT64(0)
#define TC_DTF		    BIT64(4)
#define TC_GADE		    BIT64(7)
#define TC_SADE		    BIT64(8)
#define IOHGATP_MODE_SHIFT  60
#define IOHGATP_GSCID_SHIFT 44
#define IOHGATP_GSCID	    MASK64(59, 44)

/* A fault record has 4 words. */
enum { FAULT_HEAD, FAULT_CUSTOM, FAULT_IOVA, FAULT_IOVA2, FAULT_WORDS };
#define FAULT_CAUSE	MASK64(11, 0)
#define FAULT_TTYP	MASK64(39, 34) /* 0: not of a request of a device */
#define FAULT_DID_SHIFT 40

/* Values of FAULT_CAUSE that are not causes of harts. */
#define FAULT_OFF	   256
#define FAULT_DDT_ACCESS   257
#define FAULT_DDT_INVALID  258
#define FAULT_DDT_WRONG	   259
#define FAULT_TYPE_REFUSED 260

#endif
