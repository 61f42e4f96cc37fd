#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: OpenSBI 1.5.1 reports 48 harts on QEMU's virt machine, answers HART_START with success
# for each, and never starts the 47th: the hart stays START_PENDING. OpenSBI's heap has 32 KiB, and
# 4 KiB for each hart. But a hart that starts takes memory for a queue of remote fences, with an
# entry for each hart of the machine, so what they need grows with the square of their number. The
# hart for which nothing is left hangs in the firmware without a word. A kernel waits for it, or
# goes on without it. With 33 harts the heap suffices, with 40 it does not. OpenSBI 1.6 adds the
# queues to the size of the heap, and all 48 harts start.
#
# A program in S mode starts the harts in turn, and waits up to 20 seconds for each to be STARTED.
# It prints a dot for each hart that starts, and the first status that is another one then.
# Usage: findings/hart-start-out-of-heap.sh, as root on Debian (amd64) with mmdebstrap. Packages go
# into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='OpenSBI 1.5.1: Platform HART Count 48, further harts started 45, then status 2
OpenSBI 1.6: Platform HART Count 48, further harts started 47, then no other'

cat >"$work/guest.S" <<'CODE'
	.option norvc
	.globl _start
_start:
	mv tp, a0			# the boot hart
	li s0, 0			# the next hart
1:	beq s0, tp, 3f
	li a7, 0x48534d			# HSM: hart_start
	li a6, 0
	mv a0, s0
	la a1, idle
	li a2, 0
	ecall
	bnez a0, done			# there is no such hart
	rdtime s1
	li t0, 200000000		# 20 seconds
	add s1, s1, t0
2:	li a7, 0x48534d			# HSM: hart_get_status
	li a6, 2
	mv a0, s0
	ecall
	beqz a1, started
	rdtime t0
	bltu t0, s1, 2b
	addi s2, a1, '0'
	li a0, '='
	jal put
	mv a0, s2
	jal put
	j done
started:
	li a0, '.'
	jal put
3:	addi s0, s0, 1
	j 1b
done:	li a0, '\n'
	jal put
	li a7, 0x53525354		# SRST: shut down
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
idle:	wfi
	j idle
put:	li a7, 0x4442434e		# DBCN: one byte
	li a6, 2
	ecall
	ret
CODE

# starts VERSION: prints what the firmware /fw_dynamic.bin does.
starts()
{
	local console=$work/console-$1
	boot -M virt -cpu rv64 -smp 48 -bios /fw_dynamic.bin -kernel /guest.bin >"$console" || true
	echo "OpenSBI $1: Platform HART Count" \
		"$(sed -n 's/^Platform HART Count *: \([0-9]*\)$/\1/p' "$console")," \
		"further harts started $(tail -n 1 "$console" | tr -cd . | wc -c)," \
		"then $(tail -n 1 "$console" | sed -n 's/.*=/status /p' | grep . || echo no other)"
}

unpack_suite new trixie opensbi=1.6-1
cp "$root"/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin "$work/new.bin"
unpack "$QEMU" 'opensbi=1.5.1-1~bpo12+2' "$BINUTILS"
cp "$work/guest.S" "$root/guest.S"
build_guest /guest.S
cp "$root"/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin "$root/fw_dynamic.bin"
seen=$(starts 1.5.1)
cp "$work/new.bin" "$root/fw_dynamic.bin"
seen+=$'\n'$(starts 1.6)
print_qemu
verdict "$seen" "a start that succeeded, and a hart that never starts"
