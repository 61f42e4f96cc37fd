#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Breaks the code on purpose, one fault at a time, and sees whether the tests notice. The faults are
# in tests/mutants/LIST.txt; scripts/mutants.pl describes their form and changes a copy of src.
#   hext    src/hext: its unit tests, then the conformance guest in Halite and in two Halites
#   nacl    src/nacl/host.[ch]: its unit tests, then the same
#   client  src/nacl/client.[ch]: its unit tests, then its fuzzer
#   hv      src/hv and src/riscv: unit tests of the file, the conformance guest, then tests/run
#           with the words in HV_TESTS
#   tlb     fences, VMIDs, refusals, races: the model of tests/tlb
#   boards  what Halite makes of a machine's device tree and of old calls: unit tests of the file,
#           then tests/run with the words in BOARDS_TESTS
#   domains several domains on a machine: unit tests of what they are told, then tests/run domains-
#   sbi     the calls of SBI 2.0 and 3.0: the unit test of SUSP, then tests/run with the words in
#           SBI_TESTS
#   cage    what keeps a guest in: unit tests of the file, the model, the conformance guest on
#           CAGE_VARIANTS, then tests/run with the words in CAGE_TESTS
#   pack    what finds and checks the pack: its unit tests, then tests/run with the words in
#           PACK_TESTS
#   proofs  what tests/proofs proves: the proofs of the file
#   tool    the command and what is installed with it: its unit tests, then tests/run with the
#           words in TOOL_TESTS
#   console the virtual UART: its unit tests, for the terminal tests/run with the words in
#           CONSOLE_TESTS
#   efi     Halite as an EFI application: its unit tests
#   run     the command `halite run`: tests/run with the words in RUN_TESTS
# Usage: scripts/mutants.sh [LIST[:WHICH]...]   all lists without a word. WHICH is the number of a
#                                               fault's first line, or a part of its file, place or
#                                               text. The last line is `N found, N missed`, or
#                                               `N found, N missed, N do not build`.
#        scripts/mutants.sh --fit [LIST...]     only looks whether each fault fits the sources
. "$(dirname "$0")/common.sh"

OUT=$BUILD/mutants
TREE=$OUT/tree
LISTS="hext nacl client hv tlb boards sbi domains cage console pack tool efi run proofs"
CAGE_VARIANTS="none all slow max:all csrind:none smctr:none rva23:none rva23aia:none rva23aia:slow"
TOOL_TESTS="tool-domain tool-install tool-pack tool-explain live-"
PACK_TESTS="refuse-pack pack-dtb domains-pack"
CONSOLE_TESTS="console-u-boot console-plic"
RUN_TESTS="tool-end tool-options exec-"
CAGE_TESTS="leaves-for guest-cage guest-devices guest-old-firmware"
BOARDS_TESTS="guest-legacy-halite"
SBI_TESTS="guest-sbi-halite guest-sbi-svade guest-sbi-max guest-sbi-qemu-7.2"
SBI_TESTS+=" guest-sbi-stats guest-susp-halite"
HV_TESTS="code-accessors code-static-key-sites interrupts-plic nacl-round nacl-offer nacl-lie"
HV_TESTS+=" demo-depth-2-no-code stats-agree guest-fences"

# A copy of what is needed, on which the faults are tried.
make_tree()
{
	make -s --no-print-directory -C "$TOP" guest-programs
	rm -rf "$TREE"
	mkdir -p "$TREE/build"
	cp -a "$TOP"/{Makefile,README.md,mk,scripts,src,tests,tools,guests,examples,docs,bench} \
		"$TREE/"
	for folder in ext guests downloads; do
		ln -s "$BUILD/$folder" "$TREE/build/$folder"
	done
	cp -a "$BUILD/.packages" "$TREE/build/"
}

# restore FILE...: with all faults out again; mtimes are new, so that make sees it.
restore()
{
	local file
	for file; do
		cp "$TOP/src/$file" "$TREE/src/$file"
	done
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
		gcc -std=gnu11 -O1 -w -I"$TREE/src" -o "$OUT/unit/test" "$test" "${objects[@]}" \
			-lcmocka || return 2
		timeout "$limit" "$OUT/unit/test" >"$OUT/log" 2>&1 || { basename "$test" .c; return 1; }
	done
}

unit_nacl()
{
	local test xlen
	for xlen in 64 32; do
		for test in test_nacl_host test_nacl_both test_nacl_cases; do
			gcc -std=gnu11 -O1 -w -I"$TREE/src" -DNACL_XLEN=$xlen -o "$OUT/test" \
				"$TREE/tests/unit/$test.c" "$TREE/src/nacl/host.c" -lcmocka -lpthread ||
				return 2
			timeout "$limit" "$OUT/test" >"$OUT/log" 2>&1 ||
				{ echo "${test}_rv$xlen"; return 1; }
		done
	done
}

