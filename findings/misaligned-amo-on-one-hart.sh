#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: the cause of a misaligned AMO depends on the number of harts. QEMU 10.0.2 with one hart
# raises a load address misaligned exception (4). With two harts, on the same hart, the same
# instruction raises a store/AMO address misaligned exception (6), as the privileged specification
# asks for ("Supervisor Cause Register", the table of causes). So a guest that is tested with one
# hart sees another trap than on hardware, and a hypervisor that looks for AMOs among the stores
# does not find this one.
#
# A program in S mode executes one misaligned AMO and prints the digit of scause.
# Usage: findings/misaligned-amo-on-one-hart.sh, as root on Debian (amd64) with mmdebstrap. Packages
# go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='1 hart: 4
2 harts: 6'

cat >"$work/guest.S" <<'CODE'
	.option norvc
	.globl _start
_start:
	la t0, trap
	csrw stvec, t0
	la t0, data + 1
	amoadd.w t1, t0, (t0)
	.balign 4
trap:
	csrr a0, scause
	addi a0, a0, '0'
	li a7, 1		# SBI legacy: one character
	ecall
	li a7, 0x53525354	# SBI SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b
	.balign 8
data:	.dword 0
CODE

cause() { # HARTS
	boot -M virt -smp "$1" -kernel /guest.bin | grep -aoE '[0-9]$' | tail -n 1
}

unpack "$QEMU" opensbi "$BINUTILS"
cp "$work/guest.S" "$root/guest.S"
build_guest /guest.S
print_qemu
verdict "1 hart: $(cause 1)"$'\n'"2 harts: $(cause 2)" \
	"QEMU tells a misaligned AMO as a load if the machine has one hart"
