#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: a boot loader that keeps to the header of a RISC-V Linux Image still loses the initrd.
# The header's image_size is the memory that the kernel needs, bss included. An initrd on the first
# page behind that memory overlaps nothing, but Linux says that it "overlaps in-use memory region",
# disables it, and then finds no root file system: Linux reserves all of the 2 MiB block in which
# its image ends. With the initrd at the next multiple of 2 MiB, the same kernel takes it.
# Documentation/arch/riscv/boot.rst and boot-image-header.rst do not speak of it.
#
# Debian 13's kernel 6.12 runs on QEMU's virt machine. QEMU's own device tree gets the two addresses
# of the initrd, and QEMU loads a file of one page there. The kernel panics in each case, as that
# file has no /init.
# Usage: findings/initrd-behind-image-size.sh, as root on Debian (amd64) with mmdebstrap.
# Packages go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='first page behind image_size: initrd disabled
first 2 MiB block behind image_size: initrd taken'

unpack "$QEMU" "$DTC"
mmdebstrap --quiet --variant=extract --architectures=riscv64 --include=linux-image-riscv64 \
	--aptopt='Acquire::Check-Valid-Until "false"' trixie "$work/kernel" "$mirror" \
	>"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; exit 1; }
find "$work/kernel/boot" -name 'vmlinu*' -type f -exec cp {} "$root/Image" \;
ls "$work/kernel/boot" | sed -n 's/^vmlinu.-/Linux /p'

# The kernel runs at 0x80200000. image_size is at 16 in its header.
behind=$((0x80200000 + $(od -A n -t u8 -j 16 -N 8 "$root/Image")))
head -c 4096 /dev/zero >"$root/initrd"
timeout 60 chroot "$root" qemu-system-riscv64 -M virt,dumpdtb=/virt.dtb -m 512M -display none \
	</dev/null >"$work/log" 2>&1

try() { # BLOCK
	local start=$(((behind + $1 - 1) / $1 * $1)) log
	cp "$root/virt.dtb" "$root/try.dtb"
	run fdtput -t x /try.dtb /chosen linux,initrd-start 0 "$(printf %x "$start")"
	run fdtput -t x /try.dtb /chosen linux,initrd-end 0 "$(printf %x $((start + 4096)))"
	run fdtput -t s /try.dtb /chosen bootargs 'earlycon=sbi panic=-1'
	log=$(timeout 60 chroot "$root" qemu-system-riscv64 -M virt -m 512M -nographic -no-reboot \
		-kernel /Image -dtb /try.dtb </dev/null \
		-device "loader,file=/initrd,addr=$start,force-raw=on" 2>&1 | tr -d '\r')
	grep -a 'INITRD: ' <<<"$log" >&2 || true
	if grep -aq 'disabling initrd' <<<"$log"; then
		echo "initrd disabled"
	elif grep -aq 'Linux version' <<<"$log"; then
		echo "initrd taken"
	fi
}
seen="first page behind image_size: $(try 4096)
first 2 MiB block behind image_size: $(try $((2 << 20)))"
print_qemu
verdict "$seen" "Linux takes more memory than image_size says"
