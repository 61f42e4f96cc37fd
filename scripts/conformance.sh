#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs the conformance guest in Halite in many configurations, and compares its output line by line
# with the bare machine's. Usage: scripts/conformance.sh [VARIANT...]; the default is all variants:
#   native        bare QEMU, compared with a second run of itself, in which the firmware starts
#                 the other hart first
#   none, all     Halite with NACL off, or with all of its features
#   empty         Halite with NACL but none of its features
#   a+b           Halite with NACL's features a and b
#   slow          as all; Halite handles each exit in the general path
#   A/B           Halite in Halite, the lower one with configuration A, the upper one with B
#   MACHINE:C     configuration C, one of the above, on another machine than the one with a PLIC:
#                 aia     APLIC, IMSICs with 7 guest interrupt files, and hstateen0
#                 aia0    as aia, without guest interrupt files
#                 aplic   an APLIC that delivers interrupts itself, and harts without AIA
#                 nosstc  harts without Sstc
#               These machines run only the areas about harts with more than the H extension:
#                 vector  harts with V
#                 csrind  harts with Ssaia, Sscsrind and Ssctr, without IMSIC and hstateen0
#                 smctr   harts with Sscsrind and Smctr, without Ssctr and hstateen0
#                 max     harts with all extensions of QEMU; maxaia: with AIA
#                 rva23   harts of RVA23; rva23aia: with AIA
#   MACHINE:*     all variants of MACHINE; plic:* are those of the machine with a PLIC
# Each variant is compared with the bare machine of the same MACHINE. The tables of
# docs/conformance.md must explain each line that differs. Logs are in build/conformance.
# The last line is `N variants equal, N not`.
# CONFORMANCE_JOBS=N runs N variants at a time; the default is one for each processor.
# CONFORMANCE_NICE=N is the niceness of QEMU; the default is 10.
# CONFORMANCE_REUSE=1 uses the bare machines' logs of an earlier call where there are any.
. "$(dirname "$0")/common.sh"

LOGS=$BUILD/conformance
PROGRAM=$BUILD/guests/conformance.elf
REASONS=$TOP/docs/conformance.md
LIMIT=${CONFORMANCE_LIMIT:-600}
NICE=${CONFORMANCE_NICE:-10}
JOBS=${CONFORMANCE_JOBS:-$(nproc)}
FEATURES=(sync_csr sync_hfence sync_sret autoswap_csr)

EXTENSIONS="area=leak area=told area=cbo area=stale area=rows area=mask area=pte"

# machine_options MACHINE: prints QEMU's options for MACHINE.
machine_options()
{
	case $1 in
	plic) echo "-M virt,aia=none" ;;
	aia) echo "-M virt,aia=aplic-imsic,aia-guests=7 -cpu rv64,h=true,smstateen=true" ;;
	aia0) echo "-M virt,aia=aplic-imsic,aia-guests=0 -cpu rv64,h=true,smstateen=true" ;;
	aplic) echo "-M virt,aia=aplic" ;;
	nosstc) echo "-M virt,aia=none -cpu rv64,h=true,sstc=false" ;;
	vector) echo "-M virt,aia=none -cpu rv64,h=true,v=true" ;;
	csrind)
		echo "-M virt,aia=none -cpu" \
			"rv64,h=true,smaia=true,ssaia=true,smcsrind=true,sscsrind=true,ssctr=true"
		;;
	smctr)
		echo "-M virt,aia=none -cpu" \
			"rv64,h=true,smcsrind=true,sscsrind=true,smctr=true,ssctr=false"
		;;
	max) echo "-M virt,aia=none -cpu max" ;;
	maxaia) echo "-M virt,aia=aplic-imsic,aia-guests=7 -cpu max" ;;
	rva23) echo "-M virt,aia=none -cpu rva23s64" ;;
	rva23aia) echo "-M virt,aia=aplic-imsic,aia-guests=7 -cpu rva23s64" ;;
	*)
		die "conformance.sh: no machine '$1'; expected plic, aia, aia0, aplic, nosstc," \
			"vector, csrind, smctr, max, maxaia, rva23 or rva23aia"
		;;
	esac
}

# machine_areas MACHINE: prints the command line that names the areas of MACHINE; empty for all.
machine_areas()
{
	case $1 in
	# Halite gives Sscofpmf only to guests with an IMSIC.
	maxaia | rva23aia) echo "$EXTENSIONS area=lcofi" ;;
	vector | csrind | smctr | max | rva23) echo "$EXTENSIONS" ;;
	esac
}

# machine_of VARIANT, config_of VARIANT: print the two parts of a variant's name.
machine_of()
{
	case $1 in
	*:*) echo "${1%%:*}" ;;
	*) echo plic ;;
	esac
}
config_of() { echo "${1#*:}"; }

