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
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8

QEMU_VERSION='1:10.0.2+ds-2+deb13u1~bpo12+1'
BINUTILS_VERSION='2.40-2'
EXPECTED='-bios: loaded at 0x80000000, e_entry 0x80000008, started at E
-kernel: loaded at 0x80200000, e_entry 0x80200008, started at L'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016 # apt's own placeholder, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
	grep -E '/debian/?$' | head -n 1)
[ -n "$mirror" ] || { echo "apt knows no Debian archive" >&2; exit 1; }
mmdebstrap --quiet --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' \
	--aptopt='APT::Default-Release "bookworm-backports"' \
	--include="qemu-system-riscv=$QEMU_VERSION" \
	--include="binutils-riscv64-linux-gnu=$BINUTILS_VERSION" bookworm "$work/debian" \
	"deb $mirror bookworm main" "deb $mirror bookworm-backports main" >"$work/log" 2>&1 ||
	{ tail -n 5 "$work/log" >&2; exit 1; }

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
run() { chroot "$work/debian" "$@"; }
run riscv64-linux-gnu-as -march=rv64imac -o /guest.o /guest.S
start() { # OPTION ADDRESS
	echo "SECTIONS { . = $2; .text : { *(.text) } }" >"$work/debian/guest.lds"
	run riscv64-linux-gnu-ld --no-dynamic-linker -T /guest.lds -e entry -o /guest.elf /guest.o
	run riscv64-linux-gnu-readelf -hlW /guest.elf | awk -v option="$1" '
		/Entry point address:/ { entry = $4 }
		$1 == "LOAD" { sub("0x0*", "0x", $4); printf "%s: loaded at %s, e_entry %s, ", \
			option, $4, entry }'
	timeout 60 chroot "$work/debian" qemu-system-riscv64 -M virt -cpu rv64 -m 128M \
		-nographic "$1" /guest.elf </dev/null | tr -d '\r' |
		sed -n 's/^[LE]$/started at &/p'
}
seen=$(start -bios 0x80000000
	start -kernel 0x80200000)
run qemu-system-riscv64 -version | head -n 1
echo "$seen"
[ "$seen" = "$EXPECTED" ] || { echo "this has changed; it was:"; echo "$EXPECTED"; exit 1; }
echo "as described: -kernel does not go by the entry point"
