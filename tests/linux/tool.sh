# SPDX-License-Identifier: BSD-2-Clause
# The checks of the command `halite`: a wrong argument or file gives one message that names it, and
# exit status 2.
# shellcheck shell=bash

# refuses PATTERN ARGUMENTS...: `halite ARGUMENTS` prints one line with PATTERN and exits with 2.
refuses()
{
	local pattern=$1 output status=0
	shift
	output=$(timeout 20 "$HALITE" "$@" 2>&1 </dev/null) || status=$?
	printf 'halite %s\n  %s (status %s)\n' "$*" "$output" "$status"
	[ "$status" = 2 ] || fail "halite $*: status $status instead of 2"
	[ "$(printf '%s\n' "$output" | wc -l)" = 1 ] || fail "halite $*: not one line: $output"
	case $output in
	"halite: "*) ;;
	*) fail "halite $*: '$output' does not begin with 'halite: '" ;;
	esac
	grep -qF -e "$pattern" <<<"$output" || fail "halite $*: '$output' does not say '$pattern'"
}

# word32 N: prints N as four bytes, little-endian.
word32()
{
	printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))"
	printf "\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 24 & 255)))"
}

# make_image FILE IMAGE_SIZE: makes a file of 4 KiB that looks like a RISC-V Linux Image.
make_image()
{
	{
		head -c 16 /dev/zero
		word32 "$2"
		head -c 36 /dev/zero
		printf 'RSC\x05'
		head -c 4036 /dev/zero
	} >"$1"
}

# A pipe into grep -q fails sometimes, as grep may end before its writer. Hence the here-strings,
# here and below.
test_tool_help()
{
	grep -q 'run' <<<"$("$HALITE" --help)"
	grep -q -e '--native' <<<"$("$HALITE" run --help)"
	grep -q 'Ctrl-A x' <<<"$("$HALITE" run --help)"
	grep -qE '^halite [0-9]+\.[0-9]+' <<<"$("$HALITE" --version)"
}

test_tool_arguments()
{
	local image=$LOGS/image.bin value
	make_image "$image" 8192
	refuses "no verb"
	refuses "'fly'" fly
	refuses "'--fast'" run --fast
	refuses "--kernel: its value is missing" run --kernel
	refuses "--cpus '0'" run --kernel "$image" --cpus 0
	refuses "--cpus '513'" run --kernel "$image" --cpus 513
	refuses "--cpus '2x'" run --kernel "$image" --cpus=2x
	refuses "--cpus '-1'" run --kernel "$image" --cpus -1
	refuses "--memory 'lots'" run --kernel "$image" --memory lots
	refuses "--memory '0'" run --kernel "$image" --memory 0
	refuses "--memory '99999999T'" run --kernel "$image" --memory 99999999T
	refuses "'sync_all' is no feature" run --kernel "$image" --nacl sync_csr,sync_all
	refuses "'' is no feature" run --kernel "$image" --nacl sync_csr,
	refuses "'some' is no feature" run --kernel "$image" --depth 2 --nacl all,some+sync_csr
	refuses "2 levels; expected one, or as many as --depth says: 3" run --kernel "$image" \
		--depth 3 --nacl all,none
	refuses "2 levels" run --kernel "$image" --nacl all,none
	refuses "--depth '5'" run --kernel "$image" --depth 5
	refuses "'clint' is no device that can be given; expected a list of fw_cfg,flash,iommu" \
		run --kernel "$image" --give clint
	for value in '' flash, ,flash flashx fw-cfg 'flash fw_cfg' fw_cfg,fla; do
		refuses "--give '$value': " run --kernel "$image" --give="$value"
	done
	refuses "--give: its value is missing" run --kernel "$image" --give
	refuses "--native with --give" run --kernel "$image" --native --give flash
	refuses "--native with --stats" run --kernel "$image" --native --stats
	refuses "--native with --depth 2" run --kernel "$image" --depth 2 --native
	refuses "--machine 'gic': expected plic, aplic, aia, or aia:N" run --kernel "$image" \
		--machine gic
	for value in '' aia: aia:8 aia:-1 aia:07 aia:3x aplic:1 AIA; do
		refuses "--machine '$value': expected plic" run --kernel "$image" --machine="$value"
	done
	refuses "--machine: its value is missing" run --kernel "$image" --machine
	for value in '--cpus 2' '--append a' '--nacl all' --stats --icount '--memory=1G'; do
		# shellcheck disable=SC2086 # words
		refuses "${value%%[ =]*}: it is given twice" run --kernel "$image" $value $value
	done
	refuses "'/nowhere/qemu'" run --kernel "$image" --qemu /nowhere/qemu
	refuses "'/bin/true'" run --kernel "$image" --qemu /bin/true
}

