/* SPDX-License-Identifier: BSD-2-Clause */
/* The copy of quick.c for KEY_AREA: the CSRs are in the area of the NACL below. */
#define RISCV_NCSR_AREA riscv_area
#define QUICK(name)	quick_area_##name
#include "hv/quick.c"
