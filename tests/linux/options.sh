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

options_tests()
{
	test_case tool-options-words test_options_words
	test_case tool-options-report test_options_report
	test_case tool-options-console test_options_console
	test_case tool-options-gdb test_options_gdb
	test_case tool-options-devices test_options_devices
}
