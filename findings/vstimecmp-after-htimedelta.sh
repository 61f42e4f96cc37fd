#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: QEMU 7.2 compares a guest's time with vstimecmp only when vstimecmp is written. A write
# of htimedelta that makes the timer expire leaves hip.VSTIP clear, for ever. QEMU 10.0.2 compares
# again. The Sstc extension ("vstimecmp") has VSTIP pending whenever (time + htimedelta) is at least
# vstimecmp. So a hypervisor that switches guests must write htimedelta first and vstimecmp last, or
# on QEMU 7.2 a guest whose timer has expired waits for an interrupt that does not come.
#
# A program in HS mode sets vstimecmp to an hour from now and htimedelta to 0, then htimedelta to
# 2^40 ticks, then vstimecmp to the same value again. It prints hip.VSTIP after each step.
# Usage: findings/vstimecmp-after-htimedelta.sh, as root on Debian (amd64) with mmdebstrap. Packages
# go into a temporary folder.
. "$(dirname "$0")/lib.sh"

OLD_QEMU='qemu-system-misc=1:7.2+dfsg-7+deb12u18+b3'
EXPECTED='7.2: 001
10.0.2: 011'

cat >"$work/guest.S" <<'CODE'
	.option norvc
	.globl _start
_start:
	li t0, 1 << 63		# henvcfg.STCE
	csrs 0x60a, t0
	csrw 0x605, zero	# htimedelta
	rdtime s0
	li t0, 3600 * 10000000
	add s0, s0, t0
	csrw 0x24d, s0		# vstimecmp
	jal print
	li t0, 1 << 40
	csrw 0x605, t0
	jal print
	csrw 0x24d, s0
	jal print
	li a7, 0x53525354	# SBI SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b

print:	# hip.VSTIP, a millisecond later
	rdtime t0
	li t1, 10000
	add t0, t0, t1
1:	rdtime t1
	bltu t1, t0, 1b
	csrr a0, 0x644
	srli a0, a0, 6
	andi a0, a0, 1
	addi a0, a0, '0'
	li a7, 1		# SBI legacy: one character
	ecall
	ret
CODE

timer_of() { # NAME
	echo "$1: $(boot -M virt -cpu rv64,h=true -kernel /guest.bin |
		grep -aoE '[01]{3}$' | tail -n 1)"
}
unpack_suite old bookworm "$OLD_QEMU" opensbi "$BINUTILS"
cp "$work/guest.S" "$root/guest.S"
build_guest /guest.S
seen=$(timer_of 7.2)
unpack_suite new 'bookworm bookworm-backports' "$QEMU"
cp "$work/old/guest.bin" "$root/guest.bin"
seen+=$'\n'$(timer_of 10.0.2)
echo "hip.VSTIP: vstimecmp in an hour; htimedelta so that it has expired; vstimecmp written again"
verdict "$seen" "QEMU 7.2 sees the timer expire at the write of vstimecmp alone"
