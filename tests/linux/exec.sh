# SPDX-License-Identifier: BSD-2-Clause
# `halite run --exec` and --guest: a command in the guest, a kernel for a guest of the guest.
# shellcheck shell=bash

# exec_guest STATUS COMMAND [OPTIONS]: runs COMMAND in a small Linux with the ramdisk $RAMDISK, with
# its output in $OUT and $ERR.
exec_guest()
{
	local expected=$1 status=0
	OUT=$LOGS/$NAME.out
	ERR=$LOGS/$NAME.err
	printf 'in the guest: %s\n' "$2"
	timeout 120 "$HALITE" run --kernel "$GUESTS/client/Image" \
		--initrd "${RAMDISK:-$GUESTS/client/boot.cpio}" --memory 512M --exec "${@:2}" \
		</dev/null >"$OUT" 2>"$ERR" || status=$?
	tail -n 5 "$ERR"
	[ "$status" = "$expected" ] || fail "status $status instead of $expected"
}

# Output alone, of two kinds, byte by byte; the exit status; the end by a signal.
test_exec_output()
{
	local report=$LOGS/$NAME.json console=$LOGS/$NAME.console
	# shellcheck disable=SC2016 # the guest's shell expands it
	exec_guest 7 'head -c 1000000 /dev/urandom >/tmp/x; cat /tmp/x; md5sum </tmp/x >&2
		printf "%s\n" "$0" "a,b \"c\"" >&2; exit 7' --console "$console" --json "$report"
	[ "$(head -n 1 "$ERR")" = "$(md5sum <"$OUT")" ] || fail "the output is another one"
	[ "$(sed 1d "$ERR")" = $'sh\na,b "c"' ] || fail "the errors are others: $(cat "$ERR")"
	[ "$(jq -r .result,.status "$report")" = $'command\n7' ] || fail "the report is wrong"
	grep -qa '^halite: kernel at' "$console" || fail "--console has no console"
	# A process in the background does not keep the run from ending.
	# shellcheck disable=SC2016
	exec_guest 143 'sleep 100 & echo on; kill $$; sleep 5' --native --cpus 1
	[ "$(cat "$OUT")" = on ] || fail "the output is another one: $(cat "$OUT")"
}

test_exec_ends()
{
	local status=()
	mkdir -p "$LOGS/$NAME.folder"
	(cd "$LOGS/$NAME.folder" && find . | cpio -o -H newc --quiet) >"$LOGS/$NAME.cpio"
	RAMDISK=$LOGS/$NAME.cpio exec_guest 127 'ls'
	grep -q 'the guest has no shell' "$ERR" || fail "a ramdisk without a shell: $(cat "$ERR")"
	exec_guest 1 'poweroff -f; sleep 9'
	grep -q 'the guest has powered off before the command' "$ERR" ||
		fail "a power-off: $(cat "$ERR")"
	timeout 120 "$HALITE" run --kernel "$GUESTS/client/Image" \
		--initrd "$GUESTS/client/boot.cpio" --exec yes 2>"$ERR" </dev/null |
		grep -qm 1 y || status=("${PIPESTATUS[@]}")
	[ "${status[*]}" = "141 0" ] && [ ! -s "$ERR" ] ||
		fail "a closed pipe: ${status[*]}, $(cat "$ERR")"
	ENDS=$GUESTS/client/boot.cpio nothing_left
}

# slow_reader SIZE: nobody reads the command's output for nine seconds. All of it comes out, and the
# status: of as much as waits in `halite run` when the command has ended, and of more.
slow_reader()
{
	local console=$LOGS/$NAME.$1.console tries
	rm -f "$console"
	{
		timeout 120 "$HALITE" run --kernel "$GUESTS/client/Image" --native --memory 512M \
			--cpus 1 --initrd "$GUESTS/client/boot.cpio" --console "$console" \
			--exec "head -c $1 /dev/zero; exit 9" </dev/null || printf ' %s' $?
	} | {
		for ((tries = 0; tries < 300; tries++)); do
			! grep -qs 'as init process' "$console" || break
			sleep 0.2
		done
		sleep 9
		cat
	} >"$LOGS/$NAME.$1"
}

test_exec_slow_reader()
{
	local size waits=()
	for size in 75000 400000; do
		slow_reader "$size" &
		waits+=($!)
	done
	wait "${waits[@]}"
	for size in 75000 400000; do
		[ "$(tr -d '\0' <"$LOGS/$NAME.$size")" = " 9" ] ||
			fail "$size bytes: the status is not 9"
		[ "$(wc -c <"$LOGS/$NAME.$size")" = $((size + 2)) ] ||
			fail "$(wc -c <"$LOGS/$NAME.$size") bytes instead of $size and a status"
	done
}

