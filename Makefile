# SPDX-License-Identifier: BSD-2-Clause
# make              builds build/halite (the command), build/halite.elf and build/halite.bin
# make demo         boots Debian in Halite, and in it, with KVM, a second Debian; then both power
#                   off
# make shell        opens a shell in the first of the two
# make conformance  compares the H extension in Halite with the bare machine's
#                   (docs/conformance.md)
# make bench        counts instructions and traps, and compares them with targets
#                   (docs/benchmarks.md)
# make test         runs the tests; TEST_OPTIONS are options of tests/run
# make test-long    runs the tests and those that take long
# make steady       runs each test ten times, under load
# make selftests    runs the kernel's KVM selftests, bare and in Halite, and compares
#                   (mk/selftests.mk)
# make linux-guests fetches Debian's kernel, and makes ramdisks for it
# make guest-programs
#                   builds the bare-metal guests of guests/
# make install      installs below PREFIX (default: /usr/local), for packages in the folder DESTDIR
# make uninstall    removes what `make install` with the same PREFIX and DESTDIR has installed
# make deb          makes a Debian package of what `make install` installs
# make proofs       proves properties of the sources with CBMC (docs/testing.md)
# make pictures     draws docs/pictures/*.svg from the .dot files there
# make csr-doc      writes docs/csr.md and docs/isa.md from the tables of src/hext
# make format       lays out the C code; make format-check only checks the layout
# make check        runs the checks that a change must pass (CONTRIBUTING.md)
# make tag          tags the version
# make help         prints these lines
# make clean        removes what was built; make distclean removes the downloads too
#
# demo and shell take KERNEL=client|6.12, NACL=all|none|LIST, NATIVE=1 (no Halite),
# MACHINE=plic|aplic|aia, CPUS, MEMORY and QEMU. demo DOMAINS=2 boots two Debians side by side.

# make deletes the target of a recipe that fails.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

KERNEL ?= client
NACL ?= all
CPUS ?= 2
MEMORY ?= 2G
QEMU ?= qemu-system-riscv64
NATIVE ?=
MACHINE ?=
DOMAINS ?=
TEST_OPTIONS ?=

HOST_CC ?= gcc
PICOLIBC ?= /usr/lib/picolibc/riscv64-unknown-elf

include mk/version.mk
include mk/warnings.mk

# The built-in rules would look for sources of the dependency files.
.SUFFIXES:
HOST_CFLAGS := -std=gnu11 -O2 -g -ffile-prefix-map=$(CURDIR)=. $(C_WARNINGS) -D_GNU_SOURCE -Isrc \
	-DHALITE_VERSION='"$(HALITE_VERSION)"'

include mk/hypervisor.mk
include mk/nacl.mk
include mk/hext.mk
include mk/unit.mk
include mk/guests.mk
include mk/selftests.mk
include mk/bench.mk
include mk/stress.mk
include mk/pictures.mk
include mk/proofs.mk
include mk/install.mk

.PHONY: all help tool packages libfdt demo shell conformance test test-long steady format \
	format-check clean distclean

all: tool build/halite.elf build/halite.bin

# The comment at the top of this file.
help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

# Each build tree checks once for the packages that a build needs, and installs missing ones.
packages: build/.packages
build/.packages: scripts/install-packages.sh
	@mkdir -p build
	@scripts/install-packages.sh build unit
	@touch $@

libfdt: build/ext/libfdt/libfdt.h
build/ext/libfdt/libfdt.h: scripts/fetch-libfdt.sh | build/.packages
	@scripts/fetch-libfdt.sh

