#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Makes the L1 userland from Debian's riscv64 packages: build/downloads/userland.cpio, with busybox
# and Debian's QEMU. The packages are only unpacked, so no riscv64 program runs on this machine.
. "$(dirname "$0")/common.sh"

# The script uses the first suite whose copy in the archive is consistent.
SUITES="trixie forky sid"
PACKAGES=qemu-system-riscv,busybox-static,opensbi
OUT=$DOWNLOADS/userland.cpio

[ ! -s "$OUT" ] || exit 0
need_keyring
mkdir -p "$DOWNLOADS"
tree=$DOWNLOADS/userland.tree
rm -rf "$tree" "$OUT.tar"
# mmdebstrap's mode for root, chroot, would mount file systems; unpacking needs none of them.
mode=chrootless
[ "$(id -u)" != 0 ] || mode=root
# unpack_suite SUITE COMPRESSION: makes $OUT.tar, from the archive's indexes in COMPRESSION.
unpack_suite()
{
	say "making the L1 userland: $PACKAGES of Debian $1 for riscv64"
	mmdebstrap --mode="$mode" --variant=extract --architectures=riscv64 \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Sandbox::User "root"' \
		--aptopt="Acquire::CompressionTypes::Order { \"$2\"; }" \
		--include="$PACKAGES" --skip=check/qemu \
		"$1" "$OUT.tar" "deb [signed-by=$KEYRING] $(debian_mirror) $1 main"
}

first_of_suites unpack_suite $SUITES || die "no userland from any of: $SUITES"
say "userland: of Debian $SUITE"
mkdir -p "$tree"
tar -C "$tree" -xf "$OUT.tar" --exclude='./dev/*' --no-same-owner
rm -f "$OUT.tar"
(
	cd "$tree"
	for dir in bin sbin lib; do
		[ -e "$dir" ] || ln -s "usr/$dir" "$dir"
	done
	rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/icons usr/share/info \
		usr/share/applications usr/share/bash-completion usr/share/lintian usr/share/perl* \
		usr/lib/*/perl* usr/lib/*/gconv usr/lib/python3* var/cache var/lib/apt \
		var/lib/dpkg usr/share/qemu/edk2* usr/share/zoneinfo usr/share/perl5
)
say "userland: $(du -sm "$tree" | cut -f 1) MB"
(cd "$tree" && find . -print0 | sort -z | cpio --null -o -H newc --owner=0:0 --quiet) >"$OUT.new"
mv "$OUT.new" "$OUT"
rm -rf "$tree"
