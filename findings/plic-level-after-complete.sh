#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: the PLIC of QEMU 10.0.2 does not look at a wire when an interrupt is completed. A source
# whose wire is still high then is not pending again before the device drives the wire anew. The
# PLIC specification ("Interrupt Gateways") wants the completion to bring the next request of a
# level that is still asserted. The APLIC of the same machine, in direct delivery mode, gives the
# interrupt again. So a hypervisor that completes an interrupt before its guest has calmed the
# device loses interrupts here, and must not rely on the PLIC to repeat them.
#
# A program in S mode lets the UART ask for an interrupt (transmitter empty), claims it, completes
# it (the PLIC only), and claims again without having touched the UART. Then it reads the UART's
# IIR, whose low four bits are 2: the UART has asked all the time. Reading IIR calms the UART; the
# program lets the UART ask anew and claims a third time. It prints claim, claim, IIR and claim.
# Usage: findings/plic-level-after-complete.sh, as root on Debian (amd64) with mmdebstrap. Packages
# go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='PLIC: 0a 00 02 0a
APLIC: 0a 0a 02 0a'

unpack "$QEMU" "$BINUTILS"

cat >"$work/debian/guest.S" <<'CODE'
	.option norvc
	.equ UART, 0x10000000
	.globl _start
_start:
	li s0, UART
1:	lbu t0, 5(s0)		# LSR: until nothing is left to send
	andi t0, t0, 0x40
	beqz t0, 1b
.ifdef PLIC
	li s1, 0x0c000000
	li t0, 1
	sw t0, 4*10(s1)		# priority of source 10, the UART
	li t1, 0x0c002080	# context 1, which is S mode of hart 0: enable
	li t0, 1 << 10
	sw t0, (t1)
	li s2, 0x0c201000	# its threshold; the claim register is behind
	sw zero, (s2)
.else
	li s1, 0x0d000000	# the APLIC of S level
	li t0, 1 << 8
	sw t0, (s1)		# domaincfg: IE, direct delivery
	li t0, 6
	sw t0, 4*10(s1)		# sourcecfg of source 10: high level
	li t1, 0x0d003000
	li t0, 1
	sw t0, 4*10(t1)		# target: hart 0, priority 1
	li t0, 10
	li t1, 0x0d001edc
	sw t0, (t1)		# setienum
	li s2, 0x0d004000	# the IDC of hart 0
	li t0, 1
	sw t0, (s2)		# idelivery
	sw zero, 8(s2)		# ithreshold, which firmware set to 1
.endif
	li t0, 2
	sb t0, 1(s0)		# IER: an interrupt when the transmitter is empty, and it is
.ifdef PLIC
	lw s3, 4(s2)		# claim
	sw s3, 4(s2)		# complete
	lw s4, 4(s2)		# claim
.else
	lw s3, 0x1c(s2)		# claimi: claims; there is no completion
	srli s3, s3, 16
	lw s4, 0x1c(s2)
	srli s4, s4, 16
.endif
	lbu s5, 2(s0)		# IIR
	andi s5, s5, 15
	sb zero, 1(s0)
	li t0, 2
	sb t0, 1(s0)
.ifdef PLIC
	lw s6, 4(s2)
.else
	lw s6, 0x1c(s2)
	srli s6, s6, 16
.endif
	sb zero, 1(s0)		# nothing may ask while firmware prints
	mv a0, s3
	jal print
	mv a0, s4
	jal print
	mv a0, s5
	jal print
	mv a0, s6
	jal print
	li a0, '\n'
	jal put
	li a7, 0x53525354	# SBI SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b

print:	# a0 in two digits, and a space
	mv s7, ra
	mv s8, a0
	srli a0, a0, 4
	jal digit
	mv a0, s8
	jal digit
	li a0, ' '
	mv ra, s7
put:	# SBI DBCN: one byte
	li a7, 0x4442434e
	li a6, 2
	ecall
	ret
digit:
	andi a0, a0, 15
	addi a0, a0, '0'
	li t0, '9'
	ble a0, t0, put
	addi a0, a0, 'a' - '9' - 1
	j put
CODE
second_claim() { # PLIC|APLIC MACHINE
	build_guest /guest.S --defsym "$1=1"
	printf '%s: ' "$1"
	boot -M "$2" -cpu rv64 -kernel /guest.bin |
		grep -aE '^([0-9a-f]{2} )+$' | sed 's/ $//' || echo nothing
}
seen=$(second_claim PLIC virt
	second_claim APLIC virt,aia=aplic)
print_qemu
echo "claim, claim after the completion, IIR of the UART, claim after it asked anew:"
verdict "$seen" "the PLIC does not repeat a wire that is still high"