TOOL_SOURCES := $(wildcard tools/halite/*.c)
# `halite explain` decodes instructions as Halite does.
TOOL_SHARED := src/hext/insn.c
TOOL_HEADERS := $(wildcard tools/halite/*.h tools/halite/agent/*.h)
TOOL_AGENT := build/obj/tools/agent.elf

# The command writes device trees by libfdt, which is compiled without warnings: its code is not
# Halite's.
TOOL_LIBFDT := $(addprefix build/obj/tools/libfdt/,\
	$(addsuffix .o,fdt fdt_ro fdt_rw fdt_wip fdt_check fdt_strerror fdt_sw fdt_empty_tree))
TOOL_INCLUDES := -isystem build/ext/libfdt

$(TOOL_LIBFDT): build/obj/tools/libfdt/%.o: Makefile | build/ext/libfdt/libfdt.h
	@mkdir -p $(@D)
	@$(HOST_CC) -O2 -w $(TOOL_INCLUDES) -c -o $@ build/ext/libfdt/$*.c

tool: build/halite
build/halite: $(TOOL_SOURCES) $(TOOL_SHARED) $(TOOL_HEADERS) $(TOOL_AGENT) \
		$(TOOL_LIBFDT) tools/halite/agent_image.S src/hv/pack_format.h \
		src/hv/stats_format.h Makefile mk/version.mk | build/.packages
	@mkdir -p build
	@echo "  CC      $@"
	@$(HOST_CC) $(HOST_CFLAGS) $(TOOL_INCLUDES) -DAGENT_FILE='"$(TOOL_AGENT)"' -o $@ \
		$(TOOL_SOURCES) $(TOOL_LIBFDT) $(TOOL_SHARED) tools/halite/agent_image.S \
		-lz -lzstd -ljansson

# The agent of `halite run --exec` and --rootfs, a Linux program that uses no library.
$(TOOL_AGENT): $(wildcard tools/halite/agent/*.[ch]) Makefile | build/.packages
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@riscv64-unknown-elf-gcc -march=rv64imac -mabi=lp64 -std=gnu11 -Os $(C_WARNINGS) \
		-ffreestanding -fno-builtin -nostdlib -static -s -Wl,--build-id=none -o $@ \
		$(filter %.c,$^)

# The pages are committed: tests/run code-csr-doc and code-isa-doc compare them with what this would
# make.
.PHONY: csr-doc
csr-doc: build/csr-doc build/isa-doc
	build/csr-doc >docs/csr.md
	build/isa-doc >docs/isa.md

build/isa-doc: tools/csr-doc/isa.c tools/csr-doc/isa_table.h src/hext/ext_table.h
	@mkdir -p build
	@echo "  CC      $@"
	@$(HOST_CC) $(HOST_CFLAGS) -Isrc -o $@ $<

build/csr-doc: tools/csr-doc/main.c src/hext/csr_table.h src/hext/ext_table.h
	@mkdir -p build
	@echo "  CC      $@"
	@$(HOST_CC) $(HOST_CFLAGS) -Isrc -o $@ $<

RUN_OPTIONS = --kernel build/guests/$(KERNEL)/Image --initrd build/guests/$(KERNEL)/l1.cpio \
	--cpus $(CPUS) --memory $(MEMORY) --nacl $(NACL) --qemu $(QEMU) $(if $(NATIVE),--native) \
	$(if $(MACHINE),--machine $(MACHINE))

.PHONY: linux-guests
linux-guests: build/.packages
	@scripts/install-packages.sh run
	@scripts/make-initramfs.sh $(KERNEL)

demo: all linux-guests
ifeq ($(DOMAINS),)
	@KERNEL=$(KERNEL) scripts/demo.sh $(RUN_OPTIONS) \
		--append "console=ttyS0 earlycon=sbi halite.scene=demo"
else
	@KERNEL=$(KERNEL) $(if $(filter file,$(origin CPUS)),,CPUS=$(CPUS)) \
		$(if $(filter file,$(origin MEMORY)),,MEMORY=$(MEMORY)) \
		scripts/demo-domains.sh $(DOMAINS) --nacl $(NACL) --qemu $(QEMU) \
		$(if $(NATIVE),--native) --machine $(or $(MACHINE),plic)
endif

shell: all linux-guests
	build/halite run $(RUN_OPTIONS) --append "console=ttyS0 quiet halite.scene=shell"

# VARIANTS selects variants, as arguments of scripts/conformance.sh. The default is all of them.
conformance: all guest-programs
	@scripts/install-packages.sh run
	@scripts/conformance.sh $(VARIANTS)

test: all guest-programs
	@tests/run $(TEST_OPTIONS)

test-long: all guest-programs
	@tests/run --long $(TEST_OPTIONS)

steady: all guest-programs
	@tests/steady $(TEST_OPTIONS)

FORMATTED = $(wildcard src/*/*.[ch] tools/*/*.[ch] tests/*/*.[ch] tests/*/*/*.c \
	tests/tlb/riscv/*.h guests/*.[ch] guests/*/*.[ch] examples/*/*.[ch] bench/*/*.[ch])

format:
	@scripts/install-packages.sh lint
	clang-format -i $(FORMATTED)

format-check:
	@scripts/install-packages.sh lint
	clang-format --dry-run --Werror $(FORMATTED)

# clang must compile the same code without warnings.
.PHONY: clang-check
clang-check:
	@scripts/install-packages.sh lint
	$(MAKE) --no-print-directory hypervisor CC_RV=clang BUILD_RV=build/clang
	for file in $(TOOL_SOURCES); do \
		clang $(HOST_CFLAGS) $(TOOL_INCLUDES) -c -o /dev/null $$file || exit 1; \
	done

include mk/check.mk

# Tags the commit with the version, which CHANGELOG.md must describe.
.PHONY: tag
tag:
	@grep -q '^## $(HALITE_VERSION)\( \|$$\)' CHANGELOG.md || \
		{ echo "CHANGELOG.md has no section $(HALITE_VERSION)" >&2; exit 1; }
	@! grep -q '^## Unreleased' CHANGELOG.md || \
		{ echo "CHANGELOG.md has unreleased changes" >&2; exit 1; }
	@test -z "$$(git status --porcelain)" || { echo "there are changes to commit" >&2; exit 1; }
	git tag -a v$(HALITE_VERSION) -m "Halite $(HALITE_VERSION)"

clean:
	@mkdir -p build
	find build -mindepth 1 -maxdepth 1 ! -name downloads ! -name ext ! -name .packages \
		-exec rm -rf {} +

distclean:
	rm -rf build

# tests/run reads the names of unit tests and guests from these, one a line.
.PHONY: unit-list guest-list
unit-list:
	@printf '%s\n' $(UNIT_TESTS) $(UNIT_NACL)
guest-list:
	@printf '%s\n' $(GUEST_NAMES)
