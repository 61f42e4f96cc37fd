#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The folders of `make install` and `make uninstall`.
# Usage: folders.sh check            fails with a line unless the variables PREFIX, DESTDIR and
#                                    SYSCONFDIR name folders that need no quotes. The latter two
#                                    may be empty
#        folders.sh remove FILE...   removes the folders of files below DESTDIR, as far as they are
#                                    empty
set -eu

# check NAME FOLDER
check()
{
	case $2 in
	/*[!][A-Za-z0-9._+@~/-]*) ;;
	/*) return 0 ;;
	esac
	echo "$1='$2': expected a folder that begins with /, without blanks and special" \
		"characters" >&2
	exit 1
}

# is_kept FOLDER: other programs' files may come again to folders that each system has.
is_kept()
{
	[ -z "$DESTDIR" ] || return 1
	case ${1#/usr/local} in
	/etc | /etc/* | '' | /bin | /lib | /include | /share | /share/man) return 0 ;;
	esac
	case $1 in
	/usr | /usr/bin | /usr/lib | /usr/include | /usr/share | /usr/share/man) return 0 ;;
	esac
	return 1
}

# remove FILE...
remove()
{
	for folder; do
		while folder=${folder%/*} && [ -n "$folder" ] && ! is_kept "$folder"; do
			rmdir "$DESTDIR$folder" 2>/dev/null || break
		done
	done
}

case $1 in
check)
	check PREFIX "$PREFIX"
	[ -z "$DESTDIR" ] || check DESTDIR "$DESTDIR"
	[ -z "$SYSCONFDIR" ] || check SYSCONFDIR "$SYSCONFDIR"
	;;
remove)
	shift
	remove "$@"
	;;
esac
