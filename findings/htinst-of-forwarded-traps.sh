#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: under QEMU 10.0.2 and its OpenSBI 1.5.1, a hypervisor that reads htinst behind an
# illegal instruction of its guest finds the instruction of an earlier guest-page fault there, not
# 0. OpenSBI does not delegate illegal instructions and hands them on to HS mode by writing the
# CSRs, and QEMU ignores what software writes to htinst. The privileged specification (hypervisor
# extension, "htinst") wants 0 or a transformation of the instruction that trapped.
#
# A program in HS mode enters VS mode. There a load of an address that the G-stage does not map
# comes first (cause 21, htinst is the load), then a write of mstatus (cause 2). The program prints
# scause and htinst of each.
# Usage: findings/htinst-of-forwarded-traps.sh, as root on Debian with mmdebstrap. Packages go into
# a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='0000000000000015 0000000000003503
0000000000000002 0000000000003503'

unpack "$QEMU" "$BINUTILS"

cat >"$work/debian/guest.S" <<'CODE'
	.option arch, +h
	.option norvc
	.globl _start
_start:
	la sp, stack
	la t0, handler
	csrw stvec, t0
	csrw hedeleg, zero
	# The G-stage: 1 GiB at 0x80000000, which is where this program is; nothing else.
	la t0, root
	li t1, 0x80000000 >> 12 << 10 | 0xdf
	sd t1, 16(t0)
	srli t0, t0, 12
	li t1, 8 << 60
	or t0, t0, t1
	csrw hgatp, t0
	csrw vsatp, zero
	hfence.gvma
	la t0, guest
	csrw sepc, t0
	li t0, 0x180
	csrs hstatus, t0	# SPV, SPVP
	li t0, 0x100
	csrs sstatus, t0	# SPP
	sret
guest:
	li t0, 0x1000
	ld a0, 0(t0)
	csrw mstatus, zero
1:	j 1b

	.balign 4
handler:
	csrr s0, scause
	csrr s1, htinst
	mv a0, s0
	jal print
	li a0, ' '
	jal put
	mv a0, s1
	jal print
	li a0, '\n'
	jal put
	li t0, 2
	beq s0, t0, off
	csrr t0, sepc
	addi t0, t0, 4
	csrw sepc, t0
	sret
off:
	li a7, 0x53525354	# SBI SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b

print:	# a0 in 16 digits
	mv s2, a0
	mv s4, ra
	li s3, 60
1:	srl a0, s2, s3
	andi a0, a0, 15
	addi a0, a0, '0'
	li t0, '9'
	ble a0, t0, 2f
	addi a0, a0, 'a' - '9' - 1
2:	jal put
	addi s3, s3, -4
	bgez s3, 1b
	mv ra, s4
	ret
put:	# SBI DBCN: one byte
	li a7, 0x4442434e
	li a6, 2
	ecall
	ret

	.balign 16384
root:	.zero 16384
	.zero 4096
stack:
CODE
build_guest /guest.S
seen=$(boot -M virt -cpu rv64,h=true -kernel /guest.bin |
	grep -aE '^[0-9a-f]{16} [0-9a-f]{16}$')
print_qemu
echo "scause, htinst:"
verdict "$seen" "htinst of the illegal instruction is the load's"
