#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs the benchmarks in QEMU. Makes build/bench/results.json, build/bench/chart.svg and the table.
# docs/benchmarks.md explains the figures.
# Usage: bench.sh full|quick
#        bench.sh one NAME[,NAME...] CONFIG   runs only these benchmarks.
#                                             CONFIG: native, nacl, none or depth2, or
#                                             rva23: nacl on harts of RVA23
#        bench.sh bare CONFIG [NAME[,NAME...]] runs only bench/bare, the guest without an OS, or
#                                             only these of its benchmarks
#        bench.sh agree CONFIG [bare]         compares what Halite counts (--stats) with what the
#                                             plugin counts, for some benchmarks, or for bench/bare;
#                                             exit status 1 if a count differs
#        bench.sh check                       compares with the targets that one boot with NACL
#                                             reaches; exit status 1 if one is exceeded
#        bench.sh profile NAME CONFIG         counts benchmark NAME's instructions by function
#        bench.sh initrd                      only makes L1's initramfs, build/bench/l1.cpio
# Environment: KERNEL (default: client), QEMU, MACHINE (default: plic).
# SYMBOLS=1: profile names L1's functions too; L1 needs minutes to print their names.
. "$(dirname "$0")/common.sh"

KERNEL=${KERNEL:-client}
QEMU=${QEMU:-qemu-system-riscv64}
MACHINE=${MACHINE:-plic}
SYMBOLS=${SYMBOLS:-}
OUT=$BUILD/bench
RUNS_DIR=$OUT/runs
HALITE=$BUILD/halite
MEMORY_MIB=2048
HOME_MIB=8 # without the share of RAM (src/hv/home.h)
RAM_START=0x80000000
SECONDS_MAX=900
EVENT_MOST=60 # instructions for an event of a trace
STATS= # options of `halite run` for all runs

# options CONFIG: prints the options of `halite run` for CONFIG.
options()
{
	case $1 in
	native) echo "--native" ;;
	nacl | rva23) echo "--nacl all" ;;
	none) echo "--nacl none" ;;
	depth2) echo "--nacl all --depth 2" ;;
	*) die "configuration '$1': native, nacl, rva23, none or depth2 is expected" ;;
	esac
}

# cpu CONFIG: prints the options of QEMU for the CPU, if it is not that of `halite run`.
cpu() { [ "$1" != rva23 ] || echo "-cpu rva23s64"; }

# halites CONFIG: prints the number of Halites in CONFIG.
halites()
{
	case $1 in
	native) echo 0 ;;
	depth2) echo 2 ;;
	*) echo 1 ;;
	esac
}

# home LEVEL: prints where in RAM, in MiB, the home of the Halite of LEVEL begins: at the end of the
# RAM that it finds. It has HOME_MIB and 1/512 of that RAM, in whole 2 MiB.
home()
{
	local level left=$MEMORY_MIB
	for ((level = 0; level <= $1; level++)); do
		left=$((left - HOME_MIB - left / 512 / 2 * 2))
	done
	echo "$left"
}

# homes CONFIG: prints them as arguments of the plugin.
homes()
{
	local level
	for ((level = 0; level < $(halites "$1"); level++)); do
		printf ',home=%d' $(($(home "$level") << 20))
	done
}

# Makes L1's initramfs: the smallest Debian, kvm.ko and the benchmark.
make_initrd()
{
	local work
	work=$(mktemp -d)
	mkdir -p "$work/lib/modules" "$work/scenes" "$work/usr/bin"
	cp "$DOWNLOADS/kernels/$KERNEL/kvm.ko" "$work/lib/modules/"
	cp "$TOP/tests/linux/l1/scenes/bench" "$work/scenes/"
	cp "$OUT/bench" "$work/usr/bin/"
	chmod +x "$work/scenes/bench" "$work/usr/bin/bench" "$work"
	{
		cat "$BUILD/guests/$KERNEL/boot.cpio"
		(cd "$work" && find . -print0 | sort -z |
			cpio --null -o -H newc --owner=0:0 --quiet)
	} >"$OUT/l1.cpio"
	rm -rf "$work"
}

# check_homes CONFIG CONSOLE: fails unless each Halite runs at the address that the plugin assumes.
check_homes()
{
	local level expected seen
	for ((level = 0; level < $(halites "$1"); level++)); do
		expected=$(printf '0x%x' $((RAM_START + ($(home "$level") << 20))))
		seen=$(sed -n 's/.*of which home has [0-9]* MiB at \(0x[0-9a-f]*\).*/\1/p' "$2" |
			tr -d '\r' | sed -n "$((level + 1))p")
		[ "$seen" = "$expected" ] ||
			die "Halite $level is at '$seen', the plugin counts at $expected"
	done
}

