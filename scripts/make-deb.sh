#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Makes the Debian package build/halite_VERSION_ARCHITECTURE.deb of what `make install` installs.
# Made on Debian 12, it is for Debian 12 and later. The same sources make the same package.
# Usage: make-deb.sh VERSION ARCHITECTURE   that of this machine; or riscv64, whose command is
#                                           build/riscv64/halite
. "$(dirname "$0")/common.sh"

version=$1 arch=$2 strip=strip
[ "$arch" = "$(dpkg --print-architecture)" ] || [ "$arch" = riscv64 ] ||
	die "make-deb.sh: '$arch'; expected $(dpkg --print-architecture) or riscv64"
work=$BUILD/deb
root=$work/root
package=$BUILD/halite_${version}_$arch.deb

# The age of the files in the package is that of the sources.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
	SOURCE_DATE_EPOCH=$(git -C "$TOP" log -1 --format=%ct 2>/dev/null ||
		stat -c %Y "$TOP/CHANGELOG.md")
fi
export SOURCE_DATE_EPOCH

# library_packages: prints the packages of the libraries that the command is linked with.
library_packages()
{
	mkdir -p "$work/debian"
	printf 'Source: halite\n\nPackage: halite\nArchitecture: any\n' >"$work/debian/control"
	(cd "$work" && dpkg-shlibdeps -O -e "$root/usr/bin/halite" 2>/dev/null) |
		sed -n 's/^shlibs:Depends=//p'
}

rm -rf "$work"
make -s --no-print-directory -C "$TOP" install DESTDIR="$root" PREFIX=/usr SYSCONFDIR=/etc \
	ZSH_COMPLETIONS=/usr/share/zsh/vendor-completions
depends=$(library_packages)
[ -n "$depends" ] || die "dpkg-shlibdeps finds no libraries"
# The libraries are the same on both architectures.
if [ "$arch" != "$(dpkg --print-architecture)" ]; then
	install -m 755 "$BUILD/riscv64/halite" "$root/usr/bin/halite"
	strip=riscv64-linux-gnu-strip
fi
$strip --strip-unneeded "$root/usr/bin/halite"
gzip -9n "$root/usr/share/man/man1/halite.1"
install -D -m 644 "$TOP/LICENSE" "$root/usr/share/doc/halite/copyright"
gzip -9n <"$TOP/CHANGELOG.md" >"$root/usr/share/doc/halite/changelog.gz"
mkdir -p "$root/DEBIAN"
(cd "$root" && find etc -type f | sed 's|^|/|' | sort) >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
# Debian 12 has QEMU for RISC-V in qemu-system-misc, later releases in qemu-system-riscv. Without
# QEMU, `halite pack` and the hook of kernel packages still work.
cat >"$root/DEBIAN/control" <<-CONTROL
	Package: halite
	Version: $version
	Architecture: $arch
	Maintainer: Halite maintainers <halite@localhost>
	Installed-Size: $(du -k -s --apparent-size "$root/usr" | cut -f 1)
	Depends: $depends
	Recommends: qemu-system-riscv | qemu-system-misc (<< 1:9~)
	Section: otherosfs
	Priority: optional
	Description: RISC-V hypervisor whose guests can be hypervisors
	 Halite gives its guests the RISC-V H extension, so that an unmodified Debian
	 loads KVM in it and runs another Debian. The command halite starts guests in
	 Halite on QEMU, and makes files for the boot loaders of boards. A hook packs
	 each new kernel, if /etc/default/halite says so.
	 .
	 QEMU 7.2 or later is needed, and QEMU 10 for the interrupt controllers of AIA.
CONTROL
find "$root" -type d -exec chmod 755 {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
printf '%s\n' "$package"
