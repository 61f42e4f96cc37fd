#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Unpacks EFI firmware and boot loaders of Debian 13 for the tests into build/downloads/efi, which
# then has usr/share/qemu-efi-riscv64 (EDK2), usr/lib/u-boot (U-Boot) and usr/lib/grub/riscv64-efi
# (GRUB). Debian 12 has no EDK2 and no GRUB for RISC-V.
. "$(dirname "$0")/common.sh"

OUT=$DOWNLOADS/efi
PACKAGES="qemu-efi-riscv64 u-boot-qemu grub-efi-riscv64-bin"

# fetch SUITE COMPRESSION: unpacks the packages of SUITE into $OUT.new.
fetch()
{
	local apt package
	apt=$(COMPRESSION=$2 private_apt "efi-$1" riscv64 deb "$1")
	export APT_CONFIG=$apt
	apt-get -q update >&2 || return 1
	rm -rf "$OUT.new" "$OUT.packages"
	mkdir -p "$OUT.new" "$OUT.packages"
	(cd "$OUT.packages" && apt-get -q download $PACKAGES >&2) || return 1
	for package in "$OUT.packages"/*.deb; do
		dpkg-deb -x "$package" "$OUT.new" || return 1
	done
	# U-Boot is for dozens of machines.
	find "$OUT.new/usr/lib/u-boot" -mindepth 1 -maxdepth 1 ! -name qemu-riscv64_smode \
		-exec rm -rf {} +
	basename -a "$OUT.packages"/*.deb >"$OUT.new/versions"
	rm -rf "$OUT.packages"
}

[ ! -s "$OUT/versions" ] || exit 0
say "unpacking EFI firmware and boot loaders of Debian trixie"
first_of_suites fetch trixie trixie-backports forky sid || die "no EFI firmware from Debian"
rm -rf "$OUT"
mv "$OUT.new" "$OUT"
say "EFI firmware of $SUITE: $(paste -s -d ' ' "$OUT/versions")"
