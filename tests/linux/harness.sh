# SPDX-License-Identifier: BSD-2-Clause
# Functions that the tests share. A test is a function. test_case runs it in a subshell, which ends
# at the first command that fails. Its output goes to build/test-logs/NAME.log, and the console of
# each QEMU that it starts to build/test-logs/NAME*.console.
# shellcheck shell=bash

LOGS=$BUILD/test-logs
HALITE=$BUILD/halite
QEMU10=qemu-system-riscv64
QEMU72=$DOWNLOADS/qemu-7.2/qemu-system-riscv64
SKIP_STATUS=77
PASSED=0
FAILED=0
SKIPPED=0
# REPEAT: number of runs of each test. RUN: number of this run; empty if each test runs once.
REPEAT=1
RUN=
# LISTING: not empty if tests/run only prints the names of the tests. If it is "calls", tests/run
# prints the function and the arguments of a test behind its name.
LISTING=${LISTING:-}
# TIMES: lines of microseconds and a name. FAILURES: a line for each run that failed.
TIMES=()
FAILURES=()

# fail WORDS: ends the test as failed; WORDS follow `not ok`.
fail() { printf 'FAIL: %s\n' "$*"; exit 1; }
# skip WORDS: ends the test, which counts neither as passed nor as failed.
skip() { printf 'SKIP: %s\n' "$*"; exit $SKIP_STATUS; }

# wanted NAME: returns whether the WORDs of tests/run select this test. Without WORDs all are
# selected.
wanted()
{
	local filter
	[ ${#FILTERS[@]} -gt 0 ] || return 0
	for filter in "${FILTERS[@]}"; do
		case $1 in *"$filter"*) return 0 ;; esac
	done
	return 1
}

# check_words: ends the run if one of the WORDs is in no test's name.
check_words()
{
	local word names options=() where=', without --long'
	[ ${#FILTERS[@]} -gt 0 ] || return 0
	[ "$LONG" = 0 ] || options=(--long) where=
	names=$(LISTING=1 "$TOP/tests/run" "${options[@]}")
	for word in "${FILTERS[@]}"; do
		grep -qF -e "$word" <<<"$names" ||
			die "tests/run: no test has '$word' in its name$where"
	done
}

# now: sets NOW to the time in microseconds.
now() { NOW=${EPOCHREALTIME/[.,]/}; }

# took NAME START: notes the time since START (microseconds) for NAME; sets TOOK to whole seconds.
took()
{
	now
	TIMES+=("$((NOW - $2)) $1")
	TOOK=$(((NOW - $2) / 1000000))
}

# timed NAME COMMAND...: runs a command that is not a test, and notes its time.
timed()
{
	local name=$1 start
	[ -z "$LISTING" ] || return 0
	now
	start=$NOW
	shift
	"$@"
	took "$name" "$start"
}

# repeated COMMAND...: runs COMMAND REPEAT times, with the number of the run in RUN.
repeated()
{
	if [ "$REPEAT" = 1 ]; then
		"$@"
		return
	fi
	for ((RUN = 1; RUN <= REPEAT; RUN++)); do
		touch "$LOGS/.run"
		"$@"
	done
	RUN=
}

# title NAME: prints the test's name, and the number of the run if there are several.
title() { printf '%s' "$1${RUN:+, run $RUN of $REPEAT}"; }

# forget_runs NAME: deletes the logs of NAME that an earlier call of tests/run has kept.
forget_runs()
{
	[ "$RUN" != 1 ] || rm -rf "$LOGS/$1".run-*
}

# failed NAME WORDS: counts a failure. Copies the logs if there is a next run, which overwrites
# them.
failed()
{
	local why=$2
	FAILED=$((FAILED + 1))
	if [ -n "$RUN" ]; then
		mkdir -p "$LOGS/$1.run-$RUN"
		find "$LOGS" -maxdepth 1 -type f -newer "$LOGS/.run" -exec cp -p {} \
			"$LOGS/$1.run-$RUN" \;
		why+="; its logs are in ${LOGS#"$TOP"/}/$1.run-$RUN"
	fi
	FAILURES+=("$(title "$1"): $why")
}

# report STATUS NAME SECONDS LOG: counts and prints the result of a test.
report()
{
	local why
	case $1 in
	0)
		PASSED=$((PASSED + 1))
		printf 'ok %s (%s s)\n' "$(title "$2")" "$3"
		;;
	"$SKIP_STATUS")
		SKIPPED=$((SKIPPED + 1))
		printf 'skipped %s: %s\n' "$(title "$2")" "$(sed -n 's/^SKIP: //p' "$4")"
		;;
	*)
		why=$(sed -n 's/^FAIL: //p' "$4" | tail -n 1)
		failed "$2" "${why:-status $1}"
		printf 'not ok %s (%s s): %s\n' "$(title "$2")" "$3" "${why:-status $1}"
		tail -n 40 "$4" | cut -c 1-200 | sed 's/^/    | /'
		[ "$FIRST" = 0 ] || exit 1
		;;
	esac
}

