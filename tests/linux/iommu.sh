# SPDX-License-Identifier: BSD-2-Clause
# DMA is kept in the domain by the IOMMU of the machine (docs/iommu.md). QEMU's device edu does DMA
# to any address that guests/edu gives it.
# shellcheck shell=bash

PCI=/soc/pci@30000000
EDU=edu,dma_mask=0xffffffffffff

# told DOMAIN KIND ADDRESS [DEVICE]: the console says that Halite has refused DMA of the device.
told()
{
	local device="device ${4-0x8} of $1"
	expect_console "^halite: IOMMU: $device: $2 at 0x$3 refused \(cause [0-9]+\)" \
		"no line for a $2 at 0x$3"
}

# refused_words ADDRESS...: the words for guests/edu.
refused_words()
{
	printf 'refused=%s ' "$@"
}

# test_iommu_home ADDRESSES... -- [OPTIONS]: one guest. Halite's home is at the end of RAM.
test_iommu_home()
{
	local addresses=() address
	while [ "$1" != -- ]; do addresses+=("$1"); shift; done
	shift
	with_console "" 60 "$HALITE" run --kernel "$GUESTS/edu.image" --memory 512M \
		--append "$WORDS $(refused_words "${addresses[@]}")" "$@" -device "$EDU"
	grep -aq '^halite: .* home has 8 MiB at 0x9f800000' "$CONSOLE" || fail "home is elsewhere"
	ktap_passed
	for address in "${addresses[@]}"; do
		told "the guest" read "$address"
		told "the guest" write "$address"
	done
	expect_status 0
}

# All that the guest has not: home, firmware, the IOMMU, Halite's interrupt file and those of
# firmware, and what is behind RAM.
test_iommu_aia()
{
	local WORDS=msi
	test_iommu_home 9f800000 9ffffff8 80000000 3010000 28000000 24000000 a0000000 -- \
		--machine aia:3 -- -M iommu-sys=on
	told "the guest" write 28000000
	# By interrupts: without them, all come when the guest turns the machine off.
	sed '/^1\.\.[0-9]/q' "$CONSOLE" >"$LOGS/$NAME.before"
	grep -aq '^halite: IOMMU: device' "$LOGS/$NAME.before" ||
		fail "faults are told at the end only"
}

# The guest has an IOMMU of its own, whose first stage is on and then bypassed. What is refused in
# both cases is Halite's to tell.
test_iommu_stage()
{
	local WORDS="msi stage=9f800000"
	test_iommu_home 9f800000 80000000 3010000 28000000 -- \
		--machine aia:3 -- -M iommu-sys=on -append "nacl=all iommu=virtual"
	told "the guest" write 40001000
}

# The devices that 'halite run' adds are behind the IOMMU, too.
test_iommu_tool()
{
	truncate -s 1M "$LOGS/$NAME.img"
	with_console "" 60 "$HALITE" run --kernel "$GUESTS/ends.elf" --machine aia --cpus 1 \
		--memory 512M --disk "$LOGS/$NAME.img" --net user --share "$LOGS" -- -M iommu-sys=on
	expect_status 0
	expect_console '^halite: 8 devices may do DMA that no IOMMU guards' "others are not guarded"
	! grep -aq 'passes the IOMMU by' "$CONSOLE" || fail "a device passes the IOMMU by"
}

# More faults than are told: the console says so, and the device is silent afterwards.
test_iommu_flood()
{
	local WORDS="" count
	with_console "" 60 "$HALITE" run --kernel "$GUESTS/edu.image" --memory 512M --append \
		"$(refused_words 80000000 3010000 28000000 24000000 a0000000 a0001000 a0002000 \
			a0003000 a0004000)" --machine "$1" -- -M iommu-sys=on -device "$EDU"
	ktap_passed
	count=$(grep -ac '^halite: IOMMU: device' "$CONSOLE")
	[ "$count" = 16 ] || fail "$count lines instead of 16"
	count=$(grep -ac 'refused (cause [0-9]*); further ones are not told' "$CONSOLE")
	[ "$count" = 1 ] || fail "the end of the lines is not told"
	expect_status 0
}

# Domains A, which has the PCI host, and B, with a hart and 64 MiB each.
edu_domains()
{
	domain B
	domain A
	domain_set A cpus i 1
	domain_set B cpus i 1
	domain_set A memory i 0 65536
	domain_set B memory i 0 65536
	domain_set A halite,devices s "$PCI"
}

# A has the PCI host without halite,dma, and aims edu at B's memory, at home and at its own.
# B's page keeps what B has written there. A resets itself once before that. The virtio device is
# behind the IOMMU, so the host may be A's.
test_iommu_domains()
{
	local MACHINE_WORDS=,aia=aplic-imsic,aia-guests=3,iommu-sys=on
	local devices=(-device "$EDU" -device virtio-rng-pci,iommu_platform=on,disable-legacy=on)
	domains_tree -cpu max -smp 2 -m 512M "${devices[@]}"
	edu_domains
	domain_module A 90000000 "$GUESTS/edu.image" kernel \
		"note=83000000 wait=989680 msi $(refused_words 84800000 9f800000 80000000)"
	domain_module B 90400000 "$GUESTS/edu.image" kernel "guard=84800000 ticks=3938700"
	domains_run 60 -cpu max -smp 2 -m 512M "${devices[@]}"
	expect_console '^halite: domain A is reset$' "A has not been reset"
	domain_passed A
	domain_passed B
	told "domain A" read 84800000
	told "domain A" write 84800000
	told "domain A" write 9f800000
	expect_status 0
}

