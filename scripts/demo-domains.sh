#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs `make demo DOMAINS=2`: `halite run` with these options and two domains, each a Debian that
# loads KVM and boots a guest that counts (tests/linux/l1/scenes/tenant). Resets B, lets A panic,
# and turns both off. Shows the console, keeps it in build/demo.log, and prints at the end what was
# seen of each domain.
# Usage: demo-domains.sh 2 OPTIONS OF HALITE RUN
# Environment: KERNEL; CPUS and MEMORY of each domain; DEMO_SECONDS; DEMO_LOG.
. "$(dirname "$0")/common.sh"

[ "${1-}" = 2 ] || die "DOMAINS='${1-}': expected 2"
shift

SECONDS_MAX=${DEMO_SECONDS:-900}
LOG=${DEMO_LOG:-$BUILD/demo.log}
KERNEL=${KERNEL:-client}
# A guest must count so far, and so far on.
COUNTS=3

# counts DOMAIN: prints the counts of the domain's guest, in the order of the console.
counts() { tr -d '\r' <"$LOG" | sed -n "s/^$1: L2: counts \([0-9]*\)\$/\1/p"; }

# last_count DOMAIN: prints the last count of the domain's guest, or 0.
last_count() { { echo 0; counts "$1"; } | tail -n 1; }

# boots DOMAIN: prints how many guests of the domain have counted to COUNTS.
boots() { counts "$1" | grep -cx "$COUNTS" || true; }

# await WHAT COMMAND...: waits until COMMAND succeeds.
await()
{
	local what=$1
	shift
	until "$@"; do
		kill -0 "$RUN" 2>/dev/null || die "$what was not seen; see ${LOG#"$TOP"/}"
		sleep 0.2
	done
}

booted() { [ "$(boots "$1")" -ge "$2" ]; }
counted() { [ "$(last_count "$1")" -ge "$2" ]; }
said() { grep -aqE "$1" "$LOG"; }

# switches DOMAIN: prints how often the input was switched to the domain.
switches() { tr -d '\r' <"$LOG" | grep -ac "^halite: input goes to $1\$" || true; }

switched() { [ "$(switches "$1")" -gt "$2" ]; }

# type_for DOMAIN KEY WORD: switches the input to the domain, and types WORD.
type_for()
{
	local before
	before=$(switches "$1")
	printf '\035%s' "$2" >&"$KEYS"
	await "the switch of the input" switched "$1" "$before"
	printf '%s\r' "$3" >&"$KEYS"
}

# while_other DOMAIN OTHER: DOMAIN is being started again. Sets FROM and TO to the counts of OTHER's
# guest before and after that.
while_other()
{
	FROM=$(last_count "$2")
	await "domain $1: its second guest" booted "$1" 2
	await "domain $2: a guest that counts on" counted "$2" $((FROM + COUNTS))
	TO=$(last_count "$2")
}

# whole DOMAIN FROM TO: the guest of the domain has counted on from FROM to TO without a gap.
whole()
{
	[ "$(counts "$1" | awk -v from="$2" -v to="$3" '
		$1 == from { at = from; next }
		at && $1 == at + 1 { if (++at == to) { print "yes"; exit } next }
		{ at = 0 }')" = yes ]
}

failed=0
# row DOMAIN WHAT COMMAND...: prints whether COMMAND succeeds.
row()
{
	local what="domain $1: $2" result=yes
	shift 2
	"$@" || { result=NO; failed=1; }
	printf '  %-62s %s\n' "$what" "$result"
}

all="cpus=${CPUS:-1},memory=${MEMORY:-1G},kernel=$BUILD/guests/$KERNEL/Image"
all+=",initrd=$BUILD/guests/$KERNEL/l1.cpio"
words="console=ttyS0 panic=-1 quiet halite.scene=tenant"
work=$(mktemp -d)
RUN=
trap 'rm -rf "$work"; [ -z "$RUN" ] || kill "$RUN" 2>/dev/null || true' EXIT
truncate -s 1M "$work/disk"
mkfifo "$work/keys"
run=("$BUILD/halite" run "$@" --timeout "$SECONDS_MAX"
	--domain "name=A,$all,append=$words"
	--domain "name=B,$all,append=$words halite.disk,devices=virtio_mmio@10001000,dma=trusted"
	-- -drive "file=$work/disk,format=raw,if=none,id=disk"
	-device "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0")
say "kernel: Debian's $(cat "$DOWNLOADS/kernels/$KERNEL/version" 2>/dev/null || echo unknown)"
say "${run[*]}"
start=$(date +%s)
: >"$LOG"
"${run[@]}" <"$work/keys" > >(tee "$LOG") 2>&1 &
RUN=$!
exec {KEYS}>"$work/keys"

await "domain A: a guest" booted A 1
await "domain B: a guest" booted B 1
say "domain B is reset"
type_for B 2 reset
while_other B A
from_a=$FROM to_a=$TO
say "domain A panics"
type_for A 1 panic
while_other A B
from_b=$FROM to_b=$TO
say "both are turned off"
type_for A 1 off
await "the end of domain A" said '^halite: domain A has ended'
type_for B 2 off
exec {KEYS}>&-
status=0
wait "$RUN" || status=$?
RUN=
echo
say "what was seen"
for name in A B; do
	row $name "Debian has loaded KVM" said "^$name: .*kvm.*hypervisor extension available"
	row $name "its guest has counted" booted $name 1
done
row B "its disk by virtio-mmio has kept the number of boots" said '^B: L1: boot 2, says the disk'
row B "was reset, and its next guest has counted" booted B 2
row A "its guest counted on meanwhile, from $from_a to $to_a" whole A "$from_a" "$to_a"
row A "its Linux has panicked" said '^A: .*Kernel panic - not syncing'
row A "was started again, and its next guest has counted" booted A 2
row B "its guest counted on meanwhile, from $from_b to $to_b" whole B "$from_b" "$to_b"
for name in A B; do
	row $name "was turned off" said "^halite: domain $name has ended.?$"
done
printf '  %-62s %s\n' "exit status of halite run (3: a Linux has panicked)" "$status"
printf '  %-62s %s\n' "wall time, seconds" "$(($(date +%s) - start))"
[ "$status" = 3 ] && [ "$failed" = 0 ] ||
	die "the demo did not end well; its console is in ${LOG#"$TOP"/}"
