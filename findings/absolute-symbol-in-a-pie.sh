#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: the size that a linker script computes for a Linux boot header is 0 in the flat image of
# a RISC-V PIE if Debian 12's ld (2.40) made it, and right if Debian 13's did (2.44). 2.40 takes an
# absolute symbol for an address: ld leaves 0 in `.dword image_size` and puts an R_RISCV_RELATIVE
# into .rela.dyn, so that a program that relocates itself even adds its load address to the size. ld
# does not warn, and without -pie 2.40 is right as well. 2.44 writes the size, and leaves an
# R_RISCV_NONE in .rela.dyn; code that relocates itself and stops at any type but R_RISCV_RELATIVE
# stops there.
#
# A boot header of 16 bytes is linked by each ld, without -pie and with it, with --fatal-warnings,
# and made flat by objcopy. The symbol is absolute (nm: A) in all four links. Its value differs
# because the sections of dynamic linking do.
# Usage: findings/absolute-symbol-in-a-pie.sh, as root on Debian (amd64) with mmdebstrap. Packages
# go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='2.40-2, no -pie: symbol A 5010, in the image 5010, relocations: none
2.40-2, -pie: symbol A 51d0, in the image 0, relocations: R_RISCV_RELATIVE
2.44-3, no -pie: symbol A 5010, in the image 5010, relocations: none
2.44-3, -pie: symbol A 51a8, in the image 51a8, relocations: R_RISCV_NONE'

cat >"$work/header.S" <<'CODE'
	.globl _start
_start:
	j _start
	.balign 8
	.dword image_size
CODE
cat >"$work/image.lds" <<'CODE'
SECTIONS {
	. = 0;
	head = .;
	.text : { *(.text) }
	.rela.dyn : { *(.rela*) }
	.dynamic : { *(.dynamic) }
	.bss : { . += 0x5000; }
	image_size = ABSOLUTE(. - head);
}
CODE
links() { # SUITE VERSION
	local pie
	unpack_suite "$1" "$1" "binutils-riscv64-linux-gnu=$2"
	cp "$work/header.S" "$work/image.lds" "$root"
	run riscv64-linux-gnu-as -march=rv64ima -o /header.o /header.S
	for pie in '' -pie; do
		run riscv64-linux-gnu-ld --no-dynamic-linker --fatal-warnings \
			--no-warn-rwx-segments ${pie:+"$pie"} -T /image.lds -o /image.elf /header.o
		run riscv64-linux-gnu-objcopy -O binary /image.elf /image.bin
		printf '%s, %s: symbol %s, in the image %x, relocations: %s\n' "$2" \
			"${pie:-no -pie}" \
			"$(run riscv64-linux-gnu-nm /image.elf |
				awk '$3 == "image_size" { sub("^0*", "", $1); print $2, $1 }')" \
			"$(od -A n -t d8 -j 8 -N 8 "$root/image.bin")" \
			"$(run riscv64-linux-gnu-readelf -rW /image.elf |
				grep -oE 'R_RISCV_[A-Z]+' || echo none)"
	done
}
seen=$(links bookworm 2.40-2
	links trixie 2.44-3)
echo "binutils, link: .dword image_size"
verdict "$seen" "the size is gone in a PIE of 2.40"