all_configs()
{
	local set i name
	echo native none
	for set in {0..15}; do
		name=
		for i in 0 1 2 3; do
			if [ $((set >> i & 1)) = 1 ]; then name+=${name:++}${FEATURES[i]}; fi
		done
		case $set in
		0) echo empty ;;
		15) echo all ;;
		*) echo "$name" ;;
		esac
	done
	echo slow all/all none/all all/none
}

# all_of MACHINE: prints the variants of MACHINE. The machines aia0 and aplic exercise other code
# for interrupts, not other accesses to CSRs, so they have few variants.
all_of()
{
	local config configs=(native none all slow all/all)
	case $1 in
	plic | aia) mapfile -t configs < <(all_configs | tr ' ' '\n') ;;
	nosstc | vector | csrind | smctr | maxaia | rva23*) configs=(none all) ;;
	max) configs=(none all slow all/all none/all all/none) ;;
	esac
	for config in "${configs[@]}"; do
		if [ "$1" = plic ]; then echo "$config"; else echo "$1:$config"; fi
	done
}

# Prints the default variants. Machine aia has few of NACL's subsets here; aia:* has all.
all_variants()
{
	local config machine
	all_of plic
	for config in native none all sync_csr sync_hfence+sync_sret slow all/all; do
		echo "aia:$config"
	done
	for machine in aia0 aplic nosstc vector csrind smctr max maxaia rva23 rva23aia; do
		all_of "$machine"
	done
}

# check_variant VARIANT: fails unless the variant is one of those that the top of this file names.
check_variant()
{
	local part name parts=()
	machine_options "$(machine_of "$1")" >/dev/null || exit 1
	case $(config_of "$1") in
	native | none | all | empty | slow) return ;;
	*/*/* | */ | /*) ;;
	*) IFS=/ read -r -a parts <<<"$(config_of "$1")" ;;
	esac
	for part in "${parts[@]:-?}"; do
		for name in ${part//+/ }; do
			case " ${FEATURES[*]} none all " in
			*" $name "*) ;;
			*)
				die "conformance.sh: '$name' in variant '$1'; expected native," \
					"none, all, empty, slow, or features of NACL such as" \
					"${FEATURES[0]}+${FEATURES[1]}"
				;;
			esac
		done
	done
}

# features_of VARIANT: prints the line about NACL that the guest must print; nothing without NACL.
features_of()
{
	local name i bits=0
	name=$(config_of "$1")
	name=${name#*/}
	case $name in
	native* | none) return ;;
	all | slow) bits=15 ;;
	*)
		for i in 0 1 2 3; do
			[[ +$name+ != *"+${FEATURES[i]}+"* ]] || bits=$((bits | 1 << i))
		done
		;;
	esac
	printf '# SBI NACL, features 0x%x\n' "$bits"
}

# file_of VARIANT: prints the name of the variant's logs without their suffix.
file_of()
{
	local name=${1/:/-}
	echo "$LOGS/${name//\//-in-}"
}

# first_hart HART FILE: writes the device tree of the machine that ${qemu[@]} describes to FILE, and
# adds a node that makes OpenSBI boot on HART. Without this node, any hart may become the first.
first_hart()
{
	"$BUILD/halite" run --kernel "$PROGRAM" --memory 512M --cpus 2 --native -- \
		"${qemu[@]}" -M "dumpdtb=$2" >/dev/null 2>&1
	dtc -q -I dtb -O dts "$2" | awk -v hart="$1" '
		/^\tchosen {/ { inside = 1 }
		inside && /^\t};/ { inside = 0
				print "opensbi-config { compatible = \"opensbi,config\";"
				print "cold-boot-harts = <" hart ">; };" }
		{ print }' >"$2.dts"
	dtc -q -I dts -O dtb -o "$2" "$2.dts"
}

