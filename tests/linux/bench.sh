# SPDX-License-Identifier: BSD-2-Clause
# What an exit costs, which is counted and not timed: see docs/benchmarks.md.
# shellcheck shell=bash

# Whether a path has become longer than its target, or its limit in bench/targets.json, allows.
test_costs()
{
	make -s --no-print-directory bench-programs
	timeout -k 5 600 scripts/bench.sh check || fail "a path takes more than bench/targets.json allows: $(
		grep -h '^EXCEEDED' build/bench/check.txt 2>/dev/null | tr '\n' ';' || echo 'no figures')"
}
