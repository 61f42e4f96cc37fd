#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: a parser that goes by the devicetree specification finds an initrd of size 0 in the tree
# that QEMU 10.0.2's guest-loader made for a RISC-V guest. The device writes each module's reg with
# two cells of address and two of size, into a /chosen that has neither #address-cells nor
# #size-cells. The specification's defaults for a parent without them are two and one, so the third
# cell, the upper half of the size, is all of the size. dtc warns that such a reg has no valid
# length. The modules also come in the reverse order of the options.
#
# Nothing runs: QEMU is asked for its tree (dumpdtb) with a kernel of 3,000 bytes and an initrd of
# 5,000. fdtget and dtc then read the tree.
# Usage: findings/modules-of-the-guest-loader.sh, as root on Debian (amd64) with mmdebstrap.
# Packages go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='#address-cells of /chosen: none
#size-cells of /chosen: none
module@0x85000000: reg 0 85000000 0 1388
module@0x84000000: reg 0 84000000 0 bb8
dtc: /chosen/module@0x85000000:reg: property has invalid length (16 bytes)
dtc: /chosen/module@0x84000000:reg: property has invalid length (16 bytes)'

unpack "$QEMU" "$DTC"

head -c 3000 /dev/zero >"$work/debian/kernel"
head -c 5000 /dev/zero >"$work/debian/initrd"
timeout 60 chroot "$work/debian" qemu-system-riscv64 -M virt,dumpdtb=/virt.dtb -cpu rv64 -m 256M \
	-display none -device guest-loader,addr=0x84000000,kernel=/kernel \
	-device guest-loader,addr=0x85000000,initrd=/initrd </dev/null >"$work/log" 2>&1
run dtc -I dtb -O dtb -o /again.dtb /virt.dtb 2>"$work/warnings"
seen=$(for name in '#address-cells' '#size-cells'; do
		echo "$name of /chosen: $(run fdtget -d none /virt.dtb /chosen "$name")"
	done
	for module in $(run fdtget -l /virt.dtb /chosen); do
		echo "$module: reg $(run fdtget -t x /virt.dtb "/chosen/$module" reg)"
	done
	sed -n 's|.*(reg_format): \(/chosen/.*bytes)\) .*|dtc: \1|p' "$work/warnings")
print_qemu
run dtc --version
verdict "$seen" "two cells each, where the defaults are two and one"
