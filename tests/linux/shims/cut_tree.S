/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs between the firmware and Halite, which a loader device has put at HALITE, and cuts the
 * device tree short: the second half of the copy is zeros. With CUT_HEADER, the tree's header gives
 * the reduced size; without, it gives the original size.
 */
#define HALITE	0x80200000
#define TREE	0x94000000	/* address of the copy */
#define KEPT	2048		/* bytes that remain */

	.option	norelax
	.globl	_start
_start:
	li	t0, TREE
	mv	t1, a1
	li	t2, KEPT
1:	ld	t3, 0(t1)
	sd	t3, 0(t0)
	addi	t0, t0, 8
	addi	t1, t1, 8
	addi	t2, t2, -8
	bnez	t2, 1b
	li	t2, 65536
2:	sd	zero, 0(t0)
	addi	t0, t0, 8
	addi	t2, t2, -8
	bnez	t2, 2b
	li	a1, TREE
#ifdef CUT_HEADER
	/* totalsize, the second big-endian word */
	li	t0, (KEPT & 0xff) << 24 | (KEPT >> 8 & 0xff) << 16
	sw	t0, 4(a1)
#endif
	li	t0, HALITE
	jr	t0
