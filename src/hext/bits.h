/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of CSR fields, and of the numbers of interrupts and exceptions, for src/hext and its
 * callers. The values are those of the RISC-V privileged architecture. Each is defined here and
 * nowhere else.
 */
#ifndef HEXT_BITS_H
#define HEXT_BITS_H

#include <stdint.h>

#define BIT64(n)       (UINT64_C(1) << (n))
#define MASK64(hi, lo) ((~UINT64_C(0) >> (63 - (hi))) & (~UINT64_C(0) << (lo)))

/* sstatus and vsstatus */
#define SSTATUS_SIE    BIT64(1)
#define SSTATUS_SPIE   BIT64(5)
#define SSTATUS_SPP    BIT64(8)
#define SSTATUS_VS     MASK64(10, 9)
#define SSTATUS_FS     MASK64(14, 13)
#define SSTATUS_XS     MASK64(16, 15)
#define SSTATUS_SUM    BIT64(18)
#define SSTATUS_MXR    BIT64(19)
#define SSTATUS_SDT    BIT64(24)
#define SSTATUS_UXL_64 (UINT64_C(2) << 32)
#define SSTATUS_SD     BIT64(63)

/* hstatus */
#define HSTATUS_GVA	BIT64(6)
#define HSTATUS_SPV	BIT64(7)
#define HSTATUS_SPVP	BIT64(8)
#define HSTATUS_HU	BIT64(9)
#define HSTATUS_VGEIN	MASK64(17, 12)
#define HSTATUS_VTVM	BIT64(20)
#define HSTATUS_VTW	BIT64(21)
#define HSTATUS_VTSR	BIT64(22)
#define HSTATUS_VSXL_64 (UINT64_C(2) << 32)
#define HSTATUS_HUPMM	MASK64(49, 48)

/* henvcfg */
#define HENVCFG_FIOM  BIT64(0)
#define HENVCFG_LPE   BIT64(2)
#define HENVCFG_SSE   BIT64(3)
#define HENVCFG_CBIE  MASK64(5, 4)
#define HENVCFG_CBCFE BIT64(6)
#define HENVCFG_CBZE  BIT64(7)
#define HENVCFG_PMM   MASK64(33, 32)
#define HENVCFG_DTE   BIT64(59)
#define HENVCFG_ADUE  BIT64(61)
#define HENVCFG_PBMTE BIT64(62)
#define HENVCFG_STCE  BIT64(63)

/* hstateen0 */
#define HSTATEEN0_CTR	 BIT64(54)
#define HSTATEEN0_SRMCFG BIT64(55)
#define HSTATEEN0_IMSIC	 BIT64(58)
#define HSTATEEN0_AIA	 BIT64(59)
#define HSTATEEN0_CSRIND BIT64(60)
#define HSTATEEN0_OF_AIA (HSTATEEN0_IMSIC | HSTATEEN0_AIA | HSTATEEN0_CSRIND)

#define HSTATUS_VGEIN_SHIFT 12
#define HSTATUS_HUPMM_SHIFT 48

/* henvcfg and senvcfg */
#define ENVCFG_PMM_SHIFT 32

/* hvictl */
#define HVICTL_IPRIO	 MASK64(7, 0)
#define HVICTL_IPRIOM	 BIT64(8)
#define HVICTL_DPR	 BIT64(9)
#define HVICTL_IID	 MASK64(27, 16)
#define HVICTL_IID_SHIFT 16
#define HVICTL_VTI	 BIT64(30)

/* stopi and vstopi; stopei and vstopei have their fields at the same bits */
#define TOPI_IID_SHIFT 16
#define TOPEI_PRIORITY MASK64(10, 0)

/*
 * Numbers of registers in siselect and vsiselect (AIA "CSRs", "IMSIC"). Of the arrays of an
 * interrupt file (eip, eie), RV64 has only the registers with even numbers.
 */
#define ISELECT_IPRIO	    0x30
#define ISELECT_IPRIO_LAST  0x3f
#define ISELECT_EXTERNAL    0x70
#define ISELECT_EIDELIVERY  0x70
#define ISELECT_EITHRESHOLD 0x72
#define ISELECT_EIP	    0x80
#define ISELECT_EIE0	    0xc0
#define ISELECT_EIE_LAST    0xff

/* satp, vsatp, hgatp */
#define ATP_MODE_SHIFT	 60
#define ATP_MODE_BARE	 UINT64_C(0)
#define ATP_MODE_39	 UINT64_C(8)
#define ATP_MODE_48	 UINT64_C(9)
#define ATP_MODE_57	 UINT64_C(10)
#define ATP_PPN		 MASK64(43, 0)
#define SATP_ASID_SHIFT	 44
#define HGATP_VMID_SHIFT 44
#define HGATP_VMID	 MASK64(57, 44)

/* Interrupts: the numbers, and for each level the mask of its interrupts in sip or hip. */
#define IRQ_SSI	  1
#define IRQ_VSSI  2
#define IRQ_STI	  5
#define IRQ_VSTI  6
#define IRQ_SEI	  9
#define IRQ_VSEI  10
#define IRQ_SGEI  12
#define IRQ_LCOFI 13
#define IRQ_S_ALL (BIT64(IRQ_SSI) | BIT64(IRQ_STI) | BIT64(IRQ_SEI))
/* The interrupts that hvien can inject (AIA "Virtual interrupts for VS level"). */
#define IRQ_LOCAL  MASK64(63, 13)
#define IRQ_VS_ALL (BIT64(IRQ_VSSI) | BIT64(IRQ_VSTI) | BIT64(IRQ_VSEI))

/* Exceptions */
#define CAUSE_INTERRUPT	       BIT64(63)
#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL	       2
#define CAUSE_BREAKPOINT       3
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_ECALL_U	       8
#define CAUSE_ECALL_S	       9
#define CAUSE_ECALL_VS	       10
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE	       13
#define CAUSE_STORE_PAGE       15
#define CAUSE_FETCH_GUEST_PAGE 20
#define CAUSE_LOAD_GUEST_PAGE  21
#define CAUSE_VIRTUAL	       22
#define CAUSE_STORE_GUEST_PAGE 23

static inline unsigned int count_bits(uint64_t value)
{
	unsigned int n = 0;

	for (; value; value &= value - 1)
		n++;
	return n;
}

static inline uint16_t hgatp_vmid(uint64_t hgatp)
{
	return (hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT;
}

#endif
