# SPDX-License-Identifier: BSD-2-Clause
# Linux finds the same instruction set on the bare machine and in Halite, but for what docs/csr.md
# says is hidden.
# shellcheck shell=bash

# isa_initrd: makes an initrd with the programs isa and samples, and a scene for each.
isa_initrd()
{
	local tree=$LOGS/isa-initrd
	make -s -C "$TOP" --no-print-directory stress-programs
	rm -rf "$tree"
	mkdir -p "$tree/scenes" "$tree/usr/bin"
	cp "$BUILD/stress/isa" "$BUILD/stress/samples" "$tree/usr/bin/"
	printf '#!/bin/busybox sh\nsamples\n' >"$tree/scenes/samples"
	cat >"$tree/scenes/isa" <<'END'
#!/bin/busybox sh
isa
sed -n 's/^\(isa\|hart isa\|mmu\)[[:space:]]*: /L1: isa: \1: /p' /proc/cpuinfo
END
	chmod +x "$tree"/scenes/*
	{
		cat "$GUESTS/client/boot.cpio"
		(cd "$tree" && find . -print0 | cpio --null -o -H newc --owner=0:0 --quiet)
	} >"$tree.cpio"
}

# isa_boot KIND SCENE [OPTIONS]: boots with SCENE; writes its lines to $CONSOLE.lines.
isa_boot()
{
	local kind=$1 scene=$2
	shift 2
	with_console ".$kind" 240 "$HALITE" run --kernel "$GUESTS/client/Image" \
		--initrd "$LOGS/isa-initrd.cpio" --cpus 2 \
		--append "console=ttyS0 halite.scene=$scene quiet" "$@"
	expect_status 0
	expect_console "^L1: scene $scene: exit 0" "the scene did not reach its end"
	tr -d '\r' <"$CONSOLE" | grep "^L1: $scene: " >"$CONSOLE.lines"
}

# test_isa HIDDEN [OPTIONS]: compares the lines. HIDDEN: a regular expression for the names that
# the guest's ISA string must lack.
test_isa()
{
	local hidden=$1 native
	shift
	isa_initrd
	isa_boot native isa --native "$@"
	native=$CONSOLE.lines
	isa_boot halite isa "$@"
	[[ "$*" != *rva23s64 ]] ||
		grep -q '^L1: isa: 7 bits: set 0, get 0x7000001, bit 63 done, bit 56 fault' \
			"$CONSOLE.lines" || fail "no pointer masking of 7 bits in Halite"
	sed -E -e "/^L1: isa: (hart )?isa: /s/_($hidden)(_|$)/\2/g" "$native" |
		diff -u - "$CONSOLE.lines" ||
		fail "programs find another instruction set in Halite (see the diff)"
	printf '%s lines are equal\n' "$(wc -l <"$native")"
}

# test_samples [OPTIONS]: counts and samples events in Halite. The program spends three quarters of
# its time in one of two loops. QEMU gives few samples, on the bare machine, too: 6 to 20 for a
# thousand periods.
test_samples()
{
	local samples share
	isa_initrd
	isa_boot halite samples "$@"
	cat "$CONSOLE.lines"
	! grep -q refused "$CONSOLE.lines" || fail "an event is refused"
	grep -q 'exits into Halite: counted' "$CONSOLE.lines" || fail "exits are not counted"
	! grep -qE ': [0-9]{1,5}$' "$CONSOLE.lines" || fail "an event does not count"
	read -r samples share < <(sed -n \
		's/.*: sampling: \([0-9]*\) samples, \([0-9]*\) in 100 .*/\1 \2/p' "$CONSOLE.lines")
	[ "$samples" -ge 5 ] || fail "only $samples samples"
	[ "$share" -ge 40 ] || fail "only $share of 100 samples are in the longer loop"
}

# test_pmu [OPTIONS]: KVM gives its guest a PMU, with snapshots and the interrupt of counters that
# overflow.
test_pmu()
{
	test_selftest_batch client 300 sbi_pmu_test "$@" -- -cpu rva23s64
	expect_console '^SELFTEST sbi_pmu_test 0 ' "the selftest has not passed"
}

# isa_names CPU: the extensions that QEMU's device tree names for the CPU.
isa_names()
{
	"$QEMU10" -M "virt,dumpdtb=$LOGS/$NAME.dtb" -cpu "$1" >"$LOGS/$NAME.qemu" 2>&1 </dev/null ||
		fail "QEMU writes no device tree for -cpu $1"
	fdtget "$LOGS/$NAME.dtb" /cpus/cpu@0 riscv,isa-extensions | tr ' ' '\n' | sort
}

# The CPUs have the extensions that docs/isa.md says, and no others.
test_isa_names()
{
	local cpu
	for cpu in rva23s64 max; do
		awk -F' *[|] *' -v cpu="$cpu" '$4 ~ "(^|, )" cpu "(,|$)" { print $2 }' \
			"$TOP/docs/isa.md" | sort | diff - <(isa_names "$cpu") ||
			fail "docs/isa.md has other extensions for -cpu $cpu (see the diff)"
	done
}
