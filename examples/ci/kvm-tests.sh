#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs test programs in a Linux with KVM, as a guest of Halite on QEMU, and reports: for the CI of
# those who change KVM, or a hypervisor. Standard output is KTAP. The exit status is 0 if no test
# has failed, 1 if one has, and otherwise that of `halite run` (halite(1)).
#
# Usage: kvm-tests.sh [--junit FILE] [--timeout S] --kernel IMAGE --initrd CPIO PROGRAM...
#                     [-- WORDS]
#   --kernel   a RISC-V Linux Image with KVM, virtio-console and virtio-pci
#   --initrd   a ramdisk with a shell, and with /lib/modules/kvm.ko if KVM is a module
#   PROGRAM    a static RISC-V program, or a script for that shell. It runs in an empty folder of
#              its own. Status 0 passes, 4 skips, as the kernel's selftests have it
#   --timeout  seconds for each program (default 120)
#   WORDS      more options for `halite run`, such as --nacl none or --cpus 4
set -eu

halite=${HALITE:-halite} kernel='' initrd='' junit='' seconds=120
usage() { echo "kvm-tests.sh: $*" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/kvm-tests"
count=0
while [ $# -gt 0 ]; do
	case $1 in
	--) shift; break ;;
	--kernel | --initrd | --junit | --timeout)
		[ $# -gt 1 ] || usage "$1: its value is missing"
		case $1 in
		--kernel) kernel=$2 ;;
		--initrd) initrd=$2 ;;
		--junit) junit=$2 ;;
		--timeout) seconds=$2 ;;
		esac
		shift
		;;
	-*) usage "unknown option '$1'; expected --kernel, --initrd, --junit or --timeout" ;;
	*)
		[ -f "$1" ] || usage "'$1' is no file; expected a program for the guest"
		[ ! -e "$work/kvm-tests/${1##*/}" ] || usage "'${1##*/}' is there twice"
		cp "$1" "$work/kvm-tests/"
		chmod +x "$work/kvm-tests/${1##*/}"
		count=$((count + 1))
		;;
	esac
	shift
done
[ -n "$kernel" ] && [ -n "$initrd" ] && [ "$count" -gt 0 ] ||
	usage "expected --kernel, --initrd and a program"
[ -f "$kernel" ] || usage "--kernel '$kernel' is no file; expected a Linux Image"
[ -f "$initrd" ] || usage "--initrd '$initrd' is no file; expected a ramdisk"
command -v "$halite" >/dev/null || usage "'$halite' is no program; set HALITE to halite"
command -v cpio >/dev/null || usage "cpio is missing"
case $seconds in '' | *[!0-9]*) usage "--timeout '$seconds': expected a number" ;; esac

# Linux unpacks archives behind each other that begin at multiples of 4 bytes.
{
	cat "$initrd"
	head -c $(((4 - $(wc -c <"$initrd") % 4) % 4)) /dev/zero
	(cd "$work" && find kvm-tests | sort | cpio -o -H newc --quiet)
} >"$work/ramdisk"

# What the guest's shell runs. The output of a test that has not passed comes as comments.
# shellcheck disable=SC2016 # the guest's shell expands
command='
	module=/lib/modules/kvm.ko
	[ -e /dev/kvm ] || [ ! -e $module ] || insmod $module
	n=0
	for test in /kvm-tests/*; do
		n=$((n + 1)) name=${test##*/} status=0
		mkdir -p "/tmp/$name"
		cd "/tmp/$name"
		end=$(($(date +%s) + '$seconds'))
		timeout '$seconds' "$test" </dev/null >/tmp/output 2>&1 || status=$?
		# The shell of the ramdisk has no status of its own for a timeout.
		[ $status = 0 ] || [ "$(date +%s)" -lt $end ] || status=timeout
		case $status in 0 | 4) ;; *) sed "s/^/# /" /tmp/output ;; esac
		case $status in
		0) echo "ok $n $name" ;;
		4) echo "ok $n $name # SKIP" ;;
		timeout) echo "not ok $n $name # it ran for '$seconds' seconds" ;;
		*) echo "not ok $n $name # status $status" ;;
		esac
	done'
status=0
printf 'KTAP version 1\n1..%u\n' "$count" >"$work/ktap"
cat "$work/ktap"
{ "$halite" run --kernel "$kernel" --initrd "$work/ramdisk" "$@" --exec "$command" || status=$?
	echo "$status" >"$work/status"; } | tee -a "$work/ktap"

# judge STATUS: prints the status of this script, for that of `halite run`. A test that has not run
# is not ok, either.
judge()
{
	if [ "$1" != 0 ]; then
		echo "$1"
	elif [ "$(grep -c '^ok ' "$work/ktap")" = "$count" ]; then
		echo 0
	else
		echo 1
	fi
}

status=$(judge "$(cat "$work/status")")
[ -n "$junit" ] || exit "$status"
awk -v planned="$count" '
	function text(s) {
		gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s)
		gsub(/"/, "\\&quot;", s); gsub(/[^[:print:]\t\n]/, "?", s)
		return s
	}
	/^# / { output = output text(substr($0, 3)) "\n"; next }
	/^ok |^not ok / {
		bad = $1 == "not"
		name = $0
		sub(/^(not )?ok [0-9]+ /, "", name)
		sub(/ # [^#]*$/, "", name)
		cases = cases "  <testcase classname=\"kvm\" name=\"" text(name) "\">"
		if (bad) {
			failed++
			why = text(substr($0, index($0, "# ") + 2))
			cases = cases "<failure message=\"" why "\">" output "</failure>"
		} else if (/# SKIP/) {
			skipped++
			cases = cases "<skipped/>"
		}
		cases = cases "</testcase>\n"
		output = ""
		seen++
	}
	END {
		if (seen < planned)
			cases = cases "  <testcase classname=\"kvm\" name=\"run\">" \
				"<error message=\"" planned - seen \
				" tests have not run\"/></testcase>\n"
		printf "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		printf "<testsuite name=\"kvm\" tests=\"%d\" failures=\"%d\" errors=\"%d\" " \
			"skipped=\"%d\">\n%s</testsuite>\n", planned, failed, seen < planned, \
			skipped, cases
	}' "$work/ktap" >"$junit"
exit "$status"
