#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds the kernel's own KVM selftests from Debian's newest linux-source into build/downloads/selftests (static riscv64
# programs, and version), and packs build/guests/KERNEL/selftests.cpio: busybox, the scenes, kvm.ko and the tests.
# Usage: build-selftests.sh KERNEL...
. "$(dirname "$0")/common.sh"

SUITES="trixie-backports forky sid"
OUT=$DOWNLOADS/selftests
WORK=$DOWNLOADS/linux-source

# fetch_source SUITE: unpacks what the tests need of the newest linux-source into $WORK/linux.
fetch_source()
{
	local suite=$1 package version tarball
	APT_CONFIG=$(private_apt "source-$suite" "$(dpkg --print-architecture)" deb "$suite")
	export APT_CONFIG
	say "looking for linux-source in $suite"
	if ! apt-get -q -o APT::Update::Error-Mode=any update; then
		say "$suite: the archive's index does not match its signed Release file at the moment, or cannot be reached"
		return 1
	fi
	package=$(apt-cache search --names-only '^linux-source-[0-9.]+$' | awk '{ print $1 }' | sort -V | tail -n 1)
	[ -n "$package" ] || { say "$suite: no linux-source"; return 1; }
	version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p' | head -n 1)
	say "$suite: downloading $package $version"
	rm -rf "$WORK"
	mkdir -p "$WORK/linux"
	(cd "$WORK" && apt-get -q download "$package") || return 1
	say "unpacking what the selftests need of it"
	dpkg-deb --fsys-tarfile "$WORK"/*.deb | tar -C "$WORK" -x --wildcards '*/linux-source-*.tar.xz' || return 1
	rm -f "$WORK"/*.deb
	tarball=$(find "$WORK/usr" -name '*.tar.xz')
	tar -C "$WORK/linux" --strip-components=1 --wildcards -xf "$tarball" --exclude='*/drivers/*' --exclude='*/fs/*' \
		--exclude='*/sound/*' --exclude='*/Documentation/*' --exclude='*/net/*' || return 1
	rm -rf "$WORK/usr"
	printf '%s %s from %s\n' "$package" "$version" "$suite" >"$WORK/version"
}

build()
{
	local suite tests=$WORK/linux/tools/testing/selftests
	"$TOP/scripts/install-packages.sh" selftests
	for suite in $SUITES; do
		fetch_source "$suite" && break
		say "$suite: not usable now, trying the next suite"
	done
	[ -s "$WORK/version" ] || die "no linux-source in any of: $SUITES"
	say "building the KVM selftests of $(cat "$WORK/version")"
	make -C "$WORK/linux" -s -j"$(nproc)" ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- headers >"$WORK/build.log" 2>&1 ||
		{ tail -n 20 "$WORK/build.log" >&2; die "the kernel's headers cannot be made"; }
	# -k: one of them does not compile with Debian 12's compiler.
	make -k -C "$tests" -j"$(nproc)" TARGETS=kvm ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- EXTRA_CFLAGS=-static \
		LDFLAGS=-static >>"$WORK/build.log" 2>&1 || true
	rm -rf "$OUT.new"
	mkdir -p "$OUT.new"
	find "$tests/kvm" -maxdepth 2 -type f -perm -u+x ! -name '*.*' -exec cp {} "$OUT.new/" \;
	rm -f "$OUT.new"/*.sh
	riscv64-linux-gnu-strip "$OUT.new"/* 2>/dev/null || true
	[ -s "$OUT.new/ebreak_test" ] || { tail -n 20 "$WORK/build.log" >&2; die "the selftests did not build"; }
	cp "$WORK/version" "$OUT.new/version"
	rm -rf "$OUT" "$WORK"
	mv "$OUT.new" "$OUT"
}

pack()
{
	local name=$1 out=$BUILD/guests/$1 work
	"$TOP/scripts/make-initramfs.sh" "$name"
	if [ "$out/selftests.cpio" -nt "$out/boot.cpio" ] && [ "$out/selftests.cpio" -nt "$OUT/version" ]; then
		return 0
	fi
	work=$(mktemp -d)
	mkdir -p "$work/selftests" "$work/lib/modules"
	cp "$OUT"/* "$work/selftests/"
	cp "$DOWNLOADS/kernels/$name/kvm.ko" "$work/lib/modules/"
	{
		cat "$out/boot.cpio"
		(cd "$work" && find . -print0 | sort -z | cpio --null -o -H newc --owner=0:0 --quiet)
	} >"$out/selftests.cpio.new"
	mv "$out/selftests.cpio.new" "$out/selftests.cpio"
	rm -rf "$work"
}

[ -s "$OUT/version" ] || build
say "KVM selftests: $(find "$OUT" -type f ! -name version | wc -l) programs of $(cat "$OUT/version")"
for name; do
	pack "$name"
done
