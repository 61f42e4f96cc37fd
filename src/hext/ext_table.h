/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that Halite knows of each extension that gives L1 CSRs or fields of H and VS CSRs, or that L1
 * is not told of. L1 is told of any other extension that the hart has. A file that needs a part of
 * the table defines HEXT_EXT and includes this file.
 *
 *   HEXT_EXT(name, told, csrs, stateen0, envcfg, why)
 *
 * name		as in the ISA string. hext_config.@name says whether L1 has the extension.
 * told		whether L1's ISA string names the extension, if the hart has it.
 *   YES	it does.
 *   WITH_AIA	it does if L1 has an IMSIC.
 *   WITH_LCOFI	it does if Halite can deliver L1's LCOFI: with an IMSIC and bit 13 of hvien.
 *   NO		it does not: the extension is hidden.
 * csrs		how Halite finds out whether L1 has the CSRs with this gate in csr_table.h.
 *   ALWAYS	L1 has them.
 *   SSTC	L1 has them if hext_config.sstc is set.
 *   AIA	L1 has them if hext_config.aia is set.
 *   ASKED	If L1 has the extension, Halite tries at boot to read each of them: firmware may
 *		keep them from Halite. The world switch looks for them only if there are any.
 * stateen0	the bits of hstateen0 with which L1 gives the extension to L2. L1 may set a bit
 *		without an extension here, and a bit of an extension that L1 has.
 * envcfg	the bits of henvcfg that belong to the extension. L1 may set the bits of extensions
 *		that L1 has, and no others.
 * why		what Halite does for the extension, or why L1 is not told of it.
 */

/* clang-format off */

HEXT_EXT(h, YES, ALWAYS, 0, HENVCFG_FIOM, "emulated")
HEXT_EXT(v, YES, ASKED, 0, 0, "the hart's")
HEXT_EXT(sstc, YES, SSTC, 0, HENVCFG_STCE, "stimecmp holds L1's deadline while L2 runs")
HEXT_EXT(svinval, YES, ASKED, 0, 0, "HINVAL is emulated as HFENCE")
HEXT_EXT(svpbmt, YES, ASKED, 0, HENVCFG_PBMTE, "shadows have PBMT of L1's G-stage")
HEXT_EXT(svnapot, YES, ASKED, 0, 0, "walks of L1's tables know it")
HEXT_EXT(svadu, YES, ASKED, 0, HENVCFG_ADUE, "shadows set A and D in L1's G-stage")
HEXT_EXT(svade, YES, ASKED, 0, 0, "with it, only menvcfg.ADUE turns Svadu on")
HEXT_EXT(zicbom, YES, ASKED, 0, HENVCFG_CBIE | HENVCFG_CBCFE, "the hart's")
HEXT_EXT(zicboz, YES, ASKED, 0, HENVCFG_CBZE, "the hart's")
HEXT_EXT(smstateen, YES, ASKED, 0, 0, "hstateen0 to 3 are switched")
HEXT_EXT(ssnpm, YES, ASKED, 0, HENVCFG_PMM, "the hart's; HLV and HSV mask addresses (masking.h)")
HEXT_EXT(supm, YES, ASKED, 0, 0, "as Ssnpm")
HEXT_EXT(smaia, WITH_AIA, AIA, 0, 0, "of machine level, named beside Ssaia")
HEXT_EXT(ssaia, WITH_AIA, AIA, HSTATEEN0_OF_AIA, 0, "emulated or switched (docs/interrupts.md)")
HEXT_EXT(sscofpmf, WITH_LCOFI, ASKED, 0, 0, "Halite injects LCOFI by hvien and hvip")

/* Further indirect CSRs of VS level (vsiselect), and extensions that use them. */
HEXT_EXT(smcsrind, NO, ASKED, 0, 0, "further registers by vsiselect are not switched")
HEXT_EXT(sscsrind, NO, ASKED, HSTATEEN0_CSRIND, 0, "as Smcsrind")
HEXT_EXT(smcdeleg, NO, ASKED, 0, 0, "needs Sscsrind")
HEXT_EXT(ssccfg, NO, ASKED, 0, 0, "needs Sscsrind")
HEXT_EXT(smctr, NO, ASKED, 0, 0, "as Ssctr")
HEXT_EXT(ssctr, NO, ASKED, HSTATEEN0_CTR, 0, "records need Sscsrind; sctrdepth traps in VS mode")
HEXT_EXT(shlcofideleg, NO, ASKED, 0, 0, "L1 injects LCOFI by hvien")
HEXT_EXT(smdbltrp, NO, ASKED, 0, 0, "as Ssdbltrp")
HEXT_EXT(ssdbltrp, NO, ASKED, 0, HENVCFG_DTE, "vsstatus.SDT is not virtualized")
HEXT_EXT(zicfilp, NO, ASKED, 0, HENVCFG_LPE, "vsstatus.SPELP is not virtualized")
HEXT_EXT(zicfiss, NO, ASKED, 0, HENVCFG_SSE, "shadow stacks are not virtualized")
HEXT_EXT(smnpm, NO, ASKED, 0, 0, "as Sspm")
HEXT_EXT(sspm, NO, ASKED, 0, 0, "QEMU 10 does not mask VS mode by henvcfg.PMM")
HEXT_EXT(zkr, NO, ASKED, 0, 0, "seed always traps in VS mode")
HEXT_EXT(zk, NO, ASKED, 0, 0, "includes Zkr")
HEXT_EXT(ssqosid, NO, ASKED, HSTATEEN0_SRMCFG, 0, "srmcfg traps in VS mode")

/* clang-format on */

#undef HEXT_EXT
