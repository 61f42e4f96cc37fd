# SPDX-License-Identifier: BSD-2-Clause
# How `halite run` ends: its exit status for each end of the guest, of QEMU and of the run. The
# guest is guests/ends.
# shellcheck shell=bash

# Seconds from a signal to the end of a run.
END_SECONDS=5

# nothing_left: no process has a descriptor of this test's guest on its command line.
nothing_left()
{
	local list
	list=$(grep -lsaF -e "$ENDS" /proc/[0-9]*/cmdline || true)
	[ -z "$list" ] || fail "processes are left: $list"
}

# private_guest: makes a copy of the guest. Its path tells which processes are of this test.
private_guest()
{
	ENDS=$LOGS/$NAME.guest.elf
	cp "$GUESTS/ends.elf" "$ENDS"
}

# ends STATUS WORD [OPTIONS]: the guest with WORD on its command line ends the run with STATUS.
ends()
{
	local status=$1 word=$2
	shift 2
	with_console "-$word" 60 "$HALITE" run --kernel "$ENDS" --memory 512M --append "$word" "$@"
	# 124 is --timeout, too: says() tells it from a run that hangs.
	[ "$STATUS" = "$status" ] ||
		fail "exit status $STATUS instead of $status, see ${CONSOLE#"$TOP"/}"
	nothing_left
}

# boots N: the guest has booted N times.
boots()
{
	local seen
	seen=$(grep -ac '^ends: boot, ' "$CONSOLE" || true)
	[ "$seen" = "$1" ] || fail "the guest has booted $seen times, not $1 times"
}

says() { grep -qaF -e "$1" "$CONSOLE" || fail "'$1' is not said, see ${CONSOLE#"$TOP"/}"; }

test_end_guest()
{
	private_guest
	ends 0 off
	ends 7 fail
	ends 4 reboot
	boots 2
	says "halite: the guest has rebooted"
	ends 0 reboot-once
	boots 2
	ends 4 reboot-once --no-reboot
	boots 1
	ends 3 panic
	boots 1
	says "halite: the guest's kernel has panicked"
	ends 3 panic --no-reboot
	# A panic of a guest of the guest counts for nothing.
	ends 4 other-panic
	boots 2
	ends 3 panic-stay --timeout 2
	says "with 'panic=-1' in --append"
	ends 0 off --native
	ends 4 reboot --native
	boots 2
}

test_end_expect()
{
	private_guest
	ends 0 prompt --expect '^ends: what n.w[?] $' --timeout 50
	ends 0 flood --expect 'line 5[0-9] of many$' --timeout 50
	ends 124 prompt --expect 'never' --timeout 2
	says "halite: the guest has not ended in the time of --timeout"
	ends 5 off --expect '^ends: on$'
	says "no line was as --expect says"
	ends 0 off --expect 'ends: boot, off$'
	ends 4 reboot --expect 'never'
	# What comes before the end counts, whatever the end is.
	ends 0 panic --expect 'Kernel panic' --no-reboot
}

# begin WORD COMMAND...: starts the guest in the background, and waits until it has booted. Sets RUN
# to the process.
begin()
{
	local word=$1
	shift
	CONSOLE=$LOGS/$NAME-$word.console
	: >"$CONSOLE"
	"$@" "$HALITE" run --kernel "$ENDS" --memory 512M --append "$word" </dev/null \
		>"$CONSOLE" 2>&1 &
	PROCESS=$!
	wait_for_boot
}

wait_for_boot()
{
	local i
	for ((i = 0; i < 300; i++)); do
		! grep -qas '^ends: ' "$CONSOLE" || return 0
		sleep 0.1
	done
	fail "the guest does not boot, see ${CONSOLE#"$TOP"/}"
}

# over STATUS: the run of begin() ends in time, with STATUS.
over()
{
	local status=0 start
	now
	start=$NOW
	timeout $((END_SECONDS + 5)) tail --pid="$PROCESS" -f /dev/null || kill -9 "$PROCESS"
	wait "$PROCESS" || status=$?
	now
	[ $((NOW - start)) -lt $((END_SECONDS * 1000000)) ] ||
		fail "the run takes $((NOW - start)) us to end"
	[ "$status" = "$1" ] || fail "status $status instead of $1"
	nothing_left
}

