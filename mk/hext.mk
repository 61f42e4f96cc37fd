# SPDX-License-Identifier: BSD-2-Clause
# The library of the virtual H extension by itself: a check that it depends on nothing else of
# Halite, and its example. The top Makefile includes this file, which also works alone:
#   make -f mk/hext.mk hext-check [HEXT_CC=clang]

ifeq ($(MAKEFILE_LIST), mk/hext.mk)
.DEFAULT_GOAL := hext-check
.DELETE_ON_ERROR:
endif

HEXT_CC ?= gcc
HEXT_RV ?= riscv64-unknown-elf-
HEXT_OUT := build/hext/$(notdir $(HEXT_CC))

# src is the only folder in which the compiler looks for the library's headers.
HEXT_WARN := -std=gnu11 -Wall -Wextra -Werror -Isrc
HEXT_LIB_FLAGS := $(HEXT_WARN) -ffreestanding -O2
HEXT_RV64 := $(HEXT_RV)gcc -march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany
HEXT_SOURCES := $(wildcard src/hext/*.c)
# The tables are lists of a macro that the includer defines.
HEXT_HEADERS := $(filter-out src/hext/%_table.h,$(wildcard src/hext/*.h))

.PHONY: hext-check hext-alone hext-headers hext-example
hext-check: hext-alone hext-headers hext-example

# All of it in one object calls assert_failed(), and the four functions that GCC and clang expect of
# every freestanding program.
hext-alone:
	@mkdir -p $(HEXT_OUT)
	@for compiler in "$(HEXT_RV64)" "$(HEXT_CC)"; do \
		$$compiler $(HEXT_LIB_FLAGS) -r -nostdlib -o $(HEXT_OUT)/alone.o \
			$(HEXT_SOURCES) || exit 1; \
		if nm -u $(HEXT_OUT)/alone.o | \
			grep -vE ' (assert_failed|mem(cpy|move|set|cmp))$$'; then \
			echo "src/hext: needs more than assert_failed()"; exit 1; fi; \
	done
	@echo "ok: alone, for RV64 and the build machine"

# Checks that each header compiles alone, and that the library includes files of three other places
# only.
hext-headers:
	@for header in $(HEXT_HEADERS:src/%=%); do \
		printf '#include "%s"\n' $$header | \
			$(HEXT_CC) $(HEXT_LIB_FLAGS) -fsyntax-only -x c - || exit 1; done
	@if grep -hE '^#include' src/hext/*.[ch] | \
		grep -vE '"(hext|lib)/[a-z_]+\.h"|"nacl/abi\.h"|<std(int|def|bool)\.h>'; then \
		echo "src/hext: includes something from elsewhere"; exit 1; fi
	@echo "ok: headers stand alone"

$(HEXT_OUT)/example: examples/hext/main.c $(wildcard src/hext/*.[ch] src/lib/*.h)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(HEXT_CC) $(HEXT_WARN) -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
		-o $@ $(filter %.c,$^)

hext-example: $(HEXT_OUT)/example
	@if ! $< >$<.log; then cat $<.log; echo "not ok: the example"; exit 1; fi
	@echo "ok: the example"
