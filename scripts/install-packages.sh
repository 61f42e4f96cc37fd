#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs those Debian packages that the build and the tests need and that are missing.
# Usage: install-packages.sh build|run|loaders|lint|unit|coverage|selftests|bench|pictures|gdb|
#                             browser|install...
. "$(dirname "$0")/common.sh"

# Each group lists the packages that it needs on a machine without build tools.
BUILD_PACKAGES="gcc make libc6-dev xz-utils gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf \
	binutils-riscv64-linux-gnu zlib1g-dev libzstd-dev libjansson-dev"
UNIT_PACKAGES="gcc libc6-dev libcmocka-dev"
RUN_PACKAGES="mmdebstrap debian-archive-keyring xz-utils cpio device-tree-compiler"
LOADER_PACKAGES="u-boot-qemu u-boot-tools grub-common mtools e2fsprogs gzip zstd"
COVERAGE_PACKAGES="gcovr"
LINT_PACKAGES="clang clang-format shellcheck cppcheck"
SELFTEST_PACKAGES="make gcc libc6-dev flex bison rsync bc xz-utils gcc-riscv64-linux-gnu \
	libc6-dev-riscv64-cross"
BENCH_PACKAGES="gcc libc6-dev gcc-riscv64-linux-gnu libc6-dev-riscv64-cross jq"
INSTALL_PACKAGES="dpkg-dev gzip pkg-config mandoc zsh"
GDB_PACKAGES="gdb-multiarch"
BROWSER_PACKAGES="chromium-headless-shell fonts-liberation"
PICTURE_PACKAGES="graphviz fonts-liberation"
QEMU_MINIMUM=10

installed()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

APT_INSTALL=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=600
	-o APT::Sandbox::User=root --no-install-recommends install)

install_missing()
{
	local package missing=()
	for package; do
		installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing Debian packages: ${missing[*]}"
	retry 3 as_root apt-get -q -o DPkg::Lock::Timeout=600 update
	retry 3 as_root "${APT_INSTALL[@]}" "${missing[@]}"
}

# qemu_major: prints the major version of the QEMU in PATH, 0 without one.
qemu_major()
{
	{ qemu-system-riscv64 -version 2>/dev/null || true; } |
		awk '/version/ { for (i = 1; i < NF; i++) if ($i == "version") v = int($(i + 1)) }
			END { print v + 0 }'
}

# Installs QEMU 10. Debian 13 has it. Debian 12 has it in bookworm-backports: install_qemu()
# installs it from there through private lists, so that the system's apt configuration does not
# change.
install_qemu()
{
	[ "$(qemu_major)" -ge "$QEMU_MINIMUM" ] && return 0
	if [ "$(debian_release)" != bookworm ]; then
		install_missing qemu-system-riscv
		return 0
	fi
	say "installing QEMU from bookworm-backports"
	local config
	need_keyring
	config=$(private_apt qemu "$(dpkg --print-architecture)" deb \
		bookworm bookworm-updates bookworm-backports)
	# apt installs into this system, so it must use the system's package state.
	sed -i -e '/^Dir::State::Status/d' -e '/^APT::Architectures/d' "$config"
	retry 3 as_root env APT_CONFIG="$config" apt-get -q update
	retry 3 as_root env APT_CONFIG="$config" "${APT_INSTALL[@]}" -t bookworm-backports \
		qemu-system-riscv
	# Root has written here. The user must own the files for make distclean.
	as_root chown -R "$(id -u):$(id -g)" "$DOWNLOADS/apt/qemu"
}

for group; do
	case $group in
	build) install_missing $BUILD_PACKAGES ;;
	unit) install_missing $UNIT_PACKAGES ;;
	run) install_missing $RUN_PACKAGES && install_qemu ;;
	loaders) install_missing $LOADER_PACKAGES ;;
	coverage) install_missing $COVERAGE_PACKAGES ;;
	lint) install_missing $LINT_PACKAGES ;;
	selftests) install_missing $SELFTEST_PACKAGES ;;
	bench) install_missing $BENCH_PACKAGES ;;
	gdb) install_missing $GDB_PACKAGES ;;
	browser) install_missing $BROWSER_PACKAGES ;;
	pictures) install_missing $PICTURE_PACKAGES ;;
	install) install_missing $INSTALL_PACKAGES ;;
	*)
		die "install-packages.sh: unknown group '$group';" \
			"expected build, unit, coverage, run, loaders, lint, selftests, bench," \
			"pictures, gdb, browser or install"
		;;

	esac
done
