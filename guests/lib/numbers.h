/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers for the guests: CSRs, fields, causes, interrupts and page-table entries of the privileged
 * architecture, and extensions of SBI. They are written here from the specifications, not shared
 * with src, so that a test can find a wrong number in src. Assembly has the numbers of CSRs only.
 */
#ifndef GUEST_NUMBERS_H
#define GUEST_NUMBERS_H

#define CSR_SSTATUS    0x100
#define CSR_SIE	       0x104
#define CSR_STVEC      0x105
#define CSR_SSCRATCH   0x140
#define CSR_SEPC       0x141
#define CSR_SIP	       0x144
#define CSR_STIMECMP   0x14d
#define CSR_SISELECT   0x150
#define CSR_SIREG      0x151
#define CSR_STOPEI     0x15c
#define CSR_SATP       0x180
#define CSR_VSSTATUS   0x200
#define CSR_VSIE       0x204
#define CSR_VSTVEC     0x205
#define CSR_VSSCRATCH  0x240
#define CSR_VSEPC      0x241
#define CSR_VSCAUSE    0x242
#define CSR_VSTVAL     0x243
#define CSR_VSIP       0x244
#define CSR_VSTIMECMP  0x24d
#define CSR_VSISELECT  0x250
#define CSR_VSIREG     0x251
#define CSR_VSTOPEI    0x25c
#define CSR_VSATP      0x280
#define CSR_HSTATUS    0x600
#define CSR_HEDELEG    0x602
#define CSR_HIDELEG    0x603
#define CSR_HIE	       0x604
#define CSR_HTIMEDELTA 0x605
#define CSR_HCOUNTEREN 0x606
#define CSR_HGEIE      0x607
#define CSR_HVIEN      0x608
#define CSR_HVICTL     0x609
#define CSR_HENVCFG    0x60a
#define CSR_HSTATEEN0  0x60c
#define CSR_HTVAL      0x643
#define CSR_HIP	       0x644
#define CSR_HVIP       0x645
#define CSR_HVIPRIO1   0x646
#define CSR_HVIPRIO2   0x647
#define CSR_HTINST     0x64a
#define CSR_HGATP      0x680
#define CSR_TIME       0xc01
#define CSR_STOPI      0xdb0
#define CSR_HGEIP      0xe12
#define CSR_VSTOPI     0xeb0

#ifndef __ASSEMBLER__
#include <stdint.h>

#define BIT64(n) (UINT64_C(1) << (n))
#define PAGE	 UINT64_C(4096)

/* sstatus and hstatus */
#define SSTATUS_SIE  BIT64(1)
#define SSTATUS_SPIE BIT64(5)
#define SSTATUS_SPP  BIT64(8)
#define SSTATUS_VS   (BIT64(9) | BIT64(10))
#define SSTATUS_FS   (BIT64(13) | BIT64(14))
#define SSTATUS_SUM  BIT64(18)
#define SSTATUS_MXR  BIT64(19)
#define HSTATUS_GVA  BIT64(6)
#define HSTATUS_SPV  BIT64(7)
#define HSTATUS_SPVP BIT64(8)
#define HSTATUS_HU   BIT64(9)
#define HSTATUS_VTVM BIT64(20)
#define HSTATUS_VTW  BIT64(21)
#define HSTATUS_VTSR BIT64(22)

/* Exceptions */
#define CAUSE_INTERRUPT	       BIT64(63)
#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL	       2
#define CAUSE_BREAKPOINT       3
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_ECALL_U	       8
#define CAUSE_ECALL_VS	       10
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE	       13
#define CAUSE_STORE_PAGE       15
#define CAUSE_FETCH_GUEST_PAGE 20
#define CAUSE_LOAD_GUEST_PAGE  21
#define CAUSE_VIRTUAL	       22
#define CAUSE_STORE_GUEST_PAGE 23

/* Interrupts */
#define IRQ_SSI	 1
#define IRQ_VSSI 2
#define IRQ_STI	 5
#define IRQ_VSTI 6
#define IRQ_SEI	 9
#define IRQ_VSEI 10
#define IRQ_SGEI 12

/* Page-table entries; PPN() is the entry's field for an address. */
#define PTE_V	  BIT64(0)
#define PTE_R	  BIT64(1)
#define PTE_W	  BIT64(2)
#define PTE_X	  BIT64(3)
#define PTE_U	  BIT64(4)
#define PTE_G	  BIT64(5)
#define PTE_A	  BIT64(6)
#define PTE_D	  BIT64(7)
#define PTE_AD	  (PTE_A | PTE_D)
#define PTE_RWX	  (PTE_V | PTE_R | PTE_W | PTE_X | PTE_AD) /* a leaf */
#define PPN(addr) ((uint64_t)(addr) >> 12 << 10)

/* Extensions of SBI */
#define EXT_BASE   0x10
#define EXT_TIME   0x54494d45
#define EXT_IPI	   0x735049
#define EXT_RFENCE 0x52464e43
#define EXT_HSM	   0x48534d
#define EXT_SRST   0x53525354
#define EXT_DBCN   0x4442434e
#define EXT_PMU	   0x504d55
#define EXT_NACL   0x4e41434c
#define EXT_FWFT   0x46574654
#define EXT_SUSP   0x53555350
#endif

#endif
