#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: which of two pending interrupts a hart of QEMU 10.0.2 takes first depends on the
# interrupt controller of the machine. Without the CSRs of AIA (Ssaia) the lowest number comes
# first: a VS-level software interrupt (2) before a supervisor timer interrupt (5). With
# `-M virt,aia=aplic-imsic` the same -cpu has Ssaia and the order of the privileged specification:
# SEI, SSI, STI, SGEI, VSEI, VSSI, VSTI ("Hypervisor Interrupt Registers").
#
# A program in HS mode makes five interrupts pending at once: SSI (1), VSSI (2), STI (5), VSTI (6)
# and VSEI (10), and lets HS mode take all of them. It prints the number of each that it takes, in
# hexadecimal, and disables that one.
# Usage: findings/interrupt-order-without-ssaia.sh, as root on Debian (amd64) with mmdebstrap.
# Packages go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='virt rv64: 1 2 5 6 a
virt rva23s64: 1 2 5 6 a
virt,aia=aplic-imsic rv64: 1 5 a 2 6'

unpack "$QEMU" "$BINUTILS"

cat >"$work/debian/guest.S" <<'CODE'
	.option arch, +h
	.option norvc
	.globl _start
_start:
	la t0, handler
	csrw stvec, t0
	csrw hideleg, zero	# HS mode keeps the interrupts of VS level
	li t0, 0x444
	csrw hvip, t0		# VSEI, VSTI, VSSI
	csrw hie, t0
	csrsi sip, 2		# SSI
	csrw 0x14d, zero	# stimecmp: STI
	li t0, 0x22
	csrs sie, t0
	csrsi sstatus, 2	# SIE
1:	j 1b

	.balign 4
handler:
	csrr s0, scause
	slli s0, s0, 1
	srli s0, s0, 1
	li t0, 1
	sll t0, t0, s0
	csrc sie, t0
	csrc hie, t0
	addi a0, s0, '0'
	li t0, 10
	blt s0, t0, 1f
	addi a0, s0, 'a' - 10
1:	jal put
	li a0, ' '
	jal put
	csrr t0, sie
	csrr t1, hie
	or t0, t0, t1
	beqz t0, off
	sret
off:
	li a0, '\n'
	jal put
	li a7, 0x53525354	# SBI SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b
put:	# SBI DBCN: one byte
	li a7, 0x4442434e
	li a6, 2
	ecall
	ret
CODE
build_guest /guest.S
order() { # MACHINE CPU
	printf '%s %s: ' "$1" "$2"
	boot -M "$1" -cpu "$2" -kernel /guest.bin |
		grep -aE '^([0-9a-f] )+$' | sed 's/ $//' || echo nothing
}
seen=$(order virt rv64
	order virt rva23s64
	order virt,aia=aplic-imsic rv64)
print_qemu
echo "interrupts in the order in which they are taken:"
verdict "$seen" "the order of the specification only with AIA"
