#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: with pointer masking on, HLV of QEMU 10.0.2 does not ignore the upper 16 bits of the
# address but the lower 16: it shifts the address to the right and never back. A pointer without a
# tag goes wrong, too. Plain loads of U mode under the same senvcfg.PMM are right (priv "Pointer
# Masking Extensions": masking applies to HLV and HSV as for the mode that they act for).
#
# A program in HS mode turns masking of 16 bits on for user modes. It reads a word by HLV as VU mode
# does, and then by a load in U mode, each time with an untagged and with a tagged pointer. There is
# no address translation. It prints the word, or the address that stval has after the fault. For
# 0x80400000 without a tag, QEMU reads 0 from its ROM at 0x8040.
# Usage: findings/masked-address-of-hlv.sh, as root on Debian (amd64) with mmdebstrap. Packages go
# into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='hlv.d, no masking, no tag: 0000000000c0ffee
hlv.d, 16 bits, no tag: 0000000000000000
hlv.d, 16 bits, tag: fault at 00005a5a00008040
ld in U mode, 16 bits, no tag: 0000000000c0ffee
ld in U mode, 16 bits, tag: 0000000000c0ffee'

unpack "$QEMU" "$BINUTILS"

cat >"$work/debian/guest.S" <<'CODE'
	.option arch, +h
	.option norvc
	.globl _start
_start:
	la t0, fault
	csrw stvec, t0
	csrw vsatp, zero
	csrw hgatp, zero
	csrw hstatus, zero	# SPVP is 0: HLV acts for VU mode
	li s2, 0x80400000	# the word
	li t0, 0xc0ffee
	sd t0, 0(s2)
	li s3, 0x5a5a		# the tag
	slli s3, s3, 48
	or s3, s3, s2
	li s4, 3		# senvcfg.PMM: 16 bits
	slli s4, s4, 32
	la s1, tests
next:
	ld t0, 0(s1)
	beqz t0, off
	addi s1, s1, 8
	jr t0
tests:	.dword t1, t2, t3, t4, t5, 0
t1:	csrw senvcfg, zero
	mv a0, s2
	j hlv
t2:	csrw senvcfg, s4
	mv a0, s2
	j hlv
t3:	mv a0, s3
hlv:	hlv.d s0, (a0)
	j done
t4:	mv a0, s2
	j user
t5:	mv a0, s3
user:	la t0, 1f
	csrw sepc, t0
	li t0, 0x100		# SPP is 0: U mode
	csrc sstatus, t0
	sret
1:	ld s0, 0(a0)
	ecall

	.balign 4
fault:	csrr t0, scause
	li t1, 8		# the ECALL behind the load in U mode
	beq t0, t1, done
	csrr s0, stval
	li a0, 'f'
	jal put
done:	li s5, 60
1:	srl t0, s0, s5
	andi t0, t0, 15
	addi a0, t0, '0'
	li t1, 10
	blt t0, t1, 2f
	addi a0, t0, 'a' - 10
2:	jal put
	addi s5, s5, -4
	bgez s5, 1b
	li a0, '\n'
	jal put
	j next
off:
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
mapfile -t lines < <(boot -M virt -cpu rva23s64 -kernel /guest.bin | grep -aE '^f?[0-9a-f]{16}$')
names=("hlv.d, no masking, no tag" "hlv.d, 16 bits, no tag" "hlv.d, 16 bits, tag"
	"ld in U mode, 16 bits, no tag" "ld in U mode, 16 bits, tag")
seen=
for i in "${!names[@]}"; do
	seen+="${names[i]}: ${lines[i]:-nothing}"$'\n'
done
seen=${seen//: f/: fault at }
print_qemu
verdict "${seen%$'\n'}" "HLV loses the lower bits of the address, not the upper ones"
