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
