# SPDX-License-Identifier: BSD-2-Clause
# From clang's -ast-dump of one source: "FILE FUNCTION KIND" for each way to memory by a number that
# it has, and the headers that it includes, of the files in @folder.
#
# clang writes the file of a place only where it differs from that of the place before.

function files_of(line)
{
	# An unnamed type is told by where it is declared.
	gsub(/ at [^ )]*[.]h:[0-9:]+/, "", line)
	while (match(line, /[A-Za-z0-9_.\/+-]+\.[ch]:[0-9]+:[0-9]+/)) {
		file = substr(line, RSTART, RLENGTH)
		sub(/:.*/, "", file)
		line = substr(line, RSTART + RLENGTH)
	}
}

# What the file scope holds is at the first level of the tree.
/^[|`]-/ {
	where = ""
	if ($1 ~ /-FunctionDecl$/ && match($0, / [A-Za-z_][A-Za-z0-9_]* '/)) {
		where = substr($0, RSTART + 1, RLENGTH - 3)
		# Where its name is: a macro may be the beginning.
		files_of($0)
		from = file
	} else if ($1 ~ /-VarDecl$/) {
		where = "-"
		files_of($0)
		from = file
	}
}

{ files_of($0) }

where != "" {
	kind = ""
	if (/<IntegralToPointer>/)
		kind = "cast"
	else if (/MemberExpr .*'const uint8_t \*(const)?'.*(->|\.)ram 0x/)
		kind = "ram"
	else if (/DeclRefExpr .* Function 0x[0-9a-f]+ 'riscv_try_/)
		kind = "try"
	else if (/DeclRefExpr .* Function 0x[0-9a-f]+ 'memory_map'/)
		kind = "map"
	else if (/DeclRefExpr .* Function 0x[0-9a-f]+ 'nacl_host_(gprs|csrs)'/)
		kind = "area"
	else if (/MemberExpr .*(->|\.)(shared_x|area_hstatus) 0x/)
		kind = "area"
	if (kind != "" && index(from, folder "/") == 1)
		print from, where, kind
}