test_tool_old_qemu()
{
	local image=$LOGS/image.bin qemu=$LOGS/old-qemu value
	make_image "$image" 8192
	printf '#!/bin/sh\necho "QEMU emulator version 6.2.0"\n' >"$qemu"
	chmod +x "$qemu"
	refuses "version 6.2; expected 7.2" run --kernel "$image" --qemu "$qemu"
	printf '#!/bin/sh\necho "QEMU emulator version 7.2.9"\n' >"$qemu"
	refuses "--icount with --cpus 2" run --kernel "$image" --qemu "$qemu" --icount
	for value in aplic aia aia:3; do
		refuses "--machine ${value%:*} with QEMU 7.2" run --kernel "$image" --qemu "$qemu" \
			--machine "$value"
	done
	refuses "expected --machine plic, or QEMU 10 or later" run --kernel "$image" \
		--qemu "$qemu" --machine aia
}

test_tool_kernel()
{
	local file=$LOGS/kernel.bin
	refuses "'/nowhere'" run --kernel /nowhere
	refuses "'/tmp' is not a regular file" run --kernel /tmp
	: >"$file"
	refuses "is empty" run --kernel "$file"
	head -c 8192 /dev/zero >"$file"
	refuses "neither a RISC-V Linux Image nor a RISC-V ELF" run --kernel "$file"
	printf 'RSC\005' >"$file"
	refuses "neither a RISC-V Linux Image nor a RISC-V ELF" run --kernel "$file"
	cp /bin/true "$file"
	refuses "an ELF of another kind" run --kernel "$file"
	head -c 70 /bin/true >"$file"
	refuses "an ELF of another kind" run --kernel "$file"
	make_image "$file" 8192
	refuses "--initrd: '/nowhere'" run --kernel "$file" --initrd /nowhere
}

# link_at FILE ADDRESS ENTRY: makes an ELF of two instructions.
link_at()
{
	riscv64-unknown-elf-gcc -march=rv64imac -mabi=lp64 -nostdlib -nostartfiles \
		-Wl,-N,--no-warn-rwx-segments,-Ttext="$2",--defsym=start="$3",-e,start \
		-Wl,--build-id=none -x assembler -o "$1" - <<<$'nop\nnop'
}

# With --native or without, an ELF starts at the same address, or it is refused.
test_tool_elf()
{
	local file=$LOGS/kernel.elf mode
	link_at "$file" 0x80200000 0x80200000
	refuses "'/bin/true'" run --native --kernel "$file" --qemu /bin/true
	for mode in --native --stats; do
		link_at "$file" 0x80200000 0x80200002
		refuses "entry 0x80200002 is not its lowest address, which is 0x80200000" run \
			$mode --kernel "$file"
		link_at "$file" 0x80200000 0x80300000
		refuses "entry 0x80300000 is not its lowest address" run $mode --kernel "$file"
		link_at "$file" 0xffffffff80000000 0xffffffff80000000
		refuses "this is vmlinux, give arch/riscv/boot/Image" run $mode --kernel "$file"
		# The same with p_paddr 0 in the second program header, the one to load.
		dd if=/dev/zero of="$file" bs=8 seek=$(((64 + 56 + 24) / 8)) count=1 \
			conv=notrunc status=none
		refuses "this is vmlinux, give arch/riscv/boot/Image" run $mode --kernel "$file"
	done
	grep -q 'lowest address' <<<"$("$HALITE" run --help)" || fail "--help does not say it"
}

# The size in the kernel's header counts, not the size of its file.
test_tool_memory()
{
	local file=$LOGS/big.bin
	[ -s "$BUILD/halite.bin" ] || skip "there is no build/halite.bin"
	make_image "$file" $((300 * 1024 * 1024))
	refuses "--memory: 256 MiB is too little" run --kernel "$file" --memory 256M
	refuses "--memory: 8 MiB is too little" run --kernel "$file" --memory 8M
	make_echo_qemu "$LOGS/echo-qemu" 10.0.2
	# No machine has an address space for so much.
	refuses "--memory: 4294967296 MiB: Cannot allocate memory" run --kernel "$file" \
		--memory 4096T --qemu "$LOGS/echo-qemu"
	HALITE_BIN=/nowhere/halite.bin refuses "'/nowhere/halite.bin'" run --kernel "$file"
}

