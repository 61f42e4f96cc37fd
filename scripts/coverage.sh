#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Measures the line and branch coverage of src/hext and src/nacl by their unit tests, without the
# sanitizers. Prints a table, and fails below the two limits. All files are in build/coverage.
# Usage: scripts/coverage.sh [LINES BRANCHES], in percent; the default is 95 90.
. "$(dirname "$0")/common.sh"

OUT=$BUILD/coverage
LINES_WANTED=${1:-95}
BRANCHES_WANTED=${2:-90}

# run_test NAME FOLDER [FLAG...]: builds the test in FOLDER with the compiler's FLAGs, runs it, and
# keeps its counts in FOLDER.
run_test()
{
	local name=$1 folder=$OUT/$2
	shift 2
	mkdir -p "$folder"
	(cd "$folder" &&
		gcc -std=gnu11 -g -O0 --coverage -I"$TOP/src" -o "$name" "$TOP/tests/unit/$name.c" \
			"$@" -lcmocka -lpthread &&
		"./$name" >log 2>&1) || die "$name ($folder) does not build or fails"
}

"$TOP/scripts/install-packages.sh" unit coverage
rm -rf "$OUT"
for test in "$TOP"/tests/unit/test_hext_*.c; do
	name=$(basename "$test" .c)
	run_test "$name" "$name" "$TOP"/src/hext/*.c
done
for layout in rv64 rv32 be rv32be; do
	case $layout in
	rv64) flags=() ;;
	rv32) flags=(-DNACL_XLEN=32) ;;
	be) flags=(-DNACL_SIMULATE_BIG_ENDIAN) ;;
	rv32be) flags=(-DNACL_XLEN=32 -DNACL_SIMULATE_BIG_ENDIAN) ;;
	esac
	# test_nacl_client.c, test_nacl_both.c and test_nacl_cases.c include client.c.
	run_test test_nacl_client "client-$layout" "${flags[@]}"
	for name in test_nacl_host test_nacl_both test_nacl_cases; do
		run_test "$name" "$name-$layout" "${flags[@]}" "$TOP/src/nacl/host.c"
	done
done
cd "$OUT"
report() { gcovr -r "$TOP" --object-directory "$OUT" "$OUT" -f "$TOP/src/(hext|nacl)/" "$@"; }
report >lines.txt
report --branches >branches.txt
grep -vE '^(-|Directory|  )' lines.txt
grep -E '^(File|src/|TOTAL)' branches.txt
report --fail-under-line "$LINES_WANTED" --fail-under-branch "$BRANCHES_WANTED" >/dev/null ||
	die "less than $LINES_WANTED % of lines or $BRANCHES_WANTED % of branches"
