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
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8

OLD_QEMU='qemu-system-misc=1:7.2+dfsg-7+deb12u18+b3'
NEW_QEMU='qemu-system-riscv=1:10.0.2+ds-2+deb13u1~bpo12+1'
BINUTILS='binutils-riscv64-linux-gnu=2.40-2'
EXPECTED='7.2: 001
10.0.2: 011'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016 # apt's own placeholder, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
	grep -E '/debian/?$' | head -n 1)
[ -n "$mirror" ] || { echo "apt knows no Debian archive" >&2; exit 1; }

# unpack FOLDER SUITE PACKAGE...: packages of bookworm, and of SUITE before that
unpack()
{
	local folder=$1 suite=$2 package options=()
	shift 2
	for package; do
		options+=("--include=$package")
	done
	options+=(bookworm "$work/$folder" "deb $mirror bookworm main")
	[ "$suite" = bookworm ] || options+=("deb $mirror $suite main")
	mmdebstrap --quiet --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt="APT::Default-Release \"$suite\"" "${options[@]}" >"$work/log" 2>&1 ||
		{ tail -n 5 "$work/log" >&2; exit 1; }
}

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

# run FOLDER NAME
run()
{
	echo "$2: $(timeout 30 chroot "$work/$1" qemu-system-riscv64 -M virt -cpu rv64,h=true \
		-m 128M -nographic -kernel /guest.bin </dev/null | tr -d '\r' |
		grep -aoE '[01]{3}$' | tail -n 1)"
}

unpack old bookworm "$OLD_QEMU" opensbi "$BINUTILS"
unpack new bookworm-backports "$NEW_QEMU"
cp "$work/guest.S" "$work/old/guest.S"
chroot "$work/old" riscv64-linux-gnu-as -march=rv64imac_zicsr -o /guest.o /guest.S
chroot "$work/old" riscv64-linux-gnu-ld --no-dynamic-linker -Ttext=0x80200000 -o /guest.elf \
	/guest.o
chroot "$work/old" riscv64-linux-gnu-objcopy -O binary /guest.elf /guest.bin
cp "$work/old/guest.bin" "$work/new/guest.bin"
seen=$(run old 7.2; run new 10.0.2)
echo "hip.VSTIP: vstimecmp in an hour; htimedelta so that it has expired; vstimecmp written again"
echo "$seen"
[ "$seen" = "$EXPECTED" ] || { echo "this has changed; it was:"; echo "$EXPECTED"; exit 1; }
echo "as described: QEMU 7.2 sees the timer expire at the write of vstimecmp alone"