# make_echo_qemu FILE VERSION: makes a program that prints its arguments, in place of QEMU.
make_echo_qemu()
{
	cat >"$1" <<-SCRIPT
		#!/bin/sh
		[ "\$1" = -version ] && echo "QEMU emulator version $2" || printf '%s\n' "\$@"
	SCRIPT
	chmod +x "$1"
}

# The arguments that QEMU gets: commas are doubled, and modules do not overlap.
test_tool_command()
{
	local file=$LOGS/image.bin qemu=$LOGS/echo-qemu words kernel initrd
	[ -s "$BUILD/halite.bin" ] || skip "there is no build/halite.bin"
	make_image "$file" $((64 * 1024 * 1024))
	make_echo_qemu "$qemu" 10.0.2
	# This QEMU starts no guest, so the status is 1.
	words=$("$HALITE" run --kernel "$file" --initrd "$file" --append 'a=1,2 b' \
		--nacl sync_csr,sync_sret --cpus 3 --memory 1G --icount --qemu "$qemu" -- -s -S) ||
		[ $? = 1 ]
	printf '%s\n' "$words"
	grep -q "kernel=$file,bootargs=a=1,,2 b\$" <<<"$words"
	grep -qx 'nacl=sync_csr,sync_sret' <<<"$words"
	grep -qx 'shift=0,sleep=off' <<<"$words"
	[ "$(printf '%s\n' "$words" | tail -n 2 | tr '\n' ' ')" = "-s -S " ] ||
		fail "QEMU's arguments are not last"
	kernel=$(printf '%s\n' "$words" | sed -n 's/.*addr=\(0x[0-9a-f]*\),kernel=.*/\1/p')
	initrd=$(printf '%s\n' "$words" | sed -n 's/.*addr=\(0x[0-9a-f]*\),initrd=.*/\1/p')
	[ $((kernel)) -ge $((0x80200000 + 64 * 1024 * 1024)) ] ||
		fail "the kernel module lies where the kernel will run"
	[ $((initrd)) -ge $((kernel + 4096)) ] || fail "the modules overlap"
	[ $((kernel % 0x200000)) = 0 ] && [ $((initrd % 0x200000)) = 0 ] ||
		fail "not aligned to 2 MiB"
	! grep -q give= <<<"$words" || fail "a device is given that nobody asked for"
	# Each Halite must give the device: a device that is not given below does not exist above.
	words=$("$HALITE" run --kernel "$file" --give fw_cfg,flash --depth 2 --nacl all,none \
		--stats --memory 1G --qemu "$qemu") || [ $? = 1 ]
	grep -qx 'nacl=all give=fw_cfg,flash stats' <<<"$words" ||
		fail "the lowest Halite gives nothing"
	grep -q 'bootargs=nacl=none give=fw_cfg,,flash stats$' <<<"$words" ||
		fail "the second Halite gives nothing"
	words=$("$HALITE" run --native --kernel "$file" --append 'a=1,2 b' --qemu "$qemu")
	grep -qx 'a=1,2 b' <<<"$words"
	if grep -q guest-loader <<<"$words"; then fail "--native uses the guest-loader"; fi
}

# initrd_of QEMU MEMORY [OPTIONS]: prints where `halite run` puts a ramdisk of 4 KiB.
initrd_of()
{
	local qemu=$1 memory=$2
	shift 2
	{ "$HALITE" run --kernel "$LOGS/image.bin" --initrd "$LOGS/initrd.bin" --qemu "$qemu" \
		--memory "$memory" "$@" || true; } |
		sed -n 's/.*addr=\(0x[0-9a-f]*\),initrd=.*/\1/p'
}

