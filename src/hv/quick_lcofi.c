/* SPDX-License-Identifier: BSD-2-Clause */
/* The copy of quick.c for KEY_LCOFI. */
#define SWAP_LCOFI  true
#define QUICK(name) quick_lcofi_##name
#include "hv/quick.c"
