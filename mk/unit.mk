# SPDX-License-Identifier: BSD-2-Clause
# Unit tests on the build machine: each tests/unit/test_X.c is a cmocka program of its own, linked
# with all the code that is plain C, under AddressSanitizer and UndefinedBehaviorSanitizer.

UNIT_CC ?= gcc
UNIT_CFLAGS := -std=gnu11 -Wall -Wextra -Werror -g -O1 -fsanitize=address,undefined \
	-fno-sanitize-recover=all -Isrc -Ibuild/ext/libfdt

UNIT_TESTS := $(patsubst tests/unit/%.c,build/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_HEADERS = $(wildcard src/*/*.h tests/unit/*.h)
UNIT_HEXT := $(wildcard src/hext/*.c)
# Of src/hv what is plain C, and libfdt.
UNIT_HV := $(addprefix src/hv/,devtree.c guest_fdt.c home.c image.c machine.c machine_devices.c \
	machine_isa.c modules.c options.c stage2.c) $(wildcard src/lib/*.c)
UNIT_LIBFDT = $(filter-out %/fdt_overlay.c,$(wildcard build/ext/libfdt/fdt*.c))
# The NACL library is tested in its three layouts.
UNIT_NACL := build/unit/test_nacl_host_rv32 build/unit/test_nacl_host_be

# Sources that a test needs besides itself.
build/unit/test_hext_%: UNIT_SOURCES = $(UNIT_HEXT)
build/unit/test_hv_%: UNIT_SOURCES = $(UNIT_HV) $(UNIT_LIBFDT)
build/unit/test_nacl_%: UNIT_SOURCES = src/nacl/host.c
build/unit/test_nacl_host_rv32: UNIT_FLAGS = -DNACL_XLEN=32
build/unit/test_nacl_host_be: UNIT_FLAGS = -DNACL_SIMULATE_BIG_ENDIAN

build/unit/test_nacl_host_rv32 build/unit/test_nacl_host_be: tests/unit/test_nacl_host.c \
		src/nacl/host.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_FLAGS) -o $@ $(filter %.c,$^) -lcmocka

build/unit/%: tests/unit/%.c $(UNIT_HEXT) $(wildcard src/nacl/*.c src/hv/*.c) $(UNIT_HEADERS)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_FLAGS) -o $@ $< $(UNIT_SOURCES) -lcmocka

.PHONY: unit unit-build
unit-build: $(UNIT_TESTS) $(UNIT_NACL)

# All of them run, then it fails if one did.
unit: unit-build
	@status=0; for test in $(UNIT_TESTS) $(UNIT_NACL); do ./$$test || status=1; done; exit $$status