# QEMU's -initrd goes 512 MiB (128 MiB before QEMU 9) behind the start of the kernel, or half of the
# RAM if that is less.
test_tool_initrd()
{
	local qemu=$LOGS/echo-qemu memory version place seen
	[ -s "$BUILD/halite.bin" ] || skip "there is no build/halite.bin"
	make_image "$LOGS/image.bin" 8192
	head -c 4096 /dev/zero >"$LOGS/initrd.bin"
	while read -r version memory place; do
		make_echo_qemu "$qemu" "$version"
		seen=$(initrd_of "$qemu" "$memory")
		[ "$seen" = "$place" ] ||
			fail "QEMU $version, $memory: the ramdisk is at $seen, not $place"
	done <<-'END'
		10.0.2 4G 0xa0200000
		10.0.2 1G 0xa0200000
		10.0.2 512M 0x90200000
		10.0.2 256M 0x88200000
		9.0.0 2G 0xa0200000
		8.2.9 2G 0x88200000
		7.2.9 2G 0x88200000
		7.2.9 192M 0x86200000
	END
	# What is there already, or does not end in RAM, is placed elsewhere.
	make_image "$LOGS/image.bin" $((300 * 1024 * 1024))
	seen=$(initrd_of "$qemu" 1G)
	[ $((seen)) -ge $((0x80200000 + 600 * 1024 * 1024)) ] ||
		fail "the ramdisk is at $seen, in the kernel or in its module"
	make_image "$LOGS/image.bin" 8192
	truncate -s 120M "$LOGS/initrd.bin"
	seen=$(initrd_of "$qemu" 256M)
	[ $((seen)) != 0 ] && [ $((seen)) -lt $((0x88200000)) ] ||
		fail "the ramdisk is at '$seen', up to the end of RAM"
}

# complains PATTERN COMMAND...: COMMAND prints one line, with PATTERN, and fails.
complains()
{
	local pattern=$1 output status=0
	shift
	output=$(cd "$TOP" && timeout 60 "$@" 2>&1 </dev/null) || status=$?
	[ "$status" != 0 ] || fail "$*: exit status 0"
	[ "$(printf '%s\n' "$output" | wc -l)" = 1 ] || fail "$*: not one line: $output"
	grep -qF -e "$pattern" <<<"$output" || fail "$*: '$output' does not say '$pattern'"
}

# What the scripts do not know, they refuse before they run anything.
test_tool_wrong_words()
{
	complains "no test has 'bogus' in its name" tests/run bogus
	complains "no test has 'bogus' in its name" tests/run tool-help bogus
	complains "no benchmark 'bogus'; expected sbi-kernel" scripts/bench.sh one bogus nacl
	complains "no benchmark 'x'" scripts/bench.sh profile sbi-kernel,x nacl
	complains "no benchmark 'sbi-kernel'; expected bare-" scripts/bench.sh bare nacl sbi-kernel
	complains "configuration 'bogus'" scripts/bench.sh one sbi-kernel bogus
	complains "configuration 'bogus'" scripts/bench.sh bare bogus
	complains "'bogus' in variant 'bogus'" scripts/conformance.sh none bogus
	complains "no machine 'bogus'" scripts/conformance.sh 'bogus:*'
	complains "'x' in variant 'aia:sync_csr+x'" scripts/conformance.sh aia:sync_csr+x
}

# machine_of QEMU [OPTIONS]: prints the value of -M that `halite run` passes to QEMU.
machine_of()
{
	"$HALITE" run --native --kernel "$LOGS/image.bin" --qemu "$@" | sed -n '/^-M$/{n;p}'
}

test_tool_machine()
{
	local qemu=$LOGS/echo-qemu words value option
	make_image "$LOGS/image.bin" 8192
	make_echo_qemu "$qemu" 10.0.2
	while read -r option value; do
		words=$(machine_of "$qemu" --machine "$option")
		[ "$words" = "$value" ] ||
			fail "--machine $option became -M $words instead of $value"
	done <<-'END'
		plic virt
		aplic virt,aia=aplic
		aia virt,aia=aplic-imsic,aia-guests=7
		aia:0 virt,aia=aplic-imsic,aia-guests=0
		aia:3 virt,aia=aplic-imsic,aia-guests=3
	END
	[ "$(machine_of "$qemu")" = virt,aia=aplic-imsic,aia-guests=7 ] ||
		fail "the default is not aia"
	make_echo_qemu "$qemu" 7.2.9
	[ "$(machine_of "$qemu")" = virt ] || fail "with QEMU 7.2 the default is not plic"
	[ "$(machine_of "$qemu" --machine plic)" = virt ] ||
		fail "QEMU 7.2 does not get --machine plic"
}
