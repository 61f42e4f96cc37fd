#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Fetches libfdt from Debian's dtc source package into build/ext/libfdt; apt checks the signatures, and the checksums in
# the signed index. Prints where it is.
. "$(dirname "$0")/common.sh"

OUT=$BUILD/ext/libfdt
SUITE=trixie

[ -e "$OUT/libfdt.h" ] && exit 0
say "fetching libfdt: Debian's source package device-tree-compiler of $SUITE"
APT_CONFIG=$(private_apt libfdt "$(dpkg --print-architecture)" deb-src "$SUITE")
export APT_CONFIG
retry 3 apt-get update -q
work=$BUILD/ext/dtc
rm -rf "$work"
mkdir -p "$work"
(cd "$work" && retry 3 apt-get source -q --download-only --tar-only --only-source device-tree-compiler)
tarball=$(ls "$work"/*.orig.tar.*z)
mkdir -p "$work/src"
tar -C "$work/src" --strip-components=1 -xf "$tarball"
rm -rf "$OUT.new"
cp -r "$work/src/libfdt" "$OUT.new"
# libfdt.h last: make waits for it.
rm -rf "$OUT"
mv "$OUT.new" "$OUT"
touch "$OUT/libfdt.h"
say "libfdt of $(basename "$tarball") is in ${OUT#"$TOP"/}"