# A and B have a function each of one host, on which a third function passes the IOMMU by. Each sees
# its own one only, at the place that Halite has chosen, and its DMA and its MSIs reach the domain.
test_iommu_functions()
{
	local MACHINE_WORDS=,aia=aplic-imsic,aia-guests=3,iommu-sys=on
	local devices=(-device "$EDU" -device "$EDU" -device virtio-rng-pci,addr=5.1)
	domains_tree -cpu max -smp 2 -m 512M "${devices[@]}"
	edu_domains
	fdtput -d "$TREE" /chosen/domain-A halite,devices
	domain_set A halite,functions s pci@30000000/00:01.0
	domain_set B halite,functions s 00:02.0
	domain_module A 90000000 "$GUESTS/edu.image" kernel \
		"note=83000000 msi alone=40100000 $(refused_words 84800000 9f800000)"
	domain_module B 90400000 "$GUESTS/edu.image" kernel \
		"msi alone=40000000 $(refused_words 80800000 9f800000)"
	domains_run 60 -cpu max -smp 2 -m 512M "${devices[@]}"
	expect_console '^halite: domain A is reset$' "A has not been reset"
	domain_passed A
	domain_passed B
	told "domain A" read 84800000
	told "domain A" write 9f800000
	told "domain B" read 80800000 0x10
	told "domain B" write 80800000 0x10
	expect_status 0
}

# What is not behind the IOMMU needs halite,dma: another IOMMU's device, a virtio function without
# iommu_platform, a bridge, and the PCI host of a machine without an IOMMU.
test_refuse_unguarded()
{
	local device
	# A function 1 without a function 0 is there, too.
	for device in virtio-rng-pci virtio-rng-pci,disable-legacy=on pcie-root-port \
		virtio-rng-pci,disable-legacy=on,addr=5.1 pcie-root-port,addr=5.1; do
		unguarded ,aia=aplic-imsic,iommu-sys=on "$device"
		expect_console 'PCI device 00:0[15]\.[01] passes the IOMMU by' "no warning"
	done
	unguarded ,aia=aplic-imsic edu
}

unguarded()
{
	local MACHINE_WORDS=$1
	domains_tree -cpu max -smp 2 -m 512M -device "$2"
	edu_domains
	domain_module A 90000000 "$GUESTS/edu.image" kernel
	domain_module B 90400000 "$GUESTS/edu.image" kernel
	refused "/chosen/domain-A: halite,devices: $PCI may do DMA, which no IOMMU guards" \
		-M "virt$1" -cpu max -smp 2 -m 512M -device "$2" -dtb "$TREE" \
		-kernel "$BUILD/halite.bin" "${LOADERS[@]}"
	refused_status
}

# Debian reads a virtio disk behind the IOMMU: its requests, and the MSIs, pass the second stage.
test_iommu_disk()
{
	local disk=$LOGS/$NAME.img sum
	head -c 8M /dev/urandom >"$disk"
	sum=$(sha256sum <"$disk")
	with_console "" 200 "$HALITE" run --kernel "$GUESTS/client/Image" \
		--initrd "$GUESTS/client/l1.cpio" --memory 1G --machine aia:3 \
		--exec 'insmod /lib/modules/virtio_blk.ko; sha256sum </dev/vda' \
		-- -M iommu-sys=on -drive "file=$disk,format=raw,if=none,id=d" \
		-device virtio-blk-pci,drive=d,iommu_platform=on,disable-legacy=on
	expect_console "^${sum%% *} " "the disk has another content"
	expect_status 0
	rm -f "$disk"
}

