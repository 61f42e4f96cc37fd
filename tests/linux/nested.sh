# SPDX-License-Identifier: BSD-2-Clause
# Linux/KVM as L1: a Debian guest in it, and the kernel's KVM selftests.
# shellcheck shell=bash

# test_demo KERNEL NACL-LINE SECONDS [OPTIONS]: plays the scene of `make demo`. KVM must print
# NACL-LINE about nested acceleration; if NACL-LINE is -, KVM must print nothing about it.
test_demo()
{
	local kernel=$1 line=$2 limit=$3
	shift 3
	need_fetched "$GUESTS/$kernel/l1.cpio"
	case "$*" in *"$QEMU72"*) need_fetched "$QEMU72" ;; esac
	with_console "" "$limit" "$HALITE" run --kernel "$GUESTS/$kernel/Image" \
		--initrd "$GUESTS/$kernel/l1.cpio" --cpus 2 \
		--append "console=ttyS0 halite.scene=demo halite.seconds=$limit" "$@"
	expect_status 0
	expect_console '^L1: init: ' "L1 did not come up"
	expect_console 'kvm.*hypervisor extension available' "KVM did not find the H extension"
	if [ "$line" = - ]; then
		! grep -aq 'SBI nested acceleration' "$CONSOLE" ||
			fail "KVM reports nested acceleration, which is off"
	else
		expect_console "$line" "KVM does not report the features"
	fi
	expect_console '^L2: init: ' "L2 did not come up"
	expect_console '^answer 42' "L2's shell did not answer"
	expect_console '^L1: QEMU of L2: exit 0' "L2 did not power off"
	expect_console '^L1: scene demo: exit 0' "L1's scene failed"
}

# test_depth DEPTH NACL-BY-LEVEL SECONDS: plays the demo in the innermost of DEPTH Halites.
test_depth()
{
	local depth=$1 offers below=none above level line=-
	IFS=, read -ra offers <<<"$2"
	[ "${offers[depth - 1]}" = none ] || line=$NACL_ALL
	test_demo client "$line" "$3" --depth "$depth" --nacl "$2"
	for ((level = 0; level < depth; level++)); do
		above=${offers[level]}
		expect_console \
			"^halite: level $level, SBI NACL below: $below, for the guest: $above\$" \
			"level $level says something else"
		below=$above
	done
}

# The Halite below passes traps without htinst, as the specification allows. The upper Halite
# fetches the instructions of Debian's kernel.
test_no_code()
{
	make -s --no-print-directory liar
	export HALITE_BIN=$BUILD/liar/halite.bin
	test_demo client "$NACL_ALL" 400 --depth 2 -- -append "nacl=all stats slow lie=10"
	expect_console 'level 0: exits l1-hlv-hsv [0-9]{4}' "nothing was fetched"
}

# test_selftest_batch KERNEL SECONDS TESTS [OPTIONS]: boots once and runs the TESTS, which are
# separated by commas. test_selftest reads the results from the console.
test_selftest_batch()
{
	local kernel=$1 limit=$2 tests=$3
	shift 3
	with_console "" "$limit" "$HALITE" run --kernel "$GUESTS/$kernel/Image" \
		--initrd "$GUESTS/$kernel/selftests.cpio" --cpus 2 --memory 4G \
		--append "console=ttyS0 halite.scene=selftests halite.tests=$tests" "$@"
	expect_status 0
	expect_console '^L1: scene selftests: exit 0' "the scene did not reach its end"
}

# test_selftest BATCH NAME: reports the result of one selftest of a batch.
test_selftest()
{
	local console=$LOGS/$1.console line
	line=$(grep -a "^SELFTEST $2 " "$console" | tail -n 1 || true)
	printf '%s\n' "$line"
	[ -n "$line" ] || fail "it has no result in ${console#"$TOP"/}"
	case $line in
	"SELFTEST $2 0 "*) ;;
	"SELFTEST $2 4 "*) skip "the selftest itself says so (exit code 4)" ;;
	*)
		# The test's output is between the previous result and its own.
		awk -v end="$line" '
			/^SELFTEST / { if ($0 == end) printf "%s", output; output = ""; next }
			{ output = output $0 "\n" }' "$console"
		fail "$line (name, exit status, seconds)"
		;;
	esac
}
