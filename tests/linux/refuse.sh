# SPDX-License-Identifier: BSD-2-Clause
# Halite's messages about machines and modules that it cannot use: one clear line, a power-off, no
# hang. The tests start QEMU without `halite run`, which would refuse first.
# shellcheck shell=bash

MIB=$((1024 * 1024))
HALITE_SECONDS=40

# build_shim NAME ADDRESS [FLAGS...]: assembles tests/linux/shims/NAME.S to run at ADDRESS into
# $LOGS/$NAME.elf.
build_shim()
{
	local source=$TOP/tests/linux/shims/$1.S address=$2
	shift 2
	riscv64-unknown-elf-gcc -march=rv64imac_zicsr -mabi=lp64 -nostdlib -nostartfiles \
		-Wl,--build-id=none,-N,--no-warn-rwx-segments -Wl,-Ttext="$address" "$@" \
		-o "$LOGS/$NAME.elf" "$source"
}

# refused PATTERN QEMU-ARGUMENTS...: Halite prints one fatal line, which matches PATTERN, and powers
# off.
refused()
{
	local pattern=$1 count
	shift
	with_console "" "$HALITE_SECONDS" "$QEMU10" -M virt -cpu rv64,h=true -smp 2 -m 256M \
		-nographic "$@"
	[ "$STATUS" != 124 ] ||
		fail "hung: ended after $HALITE_SECONDS seconds, see ${CONSOLE#"$TOP"/}"
	count=$(grep -ac 'halite: fatal: ' "$CONSOLE" || true)
	[ "$count" = 1 ] ||
		fail "$count lines with 'halite: fatal: ' instead of one, see ${CONSOLE#"$TOP"/}"
	grep -aqiE "halite: fatal: .*($pattern)" "$CONSOLE" ||
		fail "'$(grep -ao 'halite: fatal: .*' "$CONSOLE")' does not say '$pattern'"
}

# refused_status: QEMU's exit status shows the failure. A Halite that cannot read the device tree
# knows no device for this.
refused_status()
{
	[ "$STATUS" != 0 ] || fail "QEMU's exit status is 0 after a fatal error"
}

test_refuse_no_kernel()
{
	refused "kernel" -kernel "$BUILD/halite.bin"
	refused_status
	refused "kernel" -kernel "$BUILD/halite.bin" \
		-device "guest-loader,addr=0x88000000,initrd=$GUESTS/client/boot.cpio"
	refused_status
}

test_refuse_garbage()
{
	local loader="guest-loader,addr=0x88000000,kernel=$LOGS/garbage.bin"
	head -c 65536 /dev/urandom >"$LOGS/garbage.bin"
	refused "Image|ELF" -kernel "$BUILD/halite.bin" -device "$loader"
	refused_status
	# This file is shorter than each header.
	printf '\177ELF' >"$LOGS/garbage.bin"
	refused "Image|ELF" -kernel "$BUILD/halite.bin" -device "$loader"
	refused_status
	cp /bin/true "$LOGS/garbage.bin"
	refused "Image|ELF" -kernel "$BUILD/halite.bin" -device "$loader"
	refused_status
}

# `give=` with a device that cannot be given, and with a list in which one word is wrong.
test_refuse_give()
{
	local guest=guest-loader,addr=0x88000000,kernel=$GUESTS/basics.elf word
	local message='give=: "(clint|plic|)" is no device that can be given;'
	message+=' a list of fw_cfg,flash,iommu'
	for word in clint flash,plic '' 'fw_cfg,'; do
		refused "$message is expected" -kernel "$BUILD/halite.bin" \
			-append "nacl=all give=$word" -device "$guest"
		refused_status
	done
}

# tree_with_modules KERNEL KERNEL-SIZE RAMDISK RAMDISK-SIZE: makes a device tree in $LOGS/$NAME.dtb
# that has the modules at these addresses. QEMU itself would not place files over each other.
tree_with_modules()
{
	local file=$LOGS/$NAME.dtb
	rm -f "$file"
	make_image "$LOGS/image.bin" $((8 * MIB))
	"$QEMU10" -M virt,dumpdtb="$file" -cpu rv64,h=true -smp 2 -m 256M -nographic \
		-kernel "$LOGS/image.bin" \
		-device "guest-loader,addr=0x88000000,kernel=$LOGS/image.bin,bootargs=x" \
		-device "guest-loader,addr=0x89000000,initrd=$LOGS/image.bin"
	fdtput -t x "$file" "/chosen/$(module_node "$file" 88000000)" reg 0 "$1" 0 "$2"
	fdtput -t x "$file" "/chosen/$(module_node "$file" 89000000)" reg 0 "$3" 0 "$4"
}

module_node()
{
	fdtget -l "$1" /chosen | grep "module@.*$2"
}