test_exec_arguments()
{
	local image=$LOGS/image.bin
	make_image "$image" 8192
	refuses "--exec: expected a command" run --kernel "$image" --exec ''
	refuses "--exec: its value is missing" run --kernel "$image" --exec
	refuses "--exec with --expect" run --kernel "$image" --exec ls --expect x
	refuses "--exec, --guest and --rootfs need a Linux Image" run --kernel "$GUESTS/ends.elf" \
		--exec ls
	refuses "--exec, --guest and --rootfs need a Linux Image" run --kernel "$GUESTS/ends.elf" \
		--guest "$image"
	refuses "--exec, --guest and --rootfs need a Linux Image" run --kernel "$GUESTS/ends.elf" \
		--rootfs /tmp
	refuses "--rootfs '/nowhere': No such file" run --kernel "$image" --rootfs /nowhere
	refuses "--rootfs '$image' is no folder" run --kernel "$image" --rootfs "$image"
	# A folder without what the guest starts, for another machine, or with a link that only the
	# guest can follow.
	local root=$LOGS/$NAME.root
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/usr/bin"
	refuses "--rootfs '$root': no /sbin/init and no /bin/sh is in it; expected a tree for" \
		run --kernel "$image" --rootfs "$root"
	mkdir "$root/sbin"
	printf '\177ELF\2\1\1%09d\2\0\363\0' 0 >"$root/sbin/init"
	refuses "--rootfs '$root': no /bin/sh and no /bin/busybox is in it" run --kernel "$image" \
		--rootfs "$root" --exec ls
	rm -r "$root/sbin"
	cp /bin/true "$root/bin/sh"
	refuses "--rootfs '$root': /bin/sh in it is a program for another machine" run \
		--kernel "$image" --rootfs "$root"
	ln -sf /usr/bin/dash "$root/bin/sh"
	refuses "no /sbin/init and no /bin/sh is in it" run --kernel "$image" --rootfs "$root"
	printf '\177ELF\2\1\1%09d\2\0\363\0' 0 >"$root/usr/bin/dash"
	refuses "'/bin/true'" run --kernel "$image" --rootfs "$root" --qemu /bin/true
	refuses "--rootfs with --guest" run --kernel "$image" --rootfs /tmp --guest "$image"
	refuses "--guest: '/nowhere'" run --kernel "$image" --guest /nowhere
	refuses "--guest: '/bin/true'" run --kernel "$image" --guest /bin/true
	refuses "--initrd: '/nowhere'" run --kernel "$image" --exec ls --initrd /nowhere
}

# root_guest STATUS [OPTIONS]: runs Debian with the folder $ROOT as its root.
root_guest()
{
	local expected=$1 status=0
	timeout 120 "$HALITE" run --kernel "$GUESTS/client/Image" --rootfs "$ROOT" --memory 512M \
		--initrd "${RAMDISK:-$GUESTS/client/modules.cpio}" "${@:2}" \
		</dev/null >"$OUT" 2>"$ERR" || status=$?
	tail -n 5 "$ERR"
	[ "$status" = "$expected" ] || fail "status $status instead of $expected"
}

# The folder is the root. It stays as it is, whatever the guest writes there. Its init starts, and
# if it has none, a shell on the console.
test_exec_rootfs()
{
	ROOT=$LOGS/$NAME.root OUT=$LOGS/$NAME.out ERR=$LOGS/$NAME.err
	rm -rf "$ROOT"
	mkdir -p "$ROOT/sbin"
	(cd "$ROOT" && cpio -idm --quiet '*bin/busybox' <"$GUESTS/client/boot.cpio")
	ln -s busybox "$ROOT/bin/sh"
	printf 'of the host\n' >"$ROOT/file"
	cp -a "$ROOT" "$ROOT.before"
	root_guest 6 --exec 'busybox cat /file; echo new >/file; echo new >/other; busybox cat /file
		[ -c /dev/kvm ] && exit 6'
	[ "$(cat "$OUT")" = $'of the host\nnew' ] || fail "the root is another one: $(cat "$OUT")"
	diff -r --no-dereference "$ROOT" "$ROOT.before" || fail "the folder has changed"
	# There is nothing to read on the console: the shell ends.
	root_guest 0 --native --timeout 60 --expect '^/ # |^~ # '
	printf '#!/bin/sh\n/bin/busybox echo "init: $$, $LINES"\n/bin/busybox poweroff -f\n' \
		>"$ROOT/sbin/init"
	chmod +x "$ROOT/sbin/init"
	root_guest 0 --append "console=ttyS0 panic=-1 LINES=43"
	grep -qa '^init: 1, 43' "$OUT" || fail "the init has not run"
	# The programs are there, but do not run.
	rm "$ROOT/sbin/init" "$ROOT/bin/sh"
	printf '#!/nowhere\n' >"$ROOT/bin/sh"
	root_guest 1
	grep -qa 'agent: --rootfs: the folder has no /sbin/init and no /bin/sh' "$OUT" ||
		fail "a folder without programs that run: no message"
	RAMDISK=$GUESTS/client/boot.cpio root_guest 1 --exec true
	grep -q 'halite: .*: the kernel mounts no 9p over virtio .* in .*/order)$' "$ERR" ||
		fail "a kernel without 9p: $(cat "$ERR")"
	rm -rf "$ROOT" "$ROOT.before"
}

