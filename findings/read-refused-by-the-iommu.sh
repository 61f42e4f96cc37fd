#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: if the IOMMU of QEMU 10.0.2 refuses a read of a device, the record in its fault queue
# has the cause of a read (21, read guest-page fault), and in TTYP the transaction of a write (3).
# For all reads TTYP should be 2, "untranslated read transaction" (RISC-V IOMMU 1.0, "Fault/Event
# Queue"). So who takes from TTYP whether the device has read or written, tells the wrong story of
# each refused read. The cause of a page fault is right. Causes that do not depend on the direction
# leave no way to know it.
#
# A program in S mode gives device edu (00:01.0) a context with an empty second stage, lets the
# device read 4 bytes of memory and then write there, and prints the cause and TTYP of each record.
# Usage: findings/read-refused-by-the-iommu.sh, as root on Debian (amd64) with mmdebstrap. Packages
# go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='read: cause 21, TTYP 3
write: cause 23, TTYP 3'

cat >"$work/guest.S" <<'CODE'
	.option norvc
	.equ IOMMU, 0x3010000
	.equ EDU, 0x40000000
	.equ FAULTS, 0x80300000		# and behind it the directory and the table, which are zeros
	.equ DIRECTORY, 0x80301000
	.equ TABLE, 0x80304000
	.globl _start
_start:
	li s0, IOMMU
	li s1, EDU
	li s2, FAULTS
	li t0, DIRECTORY + 8 * 64	# the context of device id 8, with 64 bytes
	li t1, 8 << 60 | TABLE >> 12
	sd t1, 8(t0)			# iohgatp: Sv39x4
	li t1, 1
	sd t1, 0(t0)			# tc: V
	fence
	li t1, (FAULTS >> 12) << 10 | 6	# fqb: 128 records
	sd t1, 0x28(s0)
	li t1, 1
	sw t1, 0x4c(s0)			# fqcsr.fqen
1:	lw t1, 0x4c(s0)
	srli t1, t1, 16			# fqon
	andi t1, t1, 1
	beqz t1, 1b
	li t1, (DIRECTORY >> 12) << 10 | 2	# ddtp: one level
	sd t1, 0x10(s0)

	li t0, 0x30008000		# configuration space of 00:01.0
	sw s1, 0x10(t0)			# BAR 0
	li t1, 6			# memory space, bus master
	sw t1, 4(t0)
	li t2, 0x80400000
	li t3, 0x40000			# the device's buffer
	li t1, 4
	sd t1, 0x90(s1)			# count
	sd t2, 0x80(s1)			# source
	sd t3, 0x88(s1)			# destination
	li t1, 1			# from memory
	jal dma
	sd t3, 0x80(s1)
	sd t2, 0x88(s1)
	li t1, 3			# to memory
	jal dma
	li a7, 0x53525354		# SBI SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b

dma:	# run command t1, and print "rCAUSE TTYP" of the next record, two digits each
	mv s5, ra
	sd t1, 0x98(s1)
1:	ld t1, 0x98(s1)
	andi t1, t1, 1
	bnez t1, 1b
	fence
	ld s3, (s2)
	addi s2, s2, 32
	li a0, 'r'
	jal char
	andi a0, s3, 0xff
	jal number
	li a0, ' '
	jal char
	srli a0, s3, 34
	andi a0, a0, 63
	jal number
	li a0, '\n'
	jal char
	jr s5

number:	# print a0 with two digits
	mv s6, ra
	li t4, 10
	remu s4, a0, t4
	divu a0, a0, t4
	addi a0, a0, '0'
	jal char
	addi a0, s4, '0'
	jal char
	jr s6

char:	li a7, 1			# SBI legacy: one character
	ecall
	ret
CODE

unpack "$QEMU" opensbi "$BINUTILS"
cp "$work/guest.S" "$root/guest.S"
build_guest /guest.S
records=$(boot -M virt,aia=aplic-imsic,iommu-sys=on -device edu,dma_mask=0xffffffffffff \
	-kernel /guest.bin | grep -aoE 'r[0-9]{2} [0-9]{2}$' | tr -d r)
names=(read write)
seen=$(for ((i = 0; i < 2; i++)); do
	read -r cause type
	echo "${names[i]}: cause $((10#$cause)), TTYP $((10#$type))"
done <<<"$records")
print_qemu
verdict "$seen" "the record of a refused read has the TTYP of a write"
