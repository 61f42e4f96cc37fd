# SPDX-License-Identifier: BSD-2-Clause
# The virtual UART: Debian's driver, its interrupts, what is typed and what is shown.
# shellcheck shell=bash

# await PATTERN: waits until a line of the console matches PATTERN.
await()
{
	local i
	for ((i = 0; i < 2000; i++)); do
		! grep -qasE -e "$1" "$CONSOLE" || return 0
		kill -0 "$PROCESS" 2>/dev/null || break
		sleep 0.1
	done
	fail "no line '$1' in ${CONSOLE#"$TOP"/}"
}

# with_keys COMMAND...: starts COMMAND with its output in $CONSOLE, and with KEYS for its input.
with_keys()
{
	local keys=$LOGS/$NAME.keys
	CONSOLE=$LOGS/$NAME.console
	rm -f "$keys"
	mkfifo "$keys"
	: >"$CONSOLE"
	printf 'running: %s\n' "$*"
	timeout -k 5 240 "$@" <"$keys" 2>&1 | stdbuf -o0 tr -d '\r' >"$CONSOLE" &
	PROCESS=$!
	exec {KEYS}>"$keys"
	rm -f "$keys"
}

# type_line TEXT: types TEXT and Return.
type_line() { printf '%s\r' "$1" >&"$KEYS"; }

# keys_end: waits for the end of with_keys.
keys_end()
{
	exec {KEYS}>&-
	wait "$PROCESS" || fail "exit status $?, see ${CONSOLE#"$TOP"/}"
}

# test_console WORDS [OPTIONS]: a session in Debian with Halite's words WORDS. Each answer of the
# guest differs from what was typed for it.
test_console()
{
	local words=$1 text=$LOGS/$NAME.text count i
	shift
	for ((i = 0; i < 64; i++)); do
		printf 'line %02d of a text that is pasted: 0123456789 abcdefghijklmn\n' "$i"
	done >"$text"
	with_keys "$HALITE" run --kernel "$GUESTS/client/Image" \
		--initrd "$GUESTS/client/boot.cpio" --cpus 2 --memory 512M \
		--append "console=ttyS0 earlycon halite.scene=shell" "$@" \
		-append "nacl=all console=virtual $words"
	await '^halite: virtual UART at 0x10000000, interrupt 10$'
	# The prompt is no whole line.
	await '^~ # '
	type_line 'dmesg | grep ttyS0; echo dm$((40 + 2))esg'
	await '^dm42esg'
	expect_console 'serial: ttyS0 at MMIO 0x10000000 \(irq = [1-9].* is a 16550A$' "no UART"
	type_line 'stty -echo; echo go$((1 + 1)); cat >/tmp/pasted; stty echo; md5sum /tmp/pasted'
	await '^go2'
	cat "$text" >&"$KEYS"
	printf '\004' >&"$KEYS"
	await "^$(md5sum <"$text" | cut -c 1-32)"
	# The driver works by interrupts, and not by its timer.
	# shellcheck disable=SC2016 # the guest's shell expands it
	type_line 'set -- $(grep ttyS0 /proc/interrupts); echo it$((2 + 2)) $(($2 + $3))'
	await '^it4 '
	count=$(sed -n 's/^it4 //p' "$CONSOLE")
	[ "$count" -ge 20 ] || fail "only $count interrupts of the UART"
	# Ctrl-] is Halite's, and Ctrl-] twice the guest's.
	type_line 'echo cat$((1 + 1)); cat -v; echo end$((1 + 1))'
	await '^cat2'
	printf '\035' >&"$KEYS"
	await '^halite: input goes to the guest; Ctrl-\] sends Ctrl-\]'
	printf 'q' >&"$KEYS"
	await '^halite: input goes to the guest$'
	printf 'x\035\035y\r\004' >&"$KEYS"
	await '^x\^\]y$'
	await '^end2'
	# The shell of the login says who it is. What was typed before that would be lost.
	type_line 'mkdir -p /etc; echo root::0:0::/tmp:/usr/bin/sh >/etc/passwd'
	# shellcheck disable=SC2016
	type_line 'echo "echo I am \$USER at \$(tty)" >/tmp/.profile'
	# shellcheck disable=SC2016
	type_line 'exec getty -l "$(which login)" -L 115200 ttyS0 vt100'
	await 'login: '
	type_line root
	await '^I am root at /dev/ttyS0$'
	type_line 'poweroff -f'
	keys_end
	! grep -aE 'nobody cared|serial8250: too much work|input overrun' "$CONSOLE" ||
		fail "the driver complains"
}

# U-Boot polls the UART.
test_console_u_boot()
{
	with_keys "$HALITE" run --kernel /usr/lib/u-boot/qemu-riscv64_smode/uboot.elf \
		--machine plic --memory 512M -- -append "nacl=all console=virtual"
	await '^Hit any key'
	type_line ''
	await '^=> '
	# shellcheck disable=SC2016 # U-Boot expands it
	type_line 'setenv two 2; echo one ${two}'
	await '^one 2$'
	type_line 'poweroff'
	keys_end
}

console_tests()
{
	test_case console-plic test_console "" --machine plic --
	test_case console-aplic test_console slow --machine aplic --
	test_case console-aia test_console "" --machine aia --
	test_case console-u-boot test_console_u_boot
}

console_tests_long()
{
	test_case console-no-sstc test_console "" --machine plic -- -cpu rv64,h=true,sstc=false
}
