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
#   iommu   the IOMMUs that Halite uses: their unit tests, then tests/run with the words in
#           IOMMU_TESTS
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
# The tests of a list run in the order in which they are likely to find a fault soon: the unit test
# of the file, the other unit tests, a short guest, the conformance guest, tests/run.
# Usage: scripts/mutants.sh [OPTIONS] [LIST[:WHICH]...]
#            all lists without a word. WHICH is the number of a fault's first line, or a part of its
#            file, place or text. The last line is `N found, N missed`, or
#            `N found, N missed, N do not build`.
#        scripts/mutants.sh --fit [LIST...]     only looks whether each fault fits the sources
#   --jobs N   tries N faults at a time, each in a copy of the sources; the default is 1
#   --resume   leaves out the faults that an earlier run has found, if the fault and its files are
#              the same; counts them as found
#   --quick    runs only unit tests, the model, proofs, and the short guest in QEMU; what these do
#              not find is left
#   --for N    begins no further fault after N seconds; the last line then ends in `, N left`
. "$(dirname "$0")/common.sh"

OUT=$BUILD/mutants
BASE=$OUT/base
# Faults to try, one a line, and what all runs have found.
QUEUE=$OUT/queue
FOUND=$OUT/found
LISTS="hext nacl client hv tlb boards sbi domains iommu cage console pack tool efi run proofs"
CAGE_VARIANTS="none all slow max:all csrind:none smctr:none rva23:none rva23aia:none rva23aia:slow"
TOOL_TESTS="tool-domain tool-install tool-pack tool-explain live-"
PACK_TESTS="refuse-pack pack-dtb domains-pack"
CONSOLE_TESTS="console-u-boot console-plic domains-console-plic domains-console-aplic"
CONSOLE_TESTS+=" domains-console-dir"
IOMMU_TESTS="iommu- refuse-unguarded"
RUN_TESTS="tool-arguments tool-exec tool-end tool-options exec- domains-stat iommu-tool"
CAGE_TESTS="leaves-for guest-cage guest-devices guest-old-firmware"
BOARDS_TESTS="guest-legacy-halite"
SBI_TESTS="guest-sbi-halite guest-sbi-svade guest-sbi-max guest-sbi-qemu-7.2"
SBI_TESTS+=" guest-sbi-stats guest-susp-halite"
HV_TESTS="code-accessors code-addresses code-static-key-sites refuse-gzip"
HV_TESTS+=" interrupts-plic nacl-round nacl-offer nacl-lie demo-depth-2-no-code stats-agree guest-fences"

# What the copies have.
PARTS="Makefile README.md mk scripts src tests tools guests examples docs bench"

# Makes BASE, a copy of what is needed without a fault. What was built there before stays.
make_base()
{
	local part
	make -s --no-print-directory -C "$TOP" guest-programs
	mkdir -p "$BASE/build"
	for part in $PARTS; do
		rm -rf "${BASE:?}/$part"
		cp -a "$TOP/$part" "$BASE/"
	done
	for part in ext guests downloads linux; do
		ln -sfn "$BUILD/$part" "$BASE/build/$part"
	done
	cp -a "$BUILD/.packages" "$BASE/build/"
}

# make_tree: makes TREE, a copy of BASE in which faults are tried.
make_tree()
{
	rm -rf "$TREE"
	cp -a "$BASE" "$TREE"
}

# restore FILE...: takes the fault out of TREE, and what was built after STAMP.
restore()
{
	local file
	for file; do
		cp -p "$BASE/src/$file" "$TREE/src/$file"
	done
	while read -r file; do
		cp -p "$BASE/build/$file" "$TREE/build/$file" 2>/dev/null ||
			rm -f "$TREE/build/$file"
	done < <(find "$TREE/build" -type f -newer "$STAMP" -printf '%P\n')
}

# build TARGET...: in TREE. A fault may make the compiler warn.
build()
{
	make -s --no-print-directory -C "$TREE" C_WARNINGS=-w "$@" >"$LOG" 2>&1 || return 2
}

# programs PROGRAM...: builds and runs programs in the order of the words.
programs()
{
	local program
	for program; do
		build "$program" || return 2
		timeout "$limit" "$TREE/$program" >"$LOG" 2>&1 || { basename "$program"; return 1; }
	done
}