# play NAME CONFIG PLUGIN_ARGUMENTS OPTION...: runs one boot; OPTIONs are those of `halite run`.
# Makes NAME.jsonl, NAME.console and NAME.seconds. PLUGIN_ARGUMENTS is empty or begins with a comma.
play()
{
	local name=$RUNS_DIR/$1 config=$2 more=$3 start status=0 plugin
	shift 3
	plugin=file=$OUT/count.so,out=$name.jsonl,ram=$((MEMORY_MIB << 20))
	start=$(date +%s.%N)
	# shellcheck disable=SC2046
	nice timeout -k 5 "$SECONDS_MAX" "$HALITE" run "$@" $STATS $(options "$config") \
		--qemu "$QEMU" \
		--machine "$MACHINE" --cpus 1 --memory ${MEMORY_MIB}M --icount -- \
		$(cpu "$config") -plugin "$plugin$(homes "$config")$more" \
		</dev/null >"$name.console" 2>&1 || status=$?
	if [ "$status" != 0 ]; then
		tail -n 20 "$name.console" >&2
		die "exit status $status, see ${name#"$TOP"/}.console"
	fi
	if grep -aq '^not ok\|^bench: ' "$name.console"; then
		die "the benchmark failed, see ${name#"$TOP"/}.console"
	fi
	check_homes "$config" "$name.console"
	echo "$(date +%s.%N) $start" | awk '{ printf "%.1f\n", $1 - $2 }' >"$name.seconds"
}

# play_linux NAME CONFIG RUNS WORDS [PLUGIN_ARGUMENTS]: WORDS are for the kernel's command line.
play_linux()
{
	play "$1" "$2" "${5:-}" --kernel "$BUILD/guests/$KERNEL/Image" --initrd "$OUT/l1.cpio" \
		--append "console=ttyS0 quiet nokaslr halite.scene=bench halite.runs=$3 $4"
	grep -aq '^L1: scene bench: exit 0' "$RUNS_DIR/$1.console" ||
		die "the scene did not end well, see ${RUNS_DIR#"$TOP"/}/$1.console"
}

# lines NAME CONFIG PASS: prints the results of run NAME as JSON lines with config and pass.
lines()
{
	local name=$RUNS_DIR/$1
	jq -c --arg config "$2" --argjson pass "$3" \
		'. + { config: $config, pass: $pass }' "$name.jsonl"
	tr -d '\r' <"$name.console" | sed -n 's/^BENCH //p' |
		jq -c -R --arg config "$2" --argjson pass "$3" 'split(" ") |
			{ name: .[0], rounds: (.[1] | tonumber), ticks: (.[2] | tonumber),
			  config: $config, pass: $pass }'
	jq -c --arg config "$2" '{ seconds: ., config: $config }' "$name.seconds"
}

# Prints as JSON which Halite was measured, and with which tools.
about()
{
	local tree
	tree=$(git -C "$TOP" describe --always --dirty 2>/dev/null || echo unknown)
	jq -n --arg halite "$tree" \
		--arg sha256 "$(sha256sum "$BUILD/halite.bin" | cut -d' ' -f1)" \
		--arg qemu "$("$QEMU" -version | sed -n 's/.*version \([^ ]*\).*/QEMU \1/p')" \
		--arg qemu_full "$("$QEMU" -version | head -n 1)" \
		--arg firmware \
		"$(tr -d '\r' <"$RUNS_DIR/native-1-bare.console" |
			grep -a '^OpenSBI' | head -n 1)" \
		--arg kernel "$(cat "$DOWNLOADS/kernels/$KERNEL/version")" \
		--arg gcc_hypervisor "$(riscv64-unknown-elf-gcc --version | head -n 1)" \
		--arg gcc_linux "$(riscv64-linux-gnu-gcc --version | head -n 1)" \
		--arg interrupts "$MACHINE" \
		--arg host "$(. /etc/os-release && echo "$PRETTY_NAME"), $(uname -rm)" \
		--arg runs "$RUNS" --arg mode "$MODE" --argjson memory "$MEMORY_MIB" \
		'{ halite: $halite, halite_bin_sha256: $sha256, qemu: $qemu, qemu_full: $qemu_full,
		   firmware: $firmware, kernel: $kernel,
		   gcc_hypervisor: $gcc_hypervisor, gcc_linux: $gcc_linux, host: $host,
		   machine: ("virt, \($interrupts), rv64,h=true, 1 hart, \($memory) MiB, " +
			"-icount shift=0,sleep=off"),
		   mode: $mode, runs: ($runs | tonumber) }'
}

