# SPDX-License-Identifier: BSD-2-Clause
# Tests of machines with AIA: interrupts of devices and of other harts, in L1 and in L2, under load.
# shellcheck shell=bash

# load_run SECONDS SCENE OPTIONS...: plays the scene. L1 has a virtio disk and a virtio network
# card, with an echo service at port 7 of 10.0.2.100. The disk is $LOGS/$NAME.disk.
load_run()
{
	local limit=$1 scene=$2
	shift 2
	rm -f "$LOGS/$NAME.disk"
	truncate -s 8M "$LOGS/$NAME.disk"
	with_console "" "$limit" "$HALITE" run --kernel "$GUESTS/client/Image" \
		--initrd "$GUESTS/client/l1.cpio" "$@" -- \
		-drive "file=$LOGS/$NAME.disk,if=none,id=disk,format=raw,cache=unsafe" \
		-device virtio-blk-pci,drive=disk,num-queues=2 \
		-netdev user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:7-cmd:cat \
		-device virtio-net-pci,netdev=net,romfile=
	expect_status 0
	expect_console "^L1: scene $scene: exit 0" "the scene failed"
}

# expect_interrupts WHO CPUS: under WHO's load, each vector of a request queue came, each vector of
# the network card came on every CPU, and so did IPIs.
expect_interrupts()
{
	local wrong
	wrong=$(awk -v who="$1:" -v cpus="$2" '
		$1 != who { next }
		$2 == "vector" && $3 ~ /-req\.[0-9]+:$/ {
			requests++
			count = 0
			for (i = 4; i <= NF; i++) count += $i
			if (!count) print $3 " never came"
		}
		$2 == "vector" && $3 ~ /-input\.0:$/ {
			inputs++
			for (i = 4; i < 4 + cpus; i++)
				if (!($i + 0)) print $3 " never came on CPU " i - 4
		}
		$2 == "IPI1:" {
			calls++
			for (i = 3; cpus > 1 && i < 3 + cpus; i++)
				if (!($i + 0)) print "no IPI came to CPU " i - 3
		}
		END {
			if (!requests) print "no vector of a request queue"
			if (!inputs) print "no vector of an input queue"
			if (!calls) print "no counts of IPIs"
		}' "$CONSOLE")
	[ -z "$wrong" ] || fail "$1: ${wrong//$'\n'/, }, see ${CONSOLE#"$TOP"/}"
}

# expect_lines WHO: a device without MSIs has one interrupt, and WHO's devices have used it.
expect_lines()
{
	local device
	for device in virtio0 virtio1; do
		expect_console "^$1: vector $device:.* \+[1-9]" \
			"the interrupt of $device never came"
	done
}

# disk_holds CPUS: the file of L1's disk has the contents that L1 printed.
disk_holds()
{
	local part logged found
	for ((part = 0; part < $1; part++)); do
		logged=$(sed -n "s/^L1: disk: part $part holds \([0-9a-f]*\)\$/\1/p" "$CONSOLE")
		found=$(dd if="$LOGS/$NAME.disk" bs=1M skip="$part" count=1 status=none | md5sum |
			cut -d ' ' -f 1)
		[ "$logged" = "$found" ] ||
			fail "part $part of L1's disk: L1 says '$logged', the file has $found"
	done
}

# test_load CPUS MACHINE OPTIONS...: devices under load in L1.
test_load()
{
	local cpus=$1 machine=$2
	shift 2
	load_run 240 load --cpus "$cpus" --machine "$machine" \
		--append "console=ttyS0 quiet halite.scene=load" "$@"
	case $machine in
	aia*) expect_interrupts L1 "$cpus" ;;
	*) expect_lines L1 ;;
	esac
	disk_holds "$cpus"
}

# test_aia FILES WORDS OPTIONS...: devices under load in L1 and in L2 at the same time. L1's KVM
# must find FILES guest interrupt files. WORDS are for the kernel's command line.
test_aia()
{
	local files=$1 words=$2
	shift 2
	load_run 400 aia --cpus 2 --append "console=ttyS0 halite.scene=aia $words" "$@"
	expect_interrupts L1 2
	expect_interrupts L2 2
	disk_holds 2
	grep -aE '^L[12]: (vector|IPI[01]|SGEI)' "$CONSOLE"
	expect_console "kvm.*AIA available with $files guest external interrupts" \
		"KVM does not find $files guest interrupt files"
	# Without guest interrupt files, KVM emulates L2's.
	[ "$files" -gt 0 ] || return 0
	expect_console '^L1: SGEI: .* [1-9][0-9]* .*riscv-kvm' \
		"no guest interrupt file of L2 has ever called L1"
}

# test_msi MACHINE OPTIONS...: MSIs cost no exits. guests/aia counts its exits; each hart must print
# 8 counts.
test_msi()
{
	local counts
	test_guest aia --stats --machine "$@"
	counts=$(grep -acE '^ok [0-9]+ .*: exits of the (first|second) for 1000 messages: 0$' \
		"$CONSOLE" || true)
	[ "$counts" = 8 ] || fail "$counts counts of exits instead of 8"
}

