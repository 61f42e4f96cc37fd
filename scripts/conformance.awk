# SPDX-License-Identifier: BSD-2-Clause
# Compares two logs of the conformance guest.
# Files: docs/conformance.md, the bare machine's log, the other log.
# -v variant=NAME: the variant of the other log.
#
# docs/conformance.md explains differences between the lines "<!-- differences -->" and
# "<!-- end -->", in table rows `| \`pattern\` | variants | \`part\` | reason |`:
# - A row explains a line if the pattern matches the line's name (* is anything, # a number) and
#   one of the variants matches this variant (`halite` is each variant but the bare machine's).
# - An empty part explains any difference.
# - A part of patterns, with `;` between, is deleted from both lines; the rest must then be equal.
# - Part `ok`: the bare machine breaks the specification. The line must be ok here and not ok there.
# - Part `right`: the line must be ok here, even if the bare machine's line is the same.
# - A reason that begins with "QEMU": the line must be ok here.

# text_of: returns a line without "ok" and number. name_of: returns the text before ": " or " = ".
function text_of(line) { sub(/^(not )?ok [0-9]+ /, "", line); return line }
function name_of(text,    a, b)
{
	a = index(text, ": ")
	b = index(text, " = ")
	if (b && (!a || b < a)) a = b
	return a ? substr(text, 1, a - 1) : text
}
function as_regex(pattern)
{
	gsub(/[][\\.^$+?(){}|]/, "\\\\&", pattern)
	gsub(/\*/, ".*", pattern)
	gsub(/#/, "[0-9a-fx]+", pattern)
	return "^" pattern "$"
}
function reason_for(name, here, there,    i, a, b, n, k, each)
{
	for (i = 0; i < reasons; i++) {
		if (name !~ pattern[i] || (is_qemus[i] && there ~ /^not ok /)) continue
		if (part[i] == "") return 1
		if (part[i] == "right") {
			if (there !~ /^not ok /) return 1
			continue
		}
		if (part[i] == "ok") {
			if (here ~ /^not ok / && there !~ /^not ok / && there != "(no such line)")
				return 1
			continue
		}
		a = here
		b = there
		sub(/^not ok /, "", a)
		sub(/^not ok /, "", b)
		sub(/ \(expected [^()]*\)$/, "", a)
		sub(/ \(expected [^()]*\)$/, "", b)
		n = split(part[i], each, ";")
		for (k = 1; k <= n; k++) {
			gsub(each[k], "", a)
			gsub(each[k], "", b)
		}
		if (a == b) return 1
	}
	return 0
}
# Returns whether the specification's answer is required in Halite.
function must_be_right(name,    i)
{
	for (i = 0; i < reasons; i++) {
		if (part[i] == "right" && name ~ pattern[i]) return 1
	}
	return 0
}
function differs(name, here, there)
{
	different++
	if (reason_for(name, here, there)) return
	if (unexplained++ < 400) {
		printf "%s\n    bare:  %s\n    here:  %s\n    about: %s\n", name, here, there,
			meaning[name]
	}
}

BEGIN { reasons = lines = extras = different = unexplained = 0 }
FILENAME != current { current = FILENAME; file++; area = "" }
file == 1 && /^<!-- differences -->/ { in_table = 1 }
file == 1 && /^<!-- end -->/ { in_table = 0 }
file == 1 && in_table && /^\| `/ {
	split($0, cell, "|")
	gsub(/^ *`|` *$/, "", cell[2])
	gsub(/^ *| *$/, "", cell[3])
	gsub(/^ *`?|`? *$/, "", cell[4])
	if (variant !~ as_regex(cell[3]) && !(cell[3] == "halite" && variant !~ /(^|:)native$/))
		next
	pattern[reasons] = as_regex(cell[2])
	part[reasons] = as_regex(cell[4])
	part[reasons] = cell[4] == "" ? "" : substr(part[reasons], 2, length(part[reasons]) - 2)
	is_qemus[reasons] = cell[5] ~ /^ *QEMU /
	reasons++
}
file == 1 { next }
/^# area / { area = substr($0, 8); next }
{
	text = text_of($0)
	name = name_of(text)
	if (/^not ok/) text = "not ok " text
	if (file == 2) {
		while (name in bare) name = name "'"
		bare[name] = text
		meaning[name] = area
		order[lines++] = name
	} else {
		while (name in here) name = name "'"
		here[name] = text
		if (!(name in bare)) extra[extras++] = name
	}
}
END {
	for (i = 0; i < lines; i++) {
		name = order[i]
		if (!(name in here)) differs(name, bare[name], "(no such line)")
		else if (bare[name] != here[name] || here[name] ~ /^not ok / && must_be_right(name))
			differs(name, bare[name], here[name])
	}
	for (i = 0; i < extras; i++) differs(extra[i], "(no such line)", here[extra[i]])
	printf "%d %d\n", different, unexplained
}
