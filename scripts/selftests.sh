#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs the kernel's own KVM selftests in L1 on bare QEMU and in Halite, with and without NACL, and
# compares the results: first a table for each kernel, then a few tests with each of the 16 subsets
# of NACL's features. A test whose results differ runs again in all variants, and its rates are
# printed. Exit status 1 if results differ in the end. Logs are in build/selftests. Variables:
#   KERNELS   default: client 6.12
#   VARIANTS  default: bare all none. A variant other than bare is a value of `halite run --nacl`.
#             Empty: no table
#   TESTS     NAME or NAME:ARGUMENT:ARGUMENT...; default: all that were built
#   SETS      subsets of NACL's features, as numbers from 0 to 15 with one bit for each feature;
#             default: all of them; empty: none
#   MACHINE   as for `halite run --machine`, with its default. irqfd_test needs aia
#   LIMIT     seconds that a test may take; default: 600
#   RESUME=1  runs only tests that have no result in build/selftests
. "$(dirname "$0")/common.sh"

read -ra KERNELS <<<"${KERNELS-client 6.12}"
read -ra VARIANTS <<<"${VARIANTS-bare all none}"
read -ra TESTS <<<"${TESTS:-}"
read -ra SETS <<<"${SETS-$(echo {0..15})}"
LIMIT=${LIMIT:-600}
REPEATS=3
# Number of tests in one boot.
BATCH=4
SET_TESTS=(ebreak_test memslot_modification_stress_test:-i:5:-b:16M kvm_page_table_test:-b:16M)
FEATURES=(sync_csr sync_hfence sync_sret autoswap_csr)
OUT=$BUILD/selftests
DIFFERENT=0
# The results of a test are in $OUT/GROUP/VARIANT. A group is KERNEL or KERNEL-sets.

# set_name NUMBER: prints the features of a subset; `empty` for 0, which offers NACL without any
# feature (`none` offers no NACL).
set_name()
{
	local bit name=
	for bit in 0 1 2 3; do
		[ $(($1 >> bit & 1)) = 0 ] || name+=${name:+,}${FEATURES[bit]}
	done
	printf '%s\n' "${name:-empty}"
}

# boot GROUP VARIANT TESTS SECONDS CONSOLE: runs the tests of a list with commas in one boot.
boot()
{
	local kernel=${1%-sets} variant=$2 options status=0
	case $variant in
	bare) options=(--native) ;;
	empty) options=(-- -append "nacl=") ;;
	*) options=(--nacl "$variant") ;;
	esac
	timeout -k 5 "$4" "$BUILD/halite" run --kernel "$BUILD/guests/$kernel/Image" \
		--initrd "$BUILD/guests/$kernel/selftests.cpio" --cpus 2 --memory 4G \
		${MACHINE:+--machine "$MACHINE"} --append \
		"console=ttyS0 halite.scene=selftests halite.limit=$LIMIT halite.tests=$3" \
		"${options[@]}" </dev/null 2>&1 | sed -u 's/\r//g' >"$5" || status=$?
	[ "$status" = 0 ] ||
		say "$kernel, $variant: halite run ended with status $status, see ${5#"$TOP"/}"
}

# collect CONSOLE RESULTS TEST...: appends the results of these tests to RESULTS as lines `test
# status seconds`, and puts the tests that did not start into the array LEFT. A test that started
# but did not end has the status lost.
collect()
{
	local console=$1 results=$2 entry name line
	shift 2
	LEFT=()
	for entry; do
		name=${entry%%:*}
		line=$(grep -aE "^SELFTEST $name [0-9]+ " "$console" | tail -n 1 |
			cut -d ' ' -f 2-4 || true)
		if [ -n "$line" ]; then
			printf '%s\n' "$line" >>"$results"
			grep -a "^SELFTEST-CASE $name " "$console" |
				cut -d ' ' -f 2- >"${results%results}$name.cases" || true
		elif grep -aqx "SELFTEST-START $entry" "$console"; then
			printf '%s lost -\n' "$name" >>"$results"
		else
			LEFT+=("$entry")
		fi
	done
}