# boot CPUS MACHINE: prints the instructions of Halite on the boot hart until the guest runs, and
# then the most instructions of a hart that the guest starts. QEMU cannot count time by instructions
# with several harts. Halite waits for nothing before the guest runs, so the counts are exact.
boot()
{
	local name=$RUNS_DIR/boot-$2-$1
	nice timeout -k 5 60 "$HALITE" run --kernel "$OUT/boot.elf" --qemu "$QEMU" \
		--machine "$2" --cpus "$1" --memory ${MEMORY_MIB}M -- -plugin \
		"file=$OUT/count.so,out=$name.jsonl,ram=$((MEMORY_MIB << 20))$(homes nacl)" \
		</dev/null >"$name.console" 2>&1 || die "failed, see ${name#"$TOP"/}.console"
	check_homes nacl "$name.console"
	jq -r -s '[(map(select(.name == "boot-first")), map(select(.name == "boot-next"))) |
		map(.insns.halite0) | max] | map(. // 0) | join(" ")' "$name.jsonl"
}

# boots_on MACHINE SUFFIX: prints as JSON the cost of boot, in figures with names that end in
# SUFFIX. 8 harts have as large a home as one hart.
boots_on()
{
	local one eight
	one=$(boot 1 "$1")
	eight=$(boot 8 "$1")
	jq -n --argjson one "${one% *}" --argjson eight "${eight% *}" \
		--argjson start "${eight#* }" --arg suffix "$2" \
		'{ ("boot" + $suffix): $one,
		   ("boot_hart" + $suffix): (($eight - $one) / 7 + $start | round) }'
}

boots()
{
	local plic aia
	plic=$(boots_on plic "")
	aia=$(boots_on aia _aia)
	jq -n --argjson plic "$plic" --argjson aia "$aia" '$plic + $aia'
}

# Prints as JSON the size of the image and the cost of boot.
image_and_boots()
{
	jq -n --argjson boots "$(boots)" --argjson bytes "$(stat -c %s "$BUILD/halite.bin")" \
		'{ bytes: $bytes, kib: ($bytes / 1024 * 10 | round / 10) } + $boots'
}

# Prints as JSON that, and the memory that Halite uses for 4 GiB and 4 harts.
image()
{
	local console=$RUNS_DIR/memory.console
	nice timeout -k 5 60 "$HALITE" run --kernel "$BUILD/guests/basics.elf" --qemu "$QEMU" \
		--cpus 4 --memory 4G \
		</dev/null >"$console" 2>&1 || true
	jq -n --argjson image "$(image_and_boots)" --argjson home \
		"$(sed -n 's/.*of which home has \([0-9]*\) MiB.*/\1/p' "$console")" \
		--argjson left "$(sed -n 's/.*, \([0-9]*\) pages left.*/\1/p' "$console")" \
		'$image + { home_mib: $home, pages_left: $left }'
}

measure()
{
	local config pass
	: >"$OUT/all.jsonl"
	for pass in $PASSES; do
		for config in $CONFIGS; do
			say "pass $pass, $config"
			play_linux "$config-$pass-linux" "$config" "$RUNS" ""
			play "$config-$pass-bare" "$config" "" --kernel "$OUT/bare.elf"
			lines "$config-$pass-linux" "$config" "$pass" >>"$OUT/all.jsonl"
			lines "$config-$pass-bare" "$config" "$pass" >>"$OUT/all.jsonl"
		done
		play_linux "rva23-$pass" rva23 "$RUNS" "halite.bench=sbi-kernel"
		lines "rva23-$pass" rva23 "$pass" >>"$OUT/all.jsonl"
	done
	about >"$OUT/about.json"
	image >"$OUT/image.json"
	jq -s --slurpfile targets "$TOP/bench/targets.json" \
		--argjson about "$(cat "$OUT/about.json")" \
		--argjson image "$(cat "$OUT/image.json")" -f "$TOP/bench/results.jq" \
		"$OUT/all.jsonl" >"$OUT/results.json"
	jq -r -f "$TOP/bench/chart.jq" "$OUT/results.json" >"$OUT/chart.svg"
	jq -r -f "$TOP/bench/table.jq" "$OUT/results.json" | tee "$OUT/table.txt"
	say "build/bench/results.json, build/bench/chart.svg, build/bench/table.txt"
}

