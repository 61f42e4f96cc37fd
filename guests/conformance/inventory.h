/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every CSR that can be read in VS mode, each once, and how one guest's value is kept from the
 * next.
 *
 * Invariant: no CSR without a row here can be read in VS mode. Nobody switches such a CSR, so it
 * would leak values.
 *
 * value: the value that L1 gives the next guest.
 * told: the extensions that have the CSR, with / between them; NULL: it always exists. Without such
 * an extension L1 cannot know of the CSR. If it can be read nevertheless, no guest must be able to
 * change it for another.
 */
#ifndef INVENTORY_H
#define INVENTORY_H

#include "aia.h"
#include "csr_list.h"

enum holder {
	/* VS mode has its register (priv H), at the number + 0x100, which L1 writes. */
	VS_BANK,
	/* Shows hie and hip through hideleg. L1 writes these. */
	VIEW,
	/* HS and VS mode share the register (priv H). L1 writes it by its number. */
	SHARED,
	/*
	 * Shows what siselect and hstatus.VGEIN select. L1 switches these; the file is the
	 * guest's.
	 */
	WINDOW,
	/* No CSR instruction writes it. L1 restores vl and vtype with the vector registers. */
	READ_ONLY,
};

struct row {
	const char *name;
	uint16_t first, last;
	enum holder holder;
	const char *told;
	uint64_t value;
};

#define VS_NUMBER(csr) ((csr) + 0x100u)

/* clang-format off */
/*	  name		first  last   holder	 told	     value */
#define INVENTORY									\
	/* priv "CSR Listing": unprivileged; FS, VS and henvcfg let them be used. */	\
	{ "fflags",	0x001, 0x001, SHARED,	 "f",	     0x05 },			\
	{ "frm",	0x002, 0x002, SHARED,	 "f",	     0x01 },			\
	{ "fcsr",	0x003, 0x003, SHARED,	 "f",	     0x25 },			\
	{ "vstart",	0x008, 0x008, SHARED,	 "v",	     0 },			\
	{ "vxsat",	0x009, 0x009, SHARED,	 "v",	     0x01 },			\
	{ "vxrm",	0x00a, 0x00a, SHARED,	 "v",	     0x01 },			\
	{ "vcsr",	0x00f, 0x00f, SHARED,	 "v",	     0x03 },			\
	{ "ssp",	0x011, 0x011, SHARED,	 "zicfiss",  0x12345678 },		\
	{ "jvt",	0x017, 0x017, SHARED,	 "zcmt",     0x12345640 },		\
	{ "cycle",	0xc00, 0xc00, READ_ONLY, "zicntr",   0 },			\
	{ "time",	0xc01, 0xc01, READ_ONLY, "zicntr",   0 },			\
	{ "instret",	0xc02, 0xc02, READ_ONLY, "zicntr",   0 },			\
	{ "hpmcounter",	0xc03, 0xc1f, READ_ONLY, "zihpm",    0 },			\
	{ "vl",		0xc20, 0xc20, READ_ONLY, "v",	     0 },			\
	{ "vtype",	0xc21, 0xc21, READ_ONLY, "v",	     0 },			\
	{ "vlenb",	0xc22, 0xc22, READ_ONLY, "v",	     0 },			\
	/* Supervisor level, shared by HS and VS mode. */				\
	{ "scounteren",	0x106, 0x106, SHARED,	 NULL,	     0x05 },			\
	{ "senvcfg",	0x10a, 0x10a, SHARED,	 NULL,	     0x50 },			\
	{ "sstateen0",	0x10c, 0x10c, SHARED,	 "smstateen", 0 },			\
	{ "sstateen1",	0x10d, 0x10d, SHARED,	 "smstateen", 0 },			\
	{ "sstateen2",	0x10e, 0x10e, SHARED,	 "smstateen", 0 },			\
	{ "sstateen3",	0x10f, 0x10f, SHARED,	 "smstateen", 0 },			\
	{ "sctrstatus",	0x14f, 0x14f, SHARED,	 "ssctr",    0x80000000 },		\
	{ "scontext",	0x5a8, 0x5a8, SHARED,	 "sdtrig",   0x01 },			\
	{ "scountovf",	0xda0, 0xda0, READ_ONLY, "sscofpmf", 0 },			\
	/* VS mode has a register or a view of these. */				\
	{ "sie",	0x104, 0x104, VIEW,	 NULL,	     0x202 },			\
	{ "sip",	0x144, 0x144, VIEW,	 NULL,	     0x022 },			\
	{ "stvec",	0x105, 0x105, VS_BANK,	 NULL,	     0x12345679 },		\
	{ "sscratch",	0x140, 0x140, VS_BANK,	 NULL,	     UINT64_C(0x123456789abcdef0) }, \
	{ "sepc",	0x141, 0x141, VS_BANK,	 NULL,	     0x12345678 },		\
	{ "scause",	0x142, 0x142, VS_BANK,	 NULL,	     0x0c },			\
	{ "stval",	0x143, 0x143, VS_BANK,	 NULL,	     0x12345678 },		\
	{ "stimecmp",	0x14d, 0x14d, VS_BANK,	 "sstc",     UINT64_C(0xfffffffffffffff0) }, \
	{ "sctrctl",	0x14e, 0x14e, VS_BANK,	 "ssctr",    0 },			\
	{ "siselect",	0x150, 0x150, VS_BANK,	 "ssaia/sscsrind", EIDELIVERY },	\
	{ "sireg",	0x151, 0x153, WINDOW,	 "ssaia/sscsrind", 0 },			\
	{ "sireg4",	0x155, 0x157, WINDOW,	 "sscsrind", 0 },			\
	{ "stopei",	0x15c, 0x15c, WINDOW,	 "ssaia",    0 },			\
	{ "stopi",	0xdb0, 0xdb0, READ_ONLY, "ssaia",    0 },			\
	{ "sstatus",	0x100, 0x100, VS_BANK,	 NULL,	     XL_64 | SSTATUS_SUM | SSTATUS_SPIE }, \
	/* The last one: its value may prevent the guest's next fetch. */		\
	{ "satp",	0x180, 0x180, VS_BANK,	 NULL,	     0 },
/* clang-format on */

#endif
