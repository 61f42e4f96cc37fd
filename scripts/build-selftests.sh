#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds the kernel's own KVM selftests from Debian's newest linux-source into
# build/downloads/selftests, which then has:
#   static riscv64 programs
#   version     the version of linux-source
#   recipe      the RECIPE below
#   not-built   a line `name: reason` for each program that does not compile, of those that the
#               kernel lists for riscv or has for any architecture
# Packs build/guests/KERNEL/selftests.cpio: busybox, the scenes, kvm.ko and the tests.
# Usage: build-selftests.sh KERNEL...
. "$(dirname "$0")/common.sh"

# Change RECIPE together with the build: the script builds again if the built recipe is another one.
RECIPE=4

SUITES="trixie-backports forky sid"
OUT=$DOWNLOADS/selftests
WORK=$DOWNLOADS/linux-source

# fetch_source SUITE COMPRESSION: unpacks the files of the newest linux-source that the tests need
# into $WORK/linux.
fetch_source()
{
	local suite=$1 package version tarball
	APT_CONFIG=$(COMPRESSION=$2 private_apt "source-$suite" "$(dpkg --print-architecture)" \
		deb "$suite")
	export APT_CONFIG
	say "looking for linux-source in $suite"
	if ! apt-get -q -o APT::Update::Error-Mode=any update; then
		say "$suite: the archive's index does not match its signed Release file" \
			"at the moment, or cannot be reached"
		return 1
	fi
	package=$(apt-cache search --names-only '^linux-source-[0-9.]+$' | awk '{ print $1 }' |
		sort -V | tail -n 1)
	[ -n "$package" ] || { say "$suite: no linux-source"; return 1; }
	version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p' |
		head -n 1)
	say "$suite: downloading $package $version"
	rm -rf "$WORK"
	mkdir -p "$WORK/linux"
	(cd "$WORK" && apt-get -q download "$package") || return 1
	say "unpacking what the selftests need of it"
	dpkg-deb --fsys-tarfile "$WORK"/*.deb |
		tar -C "$WORK" -x --wildcards '*/linux-source-*.tar.xz' || return 1
	rm -f "$WORK"/*.deb
	tarball=$(find "$WORK/usr" -name '*.tar.xz')
	tar -C "$WORK/linux" --strip-components=1 --wildcards -xf "$tarball" \
		--exclude='*/drivers/*' --exclude='*/fs/*' --exclude='*/sound/*' \
		--exclude='*/Documentation/*' --exclude='*/net/*' || return 1
	rm -rf "${WORK:?}/usr"
	printf '%s %s from %s\n' "$package" "$version" "$suite" >"$WORK/version"
}

# make_kvm [VARIABLE=VALUE...]: builds the programs that make selects. Some may not compile, hence
# -k.
make_kvm()
{
	make -k -C "$WORK/linux/tools/testing/selftests" -j"$(nproc)" TARGETS=kvm ARCH=riscv \
		CROSS_COMPILE=riscv64-linux-gnu- EXTRA_CFLAGS=-static LDFLAGS=-static "$@" \
		>>"$WORK/build.log" 2>&1
}

# widen_flags SOURCE: replaces memslot_perf_test's atomic bool, which must be lock-free, by an
# atomic int. GCC before 13 has no lock-free atomic bool for RISC-V, which has atomic instructions
# for words only.
widen_flags()
{
	sed -i -e 's/\batomic_bool\b/atomic_int/' \
		-e 's/\bATOMIC_BOOL_LOCK_FREE\b/ATOMIC_INT_LOCK_FREE/' \
		-e 's/\bbool expected;/int expected;/' "$1"
}

# repeat_less SOURCE TIMES NAME...: sets the constants NAME, which count repetitions, to TIMES.
repeat_less()
{
	local source=$1 times=$2 names
	shift 2
	names=$(IFS='|' && printf '%s' "$*")
	sed -i -E "s/^#define ($names)[[:space:]].*/#define \\1 $times/" "$source"
	grep -qE "^#define ($names) $times\$" "$source" ||
		say "${source##*/}: how often it repeats is not where it was; it is" \
			"built as it is, and may take very long"
}

