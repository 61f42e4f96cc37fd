# SPDX-License-Identifier: BSD-2-Clause
# Several domains on one machine, each with a guest of its own, apart from each other
# (docs/domains.md). The tests start QEMU with a device tree that they write themselves.
# shellcheck shell=bash

# domains_tree QEMU-ARGUMENTS...: makes the device tree of a machine in $LOGS/$NAME.dtb.
domains_tree()
{
	TREE=$LOGS/$NAME.dtb
	LOADERS=()
	rm -f "$TREE"
	"$QEMU10" -M "virt,dumpdtb=$TREE${MACHINE_WORDS:-}" -nographic "$@" >/dev/null 2>&1
}

# domain NAME: adds the node of a domain.
domain()
{
	local node=/chosen/domain-$1
	fdtput -cp "$TREE" "$node"
	fdtput -t s "$TREE" "$node" compatible halite,domain
	fdtput -t s "$TREE" "$node" halite,name "$1"
	fdtput -t x "$TREE" "$node" '#address-cells' 2
	fdtput -t x "$TREE" "$node" '#size-cells' 2
}

# domain_set NAME PROPERTY TYPE VALUE...: sets a property of the domain; TYPE as of fdtput.
domain_set()
{
	local name=$1 property=$2 type=$3
	shift 3
	fdtput -t "$type" "$TREE" "/chosen/domain-$name" "$property" "$@"
}

# domain_module NAME ADDRESS FILE KIND [BOOTARGS]: gives the domain a kernel or a ramdisk.
domain_module()
{
	local node=/chosen/domain-$1/module@$2 size
	size=$(stat -c %s "$3")
	fdtput -cp "$TREE" "$node"
	fdtput -t s "$TREE" "$node" compatible "multiboot,$4"
	fdtput -t x "$TREE" "$node" reg 0 "$2" 0 "$(printf %x "$size")"
	[ -z "${5-}" ] || fdtput -t s "$TREE" "$node" bootargs "$5"
	LOADERS+=(-device "loader,file=$3,addr=0x$2,force-raw=on")
}

# domains_run SECONDS QEMU-ARGUMENTS...: starts the machine with the tree.
domains_run()
{
	local limit=$1
	shift
	with_console "" "$limit" "$QEMU10" -M "virt${MACHINE_WORDS:-}" -nographic "$@" \
		-dtb "$TREE" -kernel "$BUILD/halite.bin" "${LOADERS[@]}"
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	! grep -a 'halite: fatal' "$CONSOLE" || fail "Halite has ended"
}

# domain_passed NAME: the checks of the guest in the domain are numbered, and all are ok.
domain_passed()
{
	local all=$CONSOLE
	CONSOLE=$LOGS/$NAME.$1
	sed -n "s/^$1: //p" "$all" >"$CONSOLE"
	ktap_passed
	CONSOLE=$all
	expect_console "^halite: domain $1 has ended$" "the domain has not ended"
}

UART=/soc/serial@10000000
RTC=/soc/rtc@101000

# two_domains [WORD]: the domains A and B, which have 2 harts, 64 MiB and a device each, with the
# guest that attacks and checks. A is at 0x80200000, and B behind A. B gets WORD.
two_domains()
{
	local own="harts=2 memory=40 ticks=1e8480"
	domains_tree -cpu "${CPU:-rv64,h=true}" -smp 4 -m 512M
	# A new node goes before its siblings.
	domain B
	domain A
	domain_set A cpus i 2
	domain_set B halite,harts i 3 1
	domain_set A memory i 0 65536
	domain_set B memory i 0 65536
	domain_set A halite,devices s "$UART"
	domain_set B halite,devices s "$RTC"
	domain_module A 90000000 "$GUESTS/domains.image" kernel \
		"$own source=a no-hart=1 no-source=b no-device=101000 no-memory=84300000"
	domain_module B 90400000 "$GUESTS/domains.image" kernel \
		"$own source=b no-hart=2 no-source=a no-device=10000000 no-memory=80300000 ${1-}"
}

test_domains_apart()
{
	two_domains
	domains_run 60 -cpu rv64,h=true -smp 4 -m 512M
	domain_passed A
	domain_passed B
	LC_ALL=C grep -aqP '^A: # \t\[2K\xc2halite: forged\r*$' "$CONSOLE" ||
		fail "control characters of a domain are on the console"
	expect_status 0
}

# The same with an APLIC. B has IE of its domaincfg clear for a while, and A's source still rings.
test_domains_apart_aia()
{
	local MACHINE_WORDS=$1 CPU=max
	two_domains off
	domains_run 60 -cpu max -smp 4 -m 512M
	domain_passed A
	domain_passed B
	expect_status 0
}