# unit_programs NAME...: runs build/unit/test_NAME for each name.
unit_programs() { programs "${@/#/build/unit/test_}"; }

# The unit tests of src/hext, that of the file's name first.
unit_hext()
{
	local own test tests=()
	own=${file##*/}
	own=hext_${own%%[._]*}
	for test in "$TREE"/tests/unit/test_hext_*.c; do
		test=$(basename "$test" .c)
		test=${test#test_}
		case $test in
		"$own") tests=("$own" "${tests[@]}") ;;
		*) tests+=("$test") ;;
		esac
	done
	unit_programs "${tests[@]}"
}

# unit_nacl_of TEST...: tests of src/nacl, in two layouts.
unit_nacl_of()
{
	local test xlen
	for xlen in rv64 rv32; do
		for test; do
			programs "build/nacl/gcc/${test}_$xlen" || return
		done
	done
}

unit_nacl() { unit_nacl_of test_nacl_host test_nacl_cases test_nacl_both; }

unit_client()
{
	local xlen
	unit_nacl_of test_nacl_client test_nacl_cases test_nacl_both || return
	for xlen in rv64 rv32; do
		build "build/nacl/gcc/fuzz_nacl_client_$xlen" || return 2
		timeout "$limit" "$TREE/build/nacl/gcc/fuzz_nacl_client_$xlen" --runs 20000 \
			>"$LOG" 2>&1 || { echo "fuzz_nacl_client_$xlen"; return 1; }
	done
}

# smoke: a guest that takes a second, without NACL, with it, and by the general path alone. A fault
# that breaks much is found here soon.
smoke()
{
	local words
	build all || return 2
	for words in nacl= nacl=all "nacl=all slow"; do
		timeout "$limit" "$TREE/build/halite" run --kernel "$BUILD/guests/basics.elf" \
			--memory 512M --cpus 2 --timeout "$limit" -- -append "$words" \
			</dev/null >"$LOG" 2>&1 || { echo "basics, $words"; return 1; }
		grep -aq '^1\.\.' "$LOG" && ! grep -aq '^not ok' "$LOG" ||
			{ echo "basics, $words"; return 1; }
	done
}

# conformance VARIANT...: one after the other, until one is not equal.
conformance()
{
	local variant
	build all || return 2
	for variant; do
		CONFORMANCE_REUSE=1 CONFORMANCE_LIMIT=$limit CONFORMANCE_JOBS=1 \
			CONFORMANCE_NICE=0 \
			"$TREE/scripts/conformance.sh" "$variant" >"$LOG" 2>&1 ||
			{ echo "conformance $variant"; return 1; }
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
	hv/devtree.c | hv/guest_fdt.c) set -- hv_guest_fdt hv_machine hv_aia ;;
	hv/home.c | hv/machine*.c | hv/modules.c) set -- hv_machine hv_guest_fdt hv_aia ;;
	hv/ipi.c) set -- hv_ipi hv_hsm ;;
	hv/sbi_hsm.c) set -- hv_hsm ;;
	'') set -- riscv_attempt hv_machine hv_guest_fdt hv_plic hv_aplic hv_options hv_aia ;;
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
	case $file in
	hv/aplic.c) set -- hv_aplic hv_source ;;
	hv/plic.c) set -- hv_plic hv_source ;;
	hv/sbi_hsm.c) set -- hv_hsm ;;
	hv/domain_end.c) set -- hv_end ;;
	hv/domain_* | hv/shared.c) set -- hv_domains ;;
	hv/doorbell.c) set -- hv_doorbell ;;
	hv/source.c) set -- hv_source ;;
	'') set -- hv_domains hv_doorbell hv_end hv_hsm hv_plic hv_aplic hv_source ;;
	*) return 0 ;;
	esac
	unit_programs "$@"
}

domains() { build all && tests_in_qemu domains-; }
unit_iommu() { unit_programs hv_end hv_iommu hv_viommu hv_functions; }
# shellcheck disable=SC2086
iommu() { build all && tests_in_qemu $IOMMU_TESTS; }

