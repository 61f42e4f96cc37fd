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

# test_cage SECONDS WORDS [OPTIONS]: a directed attack, by page tables, areas and entry points in
# devices and elsewhere, and by code that is not any more what trapped. The guest judges by the
# specification. WORDS go on its command line; with "all" it takes minutes.
test_cage()
{
	local limit=$1 words=$2
	shift 2
	with_console "" "$limit" "$HALITE" run --kernel "$GUESTS/cage.elf" --memory 512M \
		--append "$words" "$@" -- -cpu rv64,h=true,v=true
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	! grep -a 'halite: fatal' "$CONSOLE" || fail "the guest ended Halite"
	! grep -a '# SKIP no vector' "$CONSOLE" || fail "no vector instructions: a part did not run"
	ktap_passed
	expect_status 0
}

# cage_tests KIND SECONDS WORDS
cage_tests()
{
	local cpus machine nacl
	for machine in plic aia; do
		test_case "guest-cage$1-native-$machine" test_cage "$2" "$3" --native \
			--machine "$machine" --cpus 2
		for cpus in 1 4; do
			for nacl in all none; do
				test_case "guest-cage$1-$cpus-$machine-nacl-$nacl" test_cage "$2" "$3" \
					--cpus "$cpus" --machine "$machine" --nacl "$nacl"
			done
		done
	done
}

cage_tests_long()
{
	local machine
	cage_tests -all 1200 all
	for machine in plic aplic aia:0 aia; do
		test_case "guest-cage-depth-2-$machine" test_cage 300 quick \
			--machine "$machine" --cpus 2 --depth 2
	done
}

hostile_tests()
{
	local cpus nacl machine
	cage_tests_long
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
		test_case "guest-$name-depth-3-none" test_guest "$name" --depth 3 --nacl none,none,none
	done
	cage_tests "" 120 quick
}
