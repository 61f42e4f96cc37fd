# SPDX-License-Identifier: BSD-2-Clause
# The commands of docs/tutorial.md: an indented line "$ COMMAND" with lines "> MORE", and behind
# them the lines that they print.
# shellcheck shell=bash

# tutorial_parts COMMANDS EXPECTED: writes the commands of the page, as a script that prints them
# before it runs them, and what the page has of commands and output.
tutorial_parts()
{
	awk -v commands="$1" -v expected="$2" -v q="'" '
		function end_command(  shown) {
			if (command == "")
				return
			shown = command
			gsub(q, q "\\" q q, shown)
			print "printf " q "%s\\n" q " " q shown q "\n" command >commands
			command = ""
		}
		!/^    / { end_command(); shows = 0; next }
		{ sub(/^    /, ""); text = substr($0, 3) }
		/^\$ / { end_command(); shows = 1; command = text; print text >expected; next }
		shows && /^> / { command = command "\n" text; print text >expected; next }
		shows { end_command(); print >expected }
		END { end_command() }' "$TOP/docs/tutorial.md"
}

# Numbers depend on the machine and on the run.
without_numbers() { tr -d '\r' <"$1" | sed -E 's/[0-9][0-9.,]*/N/g'; }

test_tutorial()
{
	local script=$LOGS/$NAME.commands expected=$LOGS/$NAME.expected printed=$LOGS/$NAME.printed
	local status=0
	[ -s "$GUESTS/client/l1.cpio" ] && [ -s "$GUESTS/ends.elf" ] ||
		fail "there is no client ramdisk or no guest"
	rm -rf "$BUILD/tutorial"
	tutorial_parts "$script" "$expected"
	(cd "$TOP" && timeout 600 bash -e "$script") >"$printed" 2>&1 </dev/null || status=$?
	without_numbers "$printed" >"$printed.plain"
	without_numbers "$expected" | diff - "$printed.plain" || fail "the page says something else"
	[ $status = 0 ] || fail "status $status"
	[ "$(jq '.exits["0"]["l1-csr"]' "$BUILD/tutorial/none.json")" -gt \
		$((5 * $(jq '.exits["0"]["l1-csr"]' "$BUILD/tutorial/all.json"))) ] ||
		fail "CSRs trap as often with NACL as without"
	[ "$(tail -n 1 "$printed")" -ge 10 ] || fail "few WFIs are in the trace"
	grep -q '</html>' "$BUILD/tutorial/report.html" || fail "the report is no whole page"
}

tutorial_tests()
{
	test_case tutorial test_tutorial
}
