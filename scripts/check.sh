#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Checks the sources without running them.
# Usage: scripts/check.sh PART...
#   width     no line has more than 100 columns, except tables and lines with an address in
#             Markdown. scripts/check/width.txt says how many wide lines a file may still have
#   shell     runs shellcheck on all scripts; .shellcheckrc lists warnings that are off
#   cppcheck  runs cppcheck on all C code; scripts/check/cppcheck.txt lists warnings that are off
#   analyzer  runs GCC's -fanalyzer on the command and the hypervisor; scripts/check/analyzer.txt
#             lists warnings that are off
# Usage: scripts/check.sh --wide   prints all wide lines, for an editor
. "$(dirname "$0")/common.sh"
cd "$TOP"
COLUMNS_MAX=100

# files: prints the names of the text files that people write. demo-log.md is output.
files()
{
	find src tools tests guests examples bench scripts docs mk findings .ci Makefile ./*.md \
		-type f ! -name '*.svg' ! -name '*.png' ! -name '*.json' ! -name '*.dts' \
		! -name demo-log.md | sed 's|^\./||' | sort
}

# wide: prints FILE:LINE: TEXT for each line that is too wide.
wide()
{
	local file
	files | while read -r file; do
		expand -t 8 "$file" | awk -v max="$COLUMNS_MAX" -v file="$file" '
			file ~ /\.md$/ && (/^\|/ || /https?:\/\//) { next }
			length > max { printf "%s:%d: %s\n", file, NR, $0 }'
	done
}

check_width()
{
	wide | cut -d : -f 1 | uniq -c | awk -v list=scripts/check/width.txt '
		BEGIN {
			while ((getline line < list) > 0) if (split(line, w) == 2) may[w[2]] = w[1]
		}
		$1 > may[$2] + 0 {
			printf "%s: %d lines of more than 100 columns, not %d\n", $2, $1, may[$2]
			bad = 1
		}
		END { exit bad }' || die "scripts/check.sh --wide prints the lines"
}

check_shell()
{
	local script scripts=()
	for script in $(files); do
		if head -n 1 "$script" | grep -qE '^#!.*sh( |$)|^# shellcheck shell='; then
			scripts+=("$script")
		fi
	done
	[ ${#scripts[@]} -gt 30 ] || die "there are more scripts than ${#scripts[@]}"
	shellcheck "${scripts[@]}"
}

check_cppcheck()
{
	cppcheck --quiet -j "$(nproc)" --std=c11 --enable=warning,performance,portability \
		-Isrc -Itests/unit -Ibuild/ext/libfdt -DHALITE_VERSION='"0"' \
		-DHALITE_VERSION_NUMBER=0 -DHALITE_LINK_ADDRESS=0 \
		-DNACL_CLIENT_HOOKS='"riscv/nacl_hooks.h"' --suppress='*:build/*' \
		--suppressions-list=scripts/check/cppcheck.txt --error-exitcode=1 \
		--template='{file}:{line}: {id}: {message}' src tools examples guests tests bench
}

# make keeps the warnings of each file, so that it analyzes only changed files again.
check_analyzer()
{
	local found
	make -s --no-print-directory -j "$(nproc)" analyze
	[ -e build/analyze/tools/halite/run.c.log ] || die "nothing was analyzed"
	found=$(find build/analyze -name '*.log' -exec cat {} + |
		sed -n 's/^\([^:]*\):[0-9:]* warning: .*\[\(-Wanalyzer-[^]]*\)\]$/\1 \2/p' |
		sort -u |
		grep -vxFf <(awk '/^[^#]/ { print $1, $2 }' scripts/check/analyzer.txt)) || true
	[ -z "$found" ] && return
	find build/analyze -name '*.log' -exec grep -h 'warning: .*-Wanalyzer-' {} +
	die "not in scripts/check/analyzer.txt: ${found//$'\n'/, }"
}

if [ "${1:-}" = --wide ]; then
	wide
	exit
fi
scripts/install-packages.sh lint
for part; do
	say "check: $part"
	case $part in
	width | shell | cppcheck | analyzer) "check_$part" ;;
	*) die "check.sh: '$part'; expected width, shell, cppcheck or analyzer" ;;
	esac
done
