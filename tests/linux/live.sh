# SPDX-License-Identifier: BSD-2-Clause
# `halite stat`, `halite trace` and tools/gdb on a machine that runs, and `halite explain`.
# shellcheck shell=bash

# start_live OPTIONS...: starts a guest that enters L2 again and again, and waits until Halite
# counts. Sets MACHINE to the process, which is_over() ends.
start_live()
{
	local tries
	CONSOLE=$LOGS/$NAME.console
	timeout -k 5 120 "$HALITE" run --kernel "$GUESTS/roundtrips.elf" --memory 512M --cpus 1 \
		--append "rounds=1000000000" "$@" </dev/null >"$CONSOLE" 2>&1 &
	RUNNING=$!
	for ((tries = 0; tries < 60; tries++)); do
		MACHINE=$(pgrep -P "$RUNNING" -x halite || true)
		if [ -n "$MACHINE" ] && [ "$(count switches-to-l2)" -gt 0 ]; then return 0; fi
		sleep 0.5
	done
	fail "Halite counts nothing, see ${CONSOLE#"$TOP"/}"
}

# count NAME: prints the sum of a count over all harts of level 0.
count()
{
	"$HALITE" stat --csv --once --level 0 "$MACHINE" 2>/dev/null |
		awk -F, -v name="$1" '$4 == name { n += $5 } END { print n + 0 }'
}

is_over()
{
	local path=${XDG_RUNTIME_DIR:-/tmp/halite-$(id -u)}
	[ -z "${XDG_RUNTIME_DIR:-}" ] || path+=/halite
	[ -S "$path/$MACHINE.qmp" ] || fail "there is no socket $path/$MACHINE.qmp"
	kill "$MACHINE"
	wait "$RUNNING" || true
	[ ! -e "$path/$MACHINE.qmp" ] || fail "the socket is left"
}

# check_stat FILTER JSON WORDS: fails with WORDS unless FILTER is true for the output of --json.
check_json() { jq -e "$1" <"$2" >/dev/null || fail "$3"; }

# The three formats tell the same, and the counts belong together.
test_live_stat()
{
	local json=$LOGS/$NAME.json csv=$LOGS/$NAME.csv table=$LOGS/$NAME.table
	local qemu i status waits=()
	start_live --stats --nacl none
	"$HALITE" stat --json --count 3 --interval 0.2 "$MACHINE" >"$json"
	[ "$(wc -l <"$json")" = 3 ] || fail "not a line of JSON for each of 3 readings"
	check_json '.version == 3 and (.levels | length) == 1 and .levels[0].level == 0 and
		(.levels[0].harts | length) == 1 and .levels[0].timebase == 10000000' "$json" \
		"the JSON does not describe the machine"
	# guests/roundtrips has four VMIDs, which take turns. Each exit of L2 is of one of them.
	jq -s -e 'all(.levels[0].harts[0] | (.vms | keys) == ["0", "1", "2", "3"] and
		([.vms[]] | max - min <= 1000) and
		((.exits | to_entries | map(select(.key | test("^l2-")).value) | add) -
			(.vms | add) | fabs) <= 1000)' <"$json" >/dev/null ||
		fail "the guests of L1 have others: $(jq -c '.levels[0].harts[0].vms' "$json")"
	# A hart reads its numbers one after the other, so a change may lie between two of them.
	check_json '.levels[0].harts[0] | .work["switches-to-l2"] - .work["switches-to-l1"] |
		fabs <= 1000' "$json" "L2 is entered more often than left"
	jq -s -e 'map(.levels[0].harts[0].exits["l1-sret"]) | .[0] < .[1] and .[1] < .[2]' \
		<"$json" >/dev/null || fail "the count of l1-sret does not grow"
	"$HALITE" stat --csv --once "$MACHINE" >"$csv"
	[ "$(cut -d, -f4 "$csv" | sort)" = "$(jq -r '.levels[0] | (.harts[0] | .exits, .work,
		.time, .vms), .pool | keys[]' <"$json" | head -n "$(wc -l <"$csv")" | sort)" ] ||
		fail "CSV and JSON have other names"
	# Each line has the time of its reading.
	awk -F, -v now="$EPOCHSECONDS" 'NF != 6 || $6 > now + 1 || $6 < now - 60 { exit 1 }' \
		"$csv" || fail "the CSV has no time: $(head -n 1 "$csv")"
	check_json ".time > $EPOCHSECONDS - 60 and .time < $EPOCHSECONDS + 1" "$json" \
		"the JSON has no time"
	"$HALITE" stat --once "$MACHINE" >"$table"
	grep -qE '^l1-sret +[0-9]{2,}  SRET of L1 that may enter L2$' "$table" ||
		fail "the table has no line for l1-sret"
	grep -qE '^vm [0-9]+ +[0-9]{2,}  exits of L1.s guest with this VMID$' "$table" ||
		fail "the table has no guest of L1"
	! grep -q '^l1-nacl' "$table" || fail "NACL is counted, which was not offered"
	"$HALITE" stat --count 2 --interval 0.3 --harts "$MACHINE" >"$table"
	grep -qE 'a second .* hart +0$' "$table" || fail "the second table has no rates"
	# What the console says at the end is not there, as the guest has not ended.
	"$HALITE" trace "$MACHINE" >"$table" 2>&1 && fail "a trace without --trace"
	grep -q 'records nothing' "$table" || fail "it is not said that there is no trace"
	# Nobody waits for ever for a QEMU that stands still.
	qemu=$(pgrep -P "$MACHINE")
	kill -STOP "$qemu"
	for i in 1 2 3; do
		timeout 30 "$HALITE" stat --once "$MACHINE" 2>"$table.$i" &
		waits+=($!)
	done
	for i in 1 2 3; do
		status=0
		wait "${waits[i - 1]}" || status=$?
		[ "$status" = 1 ] || fail "QEMU is stopped: status $status"
		grep -q 'stopped' "$table.$i" || fail "QEMU is stopped: $(cat "$table.$i")"
	done
	kill -CONT "$qemu"
	is_over
	! "$HALITE" stat --once "$MACHINE" 2>"$table" || fail "a machine that has ended"
}

