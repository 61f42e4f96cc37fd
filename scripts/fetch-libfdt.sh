#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Fetches libfdt from Debian's source package device-tree-compiler into build/ext/libfdt, and prints
# its path. apt checks the signatures, and the checksums in the signed index.
. "$(dirname "$0")/common.sh"

OUT=$BUILD/ext/libfdt
SUITES="trixie forky sid"

[ -e "$OUT/libfdt.h" ] && exit 0
work=$BUILD/ext/dtc

# fetch_source SUITE COMPRESSION: downloads the source package to $work.
fetch_source()
{
	APT_CONFIG=$(COMPRESSION=$2 private_apt "libfdt-$1" "$(dpkg --print-architecture)" \
		deb-src "$1")
	export APT_CONFIG
	say "fetching libfdt: Debian's source package device-tree-compiler of $1"
	apt-get -q -o APT::Update::Error-Mode=any update || return 1
	rm -rf "$work"
	mkdir -p "$work"
	(cd "$work" &&
		apt-get source -q --download-only --tar-only --only-source device-tree-compiler)
}

first_of_suites fetch_source $SUITES || die "no libfdt from any of: $SUITES"
tarball=$(ls "$work"/*.orig.tar.*z)
mkdir -p "$work/src"
tar -C "$work/src" --strip-components=1 -xf "$tarball"
rm -rf "$OUT.new"
cp -r "$work/src/libfdt" "$OUT.new"
# Write libfdt.h last: make takes it as the sign that libfdt is complete.
rm -rf "$OUT"
mv "$OUT.new" "$OUT"
touch "$OUT/libfdt.h"
say "libfdt of $(basename "$tarball") is in ${OUT#"$TOP"/}"
