#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs the conformance guest on the bare machine and in Halite in many ways, and compares what it printed line by line with
# the bare machine's. Usage: scripts/conformance.sh [VARIANT...]; without, all of them:
#   native        bare QEMU: compared with a second run of itself, where the firmware starts the other hart first
#   none, all     Halite, NACL off or with all features; empty: NACL without a feature; a+b: these features
#   slow          as all, with each exit handled the general way
#   A/B           Halite in Halite, A and B as above, the lowest first
#   MACHINE:V     V, one of these, on another machine than the one with a PLIC:
#                 aia     APLIC and IMSICs with 7 guest interrupt files, and hstateen0
#                 aia0    the same without guest interrupt files
#                 aplic   an APLIC that delivers interrupts itself, and harts without AIA
#               and, for the areas that look at what harts have beyond the H extension alone:
#                 vector  harts with V
#                 csrind  harts with Ssaia and Sscsrind, no IMSIC, and no hstateen0
#                 max     harts with all that QEMU has; maxaia: with AIA
#                 rva23   harts of RVA23; rva23aia: with AIA
# MACHINE:* stands for all of a machine's, plic:* for those of the PLIC. Each is compared with the bare machine of its own.
# Each line that differs must be named in the tables of docs/conformance.md, which say why it may. Logs are in
# build/conformance. The last line is `N variants equal, N not`. CONFORMANCE_REUSE=1: the bare machines' logs of an earlier call
# are taken where there are some.
. "$(dirname "$0")/common.sh"

LOGS=$BUILD/conformance
PROGRAM=$BUILD/guests/conformance.elf
REASONS=$TOP/docs/conformance.md
LIMIT=${CONFORMANCE_LIMIT:-600}
FEATURES=(sync_csr sync_hfence sync_sret autoswap_csr)

EXTENSIONS="area=leak area=told area=cbo area=stale"

# What QEMU is told of the machine.
machine_options()
{
	case $1 in
	plic) echo "-M virt,aia=none" ;;
	aia) echo "-M virt,aia=aplic-imsic,aia-guests=7 -cpu rv64,h=true,smstateen=true" ;;
	aia0) echo "-M virt,aia=aplic-imsic,aia-guests=0 -cpu rv64,h=true,smstateen=true" ;;
	aplic) echo "-M virt,aia=aplic" ;;
	vector) echo "-M virt,aia=none -cpu rv64,h=true,v=true" ;;
	csrind) echo "-M virt,aia=none -cpu rv64,h=true,smaia=true,ssaia=true,smcsrind=true,sscsrind=true" ;;
	max) echo "-M virt,aia=none -cpu max" ;;
	maxaia) echo "-M virt,aia=aplic-imsic,aia-guests=7 -cpu max" ;;
	rva23) echo "-M virt,aia=none -cpu rva23s64" ;;
	rva23aia) echo "-M virt,aia=aplic-imsic,aia-guests=7 -cpu rva23s64" ;;
	*) die "no machine '$1'" ;;
	esac
}

# Which areas run on it: the guest's command line, empty for all.
machine_areas()
{
	case $1 in
	vector | csrind | max* | rva23*) echo "$EXTENSIONS" ;;
	esac
}

# machine_of VARIANT, way_of VARIANT: the two halves of a name.
machine_of()
{
	case $1 in
	*:*) echo "${1%%:*}" ;;
	*) echo plic ;;
	esac
}
way_of() { echo "${1#*:}"; }

all_ways()
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

# all_of MACHINE: its variants. Without guest interrupt files and without IMSICs it is the other machines' code that
# matters, not the ways to the CSRs.
all_of()
{
	local way ways=(native none all slow all/all)
	case $1 in
	plic | aia) mapfile -t ways < <(all_ways | tr ' ' '\n') ;;
	vector | csrind | maxaia | rva23*) ways=(none all) ;;
	max) ways=(none all slow all/all none/all all/none) ;;
	esac
	for way in "${ways[@]}"; do
		if [ "$1" = plic ]; then echo "$way"; else echo "$1:$way"; fi
	done
}

# Of the machine with AIA some of the subsets of NACL; the others are like those of the PLIC, and in aia:*.
all_variants()
{
	local way
	all_of plic
	for way in native none all sync_csr sync_hfence+sync_sret slow all/all; do
		echo "aia:$way"
	done
	for way in aia0 aplic vector csrind max maxaia rva23 rva23aia; do
		all_of "$way"
	done
}

