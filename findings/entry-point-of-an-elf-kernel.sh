#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: QEMU 10.0.2 has two rules for where a RISC-V ELF starts. Given with -bios, it starts at
# its entry point. Given with -kernel, it starts at the lowest address that the file loads, whatever
# its entry point is; so a kernel whose first byte is not its entry starts with other code, or with
# data. QEMU says nothing of that.
#
# One program, linked for either option, has two places to start: its first byte prints L (lowest),
# its entry point, 8 bytes behind, prints E. It needs no firmware and runs in M and S mode.
# Usage: findings/entry-point-of-an-elf-kernel.sh, as root on Debian (amd64) with mmdebstrap.
# Packages go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='-bios: loaded at 0x80000000, e_entry 0x80000008, started at E
-kernel: loaded at 0x80200000, e_entry 0x80200008, started at L'

unpack "$QEMU" "$BINUTILS"

cat >"$work/debian/guest.S" <<'CODE'
	.option norvc
	.globl entry
lowest:
	li a0, 'L'
	j 1f
entry:
	li a0, 'E'
1:	li t0, 0x10000000	# the UART
	sb a0, (t0)
	li a0, '\n'
	sb a0, (t0)
	li t0, 0x100000		# the test device: power off
	li t1, 0x5555
	sw t1, (t0)
1:	j 1b
CODE
run riscv64-linux-gnu-as -march=rv64imac -o /guest.o /guest.S
start() { # OPTION ADDRESS
	echo "SECTIONS { . = $2; .text : { *(.text) } }" >"$work/debian/guest.lds"
	run riscv64-linux-gnu-ld --no-dynamic-linker -T /guest.lds -e entry -o /guest.elf /guest.o
	run riscv64-linux-gnu-readelf -hlW /guest.elf | awk -v option="$1" '
		/Entry point address:/ { entry = $4 }
		$1 == "LOAD" { sub("0x0*", "0x", $4); printf "%s: loaded at %s, e_entry %s, ", \
			option, $4, entry }'
	boot -M virt -cpu rv64 "$1" /guest.elf | sed -n 's/^[LE]$/started at &/p'
}
seen=$(start -bios 0x80000000
	start -kernel 0x80200000)
print_qemu
verdict "$seen" "-kernel does not go by the entry point"
