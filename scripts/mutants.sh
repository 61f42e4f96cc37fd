#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Breaks the code on purpose, one fault at a time, and sees whether the tests notice. Each line of tests/mutants/LIST.txt is a file
# and a sed command (with -z, so \n is the end of a line) that puts a fault into it; # begins a comment, "equal:" behind the file marks one
# that changes nothing one could see, with the reason in the comment above it: it is not run.
#   hext   src/hext: its unit tests, then the conformance guest in Halite and in Halite in Halite
#   nacl   src/nacl/host.c: its unit tests, then likewise
#   hv     the rest: the conformance guest, then tests/run with the words in HV_TESTS
#   cage   what keeps a guest in: unit tests of the file, the model of tests/tlb, the conformance guest on CAGE_VARIANTS, then tests/run
#          with the words in CAGE_TESTS
# Usage: scripts/mutants.sh [LIST[:NUMBER]...], all lists without. The last line is `N found, N missed`.
#        scripts/mutants.sh --fit   only looks whether each of them still changes its file
. "$(dirname "$0")/common.sh"

OUT=$BUILD/mutants
TREE=$OUT/tree
CAGE_VARIANTS="none all slow max:all csrind:none"
CAGE_TESTS="leaves-for guest-cage guest-devices guest-old-firmware"
HV_TESTS="code- interrupts-plic nacl-round nacl-offer nacl-lie demo-depth-2-no-code"

# A copy of what is needed, on which the faults are tried.
make_tree()
{
	rm -rf "$TREE"
	mkdir -p "$TREE/build"
	cp -a "$TOP"/{Makefile,README.md,mk,scripts,src,tests,tools,guests,examples,docs} "$TREE/"
	for folder in ext guests downloads; do
		ln -s "$BUILD/$folder" "$TREE/build/$folder"
	done
	cp -a "$BUILD/.packages" "$TREE/build/"
}

# With all faults out again; mtimes are new, so that make sees it.
restore()
{
	cp "$TOP/src/$1" "$TREE/src/$1"
}

unit_hext()
{
	local test objects=()
	mkdir -p "$OUT/unit"
	for source in "$TREE"/src/hext/*.c; do
		objects+=("$OUT/unit/$(basename "$source" .c).o")
		gcc -std=gnu11 -O1 -w -I"$TREE/src" -c -o "${objects[-1]}" "$source" || return 2
	done
	for test in "$TREE"/tests/unit/test_hext_*.c; do
		gcc -std=gnu11 -O1 -w -I"$TREE/src" -o "$OUT/unit/test" "$test" "${objects[@]}" -lcmocka || return 2
		timeout 60 "$OUT/unit/test" >"$OUT/log" 2>&1 || { echo "$(basename "$test" .c)"; return 1; }
	done
}

unit_nacl()
{
	local test xlen
	for xlen in 64 32; do
		for test in test_nacl_host test_nacl_both test_nacl_cases; do
			gcc -std=gnu11 -O1 -w -I"$TREE/src" -DNACL_XLEN=$xlen -o "$OUT/test" "$TREE/tests/unit/$test.c" "$TREE/src/nacl/host.c" \
				-lcmocka -lpthread || return 2
			timeout 60 "$OUT/test" >"$OUT/log" 2>&1 || { echo "${test}_rv$xlen"; return 1; }
		done
	done
}

conformance()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	CONFORMANCE_LIMIT=60 "$TREE/scripts/conformance.sh" native none all all/all >"$OUT/log" 2>&1 || { echo conformance; return 1; }
}

# The unit tests that are about $file.
unit_cage()
{
	local test
	case $file in
	hext/*) unit_hext; return ;;
	riscv/attempt.c) set -- riscv_attempt ;;
	hv/plic.c) set -- hv_plic ;;
	hv/aplic.c) set -- hv_aplic ;;
	hv/withheld.c) set -- hv_machine hv_guest_fdt hv_options ;;
	*) return 0 ;;
	esac
	for test; do
		make -s --no-print-directory -C "$TREE" "build/unit/test_$test" >"$OUT/log" 2>&1 || return 2
		timeout 60 "$TREE/build/unit/test_$test" >"$OUT/log" 2>&1 || { echo "test_$test"; return 1; }
	done
}

model()
{
	make -s --no-print-directory -C "$TREE" build/unit/test_tlb >"$OUT/log" 2>&1 || return 2
	TLB_SEEDS=2 timeout 120 "$TREE/build/unit/test_tlb" --first >"$OUT/log" 2>&1 || { echo test_tlb; return 1; }
}

conformance_cage()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	# shellcheck disable=SC2086
	CONFORMANCE_REUSE=1 CONFORMANCE_LIMIT=60 "$TREE/scripts/conformance.sh" $CAGE_VARIANTS >"$OUT/log" 2>&1 ||
		{ echo conformance; return 1; }
}

cage()
{
	# shellcheck disable=SC2086
	(cd "$TREE" && timeout 600 tests/run $CAGE_TESTS) >"$OUT/log" 2>&1 || { sed -n 's/^not ok \([^ ]*\).*/\1/p' "$OUT/log" | head -n 1; return 1; }
}

