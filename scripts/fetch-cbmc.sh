#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Unpacks the model checker CBMC 6 of Debian 13 into build/downloads/cbmc; Debian 12 has none. The
# scripts cbmc, goto-cc and goto-instrument there run the programs with the unpacked libraries.
. "$(dirname "$0")/common.sh"

OUT=$DOWNLOADS/cbmc
[ ! -x "$OUT/cbmc" ] || exit 0
[ "$(dpkg --print-architecture)" = amd64 ] ||
	die "CBMC is fetched for amd64 only; this is $(dpkg --print-architecture)"
need_keyring
say "unpacking CBMC of Debian trixie"
mode=chrootless
[ "$(id -u)" != 0 ] || mode=root
rm -rf "$OUT" "$OUT.tar"
mkdir -p "$OUT/tree"
# unpack_suite SUITE COMPRESSION: makes $OUT.tar.
unpack_suite()
{
	mmdebstrap --mode="$mode" --variant=extract --architectures=amd64 \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Sandbox::User "root"' \
		--aptopt="Acquire::CompressionTypes::Order { \"$2\"; }" \
		--include=cbmc "$1" "$OUT.tar" \
		"deb [signed-by=$KEYRING] $(debian_mirror) $1 main"
}

first_of_suites unpack_suite trixie || die "no CBMC from trixie"
# The package depends on a compiler; preprocessing is done by the one that builds Halite.
tar -C "$OUT/tree" -xf "$OUT.tar" --no-same-owner --wildcards './usr/bin/cbmc' './usr/bin/goto-*' \
	'./usr/lib/libminisat*' './usr/lib/x86_64-linux-gnu/*.so*' './usr/share/doc/cbmc/*'
rm -f "$OUT.tar"
for program in goto-cc goto-instrument cbmc; do
	cat >"$OUT/$program" <<-WRAPPER
		#!/bin/sh
		# CBMC of Debian 13, run from its own folder.
		top=\$(dirname "\$(readlink -f "\$0")")/tree/usr
		lib=\$top/lib/x86_64-linux-gnu
		exec "\$lib/ld-linux-x86-64.so.2" --library-path "\$lib:\$top/lib" \\
			"\$top/bin/$program" "\$@"
	WRAPPER
	chmod +x "$OUT/$program"
done
"$OUT/cbmc" --version >&2
