# SPDX-License-Identifier: BSD-2-Clause
# The unit tests are cmocka programs for the build machine; each of their tests is one here.
# shellcheck shell=bash

# unit_tests: builds and runs them all and counts what cmocka reports. A program that ends without its report counts as one
# failure.
unit_tests()
{
	local log=$LOGS/unit.log program name status verdict
	wanted unit || return 0
	say "unit tests"
	if ! make -s unit-build >"$log" 2>&1; then
		echo "FAIL: the unit tests do not build" >>"$log"
		report 1 unit-build 0 "$log"
		return 0
	fi
	for program in $(make -s --no-print-directory unit-list); do
		name=unit-$(basename "$program")
		log=$LOGS/$name.log
		status=0
		CMOCKA_MESSAGE_OUTPUT=stdout timeout -k 5 300 "$program" >"$log" 2>&1 </dev/null || status=$?
		while read -r verdict; do
			case $verdict in
			'[       OK ] '*)
				PASSED=$((PASSED + 1))
				printf 'ok %s: %s\n' "$name" "${verdict##*] }"
				;;
			'[  SKIPPED ] '*)
				SKIPPED=$((SKIPPED + 1))
				printf 'skipped %s: %s\n' "$name" "${verdict##*] }"
				;;
			'[  FAILED  ] '*)
				FAILED=$((FAILED + 1))
				printf 'not ok %s: %s\n' "$name" "${verdict##*] }"
				;;
			esac
		done < <(sed '/^\[==========\].*test(s) run/q' "$log")
		if [ "$status" != 0 ]; then
			grep -q '^\[  FAILED  \]' "$log" || report "$status" "$name" 0 "$log"
			tail -n 30 "$log" | sed 's/^/    | /'
		fi
	done
}