# Two Debians read a virtio disk each, which are functions of one host. Their MSIs cost no exit.
test_iommu_functions_debian()
{
	local guest=$GUESTS/client initrd=$LOGS/$NAME.cpio domain key=1 sum all devices=()
	cat "$guest/boot.cpio" "$guest/modules.cpio" >"$initrd"
	all="cpus=1,memory=512M,kernel=$guest/Image,initrd=$initrd"
	all+=",append=console=ttyS0 halite.scene=shell"
	for domain in A B; do
		head -c 8M /dev/urandom >"$LOGS/$NAME.$domain.img"
		devices+=(-drive "file=$LOGS/$NAME.$domain.img,format=raw,if=none,id=$domain"
			-device "virtio-blk-pci,drive=$domain,iommu_platform=on,disable-legacy=on")
	done
	with_keys "$HALITE" run --machine aia:3 --timeout 220 --stats \
		--domain "name=A,$all,pci=00:01.0" --domain "name=B,$all,pci=pci@30000000/00:02.0" \
		-- -M iommu-sys=on "${devices[@]}"
	await '^A: ~ # '
	await '^B: ~ # '
	for domain in A B; do
		sum=$(sha256sum <"$LOGS/$NAME.$domain.img")
		printf '\035%s' "$key" >&"$KEYS"
		await "^halite: input goes to $domain\$"
		type_line 'insmod /usr/lib/modules/virtio_blk.ko; sha256sum </dev/vda'
		await "^$domain: ${sum%% *} "
		type_line "grep -c 'PCI-MSIX.*virtio0-req' /proc/interrupts"
		await "^$domain: 1\$"
		key=2
	done
	power_off B A
	keys_end
	[ "$(grep -ac '^halite: level 0: exits l1-external 0:' "$CONSOLE")" = 2 ] ||
		fail "an MSI has cost an exit"
	rm -f "$initrd" "$LOGS/$NAME".?.img
}

# extra_cpio FOLDER: prints a ramdisk with the folder's files.
extra_cpio()
{
	(cd "$1" && find . | cpio --quiet -o -H newc)
}

# A guest of Debian reads a disk that Debian reads for it, and a file by a network that Debian has:
# Debian's disk and its network card are virtio functions behind the IOMMU.
test_iommu_l2()
{
	local guest=$GUESTS/client work=$LOGS/$NAME.files name
	local on=iommu_platform=on,disable-legacy=on
	local drivers="virtio_blk failover net_failover virtio_net"
	rm -rf "$work"
	mkdir -p "$work/files/l2/mods"
	(cd "$work" && cpio --quiet -i -d 'usr/lib/modules/*' <"$guest/modules.cpio")
	for name in $drivers; do
		cp "$work/usr/lib/modules/$name.ko" "$work/files/l2/mods/"
	done
	cat >"$work/files/l2/init" <<-END
		#!/bin/busybox sh
		/bin/busybox mkdir -p /dev /usr/bin
		/bin/busybox --install -s /usr/bin
		export PATH=/usr/bin:/bin
		mount -t devtmpfs devtmpfs /dev
		exec </dev/console >/dev/console 2>&1
		for name in $drivers; do insmod /mods/\$name.ko; done
		ifconfig eth0 10.0.3.15 netmask 255.255.255.0 up
		route add default gw 10.0.3.2
		echo "L2: disk \$(sha256sum </dev/vda)"
		echo "L2: net \$(nc 10.0.2.100 80 | sha256sum)"
		poweroff -f
	END
	chmod +x "$work/files/l2/init"
	cat >"$work/files/scene" <<-END
		insmod /lib/modules/kvm.ko
		for name in $drivers; do insmod /lib/modules/\$name.ko; done
		ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
		(cd /l2; find . | cpio -o -H newc) >/tmp/more.cpio
		cat /guest/l2.cpio /tmp/more.cpio >/tmp/l2.cpio
		l2 -initrd /tmp/l2.cpio -drive file=/dev/vda,format=raw,if=none,id=d,cache=none \
			-device virtio-blk-pci,drive=d -netdev user,id=n,net=10.0.3.0/24 \
			-device virtio-net-pci,netdev=n,romfile=
	END
	{
		cat "$guest/l1.cpio"
		extra_cpio "$work/files"
	} >"$work/initrd"
	head -c 8M /dev/urandom >"$work/disk"
	head -c 4M /dev/urandom >"$work/file"
	with_console "" 280 "$HALITE" run --kernel "$guest/Image" --initrd "$work/initrd" \
		--cpus 1 --memory 2G --machine aia:3 --exec 'sh /scene' -- -M iommu-sys=on \
		-drive "file=$work/disk,format=raw,if=none,id=d" \
		-device "virtio-blk-pci,drive=d,$on" \
		-netdev "user,id=n,guestfwd=tcp:10.0.2.100:80-cmd:cat $work/file" \
		-device "virtio-net-pci,netdev=n,romfile=,$on"
	expect_console "^L2: disk $(sha256sum <"$work/disk" | cut -d ' ' -f 1) " "the disk"
	expect_console "^L2: net $(sha256sum <"$work/file" | cut -d ' ' -f 1) " "the network"
	! grep -aq '^halite: IOMMU: device' "$CONSOLE" || fail "DMA was refused"
	expect_status 0
	rm -rf "$work"
}

iommu_tests()
{
	test_case iommu-aia test_iommu_aia
	test_case iommu-stage test_iommu_stage
	test_case iommu-flood-plic test_iommu_flood plic
	test_case iommu-domains test_iommu_domains
	test_case iommu-functions test_iommu_functions
	test_case iommu-tool test_iommu_tool
	test_case refuse-unguarded test_refuse_unguarded
	[ "$LONG" = 0 ] || test_case iommu-disk test_iommu_disk
	[ "$LONG" = 0 ] || test_case iommu-functions-debian test_iommu_functions_debian
	[ "$LONG" = 0 ] || test_case iommu-l2 test_iommu_l2
}
