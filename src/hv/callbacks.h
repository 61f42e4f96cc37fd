/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions that the libraries src/hext and src/nacl call. They give access to memory, devices,
 * interrupt files and fences of the domain, and to the CSRs of a virtual hart. The context is the
 * struct vcpu.
 */
#ifndef HV_CALLBACKS_H
#define HV_CALLBACKS_H

#include "hext/hext.h"
#include "nacl/host.h"

extern const struct hext_ops callbacks_of_hext;
extern const struct nacl_host_ops callbacks_of_nacl;

#endif
