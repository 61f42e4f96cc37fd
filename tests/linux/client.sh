# SPDX-License-Identifier: BSD-2-Clause
# Halite as L1: its cost for the Halite below, with each subset of NACL's features, and with a
# Halite below that breaks NACL's specification.
# shellcheck shell=bash

# counted ROUNDS OPTIONS...: runs guests/roundtrips with ROUNDS rounds in Halite in Halite. Sets
# EXITS_name to the exits that the lower Halite has counted, and sums of them.
counted()
{
	local rounds=$1 name count
	shift
	with_console "-$rounds" 60 "$HALITE" run --depth 2 --stats \
		--kernel "$GUESTS/roundtrips.elf" --append "rounds=$rounds" --memory 512M \
		--cpus 1 "$@"
	expect_status 0
	expect_console "^ok 1 rounds: $rounds\$" "the guest did not reach its end"
	while read -r name count; do
		printf -v "EXITS_${name//-/_}" '%s' "$count"
	done < <(sed -n 's/^halite: level 0: exits \([^:]*\): .*/\1/p' "$CONSOLE")
	FILLS=$(sed -n 's/^halite: level 0: work fills \([0-9]*\): .*/\1/p' "$CONSOLE")
	# The exits of L2 that its Halite has passed to the upper one, and all interrupts.
	PASSED_UP=$((EXITS_l2_memory - FILLS + EXITS_l2_sbi + EXITS_l2_instruction +
		EXITS_l2_other))
	INTERRUPTS=$((EXITS_l1_ipi + EXITS_l1_timer + EXITS_l1_external + EXITS_l1_interrupt +
		EXITS_l2_ipi + EXITS_l2_timer + EXITS_l2_external + EXITS_l2_interrupt))
	NACL_CALLS=$((EXITS_l1_nacl_sret + EXITS_l1_nacl_csr + EXITS_l1_nacl_hfence +
		EXITS_l1_nacl_other))
}

# One more round costs the Halite below no trap of a CSR, a fence or an SRET. Each exit that it
# passes to the upper Halite costs one call of NACL.
test_round_trips()
{
	local csr hfence sret access nacl passed interrupts
	counted 100 --nacl all
	csr=$EXITS_l1_csr hfence=$EXITS_l1_hfence sret=$EXITS_l1_sret access=$EXITS_l1_hlv_hsv
	nacl=$NACL_CALLS interrupts=$INTERRUPTS passed=$PASSED_UP
	counted 300 --nacl all
	[ "$EXITS_l1_csr" = "$csr" ] ||
		fail "200 rounds more: $((EXITS_l1_csr - csr)) traps of CSRs more"
	[ "$EXITS_l1_hfence" = "$hfence" ] ||
		fail "200 rounds more: $((EXITS_l1_hfence - hfence)) traps of HFENCE more"
	[ "$EXITS_l1_sret" = "$sret" ] ||
		fail "200 rounds more: $((EXITS_l1_sret - sret)) traps of SRET more"
	[ "$EXITS_l1_hlv_hsv" = "$access" ] ||
		fail "200 rounds more: $((EXITS_l1_hlv_hsv - access)) traps of HLV and HSV more"
	# One sync_sret of each round has more fences than Halite does at once (FENCES_AT_ONCE). Its
	# ECALL is executed a second time.
	nacl=$((NACL_CALLS - nacl - 200))
	passed=$((PASSED_UP - passed))
	interrupts=$((INTERRUPTS - interrupts))
	printf '200 rounds: %s exits passed up, %s calls of NACL, %s interrupts\n' \
		"$passed" "$nacl" "$interrupts"
	[ "$passed" -ge 1600 ] || fail "only $passed exits in 200 rounds"
	[ "$nacl" -ge "$passed" ] && [ "$nacl" -le $((passed + interrupts)) ] ||
		fail "$nacl calls of NACL for $passed exits and $interrupts interrupts:" \
			"not one for each"
}

# Without NACL, the same counters show the traps that NACL saves.
test_round_trips_none()
{
	local csr hfence sret
	counted 100 --nacl none,all
	csr=$EXITS_l1_csr hfence=$EXITS_l1_hfence sret=$EXITS_l1_sret
	counted 300 --nacl none,all
	csr=$((EXITS_l1_csr - csr)) hfence=$((EXITS_l1_hfence - hfence))
	sret=$((EXITS_l1_sret - sret))
	[ "$csr" -ge 1000 ] || fail "only $csr traps of CSRs in 200 rounds without NACL"
	[ "$hfence" -ge 200 ] || fail "only $hfence traps of HFENCE in 200 rounds without NACL"
	[ "$sret" -ge 1000 ] || fail "only $sret traps of SRET in 200 rounds without NACL"
	[ "$NACL_CALLS" = 0 ] || fail "$NACL_CALLS calls of NACL, which was not offered"
}