# The slices of each hart follow each other without overlap, and take turns: guest, Halite, guest.
test_live_trace()
{
	local json=$LOGS/$NAME.json page=$LOGS/$NAME.html text=$LOGS/$NAME.text
	start_live --trace=256
	"$HALITE" trace "$MACHINE" >"$text"
	grep -qE 'hart 0  l2-sbi +extension 0x[0-9a-f]+ function|hart 0  l2-sbi +[A-Za-z]+ [a-z]' \
		"$text" || fail "no SBI call is in the text"
	grep -qE 'hart 0  l1-sret ' "$text" || fail "no entry into L2 is in the text"
	grep -qE 'hart 0  enter L1 .*trap: exception ' "$text" || fail "no trap into L1 is there"
	# An entry and the sync before it have the same time, and stay in their order.
	grep -q 'hart 0  sync ' "$text" || fail "nothing is synced"
	awk '/hart 0  sync / && getline > 0 && !/hart 0  enter / { exit 1 }' "$text" ||
		fail "a sync is not followed by its entry"
	[ "$(grep -c 'hart 0' "$text")" -ge 200 ] || fail "the ring has too few events"
	"$HALITE" trace --json "$json" --report "$page" "$MACHINE"
	check_json '[.traceEvents[] | select(.ph == "X")] | length >= 100 and
		([., .[1:]] | transpose | map(select(.[1])) |
			all(.[0].ts + .[0].dur - .[1].ts | fabs < 0.01)) and
		([., .[1:]] | transpose | map(select(.[1])) | all(.[0].cat != .[1].cat))' "$json" \
		"the slices do not follow each other"
	check_json '[.traceEvents[] | select(.cat == "guest") | .name] | unique == ["L1", "L2"]' \
		"$json" "L1 and L2 are not both there"
	check_json '[.traceEvents[] | select(.ph == "M") | .args.name] ==
		["Halite of level 0", "hart 0"]' "$json" "the lanes have other names"
	# The page: one document, nothing from elsewhere, and the same kind of events in it.
	[ "$(grep -c '<html' "$page")$(grep -c '</html>' "$page")" = 11 ] || fail "no whole page"
	! grep -qE '(src|href)=|https?:' "$page" || fail "the page needs other files"
	sed -n 's/.*id="events">\(.*\)<\/script>$/\1/p' "$page" >"$json"
	check_json '[.traceEvents[] | select(.ph == "X")] | length >= 100' "$json" \
		"the page does not hold the events"
	grep -qE '<tr><td>l2-sbi</td><td>[1-9]' "$page" || fail "the page has no cost of l2-sbi"
	is_over
}

