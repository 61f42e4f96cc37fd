# SPDX-License-Identifier: BSD-2-Clause
# What Halite prints of a trap of its own, and the names that the command adds.
# shellcheck shell=bash

# own_trap N PATTERN: a Halite that takes trap N of tests/liar/lie.h; PATTERN is in its last line.
own_trap()
{
	make -s --no-print-directory liar
	HALITE_BIN=$BUILD/liar/halite.bin with_console "" 60 "$HALITE" run \
		--kernel "$GUESTS/conformance.elf" --memory 512M -- -append "nacl=all lie=$1"
	expect_console "^halite: fatal: internal error: $2" "the console does not have the trap"
	[ "$(grep -ac '^halite: fatal: ' "$CONSOLE")" = 1 ] || fail "more than one fatal line"
	expect_status 1
}

# own_trap_dump HART: what the load in trap_on_purpose() from address 16 leaves, and x1 to x31.
own_trap_dump()
{
	local id home i hex='0x[0-9a-f]+' own='halite: own trap'
	id=$(riscv64-unknown-elf-readelf -n "$BUILD/liar/halite.elf" 2>/dev/null |
		sed -n 's/.*Build ID: //p')
	home=$(sed -n 's/^halite: RAM .* at \(0x[0-9a-f]*\)$/\1/p' "$CONSOLE")
	expect_console "^halite: own trap: hart $1, image at $home, build id $id\$" "which image"
	expect_console "^$own: scause 0x(5|d), stval 0x10, sstatus $hex, satp $hex\$" "CSRs"
	expect_console "^$own: hstatus $hex, htval $hex, htinst $hex, hgatp $hex, vsatp $hex\$" \
		"CSRs of the H extension"
	expect_console ' x5  0{12}5151 x6  0{12}6161 x7  0{14}10$' "registers"
	for i in {1..31}; do
		expect_console "^halite: own trap: .*x$i +[0-9a-f]{16}" "x$i"
	done
	expect_console "^halite: \+0x[0-9a-f]+ is trap_on_purpose\+0x[0-9a-f]+\$" "no name for sepc"
}

# If Halite itself traps, which is a bug, it prints all that helps to find the bug.
test_own_trap()
{
	own_trap 15 'scause 0xd, sepc 0x[0-9a-f]+, stval 0x10$'
	own_trap_dump '[01]'
	expect_console '^halite: own trap: stack 0x[0-9a-f]+: \+0x[0-9a-f]+$' "no return address"
	expect_console '^halite: \+0x[0-9a-f]+ is sbi_handle_ecall\+0x[0-9a-f]+$' \
		"its caller is not named"
	# The same from a log; and never by another build's ELF.
	"$HALITE" names "$BUILD/liar/halite.elf" <"$CONSOLE" 2>&1 | tee "$LOGS/$NAME.names"
	grep -q 'is sbi_handle_ecall+0x' "$LOGS/$NAME.names" || fail "'halite names' names nothing"
	"$HALITE" names "$BUILD/halite.elf" <"$CONSOLE" 2>&1 | tee "$LOGS/$NAME.names"
	grep -q 'has build id [0-9a-f]*, not [0-9a-f]*$' "$LOGS/$NAME.names" ||
		fail "another build is not refused"
	! grep -q ' is ' "$LOGS/$NAME.names" || fail "another build gives names"
}

# Without a stack, and before there are vCPUs.
test_own_trap_no_stack()
{
	own_trap 16 'scause 0xd, sepc 0x[0-9a-f]+, stval 0x10$'
	own_trap_dump '[01]'
	expect_console ' x2  0000000000000000 ' "its stack pointer is another one"
}

test_own_trap_early()
{
	own_trap 18 'scause 0x5, sepc 0x[0-9a-f]+, stval 0x10$'
	# The firmware starts Halite on whichever hart comes first.
	own_trap_dump "$(sed -n 's/^Boot HART ID *: \([0-9]*\).*/\1/p' "$CONSOLE")"
	expect_console '^halite: \+0x[0-9a-f]+ is hv_main\+0x[0-9a-f]+$' "its caller is not named"
}

# A second trap while Halite ends: Halite still ends, and its message is about the first trap.
test_own_trap_twice()
{
	own_trap 17 'scause 0xd, sepc 0x[0-9a-f]+, stval 0x10$'
}

# Everything that is built and installed is the same wherever its sources are.
test_reproducible()
{
	local tree=$LOGS/$NAME.tree file count=0
	rm -rf "$tree"
	mkdir -p "$tree/build"
	cp -a "$TOP/Makefile" "$TOP/mk" "$TOP/src" "$TOP/scripts" "$TOP/tools" "$tree/"
	ln -s "$BUILD/ext" "$tree/build/ext"
	touch "$tree/build/.packages"
	for file in "$TOP" "$tree"; do
		make -s --no-print-directory -C "$file" install DESTDIR="$tree/root"
		mv "$tree/root" "$tree/root-$((count++))"
	done
	count=$(find "$tree/root-0" -type f | wc -l)
	[ "$count" -gt 20 ] || fail "only $count files are installed"
	diff -r "$tree/root-0" "$tree/root-1" || fail "an installed file is another one"
	rm -rf "$tree"
}

own_trap_tests()
{
	test_case own-trap test_own_trap
	test_case own-trap-no-stack test_own_trap_no_stack
	test_case own-trap-early test_own_trap_early
	test_case own-trap-twice test_own_trap_twice
	test_case image-reproducible test_reproducible
}
