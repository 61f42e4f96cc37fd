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
UNIT_HEXT := $(wildcard src/hext/*.c)
# The sources of src/hv that are plain C and need no hart.
UNIT_HV := $(addprefix src/hv/,devtree.c devtree_fill.c guest_fdt.c home.c image.c machine.c) \
	$(addprefix src/hv/,machine_devices.c machine_isa.c machine_aia.c machine_wires.c) \
	$(addprefix src/hv/,machine_console.c) \
	$(addprefix src/hv/,modules.c options.c pack.c pack_domains.c identity.c vmid.c) \
	src/hv/withheld.c \
	$(addprefix src/hv/,domain_config.c domain_devices.c domain_functions.c) \
	$(addprefix src/hv/,domain_words.c shared.c iommu_tree.c pci.c pci_config.c) \
	src/hv/pci_function.c \
	tests/unit/no_devices.c $(wildcard src/lib/*.c)
UNIT_LIBFDT = $(filter-out %/fdt_overlay.c,$(wildcard build/ext/libfdt/fdt*.c))

# UNIT_SOURCES_TEST: the sources that test_TEST is linked with, if they are not those of its group.
UNIT_SOURCES_hv_aplic := src/hv/aplic.c src/hv/aplic_sources.c src/hv/source.c \
	src/hv/domain_sources.c
UNIT_SOURCES_hv_plic := src/hv/plic.c src/hv/source.c src/hv/domain_sources.c
UNIT_SOURCES_hv_iommu = $(addprefix src/hv/,iommu.c iommu_access.c iommu_directory.c \
	iommu_faults.c) $(UNIT_HV) $(UNIT_LIBFDT)
UNIT_SOURCES_hv_viommu = $(addprefix src/hv/,iommu.c iommu_access.c iommu_directory.c \
	iommu_faults.c viommu.c viommu_context.c viommu_queue.c) src/lib/pages.c
UNIT_SOURCES_hv_uart := src/hv/uart.c
UNIT_SOURCES_hv_source := src/hv/plic.c src/hv/aplic.c src/hv/aplic_sources.c src/hv/source.c \
	src/hv/domain_sources.c
UNIT_SOURCES_hv_doorbell := src/hv/doorbell.c src/hv/source.c tests/unit/no_devices.c
UNIT_SOURCES_hv_ipi := src/hv/ipi.c src/hv/vcpu_find.c
UNIT_SOURCES_hv_hsm := src/hv/sbi_hsm.c src/hv/ipi.c src/hv/vcpu_find.c
UNIT_SOURCES_hv_susp := src/hv/sbi_susp.c
UNIT_SOURCES_hv_end := src/hv/domain_end.c
UNIT_SOURCES_riscv_attempt := src/riscv/attempt.c
UNIT_SOURCES_tool_symbols := $(addprefix tools/halite/,dump.c message.c symbols.c)
UNIT_SOURCES_tool_counts := $(addprefix tools/halite/,counts.c events.c message.c sbi_names.c)
UNIT_SOURCES_tool_text := $(addprefix tools/halite/,counts.c dump.c message.c symbols.c text.c)
UNIT_LIBS_tool_text := -ljansson
UNIT_SOURCES_tool_consoles := $(addprefix tools/halite/,consoles.c frames.c message.c) \
	src/hv/uart.c
UNIT_GROUP_hext = $(UNIT_HEXT) tests/unit/race.c
UNIT_GROUP_hv = $(UNIT_HV) $(UNIT_LIBFDT)
UNIT_GROUP_boot = $(wildcard src/boot/*.c) $(UNIT_HV) $(UNIT_LIBFDT)

# Each source is compiled once for all tests. The tests of UNIT_ON_MODEL have objects of their own,
# since tests/tlb/riscv replaces the CSR instructions for these.
UNIT_OBJ := build/unit/obj
UNIT_OBJ_MODEL := build/unit/obj-model
UNIT_ON_MODEL := riscv_attempt hv_ipi hv_hsm hv_susp hv_iommu hv_viommu hv_end
UNIT_MODEL_FLAGS := $(UNIT_CFLAGS:-Isrc=-Itests/tlb -Isrc) \
	-DNACL_CLIENT_HOOKS='"riscv/nacl_hooks.h"'
UNIT_DEPENDS := -MMD -MP

$(UNIT_OBJ)/%.o: %.c mk/unit.mk mk/warnings.mk | build/ext/libfdt/libfdt.h
	@mkdir -p $(@D)
	@$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_DEPENDS) -c -o $@ $<
$(UNIT_OBJ)/src/hext/%.o $(UNIT_OBJ)/tests/unit/race.o: UNIT_CFLAGS += -DHALITE_JITTER
$(UNIT_OBJ)/tools/%.o $(UNIT_OBJ)/tests/unit/test_tool_%.o: UNIT_CFLAGS += \
	-Itools/halite -D_GNU_SOURCE

$(UNIT_OBJ_MODEL)/%.o: %.c mk/unit.mk mk/warnings.mk | build/ext/libfdt/libfdt.h
	@mkdir -p $(@D)
	@$(UNIT_CC) $(UNIT_MODEL_FLAGS) $(UNIT_DEPENDS) -c -o $@ $<

# unit_objects TEST, without "test_": the objects of the test.
unit_group = $(UNIT_GROUP_$(firstword $(subst _, ,$(1))))
unit_sources = tests/unit/test_$(1).c $(or $(UNIT_SOURCES_$(1)),$(unit_group))
unit_folder = $(if $(filter $(1),$(UNIT_ON_MODEL)),$(UNIT_OBJ_MODEL),$(UNIT_OBJ))
unit_objects = $(patsubst %.c,$(unit_folder)/%.o,$(unit_sources))

# The list of libfdt's files is known only when these are there.
.SECONDEXPANSION:
build/unit/test_%: $$(call unit_objects,$$*) | build/ext/libfdt/libfdt.h
	@echo "  CC      $@"
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $(filter %.o,$^) -lcmocka $(UNIT_LIBS_$*)

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
	$(addprefix src/hv/,aplic.c aplic_sources.c below.c bringup.c callbacks.c device.c) \
	$(addprefix src/hv/,domain.c domain_sources.c doorbell.c emulate.c) \
	$(addprefix src/hv/,exit.c fence.c identity.c intc.c ipi.c memory.c mmio.c nested.c) \
	$(addprefix src/hv/,pci_config.c pci_function.c plic.c quick.c quick_area.c swap.c) \
	$(addprefix src/hv/,sbi_hsm.c sbi_ipi.c sbi_nacl.c sbi_rfence.c stats.c) \
	$(addprefix src/hv/,vcpu.c vcpu_find.c source.c swap_area.c sbi.c terminal.c uart.c) \
	$(addprefix src/hv/,stats_exit.c vcpu_resume.c vmid.c)
TLB_OBJECTS := $(patsubst %.c,build/unit/tlb/%.o,$(TLB_SOURCES))
TLB_MODEL := $(patsubst %.c,build/unit/tlb/%.o,$(wildcard tests/tlb/*.c))

$(TLB_OBJECTS): TLB_CFLAGS += $(TLB_HOOKS)
build/unit/tlb/%.o: %.c mk/unit.mk mk/warnings.mk | build/ext/libfdt/libfdt.h
	@mkdir -p $(@D)
	@$(UNIT_CC) $(TLB_CFLAGS) $(UNIT_DEPENDS) -c -o $@ $<

$(UNIT_TLB): $(TLB_MODEL) $(TLB_OBJECTS)
	@echo "  CC      $@"
	@$(UNIT_CC) $(TLB_CFLAGS) -o $@ $^ -lcmocka

# All objects stay, those of which make knows by a pattern, too.
.SECONDARY:
-include $(shell find build/unit -name '*.d' 2>/dev/null)

# Runs test_tlb against sources with deliberate faults.
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
