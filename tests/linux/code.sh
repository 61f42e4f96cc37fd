# SPDX-License-Identifier: BSD-2-Clause
# The compiler's code for static keys and accessors, and a search for code that bypasses them.
# shellcheck shell=bash

RV_OBJDUMP="riscv64-unknown-elf-objdump -d --no-show-raw-insn -M no-aliases"

# riscv/ncsr.h alone accesses H and VS CSRs, and riscv/fence.h alone does fences.
test_no_strays()
{
	local strays
		# These files are allowed: fence.c and insn.h, which the accessors are made of, and
		# imsic.c. imsic.c must change its CSRs by one instruction: a value that is read,
		# changed and written would lose interrupts that arrive in between. own_trap.c
		# may not rely on tp.
	strays=$(grep -nE \
		'(^|[^n_])csr_(read|write|swap|set|clear)\((HEXT_|0x[0-9a-f]*[26ae][0-9a-f]{2}\b)' \
		"$TOP"/src/hv/*.[ch] "$TOP"/src/riscv/*.[ch] |
		grep -vE 'src/(riscv/(fence\.c|insn\.h|imsic\.c)|hv/own_trap\.c):') || true
	# Assembly may name such a CSR by number only to probe hstateen0 to 3 at boot, which may
	# trap.
	strays+=$(grep -nE '\bcsr[rwsc]+i? .*0x[26ae][0-9a-f]{2}\b' "$TOP"/src/riscv/*.S |
		grep -vE 'csrr t1, 0x60[c-f]$') || true
	# Inline assembly is allowed in src/riscv only.
	strays+=$(grep -nE '\b(__)?asm(__)?\b' "$TOP"/src/hv/*.[ch] "$TOP"/src/hext/*.[ch] \
		"$TOP"/src/nacl/*.[ch] "$TOP"/src/lib/*.[ch] |
		grep -vE ':[0-9]+:[ \t]*(/?\*|//)') || true
	# HFENCE and HINVAL have opcode SYSTEM and funct7 0x11, 0x31, 0x13 or 0x33.
	strays+=$(grep -nE 'insn_hfence_|0x73, *0(x0)?, *0x[13][13]' "$TOP"/src/hv/*.[ch] \
		"$TOP"/src/riscv/*.[chS] |
		grep -vE 'src/riscv/(fence\.c|insn\.h):') || true
	[ -z "$strays" ] || fail "around the accessors: $strays"
	# Both searches must find a use that is allowed.
	grep -qE '(^|[^n_])csr_write\(HEXT_' "$TOP/src/riscv/fence.c" ||
		fail "the search for CSRs finds nothing any more"
	grep -qE '0x73, *0(x0)?, *0x[13][13]' "$TOP/src/riscv/insn.h" ||
		fail "the search for fences finds nothing any more"
}

# accesses FOLDER SOURCE...: prints "FILE FUNCTION KIND" for each place in FOLDER that makes a
# pointer of a number or reaches memory through one of the accessors; tests/code/accesses.txt names
# the kinds. clang knows the types; a search in the text would not.
accesses()
{
	local folder=$1 source
	shift
	for source; do
		clang --target=riscv64-unknown-elf -march=rv64imac -mabi=lp64 -mcmodel=medany \
			-std=gnu11 \
			-ffreestanding -DHALITE_VERSION='""' -Isrc -isystem build/ext/libfdt \
			-isystem /usr/lib/picolibc/riscv64-unknown-elf/include -fsyntax-only \
			-Xclang -ast-dump -fno-color-diagnostics "$source" |
			awk -v folder="$folder" -f tests/code/accesses.awk || exit 1
	done | LC_ALL=C sort -u
}

# Guest memory and devices are reached by their accessors, and at the places in accesses.txt.
test_accesses()
{
	local found=$LOGS/$NAME.found allowed=$LOGS/$NAME.allowed added gone
	scripts/install-packages.sh lint
	accesses src src/hv/*.c src/hext/*.c src/nacl/*.c src/lib/*.c >"$found" ||
		fail "clang does not compile all of src"
	awk '/^#/ || !NF { next } NF < 4 { exit 1 } { print $1, $2, $3 }' tests/code/accesses.txt |
		LC_ALL=C sort >"$allowed" || fail "tests/code/accesses.txt: a line without a reason"
	added=$(LC_ALL=C comm -23 "$found" "$allowed")
	[ -z "$added" ] || fail "not in tests/code/accesses.txt: ${added//$'\n'/, }"
	gone=$(LC_ALL=C comm -13 "$found" "$allowed")
	[ -z "$gone" ] || fail "only in tests/code/accesses.txt: ${gone//$'\n'/, }"
	# The search itself must find one access of each kind.
	found=$(accesses tests tests/code/accesses_probe.c | cut -d ' ' -f 2- | tr '\n' ';')
	local kinds="by_area area;by_area cast;by_macro cast;by_map map;by_ram ram;by_try try;"
	[ "$found" = "${kinds}by_typeof cast;" ] ||
		fail "the search finds '$found' in tests/code/accesses_probe.c"
}

# instructions_of OBJECT FUNCTION: prints the instructions of FUNCTION up to its first return, one a
# line, with single blanks.
instructions_of()
{
	$RV_OBJDUMP "$1" 2>/dev/null | awk -v name="<$2>:" '
		$2 == name { on = !done; next }
		!on || !NF || /^[0-9a-f]+ <\.L/ { next }
		{ sub(/^ *[0-9a-f]+:[ \t]*/, ""); sub(/[ \t]*#.*/, ""); gsub(/[ \t]+/, " "); print }
		/^(c\.jr ra|jalr zero,0\(ra\))/ { on = 0; done = 1 }'
}

# Without NACL, an accessor is one nop and the CSR instruction.
test_accessors()
{
	local object=$LOGS/accessors.o name expected seen
	make -s --no-print-directory accessors OUT="$object"
	while read -r name expected; do
		seen=$(instructions_of "$object" "code_$name" | tr '\n' ';')
		printf '%s: %s\n' "$name" "$seen"
		# The register of the old value may have to be freed first.
		[ "${seen#c.mv a5,a0;}" = "addi zero,zero,0;$expected" ] ||
			fail "$name is '$seen', not a nop and '$expected'"
	done <<-'END'
		read csrrs a0,htval,zero;c.jr ra;
		swap csrrw a0,hstatus,a5;c.jr ra;
		write csrrw zero,hgatp,a0;c.jr ra;
		set csrrs zero,hvip,a0;c.jr ra;
		clear csrrc zero,hvip,a0;c.jr ra;
		sync c.jr ra;
	END
}

# image_words FILE FROM TO: prints the words of 8 bytes at the offsets [FROM, TO).
image_words()
{
	od -An -v -w8 -tx8 -j "$2" -N $(($3 - $2)) "$1"
}

# image_offset ELF SYMBOL: prints how far from the start of the image it is.
image_offset()
{
	riscv64-unknown-elf-nm "$1" | awk -v name="$2" '
		$3 == name { at = $1 }
		$3 == "riscv_image_start" { start = $1 }
		END { print "0x" at, "0x" start }' | { read -r at start && echo $((at - start)); }
}

# Halite linked for another address differs in the words of .data.rel.ro that relocate of head.S
# takes for addresses, and in no other byte. No number there is taken for one.
test_addresses()
{
	local low=$LOGS/$NAME.low high=$LOGS/$NAME.high distance=0x12345000 start end size count
	make -s --no-print-directory link-at ADDRESS=0x80200000 OUT="$low"
	make -s --no-print-directory link-at ADDRESS=$((0x80200000 + distance)) OUT="$high"
	start=$(image_offset "$low.elf" addresses_start)
	end=$(image_offset "$low.elf" riscv_rodata_end)
	size=$(image_offset "$low.elf" riscv_image_end)
	cmp -n "$start" "$low" "$high" || fail "an address is stored in front of .data.rel.ro"
	cmp -i "$end" "$low" "$high" || fail "an address is stored behind .data.rel.ro"
	count=$(paste <(image_words "$low" "$start" "$end") <(image_words "$high" "$start" "$end") |
		while read -r low high; do
			expected=0x$low
			if ((0x$low >= 0x80200000 && 0x$low < 0x80200000 + size)); then
				((expected += distance)) && echo address
			fi
			((0x$high == expected)) ||
				fail "$low, linked $distance above: $high"
		done | wc -l)
	((count >= 100)) || fail "only $count addresses in .data.rel.ro"
}

# The messages that head the sections of docs/faq.md are those of the sources. "..." stands for what
# differs.
test_faq()
{
	perl -0777 -ne '
		BEGIN {
			local $/ = "\n";
			open(my $faq, "<", "docs/faq.md") or die;
			@heads = grep { /^### `/ } <$faq>;
		}
		s/"\s*"//g;
		$sources .= $_;
		END {
			for my $head (@heads) {
				for my $part (map { split /\.\.\./ } $head =~ /`([^`]*)`/g) {
					$part =~ s/^\s+|\s+$//g;
					$count++;
					die "FAIL: no message has \"$part\"\n"
						if index($sources, $part) < 0;
				}
			}
			die "FAIL: too few messages\n" if $count < 14;
			print "$count pieces of messages\n";
		}' src/*/*.c tools/halite/*.c || fail "docs/faq.md"
}

# entry.S saves few registers before it calls quick.c. quick.c must use no others and call nothing.
# The copy that works on an area reads its address from tp.
test_few_registers()
{
	local name object code=$LOGS/$NAME.code others='tp|t[0-6]'
	for name in quick quick_lcofi quick_area stats_exit; do
		object=$BUILD/obj/riscv64-unknown-elf-gcc/hv/$name.c.o
		$RV_OBJDUMP -r "$object" >"$code"
		grep -qw 'a0' "$code" || fail "no code in $object"
		[ "$name" = quick ] || [ "$name" = quick_lcofi ] || others='t[0-6]'
		if grep -wE "$others" "$code"; then fail "$name.c uses other registers"; fi
		if grep -E '\s(c\.)?(l[a-z]+|mv|add[a-z]*)\s+tp,' "$code"; then
			fail "$name.c changes tp"
		fi
		if grep -E 'R_RISCV_CALL|jalr +ra' "$code"; then fail "$name.c calls"; fi
	done
}

# quick_area.c and swap_area.c access no CSR of the H extension by an instruction, which would trap
# into the level below.
test_area_alone()
{
	local name code=$LOGS/$NAME.code csrs='\b(h|vs)[a-z]+[0-9]*\b|\b0x[26e][0-9a-f]{2}\b'
	for name in quick_area swap_area; do
		$RV_OBJDUMP "$BUILD/obj/riscv64-unknown-elf-gcc/hv/$name.c.o" >"$code"
		grep -qw sepc "$code" || fail "no CSR in $name.c"
		if grep -E '\bcsr' "$code" | cut -f 3- | grep -E "$csrs"; then
			fail "$name.c has an instruction that traps"
		fi
	done
}

# sites: prints the address (hexadecimal) and the key of each site in halite.elf.
sites()
{
	local start end base
	read -r start end base < <(riscv64-unknown-elf-nm "$BUILD/halite.elf" | awk '
		$3 == "static_keys_start" { s = $1 }
		$3 == "static_keys_end" { e = $1 }
		$3 == "riscv_image_start" { b = $1 }
		END { print s, e, b }')
	start=$((16#$start)) end=$((16#$end)) base=$((16#$base))
	od -A n -v -t d4 -w12 -j $((start - base)) -N $((end - start)) "$BUILD/halite.bin" |
		while read -r code _ key; do
			printf '%x %s\n' $((start + code)) "$key"
			start=$((start + 12))
		done
}

# Every site is a nop, or in entry.S an instruction that is needed anyway. In code that is reached
# with all keys off, the CSR instruction follows a site of a CSR accessor before any branch. Copies
# of sites that the compiler has put behind a jump do not count.
test_static_key_sites()
{
	local result
	sites >"$LOGS/$NAME.sites"
	result=$($RV_OBJDUMP "$BUILD/halite.elf" 2>/dev/null | awk -v sites="$LOGS/$NAME.sites" '
		BEGIN {
			no_csr = "^(fetch_for_slot|settle_translation|world_before_entry)$"
			while ((getline line < sites) > 0) {
				split(line, f, " ")
				key[f[1]] = f[2]
				total++
			}
		}
		/^[0-9a-f]+ <[^.].*>:$/ { name = substr($2, 2, length($2) - 3); entry = 1; next }
		/^ *[0-9a-f]+:/ {
			address = $1; sub(/:/, "", address)
			at[address] = ++n; mnemonic[n] = $2; operands[n] = $3; where[n] = name
			if (entry) { todo[++waiting] = n; entry = 0 }
			if (address in key) { site[n] = address; found++ }
		}
		# Follow the code from each function, with every site a nop.
		END {
			while (waiting) {
				i = todo[waiting--]
				while (i && i <= n && !(i in reached)) {
					reached[i] = 1
					m = mnemonic[i]
					count = split(operands[i], f, ",")
					target = at[f[count]]
					if (m ~ /^(c\.)?b(eq|ne|lt|ge)/) todo[++waiting] = target
					if (m ~ /^(c\.jr|[su]ret)$/) break
					if (m ~ /^jalr$/ && f[1] == "zero") break
					if (m == "c.j" || (m == "jal" && f[1] == "zero")) i = target
					else i++
				}
			}
			for (i in site) {
				place = site[i] " in " where[i]
				code = mnemonic[i] " " operands[i]
				# Where exits and entries are counted (key 7), see entry.S.
				if (key[site[i]] == 7 && code ~ /^csrrw zero,sscratch,a0$|^ld sp,/)
					instead++
				else if (code != "addi zero,zero,0")
					print place " is " mnemonic[i] ", not a nop"
				# Keys 0 and 1 are those of reads and writes of CSRs. Each function
				# in no_csr has a site that no CSR instruction follows.
				if (!(i in reached) || key[site[i]] > 1) continue
				if (where[i] ~ no_csr) continue
				csrs++
				for (j = i + 1; mnemonic[j] !~ /^csr/; j++) {
					if (mnemonic[j] ~ /^((c\.)?(b|j)|[su]ret)/) {
						print place ": " mnemonic[j] \
							" comes before its CSR instruction"
						break
					}
				}
			}
			if (found != total) print found " of " total " sites are in the code"
			if (instead != 8) print instead + 0 " sites of exits and entries, not 8"
			print "# " total " sites, " csrs " of CSRs on the straight path"
		}')
	printf '%s\n' "$result"
	! grep -v '^#' <<<"$result" || fail "$(grep -v '^#' <<<"$result" | head -n 1)"
	if ! [[ $result =~ ([0-9]+)\ of\ CSRs ]] || [ "${BASH_REMATCH[1]}" -lt 50 ]; then
		fail "too few sites: $result"
	fi
}

# image_size in halite.bin's boot header (bytes 16 to 23, little-endian) is the size of the image in
# memory, with bss.
# What is there for boot loaders alone, the page of headers included, has at most 24 KiB in
# halite.bin.
test_boot_size()
{
	local objects=$BUILD/obj/riscv64-unknown-elf-gcc size
	size=$(riscv64-unknown-elf-size "$objects"/boot/*.o "$objects"/hv/pack.c.o \
		"$objects"/hv/devtree_fill.c.o "$objects"/lib/crc32.c.o |
		awk 'NR > 1 { n += $1 + $2 } END { print n + 4096 }')
	printf 'the boot part has %s bytes\n' "$size"
	[ "$size" -gt 8192 ] || fail "the boot part was not found"
	[ "$size" -le 24576 ] || fail "the boot part has $size bytes, more than 24576"
}

test_image_size()
{
	local start end stated size
	read -r start end < <(riscv64-unknown-elf-nm "$BUILD/halite.elf" | awk '
		$3 == "riscv_image_start" { s = $1 }
		$3 == "riscv_image_end" { e = $1 }
		END { print s, e }')
	stated=$(od -A n -t u8 --endian=little -j 16 -N 8 "$BUILD/halite.bin" | tr -d ' ')
	printf 'image_size %s, the image is 0x%s to 0x%s\n' "$stated" "$start" "$end"
	size=$((16#$end - 16#$start))
	[ "$stated" = "$size" ] || fail "image_size is $stated instead of $size"
	# The file ends where bss begins.
	[ "$stated" -gt "$(stat -c %s "$BUILD/halite.bin")" ] ||
		fail "image_size $stated has no bss"
}

# The flat image of an ELF. The build id, which hashes the debug information too, is left out.
without_build_id()
{
	riscv64-unknown-elf-objcopy -O binary -R .note.gnu.build-id "$1" /dev/stdout
}

# The marks of src/lib/race.h make no code: without them the image is the same.
test_race_points()
{
	local copy=$LOGS/$NAME.tree marks
	rm -rf "$copy"
	mkdir -p "$copy/build"
	cp -r "$TOP/src" "$TOP/mk" "$TOP/scripts" "$copy"
	ln -s "$BUILD/ext" "$copy/build/ext"
	marks=$(grep -rlE '^\s*RACE_POINT\(\);$' "$copy/src" | wc -l)
	[ "$marks" -ge 5 ] || fail "only $marks files have marks"
	# Lines stay where they are: an assertion tells its own.
	find "$copy/src" -name '*.[ch]' \
		-exec sed -i 's/^\s*RACE_POINT();$//; s/.*lib\/race\.h.*//' {} +
	make -s --no-print-directory -C "$copy" -f mk/hypervisor.mk >"$LOGS/$NAME.make"
	cmp <(without_build_id "$copy/build/halite.elf") <(without_build_id "$BUILD/halite.elf") ||
		fail "the image without marks is another"
	rm -rf "$copy"
}

# make_source FILE TEXT: in the tree of test_arrows(), compiled if it is no header.
make_source()
{
	mkdir -p "$tree/src/${1%/*}" "$tree/obj/${1%/*}"
	printf '%s\n' "$2" >"$tree/src/$1"
	case $1 in
	*.c) riscv64-unknown-elf-gcc -w -I"$tree/src" -c -o "$tree/obj/$1.o" "$tree/src/$1" ;;
	esac
}

# Includes and calls run down the layers of tests/code/layers.txt.
test_arrows()
{
	local tree=$LOGS/$NAME.tree objects=$BUILD/obj/riscv64-unknown-elf-gcc found expected
	found=$(perl tests/code/arrows.pl tests/code/layers.txt src "$objects") ||
		fail "against tests/code/layers.txt: ${found//$'\n'/; }"
	# The search itself: it finds one of each kind, and leaves out what is allowed.
	rm -rf "$tree"
	make_source top/t.h ''
	make_source top/t.c 'void top_t() { top_u(); } void allowed() { base_x(); }'
	make_source top/u.c 'void top_u() { top_t(); }'
	make_source base/x.c 'void base_x() { top_u(); base_y(); allowed(); }'
	make_source base/y.c '#include "top/t.h"
		void base_y() {}'
	make_source odd.d/z.h ''
	printf '%s\n' 'top: top/*' 'base: base/x | base/y base/none' \
		'up base/* all*ed for the test' 'up base/* never for the test' >"$tree/layers"
	expected='odd.d/z.h is in no layer
		no file for base/none of layer base
		base/y.c -> top/t.h: top/t.h runs up from base to top
		base/x.c -> base/y.c: base_y runs across base
		base/x.c -> top/u.c: top_u runs up from base to top
		up base/* never: there is no such arrow
		a circle: top/t.c -> top/u.c (top_u), top/u.c -> top/t.c (top_t)'
	if found=$(perl tests/code/arrows.pl "$tree/layers" "$tree/src" "$tree/obj") ||
		[ "$found" != "${expected//$'\n\t\t'/$'\n'}" ]; then
		fail "the search finds: ${found//$'\n'/; }"
	fi
}

# docs/csr.md is what the table says.
# The page has the table of the proofs' heads.
test_proofs_doc()
{
	local line
	"$TOP/scripts/proofs.sh" --table | while read -r line; do
		grep -qxF -- "$line" "$TOP/docs/testing.md" ||
			fail "docs/testing.md lacks a line of scripts/proofs.sh --table: $line"
	done
}

test_csr_doc()
{
	local made=$LOGS/$NAME.md
	make -s --no-print-directory -C "$TOP" build/csr-doc
	"$TOP/build/csr-doc" >"$made"
	grep -q '^| hgatp | 0x680 |' "$made" || fail "the page has no row for hgatp"
	cmp -s "$made" "$TOP/docs/csr.md" ||
		fail "docs/csr.md is not what src/hext/csr_table.h says: run make csr-doc"
}

test_isa_doc()
{
	local made=$LOGS/$NAME.md
	make -s --no-print-directory -C "$TOP" build/isa-doc
	"$TOP/build/isa-doc" >"$made"
	grep -q '^| sstc | RVA23S64 |' "$made" || fail "the page has no row for sstc"
	cmp -s "$made" "$TOP/docs/isa.md" ||
		fail "docs/isa.md is not what the tables say: run make csr-doc"
}

# docs/stats.md has each kind with the event data that src/hv/pmu_events.h gives it.
test_stats_doc()
{
	local made=$LOGS/$NAME.kinds
	awk '/^#define STATS_EXIT_KINDS/ { n = 0; base = "0000" }
		/^#define STATS_WORK_KINDS/ { n = 0; base = "0100" }
		match($0, /^\tX\([A-Z0-9_]+, "[^"]*"/) {
			split($0, part, "\"")
			printf "| 48414c49%04x | %s |\n", (base == "0100") * 256 + n++, part[2]
		}' "$TOP/src/hv/stats_format.h" >"$made"
	grep -q '^| 48414c490005 | l1-csr |$' "$made" || fail "the header has no kind l1-csr"
	grep '^| 48414c49' "$TOP/docs/stats.md" | diff "$made" - ||
		fail "docs/stats.md is not what the header says"
}

# tests/run reads all files of tests/linux, so a function that two of them define is lost in one.
test_one_definition()
{
	local twice
	twice=$(cat "$TOP"/tests/linux/*.sh "$TOP/scripts/common.sh" |
		sed -nE 's/^([a-z_0-9]+)\(\).*/\1/p' | LC_ALL=C sort |
		tee "$LOGS/$NAME.functions" | uniq -d)
	grep -qx "$FUNCNAME" "$LOGS/$NAME.functions" || fail "the search finds nothing any more"
	[ -z "$twice" ] || fail "defined twice: ${twice//$'\n'/, }"
}

code_tests()
{
	test_case code-one-definition test_one_definition
	test_case code-stats-doc test_stats_doc
	test_case code-csr-doc test_csr_doc
	test_case code-isa-doc test_isa_doc
	test_case code-proofs-doc test_proofs_doc
	for part in width shell cppcheck analyzer; do
		test_case "code-check-$part" scripts/check.sh "$part"
	done
	test_case code-arrows test_arrows
	test_case code-race-points test_race_points
	test_case code-image-size test_image_size
	test_case code-boot-size test_boot_size
	test_case code-no-strays test_no_strays
	test_case code-few-registers test_few_registers
	test_case code-area-alone test_area_alone
	test_case code-accesses test_accesses
	test_case code-faq test_faq
	test_case code-accessors test_accessors
	test_case code-addresses test_addresses
	test_case code-static-key-sites test_static_key_sites
}