# The unit tests that are about $file, the first file of the fault.
unit_console()
{
	case $file in
	hv/uart.c | hv/console.h) set -- hv_uart ;;
	hv/source.c | hv/plic.c) set -- hv_source ;;
	hv/aplic.c) set -- hv_source hv_aplic ;;
	hv/machine*) set -- hv_console ;;
	'') set -- hv_uart hv_source hv_console ;;
	*) return 0 ;;
	esac
	unit_programs hv_end "$@"
}

unit_tool()
{
	unit_programs tool_counts tool_symbols tool_text tool_consoles
}

unit_pack()
{
	unit_programs hv_pack
}

unit_efi()
{
	unit_programs boot_efi
}

# model SEEDS: the model of tests/tlb.
model()
{
	build build/unit/test_tlb TLB_SANITIZE= || return 2
	TLB_SEEDS=$1 timeout "$limit" "$TREE/build/unit/test_tlb" --first >"$LOG" 2>&1 ||
		{ echo "test_tlb, $(sed -n 's/^\[ RUN      \] //p' "$LOG" | tail -n 1)"; return 1; }
}

# tests_in_qemu WORD...: runs the tests with each WORD, one after the other, until one fails. Prints
# that test.
tests_in_qemu()
{
	local word
	for word; do
		(cd "$TREE" && timeout "$limit" tests/run --first "$word") >"$LOG" 2>&1 && continue
		word=$(sed -n 's/^not ok \([^ ]*\).*/\1/p' "$LOG" | head -n 1)
		echo "${word:-tests/run}"
		return 1
	done
}

# built_tests WORD...
built_tests() { build all && tests_in_qemu "$@"; }

# shellcheck disable=SC2086
cage() { built_tests $CAGE_TESTS; }
# Faults in files that have unit tests must be found by these.
boards()
{
	case $file in
	hv/sbi*) ;;
	?*) return 0 ;;
	esac
	# shellcheck disable=SC2086
	built_tests $BOARDS_TESTS
}

# Faults in files that have unit tests must be found by these.
consoles()
{
	case $file in
	'' | hv/terminal.c | hv/intc.c | hv/domain_console.c | hv/domain_load.c) ;;
	*) return 0 ;;
	esac
	# shellcheck disable=SC2086
	built_tests $CONSOLE_TESTS
}

# shellcheck disable=SC2086
sbi() { built_tests $SBI_TESTS; }
# shellcheck disable=SC2086
packs() { built_tests $PACK_TESTS; }
# shellcheck disable=SC2086
machine() { built_tests $HV_TESTS; }

# first WORD WORDS...: prints the WORDS, those that begin with WORD first.
first()
{
	local head=$1 word back=()
	shift
	for word; do
		case $word in
		"$head"*) echo "$word" ;;
		*) back+=("$word") ;;
		esac
	done
	[ ${#back[@]} = 0 ] || printf '%s\n' "${back[@]}"
}

tool()
{
	local word=tool-
	case $file in
	../tools/install/* | */place.c | ../mk/*) word=tool-install ;;
	*/pack*) word=tool-pack ;;
	*/tree.c | */domain.c | */shared.c) word=tool-domain ;;
	*/explain.c | */sbi_names.c) word=tool-explain ;;
	*/trace_* | */stat.c | */live.c | */events.c | */counts.c) word=live- ;;
	esac
	# shellcheck disable=SC2046,SC2086
	built_tests $(first "$word" $TOOL_TESTS)
}