qemu_of() { tr -d ' ' <"/proc/$1/task/$1/children"; }

test_end_signals()
{
	private_guest
	# A shell script has SIGINT ignored in its background processes, as CI does it, too.
	begin prompt; kill -INT "$PROCESS"; over 130
	begin prompt; kill -TERM "$PROCESS"; over 143
	begin flood; kill -TERM "$PROCESS"; over 143
	begin prompt; kill -HUP "$PROCESS"; over 129
	# With nohup, the run goes on.
	begin prompt nohup; kill -HUP "$PROCESS"; sleep 0.5; kill -TERM "$PROCESS"; over 143
	# A QEMU that does not listen is killed.
	begin prompt; kill -STOP "$(qemu_of "$PROCESS")"; kill -TERM "$PROCESS"; over 143
	# Nobody is left when this program is killed.
	begin prompt; kill -KILL "$PROCESS"; wait "$PROCESS" || true; sleep 1; nothing_left
}

test_end_qemu()
{
	private_guest
	begin prompt; kill -KILL "$(qemu_of "$PROCESS")"; over 137
	says "halite: QEMU was ended by signal 9"
	begin prompt; kill -TERM "$(qemu_of "$PROCESS")"; over 143
	says "halite: QEMU was ended by signal 15"
	ends 1 off -- -device no-such-device
	says "no-such-device"
}

# The output is closed, full, or nobody reads it.
test_end_output()
{
	local status=() errors=$LOGS/$NAME.errors
	private_guest
	timeout 60 "$HALITE" run --kernel "$ENDS" --memory 512M --append flood 2>"$errors" |
		grep -qm 1 'line 3 of' || status=("${PIPESTATUS[@]}")
	[ "${status[*]}" = "141 0" ] || fail "closed while the guest writes: ${status[*]}"
	[ ! -s "$errors" ] || fail "a closed pipe gives a message: $(cat "$errors")"
	nothing_left
	# The guest writes nothing any more when the reader ends.
	status=()
	timeout 60 "$HALITE" run --kernel "$ENDS" --memory 512M --append prompt 2>"$errors" |
		sleep 3 || status=("${PIPESTATUS[@]}")
	[ "${status[*]}" = "141 0" ] || fail "closed while the guest is silent: ${status[*]}"
	nothing_left
	status=0
	timeout 60 "$HALITE" run --kernel "$ENDS" --memory 512M --append flood 2>"$errors" \
		>/dev/full || status=$?
	[ "$status" = 1 ] || fail "full: status $status"
	[ "$(cat "$errors")" = "halite: cannot write the console: No space left on device" ] ||
		fail "full: $(cat "$errors")"
	nothing_left
	status=0
	timeout 60 "$HALITE" run --kernel "$ENDS" >&- 2>"$errors" || status=$?
	[ "$status" = 2 ] && grep -q "standard output is closed" "$errors" ||
		fail "no output: status $status, $(cat "$errors")"
	# A reader that does not read does not keep a signal from ending the run.
	mkfifo "$LOGS/$NAME.fifo" 2>/dev/null || true
	sleep 20 <>"$LOGS/$NAME.fifo" &
	"$HALITE" run --kernel "$ENDS" --memory 512M --append flood </dev/null \
		>"$LOGS/$NAME.fifo" 2>"$errors" &
	PROCESS=$!
	sleep 2
	kill -TERM "$PROCESS"
	over 143
	kill %1
	rm -f "$LOGS/$NAME.fifo"
}

