#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Unpacks Debian 12's QEMU 7.2 into build/downloads/qemu-7.2, beside the system's QEMU, and writes
# build/downloads/qemu-7.2/qemu-system-riscv64, a script for `halite run --qemu`. The script uses
# only unpacked libraries, modules and firmware: QEMU does not start with another version's modules.
. "$(dirname "$0")/common.sh"

OUT=$DOWNLOADS/qemu-7.2
[ ! -x "$OUT/qemu-system-riscv64" ] || exit 0
[ "$(dpkg --print-architecture)" = amd64 ] ||
	die "QEMU 7.2 is fetched for amd64 only; this is $(dpkg --print-architecture)"
need_keyring
say "unpacking QEMU 7.2 of Debian bookworm"
mode=chrootless
[ "$(id -u)" != 0 ] || mode=root
rm -rf "$OUT" "$OUT.tar"
mkdir -p "$OUT/root"
# unpack_suite SUITE COMPRESSION: makes $OUT.tar.
unpack_suite()
{
	mmdebstrap --mode="$mode" --variant=extract --architectures=amd64 \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Sandbox::User "root"' \
		--aptopt="Acquire::CompressionTypes::Order { \"$2\"; }" \
		--include=qemu-system-misc,opensbi "$1" "$OUT.tar" \
		"deb [signed-by=$KEYRING] $(debian_mirror) $1 main"
}

first_of_suites unpack_suite bookworm || die "no QEMU 7.2 from bookworm"
tar -C "$OUT/root" -xf "$OUT.tar" --exclude='./dev/*' --no-same-owner
rm -f "$OUT.tar"
cat >"$OUT/qemu-system-riscv64" <<'WRAPPER'
#!/bin/sh
# Debian 12's QEMU 7.2, run from its own folder.
root=$(dirname "$(readlink -f "$0")")/root
lib=$root/usr/lib/x86_64-linux-gnu
loader=$(find "$root/lib64" "$root/usr/lib64" "$root/lib/x86_64-linux-gnu" "$lib" \
	-name 'ld-linux-x86-64.so.2' 2>/dev/null | head -n 1)
libraries=$lib:$root/lib/x86_64-linux-gnu:$lib/pulseaudio:$lib/ceph
export QEMU_MODULE_DIR=$lib/qemu
exec "$loader" --library-path "$libraries" --argv0 qemu-system-riscv64 \
	"$root/usr/bin/qemu-system-riscv64" \
	-L "$root/usr/share/qemu" -L "$root/usr/lib/riscv64-linux-gnu/opensbi/generic" "$@"
WRAPPER
chmod +x "$OUT/qemu-system-riscv64"
"$OUT/qemu-system-riscv64" -version >&2
