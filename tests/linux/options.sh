# SPDX-License-Identifier: BSD-2-Clause
# Options of `halite run` that say where things go and what the machine has. The guest is
# guests/ends (tests/linux/ends.sh).
# shellcheck shell=bash

# member NAME: prints a member of the report in $LOGS/$NAME.json.
member() { jq -c ".$1" "$LOGS/$NAME.json"; }

# reports MEMBER VALUE...: the members of the report have these values.
reports()
{
	while [ $# -gt 0 ]; do
		[ "$(member "$1")" = "$2" ] || fail "the report says $1: $(member "$1"), not $2"
		shift 2
	done
}

test_options_report()
{
	local report=$LOGS/$NAME.json id
	scripts/install-packages.sh bench
	private_guest
	id=$(riscv64-unknown-elf-readelf -n "$BUILD/halite.elf" 2>/dev/null |
		sed -n 's/.*Build ID: //p')
	ends 0 off --stats --json "$report" --cpus 3
	reports result '"power-off"' status 0 reboots 0 cpus 3 memory $((512 << 20)) started true \
		nacl '["all"]' build_id "\"$id\"" kernel "\"$ENDS\"" append '"off"' initrd null
	# The counts are those on the console.
	[ "$(jq -r '.exits["0"] | to_entries[] | "\(.key) \(.value)"' "$report")" = \
		"$(sed -n 's/^halite: level 0: exits \([^:]*\):.*/\1/p' "$CONSOLE")" ] ||
		fail "the report has other counts than the console"
	[ "$(member 'exits["0"]["l1-sbi"]')" -ge 2 ] || fail "no SBI calls are counted"
	# A longer report is there already.
	ends 4 reboot --native --json "$report"
	reports result '"reboot"' status 4 reboots 2 nacl null build_id null exits null
	ends 3 panic --json "$report"
	reports result '"panic"' status 3
	ends 124 prompt --timeout 2 --json "$report"
	reports result '"timeout"' status 124
	ends 5 off --expect never --json "$report"
	reports result '"not-seen"' status 5
	begin prompt; kill -TERM "$PROCESS"; over 143
	refuses "--json '/nowhere/report'" run --kernel "$ENDS" --json /nowhere/report
	refuses "--json '/'" run --kernel "$ENDS" --json /
	# The guest has done its work, but nobody can read so.
	ends 1 off --json /dev/full
	says "halite: --json '/dev/full': No space left on device"
}

test_options_console()
{
	local file=$LOGS/$NAME.file
	private_guest
	rm -f "$file"
	ends 0 off --console "$file"
	[ ! -s "$CONSOLE" ] || fail "the console is on standard output, too"
	grep -q '^ends: boot, off' "$file" || fail "the console is not in the file"
	# A second run replaces the text.
	ends 3 panic --console "$file"
	! grep -q 'boot, off' "$file" || fail "the file keeps the text of the run before"
	ends 0 off --console stdio
	says "ends: boot, off"
	ends 1 flood --console /dev/full
	says "halite: cannot write the console: No space left on device"
	refuses "--console '/nowhere/file'" run --kernel "$ENDS" --console /nowhere/file
	refuses "--console '/'" run --kernel "$ENDS" --console /
	# No input is overwritten, and no output by another.
	refuses "it is the file of --kernel" run --kernel "$ENDS" --console "$ENDS"
	refuses "it is the file of --kernel" run --kernel "$ENDS" --json "$ENDS"
	refuses "it is the file of --console" run --kernel "$ENDS" --json "$LOGS/$NAME.both" \
		--console "$LOGS/$NAME.both"
	truncate -s 1M "$LOGS/$NAME.disk"
	refuses "it is a --disk" run --kernel "$ENDS" --disk "$LOGS/$NAME.disk" \
		--console "$LOGS/$NAME.disk"
}

# The machine waits until gdb lets it go on. Here the shell speaks gdb's protocol.
test_options_gdb()
{
	local port=$((20000 + $$ % 10000)) gdb i home
	private_guest
	CONSOLE=$LOGS/$NAME.console
	timeout 60 "$HALITE" run --kernel "$ENDS" --memory 512M --gdb "$port" </dev/null \
		>"$CONSOLE" 2>"$CONSOLE.errors" &
	PROCESS=$!
	for ((i = 0; i < 100; i++)); do
		! { exec {gdb}<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || break
		sleep 0.1
	done
	for ((i = 0; i < 100; i++)); do
		! grep -q "target remote localhost:$port" "$CONSOLE.errors" || break
		sleep 0.1
	done
	[ "$i" -lt 100 ] || fail "no line for gdb"
	! grep -qa OpenSBI "$CONSOLE" || fail "the machine does not wait"
	# shellcheck disable=SC2016 # a dollar sign begins a packet
	printf '+$c#63' >&"$gdb"
	wait "$PROCESS" || fail "status $?"
	exec {gdb}>&-
	# Halite is linked for 0x80200000.
	home=$(sed -n 's/^halite: RAM .* at \(0x[0-9a-f]*\).*/\1/p' "$CONSOLE")
	home=$(printf 'add-symbol-file %s -o 0x%x' "$BUILD/halite.elf" $((home - 0x80200000)))
	grep -qxF "halite: Halite is at home; in gdb: $home" "$CONSOLE.errors" ||
		fail "no offset: $(cat "$CONSOLE.errors")"
	nothing_left
	refuses "--gdb '65536'" run --kernel "$ENDS" --gdb 65536
	refuses "--gdb '0'" run --kernel "$ENDS" --gdb=0
	refuses "'x'" run --kernel "$ENDS" --gdb x
}

# QEMU takes the devices. The card needs no ROM, which Debian has in another package.
test_options_devices()
{
	local disk="$LOGS/$NAME, a disk" share="$LOGS/$NAME, a folder" value
	private_guest
	truncate -s 1M "$disk"
	printf 'QFI\373' >"$disk.qcow2"
	mkdir -p "$share"
	truncate -s 1M "$disk.2"
	ends 0 off --disk "$disk" --disk "$disk.2" --net user --share "$share"
	ends 0 off --native --net "user,hostfwd=tcp:127.0.0.1:$((30000 + $$ % 10000))-:22,$(
		)hostfwd=udp::$((30000 + $$ % 10000))-10.0.2.15:53"
	# QEMU itself says what is wrong with an image.
	ends 1 off --disk "$disk.qcow2"
	says "qcow2"
	refuses "--disk '/nowhere': No such file" run --kernel "$ENDS" --disk /nowhere
	refuses "--disk '/dev/null' is neither a file nor a disk" run --kernel "$ENDS" \
		--disk /dev/null
	refuses "--disk '$share': Is a directory" run --kernel "$ENDS" --disk "$share"
	: >"$disk.empty"
	refuses "is empty" run --kernel "$ENDS" --disk "$disk.empty"
	refuses "more than 8 disks" run --kernel "$ENDS" --disk={1,2,3,4,5,6,7,8,9}
	refuses "--share '/nowhere': No such file" run --kernel "$ENDS" --share /nowhere
	refuses "--share '$disk' is no folder" run --kernel "$ENDS" --share "$disk"
	refuses "it is given twice; a machine has it once" run --kernel "$ENDS" --disk "$disk" \
		--disk "$LOGS/../${LOGS##*/}/$NAME, a disk"
	for value in '' tap user, user,x=1 user,hostfwd= USER users user,hostfwd=tcp::x-:22 \
		user,hostfwd=tcp::22 user,hostfwd=tcp::22-:0 user,hostfwd=tcp::65536-:22 \
		user,hostfwd=tcp::22-:65536 user,hostfwd=sctp::22-:22 user,hostfwd=tcp::22-:22x \
		user,hostfwd=tcp:host:22-:22; do
		refuses "--net '$value': expected user, or user,hostfwd=" run --kernel "$ENDS" \
			--net "$value"
	done
}

test_options_words()
{
	local word folder=$LOGS/$NAME.folder
	for word in stats native icount no-reboot; do
		refuses "run: '--$word=yes': --$word takes no value" run "--$word=yes"
	done
	refuses "run: '--help=1': --help takes no value" run --help=1
	[ "$("$HALITE" help)" = "$("$HALITE" --help)" ] || fail "halite help is not --help"
	[ "$("$HALITE" help run)" = "$("$HALITE" run --help)" ] || fail "halite help run"
	refuses "'fly'" help fly
	# A hyphen stands for no file.
	for word in kernel initrd json guest share qemu; do
		refuses "--$word '-': expected a file" run "--$word" -
	done
	for word in --dtb -o --list; do
		refuses "pack: $word '-': expected a file" pack "$word" -
	done
	# The command lines are as long as a pack has room for: src/hv/pack_format.h.
	word=$(printf '%02048d' 0)
	refuses "--append: 2048 characters; at most 2047" run --kernel "$HALITE" --append "$word"
	refuses "--append: 2048 characters; at most 2047" pack --kernel "$HALITE" --append "$word"
	refuses "neither a RISC-V" run --kernel "$TOP/README.md" --append "${word%0}"
	grep -qE '^hypervisor: build id [0-9a-f]{40}$' <<<"$("$HALITE" --version)" ||
		fail "halite --version has no build id"
	# Without --kernel, Debian is the guest, if it has been fetched.
	rm -rf "$folder"
	mkdir -p "$folder/guests/client"
	cp "$HALITE" "$BUILD/halite.bin" "$folder/"
	HALITE=$folder/halite refuses "'make linux-guests' fetches Debian's kernel" run
	make_image "$folder/guests/client/Image" 8192
	printf x >"$folder/guests/client/l1.cpio"
	make_echo_qemu "$folder/qemu" 10.0.2
	word=$("$folder/halite" run --native --qemu "$folder/qemu" --share "$folder")
	grep -qx "$folder/guests/client/l1.cpio" <<<"$word" || fail "the default has no ramdisk"
	grep -q 'panic=-1 quiet halite.scene=shell$' <<<"$word" || fail "the default has no words"
	rm -rf "$folder"
}

# Wrong values of --domain, which need no QEMU.
test_tool_domain_words()
{
	local file=$LOGS/$NAME.image a size=memory=64M value
	make_image "$file" 8192
	a=name=a,memory=64M,kernel=$file
	while IFS='|' read -r value message; do
		refuses "$message" run --domain "$value"
	done <<-END
		|--domain '': an item is empty
		$a,|an item is empty
		$a,,|image,': No such file
		kernel=x,$size|name is missing; expected name=NAME
		name=|--domain: name '': expected a letter
		name=1a|--domain: name '1a': expected a letter
		name=a.b|--domain: name 'a.b': expected a letter
		name=abcdefghijklmnopqrstuvwxy|expected a letter and then at most 23
		name=a|--domain a: memory is missing; expected a size
		name=a,$size|--domain a: kernel is missing; expected kernel=FILE
		name=a,kernel=$file|--domain a: memory is missing
		$a,kernel|--domain a: kernel: its value is missing
		$a,cpu=1|--domain a: cpu: unknown key; expected name, cpus,
		$a,cpus=1,cpus=1|--domain a: cpus: it is given twice
		$a,name=b|--domain a: name: it is given twice
		$a,cpus=0|--domain a: cpus '0': expected a number from 1 to 512
		$a,cpus=|--domain a: cpus '': expected a number
		$a,harts=|--domain a: harts '': expected a number from 0 to 511
		$a,harts=0:512|--domain a: harts '512': expected
		$a,harts=0:|--domain a: harts '': expected
		$a,harts=2:2|--domain a: harts '2': expected at most 64 harts, each once
		$a,harts=1,cpus=1|--domain a: harts with cpus: expected one of them
		name=halite,$size,kernel=x|--domain: name 'halite': lines of Halite itself begin so
		name=a,memory=3M|--domain a: memory '3M': expected a multiple of 2M
		name=a,memory=much|--domain a: memory 'much': expected a size
		name=a,memory=0|--domain a: memory '0': expected a size
		$a,devices=|--domain a: devices '': expected 1 to 32 paths
		$a,devices=x:|--domain a: devices '': expected 1 to 32 paths
		$a,pci=|--domain a: pci '': expected 1 to 32 PCI functions
		$a,pci=00:1.0|--domain a: pci '00:1.0': expected 1 to 32 PCI functions
		$a,pci=01:01.0|--domain a: pci '01:01.0': expected 1 to 32 PCI functions
		$a,pci=00:20.0|--domain a: pci '00:20.0': expected 1 to 32 PCI functions
		$a,pci=00:01.8|--domain a: pci '00:01.8': expected 1 to 32 PCI functions
		$a,pci=00:01.0:00:02.0|--domain a: pci '00:01.0:00:02.0': expected 1 to 32
		$a,pci=00:01.0+|--domain a: pci '': expected 1 to 32 PCI functions
		$a,nacl=some|--domain a: nacl 'some': 'some' is no feature
		$a,nacl=all+none|--domain a: nacl 'all+none': 'all' is no feature
		$a,tables=0|--domain a: tables '0': expected a number from 1 to 1000
		$a,tables=1001|--domain a: tables '1001': expected a number from 1 to 1000
		$a,dma=yes|--domain a: dma 'yes': expected trusted
		$a,dma|--domain a: dma: its value is missing
		$a,power=1|--domain a: power: it takes no value
		$a,initrd=/nowhere|--domain a: initrd: '/nowhere': No such file
		name=a,$size,kernel=/nowhere|--domain a: kernel: '/nowhere': No such file
	END
	refuses "--domain: name 'a': another domain has it" run --domain "$a" --domain "$a"
	refuses "--domain b: harts '3': domain a has this hart" run --domain "$a,harts=2:3" \
		--domain "${a/=a/=b},harts=3"
	for value in --kernel --initrd --append --guest --exec; do
		refuses "$value does not go with --domain" run --domain "$a" "$value" "$file"
	done
	refuses "--native does not go with --domain" run --domain "$a" --native
	refuses "--depth does not go with --domain" run --domain "$a" --depth 2
	refuses "--cpus: the domains need 4 harts" run --domain "$a,cpus=4" --cpus 3
	refuses "--cpus: the domains need 8 harts" run --domain "$a,harts=7" --cpus 7
	refuses "--cpus: the domains need 513 harts" run --domain "$a,cpus=512" \
		--domain "${a/=a/=b}"
	refuses "--memory: 64 MiB is too little for the memory of the domains (64 MiB)" run \
		--domain "$a" --memory 64M
	make_image "$file" $((65 * 1024 * 1024))
	refuses "--domain a: memory: 64 MiB is too little for the kernel, which needs 65 MiB" run \
		--domain "$a"
	make_image "$file" 8192
	truncate -s 64M "$LOGS/$NAME.ramdisk"
	refuses "64 MiB is too little for the kernel and the ramdisk, which need 65 MiB" run \
		--domain "$a,initrd=$LOGS/$NAME.ramdisk"
	value=()
	for a in a b c d e f g h i j k l m n o p q; do
		value+=(--domain "name=$a,$size,kernel=$file")
	done
	refuses "expected at most 16 domains" run "${value[@]}"
}

# Wrong values of --shared-memory, which need no QEMU.
test_tool_shared_words()
{
	local file=$LOGS/$NAME.image value
	make_image "$file" 8192
	local a=(--domain "name=a,memory=64M,kernel=$file")
	a+=(--domain "name=b,memory=64M,kernel=$file")
	while IFS='|' read -r value message; do
		refuses "$message" run "${a[@]}" --shared-memory "$value"
		refuses "$message" pack -o "$LOGS/$NAME.out" "${a[@]}" --shared-memory "$value"
	done <<-END
		|--shared-memory '': an item is empty
		name=s|--shared-memory 'name=s': expected name=NAME,size=SIZE,domains=NAME:NAME
		name=s,size=4K|expected name=NAME,size=SIZE,domains=NAME:NAME
		name=s,size=4K,domains|expected name=NAME,size=SIZE,domains=NAME:NAME
		name=s,size=4K,size=4K|expected name=NAME,size=SIZE,domains=NAME:NAME
		name=s,size=4K,memory=a:b|expected name=NAME,size=SIZE,domains=NAME:NAME
		name=s,size=4K,domains=a:b,x=y|expected at most 3 items
		name=1,size=4K,domains=a:b|--shared-memory: name '1': expected a letter
		name=s,size=0,domains=a:b|--shared-memory s: size '0': expected a size
		name=s,size=6K,domains=a:b|--shared-memory s: size '6K': expected a multiple of 4K
		name=s,size=4K,domains=a|--shared-memory s: domains 'a': expected two or more
		name=s,size=4K,domains=a:a|--shared-memory s: domains 'a': it is named twice
		name=s,size=4K,domains=a:|--shared-memory s: domains '': there is no --domain
		name=s,size=4K,domains=a:c|--shared-memory s: domains 'c': there is no --domain
	END
	value=name=s,size=4K,domains=a:b
	refuses "--shared-memory: name 's': it is given twice" run "${a[@]}" \
		--shared-memory "$value" --shared-memory "$value"
	refuses "domains 'a': there is no --domain" run --kernel "$file" --shared-memory "$value"
	refuses "domains 'a': there is no --domain" pack -o "$LOGS/$NAME.out" --kernel "$file" \
		--shared-memory "$value"
	for value in 1 2 3 4 5 6 7 8 9; do
		a+=(--shared-memory "name=s$value,size=4K,domains=a:b")
	done
	refuses "expected it at most 8 times" run "${a[@]}"
	refuses "--memory: 64 MiB is too little for the memory of the domains (1156 MiB)" run \
		"${a[@]:0:4}" --shared-memory name=s,size=1G,domains=a:b --memory 64M
}

# in_tree PATH PROPERTY VALUE [TYPE]: the tree that QEMU got has the property, in fdtget's form.
in_tree()
{
	local found
	found=$(fdtget -t "${4:-x}" "$LOGS/$NAME.dtb" "$1" "$2") || found=
	[ "$found" = "$3" ] || fail "the tree has $1: $2 = '$found' instead of '$3'"
}

# The binding of docs/domains.md in the tree that QEMU gets, which is QEMU's own otherwise.
test_tool_domain_tree()
{
	local file=$LOGS/$NAME.image dtb=$LOGS/$NAME.dtb a b words place qemu
	make_image "$file" $((9 * 1024 * 1024))
	head -c 5000 /dev/zero >"$file, 2"
	# This QEMU tells its tree, and starts no guest.
	cat >"$LOGS/$NAME.qemu" <<-SCRIPT
		#!/bin/sh
		case "\$*" in -version | *dumpdtb=*) exec "\${REAL:-$QEMU10}" "\$@" ;; esac
		printf '%s\n' "\$@"
		while [ \$# -gt 1 ]; do [ "\$1" != -dtb ] || cat "\$2" >"$dtb"; shift; done
	SCRIPT
	chmod +x "$LOGS/$NAME.qemu"
	qemu=(--qemu "$LOGS/$NAME.qemu")
	a="name=Alpha-1,cpus=2,memory=1G,kernel=$file,append=a=1,,2 b,tables=250,power"
	a+=",devices=serial0:/soc/rtc@101000"
	b="name=b,harts=5:3,memory=62M,kernel=$file,initrd=$file,, 2,nacl=sync_csr+sync_sret"
	b+=",dma=trusted,devices=virtio_mmio@10001000"
	words=$("$HALITE" run "${qemu[@]}" --nacl none --domain "$a" --domain "$b" \
		--shared-memory name=s,size=1M,domains=b:Alpha-1) || [ $? = 1 ]
	printf '%s\n' "$words"
	[ "$(fdtget -l "$dtb" /chosen | tr '\n' ' ')" = "domain-Alpha-1 domain-b shared-s " ] ||
		fail "the nodes are $(fdtget -l "$dtb" /chosen)"
	in_tree /chosen/shared-s compatible halite,shared-memory s
	in_tree /chosen/shared-s halite,name s s
	in_tree /chosen/shared-s halite,domains "b Alpha-1" s
	in_tree /chosen/shared-s memory "0 400"
	in_tree /chosen/domain-Alpha-1 compatible halite,domain s
	in_tree /chosen/domain-Alpha-1 halite,name Alpha-1 s
	in_tree /chosen/domain-Alpha-1 cpus 2
	in_tree /chosen/domain-Alpha-1 halite,harts ""
	in_tree /chosen/domain-Alpha-1 memory "0 100000"
	in_tree /chosen/domain-Alpha-1 halite,nacl none s
	in_tree /chosen/domain-Alpha-1 halite,dma "" s
	in_tree /chosen/domain-Alpha-1 halite,devices "/soc/serial@10000000 /soc/rtc@101000" s
	[ "$(fdtget "$dtb" /chosen/domain-Alpha-1 halite,tables)" = 250 ] || fail "Alpha-1: tables"
	fdtget -p "$dtb" /chosen/domain-Alpha-1 | grep -qx halite,power || fail "Alpha-1: power"
	in_tree /chosen/domain-b halite,harts "5 3"
	in_tree /chosen/domain-b cpus ""
	in_tree /chosen/domain-b memory "0 f800"
	in_tree /chosen/domain-b halite,nacl sync_csr,sync_sret s
	in_tree /chosen/domain-b halite,dma trusted s
	in_tree /chosen/domain-b halite,devices /soc/virtio_mmio@10001000 s
	! fdtget -p "$dtb" /chosen/domain-b | grep -qx halite,power || fail "b: power"
	# The modules are where QEMU loads the files, behind Halite.
	[ "$(grep -c '^loader,' <<<"$words")" = 3 ] || fail "not three files"
	place=/chosen/domain-b/module@$(sed -n \
		's/^loader,addr=0x\([0-9a-f]*\),.*image,, 2$/\1/p' <<<"$words")
	in_tree "$place" compatible "multiboot,ramdisk multiboot,module" s
	in_tree "$place" reg "0 ${place#*@} 0 1388"
	in_tree "$place" bootargs "" s
	place=/chosen/domain-Alpha-1/$(fdtget -l "$dtb" /chosen/domain-Alpha-1)
	grep -q "^loader,addr=0x${place#*@},force-raw=on,file=$file\$" <<<"$words" ||
		fail "no file at $place"
	in_tree "$place" compatible "multiboot,kernel multiboot,module" s
	in_tree "$place" bootargs "a=1,2 b" s
	[ $((0x${place#*@})) -ge $((0x80200000 + $(stat -c %s "$BUILD/halite.bin"))) ] ||
		fail "a module is in Halite"
	# The machine is as large as needed.
	grep -qxF 6 <<<"$words" || fail "not six harts"
	grep -qx 1179648K <<<"$words" || fail "not 1152 MiB"
	in_tree /memory@80000000 reg "0 80000000 0 48000000"
	# The rest is QEMU's, with the user's own arguments.
	"$HALITE" run "${qemu[@]}" --domain "$a" --cpus 3 --memory 2G -- \
		-M acpi=off -cpu rv64,h=true,sstc=false >"$LOGS/$NAME.words" || [ $? = 1 ]
	"$QEMU10" -M virt,aia=aplic-imsic,aia-guests=7,dumpdtb="$dtb.qemu" -smp 3 -m 2G \
		-M acpi=off -display none -cpu rv64,h=true,sstc=false
	fdtput -r "$dtb" /chosen/domain-Alpha-1
	for words in "$dtb" "$dtb.qemu"; do
		fdtput -d "$words" /chosen rng-seed
		dtc -q -I dtb -O dts -s "$words" >"$words.s"
	done
	cmp "$dtb.s" "$dtb.qemu.s" || fail "the rest of the tree is not that of QEMU"

	a=name=a,memory=64M,kernel=$file
	b=name=b,memory=64M,kernel=$file
	"$HALITE" run "${qemu[@]}" --domain "$a" --domain "$b,append=x" \
		--json "$LOGS/$NAME.json" || [ $? = 1 ]
	reports kernel null cpus 2 'domains|length' 2 'domains[0].name' '"a"' \
		'domains[0].append' '"console=ttyS0 panic=-1"' 'domains[1].append' '"x"' \
		'domains[1].memory' 67108864 'domains[1].kernel' "\"$file\""
	refuses "--domain a: devices '/soc/x': expected the path" run "${qemu[@]}" \
		--domain "$a,devices=/soc/x"
	# Each hart has a node of this name.
	refuses "--domain a: devices 'interrupt-controller': expected" run "${qemu[@]}" \
		--domain "$a,cpus=2,devices=interrupt-controller"
	refuses "--domain a: devices '/': expected" run "${qemu[@]}" --domain "$a,devices=/"
	refuses "--domain b: devices 'serial0': domain a has this device" run "${qemu[@]}" \
		--domain "$a,devices=serial@10000000" --domain "$b,devices=serial0"
	refuses "--domain a: devices 'serial0': domain a has this device" run "${qemu[@]}" \
		--domain "$a,devices=serial@10000000:serial0"
	# QEMU says what is wrong with an argument of the user's.
	words=$("$HALITE" run "${qemu[@]}" --domain "$a" -- -bogus 2>&1) && fail "status 0"
	grep -q -e '-bogus: invalid option' <<<"$words" || fail "QEMU's message is lost: $words"
	grep -q '^halite: QEMU has not told the device tree' <<<"$words" || fail "$words"
	[ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'halite-??????' -newer "$file, 2")" ] ||
		fail "a folder is left"
	# A machine of QEMU 7.2.
	[ -x "$QEMU72" ] || return 0
	REAL=$QEMU72 "$HALITE" run "${qemu[@]}" --domain "$b" >"$LOGS/$NAME.words" || [ $? = 1 ]
	in_tree /chosen/domain-b cpus 1
}

# Two domains by the command alone, as docs/domains.md describes it.
test_tool_domain_run()
{
	local own="harts=2 memory=40 ticks=4c4b40" image=$GUESTS/domains.image name
	with_console "" 60 "$HALITE" run --json "$LOGS/$NAME.json" \
		--domain "name=A,cpus=2,memory=64M,kernel=$image,append=$own,devices=serial0" \
		--domain "name=B,harts=3:1,memory=64M,kernel=$image,append=$own,devices=rtc@101000"
	expect_status 0
	for name in A B; do
		expect_console "^$name: ok [0-9]+ harts: 2\$" "$name has other harts"
		expect_console "^$name: ok [0-9]+ MiB of memory: 64\$" "$name has another RAM"
		expect_console "^halite: domain $name has ended\$" "$name has not ended"
	done
	! grep -a '^[AB]: not ok' "$CONSOLE" || fail "a check has failed"
	reports result '"power-off"' started true
	# What only Halite knows: this device is the firmware's.
	with_console "" 60 "$HALITE" run \
		--domain "name=A,memory=64M,kernel=$image,devices=clint@2000000"
	expect_status 1
	expect_console 'fatal: /chosen/domain-A: halite,devices: /soc/clint@2000000 is withheld' \
		"Halite does not say why"
}

options_tests()
{
	test_case tool-domain-shared test_tool_shared_words
	test_case tool-domain-run test_tool_domain_run
	test_case tool-domain-tree test_tool_domain_tree
	test_case tool-options-words test_options_words
	test_case tool-options-report test_options_report
	test_case tool-options-console test_options_console
	test_case tool-options-gdb test_options_gdb
	test_case tool-options-devices test_options_devices
}
