/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of SBI extensions and functions (RISC-V SBI 3.0), for C and for assembly. */
#ifndef RISCV_SBI_IDS_H
#define RISCV_SBI_IDS_H

#define SBI_EXT_LEGACY_SET_TIMER 0x00
#define SBI_EXT_LEGACY_PUTCHAR	 0x01
#define SBI_EXT_LEGACY_GETCHAR	 0x02
#define SBI_EXT_LEGACY_CLEAR_IPI 0x03
#define SBI_EXT_LEGACY_SEND_IPI	 0x04
#define SBI_EXT_LEGACY_FENCE_I	 0x05 /* SFENCE_VMA and SFENCE_VMA_ASID follow */
#define SBI_EXT_LEGACY_SHUTDOWN	 0x08
#define SBI_EXT_BASE		 0x10
#define SBI_EXT_TIME		 0x54494d45
#define SBI_EXT_IPI		 0x735049
#define SBI_EXT_RFENCE		 0x52464e43
#define SBI_EXT_HSM		 0x48534d
#define SBI_EXT_SRST		 0x53525354
#define SBI_EXT_PMU		 0x504d55
#define SBI_EXT_DBCN		 0x4442434e
#define SBI_EXT_FWFT		 0x46574654
#define SBI_EXT_SUSP		 0x53555350

#define SBI_BASE_GET_SPEC_VERSION 0
#define SBI_BASE_GET_IMPL_ID	  1
#define SBI_BASE_PROBE_EXTENSION  3
#define SBI_TIME_SET_TIMER	  0
#define SBI_IPI_SEND		  0
#define SBI_HSM_HART_START	  0
#define SBI_HSM_HART_STOP	  1
#define SBI_HSM_HART_STATUS	  2
#define SBI_SRST_RESET		  0
#define SBI_SUSP_SUSPEND	  0
#define SBI_SRST_TYPE_SHUTDOWN	  0
#define SBI_SRST_REASON_NONE	  0
#define SBI_SRST_REASON_FAILURE	  1
#define SBI_DBCN_WRITE		  0
#define SBI_DBCN_READ		  1
#define SBI_FWFT_SET		  0
#define SBI_FWFT_GET		  1

/* Features of FWFT. All are local: each hart has a value of its own. */
#define SBI_FWFT_MISALIGNED_EXC_DELEG  0
#define SBI_FWFT_LANDING_PAD	       1
#define SBI_FWFT_SHADOW_STACK	       2
#define SBI_FWFT_DOUBLE_TRAP	       3
#define SBI_FWFT_PTE_AD_HW_UPDATING    4
#define SBI_FWFT_POINTER_MASKING_PMLEN 5

#endif