unit_client()
{
	local test xlen
	for xlen in 64 32; do
		for test in test_nacl_client test_nacl_cases test_nacl_both; do
			gcc -std=gnu11 -w -I"$TREE/src" -DNACL_XLEN=$xlen -o "$OUT/test" \
				"$TREE/tests/unit/$test.c" "$TREE/src/nacl/host.c" -lcmocka -lpthread ||
				return 2
			timeout "$limit" "$OUT/test" >"$OUT/log" 2>&1 ||
				{ echo "${test}_rv$xlen"; return 1; }
		done
		gcc -std=gnu11 -w -I"$TREE/src" -DNACL_XLEN=$xlen -o "$OUT/test" \
			"$TREE/tests/fuzz/fuzz_nacl_client.c" "$TREE/src/nacl/client.c" || return 2
		timeout "$limit" "$OUT/test" --runs 20000 >"$OUT/log" 2>&1 ||
			{ echo "fuzz_nacl_client_rv$xlen"; return 1; }
	done
}

conformance()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	CONFORMANCE_LIMIT=$limit "$TREE/scripts/conformance.sh" native none all all/all \
		>"$OUT/log" 2>&1 || { echo conformance; return 1; }
}

# unit_programs NAME...: runs build/unit/test_NAME of the tree for each name.
unit_programs()
{
	local test
	for test; do
		make -s --no-print-directory -C "$TREE" "build/unit/test_$test" >"$OUT/log" 2>&1 ||
			return 2
		timeout "$limit" "$TREE/build/unit/test_$test" >"$OUT/log" 2>&1 ||
			{ echo "test_$test"; return 1; }
	done
}

# The unit tests that are about $file, the first file of the fault.
unit_file()
{
	case $file in
	hext/*) unit_hext; return ;;
	riscv/attempt.c) set -- riscv_attempt ;;
	hv/machine_isa.c) set -- hv_machine hv_guest_fdt ;;
	hv/plic.c) set -- hv_plic ;;
	hv/aplic.c) set -- hv_aplic ;;
	hv/withheld.c) set -- hv_machine hv_guest_fdt hv_options ;;
	hv/devtree.c | hv/guest_fdt.c | hv/home.c | hv/machine*.c | hv/modules.c)
		set -- hv_machine hv_guest_fdt hv_aia
		;;
	*) return 0 ;;
	esac
	unit_programs "$@"
}

# The unit tests that are about $file, the first file of the fault.
unit_boards()
{
	case $file in
	hv/machine* | hv/devtree.c | hv/guest_fdt.c)
		set -- hv_machine hv_aia hv_guest_fdt hv_boards
		;;
	hv/image.c) set -- hv_image ;;
	lib/pages.c) set -- hv_machine ;;
	'') set -- hv_machine hv_aia hv_guest_fdt hv_boards hv_image ;;
	*) return 0 ;;
	esac
	unit_programs "$@"
}

unit_sbi()
{
	[ "$file" != hv/sbi_susp.c ] || unit_programs hv_susp
}

unit_domains()
{
	unit_programs hv_domains hv_hsm hv_plic
}

domains()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	tests_in_qemu domains-
}

# The unit tests that are about $file, the first file of the fault.
unit_console()
{
	case $file in
	hv/uart.c) set -- hv_uart ;;
	hv/source.c | hv/plic.c | hv/aplic.c) set -- hv_source ;;
	hv/machine*) set -- hv_console ;;
	'') set -- hv_uart hv_source hv_console ;;
	*) return 0 ;;
	esac
	unit_programs "$@"
}

unit_tool()
{
	unit_programs tool_counts tool_symbols
}

unit_pack()
{
	unit_programs hv_pack
}

unit_efi()
{
	unit_programs boot_efi
}

model()
{
	make -s --no-print-directory -C "$TREE" build/unit/test_tlb TLB_WARN=-w TLB_SANITIZE= \
		>"$OUT/log" 2>&1 || return 2
	TLB_SEEDS=$seeds timeout "$limit" "$TREE/build/unit/test_tlb" --first >"$OUT/log" 2>&1 ||
		{ echo test_tlb; return 1; }
}

conformance_cage()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	# shellcheck disable=SC2086
	CONFORMANCE_REUSE=1 CONFORMANCE_LIMIT=$limit "$TREE/scripts/conformance.sh" $CAGE_VARIANTS \
		>"$OUT/log" 2>&1 || { echo conformance; return 1; }
}

# tests_in_qemu WORD...: prints the first test that fails.
tests_in_qemu()
{
	(cd "$TREE" && timeout "$limit" tests/run "$@") >"$OUT/log" 2>&1 && return
	sed -n 's/^not ok \([^ ]*\).*/\1/p' "$OUT/log" | head -n 1
	return 1
}

# shellcheck disable=SC2086
cage() { tests_in_qemu $CAGE_TESTS; }
# Faults in files that have unit tests must be found by these.
boards()
{
	case $file in
	hv/sbi*) ;;
	?*) return 0 ;;
	esac
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	# shellcheck disable=SC2086
	tests_in_qemu $BOARDS_TESTS
}

# Faults in files that have unit tests must be found by these.
consoles()
{
	case $file in
	'' | hv/terminal.c | hv/intc.c) ;;
	*) return 0 ;;
	esac
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	# shellcheck disable=SC2086
	tests_in_qemu $CONSOLE_TESTS
}