# run GROUP VARIANT TEST...: runs tests until each of them has one more result.
run()
{
	local folder=$OUT/$1/$2 entries console list tries=0
	LEFT=("${@:3}")
	mkdir -p "$folder"
	while [ ${#LEFT[@]} -gt 0 ]; do
		entries=("${LEFT[@]:0:BATCH}")
		console=$folder/$(find "$folder" -name '*.console' | wc -l).console
		list=$(IFS=, && printf '%s\n' "${entries[*]}")
		say "$1, $2: $list"
		boot "$1" "$2" "$list" $((60 + LIMIT * ${#entries[@]})) "$console"
		set -- "$1" "$2" "${LEFT[@]:${#entries[@]}}"
		list=${#entries[@]}
		collect "$console" "$folder/results" "${entries[@]}"
		if [ ${#LEFT[@]} = "$list" ]; then
			# No test started: the boot failed.
			tries=$((tries + 1))
			[ $tries -lt 3 ] || die "$1, $2: does not boot, see ${console#"$TOP"/}"
		fi
		LEFT+=("${@:3}")
	done
}

# has_result GROUP VARIANT NAME: returns whether the test has a result.
has_result() { grep -qs "^$3 " "$OUT/$1/$2/results"; }

# run_missing GROUP VARIANT TEST...: runs those tests that have no result.
run_missing()
{
	local group=$1 variant=$2 entry missing=()
	shift 2
	for entry; do
		has_result "$group" "$variant" "${entry%%:*}" || missing+=("$entry")
	done
	[ ${#missing[@]} = 0 ] || run "$group" "$variant" "${missing[@]}"
}

# outcomes GROUP VARIANT NAME: prints each result as a word: ok, skip, late, lost or fail-STATUS.
outcomes()
{
	awk -v name="$3" '$1 == name { s = $2
		print s == "lost" ? s : s == 0 ? "ok" : s == 4 ? "skip" : \
			s == 124 || s == 137 || s == 143 ? "late" : "fail-" s }' \
		"$OUT/$1/$2/results"
}
outcome_set() { outcomes "$@" | sort -u | tr '\n' ' '; }

# rates GROUP VARIANT NAME: prints how often the test had each result: `ok 3/4 fail-254 1/4`.
rates()
{
	outcomes "$@" | sort | uniq -c | awk '{ n[$2] = $1; all += $1 }
		END { for (s in n) printf " %s %d/%d", s, n[s], all }'
}

# cell GROUP VARIANT NAME: prints the last result and its seconds.
cell()
{
	printf '%s %s\n' "$(outcomes "$@" | tail -n 1)" \
		"$(awk -v name="$3" '$1 == name { s = $3 } END { print s }' "$OUT/$1/$2/results")"
}

# different GROUP NAME VARIANT...: returns whether the variants have different results, for the test
# or for the cases in it.
different()
{
	local group=$1 name=$2 first=$3 variant
	shift 3
	for variant; do
		[ "$(outcome_set "$group" "$first" "$name")" = \
			"$(outcome_set "$group" "$variant" "$name")" ] || return 0
		cmp -s <(sort -u "$OUT/$group/$first/$name.cases" 2>/dev/null) \
			<(sort -u "$OUT/$group/$variant/$name.cases" 2>/dev/null) || return 0
	done
	return 1
}

# settle GROUP TEST VARIANT...: repeats a test whose results differ. Sets DIFFERENT if they still
# do.
settle()
{
	local group=$1 entry=$2 name=${2%%:*} variant i
	shift 2
	different "$group" "$name" "$@" || return 0
	say "$group: $name differs, repeating it $REPEATS times"
	for variant; do
		# With RESUME=1, an earlier call may have repeated it.
		[ "$(outcomes "$group" "$variant" "$name" | wc -l)" -le 1 ] || continue
		for ((i = 0; i < REPEATS; i++)); do
			run "$group" "$variant" "$entry"
		done
	done
	if different "$group" "$name" "$@"; then
		DIFFERENT=1
		NOTES+=("$name: the results differ")
	else
		NOTES+=("$name: differed at first, not over all runs")
	fi
	for variant; do
		NOTES+=("  $(label "$variant"):$(rates "$group" "$variant" "$name")")
	done
}

# complaints GROUP VARIANT: prints the warnings and bugs that L1's kernel has logged.
complaints() { cat "$OUT/$1/$2"/*.console | grep -aoE '(WARNING|BUG|Oops)[: ].*' | sort | uniq -c; }

# label VARIANT: prints the name of a variant in tables.
label() { case $1 in bare) echo bare ;; *) echo "nacl $1" ;; esac; }

# row CELL...: prints a row of a table in Markdown.
row() { printf '|'; printf ' %s |' "$@"; printf '\n'; }

# table GROUP VARIANT...: prints a table with a row for each of TESTS.
table()
{
	local group=$1 entry variant cells=()
	shift
	for variant; do
		cells+=("$(label "$variant")")
	done
	row test "${cells[@]}"
	row --- "${@/*/---}"
	for entry in "${TESTS[@]}"; do
		cells=()
		for variant; do
			cells+=("$(cell "$group" "$variant" "${entry%%:*}")")
		done
		row "${entry%%:*}" "${cells[@]}"
	done
}

# flat_table GROUP VARIANT...: prints a table with a row for each variant.
flat_table()
{
	local group=$1 entry variant cells
	shift
	row variant "${TESTS[@]%%:*}"
	row --- "${TESTS[@]/*/---}"
	for variant; do
		cells=()
		for entry in "${TESTS[@]}"; do
			cells+=("$(cell "$group" "$variant" "${entry%%:*}")")
		done
		row "$(label "$variant")" "${cells[@]}"
	done
}

# compare TABLE GROUP VARIANT...: runs TESTS in the variants, prints the results with function
# TABLE, and keeps them in GROUP.table.
compare()
{
	local table=$1 group=$2 variant entry logged
	shift 2
	NOTES=()
	for variant; do
		run_missing "$group" "$variant" "${TESTS[@]}"
	done
	for entry in "${TESTS[@]}"; do
		settle "$group" "$entry" "$@"
	done
	for variant; do
		logged=$(complaints "$group" "$variant" || true)
		[ -z "$logged" ] || NOTES+=("$(label "$variant"): L1's kernel says:" "$logged")

	done
	{
		printf '\nLinux %s: result and seconds\n\n' \
			"$(cut -d ' ' -f 1 "$DOWNLOADS/kernels/${group%-sets}/version")"
		"$table" "$group" "$@"
		[ ${#NOTES[@]} = 0 ] || printf '%s\n' "" "${NOTES[@]}"
	} | tee "$OUT/$group.table"
}

"$TOP/scripts/install-packages.sh" run
"$TOP/scripts/build-selftests.sh" "${KERNELS[@]}"
if [ ${#TESTS[@]} = 0 ]; then
	mapfile -t TESTS < <(find "$DOWNLOADS/selftests" -type f -perm -u+x -printf '%f\n' | sort)
fi
[ "${RESUME:-}" = 1 ] || rm -rf "$OUT"
mkdir -p "$OUT"
for kernel in "${KERNELS[@]}"; do
	[ ${#VARIANTS[@]} = 0 ] || compare table "$kernel" "${VARIANTS[@]}"
done
if [ ${#SETS[@]} -gt 0 ]; then
	TESTS=("${SET_TESTS[@]}")
	compare flat_table "${KERNELS[0]}-sets" bare \
		$(for set in "${SETS[@]}"; do set_name "$set"; done)
fi
[ "$DIFFERENT" = 0 ] || die "the results differ"
