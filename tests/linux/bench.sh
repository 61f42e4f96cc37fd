# SPDX-License-Identifier: BSD-2-Clause
# The cost of exits, counted in instructions (docs/benchmarks.md).
# shellcheck shell=bash

# Compares a few paths with their targets or limits in bench/targets.json.
test_costs()
{
	make -s --no-print-directory bench-programs
	KERNEL=client timeout -k 5 600 scripts/bench.sh check ||
		fail "a path takes more than bench/targets.json allows: $(
			grep -h '^EXCEEDED' build/bench/check.txt 2>/dev/null | tr '\n' ';' ||
				echo 'no figures')"
}
