#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Fetches the device trees of all boards that Debian's riscv64 kernel supports into
# build/downloads/boards, for tests/unit/test_hv_boards.c. From 7.x on they are in the small package
# linux-base-VERSION.
. "$(dirname "$0")/common.sh"

OUT=$DOWNLOADS/boards

# fetch_from SUITE COMPRESSION: fills $OUT.new.
fetch_from()
{
	local package work=$DOWNLOADS/deb-boards
	APT_CONFIG=$(COMPRESSION=$2 private_apt "boards-$1" riscv64 deb "$1")
	export APT_CONFIG
	say "looking for device trees in $1"
	apt-get -q -o APT::Update::Error-Mode=any update || return 1
	package=$(apt-cache show --no-all-versions linux-image-riscv64 2>/dev/null |
		sed -n 's/^Depends: .*linux-image-\([0-9][^ ,]*\).*/linux-base-\1/p' | head -n 1)
	[ -n "$package" ] || { say "$1: no linux-image-riscv64"; return 1; }
	rm -rf "$work" "$OUT.new"
	mkdir -p "$work" "$OUT.new"
	(cd "$work" && apt-get -q download "$package") || return 1
	dpkg-deb --fsys-tarfile "$work"/*.deb | tar -C "$work" -x --wildcards '*.dtb' || return 1
	find "$work" -name '*.dtb' -exec cp {} "$OUT.new/" \;
	printf '%s\n' "$package from $1" >"$OUT.new/version"
	rm -rf "$work"
}

if [ ! -s "$OUT/version" ]; then
	first_of_suites fetch_from trixie-backports forky sid ||
		die "no device trees in any of: trixie-backports forky sid"
	rm -rf "$OUT"
	mv "$OUT.new" "$OUT"
fi
say "boards: Debian's $(cat "$OUT/version")"
