# SPDX-License-Identifier: BSD-2-Clause
# The same kernel and initrd print the same boot log on the bare machine and in Halite.
# shellcheck shell=bash

# boot_lines CONSOLE: prints the lines of a boot log that must be equal. It leaves out times; lines
# that depend on the size or the end of memory; the address in the IMSIC's name; values that the
# kernel has measured, and lines about operations that took long or run at the same time; and the
# name of the SBI implementation, and what Halite's SBI 3.0 has and the firmware's 2.0 lacks.
boot_lines()
{
	sed -n '/Linux version/,$p' "$1" |
		sed -E -e 's/^\[ *[0-9.]+\] //' \
			-e 's/^(riscv-imsic: [a-z-]+)@[0-9a-f]+/\1/' \
			-e '/^(cma: Reserved|NUMA: Faking|NODE_DATA|Initmem setup)/d' \
			-e '/^(On node|Memory:|OF: reserved mem|Built )/d' \
			-e '/^ +(DMA32|Normal) |^ +node +[0-9]+: \[mem|^software IO TLB: /d' \
			-e '/^ *(Early|Movable|Zone) /d' \
			-e 's/(SBI specification) v.*/\1/; s/(SBI implementation) ID=.*/\1/' \
			-e '/^SBI FWFT extension detected|: SBI PMU snapshot detected$/d' \
			-e '/^node [0-9]+ deferred pages initialised/d' \
			-e 's/^audit: type=2000 audit\([0-9.:]+\)/audit/' \
			-e 's/^cpu[0-9]+: (.*) speed is .*/cpuN: \1 speed/' \
			-e 's/setting system clock to .*/setting system clock/' \
			-e '/ took [0-9]+ usecs$/d' \
			-e '/^Freeing initrd memory|^Trying to unpack rootfs/d'
}

# boot KIND CPUS SECONDS [OPTIONS]: boots the smallest Debian; sets CONSOLE and STATUS.
boot()
{
	local kind=$1 cpus=$2 limit=$3
	shift 3
	with_console ".$kind" "$limit" "$HALITE" run \
		--kernel "$GUESTS/client/Image" --initrd "$GUESTS/client/boot.cpio" \
		--cpus "$cpus" --append "console=ttyS0 earlycon=sbi halite.scene=boot" "$@"
}

# test_boot_equal CPUS [OPTIONS]: compares the boot logs of the bare machine and of Halite.
test_boot_equal() { test_boot_equal_but '' "$@"; }

NO_SSCOFPMF='riscv-pmu-sbi: Perf sampling/filtering is not supported as sscof extension is '
NO_SSCOFPMF+='not available'

# Without an IMSIC a guest has no Sscofpmf (docs/isa.md), and its driver of counters says so.
test_boot_no_sscofpmf()
{
	test_boot_equal_but "$NO_SSCOFPMF" "$@"
}

# test_boot_equal_but LINE CPUS [OPTIONS]: the same, but only in Halite there is LINE, if not empty.
test_boot_equal_but()
{
	local only=$1 cpus=$2 native halite lines
	shift 2
	boot native "$cpus" 120 --native "$@"
	expect_status 0
	native=$CONSOLE
	boot halite "$cpus" 240 "$@"
	expect_status 0
	halite=$CONSOLE
	boot_lines "$native" >"$native.lines"
	boot_lines "$halite" >"$halite.lines"
	lines=$(wc -l <"$native.lines")
	[ "$lines" -ge 100 ] || fail "only $lines lines to compare"
	grep -qx "L1: online: $([ "$cpus" = 1 ] && echo 0 || echo "0-$((cpus - 1))")" \
		"$halite.lines" ||
		fail "not all $cpus harts are online"
	if [ -n "$only" ]; then
		grep -qxF "$only" "$halite.lines" || fail "the guest does not say: $only"
		sed -i "\\|^$only\$|d" "$halite.lines"
	fi
	diff -u "$native.lines" "$halite.lines" ||
		fail "the logs differ: native and Halite, $cpus harts (see the diff)"
	printf '%s lines are equal\n' "$lines"
}

# test_boot CPUS [OPTIONS]: one boot in Halite.
test_boot()
{
	local cpus=$1
	shift
	case "$*" in *"$QEMU72"*) need_fetched "$QEMU72" ;; esac
	boot halite "$cpus" 240 "$@"
	expect_status 0
	expect_console '^L1: scene boot: exit 0' "the boot did not reach its end"
}
