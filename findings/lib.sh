# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the scripts of this folder share. Each script sources this file first. It sets the shell's
# options and makes the temporary folder $work, which is removed at the end.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8

# Packages in the versions that most of the scripts are about.
# shellcheck disable=SC2034 # used by the scripts
QEMU=qemu-system-riscv=1:10.0.2+ds-2+deb13u1~bpo12+1
# shellcheck disable=SC2034
BINUTILS=binutils-riscv64-linux-gnu=2.40-2
# shellcheck disable=SC2034
DTC=device-tree-compiler=1.6.1-4+b1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016 # apt's own placeholder, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
	grep -E '/debian/?$' | head -n 1)
[ -n "$mirror" ] || { echo "apt knows no Debian archive" >&2; exit 1; }

# unpack_suite FOLDER SUITES PACKAGE...: makes $work/FOLDER and unpacks packages and all that they
# need there. SUITES are a release of Debian and, optionally, its backports, which are preferred.
unpack_suite()
{
	local suites suite package name options=()
	root=$work/$1
	read -ra suites <<<"$2"
	shift 2
	for package; do
		options+=("--include=$package")
	done
	options+=("${suites[0]}" "$root")
	for suite in "${suites[@]}"; do
		options+=("deb $mirror $suite main")
	done
	mmdebstrap --quiet --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt="APT::Default-Release \"$suite\"" "${options[@]}" >"$work/log" 2>&1 ||
		{ tail -n 5 "$work/log" >&2; exit 1; }
	for name in lib lib64; do	# trixie's packages have no files behind these names
		[ -e "$root/$name" ] || ln -s "usr/$name" "$root/$name"
	done
}

# unpack PACKAGE...: unpacks packages of bookworm and its backports into $work/debian.
unpack()
{
	unpack_suite debian 'bookworm bookworm-backports' "$@"
}

# run COMMAND...: runs a command of the packages that were unpacked last. $root is their folder.
run()
{
	chroot "$root" "$@"
}

# build_guest FILE [OPTION...]: assembles FILE to /guest.bin, a program for S or HS mode at
# 0x80200000. Both names are below $root. The options are for the assembler.
build_guest()
{
	run riscv64-linux-gnu-as -march=rv64imac_zicsr "${@:2}" -o /guest.o "$1"
	run riscv64-linux-gnu-ld --no-dynamic-linker -Ttext=0x80200000 -o /guest.elf /guest.o
	run riscv64-linux-gnu-objcopy -O binary /guest.elf /guest.bin
}

# boot OPTION...: prints the console of QEMU with the machine that the options describe.
boot()
{
	timeout 60 chroot "$root" qemu-system-riscv64 -m 128M -nographic "$@" </dev/null |
		tr -d '\r'
}

# print_qemu: prints the version of QEMU.
print_qemu()
{
	run qemu-system-riscv64 -version | head -n 1
}

# verdict SEEN SENTENCE: prints what was seen, and the sentence if that equals $EXPECTED. Fails
# otherwise.
verdict()
{
	echo "$1"
	[ "$1" = "$EXPECTED" ] || { echo "this has changed; it was:"; echo "$EXPECTED"; exit 1; }
	echo "as described: $2"
}
