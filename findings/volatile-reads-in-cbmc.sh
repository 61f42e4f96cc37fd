#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: CBMC 6.6.0 proves that a program that reads through a null pointer is safe, if the
# pointer is to volatile data and goto-instrument has made such reads nondeterministic.
# --nondet-volatile puts a free value in the place of the whole read, pointer included, so
# --pointer-check of cbmc finds nothing there to check. That is how one models memory that another
# machine writes at any time (registers of devices, pages shared between a hypervisor and its
# guest). So the proof of a parser of such memory says nothing about where it reads. goto-instrument
# --pointer-check before --nondet-volatile keeps the checks. Neither tool warns.
#
# One program reads a volatile word through a null pointer. cbmc --pointer-check judges it as it is,
# with nondeterministic reads, and with the checks put in before.
# Usage: findings/volatile-reads-in-cbmc.sh, as root on Debian (amd64) with mmdebstrap. Packages go
# into a temporary folder.
. "$(dirname "$0")/lib.sh"

CBMC=cbmc=6.6.0-4
EXPECTED='as it is: FAILED
--nondet-volatile: SUCCESSFUL
--pointer-check, then --nondet-volatile: FAILED'

unpack_suite debian trixie "$CBMC"
cat >"$root/read.c" <<'CODE'
int main(void)
{
	volatile unsigned int *word = 0;
	unsigned int value = *word;

	return value != value;
}
CODE

# judge NAME FILE
judge()
{
	echo "$1: $(run cbmc --pointer-check "$2" 2>/dev/null |
		sed -n 's/^VERIFICATION //p')"
}

run goto-cc -o /read /read.c
run goto-instrument --nondet-volatile /read /free >"$work/log" 2>&1
run goto-instrument --pointer-check /read /checked >"$work/log" 2>&1
run goto-instrument --nondet-volatile /checked /checked-free >"$work/log" 2>&1
seen=$(
	judge "as it is" /read
	judge "--nondet-volatile" /free
	judge "--pointer-check, then --nondet-volatile" /checked-free
)
echo "CBMC $(run cbmc --version)"
verdict "$seen" "a nondeterministic volatile read is not checked"
