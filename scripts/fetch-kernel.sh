#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Fetches a Debian kernel for riscv64 into build/downloads/kernels/NAME: Image, version, recipe,
# drivers, kvm.ko, and modules/ with the drivers for virtio-mmio, disks, network cards, disks in
# RAM, 9p and overlay, and the modules that these need. modules/order lists them in the order of
# loading.
# Usage: fetch-kernel.sh client|6.12
#   client  the newest kernel that is a client of SBI nested acceleration (Linux 6.13 or later)
#   6.12    the kernel of trixie, which is not a client
. "$(dirname "$0")/common.sh"

CLIENT_SINCE=6.13
DRIVERS="virtio_mmio virtio_blk virtio_net brd 9pnet_virtio 9p overlay"
# Change RECIPE if other files are kept. The script fetches a kernel again if the kernel's recipe or
# its list of drivers is another one.
RECIPE=4
name=${1:-}
case $name in
client) suites="trixie-backports forky sid" ;;
6.12) suites="trixie" ;;
*) die "fetch-kernel.sh: unknown kernel '$name'; expected client or 6.12" ;;
esac
OUT=$DOWNLOADS/kernels/$name

# package_field PACKAGE FIELD: prints FIELD of PACKAGE's newest version in the current private apt;
# nothing if there is no such package.
package_field()
{
	{ apt-cache show --no-all-versions "$1" 2>/dev/null || true; } |
		sed -n "s/^$2: //p" | head -n 1
}

# keep_driver TREE MODULES NAME: unpacks driver NAME and the drivers that it depends on from TREE
# into MODULES, and appends them to MODULES/order. A driver that TREE lacks is built into the
# kernel.
keep_driver()
{
	local tree=$1 modules=$2 name=$3 file needed
	! grep -qsx "$name.ko" "$modules/order" || return 0
	file=$(find "$tree" -name '*.ko*' |
		grep -E "/${name//_/[-_]}\.ko(\.xz)?\$" | head -n 1 || true)
	if [ -z "$file" ]; then
		say "$name: not a module of this kernel"
		return 0
	fi
	case $file in
	*.xz) unxz <"$file" ;;
	*) cat "$file" ;;
	esac >"$modules/$name.ko"
	for needed in $(tr '\0' '\n' <"$modules/$name.ko" | sed -n 's/^depends=//p' |
		tr ',-' ' _'); do
		keep_driver "$tree" "$modules" "$needed"
	done
	printf '%s\n' "$name.ko" >>"$modules/order"
}

# fetch_from SUITE COMPRESSION: fills $OUT.new. Fails if the suite's copy in the archive is
# inconsistent or has no suitable kernel.
fetch_from()
{
	local suite=$1 image version packages package driver work=$DOWNLOADS/kernels/deb-$1
	APT_CONFIG=$(COMPRESSION=$2 private_apt "kernel-$suite" riscv64 deb "$suite")
	export APT_CONFIG
	say "looking for a kernel in $suite"
	if ! apt-get -q -o APT::Update::Error-Mode=any update; then
		say "$suite: the archive's index does not match its signed Release file" \
			"at the moment, or cannot be reached"
		return 1
	fi
	image=$(package_field linux-image-riscv64 Depends |
		grep -o 'linux-image-[0-9][^ ,]*' | head -n 1)
	[ -n "$image" ] || { say "$suite: no linux-image-riscv64"; return 1; }
	version=$(package_field "$image" Version)
	if [ "$name" = client ] && dpkg --compare-versions "$version" lt "$CLIENT_SINCE"; then
		say "$suite: $image is older than $CLIENT_SINCE and has no client"
		return 1
	fi
	# From 7.x on, the image package has only dependencies.
	packages=$(package_field "$image" Depends |
		grep -oE 'linux-(binary|modules)-[0-9][^ ,]*' | sort -u || true)
	[ -n "$packages" ] || packages=$image
	rm -rf "$work"
	mkdir -p "$work"
	say "$suite: downloading $(echo $packages)"
	(cd "$work" && apt-get -q download $packages) || return 1
	rm -rf "$OUT.new"
	mkdir -p "$OUT.new/tree"
	for package in "$work"/*.deb; do
		# tar complains if a pattern matches nothing in a package.
		dpkg-deb --fsys-tarfile "$package" |
			tar -C "$OUT.new/tree" -x --wildcards '*/vmlinuz*' '*/vmlinux-*' '*.ko*' \
				2>/dev/null || true
	done
	find "$OUT.new/tree" -type f -name 'vmlinu*' -exec cp {} "$OUT.new/Image" \;
	[ -s "$OUT.new/Image" ] || { say "$suite: no kernel image in these packages"; return 1; }
	find "$OUT.new/tree" -name 'kvm.ko*' -exec cp {} "$OUT.new/" \;
	[ ! -e "$OUT.new/kvm.ko.xz" ] || unxz "$OUT.new/kvm.ko.xz"
	[ -s "$OUT.new/kvm.ko" ] || { say "$suite: no kvm.ko in these packages"; return 1; }
	mkdir -p "$OUT.new/modules"
	: >"$OUT.new/modules/order"
	for driver in $DRIVERS; do
		keep_driver "$OUT.new/tree" "$OUT.new/modules" "$driver"
	done
	printf '%s\n' "$RECIPE" >"$OUT.new/recipe"
	printf '%s\n' "$DRIVERS" >"$OUT.new/drivers"
	printf '%s %s from %s\n' "${image#linux-image-}" "$version" "$suite" >"$OUT.new/version"
	rm -rf "$OUT.new/tree" "$work"
}

if [ "$(cat "$OUT/recipe" 2>/dev/null)" != "$RECIPE" ] ||
	[ "$(cat "$OUT/drivers" 2>/dev/null)" != "$DRIVERS" ]; then
	first_of_suites fetch_from $suites || die "no kernel '$name' in any of: $suites"
	rm -rf "$OUT"
	mv "$OUT.new" "$OUT"
fi
say "kernel '$name': Debian's $(cat "$OUT/version")"
