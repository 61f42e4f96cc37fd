#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: EDK2's shell cannot take the options of a boot entry as its help says. `bcfg boot -opt 0
# "text"` is to set "quote delimited data" as the LoadOptions of the first entry. bcfg takes the
# text for the name of a file and says "File not found", and the entry stays without options: the
# shell has removed the quotes before bcfg looks for them. With ^" in place of ", bcfg sees the
# quotes. A text with a space needs both kinds.
#
# EDK2 of Debian 13 runs on QEMU's virt machine. Its shell runs startup.nsh from a FAT disk, makes
# one entry, tries three ways, and prints the entry after each: "Optional- Y" means that it has
# options.
# Usage: findings/quoted-data-of-bcfg.sh, as root on Debian (amd64) with mmdebstrap. Packages go
# into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='the help offers quote delimited data
"text": File not found, no options
^"text^": text
"^"two words^"": two words'
EFI=qemu-efi-riscv64=2025.02-8+deb13u1

unpack "$QEMU"
mmdebstrap --quiet --variant=extract --include="$EFI" \
	--aptopt='Acquire::Check-Valid-Until "false"' trixie "$work/efi" "$mirror" \
	>"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; exit 1; }
cp "$work"/efi/usr/share/qemu-efi-riscv64/*.fd "$root/"
echo "${EFI/=/ }"

mkdir -p "$root/disk" "$root/var/tmp"
: >"$root/disk/program.efi"
printf '%s\r\n' 'fs0:' 'bcfg -? > help.txt' 'bcfg boot add 0 fs0:\program.efi Entry' \
	'bcfg boot -opt 0 "text"' 'bcfg boot dump -v' \
	'bcfg boot -opt 0 ^"text^"' 'bcfg boot dump -v' \
	'bcfg boot -opt 0 "^"two words^""' 'bcfg boot dump -v' 'type help.txt' 'reset -s' \
	>"$root/disk/startup.nsh"
timeout 120 chroot "$root" qemu-system-riscv64 -M virt,acpi=off -m 512M -nographic \
	-drive if=pflash,unit=0,format=raw,readonly=on,file=/RISCV_VIRT_CODE.fd \
	-drive if=pflash,unit=1,format=raw,file=/RISCV_VIRT_VARS.fd \
	-drive file=fat:rw:/disk,format=raw,if=none,id=disk \
	-device virtio-blk-device,drive=disk </dev/null 2>&1 |
	tr -d '\r' | sed 's/\x1b\[[0-9;=?]*[A-Za-z]//g' >"$work/console"

# The options of the first entry in dump N: the text at the end of a line, a dot for each zero.
options()
{
	awk -v n="$1" '
		/^Option: 00/ { dump++; on = dump == n }
		/^Option: 01/ { on = 0 }
		on && /Optional- Y/ { yes = 1 }
		on && /\*.*\*$/ { sub(/^[^*]*\*/, ""); sub(/\*$/, ""); text = text $0 }
		END { gsub(/\./, "", text); print yes ? text : "no options" }' "$work/console"
}

seen=$(
	grep -q 'or the quote delimited data' <<<"$(tr '\n' ' ' <"$work/console" | tr -s ' ')" &&
		echo 'the help offers quote delimited data'
	printf '"text": %s, %s\n' \
		"$(grep -o "File not found" "$work/console" | sort | uniq -c | sed 's/^ *1 //')" \
		"$(options 1)"
	printf '^"text^": %s\n' "$(options 2)"
	printf '"^"two words^"": %s\n' "$(options 3)"
)
print_qemu
verdict "$seen" "EDK2's bcfg takes quoted options for the name of a file"