# Three domains on four harts. No domain has the boot hart. C ends with a failure, and A runs
# longest.
test_domains_three()
{
	local own="harts=1 memory=20"
	domains_tree -cpu rv64,h=true -smp 4 -m 512M
	for name in C B A; do
		domain "$name"
		domain_set "$name" cpus i 1
		domain_set "$name" memory i 0 32768
	done
	domain_set A halite,harts i 1
	domain_set B halite,harts i 2
	domain_set C halite,harts i 3
	domain_module A 90000000 "$GUESTS/domains.image" kernel \
		"$own ticks=4c4b40 no-hart=0 no-memory=82300000"
	domain_module B 90400000 "$GUESTS/domains.image" kernel "$own no-hart=1"
	domain_module C 90800000 "$GUESTS/domains.image" kernel "$own no-hart=2 fail"
	domains_run 60 -cpu rv64,h=true -smp 4 -m 512M
	domain_passed A
	domain_passed B
	expect_console '^C: not ok .* a failure on purpose' "C has not failed"
	expect_console '^halite: domain C has ended with a failure$' "C's failure is not told"
	tail -n 1 "$CONSOLE" | grep -q '^halite: domain A has ended$' || fail "A was not the last"
	expect_status 0
}

# test_domains_many COUNT: as many domains as harts, with 4 MiB each. Each knows where the next one
# is.
test_domains_many()
{
	local count=$1 i next memory
	domains_tree -cpu rv64,h=true -smp "$count" -m 256M
	for ((i = count - 1; i >= 0; i--)); do
		domain "D$i"
		domain_set "D$i" halite,harts i "$i"
		domain_set "D$i" memory i 0 4096
		next=$(((i + 1) % count))
		memory=$(printf %x $((0x80300000 + next * 0x400000)))
		domain_module "D$i" "$(printf %x $((0x88000000 + i * 0x10000)))" \
			"$GUESTS/domains.image" kernel \
			"harts=1 memory=4 ticks=1e8480 no-hart=$next no-memory=$memory"
	done
	domains_run 60 -cpu rv64,h=true -smp "$count" -m 256M
	for ((i = 0; i < count; i++)); do
		domain_passed "D$i"
	done
	expect_status 0
}

# test_domains_reset [MACHINE [WORD]]: B resets itself once, while two of its harts run, or with
# `stops`, one. Its memory is kept, its kernel is loaded again, and A runs on.
test_domains_reset()
{
	local MACHINE_WORDS=${1-} CPU=max
	two_domains "note=87f00000 ${2-}"
	domains_run 60 -cpu max -smp 4 -m 512M
	expect_console '^halite: domain B is reset$' "B has not been reset"
	domain_passed A
	domain_passed B
	grep -aq '^B: ok .* harts that the reset has stopped: 1$' "$CONSOLE" ||
		fail "B has not looked at its harts"
	expect_status 0
}

# The end of B is told when all its harts have stopped.
test_domains_end()
{
	two_domains
	domain_set B/module@90400000 bootargs s "harts=2 memory=40 chatty"
	domains_run 60 -cpu rv64,h=true -smp 4 -m 512M
	domain_passed A
	expect_console '^B: # and on$' "the other hart of B has written nothing"
	! sed '1,/^halite: domain B has ended$/d' "$CONSOLE" | grep -a '^B: ' ||
		fail "a hart of B has gone on"
	expect_status 0
}

# tables_of NAME: prints how many page tables there are for the shadows of the domain.
tables_of()
{
	sed -n "s/^halite: .* domain $1: pool: .*tables [0-9]* of \([0-9]*\), .*/\1/p" "$CONSOLE" |
		head -n 1
}

# near A B: whether two numbers of tables are about equal. The parts also have roots of shadows.
near()
{
	(($1 - $2 <= 40 && $2 - $1 <= 40))
}

# Of two equal domains, B has three times the part of the shadow memory, besides the least that each
# one needs.
test_domains_tables()
{
	local half a b
	two_domains
	domains_run 60 -cpu rv64,h=true -smp 4 -m 512M -append stats
	half=$(tables_of A)
	near "$half" "$(tables_of B)" || fail "the domains are equal, and their tables are not"
	domain_set B halite,tables i 300
	domains_run 60 -cpu rv64,h=true -smp 4 -m 512M -append stats
	a=$(tables_of A)
	b=$(tables_of B)
	near $((a + b)) $((2 * half)) || fail "$a and $b tables are not two times $half"
	((b - half >= half / 4)) || fail "of $half, A has kept $a, and B has $b"
}

# The domain with halite,power turns the machine off while the other one runs.
test_domains_power()
{
	two_domains
	domain_set A halite,power s ''
	domain_set B/module@90400000 bootargs s "harts=2 memory=40 ticks=ffffffffff"
	domains_run 60 -cpu rv64,h=true -smp 4 -m 512M
	expect_console '^A: 1\.\.[0-9]+$' "A has not come to its end"
	! grep -a 'has ended' "$CONSOLE" || fail "a domain has ended, and not the machine"
	expect_status 0
}

