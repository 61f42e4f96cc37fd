#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Surprise: with iommu-sys=on, iommu-map of the PCI host in QEMU 10.0.2's tree has an entry for no
# requester at all (length 0), and the other one is an id short: it ends before 0xffff, function 7
# of device 31 of bus 255. So who asks of the tree whether all of a PCI host is behind the IOMMU,
# and not just one device, hears "no". The same entries with an IOMMU that is a PCI function say
# what they should: they leave out the IOMMU's own id, and nothing else.
#
# Nothing runs: QEMU is asked for its trees (dumpdtb), and fdtget reads iommu-map: first requester
# id, phandle, first device id and number of ids of each entry.
# Usage: findings/iommu-map-without-the-last-id.sh, as root on Debian (amd64) with mmdebstrap.
# Packages go into a temporary folder.
. "$(dirname "$0")/lib.sh"

EXPECTED='iommu-sys=on: 0 (0 ids), 0 to fffe
riscv-iommu-pci: 0 to 7, 9 to ffff'

unpack "$QEMU" "$DTC"

# entries OPTION...: prints which requester ids the entries of iommu-map have.
entries()
{
	local cells i text=()
	timeout 60 chroot "$root" qemu-system-riscv64 -display none -M "$1,dumpdtb=/virt.dtb" \
		"${@:2}" </dev/null >"$work/log" 2>&1
	read -ra cells < <(run fdtget -t x /virt.dtb /soc/pci@30000000 iommu-map)
	for ((i = 0; i < ${#cells[@]}; i += 4)); do
		if [ "${cells[i + 3]}" = 0 ]; then
			text+=("${cells[i]} (0 ids)")
		else
			text+=("${cells[i]} to $(printf '%x' \
				$((0x${cells[i]} + 0x${cells[i + 3]} - 1)))")
		fi
	done
	printf '%s\n' "${text[@]}" | paste -sd , | sed 's/,/, /g'
}

seen=$(
	echo "iommu-sys=on: $(entries virt,aia=aplic-imsic,iommu-sys=on)"
	echo "riscv-iommu-pci: $(entries virt,aia=aplic-imsic -device riscv-iommu-pci,addr=1.0)"
)
print_qemu
echo "requester ids in iommu-map of the PCI host:"
verdict "$seen" "the last id is missing, and one entry is empty"
