# SPDX-License-Identifier: BSD-2-Clause
# Unit tests on the build machine. Each tests/unit/test_X.c is a cmocka program, linked with the
# sources that are plain C, under AddressSanitizer and UndefinedBehaviorSanitizer.

UNIT_CC ?= gcc
UNIT_CFLAGS := -std=gnu11 $(C_WARNINGS) -g -O1 -fsanitize=address,undefined \
	-fno-sanitize-recover=all -Isrc -Ibuild/ext/libfdt

# mk/nacl.mk builds the tests of src/nacl, once for each layout of the shared memory.
UNIT_TESTS := $(patsubst tests/unit/%.c,build/unit/%,\
	$(filter-out tests/unit/test_nacl_%,$(wildcard tests/unit/test_*.c)))
UNIT_NACL = $(NACL_TESTS)
UNIT_HEADERS = $(wildcard src/*/*.h tests/unit/*.h)
UNIT_HEXT := $(wildcard src/hext/*.c)
# The sources of src/hv that are plain C and need no hart.
UNIT_HV := $(addprefix src/hv/,devtree.c devtree_fill.c guest_fdt.c home.c image.c machine.c) \
	$(addprefix src/hv/,machine_devices.c machine_isa.c machine_aia.c machine_wires.c) \
	$(addprefix src/hv/,machine_console.c) \
	$(addprefix src/hv/,modules.c options.c pack.c pack_domains.c identity.c vmid.c) \
	src/hv/withheld.c \
	$(addprefix src/hv/,domain_config.c domain_devices.c) \
	$(wildcard src/lib/*.c)
UNIT_LIBFDT = $(filter-out %/fdt_overlay.c,$(wildcard build/ext/libfdt/fdt*.c))

# UNIT_SOURCES: the sources of src that a test is linked with.
build/unit/test_hext_%: UNIT_SOURCES = $(UNIT_HEXT)
build/unit/test_hv_%: UNIT_SOURCES = $(UNIT_HV) $(UNIT_LIBFDT)
build/unit/test_boot_%: UNIT_SOURCES = $(wildcard src/boot/*.c) $(UNIT_HV) $(UNIT_LIBFDT)
build/unit/test_hv_aplic: UNIT_SOURCES = src/hv/aplic.c src/hv/source.c
build/unit/test_hv_plic: UNIT_SOURCES = src/hv/plic.c src/hv/source.c
build/unit/test_hv_uart: UNIT_SOURCES = src/hv/uart.c
build/unit/test_hv_source: UNIT_SOURCES = src/hv/plic.c src/hv/aplic.c src/hv/source.c
build/unit/test_hv_ipi: UNIT_SOURCES = src/hv/ipi.c src/hv/vcpu_find.c
build/unit/test_hv_hsm: UNIT_SOURCES = src/hv/sbi_hsm.c src/hv/ipi.c src/hv/vcpu_find.c
build/unit/test_hv_susp: UNIT_SOURCES = src/hv/sbi_susp.c
# tests/tlb/riscv replaces the CSR instructions.
build/unit/test_riscv_attempt: UNIT_SOURCES = src/riscv/attempt.c
build/unit/test_riscv_attempt $(addprefix build/unit/test_hv_,ipi hsm susp): \
	UNIT_CFLAGS := $(UNIT_CFLAGS:-Isrc=-Itests/tlb -Isrc) \
	-DNACL_CLIENT_HOOKS='"riscv/nacl_hooks.h"'
build/unit/test_riscv_attempt: src/riscv/attempt.c

build/unit/test_tool_%: UNIT_SOURCES = $(addprefix tools/halite/,dump.c message.c symbols.c)
build/unit/test_tool_%: UNIT_CFLAGS += -Itools/halite -D_GNU_SOURCE
build/unit/test_tool_counts: UNIT_SOURCES = \
	$(addprefix tools/halite/,counts.c events.c message.c sbi_names.c)
build/unit/test_tool_symbols build/unit/test_tool_counts: $(wildcard tools/halite/*.[ch])

build/unit/%: tests/unit/%.c $(UNIT_HEXT) $(wildcard src/boot/*.c src/hv/*.c src/lib/*.c) \
		$(UNIT_HEADERS)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $< $(UNIT_SOURCES) -lcmocka

# test_tlb runs Halite against a model of a machine that caches every translation, refuses accesses
# and interrupts (tests/tlb/machine.h). It uses coroutines, which AddressSanitizer cannot follow.
UNIT_TLB := build/unit/test_tlb
UNIT_TESTS += $(UNIT_TLB)
TLB_WARN := $(C_WARNINGS)
TLB_SANITIZE := -fsanitize=undefined -fno-sanitize-recover=all
TLB_CFLAGS := -std=gnu11 $(TLB_WARN) -g -O2 $(TLB_SANITIZE) -Itests/tlb -Isrc \
	-DNACL_CLIENT_HOOKS='"riscv/nacl_hooks.h"' -DHALITE_JITTER -DHALITE_VERSION_NUMBER=0
# The compiler adds a call at each access to memory in src/. tests/tlb/hooks.c defines the called
# functions, so ThreadSanitizer itself is not linked.
TLB_HOOKS := -fsanitize=thread -Wno-tsan --param tsan-distinguish-volatile=1 \
	--param tsan-instrument-func-entry-exit=0
TLB_SOURCES := $(wildcard src/hext/*.c src/nacl/*.c src/lib/*.c) \
	$(addprefix src/riscv/,attempt.c fence.c world.c) \
	$(addprefix src/hv/,aplic.c below.c bringup.c callbacks.c device.c domain.c emulate.c) \
	$(addprefix src/hv/,exit.c fence.c identity.c intc.c ipi.c memory.c mmio.c nested.c) \
	$(addprefix src/hv/,plic.c quick.c quick_area.c swap.c swap_area.c sbi.c sbi_hsm.c) \
	$(addprefix src/hv/,sbi_ipi.c sbi_nacl.c sbi_rfence.c stats.c vcpu.c vcpu_find.c) \
	$(addprefix src/hv/,source.c terminal.c uart.c) \
	$(addprefix src/hv/,stats_exit.c vcpu_resume.c vmid.c)
TLB_OBJECTS := $(patsubst %.c,build/unit/tlb/%.o,$(TLB_SOURCES))

build/unit/tlb/%.o: %.c $(UNIT_HEADERS) $(wildcard tests/tlb/*.h tests/tlb/riscv/*.h)
	@mkdir -p $(@D)
	@$(UNIT_CC) $(TLB_CFLAGS) $(TLB_HOOKS) -c -o $@ $<

$(UNIT_TLB): $(wildcard tests/tlb/*.c) $(TLB_OBJECTS) $(UNIT_HEADERS) \
		$(wildcard tests/tlb/*.h tests/tlb/riscv/*.h)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(UNIT_CC) $(TLB_CFLAGS) -o $@ $(wildcard tests/tlb/*.c) $(TLB_OBJECTS) -lcmocka

# Runs test_tlb against sources with deliberate faults. This takes half an hour.
.PHONY: tlb-mutants
tlb-mutants:
	@scripts/mutants.sh tlb

.PHONY: unit unit-build
unit-build: $(UNIT_TESTS) $(UNIT_NACL)

# Runs all tests, and then fails if one of them failed.
unit: unit-build
	@status=0; for test in $(UNIT_TESTS) $(UNIT_NACL); do ./$$test || status=1; done; \
		exit $$status


# Fails below 95 % of the lines or 90 % of the branches of src/hext and src/nacl.
.PHONY: coverage
coverage: build/.packages
	@scripts/coverage.sh
