# SPDX-License-Identifier: BSD-2-Clause
# Builds the hypervisor: build/halite.elf and the flat build/halite.bin. It also works alone:
#   make -f mk/hypervisor.mk [CC_RV=clang] [BUILD_RV=DIR]

ifeq ($(firstword $(MAKEFILE_LIST)), mk/hypervisor.mk)
.DEFAULT_GOAL := hypervisor
endif

include mk/version.mk
include mk/warnings.mk

RV ?= riscv64-unknown-elf-
CC_RV ?= $(RV)gcc
LD_RV ?= $(RV)ld
# Each compiler has its folder of objects. halite.elf and halite.bin are the last compiler's.
BUILD_RV ?= build
RV_OBJ := $(BUILD_RV)/obj/$(notdir $(CC_RV))

RV_LINK_ADDRESS := 0x80200000
RV_ARCH := rv64imac_zicsr_zifencei
RV_PICOLIBC := /usr/lib/picolibc/riscv64-unknown-elf
RV_LIBFDT := build/ext/libfdt

RV_VERSION_WORDS := $(subst ., ,$(HALITE_VERSION))
RV_VERSION_NUMBER := (($(word 1,$(RV_VERSION_WORDS))<<16)|\
($(word 2,$(RV_VERSION_WORDS))<<8)|$(word 3,$(RV_VERSION_WORDS)))

ifneq ($(findstring clang,$(CC_RV)),)
# clang 14 has the CSR instructions and FENCE.I in the base, and no names for their extensions.
RV_TARGET := --target=riscv64-unknown-elf -march=rv64imac
else
RV_TARGET := -march=$(RV_ARCH)
endif

RV_CPPFLAGS := -Isrc -isystem $(RV_LIBFDT) -isystem $(RV_PICOLIBC)/include -MMD -MP \
	-DHALITE_VERSION='"$(HALITE_VERSION)"' -DHALITE_VERSION_NUMBER='$(RV_VERSION_NUMBER)' \
	-DHALITE_LINK_ADDRESS=$(RV_LINK_ADDRESS) -DNACL_CLIENT_HOOKS='"riscv/nacl_hooks.h"' \
	$(RV_CPPFLAGS_MORE)
RV_CFLAGS := $(RV_TARGET) -mabi=lp64 -mcmodel=medany -ffreestanding -fpie \
	-include src/riscv/hidden.h -fno-common -fno-stack-protector \
	-fno-asynchronous-unwind-tables \
	-std=gnu11 -O2 -g $(C_WARNINGS)
# The build id also hashes the debug information, so that must have no path of this machine.
RV_CFLAGS += -fdebug-prefix-map=$(CURDIR)=.
# picolibc's vfprintf for integers only: Halite does not use %f.
RV_LDFLAGS := -m elf64lriscv --build-id=sha1 \
	--no-warn-rwx-segments --gc-sections -z max-page-size=4096 \
	--defsym=HALITE_LINK_ADDRESS=$(RV_LINK_ADDRESS) --defsym=vfprintf=__i_vfprintf
# gcc finds the libgcc of -mabi=lp64 by the name of the architecture without Zicsr and Zifencei.
RV_LIBS = $(RV_PICOLIBC)/lib/release/rv64imac/lp64/libc.a \
	$(shell $(RV)gcc -march=rv64imac -mabi=lp64 -print-libgcc-file-name)

