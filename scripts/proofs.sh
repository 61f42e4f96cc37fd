#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs proofs with the model checker CBMC. Each tests/proofs/NAME.c is one; tests/proofs/proof.h
# says how it is written. Logs are in build/proofs.
# Usage: scripts/proofs.sh [WORD...]   the proofs whose names begin with one of the words, or all.
#                                      The last line is `N proven, N failed`.
#                                      The result is 1 if a property fails, and 2 if a proof does
#                                      not end or reaches no place
#        scripts/proofs.sh --of FILE   prints the names of the proofs of src/FILE
#        scripts/proofs.sh --table     prints the table of docs/testing.md
# PROOF_SECONDS is the number of seconds that a processor may work on one proof, PROOF_MEGABYTES the
# memory of one.
. "$(dirname "$0")/common.sh"

PROOFS=$TOP/tests/proofs
OUT=$BUILD/proofs
CBMC=$DOWNLOADS/cbmc
PICOLIBC=/usr/lib/picolibc/riscv64-unknown-elf
# What is checked at each access and operation, besides the assertions.
CHECKS="--bounds-check --pointer-check --pointer-primitive-check --div-by-zero-check
	--signed-overflow-check --undefined-shift-check"

# head_line NAME FIELD: prints a field of the head of the proof in one line, without its full stop.
head_line()
{
	awk -v field="$2" '
		/^ \*\// { exit }
		/^ \* [A-Z][a-z ]*:/ {
			inside = index($0, " * " field ":") == 1
			sub(/^[^:]*: */, "")
		}
		inside { sub(/^ \* */, ""); printf "%s%s", between, $0; between = " " }' \
		"$PROOFS/$1.c"
}

names() { (cd "$PROOFS" && printf '%s\n' *.c) | sed 's/\.c$//'; }

table()
{
	local name
	echo "| proof | shown | bounds | not shown |"
	echo "| --- | --- | --- | --- |"
	for name in $(names); do
		echo "| $name | $(head_line "$name" Shown) | $(head_line "$name" Bounds) |" \
			"$(head_line "$name" 'Not shown') |"
	done
}

# proofs_of FILE
proofs_of()
{
	local name
	for name in $(names); do
		case " $(head_line "$name" Sources) " in
		*" $1 "*) echo "$name" ;;
		esac
	done
}

# check NAME: runs the proof, with the log as output.
check()
{
	local name=$1 pair
	riscv64-unknown-elf-gcc -march=rv64imac_zicsr_zifencei -mabi=lp64 -ffreestanding \
		-std=gnu11 -E -P -I"$TOP/src" -I"$PROOFS" -isystem "$BUILD/ext/libfdt" \
		-isystem "$PICOLIBC/include" -DHALITE_VERSION='"0"' -DHALITE_VERSION_NUMBER=0 \
		-o "$OUT/$name.i" "$PROOFS/$name.c"
	# goto-instrument takes the address of an element for a read of it: &a[b] becomes a + b.
	perl -0pi -e 's/(?<!&)&(\w[\w>-]*)\[([^][]*)\](?![.[]|->)/($1 + ($2))/g' "$OUT/$name.i"
	"$CBMC/goto-cc" -funsigned-char --function proof -o "$OUT/$name.gb" "$OUT/$name.i"
	# The checks come first: a read that is nondeterministic has no address any more.
	# shellcheck disable=SC2086
	"$CBMC/goto-instrument" $CHECKS "$OUT/$name.gb" "$OUT/$name.checked.gb"
	"$CBMC/goto-instrument" --nondet-volatile "$OUT/$name.checked.gb" "$OUT/$name.gb"
	for pair in $(head_line "$name" Replaced); do
		"$CBMC/goto-instrument" --replace-calls "$pair" "$OUT/$name.gb" "$OUT/$name.gb"
	done
	# shellcheck disable=SC2046
	"$CBMC/cbmc" --no-standard-checks --unwinding-assertions --slice-formula \
		$(head_line "$name" Options) "$OUT/$name.gb"
}

# judge NAME: 0 if all properties hold and all places are reached that proof_reached() names, 1 if
# a property does not hold, 2 for anything else. Prints what is wrong.
judge()
{
	awk '
		/^\[.*\] .*: SUCCESS$/ { if (/ reached: /) { print; lost = 1 } else held++ }
		/^\[.*\] .*: (FAILURE|UNKNOWN|ERROR)$/ {
			if (/ reached: .*FAILURE$/) reached++
			else if (/FAILURE$/) { print; bad = 1 }
			else { print; lost = 1 }
		}
		/^VERIFICATION FAILED/ { ended = 1 }
		END {
			if (!ended) print "it did not end"
			else if (!reached) print "no place is reached"
			exit ended && bad ? 1 : !ended || !reached || !held || lost ? 2 : 0
		}' "$OUT/$1.log"
}

# limited NAME: writes the log of the proof. A shell of its own has the limits. They are seconds of
# the processor, so a busy machine changes nothing. cbmc returns 10, because the places that are
# reached count as failures.
limited()
{
	(
		ulimit -v $((${PROOF_MEGABYTES:-4096} * 1024))
		ulimit -t "${PROOF_SECONDS:-600}"
		export -f check head_line
		export TOP PROOFS OUT CBMC BUILD PICOLIBC CHECKS
		bash -c 'set -eu; check "$1"' - "$1" || true
	) >"$OUT/$1.log" 2>&1
}

run()
{
	local name=$1 wrong taken judged held TIMEFORMAT='%U'
	taken=$({ time limited "$name"; } 2>&1)
	judged=0
	wrong=$(judge "$name") || judged=$?
	if [ "$judged" = 0 ]; then
		proven=$((proven + 1))
		held=$(grep -c '^\[.*\] .*: SUCCESS$' "$OUT/$name.log")
		echo "proven $name, $held properties, $taken s of a processor"
	else
		failed=$((failed + 1))
		[ "$judged" = 1 ] && status=1
		echo "FAILED $name, $taken s of a processor, $OUT/$name.log: $wrong"
	fi
}

case ${1:-} in
--of)
	proofs_of "$2"
	exit
	;;
--table)
	table
	exit
	;;
esac
"$TOP/scripts/fetch-cbmc.sh"
mkdir -p "$OUT"
proven=0
failed=0
status=2
[ $# -gt 0 ] || set -- ""
for word; do
	found=0
	for name in $(names); do
		[[ $name == "$word"* ]] || continue
		found=1
		run "$name"
	done
	[ "$found" = 1 ] || die "proofs.sh: no proof begins with '$word'"
done
echo "$proven proven, $failed failed"
[ "$failed" = 0 ] || exit "$status"