# bad_domain PATTERN DOMAIN PROPERTY TYPE VALUE...: Halite refuses the tree of two_domains with one
# property changed, before any domain starts.
bad_domain()
{
	local pattern=$1
	shift
	two_domains
	domain_set "$@"
	refused "$pattern" -smp 4 -m 512M -dtb "$TREE" -kernel "$BUILD/halite.bin" "${LOADERS[@]}"
	refused_status
	! grep -aE '^[AB]: ' "$CONSOLE" || fail "a domain has started"
}

# bad_shared PATTERN DOMAIN...: the same with shared memory of these domains.
bad_shared()
{
	local pattern=$1 node=/chosen/shared-x
	shift
	two_domains
	fdtput -cp "$TREE" "$node"
	fdtput -t s "$TREE" "$node" compatible halite,shared-memory
	fdtput -t i "$TREE" "$node" memory 0 64
	fdtput -t s "$TREE" "$node" halite,domains "$@"
	refused "$node: $pattern" -smp 4 -m 512M -dtb "$TREE" -kernel "$BUILD/halite.bin" \
		"${LOADERS[@]}"
	refused_status
	! grep -aE '^[AB]: ' "$CONSOLE" || fail "a domain has started"
}

test_refuse_domain()
{
	bad_domain "/chosen/domain-B: halite,harts: there is no hart 4" B halite,harts i 1 4
	bad_domain "/chosen/domain-A: memory: .* KiB, but only" A memory i 0 1048576
	bad_domain "/chosen/domain-A: halite,devices: .* may do DMA" A halite,devices s \
		/soc/virtio_mmio@10001000
	bad_shared "halite,domains: there is no domain C" A C
	bad_shared "halite,domains: only one domain" A
	bad_domain "/chosen/domain-B: halite,devices: .* ends the machine" B halite,devices s \
		/soc/test@100000
}

# test_domains_hostile [WORDS]: a guest attacks from all its harts, for 15 s, everything that it
# knows of: memory, devices, harts, SBI. The guest beside it finds nothing changed.
test_domains_hostile()
{
	local MACHINE_WORDS=${1-} CPU=max
	domains_tree -cpu max -smp 4 -m 512M
	domain I
	domain H
	domain_set H halite,harts i 0 1
	domain_set I halite,harts i 3 2
	# The guest's arena is at 0x88000000. What is behind its memory is for it to attack.
	domain_set H memory i 0 262144
	domain_set I memory i 0 65536
	domain_set I halite,devices s "$RTC"
	domain_module H 98000000 "$GUESTS/hostile.elf" kernel
	domain_module I 98400000 "$GUESTS/domains.image" kernel \
		"harts=2 memory=40 source=b no-hart=0 no-memory=80300000 ticks=9896800"
	domains_run 90 -cpu max -smp 4 -m 512M
	expect_console '^H: hostile: [0-9]+ rounds on 2 harts, survived' "the attacker has failed"
	! grep -a 'BREACH' "$CONSOLE" || fail "the attacker has got through"
	domain_passed I
	expect_status 0
}

# status_of STATUS A B: the exit status of `halite run` with the domains A and B, whose guest has
# these words. The RAM of A has 16 MiB from 0x80a00000 on.
status_of()
{
	local all=memory=16M,kernel=$GUESTS/domains.image
	with_console "" 60 "$HALITE" run --machine plic --memory 128M \
		--domain "name=A,$all,append=harts=1 memory=10 $2" \
		--domain "name=B,$all,append=harts=1 memory=10 $3"
	expect_status "$1"
}

# What has become of each domain is in the exit status of `halite run`.
test_domains_status()
{
	local late=ticks=989680
	status_of 0 "" ""
	status_of 6 fail $late
	expect_console '^halite: domain A has ended with a failure$' "no word of the failure"
	status_of 0 "note=81200000" $late
	status_of 3 "note=81200000 panic" $late
	expect_console '^halite: the kernel of domain A has panicked$' \
		"the last line names no domain"
	# A guest of the guest has panicked, and the domain resets itself in order.
	status_of 0 "note=81200000 panic orderly" $late
	# The panic counts more than the failure of another domain, which resets nothing.
	status_of 3 "note=81200000 panic" "$late fail"
}

# pack_domains OUT OPTIONS...: packs the domains A and B, as two_domains has them, with devices by
# alias and by name.
pack_domains()
{
	local out=$1 own="harts=2 memory=40 ticks=1e8480"
	shift
	local a="source=a no-hart=1 no-source=b no-device=101000 no-memory=84500000"
	local b="source=b no-hart=2 no-source=a no-device=10000000 no-memory=80500000"
	local all=memory=64M,kernel=$GUESTS/domains.image
	"$HALITE" pack "$@" -o "$out" \
		--domain "name=A,cpus=2,$all,devices=serial0,append=$own $a" \
		--domain "name=B,harts=3:1,$all,nacl=none,devices=rtc@101000,append=$own $b"
	"$HALITE" pack --list "$out"
}