machine()
{
	# shellcheck disable=SC2086
	(cd "$TREE" && timeout 600 tests/run $HV_TESTS) >"$OUT/log" 2>&1 || { sed -n 's/^not ok \([^ ]*\).*/\1/p' "$OUT/log" | head -n 1; return 1; }
}

# try CHECK...: prints what has found the fault. 2: it does not build.
try()
{
	local check status
	for check; do
		status=0
		"$check" || status=$?
		[ "$status" = 0 ] || return "$status"
	done
	echo nothing
}

# faults LIST: those that are run, one a line.
faults() { grep -vE '^#|^$|^[^ ]+ equal: ' "$TOP/tests/mutants/$1.txt"; }

# file_of LIST FAULT: from src
file_of()
{
	case $1 in
	hv | cage) printf '%s\n' "${2%%: *}" ;;
	*) printf '%s/%s\n' "$1" "${2%%: *}" ;;
	esac
}

# fits LIST FAULT
fits()
{
	local source
	source=$TOP/src/$(file_of "$1" "$2")
	! sed -z "${2#*: }" "$source" | cmp -s "$source" -
}

all_fit()
{
	local list line status=0
	for list in hext nacl hv cage; do
		while IFS= read -r line; do
			fits "$list" "$line" || { status=1; echo "$list: changes nothing: $line"; }
		done < <(faults "$list")
	done
	return "$status"
}

if [ "${1:-}" = --fit ]; then
	all_fit
	exit
fi
make_tree
conformance >/dev/null || { tail -n 5 "$OUT/log" >&2; die "the tests do not pass as it is"; }
found=0
missed=0
[ $# -gt 0 ] || set -- hext nacl hv cage
for list; do
	name=${list%%:*}
	case $name in
	hext) checks=(unit_hext conformance) ;;
	nacl) checks=(unit_nacl conformance) ;;
	hv) checks=(conformance machine) ;;
	cage) checks=(unit_cage model conformance_cage cage) ;;
	*) die "mutants.sh: list '$name'; expected hext, nacl, hv or cage" ;;
	esac
	number=0
	while IFS= read -r line; do
		number=$((number + 1))
		case $list in *:*) [ "${list#*:}" = "$number" ] || continue ;; esac
		fits "$name" "$line" || die "$name:$number changes nothing: $line"
		file=$(file_of "$name" "$line")
		sed -z "${line#*: }" "$TOP/src/$file" >"$TREE/src/$file"
		status=0
		by=$(try "${checks[@]}") || status=$?
		case $status in
		0) missed=$((missed + 1)); echo "MISSED   $name:$number $line" ;;
		1) found=$((found + 1)); echo "found by $by: $name:$number $line" ;;
		*) tail -n 5 "$OUT/log" >&2; die "$name:$number does not build: $line" ;;
		esac
		restore "$file"
	done < <(faults "$name")
done
echo "$found found, $missed missed"
[ "$missed" = 0 ]
