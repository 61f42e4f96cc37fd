#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: on QEMU 10.0.2, HLVX.WU of a guest physical address that the G-stage does not map raises
# an instruction page fault (12), the same cause as for a page that the guest's own table lacks.
# Only htval differs: htval has the address, although 12 is no guest-page fault. A hypervisor that
# reads an instruction of its guest by HLVX and goes by scause takes the fault for the guest's, and
# may give the guest a page fault that the guest did not make. HLV.WU of the same address raises a
# load guest-page fault (21). The privileged specification ("Hypervisor Virtual-Machine Load and
# Store Instructions") has HLVX differ from HLV by execute permission in place of read permission,
# and by nothing else: 21 for the one page, and a load page fault (13) for the other.
#
# A program in HS mode does both, first where the G-stage lacks the page (guest physical address
# 0x1000, no VS-stage), then where the VS-stage does (guest virtual address 0x1000, an empty Sv39
# table). It prints scause and htval in hexadecimal.
# Usage: findings/hlvx-fault-of-the-g-stage.sh, as root on Debian (amd64) with mmdebstrap. Packages
# go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='G-stage, HLV: 15 400
G-stage, HLVX: 0c 400
VS-stage, HLV: 0d 000
VS-stage, HLVX: 0c 000'

unpack "$QEMU" "$BINUTILS"

cat >"$work/debian/guest.S" <<'CODE'
	.option arch, +h
	.option norvc
	.macro attempt insn
	\insn t2, (s1)
	mv a0, s3
	mv a1, s4
	jal print
	.endm

	.globl _start
_start:
	la t0, handler
	csrw stvec, t0
	# The G-stage: 1 GiB at 0x80000000, which is where this program is; nothing else.
	la t0, gstage
	li t1, 0x80000000 >> 12 << 10 | 0xdf
	sd t1, 16(t0)
	srli t0, t0, 12
	li t1, 8 << 60
	or t0, t0, t1
	csrw hgatp, t0
	li t0, 0x100
	csrs hstatus, t0	# SPVP
	li s1, 0x1000

	csrw vsatp, zero
	hfence.gvma
	hfence.vvma
	attempt hlv.wu
	attempt hlvx.wu

	la t0, vsstage
	srli t0, t0, 12
	li t1, 8 << 60
	or t0, t0, t1
	csrw vsatp, t0
	hfence.vvma
	attempt hlv.wu
	attempt hlvx.wu

	li a7, 0x53525354	# SBI SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b

	.balign 4
handler:	# leaves scause and htval in s3 and s4, goes on behind the instruction
	csrr s3, scause
	csrr s4, htval
	csrr t0, sepc
	addi t0, t0, 4
	csrw sepc, t0
	li t0, 0x100
	csrs sstatus, t0
	sret

print:	# a0 in two digits, a1 in three
	mv s6, ra
	mv s7, a0
	mv s8, a1
	srli a0, s7, 4
	jal digit
	mv a0, s7
	jal digit
	li a0, ' '
	jal put
	srli a0, s8, 8
	jal digit
	srli a0, s8, 4
	jal digit
	mv a0, s8
	jal digit
	li a0, '\n'
	mv ra, s6
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

	.balign 16384
gstage:	.zero 16384
vsstage:	.zero 4096
CODE
build_guest /guest.S
names=('G-stage, HLV:' 'G-stage, HLVX:' 'VS-stage, HLV:' 'VS-stage, HLVX:')
mapfile -t lines < <(boot -M virt -cpu rv64 -kernel /guest.bin |
	grep -aE '^[0-9a-f]{2} [0-9a-f]{3}$')
seen=$(for i in 0 1 2 3; do echo "${names[i]} ${lines[i]:-nothing}"; done)
print_qemu
echo "scause, htval:"
verdict "$seen" "HLVX has the same cause for either stage"