# run_variant VARIANT: writes the console to *.console, and the lines to compare to *.log.
run_variant()
{
	local file status=0 config options=() qemu areas
	areas=$(machine_areas "$(machine_of "$1")")
	file=$(file_of "$1")
	config=$(config_of "$1")
	read -r -a qemu < <(machine_options "$(machine_of "$1")")
	case $config in
	native) options=(--native) ;;
	native-again)
		options=(--native)
		first_hart 1 "$file.dtb" && qemu+=(-dtb "$file.dtb")
		;;
	# `halite run` accepts no empty list. QEMU uses the last -append.
	empty) qemu+=(-append "nacl=") ;;
	slow) qemu+=(-append "nacl=all slow") ;;
	*/*) options=(--depth 2 --nacl "${config//\//,}") ;;
	*) options=(--nacl "${config//+/,}") ;;
	esac
	[ -z "$areas" ] || options+=(--append "$areas")
	timeout -k 5 "$LIMIT" nice -n "$NICE" "$BUILD/halite" run --kernel "$PROGRAM" \
		--memory 512M --cpus 2 "${options[@]}" \
		-- "${qemu[@]}" </dev/null 2>&1 | tr -d '\r' >"$file.console" || status=$?
	grep -aE '^(ok|not ok|Bail out|1\.\.|# area)' "$file.console" >"$file.log" || true
	[ "$status" = 0 ] || echo "Bail out! exit status $status" >>"$file.log"
	[ "$(grep -a '^# SBI NACL' "$file.console")" = "$(features_of "$1")" ] ||
		echo "Bail out! not the features of $1" >>"$file.log"
}

# compare BASE OTHER VARIANT: prints the first differences. The last line is
# `DIFFERENT UNEXPLAINED`.
compare()
{
	awk -v variant="$3" -f "$TOP/scripts/conformance.awk" "$REASONS" "$1" "$2"
}

# baseline_of MACHINE: prints the name of its baseline's logs: those of a run of the bare machine,
# with which its variants are compared.
baseline_of()
{
	if [ "$1" = plic ]; then file_of native; else file_of "$1:native"; fi
}

# run_baseline MACHINE
run_baseline()
{
	local file name=native
	file=$(baseline_of "$1")
	[ "$1" = plic ] || name=$1:native
	[ "${CONFORMANCE_REUSE:-}" = 1 ] && grep -qs '^1\.\.' "$file.log" || run_variant "$name"
	grep -q '^1\.\.' "$file.log" ||
		die "the bare machine did not come to its end: $(tail -n 1 "$file.console")"
}

# judge_variant VARIANT: runs and compares it, and prints its row. Fails if it is not equal.
judge_variant()
{
	local log start=$SECONDS seen unexplained run=$1
	case $1 in
	native | *:native) run=$1-again ;;
	esac
	run_variant "$run"
	log=$(file_of "$run").log
	compare "$(baseline_of "$(machine_of "$1")").log" "$log" "$1" >"$log.diff" || true
	read -r seen unexplained < <(tail -n 1 "$log.diff")
	printf '%-44s %7s %8s %12s %10s %8s\n' "$1" \
		"$(grep -acE '^(not )?ok ' "$log")" "$(grep -ac '^not ok ' "$log")" \
		"$seen" "$unexplained" "$((SECONDS - start))"
	[ "$unexplained" = 0 ] || { head -n 5 "$log.diff" | sed 's/^/    /'; return 1; }
}

# in_turn FUNCTION WORD...: runs FUNCTION for each WORD, JOBS at a time. Prints the outputs in the
# order of the words. Counts in equal and different whether FUNCTION succeeds.
in_turn()
{
	local function=$1 i
	local -a jobs=() words
	shift
	words=("$@")
	for ((i = 0; i < $# + JOBS; i++)); do
		if [ "$i" -ge "$JOBS" ]; then
			if wait "${jobs[i - JOBS]}"; then
				equal=$((equal + 1))
			else
				different=$((different + 1))
			fi
			cat "$LOGS/.output-$((i - JOBS))"
		fi
		if [ "$i" -lt $# ]; then
			"$function" "${words[i]}" >"$LOGS/.output-$i" &
			jobs+=($!)
		fi
	done
	rm -f "$LOGS"/.output-*
}

trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
mkdir -p "$LOGS"
[ $# -gt 0 ] || set -- $(all_variants)
variants=()
for variant; do
	case $variant in
	*:\*) mapfile -t -O ${#variants[@]} variants < <(all_of "${variant%:*}") ;;
	*) variants+=("$variant") ;;
	esac
done
machines=()
for variant in "${variants[@]}"; do
	check_variant "$variant"
	machine=$(machine_of "$variant")
	[[ " ${machines[*]} " == *" $machine "* ]] || machines+=("$machine")
done
# Runs of one variant share their logs.
twice=$(printf '%s\n' "${variants[@]}" | sort | uniq -d | head -n 1)
[ -z "$twice" ] || die "conformance.sh: variant '$twice' twice; expected each variant once"
equal=0
different=0
in_turn run_baseline "${machines[@]}"
[ "$different" = 0 ] || exit 1
equal=0
printf '%-44s %7s %8s %12s %10s %8s\n' variant checks "not ok" differences unexplained seconds
in_turn judge_variant "${variants[@]}"
printf '%s variants equal, %s not\n' "$equal" "$different"
[ "$different" = 0 ]
