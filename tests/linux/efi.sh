# SPDX-License-Identifier: BSD-2-Clause
# Halite as an EFI application: started by EDK2, by GRUB and by U-Boot's bootefi. make_disk() and
# others are in pack.sh.
# shellcheck shell=bash

EFI=$DOWNLOADS/efi/usr
EDK2=$EFI/share/qemu-efi-riscv64
DEVICE_TREE=virt,acpi=off

# field FILE OFFSET SIZE: prints the number of SIZE bytes in FILE.
field() { od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# expect_field FILE OFFSET SIZE VALUE WORDS: fails with WORDS unless FILE has the number there.
expect_field()
{
	local value
	value=$(field "$1" $(($2)) "$3")
	[ "$value" = $(($4)) ] || fail "$5 is $value instead of $(($4)) in ${1#"$TOP"/}"
}

# check_pe FILE MEMORY: the headers of FILE, an EFI application of MEMORY bytes. Offsets and values
# are those of Microsoft's "PE Format" and of UEFI 2.10, "UEFI Images".
check_pe()
{
	local file=$1 memory=$2 size pe optional text data end
	size=$(stat -c %s "$file")
	expect_field "$file" 0 2 0x5a4d "the signature of DOS"
	expect_field "$file" 48 8 0x5643534952 "the magic number of a RISC-V Image"
	expect_field "$file" 56 4 0x05435352 "the second magic number of a RISC-V Image"
	expect_field "$file" 16 8 "$memory" image_size
	pe=$(field "$file" 60 4)
	expect_field "$file" "$pe" 4 0x4550 "the signature of PE"
	expect_field "$file" pe+4 2 0x5064 Machine
	expect_field "$file" pe+6 2 2 NumberOfSections
	# Bit 0 would say that the image cannot be moved.
	expect_field "$file" pe+22 2 "$(field "$file" $((pe + 22)) 2) & ~1 | 2" Characteristics
	optional=$((pe + 24))
	expect_field "$file" optional 2 0x20b "Magic of PE32+"
	expect_field "$file" optional+32 4 4096 SectionAlignment
	expect_field "$file" optional+36 4 512 FileAlignment
	expect_field "$file" optional+56 4 "$memory" SizeOfImage
	expect_field "$file" optional+60 4 4096 SizeOfHeaders
	expect_field "$file" optional+68 2 10 "Subsystem of an EFI application"
	text=$((optional + $(field "$file" $((pe + 20)) 2)))
	data=$((text + 40))
	[ $((data + 40)) -le 4096 ] || fail "the headers are longer than SizeOfHeaders"
	expect_field "$file" text+12 4 4096 "the address of .text"
	expect_field "$file" text+20 4 4096 "the place of .text in the file"
	expect_field "$file" text+36 4 0x60000020 "Characteristics of .text"
	expect_field "$file" data+36 4 0xc0000040 "Characteristics of .data"
	end=$((4096 + $(field "$file" $((text + 8)) 4)))
	expect_field "$file" text+16 4 end-4096 "the size of .text in the file"
	expect_field "$file" data+12 4 end "the address of .data"
	expect_field "$file" data+20 4 end "the place of .data in the file"
	expect_field "$file" data+8 4 memory-end "the size of .data"
	expect_field "$file" data+16 4 size-end "the size of .data in the file"
	[ $((size % 512)) = 0 ] || fail "the size of the file is no multiple of 512"
	expect_field "$file" optional+4 4 end-4096 SizeOfCode
	expect_field "$file" optional+8 4 memory-end SizeOfInitializedData
	expect_field "$file" optional+20 4 4096 BaseOfCode
	[ "$(field "$file" $((optional + 16)) 4)" -lt "$end" ] || fail "the entry is not in .text"
}

test_efi_header()
{
	local start end image=$LOGS/$NAME.image out=$LOGS/$NAME.out
	start=$(symbol riscv_image_start)
	end=$(symbol riscv_image_end)
	check_pe "$BUILD/halite.bin" $((end - start))
	make_image "$image" 8192
	"$HALITE" pack --kernel "$image" -o "$out"
	check_pe "$out" "$(number "$out" 16)"
	"$HALITE" pack --kernel "$image" --initrd "$image" -o "$out"
	check_pe "$out" "$(number "$out" 16)"
	# The room behind a packed tree is in the file.
	"$QEMU10" -M virt,dumpdtb="$out.dtb" -nographic
	"$HALITE" pack --kernel "$image" --dtb "$out.dtb" -o "$out"
	check_pe "$out" "$(number "$out" 16)"
	"$HALITE" pack --list "$out"
}

# symbol NAME: prints the address of a symbol of halite.elf.
symbol()
{
	printf '0x'
	riscv64-unknown-elf-nm "$BUILD/halite.elf" | awk -v name="$1" '$3 == name { print $1 }'
}

# edk2 MACHINE SECONDS ARGUMENTS...: EDK2 on QEMU.
edk2()
{
	local machine=$1 seconds=$2 vars=$LOGS/$NAME.vars
	shift 2
	need_fetched "$EDK2/RISCV_VIRT_CODE.fd"
	cp "$EDK2/RISCV_VIRT_VARS.fd" "$vars"
	with_console "" "$seconds" "$QEMU10" -M "$machine" -cpu rv64,h=true -smp 2 -m 2G \
		-nographic \
		-drive "if=pflash,unit=0,format=raw,readonly=on,file=$EDK2/RISCV_VIRT_CODE.fd" \
		-drive "if=pflash,unit=1,format=raw,file=$vars" "$@"
	# The tail of what EDK2 writes has no line end.
	sed -i 's/Press ESCAPE.*options *//' "$CONSOLE"
}

# edk2_disk MACHINE SECONDS FOLDER: EDK2 with a FAT partition that has the files of FOLDER.
edk2_disk()
{
	local disk=$LOGS/$NAME.disk
	make_disk fat "$3" "$disk"
	edk2 "$1" "$2" -drive "file=$disk,format=raw,if=none,id=disk" \
		-device virtio-blk-device,drive=disk
	rm -f "$disk"
}

# grub FOLDER LINES...: makes GRUB the program that EFI starts, with these lines as its script.
grub()
{
	local folder=$1
	shift
	need_fetched "$EFI/lib/grub/riscv64-efi/linux.mod"
	mkdir -p "$folder/EFI/BOOT"
	printf '%s\n' 'search --set=root --file /guest' "$@" >"$LOGS/$NAME.grub"
	grub-mkimage -d "$EFI/lib/grub/riscv64-efi" -O riscv64-efi -p /boot/grub \
		-c "$LOGS/$NAME.grub" -o "$folder/EFI/BOOT/BOOTRISCV64.EFI" \
		part_msdos fat linux chain search search_fs_file boot echo halt
}

# GRUB's `linux` and `initrd`, as a distribution's entry has them, with that kernel packed.
test_efi_grub()
{
	new_folder
	"$HALITE" pack --kernel "$GUESTS/client/Image" --append console=ttyS0 -o "$FOLDER/guest"
	cp "$GUESTS/client/boot.cpio" "$FOLDER/initrd"
	grub "$FOLDER" 'linux /guest quiet halite.scene=boot' 'initrd /initrd' boot
	edk2_disk "$DEVICE_TREE" 240 "$FOLDER"
	expect_status 0
	expect_console '^halite: kernel at ' "Halite has not started"
	expect_console '^L1: scene boot: exit 0' "L1 has not reached its end"
}

# halite.bin with a bundle as its ramdisk, to a guest of KVM.
test_efi_grub_bundle()
{
	new_folder
	"$HALITE" pack --bundle --kernel "$GUESTS/client/Image" --initrd "$GUESTS/client/l1.cpio" \
		--append "console=ttyS0 earlycon=sbi halite.scene=demo" -o "$FOLDER/guest"
	cp "$BUILD/halite.bin" "$FOLDER"
	grub "$FOLDER" 'linux /halite.bin' 'initrd /guest' boot
	edk2_disk "$DEVICE_TREE" 300 "$FOLDER"
	expect_demo
}

expect_demo()
{
	expect_status 0
	expect_console '^L1: scene demo: exit 0' "L2 has not reached its end"
	expect_console 'reboot: Power down' "L1 did not power off"
}

# demo FILE: packs the demo.
demo()
{
	"$HALITE" pack --kernel "$GUESTS/client/Image" --initrd "$GUESTS/client/l1.cpio" \
		--append "console=ttyS0 earlycon=sbi halite.scene=demo" -o "$1"
}

test_efi_grub_chainloader()
{
	new_folder
	demo "$FOLDER/guest"
	grub "$FOLDER" 'chainloader /guest' boot
	edk2_disk "$1" 300 "$FOLDER"
	expect_demo
}

# The file that EFI starts from a disk without a boot entry, in a machine with AIA.
test_efi_edk2()
{
	new_folder
	mkdir -p "$FOLDER/EFI/BOOT"
	demo "$FOLDER/EFI/BOOT/BOOTRISCV64.EFI"
	edk2_disk "$1" 300 "$FOLDER"
	expect_demo
}

# EDK2 starts what QEMU has for it, and passes ramdisk and command line.
test_efi_edk2_kernel()
{
	local file=$LOGS/$NAME.file
	"$HALITE" pack --kernel "$GUESTS/client/Image" -o "$file"
	edk2 "$DEVICE_TREE" 300 -kernel "$file" -initrd "$GUESTS/client/l1.cpio" \
		-append "console=ttyS0 earlycon=sbi halite.scene=demo"
	rm -f "$file"
	expect_demo
}

# config FOLDER LINES...: makes a folder with halite.bin and a halite.cfg of these lines.
config()
{
	local folder=$1
	shift
	mkdir -p "$folder"
	cp "$BUILD/halite.bin" "$folder"
	printf '%s\n' "$@" >"$folder/halite.cfg"
}

# EDK2's shell makes a boot entry, which then starts halite.bin with the files that halite.cfg
# names. Before that, the shell starts it with a halite.cfg that is wrong.
test_efi_boot_entry()
{
	new_folder
	cp "$GUESTS/client/Image" "$FOLDER/Image"
	mkdir -p "$FOLDER/guest"
	cp "$GUESTS/client/boot.cpio" "$FOLDER/guest/initrd"
	config "$FOLDER/guest" '# the guest' 'kernel = /Image' 'ramdisk = initrd' \
		'append = console=ttyS0' 'options = nacl=sync_csr'
	config "$FOLDER/wrong" 'kernel = /Image' 'ramdisk = /nowhere'
	printf '%s\r\n' 'fs0:' '\wrong\halite.bin' 'echo the shell goes on' \
		'bcfg boot add 0 fs0:\guest\halite.bin Halite' \
		'bcfg boot -opt 0 fs0:\options' reset >"$FOLDER/startup.nsh"
	# The optional data of the entry are LoadOptions: text in UTF-16.
	printf 'quiet halite.scene=boot' | iconv -f ASCII -t UTF-16LE >"$FOLDER/options"
	edk2_disk "$DEVICE_TREE" 240 "$FOLDER"
	expect_status 0
	# EDK2 begins a new line after 80 characters.
	expect_console "halite: halite.cfg: line 2: ramdisk: '/nowhere': there is no such file" \
		"no reason"
	expect_console 'the shell goes on' "Halite has not returned"
	expect_console '^halite: level 0, .* for the guest: sync_csr' "not Halite's command line"
	expect_console '^L1: scene boot: exit 0' "L1 has not reached its end"
}

# config_of_basics FOLDER: a bare-metal guest, by halite.cfg.
config_of_basics()
{
	config "$1" 'kernel = basics.elf' 'append = by-halite.cfg' 'options = nacl=none'
	cp "$GUESTS/basics.elf" "$1"
}

expect_basics()
{
	expect_status 0
	expect_console '^halite: level 0, .* for the guest: none' "not the options of halite.cfg"
	expect_console '^ok [0-9]+ srst: ' "the guest has not reached its end"
	! grep -aq '^not ok' "$CONSOLE" || fail "a check of the guest fails"
}

# `bootefi` behind `load`, which tells it the folder of halite.cfg. With a size behind the address,
# U-Boot 2023.01 forgets the folder.
test_efi_u_boot_config()
{
	new_folder
	config_of_basics "$FOLDER/guest"
	script "$FOLDER" 'load virtio 0:1 0x90000000 /guest/halite.bin' \
		'bootefi 0x90000000 ${fdtcontroladdr}'
	u_boot fat virt 100 "$FOLDER"
	expect_basics
}

# Two domains by halite.cfg. Before that, one that has an error.
test_efi_u_boot_domains()
{
	local out own="harts=1 memory=10 ticks=1e8480"
	new_folder
	config "$FOLDER/wrong" 'domain = name=A,memory=3M,kernel=/domains.image'
	config "$FOLDER/guest" 'options = nacl=none' \
		"domain = name=A,memory=16M,kernel=/domains.image,append=$own no-hart=1" \
		"domain = name=B,harts=1,memory=16M,kernel=/domains.image,append=$own no-hart=0" \
		'shared-memory = name=ring,size=64K,domains=A:B'
	cp "$GUESTS/domains.image" "$FOLDER"
	script "$FOLDER" 'load virtio 0:1 0x90000000 /wrong/halite.bin' \
		'bootefi 0x90000000 ${fdtcontroladdr}' \
		'load virtio 0:1 0x90000000 /guest/halite.bin' \
		'bootefi 0x90000000 ${fdtcontroladdr}'
	u_boot fat virt 100 "$FOLDER"
	out="halite.cfg: line 1: domain: memory: '3M': a size such as 512M, in units of 2M"
	expect_console "$out" "no reason"
	expect_console '^halite: level 0, .* for the guest: none' "not the options of halite.cfg"
	expect_console '^halite: domain B: harts 1, 16 MiB of RAM' "B has other parts"
	expect_console '^halite: shared memory ring: 64 KiB' "no shared memory"
	domain_passed A
	domain_passed B
}

test_efi_chainloader_config()
{
	new_folder
	config_of_basics "$FOLDER/guest"
	grub "$FOLDER" 'chainloader /guest/halite.bin' boot
	edk2_disk "$DEVICE_TREE" 200 "$FOLDER"
	expect_basics
}

# test_efi_u_boot FIRMWARE MACHINE
test_efi_u_boot()
{
	new_folder
	need_fetched "$1"
	demo "$FOLDER/guest"
	script "$FOLDER" 'load virtio 0:1 0x90000000 /guest' \
		'bootefi 0x90000000:$filesize ${fdtcontroladdr}'
	U_BOOT=$1 u_boot fat "$2" 300 "$FOLDER"
	expect_console 'Booting ' "U-Boot did not start it by EFI"
	expect_demo
}

# What Halite says while EFI runs. The boot loader goes on.
test_refuse_efi()
{
	new_folder
	cp "$BUILD/halite.bin" "$FOLDER/halite"
	script "$FOLDER" 'load virtio 0:1 ${kernel_addr_r} /halite' \
		'bootefi ${kernel_addr_r} ${fdtcontroladdr}' 'echo the loader goes on' poweroff
	u_boot fat virt 60 "$FOLDER"
	expect_console "^halite: no kernel: start a file that 'halite pack' has made" "no reason"
	expect_console '^the loader goes on' "Halite has not returned"
	cp "$BUILD/halite.bin" "$FOLDER/guest"
	grub "$FOLDER" 'chainloader /guest' boot 'echo the loader goes on' halt
	edk2_disk virt 200 "$FOLDER"
	expect_status 0
	# EDK2 begins a new line after 80 characters.
	expect_console '^halite: EFI gives no device tree, and Halite does not read' "no reason"
	expect_console 'acpi=off\)' "no remedy"
	expect_console 'the loader goes on' "Halite has not returned"
}

# Started by EFI, a packed file that was altered ends as it does with other boot loaders.
test_refuse_efi_pack()
{
	new_folder
	"$HALITE" pack --kernel "$GUESTS/basics.elf" -o "$FOLDER/guest"
	alter "$FOLDER/guest" $(($(offset_of kernel "$FOLDER/guest") + 70000))
	script "$FOLDER" 'load virtio 0:1 ${kernel_addr_r} /guest' \
		'bootefi ${kernel_addr_r} ${fdtcontroladdr}'
	make_disk fat "$FOLDER" "$LOGS/$NAME.disk"
	with_console "" 60 "$QEMU10" -M virt -cpu rv64,h=true -m 2G -nographic -kernel "$U_BOOT" \
		-drive "file=$LOGS/$NAME.disk,format=raw,if=none,id=disk" \
		-device virtio-blk-device,drive=disk
	expect_status 1
	expect_console '^halite: fatal: packed file: the kernel at .* has the CRC ' "no reason"
}

efi_tests()
{
	test_case efi-header test_efi_header
	test_case refuse-efi test_refuse_efi
	test_case refuse-efi-pack test_refuse_efi_pack
	test_case efi-grub-linux test_efi_grub
	test_case efi-boot-entry test_efi_boot_entry
	test_case efi-u-boot-config test_efi_u_boot_config
	test_case efi-u-boot-domains test_efi_u_boot_domains
}

efi_tests_long()
{
	test_case efi-grub-bundle test_efi_grub_bundle
	test_case efi-grub-chainloader test_efi_grub_chainloader "$DEVICE_TREE"
	test_case efi-grub-chainloader-config test_efi_chainloader_config
	test_case efi-edk2-aia test_efi_edk2 "$AIA,acpi=off"
	test_case efi-edk2-kernel test_efi_edk2_kernel
	test_case efi-u-boot test_efi_u_boot "$U_BOOT" "$AIA"
	test_case efi-u-boot-2025 test_efi_u_boot \
		"$EFI/lib/u-boot/qemu-riscv64_smode/uboot.elf" virt
}
