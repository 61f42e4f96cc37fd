# SPDX-License-Identifier: BSD-2-Clause
# Helpers that the other scripts source. This file defines the layout below build/, and all uses of
# apt with private lists, which leave the system's apt configuration unchanged.
# shellcheck shell=bash

set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$TOP/build
DOWNLOADS=$BUILD/downloads
# A root shell may lack the sbin folders, which dpkg and mke2fs need.
export PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# as_root COMMAND...: runs COMMAND as root, through sudo if the caller is not root.
as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "'$*' needs root, and there is no sudo: run it as root, then run make again"
	fi
}

# debian_mirror: prints the address of the Debian archive (not the security one) of the system's
# apt.
debian_mirror()
{
	local uri
	uri=$(env -u APT_CONFIG apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
		grep -v -e security -e ports | grep -E '/debian/?$' | sort | uniq -c | sort -rn |
		awk 'NR == 1 { print $2 }')
	if [ -z "$uri" ]; then
		# indextargets prints sources even if no lists were fetched, so apt has no such
		# source.
		die "apt knows no Debian archive (apt-get indextargets lists none):" \
			"add one to /etc/apt/sources.list"
	fi
	printf '%s\n' "${uri%/}"
}

debian_release()
{
	(. /etc/os-release && [ "$ID" = debian ] && printf '%s\n' "${VERSION_CODENAME:-unknown}") ||
		printf 'unknown\n'
}

# need_keyring: fails unless Debian's keyring is installed. It checks the suites of all releases:
# Debian 12's point releases update it.
need_keyring()
{
	[ -s "$KEYRING" ] || die "$KEYRING is missing: install debian-archive-keyring"
}

# private_apt NAME ARCH TYPES SUITE...: makes a private apt below build/downloads/apt/NAME. Prints
# the path of its configuration, for APT_CONFIG. COMPRESSION (xz or gz) selects the archive's
# indexes. apt checks signatures with Debian's own keyring. It does not check dates: mirrors may lag
# behind.
private_apt()
{
	local name=$1 arch=$2 types=$3 mirror dir
	shift 3
	need_keyring
	mirror=$(debian_mirror)
	dir=$DOWNLOADS/apt/$name
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/parts" "$dir/conf"
	: >"$dir/status"
	cat >"$dir/halite.sources" <<-SOURCES
		Types: $types
		URIs: $mirror
		Suites: $*
		Components: main
		Signed-By: $KEYRING
	SOURCES
	mkdir -p "$dir/sources"
	mv "$dir/halite.sources" "$dir/sources/halite.sources"
	cat >"$dir/apt.conf" <<-CONF
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		Dir::State "$dir";
		Dir::State::Lists "$dir/lists";
		Dir::State::Status "$dir/status";
		Dir::Cache "$dir/cache";
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$dir/sources";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "$dir/parts";
		Acquire::Check-Valid-Until "false";
		Acquire::Languages "none";
		Acquire::CompressionTypes::Order { "${COMPRESSION:-xz}"; };
		Acquire::Retries "3";
		APT::Sandbox::User "root";
		APT::Get::AllowUnauthenticated "false";
	CONF
	printf '%s\n' "$dir/apt.conf"
}

# retry COUNT COMMAND...: runs COMMAND until it succeeds, at most COUNT times.
retry()
{
	local left=$1
	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		say "failed, trying again: $*"
		sleep 3
	done
}

# first_of_suites FUNCTION SUITE...: calls FUNCTION SUITE COMPRESSION until it succeeds, and leaves
# that suite in SUITE. During an update of the archive, an index may not match its signed Release
# file, often in one compression only.
first_of_suites()
{
	local function=$1 compression
	shift
	for SUITE; do
		for compression in xz gz xz; do
			! "$function" "$SUITE" "$compression" || return 0
			say "$SUITE: not usable now (indexes in .$compression)"
			sleep 3
		done
		say "trying the next suite"
	done
	return 1
}