# offsets.c is not linked: it gives entry.S the offsets of C structures.
RV_SOURCES ?= $(filter-out src/riscv/offsets.c,$(wildcard src/boot/*.c src/hv/*.c src/hext/*.c \
	src/nacl/*.c src/riscv/*.c src/riscv/*.S src/lib/*.c))
RV_LIBFDT_NAMES := fdt fdt_ro fdt_wip fdt_rw fdt_check fdt_addresses fdt_strerror
RV_LIBFDT_OBJECTS := $(RV_LIBFDT_NAMES:%=$(RV_OBJ)/libfdt/%.o)
RV_OBJECTS = $(patsubst src/%,$(RV_OBJ)/%.o,$(RV_SOURCES)) $(RV_LIBFDT_OBJECTS)

.PHONY: hypervisor
hypervisor: $(BUILD_RV)/halite.elf $(BUILD_RV)/halite.bin

# The root Makefile has a rule that fetches libfdt; this is the rule without the root Makefile.
ifeq ($(firstword $(MAKEFILE_LIST)), mk/hypervisor.mk)
$(RV_LIBFDT)/libfdt.h:
	scripts/fetch-libfdt.sh
endif

# quick.c and its copies, and stats_exit.c, use few registers (src/hv/quick.h says why): not tp, not
# t0 to t6. Passes of the compiler that would make values live longer are off.
RV_FEW_REGISTERS := hv/quick hv/quick_area hv/quick_lcofi hv/stats_exit
$(RV_FEW_REGISTERS:%=$(RV_OBJ)/%.c.o): RV_CFLAGS += \
	$(addprefix -ffixed-x,4 5 6 7 28 29 30 31) -fno-optimize-sibling-calls \
	$(if $(findstring clang,$(CC_RV)),,\
		-fno-schedule-insns -fno-schedule-insns2 -fno-tree-reassoc -fno-code-hoisting)

# What runs at boot only, or seldom, is to be small rather than fast. What each hart does at its
# boot is fast: bench/targets.json limits it.
RV_SELDOM := boot/config boot/config_words boot/efi_call boot/efi_config boot/efi_facts \
	boot/efi_main hv/aplic hv/aplic_sources hv/console hv/devtree_fill hv/domain \
	hv/domain_config hv/domain_console hv/domain_copy \
	hv/domain_devices hv/domain_end hv/domain_functions hv/domain_load hv/domain_sources \
	hv/domain_words hv/doorbell hv/guest_fdt hv/home hv/host hv/identity hv/image hv/iommu \
	hv/iommu_access hv/iommu_boot hv/iommu_directory hv/iommu_domain hv/iommu_faults \
	hv/iommu_tree hv/machine hv/machine_aia hv/machine_console hv/machine_devices \
	hv/machine_isa hv/machine_wires hv/main hv/modules hv/options hv/own_trap hv/pack \
	hv/pack_domains hv/pci hv/pci_config hv/pci_function hv/sbi_dbcn hv/sbi_fwft \
	hv/sbi_halite hv/sbi_legacy hv/sbi_srst hv/sbi_susp hv/shared hv/shared_boot hv/source \
	hv/stats hv/terminal hv/uart hv/viommu hv/viommu_context hv/viommu_queue hv/vmid \
	hv/withheld riscv/static_key
# With -msave-restore, functions of libgcc save and restore registers.
RV_SMALL := -Os $(if $(findstring clang,$(CC_RV)),,-msave-restore)
$(RV_SELDOM:%=$(RV_OBJ)/%.c.o): RV_CFLAGS += $(RV_SMALL)

$(RV_OBJ)/%.c.o: src/%.c mk/hypervisor.mk mk/version.mk | $(RV_LIBFDT)/libfdt.h
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC_RV) $(RV_CPPFLAGS) $(RV_CFLAGS) -c -o $@ $<

$(RV_OBJ)/%.S.o: src/%.S mk/hypervisor.mk
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC_RV) $(RV_CPPFLAGS) -I$(RV_OBJ) $(RV_CFLAGS) -c -o $@ $<

# Makes the offsets of C structures for assembly.
$(RV_OBJ)/riscv/entry.S.o: $(RV_OBJ)/offsets.h
$(RV_OBJ)/offsets.h: $(RV_OBJ)/offsets.s
	@sed -n 's/.*"\(#define [^"]*\)".*/\1/p' $< >$@
$(RV_OBJ)/offsets.s: src/riscv/offsets.c mk/hypervisor.mk | $(RV_LIBFDT)/libfdt.h
	@mkdir -p $(@D)
	@$(CC_RV) $(RV_CPPFLAGS) $(RV_CFLAGS) -S -o $@ $<

# machine_check_fdt() checks the version of a tree once, so libfdt need not (ASSUME_LATEST, 4).
# libfdt checks everything else at each access. fdt.c has the loop over the characters of a name,
# hence -O3.
# --gc-sections leaves out the functions that Halite does not call. Each domain's tree is made once,
# so what changes it is to be small.
RV_LIBFDT_FLAGS := -DFDT_ASSUME_MASK=4 -ffunction-sections
$(RV_OBJ)/libfdt/fdt_rw.o $(RV_OBJ)/libfdt/fdt_wip.o $(RV_OBJ)/libfdt/fdt_check.o \
	$(RV_OBJ)/libfdt/fdt_addresses.o: RV_LIBFDT_FLAGS += \
	$(RV_SMALL)
$(RV_OBJ)/libfdt/fdt.o: RV_LIBFDT_FLAGS += -O3

# libfdt is compiled without warnings: its code is not Halite's.
$(RV_LIBFDT_OBJECTS): $(RV_OBJ)/libfdt/%.o: mk/hypervisor.mk | $(RV_LIBFDT)/libfdt.h
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC_RV) $(RV_CPPFLAGS) $(RV_CFLAGS) $(RV_LIBFDT_FLAGS) -w -c -o $@ $(RV_LIBFDT)/$*.c

$(BUILD_RV)/halite.elf: $(RV_OBJECTS) src/riscv/halite.lds mk/hypervisor.mk
	@echo "  LD      $@"
	@$(LD_RV) $(RV_LDFLAGS) $(RV_LDFLAGS_MORE) -T src/riscv/halite.lds -o $@ $(filter %.o,$^) \
		$(RV_LIBS)

$(BUILD_RV)/halite.bin: $(BUILD_RV)/halite.elf
	@$(RV)objcopy -O binary $< $@

-include $(RV_OBJECTS:.o=.d) $(RV_OBJ)/offsets.d

# ---- for tests ----

# Compiles the accessors of src/riscv/ncsr.h to one function each, in $(OUT).
.PHONY: accessors
accessors: tests/code/accessors.c | $(RV_LIBFDT)/libfdt.h
	@$(CC_RV) $(RV_CPPFLAGS) -MF /dev/null $(RV_CFLAGS) -c -o $(OUT) $<

# Links the objects of halite.elf for $(ADDRESS); $(OUT) is the flat image.
.PHONY: link-at
link-at: $(RV_OBJECTS)
	@$(LD_RV) $(RV_LDFLAGS) --build-id=none --defsym=HALITE_LINK_ADDRESS=$(ADDRESS) \
		-T src/riscv/halite.lds -o $(OUT).elf $(filter %.o,$^) $(RV_LIBS)
	@$(RV)objcopy -O binary $(OUT).elf $(OUT)

# Builds a Halite whose SBI NACL breaks the specification on purpose.
RV_LIAR := tests/liar/sbi_nacl.c tests/liar/emulate.c tests/liar/sbi_hsm.c
RV_LIAR_SOURCES = $(filter-out $(RV_LIAR:tests/liar/%=src/hv/%),$(RV_SOURCES)) \
	$(RV_LIAR:%=src/../%)
RV_LIAR_WRAPPED := hext_take_trap bringup_vcpu_of_stack host_build
.PHONY: liar
liar:
	@$(MAKE) --no-print-directory -f mk/hypervisor.mk BUILD_RV=build/liar \
		RV_LDFLAGS_MORE='$(addprefix --wrap=,$(RV_LIAR_WRAPPED))' \
		RV_SOURCES='$(RV_LIAR_SOURCES)'

# Builds a Halite whose harts wait at places marked with RACE_POINT() (src/lib/race.h).
RV_JITTER := tests/jitter/sbi_halite.c
RV_JITTER_SOURCES = $(filter-out $(RV_JITTER:tests/jitter/%=src/hv/%),$(RV_SOURCES)) \
	$(RV_JITTER:%=src/../%) src/../tests/jitter/delay.c
.PHONY: jitter
jitter:
	@$(MAKE) --no-print-directory -f mk/hypervisor.mk BUILD_RV=build/jitter \
		RV_CPPFLAGS_MORE=-DHALITE_JITTER RV_SOURCES='$(RV_JITTER_SOURCES)'