# build_programs: builds the tests that the kernel lists for riscv, and those of its other
# architecture-independent tests that compile.
build_programs()
{
	local kvm=$WORK/linux/tools/testing/selftests/kvm source name listed
	# With two simulated harts, hardware_disable_test does not end within a quarter of an hour
	# even on the bare machine: it starts and kills 512 machines with 64 busy threads each.
	# rseq_test, with 100,000 migrations, ends there, but not in all configurations of Halite.
	# Neither has an option for its number of repetitions.
	repeat_less "$kvm/hardware_disable_test.c" 32 FORK_NUM NR_ITERATIONS
	repeat_less "$kvm/rseq_test.c" 10000 NR_TASK_MIGRATIONS
	make_kvm || true
	if [ ! -e "$kvm/memslot_perf_test" ]; then
		say "memslot_perf_test: this compiler has no lock-free atomic bool;" \
			"building it with words instead"
		widen_flags "$kvm/memslot_perf_test.c"
		make_kvm || true
	fi
	listed=$(sed -nE 's/^TEST_GEN_PROGS_(COMMON|riscv) \+?= ([^$]*)$/\2/p' "$kvm/Makefile.kvm")
	for source in "$kvm"/*.c "$kvm"/riscv/*.c; do
		name=${source#"$kvm"/}
		name=${name%.c}
		# riscv/arch_timer.c and riscv/get-reg-list.c are only parts of programs.
		case " $(echo $listed) " in *" $name "* | *" ${name#riscv/} "*) continue ;; esac
		make_kvm TEST_GEN_PROGS_COMMON= TEST_GEN_PROGS_riscv="$name" SPLIT_TESTS= || true
		listed="$listed $name"
	done
	: >"$WORK/not-built"
	for name in $listed; do
		[ -x "$kvm/$name" ] || printf '%s: %s\n' "$name" \
			"$(grep -aE "^$name\.c:.*error: " "$WORK/build.log" | head -n 1 |
				sed 's/.*error: //')" >>"$WORK/not-built"
	done
}

build()
{
	local tests=$WORK/linux/tools/testing/selftests
	"$TOP/scripts/install-packages.sh" selftests
	first_of_suites fetch_source $SUITES || die "no linux-source in any of: $SUITES"
	say "building the KVM selftests of $(cat "$WORK/version")"
	make -C "$WORK/linux" -s -j"$(nproc)" ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- headers \
		>"$WORK/build.log" 2>&1 ||
		{ tail -n 20 "$WORK/build.log" >&2; die "the kernel's headers cannot be made"; }
	build_programs
	rm -rf "$OUT.new"
	mkdir -p "$OUT.new"
	find "$tests/kvm" -maxdepth 2 -type f -perm -u+x ! -name '*.*' -exec cp {} "$OUT.new/" \;
	rm -f "$OUT.new"/*.sh
	riscv64-linux-gnu-strip "$OUT.new"/* 2>/dev/null || true
	if [ ! -s "$OUT.new/ebreak_test" ]; then
		tail -n 20 "$WORK/build.log" >&2
		die "the selftests did not build"
	fi
	cp "$WORK/version" "$WORK/not-built" "$OUT.new/"
	printf '%s\n' "$RECIPE" >"$OUT.new/recipe"
	rm -rf "$OUT" "$WORK"
	mv "$OUT.new" "$OUT"
}

pack()
{
	local name=$1 out=$BUILD/guests/$1 work
	"$TOP/scripts/make-initramfs.sh" "$name"
	if [ "$out/selftests.cpio" -nt "$out/boot.cpio" ] &&
		[ "$out/selftests.cpio" -nt "$OUT/version" ]; then
		return 0
	fi
	work=$(mktemp -d)
	mkdir -p "$work/selftests" "$work/lib/modules"
	find "$OUT" -type f -perm -u+x -exec cp {} "$work/selftests/" \;
	cp "$DOWNLOADS/kernels/$name/kvm.ko" "$work/lib/modules/"
	{
		cat "$out/boot.cpio"
		(cd "$work" && find . -print0 | sort -z |
			cpio --null -o -H newc --owner=0:0 --quiet)
	} >"$out/selftests.cpio.new"
	mv "$out/selftests.cpio.new" "$out/selftests.cpio"
	rm -rf "$work"
}

[ "$(cat "$OUT/recipe" 2>/dev/null)" = "$RECIPE" ] || build
say "KVM selftests: $(find "$OUT" -type f -perm -u+x | wc -l) programs of $(cat "$OUT/version")"
sed 's/^/== not built: /' "$OUT/not-built" >&2
for name; do
	pack "$name"
done