runs()
{
	local word=tool-end
	case $file in
	*/options.c | */devices.c | */report.c) word=tool-options ;;
	*/agent/* | */ramdisk.c | ../examples/*) word=exec- ;;
	esac
	# shellcheck disable=SC2046,SC2086
	built_tests $(first "$word" $RUN_TESTS)
}

# A proof that does not end finds nothing. Those of the file run until one finds the fault.
proofs()
{
	local name status unended=0
	[ -n "$file" ] || return 0
	for name in $("$TREE/scripts/proofs.sh" --of "$file"); do
		status=0
		"$TREE/scripts/proofs.sh" "$name" >"$LOG" 2>&1 || status=$?
		case $status in
		0) ;;
		1) echo "$name"; return 1 ;;
		*) unended=$status ;;
		esac
	done
	return "$unended"
}

# try: prints which of the checks has found the fault, or that a static assertion has. 2: it does
# not build. 3: a check does not pass without a fault. A check is a function and its arguments. It
# has found the fault, too, if it takes much longer than it does without a fault.
try()
{
	local limit number status words
	for number in "${!checks[@]}"; do
		limit=$(limit_of "$number") || return 3
		status=0
		read -r -a words <<<"${checks[number]}"
		"${words[@]}" || status=$?
		if [ "$status" = 2 ] && grep -qi "static assertion failed" "$LOG"; then
			echo "static assertion"
			return 1
		fi
		[ "$status" = 0 ] || return "$status"
	done
	echo nothing
}

# limit_of NUMBER: prints how many seconds the check with that number may take. It follows the speed
# of the machine: the check runs without a fault before it is used for the first time, once for the
# same sources.
limit_of()
{
	local TREE=$BASE LOG=$OUT/log-base file='' limit=3600 key start=$SECONDS words by
	key="$judged ${checks[$1]}:"
	exec 8>"$OUT/judging"
	flock 8
	if ! grep -F -s "$key" "$OUT/judged" | sed 's/.*: //' | grep .; then
		read -r -a words <<<"${checks[$1]}"
		by=$("${words[@]}" 8>&-) || {
			echo "error: without a fault, the tests do not pass: $by, see $LOG" >&2
			return 1
		}
		limit=$((30 + 3 * (SECONDS - start)))
		echo "$key $limit" >>"$OUT/judged"
		echo "$limit"
	fi
	exec 8>&-
}

# checks_of LIST: sets what must find the faults of the list.
checks_of()
{
	case $1 in
	hext) checks=(unit_hext smoke "conformance none all all/all slow") ;;
	nacl) checks=(unit_nacl smoke "conformance all all/all none") ;;
	client) checks=(unit_client) ;;
	hv) checks=(unit_file smoke "conformance none all all/all slow" machine) ;;
	tlb) checks=("model 1" "model 4") ;;
	boards) checks=(unit_boards boards) ;;
	domains) checks=(unit_domains domains) ;;
	iommu) checks=(unit_iommu iommu) ;;
	sbi) checks=(unit_sbi sbi) ;;
	console) checks=(unit_console consoles) ;;
	pack) checks=(unit_pack packs) ;;
	tool) checks=(unit_tool tool) ;;
	efi) checks=(unit_efi) ;;
	run) checks=(runs) ;;
	proofs) checks=(proofs) ;;
	cage) checks=(unit_file "model 1" smoke "conformance $CAGE_VARIANTS" cage "model 4") ;;
	*) die "mutants.sh: list '$1'; expected one of $LISTS" ;;
	esac
	[ "$quick" = 0 ] || keep_quick
}

# keep_quick: takes the long tests in QEMU out of checks.
keep_quick()
{
	local check all=("${checks[@]}")
	checks=()
	for check in "${all[@]}"; do
		case $check in
		unit_* | model* | proofs | smoke) checks+=("$check") ;;
		esac
	done
}

# faults TREE LIST: one a line, with the number of its first line, its mark, its files, its title.
faults() { "$1/scripts/mutants.pl" "$1/tests/mutants/$2.txt"; }

# chosen WHICH NUMBER TITLE
chosen()
{
	case $1 in
	'' | "$2") return 0 ;;
	*[!0-9]*) [[ $3 == *"$1"* ]] ;;
	*) return 1 ;;
	esac
}

# sum_of FILE...: prints a hash of the names and contents of files and folders, in this order.
sum_of()
{
	find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-32
}

# try_fault LIST NUMBER MARK FILES TITLE: prints the result and notes it in RESULTS and, by a hash
# of the fault and its files, in FOUND.
try_fault()
{
	local list=$1 mark=$3 files=$4 what by key status=0
	what="$1:$2 $4 $5"
	touch "$STAMP"
	"$BASE/scripts/mutants.pl" "$BASE/tests/mutants/$1.txt" "$2" "$TREE"
	# shellcheck disable=SC2086
	key=$1-$(cd "$TREE/src" && sum_of ${files//,/ })
	if [ "$resume" = 1 ] && grep -qx -e "$key" "$FOUND" 2>/dev/null; then
		echo found >>"$RESULTS"
	else
		file=${files%%,*}
		by=$(try) || status=$?
		[ "$status-$quick" != 0-1 ] || status=left
		[ "$status" != 1 ] || echo "$key" >>"$FOUND"
		case $status-$mark in
		left-*) echo left >>"$RESULTS"; echo "left     $what" ;;
		0-rare) echo "missed, which happens: $what" ;;
		0-*) echo missed >>"$RESULTS"; echo "MISSED   $what" ;;
		1-*) echo found >>"$RESULTS"; echo "found by $by: $what" ;;
		3-*) echo broken >>"$RESULTS"; exit 1 ;;
		*)
			echo broken >>"$RESULTS"
			tail -n 5 "$LOG" >&2
			echo "NO BUILD $what"
			cp "$LOG" "$OUT/nobuild-$list-$2.log"
			;;
		esac
	fi
	# shellcheck disable=SC2086
	restore ${files//,/ }
}

# Prints the next line of QUEUE; fails at its end.
next_fault()
{
	local number
	exec 9>"$OUT/lock"
	flock 9
	number=$(($(<"$OUT/taken") + 1))
	echo "$number" >"$OUT/taken"
	exec 9>&-
	sed -n "${number}{p;q}" "$QUEUE" | grep .
}

# worker N LIST
worker()
{
	local fault number mark files title
	TREE=$OUT/tree-$1
	LOG=$OUT/log-$1
	STAMP=$OUT/stamp-$1
	make_tree
	while [ "$SECONDS" -lt "$end" ] && fault=$(next_fault); do
		read -r number mark files title <<<"$fault"
		try_fault "$2" "$number" "$mark" "$files" "$title"
	done
	rm -rf "$TREE"
}

# run_list LIST WHICH
run_list()
{
	local number mark files title n
	checks_of "$1"
	faults "$BASE" "$1" >"$OUT/faults" || die "tests/mutants/$1.txt does not fit the sources"
	while read -r number mark files title; do
		[ "$mark" != equal ] && chosen "$2" "$number" "$files $title" || continue
		echo "$number $mark $files $title"
	done <"$OUT/faults" >"$QUEUE"
	# shellcheck disable=SC2086
	judged=$(cd "$BASE" && sum_of $PARTS)
	echo 0 >"$OUT/taken"
	for ((n = 1; n <= jobs; n++)); do
		worker "$n" "$1" &
	done
	wait
	n=$(($(<"$OUT/taken") < $(wc -l <"$QUEUE") ? $(<"$OUT/taken") : $(wc -l <"$QUEUE")))
	left=$((left + $(wc -l <"$QUEUE") - n))
}

# fit LIST...
fit()
{
	local list status=0
	for list; do
		faults "$TOP" "$list" >/dev/null || status=1
	done
	return "$status"
}

check=run
jobs=1
resume=0
quick=0
end=$((1 << 40))
left=0
while [ $# -gt 0 ]; do
	case $1 in
	--fit) check=fit ;;
	--resume) resume=1 ;;
	--quick) quick=1 ;;
	--jobs | --for)
		[[ ${2:-} =~ ^[1-9][0-9]{0,5}$ ]] ||
			die "mutants.sh: $1 '${2:-}'; expected a number"
		if [ "$1" = --jobs ]; then jobs=$2; else end=$((SECONDS + $2)); fi
		shift
		;;
	-*) die "mutants.sh: unknown option '$1'; expected --fit, --jobs, --resume," \
			"--quick or --for" ;;
	*) break ;;
	esac
	shift
done
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $LISTS
if [ "$check" = fit ]; then
	fit "$@"
	exit
fi
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
mkdir -p "$OUT"
RESULTS=$OUT/results
: >"$RESULTS"
make_base
for list; do
	case $list in
	*:*) run_list "${list%%:*}" "${list#*:}" ;;
	*) run_list "$list" "" ;;
	esac
done
# count WORD
count() { grep -cx -e "$1" "$RESULTS" || true; }
summary="$(count found) found, $(count missed) missed"
[ "$(count broken)" = 0 ] || summary+=", $(count broken) do not build"
left=$((left + $(count left)))
[ "$left" = 0 ] || summary+=", $left left"
echo "$summary"
[ "$(($(count missed) + $(count broken) + left))" = 0 ]
