#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: QEMU 7.2 takes the highest bit of a guest physical address for a sign. Under Sv39x4, an
# address with bit 40 is a guest-page fault although the G-stage maps it; so are addresses with bit
# 49 under Sv48x4 and bit 58 under Sv57x4. QEMU 10.0.2 translates them. The privileged specification
# ("Two-Stage Address Translation") has guest physical addresses zero-extended: Sv39x4 has all 41
# bits. So on QEMU 7.2 a hypervisor that fills its table at each such fault does so for ever, and
# one that chooses the smallest mode for its guest's memory must count one bit less.
#
# A program in HS mode maps its own memory at its physical address and once more in the upper half
# of each mode's guest physical addresses, by two leaves in the root of the G-stage. It reads its
# first word at both places by HLV.W. It prints scause of each read in hexadecimal, or 00 if the
# read succeeded.
# Usage: findings/upper-half-of-guest-addresses.sh, as root on Debian (amd64) with mmdebstrap.
# Packages go into temporary folders.
. "$(dirname "$0")/lib.sh"

OLD_QEMU='qemu-system-misc=1:7.2+dfsg-7+deb12u18+b3'
EXPECTED='7.2, Sv39x4: lower 00, upper 15
7.2, Sv48x4: lower 00, upper 15
7.2, Sv57x4: lower 00, upper 15
10.0.2, Sv39x4: lower 00, upper 00
10.0.2, Sv48x4: lower 00, upper 00
10.0.2, Sv57x4: lower 00, upper 00'

cat >"$work/guest.S" <<'CODE'
	.option norvc
	.equ LEAF, 0xdf
	# Two leaves in the root, at \index and in the upper half; then both reads under \mode.
	.macro attempt mode, bit, index, base
	li t1, (\base) >> 2 | LEAF
	la t0, gstage + 8 * \index
	sd t1, (t0)
	la t0, gstage + 8 * (1024 + \index)
	sd t1, (t0)
	la t0, gstage
	srli t0, t0, 12
	li t1, \mode << 60
	or t0, t0, t1
	csrw 0x680, t0		# hgatp
	.insn r 0x73, 0, 0x31, x0, x0, x0	# hfence.gvma
	la s1, _start
	jal read
	li t0, 1 << \bit
	add s1, s1, t0
	jal read
	.endm

	.globl _start
_start:
	la t0, handler
	csrw stvec, t0
	csrw 0x280, zero	# vsatp
	li t0, 0x100
	csrs 0x600, t0		# hstatus.SPVP
	attempt 8, 40, 2, 0x80000000
	la t0, gstage + 8 * 2
	sd zero, (t0)
	attempt 9, 49, 0, 0
	attempt 10, 58, 0, 0
	li a7, 0x53525354	# SBI SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b

	.balign 4
handler:	# leaves scause in s3, goes on behind the instruction
	csrr s3, scause
	csrr t0, sepc
	addi t0, t0, 4
	csrw sepc, t0
	li t0, 0x100
	csrs sstatus, t0
	sret

read:	# reads from s1, prints s3 in two digits
	mv s6, ra
	li s3, 0
	.insn r 0x73, 4, 0x34, t2, s1, x0	# hlv.w t2, (s1)
	srli a0, s3, 4
	jal digit
	mv a0, s3
	jal digit
	li a0, '\n'
	mv ra, s6
put:	li a7, 1		# SBI legacy: one character
	ecall
	ret
digit:
	andi a0, a0, 15
	addi a0, a0, '0'
	li t0, '9'
	ble a0, t0, put
	addi a0, a0, 'a' - '9' - 1
	j put

	.balign 16384
gstage:	.zero 16384
CODE

causes_of() { # NAME
	local mode lines
	mapfile -t lines < <(boot -M virt -cpu rv64,h=true -kernel /guest.bin |
		grep -aE '^[0-9a-f]{2}$')
	for mode in 0 1 2; do
		echo "$1, Sv$((39 + 9 * mode))x4: lower ${lines[2 * mode]:-none}," \
			"upper ${lines[2 * mode + 1]:-none}"
	done
}
unpack_suite old bookworm "$OLD_QEMU" opensbi "$BINUTILS"
cp "$work/guest.S" "$root/guest.S"
build_guest /guest.S
seen=$(causes_of 7.2)
unpack_suite new 'bookworm bookworm-backports' "$QEMU"
cp "$work/old/guest.bin" "$root/guest.bin"
seen+=$'\n'$(causes_of 10.0.2)
echo "scause of a load in the lower and the upper half of the guest physical addresses:"
verdict "$seen" "QEMU 7.2 does not translate the upper half of any G-stage mode"
