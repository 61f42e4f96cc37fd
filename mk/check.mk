# SPDX-License-Identifier: BSD-2-Clause
# make check    checks the sources (scripts/check.sh) and runs the quick unit tests; one or two
#               minutes on an idle machine
# make analyze  runs GCC's -fanalyzer on the command and the hypervisor: build/analyze/FILE.log

.PHONY: check check-lint analyze
check: check-lint unit-build
	@status=0; for test in $(filter-out $(UNIT_TLB),$(UNIT_TESTS)) $(UNIT_NACL); do \
		./$$test >build/check.log 2>&1 || { status=1; cat build/check.log; }; \
	done; exit $$status
	@TLB_SEEDS=1 TLB_STEPS=5000 $(UNIT_TLB) >build/check.log 2>&1 || \
		{ cat build/check.log; exit 1; }
	@scripts/mutants.sh --fit

check-lint: all guest-programs
	@$(MAKE) --no-print-directory format-check
	@scripts/check.sh width shell cppcheck analyzer

ANALYZED_RV := $(filter %.c,$(RV_SOURCES))
ANALYZE_LOGS := $(TOOL_SOURCES:%=build/analyze/%.log) $(ANALYZED_RV:%=build/analyze/%.log)

analyze: $(ANALYZE_LOGS)

build/analyze/tools/%.log: tools/% $(TOOL_HEADERS) mk/check.mk | build/.packages
	@mkdir -p $(@D)
	@$(HOST_CC) $(HOST_CFLAGS) $(TOOL_INCLUDES) -Wno-error -fanalyzer \
		-c -o /dev/null $< 2>$@ || \
		{ cat $@; exit 1; }

build/analyze/src/%.log: src/% $(wildcard src/*/*.h) mk/check.mk | libfdt
	@mkdir -p $(@D)
	@$(RV)gcc $(filter-out -MMD -MP,$(RV_CPPFLAGS)) $(RV_CFLAGS) -Wno-error -fanalyzer \
		-c -o /dev/null $< 2>$@ || { cat $@; exit 1; }
