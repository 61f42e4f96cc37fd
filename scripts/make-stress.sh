#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Makes build/guests/NAME/stress.cpio for kernel NAME: l1.cpio, and the files of the scene "stress".
# Usage: make-stress.sh NAME...
. "$(dirname "$0")/common.sh"

pack() { (cd "$1" && find . -print0 | sort -z | cpio --null -o -H newc --owner=0:0 --quiet); }

make_one()
{
	local name=$1 kernel=$DOWNLOADS/kernels/$1 out=$BUILD/guests/$1 work
	"$TOP/scripts/make-initramfs.sh" "$name"
	if [ -s "$out/stress.cpio" ] && [ -z "$(find "$out/l1.cpio" "$BUILD"/stress/* "$0" \
		-newer "$out/stress.cpio" -print -quit)" ]; then
		return 0
	fi
	work=$(mktemp -d)
	mkdir -p "$work/l1/stress" "$work/l1/usr/bin" "$work/l2/bin"
	cp "$kernel/modules/brd.ko" "$work/l1/stress/"
	cp "$BUILD/stress/pageout" "$BUILD/stress/kexec" "$work/l1/usr/bin/"
	cp "$BUILD/stress/churn" "$work/l2/bin/"
	{ cat "$out/l2.cpio"; pack "$work/l2"; } >"$work/l1/stress/l2.cpio"
	{ cat "$out/l1.cpio"; pack "$work/l1"; } >"$out/stress.cpio.new"
	mv "$out/stress.cpio.new" "$out/stress.cpio"
	rm -rf "$work"
}

make -s -C "$TOP" --no-print-directory stress-programs
for name; do
	make_one "$name"
done