# test_case NAME FUNCTION [ARGUMENTS]: runs a test as often as wanted.
test_case()
{
	if [ "$LISTING" = calls ]; then
		printf '%s ' "$@"
		printf '\n'
		return 0
	fi
	if [ -n "$LISTING" ]; then
		printf '%s\n' "$1"
		return 0
	fi
	wanted "$1" || return 0
	# Within `repeated`, RUN is set and this is one run.
	if [ -n "$RUN" ]; then test_once "$@"; else repeated test_once "$@"; fi
}

test_once()
{
	local name=$1 log=$LOGS/$1.log start status
	shift
	forget_runs "$name"
	now
	start=$NOW
	set +e
	(
		set -euo pipefail
		NAME=$name
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	took "$name" "$start"
	report "$status" "$name" "$TOOK" "$log"
}

# print_times START: prints the times of tests, the longest first, and the sums of groups. A group
# is the part of a name before the first hyphen. "rest" is the other time since START
# (microseconds).
print_times()
{
	printf 'seconds, by test:\n'
	printf '%s\n' "${TIMES[@]}" | awk '
		{ sum[$2] += $1; runs[$2]++; if ($1 > most[$2]) most[$2] = $1 }
		END {
			for (name in sum) {
				printf "%9.1f  %s", sum[name] / 1e6, name
				if (runs[name] > 1)
					printf " (%d runs, longest %.1f)", runs[name],
						most[name] / 1e6
				printf "\n"
			}
		}' | sort -k 1,1rn -k 2
	printf 'seconds, by group:\n'
	now
	printf '%s\n' "${TIMES[@]}" | awk -v all=$((NOW - $1)) '
		{ group = $2; sub(/-.*/, "", group); sum[group] += $1; rest += $1 }
		END {
			sum["rest"] = all - rest
			for (group in sum) printf "%9.1f  %s\n", sum[group] / 1e6, group
		}' | sort -k 1,1rn -k 2
	awk -v all=$((NOW - $1)) 'BEGIN { printf "%9.1f  all\n", all / 1e6 }'
}

# with_console SUFFIX SECONDS COMMAND...: runs COMMAND and writes its output, without carriage
# returns, to $LOGS/$NAME$SUFFIX.console. Sets STATUS to its exit status (124 after SECONDS),
# CONSOLE to the file.
with_console()
{
	local suffix=$1 limit=$2
	shift 2
	CONSOLE=$LOGS/$NAME$suffix.console
	printf 'running: %s\n' "$*"
	STATUS=0
	timeout -k 5 "$limit" "$@" </dev/null >"$CONSOLE.raw" 2>&1 || STATUS=$?
	tr -d '\r' <"$CONSOLE.raw" >"$CONSOLE"
	rm -f "$CONSOLE.raw"
	printf 'exit status %s; the console ends:\n' "$STATUS"
	tail -n 12 "$CONSOLE"
}

# expect_console PATTERN WORDS: fails with WORDS unless a line of the console matches PATTERN.
expect_console()
{
	grep -aqE -e "$1" "$CONSOLE" || fail "$2: no line '$1' in ${CONSOLE#"$TOP"/}"
}

expect_status()
{
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	[ "$STATUS" = "$1" ] || fail "exit status $STATUS instead of $1, see ${CONSOLE#"$TOP"/}"
}

# need_fetched FILE: skips the test if FILE, which comes from Debian's archive, is missing.
need_fetched()
{
	[ -s "$1" ] || skip "${1#"$TOP"/} is missing:" \
		"it could not be fetched from Debian's archive, see above"
}