# What the browser has drawn, as a line of JSON: for each colour of the time line the number of its
# pixels, whether the page is wider than the window, cells whose text is cut, errors of the script.
# shellcheck disable=SC2016 # a script of another language
PAGE_PROBE='<script>
const line = document.getElementById("line"), seen = {};
const data = line.getContext("2d").getImageData(0, 0, line.width, line.height).data;
for (let i = 0; i < data.length; i += 4) {
	const key = data[i] + "," + data[i + 1] + "," + data[i + 2];
	seen[key] = (seen[key] || 0) + 1;
}
const text = document.createElement("p");
text.id = "seen";
text.textContent = JSON.stringify({ l1: seen["217,230,176"], l2: seen["168,208,168"],
	halite: seen["216,128,96"], marks: seen["48,48,128"],
	wide: document.documentElement.scrollWidth > window.innerWidth,
	cut: [...document.querySelectorAll("td")].filter(c => c.scrollWidth > c.clientWidth).length,
	rows: document.querySelectorAll("#costs tr").length });
document.body.append(text);
</script>'

# A browser draws the page of a trace: L1, L2, Halite and marks are on the time line, no text is
# cut, and the page is not wider than its window.
test_live_page()
{
	local page=$LOGS/$NAME.html dom=$LOGS/$NAME.dom seen=$LOGS/$NAME.seen
	scripts/install-packages.sh browser
	start_live --trace=64
	"$HALITE" trace --report "$page" "$MACHINE"
	is_over
	sed "s#</body>##; s#</html>##" "$page" >"$page.probe.html"
	printf '%s\n' "$PAGE_PROBE" >>"$page.probe.html"
	timeout 60 chromium-headless-shell --no-sandbox --disable-gpu --window-size=1100,900 \
		--dump-dom "file://$page.probe.html" >"$dom" 2>"$dom.err" || fail "no browser"
	sed -n 's/.*<p id="seen">\(.*\)<\/p>.*/\1/p' "$dom" >"$seen"
	cat "$seen"
	[ -s "$seen" ] || fail "the page has no time line that is drawn"
	check_json '.l1 > 0 and .l2 > 0 and .halite > 100 and .marks > 10' "$seen" \
		"L1, L2, Halite or the marks are not on the time line"
	check_json '.wide == false and .cut == 0 and .rows >= 3' "$seen" "the tables do not fit"
}

# says_of LINE ARGUMENTS...: `halite explain ARGUMENTS` prints LINE, without its indentation.
says_of()
{
	local line=$1
	shift
	grep -qxF -e "$line" <<<"$("$HALITE" explain "$@" | sed 's/^ *//')" ||
		fail "halite explain $*: '$line' is not there"
}