# features_of NAME: what the guest must find, as it prints it; nothing without NACL.
features_of()
{
	local name i bits=0
	name=$(way_of "$1")
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

# file_of NAME: the logs' name without its end.
file_of()
{
	local name=${1/:/-}
	echo "$LOGS/${name//\//-in-}"
}

# first_hart HART FILE: the device tree of the machine that ${qemu[@]} describes, with OpenSBI told to boot on HART. By itself it
# takes whichever comes first.
first_hart()
{
	"$BUILD/halite" run --kernel "$PROGRAM" --memory 512M --cpus 2 --native -- "${qemu[@]}" -M "dumpdtb=$2" >/dev/null 2>&1
	dtc -q -I dtb -O dts "$2" | awk -v hart="$1" '
		/^\tchosen {/ { inside = 1 }
		inside && /^\t};/ { inside = 0
			print "opensbi-config { compatible = \"opensbi,config\"; cold-boot-harts = <" hart ">; };" }
		{ print }' >"$2.dts"
	dtc -q -I dts -O dtb -o "$2" "$2.dts"
}

# run_variant NAME: the console into the file NAME.console, the lines that count into NAME.log.
run_variant()
{
	local file status=0 way options=() qemu areas
	areas=$(machine_areas "$(machine_of "$1")")
	file=$(file_of "$1")
	way=$(way_of "$1")
	read -r -a qemu < <(machine_options "$(machine_of "$1")")
	case $way in
	native) options=(--native) ;;
	native-again) options=(--native) && first_hart 1 "$file.dtb" && qemu+=(-dtb "$file.dtb") ;;
	# The command takes no empty list; QEMU takes the last -append.
	empty) qemu+=(-append "nacl=") ;;
	slow) qemu+=(-append "nacl=all slow") ;;
	*/*) options=(--depth 2 --nacl "${way//\//,}") ;;
	*) options=(--nacl "${way//+/,}") ;;
	esac
	[ -z "$areas" ] || options+=(--append "$areas")
	timeout -k 5 "$LIMIT" nice "$BUILD/halite" run --kernel "$PROGRAM" --memory 512M --cpus 2 "${options[@]}" \
		-- "${qemu[@]}" </dev/null 2>&1 | tr -d '\r' >"$file.console" || status=$?
	grep -aE '^(ok|not ok|Bail out|1\.\.|# area)' "$file.console" >"$file.log" || true
	[ "$status" = 0 ] || echo "Bail out! exit status $status" >>"$file.log"
	[ "$(grep -a '^# SBI NACL' "$file.console")" = "$(features_of "$1")" ] || echo "Bail out! not the features of $1" >>"$file.log"
}

# compare BASE OTHER NAME: prints the first differences; the last line is `DIFFERENT EXPLAINED`.
compare()
{
	awk -v variant="$3" -f "$TOP/scripts/conformance.awk" "$REASONS" "$1" "$2"
}

# run_baseline MACHINE: once; what all others of that machine are compared with, and must be equal to itself.
declare -A baselines
run_baseline()
{
	local name=native
	[ "$1" = plic ] || name=$1:native
	[ -z "${baselines[$1]:-}" ] || return 0
	baselines[$1]=$(file_of "$name")
	[ "${CONFORMANCE_REUSE:-}" = 1 ] && grep -qs '^1\.\.' "${baselines[$1]}.log" || run_variant "$name"
	grep -q '^1\.\.' "${baselines[$1]}.log" || die "the bare machine did not come to its end: $(tail -n 1 "${baselines[$1]}.console")"
}

mkdir -p "$LOGS"
[ $# -gt 0 ] || set -- $(all_variants)
variants=()
for variant; do
	case $variant in
	*:\*) mapfile -t -O ${#variants[@]} variants < <(all_of "${variant%:*}") ;;
	*) variants+=("$variant") ;;
	esac
done
equal=0
different=0
printf '%-44s %7s %8s %12s %10s %8s\n' variant checks "not ok" differences unexplained seconds
for variant in "${variants[@]}"; do
	machine=$(machine_of "$variant")
	run_baseline "$machine"
	start=$SECONDS
	case $variant in
	native | *:native)
		run_variant "$variant-again"
		log=$(file_of "$variant-again").log
		;;
	*)
		run_variant "$variant"
		log=$(file_of "$variant").log
		;;
	esac
	compare "${baselines[$machine]}.log" "$log" "$variant" >"$log.diff" || true
	read -r seen unexplained < <(tail -n 1 "$log.diff")
	printf '%-44s %7s %8s %12s %10s %8s\n' "$variant" "$(grep -acE '^(not )?ok ' "$log")" "$(grep -ac '^not ok ' "$log")" \
		"$seen" "$unexplained" "$((SECONDS - start))"
	if [ "$unexplained" = 0 ]; then
		equal=$((equal + 1))
	else
		different=$((different + 1))
		head -n 5 "$log.diff" | sed 's/^/    /'
	fi
done
printf '%s variants equal, %s not\n' "$equal" "$different"
[ "$different" = 0 ]
