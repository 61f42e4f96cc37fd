# SPDX-License-Identifier: BSD-2-Clause
# `halite pack`: its messages, the files that it makes, and how Halite and U-Boot take them.
# shellcheck shell=bash

AIA=virt,aia=aplic-imsic,aia-guests=7
U_BOOT=/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf

# number FILE OFFSET: prints the 64-bit number in FILE.
number() { od -A n -t u8 -j "$2" -N 8 "$1" | tr -d ' '; }

# alter FILE OFFSET: changes the byte at OFFSET, which is not 0xee.
alter() { printf '\356' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# list_fails PATTERN FILE: `halite pack --list FILE` ends with status 1 and one line with PATTERN.
list_fails()
{
	local output status=0
	output=$("$HALITE" pack --list "$2" 2>&1 >/dev/null) || status=$?
	printf '%s: %s (status %s)\n' "$2" "$output" "$status"
	[ "$status" = 1 ] || fail "--list $2: status $status instead of 1"
	[ "$(wc -l <<<"$output")" = 1 ] || fail "--list $2: not one line: $output"
	grep -qF -e "$1" <<<"$output" || fail "--list $2: '$output' does not say '$1'"
}

# offset_of MODULE FILE: prints where MODULE is in FILE.
offset_of() { "$HALITE" pack --list "$2" | sed -n "s/^$1  *\(0x[0-9a-f]*\),.*/\1/p"; }

test_tool_pack_arguments()
{
	local image=$LOGS/image.bin out=$LOGS/$NAME.out long option value
	make_image "$image" 8192
	rm -f "$out" "$out".*
	grep -q -e '--bundle' <<<"$("$HALITE" pack --help)"
	refuses "--kernel is missing" pack -o "$out"
	refuses "-o is missing" pack --kernel "$image"
	refuses "-o: its value is missing" pack --kernel "$image" -o
	refuses "unknown word 'x'; expected an option" pack --kernel "$image" x
	refuses "'--bundle=1': --bundle takes no value" pack --kernel "$image" --bundle=1
	refuses "2 levels; expected one: a pack has one Halite" pack --kernel "$image" -o "$out" \
		--nacl all,none
	refuses "unknown option '--cpus'" pack --kernel "$image" --cpus 2 -o "$out"
	refuses "'sync_all' is no feature" pack --kernel "$image" --nacl sync_all -o "$out"
	refuses "--give 'clint'" pack --kernel "$image" --give clint -o "$out"
	refuses "--initrd: '/nowhere'" pack --kernel "$image" --initrd /nowhere -o "$out"
	refuses "'/nowhere/x': cannot make it" pack --kernel "$image" -o /nowhere/x
	rm -f "$out.link" "$out.pipe"
	ln -s "$out" "$out.link"
	mkfifo "$out.pipe"
	refuses "'$LOGS': it is there and is not a regular file" pack --kernel "$image" -o "$LOGS"
	refuses "'$out.link': it is there" pack --kernel "$image" -o "$out.link"
	refuses "'$out.pipe': it is there" pack --kernel "$image" -o "$out.pipe"
	[ -L "$out.link" ] && [ -p "$out.pipe" ] || fail "pack replaced a link or a pipe"
	refuses "'$image': it is the input '$image'" pack --kernel "$image" -o "$image"
	refuses "it is the input '$image'" pack --kernel "$image" \
		-o "$LOGS/../${LOGS##*/}/image.bin"
	refuses "--dtb: '$image' is no device tree" pack --kernel "$image" --dtb "$image" -o "$out"
	long=$(printf '%2048s' x)
	refuses "--append: 2048 characters; at most 2047" pack --kernel "$image" \
		--append "$long" -o "$out"
	HALITE_BIN=/nowhere/halite.bin refuses "'/nowhere/halite.bin'" pack --kernel "$image" \
		-o "$out"
	while read -r option value; do
		refuses "$option: it is given twice" pack --kernel "$image" -o "$out" \
			$option $value $option $value
	done <<-'END'
		--initrd a
		--append a
		--dtb a
		--nacl all
		--give flash
		--stats
		--bundle
	END
	refuses "--kernel: it is given twice" pack --kernel "$image" --kernel="$image" -o "$out"
	refuses "-o: it is given twice" pack --kernel "$image" -o "$out" -o "$out"
	# A file that has the output's name and more is nobody's business.
	printf 'mine\n' >"$out.new"
	(umask 027 && "$HALITE" pack --kernel "$image" -o "$out")
	[ "$(stat -c %a "$out")" = 640 ] || fail "the mode is not what the umask says"
	HALITE_BIN=$out refuses "is no plain halite.bin" pack --kernel "$image" -o "$out.2"
	refuses "--dtb: '$image' is no device tree" pack --kernel "$image" --dtb "$image" \
		-o "$out.2"
	[ "$(cat "$out.new")" = mine ] || fail "a file of the user is replaced"
	[ "$(echo "$out"*)" = "$out $out.link $out.new $out.pipe" ] ||
		fail "files of failed calls are left: $(echo "$out"*)"
}

# make_elf FILE DIGITS: makes a static RISC-V ELF of one segment, which has no contents, at address
# 0xffffffffDIGITS.
make_elf()
{
	{
		printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\363\0'
		word32 1
		word32 "0x$2"
		word32 -1
		word32 64
		head -c 16 /dev/zero
		printf '\100\0\70\0\1\0\0\0\0\0\0\0'
		word32 1
		word32 7
		head -c 8 /dev/zero
		for _ in 1 2; do
			word32 "0x$2"
			word32 -1
		done
		head -c 8 /dev/zero
		word32 4096
		head -c 12 /dev/zero
	} >"$1"
}

test_tool_pack_kernels()
{
	local image=$LOGS/$NAME.image file=$LOGS/$NAME.kernel out=$LOGS/$NAME.out
	make_image "$image" 8192
	cp "$image" "$file"
	printf 'MZ' | dd of="$file" conv=notrunc status=none
	printf 'ARM\x64' | dd of="$file" bs=1 seek=56 conv=notrunc status=none
	refuses "an arm64 Linux Image: give a kernel for RISC-V" pack --kernel "$file" -o "$out"
	make_elf "$file" 80000000
	refuses "give arch/riscv/boot/Image" pack --kernel "$file" -o "$out"
	refuses "give arch/riscv/boot/Image" run --kernel "$file"
	xz -c "$image" >"$file"
	refuses "unpack it with unxz" pack --kernel "$file" -o "$out"
	gzip -c "$image" | head -c 60 >"$file"
	refuses "the gzip data is cut short or damaged" pack --kernel "$file" -o "$out"
	zstd -q -c "$image" | head -c 30 >"$file"
	refuses "the zstd data is cut short or damaged" pack --kernel "$file" -o "$out"
	head -c 8192 /dev/zero | gzip -c >"$file"
	refuses "'$file' is neither a RISC-V Linux Image" pack --kernel "$file" -o "$out"
	make_zboot "$file" lzma 64 4 <<<abcd
	refuses "zboot image with lzma data" pack --kernel "$file" -o "$out"
	make_zboot "$file" gzip 64 6 <<<abcd
	refuses "its payload is not in the file" pack --kernel "$file" -o "$out"
}

# make_zboot FILE TYPE OFFSET SIZE: makes an EFI zboot image with standard input as its payload.
make_zboot()
{
	{
		printf 'MZ\0\0zimg'
		word32 "$3"
		word32 "$4"
		head -c 8 /dev/zero
		printf '%s' "$2"
		head -c $(($3 - 24 - ${#2})) /dev/zero
		cat
	} >"$1"
}

# All ways to compress a kernel give the same packed file.
test_tool_pack_compressed()
{
	local image=$LOGS/$NAME.image file=$LOGS/$NAME.kernel out=$LOGS/$NAME.out kind
	make_image "$image" 8192
	head -c 3000000 /dev/urandom >>"$image"
	"$HALITE" pack --kernel "$image" -o "$out.plain"
	for kind in gzip zstd zboot-gzip zboot-zstd; do
		"${kind#zboot-}" -q -c "$image" >"$file.payload"
		case $kind in
		zboot-*)
			make_zboot "$file" "${kind#zboot-}" 512 "$(stat -c %s "$file.payload")" \
				<"$file.payload"
			word32 3004096 >>"$file"
			;;
		*) mv "$file.payload" "$file" ;;
		esac
		"$HALITE" pack --kernel "$file" -o "$out"
		cmp "$out.plain" "$out" || fail "$kind makes another file"
	done
}

# The places of the modules, and image_size. An image of 64 KiB has 3 MiB with its bss.
test_tool_pack_layout()
{
	local image=$LOGS/$NAME.image out=$LOGS/$NAME.out kernel ramdisk
	make_image "$image" $((3 * 1024 * 1024))
	"$HALITE" pack --kernel "$image" --initrd "$image" --append 'a=1 b' --nacl none \
		--give flash --stats -o "$out"
	"$HALITE" pack --list "$out"
	grep -qx "Halite's command line: nacl=none give=flash stats" \
		<<<"$("$HALITE" pack --list "$out")"
	grep -qx "guest's command line: a=1 b" <<<"$("$HALITE" pack --list "$out")"
	kernel=$(offset_of kernel "$out")
	ramdisk=$(offset_of ramdisk "$out")
	[ $((kernel % 0x200000)) = 0 ] || fail "the kernel cannot run where it is: $kernel"
	[ $((ramdisk)) -ge $((kernel + 3 * 1024 * 1024)) ] || fail "the ramdisk is in the bss"
	[ $((ramdisk % 0x200000)) = 0 ] || fail "Linux would take the memory of the ramdisk"
	cmp -n 4096 -i 0:"$((kernel))" "$image" "$out"
	cmp -n 4096 -i 0:"$((ramdisk))" "$image" "$out"
	[ "$(number "$out" 16)" -ge "$(stat -c %s "$out")" ] || fail "image_size is too small"
	cmp -i 512 -n 40000 "$BUILD/halite.bin" "$out"
	"$HALITE" pack --kernel "$image" -o "$out"
	[ "$(number "$out" 16)" -ge $(($(offset_of kernel "$out") + 3 * 1024 * 1024)) ] ||
		fail "image_size lacks the kernel's bss"
}

test_tool_pack_list()
{
	local image=$LOGS/$NAME.image out=$LOGS/$NAME.out offset kind options
	make_image "$image" 8192
	for kind in packed bundle; do
		options=()
		[ "$kind" = packed ] || options=(--bundle)
		"$HALITE" pack --kernel "$image" --initrd "$image" "${options[@]}" -o "$out"
		"$HALITE" pack --list "$out"
		offset=$(offset_of ramdisk "$out")
		cp "$out" "$out.2"
		alter "$out.2" $((offset + 4095))
		list_fails "wrong CRC of this module: copy the file again" "$out.2"
		head -c -1 "$out" >"$out.2"
		list_fails "the file is cut short" "$out.2"
		offset=$(($(offset_of kernel "$out") & ~0x1fffff))
		[ "$kind" = bundle ] || offset=$(number "$BUILD/halite.bin" 16)
		cp "$out" "$out.2"
		alter "$out.2" $((offset + 3000))
		list_fails "wrong CRC of the header" "$out.2"
		head -c $((offset + 4095)) "$out" >"$out.2"
		list_fails "the header is cut short" "$out.2"
		cp "$out" "$out.2"
		alter "$out.2" $((offset + 8))
		list_fails "has format 238; expected 2" "$out.2"
	done
	for kind in gzip zstd; do
		"$kind" -q -c "$out" >"$out.2"
		[ "$("$HALITE" pack --list "$out.2")" = "$("$HALITE" pack --list "$out")" ] ||
			fail "--list of a file packed by $kind is another"
		head -c -9 "$out.2" >"$out.3"
		list_fails "the $kind data is cut short or damaged" "$out.3"
	done
	list_fails "has no pack" "$BUILD/halite.bin"
	list_fails "has no pack: give a file" "$TOP/README.md"
	# So little is left that it is not seen to be a pack.
	head -c 5000 "$BUILD/halite.bin" >"$out.2"
	list_fails "has no pack, or is cut short before it" "$out.2"
	refuses "--list with other options" pack --list "$out" --kernel "$out"
	refuses "--list with other options" pack --list "$out" --bundle
	refuses "--list: it is given twice" pack --list "$out" --list "$out"
	refuses "--list: its value is missing" pack --list
}

# nodes_of DTB: prints the nodes of domains in the device tree without their places.
nodes_of()
{
	dtc -q -I dtb -O dts -s "$1" | sed 's/^\t*//' | awk '
		/^domain-/ { inside = 1 }
		inside && !/^reg = / { sub(/^module@[0-9a-f]*/, "module"); print }
		inside { depth += /\{$/; depth -= /^};/; inside = depth > 0 }'
}

# The nodes of domains in a pack are those that `halite run` gives QEMU.
test_tool_pack_domains()
{
	local image=$LOGS/$NAME.image out=$LOGS/$NAME.out dtb=$LOGS/$NAME.dtb domains a b place
	make_image "$image" $((9 * 1024 * 1024))
	a="name=a,cpus=2,memory=64M,kernel=$image,append=x=1,,2 y,devices=/soc/rtc@101000,power"
	b="name=b,harts=5:3,memory=62M,kernel=$image,initrd=$image,nacl=sync_csr+sync_sret"
	b+=",dma=trusted"
	domains=(--domain "$a" --domain "$b")
	cat >"$LOGS/$NAME.qemu" <<-SCRIPT
		#!/bin/sh
		case "\$*" in -version | *dumpdtb=*) exec "$QEMU10" "\$@" ;; esac
		while [ \$# -gt 1 ]; do [ "\$1" != -dtb ] || cat "\$2" >"$dtb"; shift; done
	SCRIPT
	chmod +x "$LOGS/$NAME.qemu"
	"$HALITE" run --qemu "$LOGS/$NAME.qemu" --nacl none "${domains[@]}" || [ $? = 1 ]
	gzip -c "$image" >"$LOGS/$NAME.gz"
	"$HALITE" pack --bundle --nacl none "${domains[@]/kernel=$image/kernel=$LOGS/$NAME.gz}" \
		-o "$out"
	place=$(($(offset_of domains "$out") + 0x100000))
	tail -c +$((place + 1)) "$out" >"$out.dtb"
	nodes_of "$dtb" >"$dtb.nodes"
	nodes_of "$out.dtb" >"$out.nodes"
	[ "$(grep -c '^module {' "$out.nodes")" = 3 ] || fail "not three modules"
	cmp "$dtb.nodes" "$out.nodes" || fail "the nodes are others than those of halite run"
	[ "$(fdtget -l "$out.dtb" / | tr '\n' ' ')" = "domain-a domain-b " ] || fail "their order"
	# Each file is where the list says.
	place=$("$HALITE" pack --list "$out" | sed -n 's/^  ramdisk  *\(0x[0-9a-f]*\),.*/\1/p')
	cmp -n 4096 -i 0:$((place)) "$image" "$out" || fail "the ramdisk is elsewhere"
	[ "$("$HALITE" pack --list "$out" | grep -c '^  kernel .* 4096 bytes$')" = 2 ] ||
		fail "--list: not two kernels"
	! "$HALITE" pack --list "$out" | grep "guest's command line" || fail "a line of no guest"
	[ "$("$HALITE" pack --list "$out" | sed -n '/^domain /,$p' | sed 's/ 0x[0-9a-f]*,//')" = \
		"domain a
  cpus     2
  memory   65536K
  devices  /soc/rtc@101000
  nacl     none
  power
  kernel   $(stat -c %s "$image") bytes
  append   x=1,2 y
domain b
  harts    5:3
  memory   63488K
  nacl     sync_csr,sync_sret
  dma      trusted
  kernel   $(stat -c %s "$image") bytes
  append   console=ttyS0 panic=-1
  ramdisk  $(stat -c %s "$image") bytes" ] || fail "--list: other parts of the domains"
	a=name=a,memory=64M,kernel=$image
	refuses "--kernel is missing" pack -o "$out"
	refuses "-o is missing" pack --domain "$a"
	refuses "--domain with --kernel: expected" pack --domain "$a" --kernel "$image" -o "$out"
	refuses "--domain with --initrd: expected" pack --domain "$a" --initrd "$image" -o "$out"
	refuses "--domain with --append: expected" pack --domain "$a" --append x -o "$out"
	refuses "--domain: name 'a': another domain has it" pack --domain "$a" \
		--domain "$a" -o "$out"
	refuses "--domain a: cpu: unknown key" pack --domain "$a,cpu=1" -o "$out"
	refuses "--domain a: kernel: '$0' is neither" pack --domain "${a/$image/$0}" -o "$out"
	refuses "--domain a: initrd: '/nowhere'" pack --domain "$a,initrd=/nowhere" -o "$out"
	refuses "--domain a: memory: 2 MiB is too little for the kernel" pack \
		--domain "${a/64M/2M}" -o "$out"
	refuses "it is the input '$image'" pack --domain "$a" -o "$image"
	# With --dtb, the devices are looked up at once, and their paths are packed.
	"$QEMU10" -M virt,dumpdtb="$out.tree" -nographic
	refuses "--domain a: devices 'rtc': expected the path, the alias or the unique name" pack \
		--domain "$a,devices=rtc" --dtb "$out.tree" -o "$out"
	refuses "--domain b: devices '/soc/rtc@101000': domain a has this device" pack \
		--domain "$a,devices=rtc@101000" --dtb "$out.tree" -o "$out" \
		--domain "name=b,memory=64M,kernel=$image,devices=/soc/rtc@101000"
	"$HALITE" pack --domain "$a,devices=rtc@101000:serial0" --dtb "$out.tree" -o "$out"
	grep -qaF '/soc/rtc@101000'$'\n' <<<"$(tr '\0' '\n' <"$out")" ||
		fail "the path of the device is not packed"
	# Behind its header, the tree is damaged: a node does not end.
	dd if=/dev/zero of="$out.tree" bs=1 seek=$(($(fdt_struct "$out.tree") + 4)) count=400 \
		conv=notrunc status=none
	refuses "--dtb: '$out.tree' is no device tree, or is damaged" pack --domain "$a" \
		--dtb "$out.tree" -o "$out"
}

# fdt_struct TREE: prints the offset of the tree's structure block (off_dt_struct).
fdt_struct() { printf '%d' "0x$(od -A n -t x1 -j 8 -N 4 "$1" | tr -d ' ')"; }

# Halite's messages about what boot loaders give it.
test_refuse_pack()
{
	local out=$LOGS/$NAME.out remedy="load all of the file again"
	"$HALITE" pack --kernel "$GUESTS/basics.elf" -o "$out"
	cp "$out" "$out.2"
	alter "$out.2" $(($(offset_of kernel "$out") + 70000))
	refused "packed file: the kernel at .* has the CRC .*$remedy" -kernel "$out.2"
	refused_status
	head -c $(($(number "$BUILD/halite.bin" 16) - 4096)) "$out" >"$out.2"
	refused "packed file: no header at .* the file is cut short.*$remedy" -kernel "$out.2"
	refused_status
	"$HALITE" pack --bundle --kernel "$GUESTS/basics.elf" -o "$out.bundle"
	refused "start halite.bin with the bundle" -kernel "$out" -initrd "$out.bundle"
	refused_status
	alter "$out.bundle" 70000
	refused "bundle .*: the kernel at .* has the CRC .*$remedy" -kernel "$BUILD/halite.bin" \
		-initrd "$out.bundle"
	refused_status
}

# The packed tree is used: it has one hart of the two, and reserves the end of RAM, so Halite is
# below that. RAM is the machine's. The loader's bootargs are not Halite's.
test_pack_dtb()
{
	local tree=$LOGS/$NAME.dtb out=$LOGS/$NAME.out
	rm -f "$tree"
	"$QEMU10" -M virt,dumpdtb="$tree" -cpu rv64,h=true -smp 2 -m 128M -nographic
	fdtput -t s "$tree" /cpus/cpu@1 status disabled
	fdtput -p -t x "$tree" /reserved-memory/end@8f800000 reg 0 8f800000 0 800000
	fdtput -t x "$tree" /reserved-memory '#address-cells' 2
	fdtput -t x "$tree" /reserved-memory '#size-cells' 2
	"$HALITE" pack --kernel "$GUESTS/cage.elf" --dtb "$tree" -o "$out"
	with_console "" 60 "$QEMU10" -M virt -cpu rv64,h=true -smp 2 -m 256M -nographic \
		-kernel "$out" -append 'give=nothing'
	expect_console '^halite: 1 hart, boot hart 0' "not the packed tree"
	expect_console '^halite: RAM from 0x80000000, 256 MiB, .* at 0x8f000000$' \
		"not the machine's RAM, or not what the tree leaves of it"
	expect_console '^halite: kernel at ' "the guest was not started"
}

# make_disk KIND FOLDER FILE: makes a disk with one partition, which is bootable and has the files
# of FOLDER. KIND is fat or ext4.
make_disk()
{
	local kind=$1 folder=$2 file=$3 sectors type='\203'
	sectors=$(($(du -s -m --apparent-size "$folder" | cut -f 1) * 2560 + 65536))
	[ "$kind" = ext4 ] || type='\014'
	rm -f "$file"
	truncate -s $(((sectors + 2048) * 512)) "$file"
	# The partition table of a master boot record has its first entry at 446.
	{
		# shellcheck disable=SC2059 # type is an escape sequence
		printf '\200\0\0\0'"$type"'\0\0\0'
		word32 2048
		word32 "$sectors"
		head -c 48 /dev/zero
		printf '\125\252'
	} | dd of="$file" bs=1 seek=446 conv=notrunc status=none
	if [ "$kind" = ext4 ]; then
		mke2fs -q -t ext4 -d "$folder" -E offset=1048576 "$file" $((sectors / 2))k
	else
		mformat -i "$file@@1M" -F -T "$sectors" -h 64 -s 32 ::
		mcopy -s -i "$file@@1M" "$folder"/* ::/
	fi
}

# u_boot KIND MACHINE SECONDS FOLDER: U-Boot boots from a disk with the files of FOLDER.
u_boot()
{
	local disk=$LOGS/$NAME.disk
	make_disk "$1" "$4" "$disk"
	with_console "" "$3" "$QEMU10" -M "$2" -cpu rv64,h=true -smp 2 -m 2G -nographic \
		-kernel "$U_BOOT" -drive "file=$disk,format=raw,if=none,id=disk" \
		-device virtio-blk-device,drive=disk
	rm -f "$disk"
	expect_status 0
}

# extlinux FOLDER LINES...: makes extlinux.conf with one entry of these lines.
extlinux()
{
	local folder=$1
	shift
	mkdir -p "$folder/extlinux"
	{
		printf 'default halite\nlabel halite\n'
		printf '\t%s\n' "$@"
	} >"$folder/extlinux/extlinux.conf"
}

# script FOLDER LINES...: makes a script for U-Boot with these lines.
script()
{
	local folder=$1
	shift
	printf '%s\n' "$@" >"$folder/boot.cmd"
	mkimage -A riscv -T script -d "$folder/boot.cmd" "$folder/boot.scr"
}

# new_folder: makes the empty folder $FOLDER.
new_folder()
{
	FOLDER=$LOGS/$NAME.files
	rm -rf "$FOLDER"
	mkdir -p "$FOLDER"
}

# The lines of README.md make a bootable folder. The ramdisk's default scene waits for input, so the
# test names another one.
test_pack_readme()
{
	new_folder
	mkdir "$FOLDER/build"
	ln -s "$HALITE" "$FOLDER/build/halite"
	ln -s "$GUESTS/client/Image" "$FOLDER/Image"
	ln -s "$GUESTS/client/boot.cpio" "$FOLDER/initrd.cpio"
	# With their indent, as somebody copies them from the file.
	sed -n '/^## Start it on your board/,/^Copy what is in/{/^    /p}' "$TOP/README.md" \
		>"$FOLDER/lines"
	[ "$(wc -l <"$FOLDER/lines")" = 5 ] || fail "README.md has other lines than expected"
	(cd "$FOLDER" && bash -eu lines)
	sed -i 's/append .*/& halite.scene=boot/' "$FOLDER/boot/extlinux/extlinux.conf"
	u_boot "$1" "$2" 120 "$FOLDER/boot"
	expect_console '^L1: scene boot: exit 0' "L1 has not reached its end"
}

# test_pack_extlinux KIND MACHINE [COMMAND]: a packed file that COMMAND has compressed, with a
# bare-metal guest, by extlinux.conf.
test_pack_extlinux()
{
	new_folder
	"$HALITE" pack --kernel "$GUESTS/basics.elf" -o "$FOLDER/guest"
	[ $# = 2 ] || "$3" "$FOLDER/guest"
	extlinux "$FOLDER" "kernel /$(ls "$FOLDER")" 'append quiet'
	u_boot "$1" "$2" 60 "$FOLDER"
	expect_console '^ok [0-9]+ srst: ' "the guest has not reached its end"
	! grep -aq '^not ok' "$CONSOLE" || fail "a check of the guest fails"
}

# A kernel in the packed file; ramdisk and command line from the boot loader, by a script.
test_pack_script()
{
	new_folder
	"$HALITE" pack --kernel "$GUESTS/client/Image" --append console=ttyS0 -o "$FOLDER/guest"
	cp "$GUESTS/client/boot.cpio" "$FOLDER/initrd"
	script "$FOLDER" 'setenv bootargs quiet halite.scene=boot' \
		'load virtio 0:1 ${kernel_addr_r} /guest' \
		'load virtio 0:1 ${ramdisk_addr_r} /initrd' \
		'booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}'
	u_boot "$1" "$2" 120 "$FOLDER"
	expect_console '^L1: scene boot: exit 0' "L1 has not reached its end"
}

# fit FOLDER FILE: makes FOLDER/image.itb, a FIT of FILE as its kernel (U-Boot, "Flattened Image
# Tree"). The file is compressed, and U-Boot unpacks it to the address "load".
fit()
{
	local folder=$1 file=$2
	gzip -c "$file" >"$LOGS/$NAME.gz"
	cat >"$LOGS/$NAME.its" <<-END
		/dts-v1/;
		/ {
			description = "Halite and its guest";
			#address-cells = <1>;
			images {
				kernel {
					data = /incbin/("$LOGS/$NAME.gz");
					type = "kernel";
					arch = "riscv";
					os = "linux";
					compression = "gzip";
					load = <0x84000000>;
					entry = <0x84000000>;
					hash { algo = "sha256"; };
				};
			};
			configurations {
				default = "halite";
				halite { kernel = "kernel"; };
			};
		};
	END
	mkimage -f "$LOGS/$NAME.its" "$folder/image.itb"
}

# A packed file in a FIT, as many boards have in their flash; U-Boot checks its hash.
test_pack_fit()
{
	new_folder
	"$HALITE" pack --kernel "$GUESTS/basics.elf" -o "$LOGS/$NAME.file"
	fit "$FOLDER" "$LOGS/$NAME.file"
	script "$FOLDER" 'load virtio 0:1 0x90000000 /image.itb' \
		'bootm 0x90000000 - ${fdtcontroladdr}'
	u_boot "$1" "$2" 60 "$FOLDER"
	expect_console 'sha256\+ OK' "U-Boot has not checked the FIT"
	expect_console '^ok [0-9]+ srst: ' "the guest has not reached its end"
	! grep -aq '^not ok' "$CONSOLE" || fail "a check of the guest fails"
}

# All of the demo's modules in a packed file. U-Boot's own addresses have no room for it.
test_pack_large()
{
	new_folder
	"$HALITE" pack --kernel "$GUESTS/client/Image" --initrd "$GUESTS/client/l1.cpio" \
		--append "console=ttyS0 quiet halite.scene=kvm" -o "$FOLDER/guest" \
		2>"$LOGS/$NAME.err"
	grep -q '^halite: note: .* needs 17[0-9] MiB' "$LOGS/$NAME.err" ||
		fail "no note of its size"
	script "$FOLDER" 'load virtio 0:1 0x90000000 /guest' 'booti 0x90000000 - ${fdtcontroladdr}'
	u_boot "$1" "$2" 120 "$FOLDER"
	expect_console '^L1: KVM is loaded' "KVM is not loaded"
	expect_console '^L1: scene kvm: exit 0' "L1 has not reached its end"
}

# A bundle with the demo's modules beside halite.bin, by extlinux.conf, to a guest of KVM.
test_pack_bundle()
{
	new_folder
	"$HALITE" pack --bundle --kernel "$GUESTS/client/Image" --initrd "$GUESTS/client/l1.cpio" \
		--append "console=ttyS0 earlycon=sbi" -o "$FOLDER/guest"
	cp "$BUILD/halite.bin" "$FOLDER"
	extlinux "$FOLDER" 'kernel /halite.bin' 'initrd /guest' 'append halite.scene=demo'
	u_boot "$1" "$2" 300 "$FOLDER"
	expect_console '^L1: scene demo: exit 0' "L2 has not reached its end"
	expect_console 'reboot: Power down' "L1 did not power off"
}

# test_u_boot_guest SECONDS RAMDISK SCENE OPTIONS...: U-Boot is the guest of Halite. It boots Debian
# from a disk, by the disk's own extlinux.conf, which knows nothing of Halite.
test_u_boot_guest()
{
	local limit=$1 ramdisk=$2 scene=$3 disk=$LOGS/$NAME.disk
	shift 3
	new_folder
	cp "$GUESTS/client/Image" "$FOLDER/Image"
	cp "$GUESTS/client/$ramdisk" "$FOLDER/initrd"
	extlinux "$FOLDER" 'kernel /Image' 'initrd /initrd' \
		"append console=ttyS0 quiet halite.scene=$scene"
	make_disk ext4 "$FOLDER" "$disk"
	rm -rf "$FOLDER"
	with_console "" "$limit" "$HALITE" run --kernel "$U_BOOT" "$@" -- \
		-drive "file=$disk,format=raw,if=none,id=disk" \
		-device virtio-blk-device,drive=disk
	rm -f "$disk"
	expect_status 0
	expect_console '^halite: kernel at ' "Halite has not started U-Boot"
	expect_console '^U-Boot 20' "U-Boot has not started"
	expect_console "^L1: scene $scene: exit 0" "L1 has not reached its end"
}

tool_pack_tests()
{
	local name
	for name in arguments kernels compressed layout list domains; do
		test_case "tool-pack-$name" "test_tool_pack_$name"
	done
}

pack_tests()
{
	test_case refuse-pack test_refuse_pack
	test_case pack-dtb test_pack_dtb
	test_case pack-fat-extlinux-plic test_pack_readme fat virt
	test_case pack-ext4-extlinux-aia test_pack_extlinux ext4 "$AIA" gzip
	test_case pack-fat-script-aia test_pack_script fat "$AIA"
	test_case pack-fat-fit test_pack_fit fat virt
	test_case pack-ext4-script-plic test_pack_large ext4 virt
	test_case pack-ext4-extlinux-demo test_pack_bundle ext4 "$AIA"
}