# The expected texts are those of the privileged specification.
test_tool_explain()
{
	local status=0
	refuses "32 bits at most" explain insn=0x100000000
	refuses "decimal or with 0x" explain scause=f
	says_of "scause 0x11: exception 17, reserved or custom" scause=017
	"$HALITE" explain scause=1 >/dev/full || status=$?
	[ "$status" = 1 ] || fail "a full disk: status $status"
	local codes='priv: "H" Extension for Hypervisor Support, "Trap Cause Codes"'
	says_of "scause 0x16: exception 22, virtual instruction" scause=22
	says_of "$codes" scause=0x16
	says_of "scause 0x8000000000000005: interrupt 5, supervisor timer interrupt" \
		scause=0x8000000000000005
	says_of "scause 0x800000000000000c: interrupt 12, supervisor guest external interrupt" \
		scause=0x800000000000000c
	says_of "scause 0xe: exception 14, reserved or custom" scause=14
	says_of "htval 0x20040001: guest physical address 0x80100004 to 0x80100007; its two $(
		)lowest bits are those of stval" htval=0x20040001
	says_of "htinst 0x3020: the update of a PTE of the first stage (64 bits) faulted in the $(
		)G-stage" htinst=0x3020
	says_of "htinst 0x2000: the read of a PTE of the first stage (32 bits) faulted in the $(
		)G-stage" htinst=0x2000
	# A load whose bit 1 is 0 was compressed. The offset 2 is in the place of rs1.
	says_of "htinst 0x13501: a transformed instruction, compressed at first; the access $(
		)faulted at its address + 2" htinst=0x13501
	says_of "insn 0x60002573: csrrs x10, hstatus, x0" insn=0x60002573
	says_of "insn 0x3015f073: csrrci x0, 0x301, 11" insn=0x3015f073
	says_of "insn 0x62b50073: hfence.gvma, the G-stage: rs1 is x10, rs2 is x11; x0 stands $(
		)for all" insn=0x62b50073
	says_of "insn 0x6c05c573: HLV, a load of 8 bytes of L2's memory" insn=0x6c05c573
	says_of "scause 0xd: exception 13, load page fault" \
		< <(echo "status: 0000000200000120 badaddr: ffffffd600000000 $(
			)cause: 000000000000000d")
	says_of "scause 0xf: exception 15, store/AMO page fault" \
		< <(echo "halite: own trap: scause 0xf, stval 0x10")
	refuses "'scause=x'" explain scause=x
	refuses "'scause=-1'" explain scause=-1
	refuses "'scause=0x10000000000000000'" explain scause=0x10000000000000000
	refuses "'scause'; expected scause=" explain scause
	refuses "'sepc=1'" explain sepc=1
}

# name_of CALL EXTENSION FUNCTION: a trace names the SBI call.
name_of()
{
	local program=$LOGS/$NAME.names
	[ "$("$program" "$2" "$3")" = "$1" ] || fail "$2 $3: $("$program" "$2" "$3"), not $1"
}

# The numbers are those of the SBI specification, each chapter's "Function Listing".
test_tool_sbi_names()
{
	gcc -std=gnu11 -Itools/halite -o "$LOGS/$NAME.names" -x c - \
		tools/halite/sbi_names.c <<-'END'
		#include "sbi_names.h"
		#include <stdio.h>
		#include <stdlib.h>
		int main(int argc, char **argv)
		{
			char text[48];
			sbi_name(strtoul(argv[1], NULL, 0), strtoul(argv[argc - 1], NULL, 0), text,
				 sizeof(text));
			puts(text);
		}
	END
	name_of "legacy console_putchar" 1 0
	name_of "legacy console_putchar" 1 77
	name_of "BASE probe_extension" 0x10 3
	name_of "TIME set_timer" 0x54494D45 0
	name_of "IPI send_ipi" 0x735049 0
	name_of "RFENCE remote_hfence_vvma" 0x52464E43 6
	name_of "HSM hart_get_status" 0x48534D 2
	name_of "SRST system_reset" 0x53525354 0
	name_of "PMU counter_fw_read" 0x504D55 5
	name_of "PMU event_get_info" 0x504D55 8
	name_of "DBCN console_write_byte" 0x4442434E 2
	name_of "SUSP system_suspend" 0x53555350 0
	name_of "CPPC write" 0x43505043 3
	name_of "NACL sync_sret" 0x4E41434C 4
	name_of "STA set_shmem" 0x535441 0
	name_of "FWFT get" 0x46574654 1
	name_of "NACL function 5" 0x4E41434C 5
	name_of "PMU function 4294967295" 0x504D55 0xffffffff
	name_of "extension 0x9000000 function 2" 0x9000000 2
}

