/* SPDX-License-Identifier: BSD-2-Clause */
/* The copy of swap.c for KEY_AREA: the CSRs are in the area of the NACL below. */
#define RISCV_NCSR_AREA (riscv_nacl->shmem)
#define SWAP(name)	swap_area_##name
#include "hv/swap.c"
