# SPDX-License-Identifier: BSD-2-Clause
# Linux finds the same instruction set on the bare machine and in Halite, but for what docs/csr.md
# says is hidden.
# shellcheck shell=bash

# isa_initrd: makes an initrd with the program isa and a scene for it; prints its path.
isa_initrd()
{
	local tree=$LOGS/isa-initrd
	rm -rf "$tree"
	mkdir -p "$tree/scenes" "$tree/usr/bin"
	cp "$BUILD/stress/isa" "$tree/usr/bin/"
	cat >"$tree/scenes/isa" <<'END'
#!/bin/busybox sh
isa
sed -n 's/^\(isa\|hart isa\|mmu\)[[:space:]]*: /L1: isa: \1: /p' /proc/cpuinfo
END
	chmod +x "$tree/scenes/isa"
	{
		cat "$GUESTS/client/boot.cpio"
		(cd "$tree" && find . -print0 | cpio --null -o -H newc --owner=0:0 --quiet)
	} >"$tree.cpio"
	echo "$tree.cpio"
}

# isa_boot KIND [OPTIONS]: boots with the scene isa; writes its lines to $CONSOLE.lines.
isa_boot()
{
	local kind=$1
	shift
	with_console ".$kind" 240 "$HALITE" run --kernel "$GUESTS/client/Image" \
		--initrd "$LOGS/isa-initrd.cpio" --cpus 2 \
		--append "console=ttyS0 halite.scene=isa quiet" "$@"
	expect_status 0
	expect_console '^L1: scene isa: exit 0' "the scene did not reach its end"
	tr -d '\r' <"$CONSOLE" | grep '^L1: isa: ' >"$CONSOLE.lines"
}

# test_isa HIDDEN [OPTIONS]: compares the lines. HIDDEN: a regular expression for the names that
# the guest's ISA string must lack.
test_isa()
{
	local hidden=$1 native
	shift
	make -s -C "$TOP" --no-print-directory stress-programs
	isa_initrd >/dev/null
	isa_boot native --native "$@"
	native=$CONSOLE.lines
	isa_boot halite "$@"
	grep -q '^L1: isa: 7 bits: set 0, get 0x7000001, bit 63 done, bit 56 fault' \
		"$CONSOLE.lines" || fail "no pointer masking of 7 bits in Halite"
	sed -E -e "/^L1: isa: (hart )?isa: /s/_($hidden)\>//g" "$native" |
		diff -u - "$CONSOLE.lines" ||
		fail "programs find another instruction set in Halite (see the diff)"
	printf '%s lines are equal\n' "$(wc -l <"$native")"
}