# Wrong arguments of `stat` and `trace`.
test_tool_live_arguments()
{
	local verb status=0
	for verb in stat trace; do
		refuses "'--fast'" $verb --fast
		refuses "--level: its value is missing" $verb --level
		refuses "--level 'x'" $verb --level x
		refuses "--level '9'" $verb --level 9
		refuses "not also '2'" $verb 1 2
		refuses "not also '--level'" $verb -- 1 --level
		refuses "--level: it is given twice" $verb --level 0 --level 0
		refuses "'--lev'" $verb --lev 0
		refuses "--level '1.5'" $verb --level 1.5
		refuses "--level '-1'" $verb --level=-1
		refuses "'--help=1': --help takes no value" $verb --help=1
		refuses "'x' is no machine" $verb x
		refuses "'' is no machine" $verb ''
		"$HALITE" $verb 999999999 2>/dev/null || status=$?
		[ "$status" = 1 ] || fail "halite $verb 999999999: status $status"
		"$HALITE" $verb /nowhere/socket 2>/dev/null || status=$?
		[ "$status" = 1 ] || fail "halite $verb /nowhere/socket: status $status"
	done
	refuses "--csv with --json" stat --csv --json
	refuses "--once with --count" stat --once --count 2
	refuses "--once: it is given twice" stat --once --once
	refuses "--json and --report 'a': expected two files" trace --json a --report a
	refuses "--count '1.5'" stat --count 1.5
	refuses "--interval '0'" stat --interval 0
	refuses "--interval '1s'" stat --interval 1s
	refuses "--count '0'" stat --count 0
	make_image "$LOGS/image.bin" 8192
	for verb in '' 0 63 100 64x -64 2097152; do
		refuses "--trace '$verb'" run --kernel "$LOGS/image.bin" --trace="$verb"
	done
	refuses "--native with --trace" run --kernel "$LOGS/image.bin" --native --trace
}

# gdb_halite SOCKET COMMAND...: what tools/gdb prints goes to $OUT.
gdb_halite()
{
	local socket=$1 words=() word
	shift
	for word; do words+=(-ex "$word"); done
	timeout 60 gdb-multiarch -q -batch -x tools/gdb/halite.py build/halite.elf \
		-ex "target remote $socket" "${words[@]}" >"$OUT" 2>&1 ||
		fail "gdb: status $?: $(tail -n 3 "$OUT")"
	cat "$OUT"
}

# home_symbols: Halite's symbols are at its home, of which the machine's console tells.
home_symbols()
{
	home=$(sed -n 's/.*home has [0-9]* MiB at \(0x[0-9a-f]*\).*/\1/p' "$CONSOLE" | head -n 1)
	[ "$(grep -c "symbols of .*halite.elf at home, $home\$" "$OUT")" = 1 ] ||
		fail "the symbols are not at home, $home"
}

# tools/gdb on a machine with a guest, and at its reset. A gdb with Python reads QEMU's stub. (QEMU
# 10.0.2 fails now and then in an assertion of its own when gdb resets a machine that has run.)
test_live_gdb()
{
	local socket=$LOGS/gdb.sock home symbol tries
	OUT=$LOGS/$NAME.out
	scripts/install-packages.sh gdb
	start_live --stats -- -gdb "unix:$socket,server=on,wait=off"
	gdb_halite "$socket" "halite home" "p (void *)hv_main" "halite harts" "halite csrs" \
		"halite walk 0x80000000" "halite nacl" "halite shadow"
	home_symbols
	symbol=$(riscv64-unknown-elf-nm "$BUILD/halite.elf" | awk '$3 == "hv_main" { print $1 }')
	grep -qF "(void *) $(printf '0x%x' $((16#$symbol - 0x80200000 + home))) <hv_main>" "$OUT" ||
		fail "hv_main is somewhere else"
	grep -qE '^hart 0: L[12], online, [1-9][0-9]+ exits$' "$OUT" || fail "no hart"
	grep -qE '^  hgatp +0x[0-9a-f]+$' "$OUT" || fail "the image has no hgatp"
	grep -qE '^guest physical address 0x80000000$' "$OUT" || fail "no walk"
	grep -qE '^pool: [0-9]+ shadows, [0-9]+ tables' "$OUT" || fail "no pool"
	is_over
	rm -f "$socket"
	timeout -k 5 60 "$HALITE" run --kernel "$GUESTS/ends.elf" --memory 512M --cpus 1 \
		-- -S -gdb "unix:$socket,server=on,wait=off" </dev/null >"$CONSOLE" 2>&1 &
	for ((tries = 0; tries < 100; tries++)); do
		[ ! -S "$socket" ] || break
		sleep 0.1
	done
	gdb_halite "$socket" "halite home" "tbreak hv_main" "continue" "bt 1"
	wait $! || true
	home_symbols
	grep -qE '^#0  hv_main ' "$OUT" || fail "the machine does not stop in hv_main at home"
}
