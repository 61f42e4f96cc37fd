# SPDX-License-Identifier: BSD-2-Clause
# What `make install` installs: the command, its manual page, completions, libraries.
# shellcheck shell=bash

# verbs: prints the verbs of the command.
verbs() { "$HALITE" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'; }

# help_options VERB: prints the options that the help text of VERB explains, sorted.
help_options()
{
	"$HALITE" "$1" --help | sed -n 's/^  \(-.*\)/\1/p' | sed 's/   *.*//' |
		grep -oE -e '--?[a-z][a-z-]*' | LC_ALL=C sort || true
}

# man_options VERB PAGE: prints the options that the section of VERB in the manual page explains.
man_options()
{
	sed -n "/^\.SH HALITE ${1^^}\$/,/^\.SH /p" "$2" | grep -A 1 '^\.TP$' |
		sed -n 's/^\.B //p' | sed 's/\\-/-/g' | grep -oE -e '--?[a-z][a-z-]*' |
		LC_ALL=C sort || true
}

# The options in the command's code, in its help texts and in its manual page are the same.
test_tool_install_man()
{
	local page=$BUILD/install/halite.1 verb found="" said
	scripts/install-packages.sh install
	make -s --no-print-directory -C "$TOP" build/install/halite.1
	[ "$(verbs | wc -l)" -ge 3 ] || fail "halite --help names too few verbs"
	for verb in $(verbs); do
		grep -qx "\.SH HALITE ${verb^^}" "$page" || fail "the page has no 'halite $verb'"
		said=$(help_options "$verb")
		found+=$said$'\n'
		[ "$said" = "$(man_options "$verb" "$page")" ] || fail "the manual page has other" \
			"options than 'halite $verb --help'. tools/install/man.sh makes the page" \
			"of that text, and says which form the text must have"
	done
	# Each option that the code compares with or lists is in a help text.
	grep -qx -e '--kernel' <<<"$found" || fail "no help text explains --kernel"
	for said in $(grep -ohE '"--?[a-z][a-z-]*"' "$TOP"/tools/halite/*.c | tr -d '"' | sort -u)
	do
		case $said in --help | -h | --version) continue ;; esac
		# The command starts QEMU and passes it options with one hyphen.
		case $said in --*) ;; *) continue ;; esac
		grep -qx -e "$said" <<<"$found" || fail "the option $said of the code is in no" \
			"help text: add it to 'halite VERB --help', from which the manual page" \
			"and the completions come"
	done
	# Warnings, but one: the page has no date, so that it is the same whenever it is made.
	said=$(mandoc -T lint -W warning "$page" | grep -v 'missing date' || true)
	[ -z "$said" ] || fail "mandoc: $said"
	# The rendered page has a line for an option that has a value.
	grep -qE '^ +--machine M' <<<"$(mandoc -T ascii "$page" | sed 's/.\x08//g')" ||
		fail "the page does not show --machine"
}

# bash_completes WORDS...: prints what bash offers for the last word.
bash_completes()
{
	# shellcheck disable=SC2016 # the inner shell expands
	bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _halite
		printf "%s\n" "${COMPREPLY[@]}"' - "$TOP/tools/install/halite.bash" "$@"
}

# zsh_completes WORDS...: the same for zsh. In place of zsh's completion system, functions print
# what they would offer.
zsh_completes()
{
	# shellcheck disable=SC2016
	zsh -fc 'compadd() { [ "$1" = -- ] && shift; print -l -- "$@" }
		compset() { : }
		_files() { print -- files "$@" }
		file=$1; shift; words=("$@"); CURRENT=$#; source $file' - \
		"$TOP/tools/install/_halite" "$@"
}

# offers SHELL WORD WORDS...: SHELL offers WORD for the last of WORDS.
offers()
{
	local offered
	offered=$("$1_completes" "${@:3}" 2>&1)
	grep -qx -e "$2" <<<"$offered" || fail "$1 does not offer '$2' for '${*:3}': $offered"
}

test_tool_install_completion()
{
	local verb option value
	scripts/install-packages.sh install
	for verb in $(verbs); do
		offers bash "$verb" "$HALITE" "${verb:0:1}"
		offers zsh "$verb" "$HALITE" ''
		for option in $(help_options "$verb"); do
			offers bash "$option" "$HALITE" "$verb" "$option"
			offers zsh "$option" "$HALITE" "$verb" ''
		done
	done
	! grep -qx -e --cpus <<<"$(bash_completes "$HALITE" pack --)" ||
		fail "bash offers an option of another verb"
	for value in --kernel --qemu; do
		offers bash "$TOP/Makefile" "$HALITE" run "$value" "$TOP/Makef"
		offers bash "$TOP/Makefile" "$HALITE" run "$value" = "$TOP/Makef"
		offers zsh files "$HALITE" run "$value" ''
	done
	offers bash "$TOP/Makefile" "$HALITE" run -- "$TOP/Makef"
	offers zsh files "$HALITE" run -- ''
	offers bash aia "$HALITE" run --machine =
	offers bash sync_csr,sync_sret "$HALITE" run --nacl sync_csr,sync_s
	# The values that the scripts name are those of the help text.
	for value in $(bash_completes "$HALITE" run --machine '') \
		$(bash_completes "$HALITE" run --nacl '') $(bash_completes "$HALITE" run --give '')
	do
		grep -qw -e "$value" <<<"$("$HALITE" run --help)" ||
			fail "bash offers '$value', which no help text explains"
	done
	[ "$(bash_completes "$HALITE" run --machine '')" = \
		"$(zsh_completes "$HALITE" run --machine '')" ] ||
		fail "bash and zsh offer other machines"
	[ -z "$(bash_completes "$HALITE" run --cpus '')" ] || fail "bash offers numbers of harts"
}

# install_tree: installs in the new folder $ROOT, with PREFIX=/usr.
install_tree()
{
	ROOT=$LOGS/$NAME.root
	rm -rf "$ROOT"
	make -s --no-print-directory -C "$TOP" install DESTDIR="$ROOT" PREFIX=/usr "$@"
}

# Installed, the command finds its hypervisor, wherever the folder has been moved; and what is
# installed is removed again.
test_tool_install_tree()
{
	local image=$LOGS/$NAME.image file
	install_tree
	for file in bin/halite lib/halite/halite.bin lib/halite/halite.elf share/man/man1/halite.1 \
		share/bash-completion/completions/halite share/zsh/site-functions/_halite \
		include/halite/nacl/host.h include/halite/hext/hext.h share/pkgconfig/halite-nacl.pc
	do
		[ -s "$ROOT/usr/$file" ] || fail "no /usr/$file"
	done
	make_image "$image" 8192
	mv "$ROOT/usr" "$ROOT/opt"
	(
		unset HALITE_BIN
		cd /
		"$ROOT/opt/bin/halite" pack --kernel "$image" -o "$image.packed"
	)
	cmp -i 4096 -n 40000 "$BUILD/halite.bin" "$image.packed" || fail "this is another Halite"
	rm "$ROOT/opt/lib/halite/halite.bin"
	HALITE=$ROOT/opt/bin/halite refuses "../lib/halite" pack --kernel "$image" \
		-o "$image.packed"
	mv "$ROOT/opt" "$ROOT/usr"
	mkdir -p "$ROOT/usr/share/man/man1"
	: >"$ROOT/usr/share/man/man1/other.1"
	make -s --no-print-directory -C "$TOP" uninstall DESTDIR="$ROOT" PREFIX=/usr
	[ "$(cd "$ROOT" && find . | tr '\n' ' ')" = \
		". ./usr ./usr/share ./usr/share/man ./usr/share/man/man1 $(
			)./usr/share/man/man1/other.1 " ] ||
		fail "uninstall leaves $(cd "$ROOT" && find . | tr '\n' ' ')"
	grep -q '^make install ' <<<"$(make -s --no-print-directory -C "$TOP" help)" ||
		fail "make help does not name install"
}

# A folder of the user's own gets no hook that nobody would call, and goes again as a whole. A name
# that a shell would take apart is refused.
test_tool_install_prefix()
{
	local folder=$LOGS/$NAME.prefix word make=(make -s --no-print-directory -C "$TOP")
	rm -rf "$folder"
	for word in PREFIX= PREFIX=usr PREFIX=./usr "PREFIX=/a b" "PREFIX=/a;b" "PREFIX=/a'b" \
		"PREFIX=/a|b" 'PREFIX=/a"b' DESTDIR=a "DESTDIR=$folder b" SYSCONFDIR=etc; do
		! "${make[@]}" install DESTDIR="$folder" "$word" >"$LOGS/$NAME.said" 2>&1 ||
			fail "$word is no error"
		grep -qF "${word%%=*}='${word#*=}': expected a folder" "$LOGS/$NAME.said" ||
			fail "$word: $(cat "$LOGS/$NAME.said")"
	done
	[ ! -e "$folder" ] || fail "something was installed"
	"${make[@]}" install PREFIX="$folder" >"$LOGS/$NAME.said"
	[ -z "$(find "$folder" -name '*zz-halite*')" ] && [ ! -e "$folder/etc" ] ||
		fail "there is a hook"
	grep -q 'SYSCONFDIR=/etc' "$LOGS/$NAME.said" || fail "it does not say how to get the hook"
	"${make[@]}" uninstall PREFIX="$folder"
	[ ! -e "$folder" ] || fail "uninstall leaves $(find "$folder" | tail -n 1)"
	"${make[@]}" install PREFIX="$folder" SYSCONFDIR="$folder/etc"
	grep -q "$folder/bin/halite" "$folder/etc/kernel/postinst.d/zz-halite" ||
		fail "the hook calls another command"
	"${make[@]}" uninstall PREFIX="$folder" SYSCONFDIR="$folder/etc"
	[ ! -e "$folder" ] || fail "uninstall leaves $(find "$folder" | tail -n 1)"
}

# A program for RV64 or RV32 that uses an installed library, by pkg-config alone.
test_tool_install_libraries()
{
	local name march mabi define flags undefined program=$LOGS/$NAME.elf
	scripts/install-packages.sh install
	install_tree
	cd /
	while read -r name march mabi define; do
		flags=$(PKG_CONFIG_PATH=$ROOT/usr/share/pkgconfig pkg-config --cflags --libs \
			"halite-$name")
		# shellcheck disable=SC2086 # words
		riscv64-unknown-elf-gcc -march="$march" -mabi="$mabi" -mcmodel=medany -O1 \
			-fno-tree-loop-distribute-patterns -Wall -Werror -ffreestanding -nostdlib \
			-Wl,-Ttext=0x80200000,--gc-sections,--no-warn-rwx-segments $define \
			-o "$program" "$TOP/tests/code/uses_library.c" $flags -lgcc
		undefined=$(riscv64-unknown-elf-nm -u "$program")
		[ -z "$undefined" ] || fail "$name: $undefined"
	done <<-'LIST'
		nacl rv64imac_zicsr lp64
		nacl-rv32 rv32imac_zicsr ilp32
		hext rv64imac_zicsr lp64 -DUSE_HEXT
	LIST
}

# hook FOLDER VERSION [IMAGE]: calls the hooks in FOLDER of $ROOT as Debian's packages do. Sets
# STATUS.
hook()
{
	local folder=$1 arguments=(--arg="$2")
	[ $# = 2 ] || arguments+=(--arg="$3")
	STATUS=0
	DEB_MAINT_PARAMS=configure HALITE_ROOT=$ROOT HALITE_COMMAND=$ROOT/usr/bin/halite \
		run-parts --report --exit-on-error "${arguments[@]}" "$ROOT/etc/$folder" \
		>"$LOGS/$NAME.stdout" 2>"$LOGS/$NAME.stderr" || STATUS=$?
	cat "$LOGS/$NAME.stderr"
	[ ! -s "$LOGS/$NAME.stdout" ] || fail "debconf would read what the hook prints"
}

# installed VERSION: installs a kernel, so the hook is called. Sets STATUS.
installed()
{
	local kernel=$ROOT/boot/vmlinuz-$1
	make_image "$kernel" 8192
	printf '%s' "$1" | dd of="$kernel" bs=1 seek=2048 conv=notrunc status=none
	printf 'ramdisk of %s' "$1" >"$ROOT/boot/initrd.img-$1"
	hook kernel/postinst.d "$1" "$kernel"
}

# named VERSION [OLD]: Image.halite has the kernel VERSION, and Image.halite.old has OLD.
named()
{
	local name=$ROOT/boot/Image.halite version
	"$HALITE" pack --list "$name" >/dev/null || fail "what the boot loader starts is damaged"
	version=$(dd if="$name" bs=1 skip=$(($(offset_of kernel "$name") + 2048)) count=${#1} \
		status=none | tr -d '\0')
	[ "$version" = "$1" ] || fail "Image.halite has kernel '$version', not $1"
	if [ $# = 1 ]; then
		[ ! -e "$name.old" ] && [ ! -L "$name.old" ] || fail "there is an old file"
	else
		cmp "$name.old" "$name-$2" || fail "the old file is not that of $2"
	fi
}

# An upgrade of the kernel packs the new one; whatever fails, the boot loader finds a whole file.
test_tool_install_hook()
{
	local boot settings before
	install_tree
	boot=$ROOT/boot settings=$ROOT/etc/default/halite
	mkdir -p "$boot"
	installed 6.12.9
	[ "$STATUS" = 0 ] && [ "$(find "$boot" -name '*halite*')" = "" ] ||
		fail "without settings, the hook does something"
	sed -i 's/^HALITE_PACK=no/HALITE_PACK=yes/' "$settings"
	installed 6.12.9
	[ "$STATUS" = 0 ] || fail "status $STATUS"
	named 6.12.9
	installed 6.12.10
	named 6.12.10 6.12.9
	# A kernel that is configured again is not a newer one, nor is what a killed pack has left.
	printf half >"$boot/Image.halite-7.2.9.Ab12Cd.new"
	installed 6.12.9
	named 6.12.10 6.12.9
	rm "$boot/Image.halite-7.2.9.Ab12Cd.new"

	before=$(cd "$boot" && sha256sum Image.halite*)
	printf 'no kernel' >"$boot/vmlinuz-7.2.1"
	hook kernel/postinst.d 7.2.1 "$boot/vmlinuz-7.2.1"
	[ "$STATUS" != 0 ] || fail "no kernel is no error"
	grep -q 'the boot loader still starts what it started' "$LOGS/$NAME.stderr" ||
		fail "the hook does not say what that means"
	hook kernel/postinst.d 7.2.2 "$boot/vmlinuz-7.2.2"
	[ "$STATUS" != 0 ] || fail "a missing kernel is no error"
	# The disk is full, and `halite pack` is killed in the middle of its work.
	(ulimit -f 64 && installed 6.12.10 && [ "$STATUS" != 0 ]) || fail "that was no failure"
	[ "$before" = "$(cd "$boot" && sha256sum $(cut -d ' ' -f 3 <<<"$before"))" ] ||
		fail "a failure changes what the boot loader starts"
	named 6.12.10 6.12.9
	mv "$ROOT/usr/bin/halite" "$ROOT/usr/bin/gone"
	hook kernel/postinst.d 7.2.1 "$boot/vmlinuz-7.2.1"
	[ "$STATUS" = 0 ] || fail "a hook without its package stops the upgrade of a kernel"
	grep -q 'kernel 7.2.1 is not packed' "$LOGS/$NAME.stderr" || fail "the hook does not say so"
	mv "$ROOT/usr/bin/gone" "$ROOT/usr/bin/halite"
	named 6.12.10 6.12.9
	rm "$boot/vmlinuz-7.2.1"

	printf 'HALITE_RAMDISK=yes\nHALITE_APPEND="quiet a=1"\nHALITE_OPTIONS="--nacl none"\n' \
		>>"$settings"
	installed 7.2.1
	named 7.2.1 6.12.10
	before=$("$HALITE" pack --list "$boot/Image.halite")
	grep -qx "guest's command line: quiet a=1" <<<"$before" || fail "no HALITE_APPEND"
	grep -qx "Halite's command line: nacl=none" <<<"$before" || fail "no HALITE_OPTIONS"
	grep -q '^ramdisk .* 16 bytes' <<<"$before" || fail "no ramdisk"
	printf 'a longer ramdisk' >>"$boot/initrd.img-7.2.1"
	hook initramfs/post-update.d 7.2.1 "$boot/initrd.img-7.2.1"
	grep -q '^ramdisk .* 32 bytes' <<<"$("$HALITE" pack --list "$boot/Image.halite")" ||
		fail "the ramdisk is the old one"
	! compgen -G "$boot/*.new" || fail "half a file is left"

	hook kernel/postrm.d 7.2.1 "$boot/vmlinuz-7.2.1"
	named 6.12.10 6.12.9
	hook kernel/postrm.d 6.12.9 "$boot/vmlinuz-6.12.9"
	named 6.12.10
	hook kernel/postrm.d 6.12.10 "$boot/vmlinuz-6.12.10"
	[ "$STATUS" = 0 ] || fail "status $STATUS"
	named 6.12.10
	# A file system without links, as FAT.
	mkdir "$ROOT/path"
	printf '#!/bin/sh\nexit 1\n' >"$ROOT/path/ln"
	chmod +x "$ROOT/path/ln"
	rm "$boot/Image.halite"
	PATH=$ROOT/path:$PATH installed 7.2.3
	named 7.2.3 6.12.10
	[ ! -L "$boot/Image.halite" ] && [ ! -L "$boot/Image.halite.old" ] || fail "there are links"
	# The user's settings outlive another installation, and so does a file that was changed.
	make -s --no-print-directory -C "$TOP" install DESTDIR="$ROOT" PREFIX=/usr
	grep -qx 'HALITE_RAMDISK=yes' "$settings" || fail "the settings are overwritten"
	make -s --no-print-directory -C "$TOP" uninstall DESTDIR="$ROOT" PREFIX=/usr
	[ "$(find "$ROOT/etc" -type f)" = "$settings" ] || fail "uninstall leaves other files"
}

# test_deb SUITE QEMU VERSION: the package is installed in a clean Debian, with what it depends on
# and with the release's own QEMU, which is in package QEMU. It boots a guest there, packs a kernel
# by its hook, and is purged.
test_deb()
{
	local suite=$1 qemu=$2 version=$3 package script=$LOGS/$NAME.sh
	[ "$(id -u)" = 0 ] || skip "a clean Debian needs root"
	package=$(make -s --no-print-directory -C "$TOP" deb | tail -n 1)
	cp "$package" "$LOGS/$NAME.deb"
	package=$(make -s --no-print-directory -C "$TOP" deb | tail -n 1)
	cmp "$package" "$LOGS/$NAME.deb" || fail "the package is another one each time"
	rm "$LOGS/$NAME.deb"
	make_image "$LOGS/$NAME.image" 8192
	cat >"$script" <<-SCRIPT
		set -eux
		export DEBIAN_FRONTEND=noninteractive
		cd /tmp
		# What apt would install without further words has this release's QEMU.
		unset APT_CONFIG
		apt-get -s -o APT::Install-Recommends=true install ./halite_*.deb >plan
		grep '^Inst $qemu ' plan
		apt-get -y -q --no-install-recommends install ./halite_*.deb $qemu
		[ "\$(command -v halite)" = /usr/bin/halite ]
		qemu-system-riscv64 -version | grep 'version $version\.'
		halite --version
		halite run --kernel basics.elf --memory 256M </dev/null >console 2>&1
		cat console
		halite run --kernel basics.elf --machine aia </dev/null >aia 2>&1 || true
		halite pack --kernel image -o packed
		halite pack --list packed
		sed -i s/HALITE_PACK=no/HALITE_PACK=yes/ /etc/default/halite
		mkdir -p /boot
		cp image /boot/vmlinuz-1
		run-parts --exit-on-error --arg=1 --arg=/boot/vmlinuz-1 /etc/kernel/postinst.d
		halite pack --list /boot/Image.halite
		apt-get -y -q purge halite
		! ls -d /etc/default/halite /etc/kernel/*/zz-halite /usr/lib/halite 2>/dev/null
		echo deb: done
	SCRIPT
	mkdir -p "$LOGS/$NAME.files"
	cp "$package" "$script" "$LOGS/$NAME.image" "$GUESTS/basics.elf" "$LOGS/$NAME.files"
	mv "$LOGS/$NAME.files/$NAME.image" "$LOGS/$NAME.files/image"
	# Downloads of unsigned packages are no question: apt checks the archive with Debian's keys.
	mmdebstrap --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' --format=null \
		--customize-hook="cp $LOGS/$NAME.files/* \"\$1/tmp\"" \
		--customize-hook="chroot \"\$1\" sh /tmp/$NAME.sh" \
		--customize-hook="cp \"\$1/tmp/console\" \"\$1/tmp/aia\" $LOGS/$NAME.files" \
		"$suite" /dev/null "deb [signed-by=$KEYRING] $(debian_mirror) $suite main"
	CONSOLE=$LOGS/$NAME.console
	tr -d '\r' <"$LOGS/$NAME.files/console" >"$CONSOLE"
	# Which checks of this guest pass depends on the QEMU, and is not what this test is about.
	expect_console '^ok [0-9]+ srst: ' "the guest has not reached its end"
	if [ "$version" = 7 ]; then
		grep -q 'aia with QEMU 7.2; expected .* QEMU 10' "$LOGS/$NAME.files/aia" ||
			fail "it does not say what needs QEMU 10"
		expect_console '^halite: PLIC at ' "the machine has no PLIC"
	fi
	rm -rf "$LOGS/$NAME.files"
}

# The package for riscv64, on a Debian that runs in Halite as on a board: the hook packs the kernel.
test_deb_riscv64()
{
	local tree=$LOGS/$NAME.tree
	rm -rf "$tree"
	mkdir -p "$tree/scenes"
	dpkg-deb -x "$(make -s --no-print-directory -C "$TOP" deb DEB_ARCH=riscv64 | tail -n 1)" \
		"$tree"
	# L1's userland has all that the package depends on, but this.
	install -D "$DOWNLOADS/riscv64-libs/libjansson.so" \
		"$tree/usr/lib/riscv64-linux-gnu/libjansson.so.4"
	cat >"$tree/scenes/deb" <<-'SCENE'
		#!/bin/busybox sh
		set -e
		halite --version
		sed -i s/HALITE_PACK=no/HALITE_PACK=yes/ /etc/default/halite
		mkdir -p /boot
		cp /guest/Image /boot/vmlinuz-1
		/etc/kernel/postinst.d/zz-halite 1 /boot/vmlinuz-1
		halite pack --list /boot/Image.halite
		cmp /boot/Image.halite /boot/Image.halite-1
	SCENE
	chmod +x "$tree/scenes/deb"
	{
		cat "$GUESTS/client/l1.cpio"
		cd "$tree"
		find . -print0 | sort -z | cpio --null -o -H newc --owner=0:0 --quiet
	} >"$LOGS/$NAME.cpio"
	rm -rf "$tree"
	cd "$TOP"
	with_console "" 300 "$HALITE" run --kernel "$GUESTS/client/Image" \
		--initrd "$LOGS/$NAME.cpio" --append "console=ttyS0 quiet halite.scene=deb"
	rm "$LOGS/$NAME.cpio"
	expect_status 0
	expect_console '^halite [0-9]' "the command does not run"
	expect_console '^packed file of [0-9]' "no packed file"
	expect_console '^L1: scene deb: exit 0' "a command failed"
}

tool_install_tests()
{
	local name
	for name in man completion tree prefix libraries hook; do
		test_case "tool-install-$name" "test_tool_install_$name"
	done
}
