#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Fetches what the command is linked with on riscv64, from Debian's packages: headers and shared
# libraries of zlib, zstd and jansson in build/downloads/riscv64-libs.
. "$(dirname "$0")/common.sh"

SUITES="trixie forky sid"
OUT=$DOWNLOADS/riscv64-libs
LIBS=usr/lib/riscv64-linux-gnu

[ ! -s "$OUT/libjansson.so" ] || exit 0
need_keyring
mkdir -p "$DOWNLOADS"
tree=$DOWNLOADS/riscv64-libs.tree
# mmdebstrap's mode for root, chroot, would mount file systems; unpacking needs none of them.
mode=chrootless
[ "$(id -u)" != 0 ] || mode=root
# unpack_suite SUITE COMPRESSION: makes $tree, from the archive's indexes in COMPRESSION.
unpack_suite()
{
	rm -rf "$tree"
	say "fetching zlib, zstd and jansson of Debian $1 for riscv64"
	mmdebstrap --quiet --mode="$mode" --variant=extract --architectures=riscv64 \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Sandbox::User "root"' \
		--aptopt="Acquire::CompressionTypes::Order { \"$2\"; }" --skip=check/qemu \
		--include=zlib1g-dev,libzstd-dev,libjansson-dev "$1" "$tree" \
		"deb [signed-by=$KEYRING] $(debian_mirror) $1 main"
}

first_of_suites unpack_suite $SUITES || die "no zlib for riscv64 from any of: $SUITES"
rm -rf "$OUT" "$OUT.new"
mkdir -p "$OUT.new"
# Without the C library's headers: those of the cross compiler are used.
for header in zlib.h zconf.h 'zstd*.h' 'jansson*.h'; do
	find "$tree/usr/include" -name "$header" -exec cp {} "$OUT.new" \;
done
cp "$tree/$LIBS"/{libz.so,libzstd.so,libjansson.so} "$OUT.new"
rm -rf "$tree"
mv "$OUT.new" "$OUT"
