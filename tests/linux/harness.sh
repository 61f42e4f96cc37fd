# SPDX-License-Identifier: BSD-2-Clause
# What the tests share. A test is a function; test_case runs it in a shell of its own, where the first failing command ends
# it. Its output goes to build/test-logs/NAME.log, the console of each QEMU it starts to build/test-logs/NAME*.console.
# shellcheck shell=bash

LOGS=$BUILD/test-logs
HALITE=$BUILD/halite
QEMU10=qemu-system-riscv64
QEMU72=$DOWNLOADS/qemu-7.2/qemu-system-riscv64
SKIP_STATUS=77
PASSED=0
FAILED=0
SKIPPED=0
# How often each test runs, and the number of the run; the latter is empty where tests run once.
REPEAT=1
RUN=
# What took how long: lines of microseconds and a name. Which runs failed: one line each.
TIMES=()
FAILURES=()

# fail WORDS: ends the test; the words come behind `not ok`.
fail() { printf 'FAIL: %s\n' "$*"; exit 1; }
# skip WORDS: ends the test, which then counts as neither passed nor failed.
skip() { printf 'SKIP: %s\n' "$*"; exit $SKIP_STATUS; }

# wanted NAME: whether the words on the runner's command line select this test; without words, all are.
wanted()
{
	local filter
	[ ${#FILTERS[@]} -gt 0 ] || return 0
	for filter in "${FILTERS[@]}"; do
		case $1 in *"$filter"*) return 0 ;; esac
	done
	return 1
}

# now: the time in microseconds, in NOW.
now() { NOW=${EPOCHREALTIME/[.,]/}; }

# took NAME START: from the microseconds START until now; leaves the whole seconds in TOOK.
took()
{
	now
	TIMES+=("$((NOW - $2)) $1")
	TOOK=$(((NOW - $2) / 1000000))
}

# timed NAME COMMAND...: no test, but time that a run of the tests takes.
timed()
{
	local name=$1 start
	now
	start=$NOW
	shift
	"$@"
	took "$name" "$start"
}

# repeated COMMAND...: as often as tests are to run; RUN counts.
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

# title NAME: with the number of the run, where there are several.
title() { printf '%s' "$1${RUN:+, run $RUN of $REPEAT}"; }

# forget_runs NAME: what an earlier command has kept of it.
forget_runs()
{
	[ "$RUN" != 1 ] || rm -rf "$LOGS/$1".run-*
}

# failed NAME WORDS: counts it. The next run writes over this one's logs, so they are copied.
failed()
{
	local why=$2
	FAILED=$((FAILED + 1))
	if [ -n "$RUN" ]; then
		mkdir -p "$LOGS/$1.run-$RUN"
		find "$LOGS" -maxdepth 1 -type f -newer "$LOGS/.run" -exec cp -p {} "$LOGS/$1.run-$RUN" \;
		why+="; its logs are in ${LOGS#"$TOP"/}/$1.run-$RUN"
	fi
	FAILURES+=("$(title "$1"): $why")
}

# report STATUS NAME SECONDS LOG
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
		;;
	esac
}

# test_case NAME FUNCTION [ARGUMENTS]
test_case()
{
	wanted "$1" || return 0
	# A group that must run as a whole repeats itself.
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

# print_times START: what took longest first, then the sums of groups: a name's part before its first
# hyphen. "rest" is what passed besides since the microseconds START.
print_times()
{
	printf 'seconds, by test:\n'
	printf '%s\n' "${TIMES[@]}" | awk '
		{ sum[$2] += $1; runs[$2]++; if ($1 > most[$2]) most[$2] = $1 }
		END {
			for (name in sum) {
				printf "%9.1f  %s", sum[name] / 1e6, name
				if (runs[name] > 1) printf " (%d runs, longest %.1f)", runs[name], most[name] / 1e6
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

# with_console SUFFIX SECONDS COMMAND...: runs it with its output in $LOGS/$NAME$SUFFIX.console, carriage returns dropped.
# STATUS is its exit status, 124 when it had to be ended. CONSOLE is the file.
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

# expect_console PATTERN WORDS: the console has a line with it.
expect_console()
{
	grep -aqE -e "$1" "$CONSOLE" || fail "$2: no line '$1' in ${CONSOLE#"$TOP"/}"
}

expect_status()
{
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	[ "$STATUS" = "$1" ] || fail "exit status $STATUS instead of $1, see ${CONSOLE#"$TOP"/}"
}

# need_fetched FILE: skips the test without a file that comes from Debian's archive.
need_fetched()
{
	[ -s "$1" ] || skip "${1#"$TOP"/} is missing: it could not be fetched from Debian's archive, see above"
}
