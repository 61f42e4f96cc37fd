# SPDX-License-Identifier: BSD-2-Clause
# The bare-metal guests check themselves and report in KTAP; each runs on the bare machine and in Halite.
# shellcheck shell=bash

# test_guest NAME [OPTIONS]
test_guest()
{
	local program=$GUESTS/$1.elf checks
	shift
	with_console "" 60 "$HALITE" run --kernel "$program" --memory 512M "$@"
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	! grep -aE '^not ok ' "$CONSOLE" || fail "$(grep -aE '^not ok ' "$CONSOLE" | head -n 1)"
	checks=$(grep -acE '^ok ' "$CONSOLE" || true)
	[ "$checks" -gt 0 ] || fail "no check ran, see ${CONSOLE#"$TOP"/}"
	grep -aqx "1\.\.$checks" "$CONSOLE" || fail "$checks checks are not what the plan says, see ${CONSOLE#"$TOP"/}"
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
	local cpus nacl
	for cpus in 1 4; do
		for nacl in all none; do
			test_case "guest-hostile-$cpus-nacl-$nacl" test_hostile --cpus "$cpus" --nacl "$nacl"
		done
	done
}

guest_tests()
{
	local name
	make -s --no-print-directory guest-programs
	for name in $(make -s --no-print-directory guest-list); do
		test_case "guest-$name-native" test_guest "$name" --native
		test_case "guest-$name-halite" test_guest "$name"
		test_case "guest-$name-nacl-none" test_guest "$name" --nacl none
		test_case "guest-$name-depth-2" test_guest "$name" --depth 2
		test_case "guest-$name-depth-3" test_guest "$name" --depth 3 --nacl all,none,all
	done
}
