#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: U-Boot 2023.01 starts an EFI application that was just loaded from a disk as the file on
# that disk, if `bootefi` gets its address alone. With the size behind the address, in the form
# ADDRESS:SIZE, the same application comes from memory (device path MemoryMapped). So an application
# that looks for files in its own folder finds them with one form, and has no folder with the other,
# though the second form only adds what U-Boot knows already.
#
# An application that returns at once is loaded from a FAT partition and started in both ways.
# U-Boot prints the device path. Usage: findings/bootefi-with-a-size.sh, as root on Debian (amd64)
# with mmdebstrap. Packages go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='Booting /\folder\app.efi
Booting /MemoryMapped(0x0,0x90000000,SIZE)'

unpack "$QEMU" u-boot-qemu=2023.01+dfsg-2+deb12u3 u-boot-tools=2023.01+dfsg-2+deb12u3 \
	"$BINUTILS" mtools fdisk
cat >"$root/app.S" <<'CODE'
	.option norvc
	.globl _start
_start:
start:	.ascii "MZ"
	.org 0x3c
	.long header - start
header:	.ascii "PE\0\0"
	.short 0x5064, 1		# RISC-V 64, one section
	.long 0, 0, 0
	.short sections - optional, 0x206
optional:
	.short 0x20b, 0			# PE32+
	.long end - entry, 0, 0, entry - start, entry - start
	.quad 0
	.long 4096, 512
	.short 0, 0, 0, 0, 0, 0
	.long 0, end - start, entry - start, 0
	.short 10, 0			# an EFI application
	.quad 0, 0, 0, 0
	.long 0, 0
sections:
	.asciz ".text"
	.org sections - start + 8
	.long end - entry, entry - start, end - entry, entry - start, 0, 0
	.short 0, 0
	.long 0x60000020		# code, execute, read
	.balign 4096
entry:	li a0, 0			# EFI_SUCCESS
	ret
	.balign 512
end:
CODE
build_guest /app.S -mno-relax
cat >"$root/boot.cmd" <<'COMMANDS'
load virtio 0:1 0x90000000 /folder/app.efi
bootefi 0x90000000
load virtio 0:1 0x90000000 /folder/app.efi
bootefi 0x90000000:$filesize
poweroff
COMMANDS
run mkimage -T script -d /boot.cmd /boot.scr >/dev/null
truncate -s 48M "$root/disk"
echo 'start=2048, type=ef, bootable' | run sfdisk -q /disk
run mformat -i /disk@@1M -F ::
run mmd -i /disk@@1M ::folder
run mcopy -i /disk@@1M /guest.bin ::folder/app.efi
run mcopy -i /disk@@1M /boot.scr ::

print_qemu
boot -M virt -cpu rv64,h=true -m 2G -kernel /usr/lib/u-boot/qemu-riscv64_smode/uboot.elf \
	-drive file=/disk,format=raw,if=none,id=disk -device virtio-blk-device,drive=disk \
	>"$work/console" || true
grep -ao 'U-Boot 20[^ ]*' "$work/console" | head -n 1
verdict "$(grep -a '^Booting ' "$work/console" | sed -E 's/,0x[0-9a-f]+\)$/,SIZE)/')" \
	"bootefi with a size forgets from where the application was loaded"
