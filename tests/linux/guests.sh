# SPDX-License-Identifier: BSD-2-Clause
# The bare-metal guests check themselves and report in KTAP; each runs on the bare machine and in Halite.
# shellcheck shell=bash

# ktap_passed: the console has as many checks as its plan says, and none that failed.
ktap_passed()
{
	local checks
	! grep -aE '^not ok ' "$CONSOLE" || fail "$(grep -aE '^not ok ' "$CONSOLE" | head -n 1)"
	checks=$(grep -acE '^ok ' "$CONSOLE" || true)
	[ "$checks" -gt 0 ] || fail "no check ran, see ${CONSOLE#"$TOP"/}"
	grep -aqx "1\.\.$checks" "$CONSOLE" || fail "$checks checks are not what the plan says, see ${CONSOLE#"$TOP"/}"
}

# test_guest NAME [OPTIONS]
test_guest()
{
	local program=$GUESTS/$1.elf
	shift
	with_console "" 60 "$HALITE" run --kernel "$program" --memory 512M "$@"
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	ktap_passed
	expect_status 0
}

# A guest that attacks Halite from all its harts: Halite survives, and gives away nothing that is not the guest's.
test_hostile()
{
	with_console "" 90 "$HALITE" run --kernel "$GUESTS/hostile.elf" --memory 512M "$@"
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	! grep -a 'halite: fatal' "$CONSOLE" || fail "the guest ended Halite"
	expect_console '^hostile: [0-9]+ rounds on [0-9]+ harts, survived' "the guest did not reach its end"
	expect_status 0
}

hostile_tests()
{
	local cpus nacl machine
	for cpus in 1 4; do
		for nacl in all none; do
			test_case "guest-hostile-$cpus-nacl-$nacl" test_hostile --cpus "$cpus" --nacl "$nacl"
		done
		for machine in aia aia:0 aplic; do
			test_case "guest-hostile-$cpus-$machine" test_hostile --cpus "$cpus" --machine "$machine"
		done
		# Halite as L1 is attacked by its guest; what it does then must not harm the Halite below.
		test_case "guest-hostile-$cpus-depth-2" test_hostile --cpus "$cpus" --depth 2
		test_case "guest-hostile-$cpus-depth-2-aia" test_hostile --cpus "$cpus" --depth 2 --machine aia
	done
}

# The H extension in Halite against the bare machine's, with all subsets of NACL's features.
test_conformance()
{
	make -s --no-print-directory conformance || fail "there are differences that docs/conformance.md does not explain"
}

# harts_guest BINARY OPTIONS...: the guest whose harts race, in that Halite. It ends by time, too.
harts_guest()
{
	local binary=$1
	shift
	HALITE_BIN=$binary with_console "" 120 "$HALITE" run --kernel "$GUESTS/harts.elf" \
		--memory 512M --cpus 4 "$@"
	expect_status 0
	ktap_passed
}

test_harts() { harts_guest "$BUILD/halite.bin" "$@"; }

# The same where Halite's harts stand still for a while at marked places.
test_harts_jitter()
{
	make -s --no-print-directory jitter
	harts_guest "$BUILD/jitter/halite.bin" "$@"
}

# All harts end Halite at once: one message, as one line, and a failure's status.
test_fatal_once()
{
	local round
	make -s --no-print-directory jitter
	for round in 1 2 3; do
		HALITE_BIN=$BUILD/jitter/halite.bin with_console "-$round" 60 "$HALITE" run \
			--kernel "$GUESTS/harts.elf" --append fatal --memory 512M --cpus 4
		expect_status 1
		expect_console '^halite: fatal: hart [0-3] was told to end it, .* in between$' \
			"the message is not whole"
		[ "$(grep -ac 'halite: fatal' "$CONSOLE")" = 1 ] ||
			fail "more than one message, see ${CONSOLE#"$TOP"/}"
	done
}

# How long interrupts are off while many fences are done, in instructions.
test_fences()
{
	with_console "" 100 "$HALITE" run --kernel "$GUESTS/harts.elf" --append fences \
		--memory 512M --cpus 1 --icount "$@"
	expect_status 0
	ktap_passed
}

harts_tests()
{
	local machine nacl name
	for machine in plic aplic aia; do
		test_case "guest-harts-$machine-native" test_harts --machine "$machine" --native
		for nacl in all none; do
			name=guest-harts-$machine-nacl-$nacl
			test_case "$name" test_harts --machine "$machine" --nacl "$nacl"
			test_case "$name-jitter" test_harts_jitter --machine "$machine" --nacl "$nacl"
		done
	done
	test_case guest-harts-depth-2 test_harts --machine plic --depth 2
	test_case guest-fatal-once test_fatal_once
	test_case guest-fences test_fences --machine plic
}

guest_tests()
{
	local name
	harts_tests
	make -s --no-print-directory guest-programs
	for name in $(make -s --no-print-directory guest-list); do
		test_case "guest-$name-native" test_guest "$name" --native
		test_case "guest-$name-halite" test_guest "$name"
		test_case "guest-$name-nacl-none" test_guest "$name" --nacl none
		test_case "guest-$name-depth-2" test_guest "$name" --depth 2
		test_case "guest-$name-depth-3" test_guest "$name" --depth 3 --nacl all,none,all
		test_case "guest-$name-depth-3-none" test_guest "$name" --depth 3 --nacl none,none,none
	done
}