# print_lines CONFIG: prints a line for each benchmark of run "one": name, instructions,
# instructions in Halite, traps, and instructions by the guest's clock (- if it does not read it).
print_lines()
{
	local config=$1
	lines one "$config" 1 >"$OUT/one.jsonl"
	jq -s --slurpfile targets "$TOP/bench/targets.json" --argjson about '{}' \
		--argjson image '{}' -f "$TOP/bench/results.jq" "$OUT/one.jsonl" |
		jq -r --arg config "$config" '.results as $results | .order[] | . as $name |
			$results[.][$config] | [$name, .total, .halite, .traps, (.clock // "-")] |
			map(tostring) | join(" ")'
}

one()
{
	play_linux one "$2" 2 "halite.bench=$1"
	print_lines "$2"
}

bare()
{
	play one "$1" "" --kernel "$OUT/bare.elf" --append "${2:+bench=$2}"
	print_lines "$1"
}

# Runs few benchmarks few times. The counts of two runs differ by at most 1 %, when a timer
# interrupt comes in one of them, so few runs suffice to show a path that has become longer.
check()
{
	play_linux check nacl 2 \
		"halite.bench=sbi-kernel,sbi-user,mmio-write,touch-1000,new-shadow-1000,over-pool"
	play_linux check-rva23 rva23 2 "halite.bench=sbi-kernel"
	play check-bare none "" --kernel "$OUT/bare.elf"
	play check-sbi nacl "" --kernel "$OUT/bare.elf" --append bench=bare-sbi-base
	{
		lines check nacl 1
		lines check-rva23 rva23 1
		lines check-bare none 1
		lines check-sbi nacl 1
	} >"$OUT/check.jsonl"
	jq -s --slurpfile targets "$TOP/bench/targets.json" --argjson about '{}' \
		--argjson image "$(image_and_boots)" -f "$TOP/bench/results.jq" "$OUT/check.jsonl" \
		>"$OUT/check.json"
	jq -r '.targets[] | select(.value) |
		(if .value <= .target * 1.01 then "within" else "EXCEEDED" end) +
		": \(.path), \(.figure): \(.value), at most \(.target)"' \
		"$OUT/check.json" | tee "$OUT/check.txt"
	[ "$(grep -c '^within' "$OUT/check.txt")" -ge 10 ] || die "too few targets were measured"
	! grep -q '^EXCEEDED' "$OUT/check.txt" || exit 1
}

# Compares the counts of Halite itself with those of the plugin, for each run of some benchmarks.
agree()
{
	local levels=both least=7
	STATS="--stats --trace=64"
	if [ "${2:-}" = bare ]; then
		levels=one least=100
		play agree "$1" "" --kernel "$OUT/bare.elf"
	else
		play_linux agree "$1" 1 \
			"halite.bench=sbi-kernel,sbi-user,mmio-write,touch-1000,unmap-1000,ipi"
	fi
	jq -r --arg levels "$levels" -f "$TOP/bench/agree.jq" "$RUNS_DIR/agree.jsonl" |
		tee "$OUT/agree.txt"
	[ "$(grep -c '^same' "$OUT/agree.txt")" -ge "$least" ] || die "too few runs were compared"
	! grep -q '^DIFFERS' "$OUT/agree.txt" || exit 1
	[ "$levels-$1" = both-nacl ] || return 0
	# A round of sbi-kernel has two exits, two entries, and a sync: five events.
	jq -r -s --slurpfile targets "$TOP/bench/targets.json" --arg most "$EVENT_MOST" \
		'($targets[0][] | select(.of == ["sbi-kernel"] and .config == "nacl" and
			.figure == "halite") | .target) as $plain
		| map(select(.name == "sbi-kernel")) | min_by(.insns.halite0)
		| (.insns.halite0 / .rounds) as $traced
		| (if $traced > $plain + 5 * ($most | tonumber) then "EXCEEDED" else "within" end) +
			": sbi-kernel takes \($traced) instructions in Halite with a trace, " +
			"\($plain) without: at most \($most) for each of 5 events"' \
		"$RUNS_DIR/agree.jsonl" | tee "$OUT/trace.txt"
	! grep -q '^EXCEEDED' "$OUT/trace.txt" || exit 1
}

