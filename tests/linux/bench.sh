# SPDX-License-Identifier: BSD-2-Clause
# The cost of exits, counted in instructions (docs/benchmarks.md).
# shellcheck shell=bash

# Compares a few paths with their targets or limits in bench/targets.json.
test_costs()
{
	make -s --no-print-directory bench-programs
	rm -f build/bench/check.txt
	KERNEL=client timeout -k 5 600 scripts/bench.sh check ||
		fail "a path takes more than bench/targets.json allows: $(
			[ -s build/bench/check.txt ] || echo 'no figures'
			grep -h '^EXCEEDED' build/bench/check.txt 2>/dev/null | tr '\n' ';'
		)"
}

# test_agree CONFIG [bare]: Halite's own counts of exits are those of the plugin, to the unit.
test_agree()
{
	make -s --no-print-directory bench-programs
	KERNEL=client timeout -k 5 300 scripts/bench.sh agree "$@" ||
		fail "$(grep -h '^DIFFERS' build/bench/agree.txt 2>/dev/null | head -n 3 |
			tr '\n' ';' || echo 'no counts')"
}