# shellcheck disable=SC2086
sbi()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	tests_in_qemu $SBI_TESTS
}
# shellcheck disable=SC2086
packs()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	tests_in_qemu $PACK_TESTS
}
# shellcheck disable=SC2086
tool()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	tests_in_qemu $TOOL_TESTS
}
# shellcheck disable=SC2086
runs()
{
	make -s --no-print-directory -C "$TREE" all >"$OUT/log" 2>&1 || return 2
	tests_in_qemu $RUN_TESTS
}
# shellcheck disable=SC2086
machine() { tests_in_qemu $HV_TESTS; }

# A proof that does not end finds nothing. Those of the file run until one finds the fault.
proofs()
{
	local name status unended=0
	[ -n "$file" ] || return 0
	for name in $("$TREE/scripts/proofs.sh" --of "$file"); do
		status=0
		"$TREE/scripts/proofs.sh" "$name" >"$OUT/log" 2>&1 || status=$?
		case $status in
		0) ;;
		1) echo "$name"; return 1 ;;
		*) unended=$status ;;
		esac
	done
	return "$unended"
}

# try CHECK...: prints what has found the fault, which may be a static assertion. 2: it does not
# build.
try()
{
	local check status
	for check; do
		status=0
		"$check" || status=$?
		if [ "$status" = 2 ] && grep -q "static assertion failed" "$OUT/log"; then
			echo "static assertion"
			return 1
		fi
		[ "$status" = 0 ] || return "$status"
	done
	echo nothing
}

# checks_of LIST: sets what must find the faults of the list.
checks_of()
{
	seeds=2
	case $1 in
	hext) checks=(unit_hext conformance) ;;
	nacl) checks=(unit_nacl conformance) ;;
	client) checks=(unit_client) ;;
	hv) checks=(unit_file conformance machine) ;;
	tlb) checks=(model) seeds=4 ;;
	boards) checks=(unit_boards boards) ;;
	domains) checks=(unit_domains domains) ;;
	sbi) checks=(unit_sbi sbi) ;;
	console) checks=(unit_console consoles) ;;
	pack) checks=(unit_pack packs) ;;
	tool) checks=(unit_tool tool) ;;
	efi) checks=(unit_efi) ;;
	run) checks=(runs) ;;
	proofs) checks=(proofs) ;;
	cage) checks=(unit_file model conformance_cage cage) ;;
	*) die "mutants.sh: list '$1'; expected one of $LISTS" ;;
	esac
}

# faults LIST: one a line, with the number of its first line, its mark, its files, its title.
faults() { "$TOP/scripts/mutants.pl" "$TOP/tests/mutants/$1.txt"; }

# chosen WHICH NUMBER TITLE
chosen()
{
	case $1 in
	'' | "$2") return 0 ;;
	*[!0-9]*) [[ $3 == *"$1"* ]] ;;
	*) return 1 ;;
	esac
}

# run_list LIST WHICH: a check that takes much longer than all checks do without a fault has found
# the fault. So the limit follows the speed of the machine.
run_list()
{
	local number mark files title status by limit=3600 start=$SECONDS
	checks_of "$1"
	faults "$1" >"$OUT/faults" || die "tests/mutants/$1.txt does not fit the sources"
	file=
	by=$(try "${checks[@]}") || die "$1: the tests do not pass as it is: $by"
	limit=$((30 + 2 * (SECONDS - start)))
	while read -r number mark files title <&3; do
		[ "$mark" != equal ] || continue
		chosen "$2" "$number" "$files $title" || continue
		"$TOP/scripts/mutants.pl" "$TOP/tests/mutants/$1.txt" "$number" "$TREE"
		file=${files%%,*}
		status=0
		by=$(try "${checks[@]}") || status=$?
		case $status-$mark in
		0-rare) echo "missed, which happens: $1:$number $files $title" ;;
		0-*) missed=$((missed + 1)); echo "MISSED   $1:$number $files $title" ;;
		1-*) found=$((found + 1)); echo "found by $by: $1:$number $files $title" ;;
		*)
			broken=$((broken + 1))
			tail -n 5 "$OUT/log" >&2
			echo "NO BUILD $1:$number $files $title"
			;;
		esac
		# shellcheck disable=SC2086
		restore ${files//,/ }
	done 3<"$OUT/faults"
}

# fit LIST...
fit()
{
	local list status=0
	for list; do
		faults "$list" >/dev/null || status=1
	done
	return "$status"
}

check=run
if [ "${1:-}" = --fit ]; then
	check=fit
	shift
fi
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $LISTS
if [ "$check" = fit ]; then
	fit "$@"
	exit
fi
make_tree
found=0
missed=0
broken=0
for list; do
	case $list in
	*:*) run_list "${list%%:*}" "${list#*:}" ;;
	*) run_list "$list" "" ;;
	esac
done
[ "$broken" = 0 ] || broken_text=", $broken do not build"
echo "$found found, $missed missed${broken_text:-}"
[ $((missed + broken)) = 0 ]
