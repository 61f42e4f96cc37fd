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

# report STATUS NAME SECONDS LOG
report()
{
	local why
	case $1 in
	0)
		PASSED=$((PASSED + 1))
		printf 'ok %s (%s s)\n' "$2" "$3"
		;;
	"$SKIP_STATUS")
		SKIPPED=$((SKIPPED + 1))
		printf 'skipped %s: %s\n' "$2" "$(sed -n 's/^SKIP: //p' "$4")"
		;;
	*)
		FAILED=$((FAILED + 1))
		why=$(sed -n 's/^FAIL: //p' "$4" | tail -n 1)
		printf 'not ok %s (%s s): %s\n' "$2" "$3" "${why:-status $1}"
		tail -n 40 "$4" | cut -c 1-200 | sed 's/^/    | /'
		;;
	esac
}

# test_case NAME FUNCTION [ARGUMENTS]
test_case()
{
	local name=$1 log=$LOGS/$1.log start=$SECONDS status
	shift
	wanted "$name" || return 0
	set +e
	(
		set -euo pipefail
		NAME=$name
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	report "$status" "$name" $((SECONDS - start)) "$log"
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
