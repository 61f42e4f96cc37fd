#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs the scene of `make demo`: `halite run` with these options. Shows its console, keeps it in
# build/demo.log, and prints at the end which steps were seen and the time.
# Usage: demo.sh OPTIONS OF HALITE RUN
. "$(dirname "$0")/common.sh"

SECONDS_MAX=${DEMO_SECONDS:-300}
LOG=${DEMO_LOG:-$BUILD/demo.log}

version=$DOWNLOADS/kernels/${KERNEL:-client}/version
say "kernel: Debian's $(cat "$version" 2>/dev/null || echo unknown)"
say "halite run $*"
start=$(date +%s)
set +e
timeout --foreground -k 5 "$SECONDS_MAX" "$BUILD/halite" run "$@" </dev/null 2>&1 | tee "$LOG"
status=${PIPESTATUS[0]}
set -e
seconds=$(($(date +%s) - start))
echo
failed=0
check()
{
	if grep -aq "$2" "$LOG"; then
		printf '  %-46s %s\n' "$1" "yes"
	else
		printf '  %-46s %s\n' "$1" "NO"
		failed=1
	fi
}
say "what was seen"
nacl=$(grep -ao 'kvm.*SBI nested acceleration.*' "$LOG" | head -n 1 | tr -d '\r' || true)
printf '  %-46s %s\n' "L1: SBI nested acceleration" "${nacl:-not reported}"
check "L2: booted to a shell prompt" 'L2 # '
check "L2: ran a command typed there" '^answer 42'
check "L2: powered off, its QEMU ended well" 'QEMU of L2: exit 0'
check "L1: powered off" 'scene demo: exit 0'
printf '  %-46s %s\n' "exit status of halite run" "$status"
printf '  %-46s %s\n' "wall time, seconds" "$seconds"
[ "$status" = 0 ] && [ "$failed" = 0 ] ||
	die "the demo did not end well; its console is in ${LOG#"$TOP"/}"
