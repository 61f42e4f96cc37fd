# SPDX-License-Identifier: BSD-2-Clause
# The unit tests are cmocka programs for the build machine. Each test of a program counts as a test.
# shellcheck shell=bash

# unit_tests: builds the programs, runs them, and counts the results that cmocka prints.
unit_tests()
{
	local log=$LOGS/unit.log program status=0 start
	if [ -n "$LISTING" ]; then
		echo unit
		return 0
	fi
	wanted unit || return 0
	scripts/fetch-boards.sh || say "there are no device trees of boards now"
	say "unit tests"
	now
	start=$NOW
	make -s -j "$(nproc)" unit-build >"$log" 2>&1 || status=$?
	took unit-build "$start"
	if [ "$status" != 0 ]; then
		echo "FAIL: the unit tests do not build" >>"$log"
		report 1 unit-build 0 "$log"
		return 0
	fi
	for program in $(make -s --no-print-directory unit-list); do
		repeated unit_program "$program"
	done
}

# unit_program PROGRAM: runs a program. A program that ends without a report counts as one failure.
unit_program()
{
	local name log status=0 verdict start
	name=unit-$(basename "$1")
	log=$LOGS/$name.log
	forget_runs "$name"
	now
	start=$NOW
	CMOCKA_MESSAGE_OUTPUT=stdout timeout -k 5 300 "$1" >"$log" 2>&1 </dev/null || status=$?
	took "$name" "$start"
	while read -r verdict; do
		case $verdict in
		'[       OK ] '*)
			PASSED=$((PASSED + 1))
			printf 'ok %s: %s\n' "$(title "$name")" "${verdict##*] }"
			;;
		'[  SKIPPED ] '*)
			SKIPPED=$((SKIPPED + 1))
			printf 'skipped %s: %s\n' "$(title "$name")" "${verdict##*] }"
			;;
		'[  FAILED  ] '*)
			failed "$name" "${verdict##*] }"
			printf 'not ok %s: %s\n' "$(title "$name")" "${verdict##*] }"
			;;
		esac
	done < <(sed '/^\[==========\].*test(s) run/q' "$log")
	[ "$status" != 0 ] || return 0
	grep -q '^\[  FAILED  \]' "$log" || report "$status" "$name" 0 "$log"
	tail -n 30 "$log" | sed 's/^/    | /'
}

# Checks src/nacl as a library (mk/nacl.mk).
test_nacl_library()
{
	make -s --no-print-directory nacl-alone nacl-headers nacl-wrong-csr nacl-examples
	# The unit tests are run elsewhere. Here they must find a queue that is published in wrong
	# order.
	make -s --no-print-directory nacl-tests | tee "$LOGS/$NAME.tests"
	grep -q '^ok: a reversed publication is found' "$LOGS/$NAME.tests"
}

# src/hext builds alone, and its example runs: see mk/hext.mk.
test_hext_library()
{
	make -s --no-print-directory hext-check
	make -s --no-print-directory hext-check HEXT_CC=clang
}

# test_fuzz HALF SECONDS: runs the fuzzer of one half of src/nacl.
test_fuzz()
{
	local fuzzer=build/nacl/gcc/fuzz_nacl_$1_rv64
	make -s --no-print-directory "$fuzzer"
	"./$fuzzer" --seconds "$2"
}

# Each deliberate fault of tests/mutants must still apply to the sources.
test_mutants_fit()
{
	scripts/mutants.sh --fit
}

# docs/boards.md: what somebody does with the tree of another board.
test_try_board()
{
	local board=build/downloads/boards/k3-pico-itx.dtb found
	need_fetched "$TOP/$board"
	make -s --no-print-directory build/unit/test_hv_boards
	found=$(HALITE_BOARD=$board build/unit/test_hv_boards)
	printf '%s\n' "$found"
	grep -q '^harts *8 with H, 0 without; boot hart 0$' <<<"$found" || fail "no harts"
	grep -q '^RAM *0x100000000, 0x400000000 bytes$' <<<"$found" || fail "no RAM"
	! found=$(HALITE_BOARD=README.md build/unit/test_hv_boards) || fail "a text is a board"
	grep -q 'README.md: no device tree' <<<"$found" || fail "it says $found"
}

nacl_library_tests()
{
	local half seconds=60
	[ "$LONG" = 0 ] || seconds=1800
	test_case mutants-fit test_mutants_fit
	test_case nacl-library test_nacl_library
	test_case hext-library test_hext_library
	test_case try-board test_try_board
	for half in client host; do
		test_case "fuzz-nacl-$half" test_fuzz "$half" "$seconds"
	done
}

# Measures the coverage of src/hext and src/nacl, which must not be below the limits.
test_proofs()
{
	make -s --no-print-directory -C "$TOP" proofs
}

test_coverage()
{
	make -s --no-print-directory coverage
}

# Runs the model of the TLBs with more seeds than the unit tests do.
test_tlb_long()
{
	make -s --no-print-directory build/unit/test_tlb
	TLB_SEEDS=60 build/unit/test_tlb
}
