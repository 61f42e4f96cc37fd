# SPDX-License-Identifier: BSD-2-Clause
# Linux under stress: the scene "stress" of tests/linux/l1.
# shellcheck shell=bash

# For each disturbance, a pattern of the scene's report that shows that it has had an effect.
declare -A STRESS_DONE=([ksm]='merged [1-9]' [thp]='made huge [1-9]' [swap]='swapped out [1-9]'
	[hotplug]='unplugged [1-9]')

# stress_grows: prints tables that Halite's pool has lost, or a use of it that grows, from the lines
# of $CONSOLE; nothing if all is well. The shadows of guests that have ended stay until their memory
# is needed, but each later guest must need no more tables than the first ones.
stress_grows()
{
	awk '
		/^STRESS / { round = $2 }
		/level 0: pool: shadows [0-9]+ of [0-9]+, tables [0-9]+ of [0-9]+, lost [0-9]+,/ {
			sub(/.*level 0: pool: /, "")
			gsub(/,/, "")
			lines++
			if ($10 != 0) print "after round " round + 0 ": " $10 " tables are lost"
			if ($2 > $4 || $6 > $8)
				print "after round " round + 0 ": more in use than there is"
			if (round && $2) share[round] = $6 / $2
		}
		END {
			if (!lines) print "no line tells the use of the pool"
			for (i = 1; i <= round; i++) {
				if (!(i in share))
					print "no line tells the use of the pool after round " i
				else if (share[i] > 1.25 * share[1])
					print "round 1: " share[1] " tables a shadow, round " \
						i ": " share[i]
			}
		}' "$CONSOLE"
}

# test_stress KERNEL SECONDS CPUS WORDS [OPTIONS]: plays the scene. WORDS are for its command line;
# they must have halite.rounds and halite.disturb.
test_stress()
{
	local kernel=$1 limit=$2 cpus=$3 words=$4 rounds round disturb name grows
	shift 4
	with_console "" "$limit" "$HALITE" run --kernel "$GUESTS/$kernel/Image" \
		--initrd "$GUESTS/$kernel/stress.cpio" --cpus "$cpus" --memory 2G \
		--append "console=ttyS0 halite.scene=stress $words" "$@"
	expect_status 0
	expect_console '^L1: scene stress: exit 0' "the scene failed"
	rounds=$(grep -oE 'halite.rounds=[0-9]+' <<<"$words" | grep -oE '[0-9]+')
	for ((round = 1; round <= rounds; round++)); do
		expect_console "^STRESS $round " "round $round is missing"
	done
	disturb=$(grep -oE 'halite.disturb=[a-z,]+' <<<"$words")
	for name in ${disturb//[=,]/ }; do
		[ -z "${STRESS_DONE[$name]:-}" ] ||
			expect_console "^STRESS .*${STRESS_DONE[$name]}" "$name did nothing"
	done
	[[ " $* " == *" --native "* ]] && return 0
	grows=$(stress_grows)
	[ -z "$grows" ] || fail "the pool: $grows"
}

STRESS=ksm,thp,swap,hotplug,reload
STRESS_TWO="halite.rounds=2 halite.guests=2 halite.churn=8,6 halite.disturb=$STRESS"
# retain_initrd keeps the initrd, which the next kernel needs.
STRESS_KEXEC="halite.rounds=2 halite.churn=8,3 halite.disturb=kexec retain_initrd"

stress_tests()
{
	test_case stress-nacl-all test_stress client 900 2 "$STRESS_TWO" --nacl all --stats
	test_case stress-kexec-nacl-all test_stress client 600 2 "$STRESS_KEXEC" --nacl all --stats
}

stress_tests_long()
{
	local four="halite.rounds=2 halite.guests=4 halite.vcpus=4 halite.churn=8,6"
	four+=" halite.disturb=$STRESS"
	local fifty="halite.rounds=50 halite.vcpus=1 halite.churn=8,1 halite.disturb=reload"
	test_case stress-native test_stress client 900 2 "$STRESS_TWO" --native
	test_case stress-kexec-native test_stress client 600 2 "$STRESS_KEXEC" --native
	test_case stress-nacl-none test_stress client 1200 2 "$STRESS_TWO" --nacl none --stats
	test_case stress-kexec-nacl-none test_stress client 900 2 "$STRESS_KEXEC" --nacl none \
		--stats
	test_case stress-4-guests-plic test_stress client 1800 4 "$four" --nacl all --stats \
		--machine plic
	test_case stress-50-nacl-all test_stress client 3600 2 "$fifty" --nacl all --stats
	test_case stress-50-nacl-none test_stress client 5400 2 "$fifty" --nacl none --stats
}
