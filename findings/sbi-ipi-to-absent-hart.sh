#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: OpenSBI 1.5.1 answers an IPI or a remote fence for a hart that does not exist with
# success or with SBI_ERR_INVALID_PARAM, depending on how the caller spells the same hart. As bit 1
# behind hart_mask_base 0, hart 1 of a machine with one hart is left out without a word; as bit 0
# behind hart_mask_base 1, hart 1 is an error. The SBI specification ("Hart list parameter") has the
# error for any hart of the mask that there is not. So success does not mean that each hart of the
# mask got its fence, and the SBI of a hypervisor that goes by the specification refuses calls that
# OpenSBI lets pass.
#
# A program in S mode on one hart prints the error codes: hart_get_status of HSM for hart 1, then
# send_ipi and remote_fence_i, each with both spellings of hart 1.
# Usage: findings/sbi-ipi-to-absent-hart.sh, as root on Debian (amd64) with mmdebstrap. Packages go
# into a temporary folder.
. "$(dirname "$0")/lib.sh"

OPENSBI_VERSION='1.5.1-1~bpo12+2'
EXPECTED='hart_get_status: -3
send_ipi, mask 2, base 0: 0
send_ipi, mask 1, base 1: -3
remote_fence_i, mask 2, base 0: 0
remote_fence_i, mask 1, base 1: -3'

unpack "$QEMU" "opensbi=$OPENSBI_VERSION" "$BINUTILS"

cat >"$work/debian/guest.S" <<'CODE'
	.option norvc
	.macro try eid, fid, arg0, arg1
	li a7, \eid
	li a6, \fid
	li a0, \arg0
	li a1, \arg1
	ecall
	jal print
	.endm

	.globl _start
_start:
	try 0x48534d, 2, 1, 0		# HSM: hart_get_status
	try 0x735049, 0, 2, 0		# IPI: send_ipi
	try 0x735049, 0, 1, 1
	try 0x52464e43, 0, 2, 0		# RFENCE: remote_fence_i
	try 0x52464e43, 0, 1, 1
	li a7, 0x53525354		# SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
1:	j 1b

print:	# a0, from -9 to 9, behind an equals sign
	mv s0, ra
	mv s1, a0
	li a0, '='
	jal put
	bgez s1, 1f
	li a0, '-'
	jal put
	neg s1, s1
1:	addi a0, s1, '0'
	jal put
	li a0, '\n'
	mv ra, s0
put:	# DBCN: one byte
	li a7, 0x4442434e
	li a6, 2
	ecall
	ret
CODE
build_guest /guest.S
names=(hart_get_status 'send_ipi, mask 2, base 0' 'send_ipi, mask 1, base 1'
	'remote_fence_i, mask 2, base 0' 'remote_fence_i, mask 1, base 1')
boot -M virt -cpu rv64 -smp 1 -kernel /guest.bin >"$work/console"
mapfile -t codes < <(sed -n 's/^=\(-\{0,1\}[0-9]\)$/\1/p' "$work/console")
seen=$(for i in "${!names[@]}"; do echo "${names[i]}: ${codes[i]:-nothing}"; done)
print_qemu
echo "OpenSBI package $OPENSBI_VERSION, which calls itself:"
grep -a -m 1 '^OpenSBI' "$work/console"
echo "error codes for hart 1 on a machine that has hart 0 only:"
verdict "$seen" "the same hart, two answers"