# Without guest interrupt files, the same MSIs cost exits, so the counters of test_msi do count.
test_msi_no_files()
{
	with_console "" 60 "$HALITE" run --kernel "$GUESTS/aia.elf" --memory 512M --machine aia:0 \
		--stats
	expect_console '^ok [0-9]+ L1 and L1: messages: 2200$' "the messages did not arrive"
	expect_console \
		'^not ok [0-9]+ L1 and L1: exits of the second for 1000 messages: [1-9][0-9]{3}' \
		"no exits are counted"
}

# exits_below ROUNDS: sets BELOW to the number of all exits that the lower of two Halites has
# counted.
exits_below()
{
	with_console "-$1" 300 "$HALITE" run --depth 2 --stats --kernel "$GUESTS/aia.elf" \
		--append "stores rounds=$1" --memory 512M --machine aia
	expect_status 0
	ktap_passed
	BELOW=$(awk '/^halite: level 0: exits / { n += $6 } END { print n + 0 }' "$CONSOLE")
	[ "$BELOW" -gt 0 ] || fail "the Halite below counts nothing"
}

# An MSI between guests of a Halite that is itself a guest costs the Halite below no exit. Two runs
# may differ by a few exits, when a hart that waits for another one exits once more or less. On a
# busy machine each MSI takes until the other hart's thread runs, about 10 ms: 5,100 rounds took 1.5
# s in one run and 92 s in another.
test_msi_below()
{
	local few
	exits_below 100
	few=$BELOW
	exits_below 1100
	printf 'exits of the Halite below: %s and %s\n' "$few" "$BELOW"
	[ $((BELOW - few)) -lt 50 ] || fail "1000 rounds more: $((BELOW - few)) exits more"
}

# test_interrupts MACHINE OPTIONS...: guests/interrupts compares the exits of each interrupt with
# its table: wire and timer on one hart, where time counts instructions, and SBI IPIs on two harts.
test_interrupts()
{
	local machine=$1 words="" cpus counts
	shift
	[ "$machine" != aia:0 ] || words=no-files
	for cpus in "1 --icount" 2; do
		# shellcheck disable=SC2086 # two words
		test_guest interrupts --machine "$machine" --stats --append "$words" \
			--cpus $cpus "$@"
		counts=$(grep -acE '^ok [0-9]+ exits for 100: ' "$CONSOLE" || true)
		[ "$counts" = 4 ] ||
			fail "$counts counts of exits instead of 4, see ${CONSOLE#"$TOP"/}"
	done
}

aia_tests()
{
	local cpus machine
	for machine in plic aplic aia aia:0; do
		test_case "interrupts-$machine" test_interrupts "$machine"
		test_case "interrupts-$machine-nacl-none" test_interrupts "$machine" --nacl none
	done
	test_case interrupts-plic-no-sstc test_interrupts plic -- -cpu rv64,h=true,sstc=false
	for machine in aia aplic; do
		for cpus in 2 4; do
			test_case "boot-equal-$machine-$cpus" test_boot_equal "$cpus" \
				--machine "$machine"
		done
	done
	test_case aia-msi-native test_guest aia --native --machine aia
	test_case aia-msi-halite test_msi aia
	test_case aia-msi-nacl-none test_msi aia --nacl none
	test_case aia-msi-one-file test_msi aia:2
	test_case aia-msi-depth-2 test_msi aia --depth 2
	test_case aia-msi-depth-2-below test_msi_below
	test_case aia-msi-no-files test_msi_no_files
	test_case aia-load-aplic test_load 2 aplic
	test_case aia-load-no-files test_load 2 aia:0
	test_case aia-devices test_aia 6 "" --machine aia
	test_case aia-demo-depth-2 test_demo client "$NACL_ALL" 400 --machine aia --depth 2
	selftests selftests-aia 600 "$AIA_SELFTESTS" --machine aia
}

aia_tests_long()
{
	local machine
	for machine in aia aplic aia:0; do
		test_case "boot-equal-$machine-1" test_boot_equal 1 --machine "$machine"
		test_case "boot-equal-$machine-8" test_boot_equal 8 --machine "$machine"
	done
	test_case aia-devices-native test_aia 7 halite.rounds=6 --native --machine aia
	test_case aia-devices-long test_aia 6 halite.rounds=6 --machine aia
	test_case aia-devices-nacl-none test_aia 6 "" --machine aia --nacl none
	test_case aia-devices-depth-2 test_aia 5 "" --machine aia --depth 2
	test_case aia-devices-one-file test_aia 1 "" --machine aia:2
	test_case aia-devices-no-files test_aia 0 "" --machine aia:1
	test_case aia-devices-no-files-native test_aia 0 "" --native --machine aia:0
	test_case aia-load-native test_load 2 aia --native
	test_case aia-load-plic test_load 2 plic
	test_case aia-load-aplic-native test_load 2 aplic --native
	test_case aia-load-4 test_load 4 aia
	test_case aia-demo test_demo client "$NACL_ALL" 300 --machine aia
	test_case aia-demo-aplic test_demo client "$NACL_ALL" 300 --machine aplic
	test_case aia-demo-6.12 test_demo 6.12 - 400 --machine aia
	test_case aia-demo-depth-3 test_demo client "$NACL_ALL" 400 --machine aia --depth 3
	selftests selftests-aia-native 600 "$AIA_SELFTESTS" --native --machine aia
}
