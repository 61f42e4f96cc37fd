/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Makefile includes this before each source: all symbols are the image's own, so their
 * addresses need no global offset table.
 */
#pragma GCC visibility push(hidden)