# symbols CONFIG: prints "ADDRESS NAME" of each function of each Halite at its run-time address,
# and of L1's kernel.
symbols()
{
	local level base
	for ((level = 0; level < $(halites "$1"); level++)); do
		base=$((RAM_START + ($(home "$level") << 20) - 0x80200000))
		nm "$BUILD/halite.elf" | awk '$2 ~ /[tT]/ && $3 !~ /^\$/ { print $1, $3 }' |
			while read -r address name; do
				address=$((16#$address + base))
				printf '%016x halite%s:%s\n' "$address" "$level" "$name"
			done
	done
	tr -d '\r' <"$RUNS_DIR/profile.console" | sed -n 's/^SYMBOL \([0-9a-f]* .*\)/\1/p'
}

# Prints lines "INSTRUCTIONS WHERE FUNCTION" per round of the shortest run, the largest first.
profile()
{
	local name=$1 config=$2
	case $name in
	bare-*) play profile "$config" ",profile=$name" --kernel "$OUT/bare.elf" ;;
	*)
		play_linux profile "$config" 8 "halite.bench=$name${SYMBOLS:+ halite.symbols}" \
			",profile=$name"
		;;
	esac
	symbols "$config" | sort >"$RUNS_DIR/profile.symbols"
	jq -r -s '[.[] | select(.profile)] | min_by([.insns[][2]] | add) | .rounds as $rounds
		| .insns[] | [.[1], .[0], .[2] / $rounds] | @tsv' "$RUNS_DIR/profile.jsonl" |
		awk '{ printf "%16s %s %s\n", $1, $2, $3 }' |
		sed -e ':again' -e 's/^\([0-9a-f]*\) \([ 0-9a-f]\)/0\1\2/; s/^ /0/; tagain' |
		sort - <(sed 's/^\([0-9a-f]*\) \(.*\)/\1  \2/' "$RUNS_DIR/profile.symbols") |
		awk -v symbols="$SYMBOLS" 'NF == 2 { function_name = $2; next }
			{
				known = $2 ~ /^halite/ || symbols && $2 ~ /^kvm|^kernel/
				where = known ? function_name : "-"
				sub(/^halite[0-9]:/, "", where)
				sum[$2 " " where] += $3
			}
			END { for (key in sum) printf "%9.2f  %s\n", sum[key], key }' |
		sort -k1,1nr |
		awk '{ total += $1; printf "%9.2f  %-9s %s\n", $1, $2, $3 }
			END { printf "%9.2f  total\n", total }' |
		tee "$OUT/profile-$name-$config.txt"
}

# check_names FOLDER NAMES CONFIG: fails unless bench/FOLDER has all NAMES and options() CONFIG.
check_names()
{
	local name known
	known=$(sed -n -e 's/^\t{ "\([a-z0-9-]*\)", .*/\1/p' \
		-e 's/^\tmeasure_[a-z]*("\([a-z0-9-]*\)", .*/\1/p' "$TOP/bench/$1"/*.c)
	shift
	for name in ${1//,/ }; do
		grep -qxF -e "$name" <<<"$known" ||
			die "bench.sh: no benchmark '$name'; expected" $known
	done
	options "$2" >/dev/null
}

MODE=${1:-full}
case $MODE in
one | profile)
	case "$MODE ${2:-}" in
	"profile bare-"*) check_names bare "$2" "${3:-nacl}" ;;
	*) check_names l1 "${2:-sbi-kernel}" "${3:-nacl}" ;;
	esac
	;;
bare) check_names bare "${3:-}" "${2:-nacl}" ;;
agree) options "${2:-nacl}" >/dev/null ;;
esac
mkdir -p "$RUNS_DIR"
case "$MODE ${2:-}" in
bare* | "profile bare-"*) ;;
*) make_initrd ;;
esac
case $MODE in
initrd) ;;
full)
	CONFIGS="native nacl none depth2" PASSES="1 2" RUNS=8
	measure
	;;
quick)
	CONFIGS="native nacl none" PASSES="1" RUNS=3
	measure
	;;
check) check ;;
agree) agree "${2:-nacl}" "${3:-}" ;;
bare) bare "${2:-nacl}" "${3:-}" ;;
one) one "${2:-sbi-kernel}" "${3:-nacl}" ;;
profile) profile "${2:-sbi-kernel}" "${3:-nacl}" ;;
*) die "bench.sh: '$MODE': full, quick, check, agree, one, bare, profile or initrd is expected" ;;
esac
