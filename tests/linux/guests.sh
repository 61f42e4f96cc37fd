# SPDX-License-Identifier: BSD-2-Clause
# The bare-metal guests check themselves and report in KTAP, on the bare machine and in Halite.
# shellcheck shell=bash

# ktap_passed: the checks on the console are numbered from 1 to the number in the plan, and all are
# ok.
ktap_passed()
{
	local wrong
	! grep -aE '^not ok ' "$CONSOLE" || fail "$(grep -aE '^not ok ' "$CONSOLE" | head -n 1)"
	wrong=$(LC_ALL=C awk '
		/^ok [0-9]+ / && !wrong && $2 != ++checks {
			wrong = "check " $2 " comes where " checks " is due"
		}
		/^1\.\.[0-9]+$/ { plan = substr($0, 4); plans++ }
		END {
			if (wrong) print wrong
			else if (!checks) print "no check ran"
			else if (plans != 1) print checks " checks and " plans + 0 " plans"
			else if (plan != checks)
				print checks " checks are not what the plan says, " plan
		}' "$CONSOLE")
	[ -z "$wrong" ] || fail "$wrong, see ${CONSOLE#"$TOP"/}"
}

# test_guest NAME [OPTIONS]: runs a guest that checks itself.
test_guest()
{
	local program=$GUESTS/$1.elf
	shift
	with_console "" 60 "$HALITE" run --kernel "$program" --memory 512M "$@"
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	ktap_passed
	expect_status 0
}

# test_lines POOL-LINES [OPTIONS]: two harts of the guest and Halite write to the console at the
# same time. Every line must be whole. Halite must print POOL-LINES lines about its pool.
test_lines()
{
	local pools=$1 wrong line warning
	shift
	test_guest lines --cpus 2 "$@"
	line="^lines: (first|second) writes number [0-9]+, and of this line no letter is missing$"
	warning="^halite: warning: hart [0-9]+: SBI NACL set_shmem of 0x[0-9a-f]+ refused"
	warning+=" with error -1$"
	wrong=$(LC_ALL=C awk -v pools="$pools" -v guest_line="$line" -v warning="$warning" '
		/^KTAP version 1$/ { on = 1; next }
		!on { next }
		$0 ~ guest_line {
			if ($5 + 0 != ++count[$2])
				print "number " $5 + 0 " of the " $2 " comes where " count[$2] \
					" is due"
			next
		}
		/^lines: the first has written [0-9]+$/ { written = $NF; next }
		$0 ~ warning { next }
		/^halite: level [01]: pool: shadows [0-9]+ of .*, [0-9]+ reclaimed$/ {
			halite++
			next
		}
		/^(ok [0-9]+ [a-z ]+: [0-9]+|1\.\.[0-9]+)$/ { next }
		/^halite: level [01]: (exits|work|time) [a-z0-9-]+ [0-9]+: .*[A-Za-z0-9]$/ { next }
		{ print "this is not a whole line: " $0 }
		END {
			if (!written || written != count["first"])
				print "the first hart says " written + 0 " lines, here are " \
					count["first"] + 0
			if (halite + 0 != pools) print halite + 0 " lines of Halite"
		}' "$CONSOLE")
	[ -z "$wrong" ] || fail "$(head -n 1 <<<"$wrong"), see ${CONSOLE#"$TOP"/}"
}

# test_hostile [OPTIONS]: a guest attacks Halite from all its harts. Halite survives, and reveals
# nothing that is not the guest's.
test_hostile()
{
	with_console "" 90 "$HALITE" run --kernel "$GUESTS/hostile.elf" --memory 512M "$@"
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	! grep -a 'halite: fatal' "$CONSOLE" || fail "the guest ended Halite"
	expect_console '^hostile: [0-9]+ rounds on [0-9]+ harts, survived' \
		"the guest did not reach its end"
	expect_status 0
}

# test_cage SECONDS WORDS [OPTIONS]: a guest makes directed attacks: page tables, shared areas and
# entry points in devices and elsewhere, and code that changes after it has trapped. The guest knows
# the right outcomes from the specification. WORDS are for its command line; "all" takes minutes.
test_cage()
{
	local limit=$1 words=$2
	shift 2
	with_console "" "$limit" "$HALITE" run --kernel "$GUESTS/cage.elf" --memory 512M \
		--append "$words" "$@" -- -cpu rv64,h=true,v=true
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	! grep -a 'halite: fatal' "$CONSOLE" || fail "the guest ended Halite"
	! grep -a '# SKIP no vector' "$CONSOLE" || fail "no vector instructions: a part did not run"
	ktap_passed
	expect_status 0
}

# cage_tests KIND SECONDS WORDS: test_cage on several machines; KIND is a part of the tests' names.
cage_tests()
{
	local cpus machine nacl
	for machine in plic aia; do
		test_case "guest-cage$1-native-$machine" test_cage "$2" "$3" --native \
			--machine "$machine" --cpus 2
		for cpus in 1 4; do
			for nacl in all none; do
				test_case "guest-cage$1-$cpus-$machine-nacl-$nacl" \
					test_cage "$2" "$3" --cpus "$cpus" --machine "$machine" \
					--nacl "$nacl"
			done
		done
	done
}

cage_tests_long()
{
	local machine
	cage_tests -all 1200 all
	for machine in plic aplic aia:0 aia; do
		test_case "guest-cage-depth-2-$machine" test_cage 300 quick \
			--machine "$machine" --cpus 2 --depth 2
	done
}

# As test_lines, but the upper Halite also prints a warning each time that the second hart starts,
# since the lower Halite refuses its shared memory.
test_lines_warnings()
{
	make -s --no-print-directory liar
	export HALITE_BIN=$BUILD/liar/halite.bin
	test_lines 21 --depth 2 -- -append "nacl=all stats slow lie=1"
	expect_console '^halite: warning: ' "Halite has not warned"
}

hostile_tests()
{
	local cpus nacl machine
	cage_tests_long
	for cpus in 1 4; do
		for nacl in all none; do
			test_case "guest-hostile-$cpus-nacl-$nacl" test_hostile --cpus "$cpus" \
				--nacl "$nacl"
		done
		for machine in aia aia:0 aplic; do
			test_case "guest-hostile-$cpus-$machine" test_hostile --cpus "$cpus" \
				--machine "$machine"
		done
		# The guest attacks the upper Halite, which must not harm the Halite below.
		test_case "guest-hostile-$cpus-depth-2" test_hostile --cpus "$cpus" --depth 2
		test_case "guest-hostile-$cpus-depth-2-aia" test_hostile --cpus "$cpus" --depth 2 \
			--machine aia
	done
}

# test_legacy_input [OPTIONS]: the legacy console reads what is typed. The letter is typed again and
# again, since firmware may drop what comes before it has set up the UART.
test_legacy_input()
{
	# shellcheck disable=SC2016 # the inner shell expands "$@"
	with_console "" 60 bash -c 'while sleep 0.2; do printf x; done | "$@"' typed "$HALITE" run \
		--kernel "$GUESTS/legacy.elf" --append input --memory 512M "$@"
	ktap_passed
	expect_status 0
}

# tree_of_plic NAME FILE HARTS: makes the tree of a machine whose PLIC has only this name.
tree_of_plic()
{
	local plic=$1 tree=$2
	"$HALITE" run --kernel "$GUESTS/basics.elf" --native --machine plic --memory 512M \
		--cpus "$3" -- -M "dumpdtb=$tree" >/dev/null 2>&1
	dtc -q -I dtb -O dts "$tree" | sed "s/\"sifive,plic-1.0.0.*riscv,plic0\"/\"$plic\"/" \
		>"$tree.dts"
	grep -q "\"$plic\";" "$tree.dts" || fail "the PLIC's name could not be changed"
	dtc -q -I dts -O dtb -o "$tree" "$tree.dts"
}

# test_plic_name NAME [OPTIONS]: a machine whose PLIC has only this name in the device tree.
test_plic_name()
{
	local plic=$1 tree=$LOGS/$NAME.dtb
	shift
	tree_of_plic "$plic" "$tree.one" 1
	test_guest interrupts --machine plic --cpus 1 --icount "$@" -- -dtb "$tree.one"
	expect_console '^ok [0-9]+ interrupts of a wire in L2: ' "the UART's wire was not tried"
	tree_of_plic "$plic" "$tree" 2
	test_guest basics --machine plic "$@" -- -dtb "$tree"
	with_console -conformance 60 "$HALITE" run --kernel "$GUESTS/conformance.elf" \
		--machine plic --memory 512M --append "area=irq area=device" "$@" -- -dtb "$tree"
	expect_status 0
	expect_console '^ok [0-9]+ external in VS, claimed 10, then 0 ' "the PLIC was not found"
	expect_console '^ok [0-9]+ device PLIC priority, word load ' "the PLIC was not found"
}

# test_ramdisk QEMU [OPTIONS]: the guest's ramdisk is where QEMU puts it without Halite.
test_ramdisk()
{
	local qemu=$1 mode places=()
	shift
	need_fetched "$(command -v "$qemu")"
	head -c 8192 /dev/zero >"$LOGS/$NAME.ramdisk"
	for mode in --native --stats; do
		with_console "$mode" 60 "$HALITE" run --kernel "$GUESTS/basics.elf" \
			--initrd "$LOGS/$NAME.ramdisk" --qemu "$qemu" "$@" $mode
		places+=("$(sed -n 's/^# ramdisk at //p' "$CONSOLE")")
	done
	[ -n "${places[0]}" ] || fail "the guest has no ramdisk, see ${CONSOLE#"$TOP"/}"
	[ "${places[0]}" = "${places[1]}" ] ||
		fail "QEMU puts the ramdisk at ${places[0]}, Halite at ${places[1]}"
}

# The devices in the guest's device tree, and accesses in the pages of its interrupt controller that
# match no register.
devices_tests()
{
	local machine
	for machine in plic aplic aia; do
		test_case "guest-devices-native-$machine" test_guest devices --machine "$machine" \
			--append native --native
		test_case "guest-devices-$machine" test_guest devices --machine "$machine" \
			--append withheld
	done
	test_case guest-devices-given test_guest devices --machine plic --append given \
		--give fw_cfg,flash
		# A device that the first Halite withholds does not exist for the second Halite's
		# guest.
	test_case guest-devices-depth-2 test_guest devices --machine plic --append withheld \
		--depth 2
}

# Compares the H extension in Halite with the bare machine's, with all subsets of NACL's features.
test_conformance()
{
	make -s --no-print-directory conformance ||
		fail "there are differences that docs/conformance.md does not explain"
}

# harts_guest BINARY OPTIONS...: runs the guest whose harts race in the Halite BINARY. Its tests end
# after a fixed time, too. It has three harts: if more harts spin than the host has cores, QEMU
# takes twenty times as long.
harts_guest()
{
	local binary=$1
	shift
	HALITE_BIN=$binary with_console "" 300 "$HALITE" run --kernel "$GUESTS/harts.elf" \
		--memory 512M --cpus 3 "$@"
	expect_status 0
	ktap_passed
}

test_harts() { harts_guest "$BUILD/halite.bin" "$@"; }

# test_harts_jitter OPTIONS...: runs the same guest in a Halite whose harts wait at marked places.
test_harts_jitter()
{
	make -s --no-print-directory jitter
	harts_guest "$BUILD/jitter/halite.bin" "$@"
}

# test_harts_many HARTS OPTIONS...: all harts of a machine with more harts than the host. OpenSBI
# starts 128 harts at most.
test_harts_many()
{
	local harts=$1
	shift
	with_console "" 500 "$HALITE" run --kernel "$GUESTS/harts.elf" --append many \
		--memory 1G --cpus "$harts" "$@"
	expect_status 0
	ktap_passed
	expect_console "^# $harts harts\$" "the guest does not have $harts harts"
}

# RAM that does not suffice for all harts: Halite says so, and the guest runs on the others. Each
# hart has a ring of 2 MiB.
test_harts_few()
{
	local seen
	with_console "" 100 "$QEMU10" -M virt -cpu rv64,h=true -smp 12 -m 44M -nographic \
		-kernel "$BUILD/halite.bin" -append trace=65536 -device \
		"guest-loader,addr=0x81000000,kernel=$GUESTS/harts.elf,bootargs=many"
	expect_status 0
	ktap_passed
	seen=$(sed -n 's/^# \([0-9]*\) harts.*/\1/p' "$CONSOLE")
	[ "$seen" -ge 8 ] && [ "$seen" -lt 12 ] || fail "the guest has $seen harts"
	expect_console "warning: $((12 - seen)) more harts are not used: $seen is the most that" \
		"Halite does not say how many harts it leaves out"
}

# QEMU 7.2's firmware does not mark its memory as no-map. The guest cannot access it either way.
# Some checks of this guest fail on QEMU 7.2 itself, so this test looks at three of them.
test_old_firmware()
{
	need_fetched "$QEMU72"
	with_console "" 60 "$HALITE" run --kernel "$GUESTS/basics.elf" --memory 512M \
		--qemu "$QEMU72"
	expect_status 0
	expect_console "^ok [0-9]+ hsm: start in the firmware's memory: -5\$" "a hart starts there"
	expect_console "^ok [0-9]+ dbcn: buffer in the firmware's memory: -3\$" \
		"the console reads it"
	expect_console '^ok [0-9]+ load from the firmware: 5$' "the guest reads it"
}

# All harts end Halite at the same time: it prints one message in one line, and exits with a
# failure.
test_fatal_once()
{
	local round
	make -s --no-print-directory jitter
	for round in 1 2 3; do
		HALITE_BIN=$BUILD/jitter/halite.bin with_console "-$round" 60 "$HALITE" run \
			--kernel "$GUESTS/harts.elf" --append fatal --memory 512M --cpus 4
		expect_status 1
		expect_console '^halite: fatal: hart [0-3] was told to end it, .* in between$' \
			"the message is not whole"
		[ "$(grep -ac 'halite: fatal' "$CONSOLE")" = 1 ] ||
			fail "more than one message, see ${CONSOLE#"$TOP"/}"
	done
}

# The harts' time with interrupts off during many fences, in instructions.
test_fences()
{
	with_console "" 100 "$HALITE" run --kernel "$GUESTS/harts.elf" --append fences \
		--memory 512M --cpus 1 --icount "$@"
	expect_status 0
	ktap_passed
}

harts_tests()
{
	local machine
	test_case guest-harts-plic-native test_harts --machine plic --native
	for machine in plic aplic aia; do
		test_case "guest-harts-$machine-nacl-all" test_harts --machine "$machine" --nacl all
		test_case "guest-harts-$machine-nacl-none-jitter" test_harts_jitter \
			--machine "$machine" --nacl none
	done
	for machine in $([ "$LONG" = 0 ] || echo plic aplic aia); do
		test_case "guest-harts-$machine-nacl-none" test_harts --machine "$machine" \
			--nacl none
		test_case "guest-harts-$machine-nacl-all-jitter" test_harts_jitter \
			--machine "$machine" --nacl all
		test_case "guest-harts-$machine-4" test_harts --machine "$machine" --cpus 4
	done
	test_case guest-harts-many-plic test_harts_many 16 --machine plic
	test_case guest-harts-many-aia test_harts_many 32 --machine aia
	test_case guest-harts-few test_harts_few
	for machine in $([ "$LONG" = 0 ] || echo plic aia); do
		test_case "guest-harts-many-128-$machine" test_harts_many 128 --machine "$machine"
	done
	[ "$LONG" = 0 ] || test_case guest-harts-aplic-native test_harts --machine aplic --native
	[ "$LONG" = 0 ] || test_case guest-harts-aia-native test_harts --machine aia --native
	test_case guest-harts-depth-2 test_harts --machine plic --depth 2
	test_case guest-fatal-once test_fatal_once
	test_case guest-old-firmware test_old_firmware
	test_case guest-fences test_fences --machine plic
}

# The calls of SBI 3.0, which the firmware of QEMU 10 has in part, with other errors.
# test_sbi_parts AD [OPTIONS]: on a machine on which no part may be left out. AD: whether hardware
# sets A and D at the start.
test_sbi_parts()
{
	test_guest sbi "${@:2}"
	expect_console 'pmu: events that are answered' "counters were not tested"
	expect_console "fwft: hardware $1 A and D at the start" "A and D were not tested"
}

test_sbi() { test_sbi_parts sets "$@"; }
test_sbi_svade() { test_sbi_parts 'does not set' "$@" -- -cpu rv64,h=true,svade=true; }

# Halite's counts are there, as events of the platform, and the firmware gives values to counters.
test_sbi_stats()
{
	test_sbi --stats
	expect_console 'pmu: eight in each exit' "snapshots of many counters were not tested"
	expect_console 'pmu: as Halite.s own call says' "events of the platform were not tested"
}

# test_susp [OPTIONS]: on a machine whose firmware has a device for tests of SUSP. OpenSBI 1.5 does
# not start on any hart if its node lacks cold-boot-harts.
test_susp()
{
	local tree=$LOGS/$NAME.dtb node=/chosen/opensbi-config cpu
	local harts=()
	rm -f "$tree"
	"$HALITE" run --kernel "$GUESTS/sbi.elf" --native --memory 512M -- -M "dumpdtb=$tree" \
		>/dev/null 2>&1
	for cpu in 0 1; do
		harts+=("$(fdtget -t x "$tree" "/cpus/cpu@$cpu" phandle)")
	done
	fdtput -c "$tree" "$node"
	fdtput -t s "$tree" "$node" compatible opensbi,config
	fdtput "$tree" "$node" system-suspend-test
	fdtput -t x "$tree" "$node" cold-boot-harts "${harts[@]}"
	test_guest sbi "$@" -- -dtb "$tree"
	expect_console 'susp: it is still pending' "suspends were not tested"
}

sbi_tests()
{
	test_case guest-sbi-halite test_sbi
	test_case guest-sbi-nacl-none test_guest sbi --nacl none --machine plic
	test_case guest-sbi-depth-2 test_guest sbi --depth 2
	test_case guest-sbi-svade test_sbi_svade
	test_case guest-sbi-svade-depth-2 test_sbi_svade --depth 2
	test_case guest-sbi-max test_sbi -- -cpu max
	test_case guest-sbi-rva23 test_guest sbi -- -cpu rva23s64
	test_case guest-sbi-stats test_sbi_stats
	test_case guest-susp-halite test_susp
	[ "$LONG" = 0 ] || test_case guest-susp-depth-2 test_susp --depth 2
	test_case guest-sbi-qemu-7.2 test_guest sbi --qemu "$QEMU72" --machine plic
}

guest_tests()
{
	local name
	harts_tests
	[ -n "$LISTING" ] || make -s --no-print-directory guest-programs
	test_case guest-lines-native test_lines 0 --native
	test_case guest-lines-halite test_lines 21 --stats
	test_case guest-lines-depth-2 test_lines 42 --stats --depth 2
	test_case guest-lines-warnings test_lines_warnings
	for name in $(make -s --no-print-directory guest-list); do
		test_case "guest-$name-native" test_guest "$name" --native
		test_case "guest-$name-halite" test_guest "$name"
		test_case "guest-$name-nacl-none" test_guest "$name" --nacl none
		test_case "guest-$name-depth-2" test_guest "$name" --depth 2
		test_case "guest-$name-depth-3" test_guest "$name" --depth 3 --nacl all,none,all
		test_case "guest-$name-depth-3-none" test_guest "$name" --depth 3 \
			--nacl none,none,none
	done
	sbi_tests
	test_case guest-legacy-input-native test_legacy_input --native
	test_case guest-legacy-input-halite test_legacy_input
	test_case guest-plic-name-native test_plic_name thead,c900-plic --native
	test_case guest-plic-name-halite test_plic_name thead,c900-plic
	test_case guest-ramdisk test_ramdisk "$QEMU10"
	test_case guest-ramdisk-512M test_ramdisk "$QEMU10" --memory 512M
	test_case guest-ramdisk-qemu-7.2 test_ramdisk "$QEMU72"
	devices_tests
	cage_tests "" 120 quick
}