# test_offer FEATURES: the upper Halite prints the features that it found, and its guests work as
# everywhere.
test_offer()
{
	local features=$1 name offered
	for name in basics roundtrips; do
		with_console "-$name" 60 "$HALITE" run --depth 2 --kernel "$GUESTS/$name.elf" \
			--memory 512M --nacl "$features,all"
		expect_status 0
		offered=${features//+/,}
		expect_console "^halite: level 0, SBI NACL below: none, for the guest: $offered\$" \
			"level 0 says something else"
		expect_console "^halite: level 1, SBI NACL below: $offered, for the guest: all\$" \
			"level 1 says something else"
		ktap_passed
	done
}

# test_lie N OFFER GUEST PATTERN: the Halite below breaks the specification in case N of
# tests/liar/sbi_nacl.c. The console must have a line with PATTERN, which shows that Halite noticed.
test_lie()
{
	make -s --no-print-directory liar
	HALITE_BIN=$BUILD/liar/halite.bin with_console "" 60 "$HALITE" run --depth 2 \
		--kernel "$GUESTS/$3.elf" --append rounds=200 --memory 512M \
		-- -append "nacl=$2 stats slow lie=$1"
	expect_status 0
	expect_console "^halite: level 1, SBI NACL below: $2, for the guest: all\$" \
		"level 1 did not find NACL"
	expect_console "$4" "the lie was not noticed"
	ktap_passed
}

# conformance_above LIE: the conformance guest in the upper of two Halites; the lower one lies. The
# results are in $LOGS/$NAME-LIE.results.
conformance_above()
{
	HALITE_BIN=$BUILD/liar/halite.bin with_console "-$1" 120 "$HALITE" run --depth 2 \
		--kernel "$GUESTS/conformance.elf" --memory 512M \
		--append "area=regs area=irq area=pending" \
		-- -append "nacl=all stats slow lie=$1"
	expect_status 0
	grep -aE '^(not )?ok |^1\.\.' "$CONSOLE" >"$LOGS/$NAME-$1.results"
}

# csr_exits: prints how often CSR instructions of the upper Halite have trapped.
csr_exits() { sed -n 's/^halite: level 0: exits l1-csr \([0-9]*\).*/\1/p' "$CONSOLE"; }

# test_lie_conformance LIE PATTERN: the upper Halite has its trap entry for NACL with all features,
# and the hart loses its area or features while it runs. The guest must not notice. PATTERN is as in
# test_lie; without one, the hart has lost SYNC_CSR, and CSR instructions trap.
test_lie_conformance()
{
	local honest exits
	make -s --no-print-directory liar
	conformance_above 0
	honest=$(csr_exits)
	conformance_above "$1"
	exits=$(csr_exits)
	if [ -n "$2" ]; then
		expect_console "$2" "the lie was not noticed"
	elif [ "$exits" -le $((2 * honest)) ]; then
		fail "$exits CSR exits, $honest with an honest Halite: the lie was not noticed"
	fi
	cmp "$LOGS/$NAME-0.results" "$LOGS/$NAME-$1.results"
}

LEFT_WITHOUT_SPV='^halite: fatal: internal error: hart [0-9]+ leaves for a guest without '
LEFT_WITHOUT_SPV+='hstatus.SPV$'

# test_no_guest WORDS: before Halite leaves for its guest, it checks hstatus.SPV. Without SPV it
# would go on in HS mode at the guest's pc, so it stops the machine. WORDS are for Halite's command
# line.
test_no_guest()
{
	make -s --no-print-directory liar
	HALITE_BIN=$BUILD/liar/halite.bin with_console "" 60 "$HALITE" run \
		--kernel "$GUESTS/conformance.elf" --memory 512M -- -append "nacl=all $1 lie=13"
	expect_console "$LEFT_WITHOUT_SPV" "it left"
	expect_status 1
}

# test_no_guest_above NACL: a Halite that is the guest of another Halite makes the same check. The
# lower Halite offers NACL and enters the upper one's guest by sync_sret, with hstatus in the shared
# memory.
test_no_guest_above()
{
	make -s --no-print-directory liar
	with_console "" 60 "$HALITE" run --kernel "$BUILD/liar/halite.bin" \
		--append "nacl=all lie=13" \
		--memory 512M --nacl "$1" \
		-- -device "guest-loader,addr=0x90000000,kernel=$GUESTS/conformance.elf"
	expect_console "$LEFT_WITHOUT_SPV" "it left"
	expect_status 1
}

# A failed assertion, which only a bug of Halite can cause, stops the machine with a message that
# has file, line and condition.
test_failed_assert()
{
	local condition='hart < HEXT_SHADOW_HARTS' line
	make -s --no-print-directory liar
	HALITE_BIN=$BUILD/liar/halite.bin with_console "" 60 "$HALITE" run \
		--kernel "$GUESTS/conformance.elf" --memory 512M -- -append "nacl=all lie=14"
	line=$(grep -n "assert($condition)" "$TOP/src/hext/shadow.c" | cut -d : -f 1)
	expect_console \
		"^halite: fatal: internal error: src/hext/shadow.c:$line: $condition\$" \
		"the console does not have the condition"
	expect_status 1
}

# A HART_STOP that is refused changes nothing: L1 keeps its shared memory of SBI NACL. The upper
# Halite finds no NACL below, so it uses quick.c.
test_refused_stop()
{
	make -s --no-print-directory liar
	HALITE_BIN=$BUILD/liar/halite.bin with_console "" 60 "$HALITE" run --depth 2 \
		--kernel "$GUESTS/harts.elf" --append refused-stop --memory 512M --cpus 1 \
		-- -append "nacl=none lie=12"
	expect_status 0
	ktap_passed
}

# QEMU's monitor shows Halite's own page table while a guest runs: no page of it is both writable
# and executable.
test_text_read_only()
{
	local pipe=$LOGS/$NAME.monitor maps=$LOGS/$NAME.maps reader
	rm -f "$pipe.in" "$pipe.out"
	mkfifo "$pipe.in" "$pipe.out"
	cat "$pipe.out" >"$maps" &
	reader=$!
	{
		for _ in {1..100}; do
			! grep -aqs '^halite: kernel at' "$LOGS/$NAME.console.raw" || break
			sleep 0.1
		done
		sleep 0.5
		# The monitor shows no page of Halite's while the hart is in the guest, so it asks
		# often.
		for _ in {1..40}; do
			printf 'info mem\n'
			sleep 0.05
		done
		printf 'quit\n'
	} >"$pipe.in" &
	with_console "" 60 "$HALITE" run --kernel "$GUESTS/roundtrips.elf" --memory 512M --cpus 1 \
		--append rounds=100000000 -- -chardev "pipe,id=monitor,path=$pipe" -mon \
		chardev=monitor
	wait "$reader"
	expect_status 0
	tr -d '\r' <"$maps" | grep -E '^[0-9a-f]{16} [0-9a-f]{16} ' | tee "$maps.lines"
	grep -qE ' r-x' "$maps.lines" || fail "nothing is executable: $(head -n 3 "$maps")"
	! grep -E ' .w.?x| rwx' "$maps.lines" || fail "text can be written"
}

client_tests()
{
	local set features feature exits='level 0: exits'
	local two=sync_csr,sync_hfence three=sync_csr,sync_hfence,sync_sret
	test_case own-map-text-read-only test_text_read_only
	test_case nacl-round-trips test_round_trips
	test_case nacl-round-trips-none test_round_trips_none
	for set in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
		features=
		for feature in 0:sync_csr 1:sync_hfence 2:sync_sret 3:autoswap_csr; do
			[ $((set >> ${feature%%:*} & 1)) = 0 ] ||
				features+=${features:++}${feature#*:}
		done
		test_case "nacl-offer-$features" test_offer "$features"
	done
	test_case nacl-lie-refuse-hart test_lie 1 all basics \
		'hart [1-7]: SBI NACL set_shmem of 0x[0-9a-f]+ refused with error -1'
	test_case nacl-lie-refuse-all test_lie 2 all roundtrips \
		'set_shmem of 0x[0-9a-f]+ refused with error -5'
	test_case nacl-lie-no-sync-sret test_lie 3 all roundtrips \
		'sync_sret refused with error -2'
	# The lower Halite counts the instructions that L1 uses instead of the calls.
	test_case nacl-lie-no-sync-hfence test_lie 4 $two roundtrips "$exits l1-hfence [0-9]{3}"
	test_case nacl-lie-no-sync-csr test_lie 5 $two roundtrips "$exits l1-csr [0-9]{4}"
	test_case nacl-lie-no-sync-csr-conformance test_lie_conformance 5 ""
	test_case nacl-lie-no-sync-sret-conformance test_lie_conformance 3 \
		'sync_sret refused with error -2'
	test_case nacl-lie-lost-area-conformance test_lie_conformance 8 \
		'sync_sret refused with error -9'
	test_case nacl-lie-idle-sync-hfence test_lie 6 $two roundtrips "$exits l1-hfence [0-9]{3}"
	test_case nacl-lie-idle-sync-csr test_lie 7 $two roundtrips "$exits l1-csr [0-9]{4}"
	test_case nacl-lie-lost-area test_lie 8 all roundtrips 'sync_sret refused with error -9'
	test_case nacl-lie-strange-errors test_lie 9 all roundtrips \
		'sync_sret refused with error -1'
	# The lower Halite counts the HLVX of the upper one.
	test_case nacl-lie-no-code test_lie 10 all roundtrips "$exits l1-hlv-hsv [0-9]{4}"
	test_case nacl-lie-no-code-no-autoswap test_lie 10 $three roundtrips \
		"$exits l1-hlv-hsv [0-9]{4}"
	test_case nacl-lie-no-code-no-feature test_lie 10 sync_hfence roundtrips \
		"$exits l1-hlv-hsv [0-9]{4}"
	test_case leaves-for-a-guest test_no_guest ""
	test_case leaves-for-a-guest-slow test_no_guest slow
	test_case leaves-for-a-guest-of-a-guest test_no_guest_above all
	test_case leaves-for-a-guest-no-autoswap test_no_guest_above $three
	test_case own-assert test_failed_assert
	test_case nacl-lie-refuse-stop test_refused_stop
	test_case nacl-lie-features-go test_lie 11 all roundtrips "$exits l1-sret [0-9]{3}"
}
