#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: for a hart without the H extension, QEMU 10.0.2's tree still names six extensions that
# describe registers of H, in riscv,isa and riscv,isa-extensions: Shcounterenw (hcounteren), Shgatpa
# (hgatp), Shtvala (htval), Shvsatpa (vsatp), Shvstvala (vstval) and Shvstvecd (vstvec). A hart with
# H has the same six; the letter h alone tells the two apart. So such a name is no sign of H, and a
# hypervisor that hides H from its guest must remove the names one by one.
#
# Nothing runs: QEMU is asked for its tree (dumpdtb) of rv64 with H and without, and of rva22s64,
# which has no H either. fdtget reads the extensions of hart 0.
# Usage: findings/isa-string-without-h.sh, as root on Debian (amd64) with mmdebstrap. Packages go
# into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='rv64: h shcounterenw shgatpa shtvala shvsatpa shvstvala shvstvecd
rv64,h=false: shcounterenw shgatpa shtvala shvsatpa shvstvala shvstvecd
rva22s64: shcounterenw shgatpa shtvala shvsatpa shvstvala shvstvecd'

unpack "$QEMU" "$DTC"

seen=$(for cpu in rv64 rv64,h=false rva22s64; do
		timeout 60 chroot "$work/debian" qemu-system-riscv64 -M virt,dumpdtb=/virt.dtb \
			-cpu "$cpu" -display none </dev/null >"$work/log" 2>&1
		echo "$cpu: $(run fdtget -t s /virt.dtb /cpus/cpu@0 riscv,isa-extensions |
			tr ' ' '\n' | grep -E '^(h|sh.*)$' | paste -sd ' ')"
	done)
print_qemu
echo "extensions for hypervisors, by QEMU's tree:"
verdict "$seen" "they stay when H goes"
