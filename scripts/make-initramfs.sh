#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Makes build/guests/NAME/{Image,l1.cpio,l2.cpio,boot.cpio,modules.cpio} for kernel NAME (see
# fetch-kernel.sh).
#   l1.cpio    L1: the userland, kvm.ko, the drivers, the scenes, and in /guest the L2 guests
#   l2.cpio    L2: busybox. /guest/load.cpio is the same with drivers and a load (tests/linux/load)
#   boot.cpio  L1 without the userland: busybox and the scenes
#   modules.cpio  the modules for 'halite run --rootfs', which takes all else from a folder
# Usage: make-initramfs.sh NAME...
. "$(dirname "$0")/common.sh"

pack() { (cd "$1" && find . -print0 | sort -z | cpio --null -o -H newc --owner=0:0 --quiet); }

make_one()
{
	local name=$1 kernel=$DOWNLOADS/kernels/$1 out=$BUILD/guests/$1 work
	"$TOP/scripts/fetch-kernel.sh" "$name"
	"$TOP/scripts/fetch-userland.sh"
	if [ -s "$out/l1.cpio" ] && [ -z "$(find "$TOP/tests/linux/l1" "$TOP/tests/linux/l2" \
		"$TOP/tests/linux/load" "$0" "$kernel/version" "$DOWNLOADS/userland.cpio" \
		-newer "$out/l1.cpio" -print -quit)" ]; then
		return 0
	fi
	say "packing the L1 and L2 guests with kernel '$name'"
	work=$(mktemp -d)
	mkdir -p "$out" "$work/busybox" "$work/l2/bin" "$work/l1/guest" "$work/l1/lib" \
		"$work/boot/bin"
	(cd "$work/busybox" && cpio -idm --quiet '*usr/bin/busybox' <"$DOWNLOADS/userland.cpio")

	cp "$work/busybox/usr/bin/busybox" "$work/l2/bin/"
	cp "$TOP/tests/linux/l2/init" "$work/l2/init"
	chmod +x "$work/l2/init"

	# The userland comes first in l1.cpio, and its bin and lib are links to usr.
	rm -rf "$work/l1/lib"
	mkdir -p "$work/l1/usr/lib/modules" "$work/l1/usr/bin"
	cp "$kernel/kvm.ko" "$work/l1/usr/lib/modules/"
	cp "$kernel/Image" "$work/l1/guest/Image"
	pack "$work/l2" >"$out/l2.cpio"
	cp "$out/l2.cpio" "$work/l1/guest/l2.cpio"
	mkdir -p "$work/l2/lib/modules"
	cp "$kernel"/modules/* "$work/l2/lib/modules/"
	cp "$TOP/tests/linux/load" "$work/l2/load"
	chmod +x "$work/l2/load"
	pack "$work/l2" >"$work/l1/guest/load.cpio"
	cp "$kernel"/modules/* "$work/l1/usr/lib/modules/"
	cp "$work/l2/load" "$work/l1/load"
	cp "$TOP/tests/linux/l1/init" "$work/l1/init"
	cp "$TOP/tests/linux/l1/l2" "$work/l1/usr/bin/l2"
	cp -r "$TOP/tests/linux/l1/scenes" "$work/l1/scenes"
	chmod +x "$work/l1/init" "$work/l1/usr/bin/l2" "$work"/l1/scenes/*

	cp "$work/busybox/usr/bin/busybox" "$work/boot/bin/"
	mkdir -p "$work/boot/usr/bin"
	cp -r "$work/l1/init" "$work/l1/scenes" "$work/boot/"
	pack "$work/boot" >"$out/boot.cpio"

	mkdir -p "$work/modules/usr/lib/modules"
	cp "$kernel/kvm.ko" "$kernel"/modules/* "$work/modules/usr/lib/modules/"
	echo kvm.ko >>"$work/modules/usr/lib/modules/order"
	pack "$work/modules" >"$out/modules.cpio"

	cp "$kernel/Image" "$out/Image"
	{ cat "$DOWNLOADS/userland.cpio"; pack "$work/l1"; } >"$out/l1.cpio.new"
	mv "$out/l1.cpio.new" "$out/l1.cpio"
	rm -rf "$work"
}

for name; do
	make_one "$name"
done
