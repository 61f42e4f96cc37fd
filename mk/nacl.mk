# SPDX-License-Identifier: BSD-2-Clause
# The NACL library by itself: a check that it depends on nothing, its tests in every layout, its
# fuzzers and the examples. The top Makefile includes this file, which also works alone:
#   make -f mk/nacl.mk nacl-check [NACL_CC=clang]           all but the two below
#   make -f mk/nacl.mk nacl-fuzz [NACL_FUZZ_SECONDS=60]     each half's fuzzer for that long
#   make -f mk/nacl.mk nacl-mutants                         the tests against a broken library

ifeq ($(MAKEFILE_LIST), mk/nacl.mk)
.DEFAULT_GOAL := nacl-check
.DELETE_ON_ERROR:
endif

include mk/warnings.mk

NACL_CC ?= gcc
NACL_RV ?= riscv64-unknown-elf-
NACL_FUZZ_SECONDS ?= 60
NACL_OUT := build/nacl/$(notdir $(NACL_CC))

# src is the only folder in which the compiler looks for the library's headers.
NACL_WARN := -std=gnu11 $(C_WARNINGS) -Isrc
NACL_LIB_FLAGS := $(NACL_WARN) -ffreestanding -O2
NACL_TEST_FLAGS := $(NACL_WARN) -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
NACL_HOOKS := -Iexamples/nacl-client -DNACL_CLIENT_HOOKS='"hooks.h"'
NACL_RV64 := $(NACL_RV)gcc -march=rv64imac_zicsr -mabi=lp64
NACL_RV32 := $(NACL_RV)gcc -march=rv32imac_zicsr -mabi=ilp32

NACL_HEADERS := src/nacl/abi.h src/nacl/client.h src/nacl/host.h
NACL_LIBRARY := src/nacl/client.c src/nacl/host.c $(NACL_HEADERS)

# The layouts of the shared memory that tests on the build machine simulate.
NACL_LAYOUTS := rv64 rv32 be rv32be
NACL_LAYOUT_rv64 :=
NACL_LAYOUT_rv32 := -DNACL_XLEN=32
NACL_LAYOUT_be := -DNACL_SIMULATE_BIG_ENDIAN
NACL_LAYOUT_rv32be := -DNACL_XLEN=32 -DNACL_SIMULATE_BIG_ENDIAN

NACL_TESTS := $(foreach layout,$(NACL_LAYOUTS),$(foreach test,client both cases host,\
	$(NACL_OUT)/test_nacl_$(test)_$(layout)))
NACL_FUZZERS := $(foreach layout,$(NACL_LAYOUTS),$(foreach half,client host,\
	$(NACL_OUT)/fuzz_nacl_$(half)_$(layout)))
NACL_EXAMPLES := $(foreach layout,rv64 rv32 be,$(NACL_OUT)/example_host_$(layout)) \
	$(foreach layout,rv64 be,$(NACL_OUT)/example_client_$(layout))

define NACL_LAYOUT_RULES
$(NACL_OUT)/test_nacl_%_$(1): tests/unit/test_nacl_%.c tests/unit/nacl_csrs.h $(NACL_LIBRARY)
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	@$(NACL_CC) $(NACL_TEST_FLAGS) $(NACL_LAYOUT_$(1)) -o $$@ $$< src/nacl/host.c \
		-lcmocka -lpthread

$(NACL_OUT)/fuzz_nacl_%_$(1): tests/fuzz/fuzz_nacl_%.c tests/fuzz/fuzz_nacl.h \
		tests/fuzz/fuzz_main.h src/nacl/%.c tests/unit/nacl_csrs.h $(NACL_HEADERS)
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	@$(NACL_CC) $(NACL_TEST_FLAGS) $(NACL_LAYOUT_$(1)) -o $$@ $$< src/nacl/$$*.c

$(NACL_OUT)/example_host_$(1): examples/nacl-host/main.c $(NACL_LIBRARY)
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	@$(NACL_CC) $(NACL_TEST_FLAGS) $(NACL_LAYOUT_$(1)) -o $$@ $$< src/nacl/host.c

