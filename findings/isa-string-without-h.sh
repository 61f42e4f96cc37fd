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
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8

QEMU_VERSION='1:10.0.2+ds-2+deb13u1~bpo12+1'
DTC_VERSION='1.6.1-4+b1'
EXPECTED='rv64: h shcounterenw shgatpa shtvala shvsatpa shvstvala shvstvecd
rv64,h=false: shcounterenw shgatpa shtvala shvsatpa shvstvala shvstvecd
rva22s64: shcounterenw shgatpa shtvala shvsatpa shvstvala shvstvecd'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016 # apt's own placeholder, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
	grep -E '/debian/?$' | head -n 1)
[ -n "$mirror" ] || { echo "apt knows no Debian archive" >&2; exit 1; }
mmdebstrap --quiet --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' \
	--aptopt='APT::Default-Release "bookworm-backports"' \
	--include="qemu-system-riscv=$QEMU_VERSION" \
	--include="device-tree-compiler=$DTC_VERSION" bookworm "$work/debian" \
	"deb $mirror bookworm main" "deb $mirror bookworm-backports main" >"$work/log" 2>&1 ||
	{ tail -n 5 "$work/log" >&2; exit 1; }

run() { chroot "$work/debian" "$@"; }
seen=$(for cpu in rv64 rv64,h=false rva22s64; do
		timeout 60 chroot "$work/debian" qemu-system-riscv64 -M virt,dumpdtb=/virt.dtb \
			-cpu "$cpu" -display none </dev/null >"$work/log" 2>&1
		echo "$cpu: $(run fdtget -t s /virt.dtb /cpus/cpu@0 riscv,isa-extensions |
			tr ' ' '\n' | grep -E '^(h|sh.*)$' | paste -sd ' ')"
	done)
run qemu-system-riscv64 -version | head -n 1
echo "extensions for hypervisors, by QEMU's tree:"
echo "$seen"
[ "$seen" = "$EXPECTED" ] || { echo "this has changed; it was:"; echo "$EXPECTED"; exit 1; }
echo "as described: they stay when H goes"
