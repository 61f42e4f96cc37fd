#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Prints the manual page halite(1): halite.1.in, with a section for each verb. The options have one
# place, the texts of `halite --help` and `halite VERB --help`. This script gives them the form of
# man(7):
#   Usage: ...            the synopsis; the lines up to an empty one
#     --option VALUE  text    a line that is indented by two blanks begins a list item; lines that
#                             are indented more continue it
#   other lines           paragraphs
# A line behind one that ends in a colon, and a line that begins with "word: ", begin on a new line.
# Usage: man.sh HALITE VERSION
set -euo pipefail
halite=$1 version=$2
here=$(dirname "$0")

# verbs: prints the verbs, one a line.
verbs() { "$halite" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'; }

# as_man FIRST: makes man(7) of the help text on standard input. FIRST is 1 if the text is the first
# of its section.
as_man()
{
	awk -v first="$1" '
		# A hyphen that a reader may copy is \-. A line must not begin with a dot or quote.
		function quoted(text) {
			gsub(/\\/, "\\e", text)
			gsub(/-/, "\\-", text)
			if (text ~ /^[.\x27]/) text = "\\&" text
			return text
		}
		/^Usage: / { usage = 1; sub(/^Usage: /, "") }
		/^$/ { usage = 0; item = 0; paragraph = 1; next }
		usage {
			sub(/^ +/, "")
			# man(7) has no paragraph directly behind the title of a section.
			if (usage++ > 1) print ".br"
			else if (!first) print ".PP"
			print ".B " quoted($0)
			next
		}
		/^  [^ ]/ {
			text = substr($0, 3)
			at = match(text, /   */)
			print ".TP"
			print ".B " quoted(at ? substr(text, 1, at - 1) : text)
			if (at) print quoted(substr(text, at + RLENGTH))
			item = 1
			before = text
			next
		}
		{
			if (!/^ /) {
				if (item || paragraph) print ".PP"
				item = 0
			}
			sub(/^ +/, "")
			if (!paragraph && (before ~ /:$/ || /^[A-Za-z_:]+: /)) print ".br"
			paragraph = 0
			before = $0
			print quoted($0)
		}'
}

while IFS= read -r line; do
	case $line in
	@VERBS@)
		for verb in $(verbs); do
			printf '.SH HALITE %s\n' "${verb^^}"
			"$halite" "$verb" --help | as_man 1
		done
		;;
	@HELP@) "$halite" --help | as_man 0 ;;
	*) printf '%s\n' "${line//@VERSION@/$version}" ;;
	esac
done <"$here/halite.1.in"