$(NACL_OUT)/example_client_$(1): $(wildcard examples/nacl-client/*.[ch]) $(NACL_LIBRARY)
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	@$(NACL_CC) $(NACL_TEST_FLAGS) $(NACL_HOOKS) $(NACL_LAYOUT_$(1)) -o $$@ $$(filter %.c,$$^)
endef
$(foreach layout,$(NACL_LAYOUTS),$(eval $(call NACL_LAYOUT_RULES,$(layout))))

# This test publishes the entries of the fence queue in the wrong order, and must fail.
$(NACL_OUT)/test_nacl_client_reversed: tests/unit/test_nacl_client.c $(NACL_LIBRARY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(NACL_CC) $(NACL_TEST_FLAGS) -DREVERSE_PUBLICATION -o $@ $< -lcmocka -lpthread

.PHONY: nacl-check nacl-alone nacl-headers nacl-wrong-csr nacl-tests nacl-examples nacl-fuzz \
	nacl-libfuzzer nacl-mutants
nacl-check: nacl-alone nacl-headers nacl-wrong-csr nacl-tests nacl-examples

# Checks that the library calls only the hooks, on RV64, RV32 and the build machine.
nacl-alone:
	@mkdir -p $(NACL_OUT)
	@for compiler in "$(NACL_RV64)" "$(NACL_RV32)" "$(NACL_CC)"; do \
		for half in client host; do \
			$$compiler $(NACL_LIB_FLAGS) -c -o $(NACL_OUT)/alone.o \
				src/nacl/$$half.c || exit 1; \
			if nm -u $(NACL_OUT)/alone.o | grep -v ' nacl_hook_'; then \
				echo "$$half.c: needs more than the hooks"; exit 1; \
			fi; \
		done; \
	done
	@echo "ok: alone, for RV64, RV32 and the build machine"

# Checks that each header compiles alone, and includes only the others and three of the compiler's.
nacl-headers:
	@for header in $(NACL_HEADERS:src/%=%); do \
		printf '#include "%s"\n' $$header | \
			$(NACL_CC) $(NACL_LIB_FLAGS) -fsyntax-only -x c - || exit 1; done
	@if grep -hE '^#include' $(NACL_LIBRARY) | \
		grep -vE '"nacl/(abi|client|host)\.h"|<std(int|def|bool)\.h>|NACL_CLIENT_HOOKS' \
		; then \
		echo "src/nacl: includes something from elsewhere"; exit 1; fi
	@echo "ok: headers stand alone"

# Checks that three mistakes do not compile: a CSR that is not one of the H extension's, a write of
# a read-only CSR, and a number that is not a constant.
NACL_WRONG := read(p,0x100) read(p,0x1200) read(p,0x340) read(p,n) write(p,0x300,n) \
	write(p,0xe12,n) swap(p,0xeb0,n) set(p,0xfff,n) clear(p,0x744,n) read64(p,0x60a,0x71a)
NACL_RIGHT := read(p,0x600) read(p,0xe12) write(p,0x2ff,n) swap(p,0x600,n) set(p,0xa00,n) \
	clear(p,0x645,n) read64(p,0x60a,0x61a)
NACL_WRONG_ARGUMENTS := volatile nacl_word *p, nacl_word n
nacl-wrong-csr:
	@compiles() { printf '%s\n' '#include "nacl/client.h"' 'void f($(NACL_WRONG_ARGUMENTS));' \
		"void f($(NACL_WRONG_ARGUMENTS)) { (void)p; (void)n; (void)nacl_csr_$$1; }" | \
		$(NACL_CC) $(NACL_LIB_FLAGS) -fsyntax-only -x c -; }; \
	for right in $(foreach right,$(NACL_RIGHT),'$(right)'); do \
		compiles "$$right" || exit 1; done; \
	for wrong in $(foreach wrong,$(NACL_WRONG),'$(wrong)'); do \
		if compiles "$$wrong" 2>/dev/null; then \
			echo "nacl_csr_$$wrong compiles"; exit 1; fi; done
	@echo "ok: wrong CSR numbers do not compile"

nacl-tests: $(NACL_TESTS) $(NACL_OUT)/test_nacl_client_reversed $(NACL_FUZZERS)
	@for test in $(NACL_TESTS); do \
		if ! ./$$test >$$test.log 2>&1; then \
			cat $$test.log; echo "not ok: $$(basename $$test)"; exit 1; fi; \
		echo "ok: $$(basename $$test), $$(grep -c '       OK' $$test.log) tests"; done
	@grep -h ' states, ' $(NACL_OUT)/test_nacl_client_rv64.log
	@if ./$(NACL_OUT)/test_nacl_client_reversed >$(NACL_OUT)/reversed.log 2>&1; then \
		echo "not ok: a reversed publication passes"; exit 1; fi
	@grep -h ' states, ' $(NACL_OUT)/reversed.log
	@echo "ok: a reversed publication is found"
	@for fuzzer in $(NACL_FUZZERS); do ./$$fuzzer --runs 5000 || exit 1; done

# Runs the examples. On RISC-V, the client's example defines all hooks of the client, and its
# release store is one instruction.
nacl-examples: $(NACL_EXAMPLES)
	@for example in $(NACL_EXAMPLES); do \
		if ! ./$$example >$$example.log; then \
			cat $$example.log; echo "not ok: $$(basename $$example)"; exit 1; fi; \
		echo "ok: $$(basename $$example)"; done
	@for compiler in "$(NACL_RV64)" "$(NACL_RV32)"; do \
		for source in src/nacl/client.c examples/nacl-client/hypervisor.c; do \
		$$compiler $(NACL_LIB_FLAGS) $(NACL_HOOKS) -c -o $(NACL_OUT)/example.o $$source || \
			exit 1; \
		if nm -u $(NACL_OUT)/example.o | grep -vE ' (nacl_client|world_switch)_'; then \
			echo "$$source: needs more than its hooks"; exit 1; fi; \
	done; done
	@echo "ok: the client's example for RV64 and RV32"

# Runs one fuzzer after the other, with inputs of the generator in tests/fuzz/fuzz_main.h.
nacl-fuzz: $(NACL_OUT)/fuzz_nacl_client_rv64 $(NACL_OUT)/fuzz_nacl_host_rv64
	@for fuzzer in $^; do ./$$fuzzer --seconds $(NACL_FUZZ_SECONDS) || exit 1; done

# Runs the fuzzers with libFuzzer (clang), which looks for inputs that reach new code.
$(NACL_OUT)/libfuzzer_nacl_%: tests/fuzz/fuzz_nacl_%.c src/nacl/%.c tests/unit/nacl_csrs.h \
		$(NACL_HEADERS)
	@mkdir -p $(@D)
	@clang $(NACL_WARN) -g -O1 -DLIBFUZZER -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $< $(word 2,$^)

nacl-libfuzzer: $(NACL_OUT)/libfuzzer_nacl_client $(NACL_OUT)/libfuzzer_nacl_host
	@for fuzzer in $^; do \
		./$$fuzzer -max_total_time=$(NACL_FUZZ_SECONDS) -max_len=4096 \
			-artifact_prefix=$(NACL_OUT)/ || exit 1; done

# The tests and the fuzzer against a client that is broken on purpose.
nacl-mutants:
	@scripts/mutants.sh client