# overlap PATTERN KERNEL KERNEL-SIZE RAMDISK RAMDISK-SIZE: Halite refuses modules at these
# addresses.
overlap()
{
	local pattern=$1
	shift
	tree_with_modules "$@"
	refused "$pattern" -kernel "$BUILD/halite.bin" -dtb "$LOGS/$NAME.dtb" \
		-device "loader,file=$LOGS/image.bin,addr=0x$1,force-raw=on"
	refused_status
}

test_refuse_overlap_modules() { overlap "overlap" 88000000 1000 88000800 1000; }
test_refuse_overlap_halite() { overlap "overlap" 88000000 1000 80200000 1000; }
test_refuse_module_outside() { overlap "module|RAM|memory" 88000000 1000 c0000000 1000; }

test_refuse_small_ram()
{
	make_image "$LOGS/image.bin" $((300 * MIB))
	refused "RAM|memory" -kernel "$BUILD/halite.bin" \
		-device "guest-loader,addr=0x88000000,kernel=$LOGS/image.bin"
	refused_status
}

test_refuse_no_h()
{
	refused "H extension|hypervisor extension" -cpu rv64,h=false -kernel "$BUILD/halite.bin" \
		-device "guest-loader,addr=0x88000000,kernel=$GUESTS/client/Image"
	refused_status
}

# Halite cannot read this tree, so it knows no device that ends QEMU with a status: it prints one
# line and powers off. `halite run` fails nevertheless, see test_refuse_run_status.
test_refuse_cut_tree()
{
	build_shim cut_tree 0x90000000
	refused "device tree" -m 512M -kernel "$LOGS/$NAME.elf" \
		-device "loader,file=$BUILD/halite.bin,addr=0x80200000,force-raw=on"
	build_shim cut_tree 0x90000000 -DCUT_HEADER
	refused "device tree" -m 512M -kernel "$LOGS/$NAME.elf" \
		-device "loader,file=$BUILD/halite.bin,addr=0x80200000,force-raw=on"
}

test_refuse_no_sbi()
{
	build_shim no_sbi 0x80000000
	refused "SBI" -smp 1 -bios "$LOGS/$NAME.elf" -kernel "$BUILD/halite.bin"
	refused_status
}

# The structure of this tree is overwritten. `halite run` exits with 1, although QEMU exits with 0.
test_refuse_run_status()
{
	local file=$LOGS/$NAME.dtb
	rm -f "$file"
	"$QEMU10" -M virt,dumpdtb="$file" -cpu rv64,h=true -smp 2 -m 2G -nographic
	printf '\377\377\377\377' | dd of="$file" bs=1 seek=600 conv=notrunc status=none
	with_console "" "$HALITE_SECONDS" "$HALITE" run --kernel "$BUILD/guests/basics.elf" \
		--machine plic -- -dtb "$file"
	expect_status 1
	expect_console 'halite: fatal: device tree' "no message"
}

# A guest that accesses Halite's memory gets the fault that hardware raises for an address without a
# device, and goes on.
test_guest_trespass()
{
	build_shim trespass 0x80200000 -DRAM_END=0xa0000000
	with_console "" "$HALITE_SECONDS" "$HALITE" run --kernel "$LOGS/$NAME.elf" --memory 512M
	expect_status 0
	expect_console '^guest: scause 7$' "no store access fault"
}

# A guest's panic does not end Halite: Halite reboots the machine, and QEMU ends at the reboot.
test_guest_panic()
{
	with_console "" 120 "$HALITE" run --kernel "$GUESTS/client/Image" \
		--append "console=ttyS0 panic=-1" -- -no-reboot
	expect_status 3
	expect_console 'Kernel panic' "no panic"
	! grep -a 'halite: fatal' "$CONSOLE" || fail "a guest's panic is fatal to Halite"
}

# Halite copies itself from 0x200000000 to its home. A number in its tables of constants lies in the
# image there: the offset and the size of the signature of gzip, as a word. It stays what it is.
test_refuse_gzip_high()
{
	local start=$LOGS/$NAME.start kernel=$LOGS/$NAME.gz
	# li t0, 1; slli t0, t0, 33; jr t0
	printf '\x93\x02\x10\x00\x93\x92\x12\x02\x67\x80\x02\x00' >"$start"
	gzip -c "$GUESTS/client/boot.cpio" >"$kernel"
	refused "gzip-compressed data" -m 9G -kernel "$start" \
		-device "loader,file=$BUILD/halite.bin,addr=0x200000000,force-raw=on" \
		-device "guest-loader,addr=0x90000000,kernel=$kernel"
	refused_status
}

refuse_tests()
{
	local name
	for name in no_kernel garbage give overlap_modules overlap_halite module_outside small_ram \
		no_h \
		cut_tree no_sbi run_status gzip_high; do
		test_case "refuse-${name//_/-}" "test_refuse_$name"
	done
	test_case guest-trespass test_guest_trespass
	test_case guest-panic test_guest_panic
}
