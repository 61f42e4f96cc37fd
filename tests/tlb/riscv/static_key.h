/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of src/riscv/static_key.h: a variable. */
#ifndef RISCV_STATIC_KEY_H
#define RISCV_STATIC_KEY_H

#include <stdbool.h>
#include <stdint.h>

#define KEY_NACL	      0
#define KEY_NACL_SYNC_CSR     1
#define KEY_NACL_SYNC_HFENCE  2
#define KEY_NACL_SYNC_SRET    3
#define KEY_NACL_AUTOSWAP_CSR 4
#define KEY_NO_SSTC	      5
#define KEY_FLUSH	      6
#define KEY_STATS	      7
#define KEY_SLOW	      8
#define KEY_AIA		      9
#define KEY_OPEN	      10
#define KEY_AREA	      11
#define KEY_SSNPM	      12
#define KEY_LCOFI	      13
#define KEY_CONSOLE	      14

extern uint32_t machine_keys;

#define static_key(key) (machine_keys >> (key)&1)

void static_keys_patch(uint32_t keys);

#endif