# Debian, without --kernel, starts guests/ends by KVM.
test_exec_guest_of_guest()
{
	[ -s "$BUILD/guests/client/l1.cpio" ] || fail "there is no client ramdisk"
	with_console "" 400 "$HALITE" run --guest "$GUESTS/ends.elf"
	expect_status 0
	expect_console '^ends: boot, console=ttyS0' "the guest of the guest does not run"
	expect_console '^L1: scene guest: exit 0$' "L1 does not end"
}

# examples/ci/kvm-tests.sh, from a folder outside of the sources: what passes, fails, is skipped and
# hangs, and a guest that ends before its tests do.
test_exec_ci()
{
	local folder=$LOGS/$NAME.folder status=0 out=$LOGS/$NAME.out junit=$LOGS/$NAME.xml
	local ci=("$TOP/examples/ci/kvm-tests.sh" --kernel "$GUESTS/client/Image"
		--initrd "$GUESTS/client/l1.cpio" --junit "$junit" --timeout 5)
	rm -rf "$folder"
	mkdir -p "$folder"
	cd "$folder"
	printf '#!/bin/sh\n[ -c /dev/kvm ]\n' >a-passes
	printf '#!/bin/sh\necho "<a> & b"\nexit 3\n' >b-fails
	printf '#!/bin/sh\nexit 4\n' >'c, it skips'
	printf '#!/bin/sh\nsleep 100\n' >d-hangs
	printf '#!/bin/busybox sh\nkill -9 $PPID\npoweroff -f\nsleep 9\n' >e-ends
	HALITE=$HALITE timeout 200 "${ci[@]}" [a-d]* -- --memory 1G >"$out" || status=$?
	cat "$out"
	[ "$status" = 1 ] || fail "status $status"
	[ "$(grep -v '^# Terminated' "$out")" = "KTAP version 1
1..4
ok 1 a-passes
# <a> & b
not ok 2 b-fails # status 3
ok 3 c, it skips # SKIP
not ok 4 d-hangs # it ran for 5 seconds" ] || fail "the report is another one"
	grep -q 'tests="4" failures="2" errors="0" skipped="1"' "$junit" || fail "$(cat "$junit")"
	grep -q '<testcase classname="kvm" name="c, it skips"><skipped/>' "$junit" ||
		fail "$(cat "$junit")"
	grep -q '<failure message="status 3">&lt;a&gt; &amp; b$' "$junit" || fail "$(cat "$junit")"
	status=0
	# A smaller ramdisk has a shell, too.
	ci[4]=$GUESTS/client/boot.cpio
	printf '#!/bin/busybox sh\n' >f-passes
	HALITE=$HALITE timeout 200 "${ci[@]}" f-passes -- --memory 512M --cpus 1 >"$out" ||
		status=$?
	[ "$status" = 0 ] || fail "a run that passes: status $status"
	grep -q 'tests="1" failures="0" errors="0" skipped="0"' "$junit" || fail "$(cat "$junit")"
	status=0
	HALITE=$HALITE timeout 200 "${ci[@]}" e-ends f-passes -- --memory 512M >"$out" 2>&1 ||
		status=$?
	[ "$status" != 0 ] || fail "a guest that ends too early has passed"
	grep -q '2 tests have not run' "$junit" || fail "$(cat "$junit")"
	status=0
	"${ci[@]}" --kernel 2>"$out" || status=$?
	[ "$status" = 2 ] || fail "no value: status $status"
	status=0
	"${ci[@]}" --initrd /nowhere f-passes 2>"$out" || status=$?
	[ "$status" = 2 ] && grep -q "initrd '/nowhere' is no file" "$out" ||
		fail "no ramdisk: status $status, $(cat "$out")"
	cd "$TOP"
	rm -rf "$folder"
}

exec_tests()
{
	test_case exec-ci test_exec_ci
	test_case tool-exec-arguments test_exec_arguments
	test_case exec-output test_exec_output
	test_case exec-ends test_exec_ends
	test_case exec-slow-reader test_exec_slow_reader
	test_case exec-rootfs test_exec_rootfs
	[ "$LONG" = 0 ] || test_case exec-guest-of-guest test_exec_guest_of_guest
}
