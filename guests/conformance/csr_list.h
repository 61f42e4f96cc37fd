/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The H and VS CSRs, and the specification of their bits (priv, chapter "H" extension).
 *
 * hold: bits that hold the written value.
 * fixed: bits that always have the value in @one: reserved bits, and fields with one value, as all
 * modes have 64 bits here. skip: bits that are not printed: those of extensions that this program
 * does not check (guest external interrupts, AIA, Sscofpmf, Zicfilp); and vsstatus.SD, XS and the
 * low bits of hgatp.PPN, which other lines check.
 */
#ifndef CSR_LIST_H
#define CSR_LIST_H

#include "conformance.h"

struct h_csr {
	const char *name;
	uint16_t number;
	bool read_only;
	uint64_t hold;
	uint64_t fixed;
	uint64_t one;
	uint64_t skip;
};

#define ALL	   (~UINT64_C(0))
#define XL_64	   (UINT64_C(2) << 32)
#define EXC_NEVER  (BIT64(9) | BIT64(10) | BIT64(11) | UINT64_C(0xf00000))
#define EXC_COMMON (BIT64(0) | BIT64(3) | BIT64(8) | BIT64(12) | BIT64(13) | BIT64(15))
/* SIE, SPIE, UBE, SPP, VS, FS, XS, SUM, MXR, SPELP, SDT, UXL, SD */
#define STATUS_FIELDS                                                                        \
	(BIT64(1) | BIT64(5) | BIT64(6) | BIT64(8) | UINT64_C(0x1e600) | UINT64_C(0xc0000) | \
	 BIT64(23) | BIT64(24) | UINT64_C(3) << 32 | BIT64(63))
#define STATUS_HOLD (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR)
#define ABOVE12	    (~UINT64_C(0x1fff))
#define LOW13	    UINT64_C(0x1fff)
#define HIGH32	    (~UINT64_C(0xffffffff))

/* Bits of vsie and vsip, of hvip and hideleg, and of hie and hip that are always 0. */
#define VSI_FIXED (LOW13 & ~UINT64_C(0x222))
#define HVI_FIXED (LOW13 & ~VS_IRQS)
#define HI_FIXED  (LOW13 & ~VS_IRQS & ~BIT64(12))

#define STATUS_FIXED   (~STATUS_FIELDS | XL_64 | BIT64(32))
#define STATUS_SKIP    (BIT64(6) | UINT64_C(0x18000) | BIT64(23) | BIT64(24) | BIT64(63))
#define HSTATUS_FIELDS (XL_64 | BIT64(32) | UINT64_C(0x73f3e0) | UINT64_C(0x3000000000000))
#define HSTATUS_FIXED  (~HSTATUS_FIELDS | XL_64 | BIT64(32))
#define HSTATUS_VGEIN  UINT64_C(0x3f000)
#define HSTATUS_HOLD                                                                          \
	(HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_HU | HSTATUS_VTVM | HSTATUS_VTW | \
	 HSTATUS_VTSR)
/* Bits of vsepc and vstval that certainly hold a value: 35 bits of a word address. */
#define SOME_ADDR UINT64_C(0x7fffffffe)

/* clang-format off */
/*        name          number  ro     hold            fixed              one    skip */
#define H_CSRS \
	{ "vsstatus",   0x200,  false, STATUS_HOLD,    STATUS_FIXED,      XL_64, STATUS_SKIP },   \
	{ "vsie",       0x204,  false, 0,              VSI_FIXED,         0,     ABOVE12 },       \
	{ "vstvec",     0x205,  false, 0,              BIT64(1),          0,     0 },             \
	{ "vsscratch",  0x240,  false, ALL,            0,                 0,     0 },             \
	{ "vsepc",      0x241,  false, SOME_ADDR,      BIT64(0),          0,     0 },             \
	{ "vscause",    0x242,  false, BIT64(63) | 31, 0,                 0,     0 },             \
	{ "vstval",     0x243,  false, SOME_ADDR | 1,  0,                 0,     0 },             \
	{ "vsip",       0x244,  false, 0,              VSI_FIXED,         0,     ABOVE12 },       \
	{ "vstimecmp",  0x24d,  false, ALL,            0,                 0,     0 },             \
	{ "vsatp",      0x280,  false, 0,              0,                 0,     0 },             \
	{ "hstatus",    0x600,  false, HSTATUS_HOLD,   HSTATUS_FIXED,     XL_64, HSTATUS_VGEIN }, \
	{ "hedeleg",    0x602,  false, EXC_COMMON,     EXC_NEVER,         0,     0 },             \
	{ "hideleg",    0x603,  false, VS_IRQS,        HVI_FIXED,         0,     ABOVE12 },       \
	{ "hie",        0x604,  false, VS_IRQS,        HI_FIXED,          0,     ABOVE12 },       \
	{ "htimedelta", 0x605,  false, ALL,            0,                 0,     0 },             \
	{ "hcounteren", 0x606,  false, 0,              HIGH32,            0,     0 },             \
	{ "hgeie",      0x607,  false, 0,              BIT64(0),          0,     0 },             \
	{ "henvcfg",    0x60a,  false, 0,              0,                 0,     0 },             \
	{ "htval",      0x643,  false, 0,              0,                 0,     0 },             \
	{ "hip",        0x644,  false, 0,              HI_FIXED,          0,     ABOVE12 },       \
	{ "hvip",       0x645,  false, VS_IRQS,        HVI_FIXED,         0,     ABOVE12 },       \
	{ "htinst",     0x64a,  false, 0,              0,                 0,     0 },             \
	{ "hgatp",      0x680,  false, 0,              UINT64_C(3) << 58, 0,     3 },             \
	{ "hgeip",      0xe12,  true,  0,              BIT64(0),          0,     0 },
/* clang-format on */

#endif