# domains_packed A B QEMU-ARGUMENTS...: a machine with the domains of pack_domains, whose RAM is at
# the addresses A and B.
domains_packed()
{
	local a=$1 b=$2
	shift 2
	with_console "" 60 "$QEMU10" -M virt -cpu rv64,h=true -smp 4 -m 512M -nographic "$@"
	[ "$STATUS" != 124 ] || fail "hung: ended after its time limit, see ${CONSOLE#"$TOP"/}"
	expect_console "^halite: domain A: harts 0 2, 64 MiB of RAM from $a," "A has other parts"
	expect_console "^halite: domain B: harts 1 3, 64 MiB of RAM from $b," "B has other parts"
	domain_passed A
	domain_passed B
	expect_status 0
}

# conformance_lines [DOMAIN]: prints what the conformance guest in the domain has checked. The
# console divides a line of a domain that pauses within it. So what begins as no line does, not even
# as the first characters of one, belongs to the line before.
conformance_lines()
{
	tr -d '\r' <"$CONSOLE" | { if [ $# = 1 ]; then sed -n "s/^$1: //p"; else cat; fi; } | awk '
		/^(ok|not ok|Bail out|1\.\.|#|halite: |o$|no?$|not ?o?$|1\.?$)/ && NR > 1 {
			print ""
		}
		{ printf "%s", $0 }
		END { print "" }' |
		grep -aE '^(ok|not ok|Bail out|1\.\.|# area)'
}

# test_domains_conformance NACL AREAS: the conformance guest in each of two domains at once finds
# what it finds as the only guest.
test_domains_conformance()
{
	local all out=$LOGS/$NAME
	all=cpus=2,memory=64M,kernel=$GUESTS/conformance.image,nacl=$1,append=$2
	with_console "" 600 "$HALITE" run --machine plic --memory 512M --cpus 2 --nacl "$1" \
		--kernel "$GUESTS/conformance.image" --append "$2"
	conformance_lines >"$out.one"
	[ "$(wc -l <"$out.one")" -gt 500 ] || fail "too few checks: the guest has failed"
	with_console "" 600 "$HALITE" run --machine plic --memory 512M --domain "name=A,$all" \
		--domain "name=B,$all"
	for name in A B; do
		conformance_lines "$name" >"$out.$name"
		cmp "$out.one" "$out.$name" || fail "domain $name: another line than alone"
	done
	expect_status 0
}

# The kernel of H is a Halite with domains A and B of its own. N is beside H.
test_domains_nested()
{
	local out=$LOGS/$NAME.inner own="memory=10 ticks=1e8480" all
	all=cpus=1,memory=16M,kernel=$GUESTS/domains.image
	"$HALITE" pack -o "$out" \
		--domain "name=A,$all,append=harts=1 $own no-hart=1 no-memory=86300000" \
		--domain "name=B,$all,append=harts=1 $own no-hart=0 no-memory=86300000"
	with_console "" 90 "$HALITE" run --machine plic --memory 512M \
		--domain "name=H,cpus=2,memory=94M,kernel=$out" \
		--domain "name=N,$all,append=harts=1 $own no-hart=1 no-memory=80300000"
	expect_console '^H: halite: domain A: harts 0, 16 MiB' "H has no domain A"
	expect_console '^H: halite: domain B: harts 1, 16 MiB' "H has no domain B"
	expect_console '^halite: domain N: harts 2, 16 MiB of RAM from 0x86' "N is elsewhere"
	domain_passed N
	sed -i 's/^H: \(.*\)/\1/' "$CONSOLE"
	domain_passed A
	domain_passed B
	expect_console '^halite: domain H has ended$' "H has not ended"
	expect_status 0
}

# Domains of a packed file, of a bundle, and with a packed device tree.
test_domains_pack()
{
	local out=$LOGS/$NAME.out tree=$LOGS/$NAME.dtb
	pack_domains "$out"
	[ "$("$HALITE" pack --list "$out" | grep -c '^domain [AB]$')" = 2 ] ||
		fail "--list: no domains"
	domains_packed 0x80400000 0x84400000 -kernel "$out" -append "for nobody"
	expect_console '^halite: warning: command line and ramdisk of the boot loader are not' \
		"no word about the boot loader's command line"
	rm -f "$tree"
	"$QEMU10" -M "virt,dumpdtb=$tree" -cpu rv64,h=true -smp 4 -m 512M -nographic >/dev/null 2>&1
	pack_domains "$out" --dtb "$tree" --bundle
	domains_packed 0x80200000 0x84200000 -kernel "$BUILD/halite.bin" -initrd "$out"
}

# console_domains SECONDS [RUN-OPTIONS]: the domains A and B with a guest that uses its UART.
console_domains()
{
	local limit=$1
	shift
	with_keys "$HALITE" run --timeout "$limit" \
		--domain "name=A,cpus=1,memory=4M,kernel=$GUESTS/neighbours.image" \
		--domain "name=B,cpus=1,memory=4M,kernel=$GUESTS/neighbours.image" "$@"
	await '^halite: virtual UARTs at 0x10000000, interrupt 10$'
	await $'^A: ready\033\\[m$'
	await '^B: ready\[m$'
}

# ask DOMAIN TEXT: types TEXT for the domain, which has the input, and awaits its answer.
ask()
{
	type_line "$2"
	await "^$1: heard ${2^^}$"
}

# Each domain has a UART of its own on the one console: output, input, the menu.
test_domains_console()
{
	local i
	console_domains 60 --machine "$1"
	ask A 'one for a'
	printf '\0352' >&"$KEYS"
	await '^halite:   2: input to B, which runs, 1 of 1 harts$'
	await '^halite: input goes to B$'
	ask B 'one for b'
	# Each line that was typed has interrupted the domain for which it was.
	for i in 1 2 3 4 5; do ask B "line $i"; done
	type_line count
	await '^B: interrupts ([6-9]|[1-9][0-9]+)$'
	# B is reset by the menu, and by itself.
	printf '\035r2' >&"$KEYS"
	await '^halite: domain B is reset$'
	for ((i = 0; i < 100; i++)); do
		[ "$(grep -ac '^B: ready' "$CONSOLE")" = 1 ] || break
		sleep 0.1
	done
	ask B 'again b'
	type_line count
	# It has begun anew. A busy machine may give a line in two pieces.
	await '^B: interrupts [2-5]$'
	printf '\0351' >&"$KEYS"
	await '^halite: input goes to A$'
	ask A 'again a'
	# B has lost the input, and what it writes now has no control characters.
	printf '\035r2' >&"$KEYS"
	for ((i = 0; i < 100; i++)); do
		[ "$(grep -ac '^B: ready' "$CONSOLE")" != 3 ] || break
		sleep 0.1
	done
	[ "$(grep -ac '^B: ready\[m$' "$CONSOLE")" = 2 ] || fail "B moves the cursor"
	type_line quit
	# The input goes to the domain that is left.
	await '^halite: domain A has ended$'
	ask B 'alone'
	printf '\035' >&"$KEYS"
	await '^halite:   1: input to A, which has ended, 0 of 1 harts$'
	printf q >&"$KEYS"
	type_line quit
	await '^halite: domain B has ended$'
	keys_end
}

# type_at DOMAIN TEXT: types TEXT and Return at the socket of A or B.
type_at() { local fd=$1; printf '%s\r' "$2" >&"${!fd}"; }

# hears DOMAIN TEXT: awaits TEXT in the domain's own file.
hears()
{
	local CONSOLE=$DIR/$1.log
	await "$2"
}

# test_domains_console_dir MACHINE: each domain's console is a file and a socket of its own. Both
# get input at once, and none can write or read what is the other's.
test_domains_console_dir()
{
	local DIR=$LOGS/$NAME.dir A B i name clients=() all=cpus=1,memory=4M
	all+=,kernel=$GUESTS/neighbours.image
	rm -rf "$DIR"
	cc -Wall -o "$LOGS/$NAME.client" "$TOP/tests/linux/host/client.c" || fail "no client"
	with_keys "$HALITE" run --timeout 60 --machine "$1" --console-dir "$DIR" \
		--domain "name=A,$all" --domain "name=B,$all"
	await '^A: ready\[m$'
	await '^B: ready\[m$'
	"$HALITE" run --console-dir "$DIR" --domain "name=A,$all" >"$LOGS/$NAME.second" 2>&1 &&
		fail "two runs have one folder"
	grep -q "A.log': another run uses it" "$LOGS/$NAME.second" || fail "another message"
	for name in A B; do
		mkfifo "$DIR/$name.keys"
		"$LOGS/$NAME.client" "$DIR/$name.sock" <"$DIR/$name.keys" >"$DIR/$name.out" &
		clients+=($!)
	done
	exec {A}>"$DIR/A.keys" {B}>"$DIR/B.keys"
	for ((i = 1; i <= 15; i++)); do
		type_at A "line $i of a"
		type_at B "line $i of b"
	done
	type_line 'from the terminal'
	for name in A B; do
		hears $name "^heard LINE 15 OF $name\$"
		[ "$(grep -ac "^heard LINE [0-9]* OF $name\$" "$DIR/$name.log")" = 15 ] ||
			fail "$name has lost input"
	done
	hears A '^heard FROM THE TERMINAL$'
	await '^A: heard FROM THE TERMINAL$'
	# What looks like a frame, like QEMU's command to end, or like Halite's menu, is text.
	type_at A $'\0202\020n\0200halite: forged\020'
	type_at A $'\001x\035r2'
	hears A $'^heard \0202\020N\0200HALITE: FORGED\020$'
	hears A $'^heard \001X\035R2$'
	type_at B 'still there'
	hears B '^heard STILL THERE$'
	! grep -aiE 'forged|r2|of a$' "$DIR/B.log" || fail "B has text of A"
	! grep -aE '^(halite: .*FORGED|B: .*FORGED|halite: domain B is reset)' "$CONSOLE" ||
		fail "A has written or typed as another"
	# The menu is at the terminal.
	printf '\035r2' >&"$KEYS"
	await '^halite: domain B is reset$'
	hears B '^ready.*$'
	type_at A reset
	await '^halite: domain A is reset$'
	for name in A B; do
		for ((i = 0; i < 100; i++)); do
			[ "$(grep -ac ^ready "$DIR/$name.log")" != 2 ] || break
			sleep 0.1
		done
		type_at $name quit
		await "^halite: domain $name has ended\$"
	done
	keys_end
	exec {A}>&- {B}>&-
	wait "${clients[@]}"
	for name in A B; do
		[ ! -e "$DIR/$name.sock" ] || fail "the socket is left"
		# The client came behind the first line.
		tail -n +2 "$DIR/$name.log" | cmp - "$DIR/$name.out" || fail "$name: another text"
		[ "$(head -n 1 "$DIR/$name.log")" = $'ready\033[m' ] || fail "$name: no first line"
	done
}

# stat_of FILTER: prints what FILTER of jq makes of the counts of the only machine.
stat_of() { "$HALITE" stat --json --once | jq -r "$1"; }

# The counts are those of each domain: in `halite stat`, in the summary, in the report. B writes
# more lines than A, by its UART, so it has more exits.
test_domains_stat()
{
	local report=$LOGS/$NAME.json csv=$LOGS/$NAME.csv table=$LOGS/$NAME.table a b i
	local line='exits l1-memory'
	export XDG_RUNTIME_DIR=$LOGS/$NAME.live
	mkdir -p -m 700 "$XDG_RUNTIME_DIR"
	console_domains 60 --machine plic --stats --json "$report"
	ask A 'one for a'
	printf '\0352' >&"$KEYS"
	await '^halite: input goes to B$'
	for i in 1 2 3 4 5 6 7 8 9; do ask B "line $i of some words for b"; done
	[ "$(stat_of '.levels[0].domains[].name' | tr '\n' ' ')" = "A B " ] || fail "other domains"
	[ "$(stat_of '.levels[0].harts[].domain' | tr '\n' ' ')" = "A B " ] || fail "other harts"
	a=$(stat_of '.levels[0].domains[0].exits["l1-memory"]')
	b=$(stat_of '.levels[0].domains[1].exits["l1-memory"]')
	[ "$a" -gt 0 ] && [ "$b" -gt "$a" ] || fail "accesses of devices: A $a, B $b"
	"$HALITE" stat --csv --once >"$csv"
	[ "$(cut -d, -f2,7 "$csv" | sort -u | tr '\n' ' ')" = "0,A 1,B all,A all,B " ] ||
		fail "the CSV has other harts or domains"
	"$HALITE" stat --once >"$table"
	[ "$(grep -c '^Domain [AB]$' "$table")" = 2 ] || fail "not a table for each domain"
	type_line quit
	await '^halite: domain B has ended$'
	type_line quit
	keys_end
	for i in A B; do
		expect_console "^halite: level 0: domain $i: $line [0-9]+: " \
			"no summary of $i"
		[ "$(jq ".domains[] | select(.name == \"$i\").exits[\"l1-memory\"]" "$report")" = \
			"$(sed -n "s/^halite: level 0: domain $i: $line \([0-9]*\):.*/\1/p" \
				"$CONSOLE" | tail -n 1)" ] || fail "the report has others of $i"
	done
	jq -e '[.domains[].exits["l1-memory"]] as $d | .exits["0"]["l1-memory"] == ($d | add)' \
		<"$report" >/dev/null || fail "the sum of the report is not that of the domains"
}

# Two domains share memory and ring each other. B resets itself once, and ends before A.
# test_domains_bell MACHINE [PACK]: with PACK, the nodes are those of a pack.
test_domains_bell()
{
	local all=cpus=1,memory=4M,kernel=$GUESTS/neighbours.image words
	words=(--domain "name=A,$all" --domain "name=B,$all" --stats
		--shared-memory "name=ring,size=64K,domains=A:B")
	if [ $# = 2 ]; then
		"$HALITE" pack -o "$LOGS/$NAME.out" "${words[@]}"
		"$HALITE" pack --list "$LOGS/$NAME.out" | grep '^shared memory ring$' ||
			fail "--list: no shared memory"
		with_console "" 60 "$QEMU10" -M virt -cpu rv64,h=true -smp 2 -m 256M -nographic \
			-kernel "$LOGS/$NAME.out"
	else
		with_console "" 60 "$HALITE" run --machine "$1" --timeout 50 "${words[@]}"
	fi
	expect_console '^halite: shared memory ring: 64 KiB at 0x[0-9a-f]* for 2 domains$' \
		"no line about the memory"
	domain_passed A
	expect_console '^halite: domain B is reset$' "B has not been reset"
	expect_console '^B: ok 9 a flood costs few exits here: 1$' "B has not come to its reset"
	expect_console '^B: 1\.\.4$' "B has not come to its end"
	! grep -a '^B: not ok' "$CONSOLE" || fail "B: a check has failed"
	expect_console '^halite: domain B has ended$' "B has not ended"
	expect_status 0
}

# power_off DOMAIN...: powers off the Debians in the domains. The first one has the input, and each
# next one gets it when the one before has ended.
power_off()
{
	local domain
	for domain; do
		type_line 'poweroff -f'
		await "^halite: domain $domain has ended\$"
	done
}

# Two Debians, each to a login on its own UART, on one console.
test_domains_debian()
{
	local domain key=1 guest=$GUESTS/client
	local all="cpus=1,memory=512M,kernel=$guest/Image,initrd=$guest/boot.cpio"
	with_keys "$HALITE" run --machine "$1" --timeout 220 \
		--domain "name=A,$all,append=console=ttyS0 halite.scene=shell" \
		--domain "name=B,$all,append=console=ttyS0 halite.scene=shell"
	await '^A: ~ # '
	await '^B: ~ # '
	for domain in A B; do
		printf '\035%s' "$key" >&"$KEYS"
		await "^halite: input goes to $domain\$"
		type_line 'mkdir -p /etc; echo root::0:0::/tmp:/usr/bin/sh >/etc/passwd'
		# shellcheck disable=SC2016 # the guest's shell expands it
		type_line 'echo "echo I am \$USER at \$(tty)" >/tmp/.profile'
		# shellcheck disable=SC2016
		type_line 'exec getty -l "$(which login)" -L 115200 ttyS0 vt100'
		await "^$domain: .*login: "
		type_line root
		await "^$domain: I am root at /dev/ttyS0\$"
		key=2
	done
	power_off B A
	keys_end
	! grep -aE 'nobody cared|serial8250: too much work|input overrun' "$CONSOLE" ||
		fail "a driver complains"
}

# Two Debians with KVM and a guest each; one is reset and one panics (`make demo DOMAINS=2`).
test_domains_demo()
{
	local rows
	need_fetched "$GUESTS/client/l1.cpio"
	KERNEL=client DEMO_LOG=$LOGS/$NAME.console DEMO_SECONDS=900 \
		"$TOP/scripts/demo-domains.sh" 2 --machine "$1" --qemu "$QEMU10" \
		>"$LOGS/$NAME.out" 2>&1 </dev/null || fail "the demo has failed"
	for name in A B; do
		rows=$(grep -c "^  domain $name: .* yes\$" "$LOGS/$NAME.out")
		[ "$rows" = 6 ] || fail "domain $name: $rows lines instead of 6"
	done
}

# domains_plugin HOME [ARGUMENTS]: prints the argument of QEMU that counts in $LOGS/$NAME.jsonl, in
# a machine of 2 GiB whose Halite has its home HOME MiB behind the start of RAM.
domains_plugin()
{
	printf '%s' "file=$BUILD/bench/count.so,out=$LOGS/$NAME.jsonl,ram=$((2048 << 20))," \
		"home=$(($1 << 20))${2-}"
}

# boot_of MACHINE DOMAIN...: boots domains with one hart each. Sets INSNS to the instructions of
# Halite on their harts until their guests begin.
boot_of()
{
	local machine=$1 domains=() name
	shift
	local all="memory=64M,kernel=$GUESTS/domains.image,append=harts=1 memory=40"
	for name; do
		domains+=(--domain "name=$name,$all")
	done
	with_console ".${*// /}" 60 "$HALITE" run --machine "$machine" --memory 2048M \
		"${domains[@]}" -- -plugin "$(domains_plugin 2036)"
	expect_status 0
	expect_console 'of which home has 12 MiB at 0xff400000$' "the plugin counts elsewhere"
	INSNS=$(jq -s 'map(select(.name == "boot-first").insns.halite0) | add' \
		"$LOGS/$NAME.jsonl")
	[ "$(jq -s 'length' "$LOGS/$NAME.jsonl")" = $# ] || fail "another number of boots"
}

# The boot of two domains takes at most 1.05 times the instructions in Halite of both alone.
test_domains_boot_cost()
{
	local a b
	make -s --no-print-directory bench-programs
	boot_of "$1" A
	a=$INSNS
	boot_of "$1" B
	b=$INSNS
	boot_of "$1" A B
	printf 'instructions in Halite at boot: A alone %s, B alone %s, both %s: %s\n' "$a" "$b" \
		"$INSNS" "$(jq -n "$INSNS / ($a + $b) * 1000 | round / 1000")"
	[ $((INSNS * 100)) -le $(((a + b) * 105)) ] || fail "$INSNS, alone $a and $b"
}

# beside_run OUT GUEST: Debian with KVM and the benchmarks in domain A, and GUEST in domain H.
# Writes a line for each benchmark to OUT: name, instructions in Halite and traps of A's hart, per
# round. QEMU cannot count time by instructions with this plugin and two harts. So a run has few
# rounds, and the least of many runs has no interrupt of a timer.
beside_run()
{
	local out=$1 guest=$2
	local words="halite.scene=bench halite.rounds=20 halite.runs=300 halite.rest=1"
	words+=" halite.bench=sbi-kernel,touch-1000"
	domains_tree -cpu rv64,h=true -smp 2 -m 2048M
	domain A
	domain H
	domain_set H halite,harts i 1
	domain_set A halite,harts i 0
	domain_set H memory i 0 262144
	domain_set A memory i 0 1048576
	domain_set A halite,power s ''
	domain_module H d8000000 "$guest" kernel "harts=1 memory=100 hostile.seconds=600"
	domain_module A da000000 "$GUESTS/client/Image" kernel "console=ttyS0 quiet nokaslr $words"
	domain_module A e0000000 "$BUILD/bench/l1.cpio" ramdisk
	domains_run 400 -cpu rv64,h=true -smp 2 -m 2048M \
		-plugin "$(domains_plugin 2036 ,hart=0)"
	expect_status 0
	expect_console '^A: BENCH touch-1000 ' "A's benchmark has failed"
	expect_console 'of which home has 12 MiB at 0xff400000$' "the plugin counts elsewhere"
	jq -s -r 'map(select(.rounds > 1)) | group_by(.name)[] | min_by(.insns.halite0)
		| "\(.name) \(.insns.halite0 / .rounds) \(([.traps0[]] | add) / .rounds)"' \
		"$LOGS/$NAME.jsonl" >"$out"
}

# A hostile guest changes neither the instructions in Halite nor the traps of a round of the domain
# beside it.
test_domains_beside()
{
	local out=$LOGS/$NAME
	make -s --no-print-directory bench-programs
	KERNEL=client "$TOP/scripts/bench.sh" initrd
	beside_run "$out.alone" "$GUESTS/domains.image"
	expect_console '^halite: domain H has ended' "H has not ended"
	beside_run "$out.beside" "$GUESTS/hostile.elf"
	expect_console '^H: hostile: ' "H has not attacked"
	! grep -aE 'BREACH|domain H has ended' "$CONSOLE" || fail "H has not gone on"
	paste -d ' ' "$out.alone" "$out.beside" | awk '
		function far(a, b) { return a - b > a / 100 || b - a > a / 100 }
		{ print $1 ": in Halite " $2 " alone, " $5 " beside; traps " $3 ", " $6 }
		far($2, $5) || far($3, $6) { bad = 1 }
		END { exit NR != 2 || bad }' || fail "a round costs more beside a hostile guest"
}

domains_tests()
{
	test_case domains-apart test_domains_apart
	test_case domains-apart-aplic test_domains_apart_aia ,aia=aplic
	test_case domains-apart-aia test_domains_apart_aia ,aia=aplic-imsic,aia-guests=3
	test_case domains-apart-aia-0 test_domains_apart_aia ,aia=aplic-imsic
	test_case domains-three test_domains_three
	test_case domains-eight test_domains_many 8
	test_case domains-conformance test_domains_conformance all \
		"area=sret area=walk area=regs area=told"
	test_case domains-nested test_domains_nested
	test_case domains-boot-cost-plic test_domains_boot_cost plic
	test_case domains-boot-cost-aia test_domains_boot_cost aia
	test_case domains-status test_domains_status
	test_case domains-reset test_domains_reset
	test_case domains-reset-stopped test_domains_reset "" stops
	test_case domains-reset-aia test_domains_reset ,aia=aplic-imsic,aia-guests=3
	test_case domains-end test_domains_end
	test_case domains-power test_domains_power
	test_case domains-tables test_domains_tables
	test_case domains-pack test_domains_pack
	test_case domains-stat test_domains_stat
	test_case domains-console-plic test_domains_console plic
	test_case domains-console-aplic test_domains_console aplic
	test_case domains-console-aia test_domains_console aia
	test_case domains-console-dir test_domains_console_dir plic
	test_case domains-bell-plic test_domains_bell plic
	test_case domains-bell-aplic test_domains_bell aplic
	test_case domains-bell-aia test_domains_bell aia
	test_case domains-bell-pack test_domains_bell plic pack
	test_case refuse-domain test_refuse_domain
}

# With --long.
domains_tests_long()
{
	test_case domains-sixteen test_domains_many 16
	test_case domains-hostile test_domains_hostile
	test_case domains-hostile-aia test_domains_hostile ,aia=aplic-imsic,aia-guests=3
	test_case domains-beside test_domains_beside
	test_case domains-demo-plic test_domains_demo plic
	test_case domains-demo-aia test_domains_demo aia
	test_case domains-debian-plic test_domains_debian plic
	test_case domains-debian-aplic test_domains_debian aplic
	test_case domains-debian-aia test_domains_debian aia
}
