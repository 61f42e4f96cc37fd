# SPDX-License-Identifier: BSD-2-Clause
# Programs for L1 and L2 in the tests stress and isa: make builds build/stress/NAME, for Linux on
# riscv64, from tests/linux/programs/NAME.c.

STRESS_CC ?= riscv64-linux-gnu-gcc
STRESS_FLAGS := -std=gnu11 -O2 -g $(C_WARNINGS) -D_GNU_SOURCE -static
STRESS_PROGRAMS := $(patsubst tests/linux/programs/%.c,build/stress/%,\
	$(wildcard tests/linux/programs/*.c))

STRESS_FDT := $(addprefix build/ext/libfdt/,fdt.c fdt_ro.c fdt_rw.c fdt_wip.c fdt_strerror.c)

.PHONY: stress-programs
stress-programs: $(STRESS_PROGRAMS)

build/stress/.packages: scripts/install-packages.sh
	@mkdir -p $(@D)
	@scripts/install-packages.sh build selftests
	@touch $@

build/stress/kexec: STRESS_FLAGS += -isystem build/ext/libfdt
build/stress/kexec: STRESS_OTHERS = $(STRESS_FDT)
build/stress/kexec: build/ext/libfdt/libfdt.h

build/stress/%: tests/linux/programs/%.c mk/stress.mk | build/stress/.packages
	@echo "  CC      $@"
	@$(STRESS_CC) $(STRESS_FLAGS) -o $@ $< $(STRESS_OTHERS) -lpthread
