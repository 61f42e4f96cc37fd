# SPDX-License-Identifier: BSD-2-Clause
# What tests need that is fetched or built before they run. The text of a test's function, and of
# the functions that it calls, says it: a test with kernel 6.12 has the word 6.12 there or among its
# arguments. So a test need not be entered anywhere.
# shellcheck shell=bash

# All that a test can need, in the order in which it is made.
ALL_NEEDS="packages loaders programs client 6.12 qemu-7.2 efi selftests stress"

# with_callees FUNCTION...: prints the text of the functions and of those that they call. The name
# of a function counts as a call where a command begins, and if it has an underscore, anywhere.
with_callees()
{
	local -A seen=()
	local name text todo=("$@")
	while [ ${#todo[@]} -gt 0 ]; do
		name=${todo[-1]}
		unset 'todo[-1]'
		[ -z "${seen[$name]-}" ] || continue
		seen[$name]=1
		text=$(declare -f "$name") || continue
		printf '%s\n' "$text"
		mapfile -t -O ${#todo[@]} todo < <({
			grep -oE '\b[a-z][a-z0-9]*_[a-z0-9_]+\b' <<<"$text"
			grep -oE '(^|[({;&|!]|\<(if|while|until|then|do|else)) *[a-z][a-z0-9]+\>' \
				<<<"$text" | grep -oE '[a-z0-9]+$'
		} | sort -u)
	done
}

# needs_of FUNCTION [ARGUMENTS]: prints what the test needs.
needs_of()
{
	local need pattern text
	text="$* $(with_callees "$1")"
	while read -r need pattern; do
		! grep -qE -e "$pattern" <<<"$text" || printf '%s\n' "$need"
	done <<-'END'
		packages with_(console|keys)|QEMU10|conformance|bench\.sh|(private|exec)_guest
		loaders U_BOOT|mkimage|mke2fs
		programs GUESTS/|guest-programs|conformance
		client \bclient\b
		6.12 \b6\.12\b
		qemu-7.2 --qemu "\$QEMU72"|/qemu-7\.2/
		efi \$EDK2|\$EFI/lib|/efi/usr/
		selftests selftests\.cpio
		stress stress\.cpio
	END
}

# all_needs: prints what the selected tests need. Tests that run before prepare() need nothing.
all_needs()
{
	local name call options=()
	if [ ${#FILTERS[@]} = 0 ]; then
		[ "$LONG" = 1 ] && printf '%s\n' $ALL_NEEDS || printf '%s\n' ${ALL_NEEDS% stress}
		return
	fi
	[ "$LONG" = 0 ] || options=(--long)
	while read -r name call; do
		# shellcheck disable=SC2086 # a call is words
		if wanted "$name"; then needs_of $call; fi
	done < <(LISTING=calls "$TOP/tests/run" "${options[@]}" | sed '1,/^prepare$/d') | sort -u
}

# Makes what the selected tests need. Without kernel 6.12, QEMU 7.2 or EFI firmware, the tests that
# need them are skipped and say so.
prepare()
{
	local need needs
	needs=$(all_needs)
	for need in $ALL_NEEDS; do
		grep -qx -e "$need" <<<"$needs" || continue
		case $need in
		packages) scripts/install-packages.sh run ;;
		loaders) scripts/install-packages.sh loaders ;;
		programs) make -s --no-print-directory guest-programs ;;
		client) scripts/make-initramfs.sh client ;;
		6.12) scripts/make-initramfs.sh 6.12 || say "there is no kernel 6.12 now" ;;
		qemu-7.2) scripts/fetch-qemu-7.2.sh || say "there is no QEMU 7.2 now" ;;
		efi) scripts/fetch-efi.sh || say "there is no EFI firmware now" ;;
		selftests) scripts/build-selftests.sh client ;;
		stress) scripts/make-stress.sh client ;;
		esac
	done
}

# The needs of some tests, by what the tests are.
test_tool_needs()
{
	local name expected found
	LONG=1
	while read -r name expected; do
		FILTERS=("$name")
		found=$(all_needs)
		[ "${found//$'\n'/ }" = "$expected" ] ||
			fail "$name needs '${found//$'\n'/ }', not '$expected'"
	done <<-'END'
		tool-arguments
		code-arrows
		guest-basics-halite packages programs
		nacl-round-trips packages programs
		guest-old-firmware packages programs qemu-7.2
		boot-equal-8 client packages programs
		demo-6.12 6.12 packages programs
		demo-qemu-7.2-6.12 6.12 packages programs qemu-7.2
		selftests-further client packages programs selftests
		stress-50-nacl-all client packages programs stress
		costs client packages
		pack-fat-extlinux-plic client loaders packages programs
		efi-grub-linux client efi loaders packages programs
		efi-u-boot-2025 client efi loaders packages programs
	END
}