# on_terminal WORD COMMAND: runs the guest on a terminal of its own. Meanwhile runs COMMAND, with
# KEYS open for what is typed. Leaves in $LOGS/$NAME.before and .after how the terminal was set.
on_terminal()
{
	local word=$1 log=$LOGS/$NAME
	shift
	CONSOLE=$log-$word.console
	: >"$CONSOLE"
	rm -f "$log".{keys,pid,status,before,after}
	mkfifo "$log.keys"
	cat >"$log.script" <<-SCRIPT
		stty -a >"$log.before"
		sh -c 'echo \$\$ >"$log.pid"; exec "$HALITE" run --kernel "$ENDS" --memory 512M \
			--append $word'
		echo \$? >"$log.status"
		stty -a >"$log.after"
	SCRIPT
	timeout 60 script -qefc "sh $log.script" /dev/null <"$log.keys" >"$CONSOLE" 2>&1 &
	PROCESS=$!
	exec {KEYS}>"$log.keys"
	wait_for_boot
	"$@"
	wait "$PROCESS" || true
	exec {KEYS}>&-
	rm -f "$log.keys"
	STATUS=$(cat "$log.status")
	cmp "$log.before" "$log.after" || fail "the terminal is not given back"
	nothing_left
}

kill_qemu() { kill -KILL "$(qemu_of "$(cat "$LOGS/$NAME.pid")")"; }
kill_run() { kill -TERM "$(cat "$LOGS/$NAME.pid")"; }
type_keys() { printf '%b' "$1" >&"$KEYS"; }

test_end_terminal()
{
	private_guest
	on_terminal prompt kill_qemu
	expect_status 137
	on_terminal prompt kill_run
	expect_status 143
	# Ctrl-C, Ctrl-Z, Ctrl-\ and Ctrl-D go to the guest.
	on_terminal echo type_keys '\003\032\034\004q'
	expect_status 0
	for key in 3 26 28 4 113; do
		says "ends: typed $key"
	done
	on_terminal prompt type_keys '\001x'
	expect_status 0
}

# What comes through a pipe is typed, and its end is no end of the run.
test_end_typed()
{
	private_guest
	CONSOLE=$LOGS/$NAME.console
	{ sleep 2; printf 'abq'; } | timeout 60 "$HALITE" run --kernel "$ENDS" --memory 512M \
		--append echo >"$CONSOLE" || fail "status $?"
	says "ends: typed 97"
	says "ends: typed 98"
	nothing_left
}

test_end_arguments()
{
	local value
	make_image "$LOGS/image.bin" 8192
	for value in 0 -1 1.5 10s 1000001 ''; do
		refuses "--timeout '$value': expected a number from 1 to 1000000" run \
			--kernel "$LOGS/image.bin" --timeout="$value"
	done
	refuses "--expect '('" run --kernel "$LOGS/image.bin" --expect '('
	refuses "--expect ''" run --kernel "$LOGS/image.bin" --expect ''
	refuses "--timeout: its value is missing" run --kernel "$LOGS/image.bin" --timeout
	for value in '-serial mon:stdio' '--monitor stdio' '-chardev stdio,id=x' '-qmp stdio'; do
		# shellcheck disable=SC2086 # two words
		refuses "'$value': the terminal is the console of the guest" run \
			--kernel "$LOGS/image.bin" -- $value
	done
}

# Without --append, a Linux that panics reboots, which ends the run. An ELF gets no words.
test_end_default_words()
{
	local qemu=$LOGS/echo-qemu words
	make_image "$LOGS/image.bin" 8192
	make_echo_qemu "$qemu" 10.0.2
	words=$("$HALITE" run --native --kernel "$LOGS/image.bin" --qemu "$qemu")
	grep -qx 'console=ttyS0 panic=-1' <<<"$words" || fail "no panic=-1"
	words=$("$HALITE" run --native --kernel "$LOGS/image.bin" --qemu "$qemu" --append '')
	! grep -q 'panic' <<<"$words" || fail "panic=-1 though --append says nothing"
	words=$("$HALITE" run --native --kernel "$GUESTS/ends.elf" --qemu "$qemu")
	! grep -q 'panic' <<<"$words" || fail "panic=-1 for an ELF"
}

end_tests()
{
	test_case tool-end-arguments test_end_arguments
	test_case tool-end-default-words test_end_default_words
	test_case tool-end-guest test_end_guest
	test_case tool-end-expect test_end_expect
	test_case tool-end-signals test_end_signals
	test_case tool-end-qemu test_end_qemu
	test_case tool-end-output test_end_output
	test_case tool-end-terminal test_end_terminal
	test_case tool-end-typed test_end_typed
}
