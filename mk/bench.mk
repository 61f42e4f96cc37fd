# SPDX-License-Identifier: BSD-2-Clause
# make bench            runs the benchmarks and prints the table;
#                       makes build/bench/results.json and build/bench/chart.svg
# make bench QUICK=1    does fewer runs and one pass, without the second Halite
# make bench-one        runs some benchmarks: NAME=sbi-kernel,touch-1000 CONFIG=nacl
# make bench-bare       runs bench/bare, the benchmarks without Linux: CONFIG=nacl; NAME=... runs
#                       some of them
# make bench-profile    counts one benchmark's instructions by function: NAME=sbi-kernel
#                       CONFIG=nacl; SYMBOLS=1 counts L1's functions too
# All take KERNEL=client|6.12, MACHINE=plic|aplic|aia (default: plic) and QEMU=PATH (QEMU 10 or
# later). docs/benchmarks.md explains the figures.

BENCH_CC ?= gcc
BENCH_LINUX_CC ?= riscv64-linux-gnu-gcc
BENCH_FLAGS := -std=gnu11 -O2 -g $(C_WARNINGS) -D_GNU_SOURCE
BENCH_PROGRAMS := build/bench/count.so build/bench/bench build/bench/bare.elf \
	build/bench/boot.elf

build/bench/.packages: scripts/install-packages.sh
	@mkdir -p $(@D)
	@scripts/install-packages.sh build run bench
	@touch $@

# The plugin for QEMU, which counts.
build/bench/count.so: $(wildcard bench/plugin/*.[ch]) bench/marker.h src/hv/stats_format.h \
		mk/bench.mk | build/bench/.packages
	@echo "  CC      $@"
	@$(BENCH_CC) $(BENCH_FLAGS) -fPIC -shared -fvisibility=hidden -o $@ $(filter %.c,$^)

# The program for L1's user space, which contains its guest.
build/bench/bench: $(wildcard bench/l1/*.[chS]) $(wildcard bench/*.h) mk/bench.mk \
		| build/bench/.packages
	@echo "  CC      $@"
	@$(BENCH_LINUX_CC) $(BENCH_FLAGS) -static -o $@ $(filter %.c %.S,$^) -lpthread

# The bare-metal guests.
build/bench/bare.elf: $(wildcard bench/bare/*.[chS])
build/bench/boot.elf: $(wildcard bench/boot/*.[chS])
build/bench/bare.elf build/bench/boot.elf: $(wildcard bench/*.h) $(GUEST_COMMON) \
		guests/lib/guest.h guests/guest.lds mk/bench.mk | build/bench/.packages
	@echo "  CC      $@"
	@riscv64-unknown-elf-gcc $(GUEST_CFLAGS) -nostdlib -nostartfiles -T guests/guest.lds \
		-Wl,--defsym=vfprintf=__i_vfprintf \
		-Wl,--build-id=none,--no-warn-rwx-segments -o $@ \
		$(filter %.c %.S,$^) -L$(PICOLIBC)/lib/release/rv64imac/lp64 -lc -lgcc

.PHONY: bench bench-programs bench-one bench-bare bench-profile
bench-programs: all $(BENCH_PROGRAMS)

bench: all guest-programs $(BENCH_PROGRAMS)
	@scripts/make-initramfs.sh $(KERNEL)
	@KERNEL=$(KERNEL) QEMU=$(QEMU) MACHINE=$(MACHINE) scripts/bench.sh $(if $(QUICK),quick,full)

bench-one: all $(BENCH_PROGRAMS)
	@scripts/make-initramfs.sh $(KERNEL)
	@KERNEL=$(KERNEL) QEMU=$(QEMU) MACHINE=$(MACHINE) scripts/bench.sh one \
		$(or $(NAME),sbi-kernel) $(or $(CONFIG),nacl)

bench-bare: all $(BENCH_PROGRAMS)
	@QEMU=$(QEMU) MACHINE=$(MACHINE) scripts/bench.sh bare $(or $(CONFIG),nacl) $(NAME)

bench-profile: all $(BENCH_PROGRAMS)
	@scripts/make-initramfs.sh $(KERNEL)
	@KERNEL=$(KERNEL) QEMU=$(QEMU) MACHINE=$(MACHINE) SYMBOLS=$(SYMBOLS) \
		scripts/bench.sh profile $(or $(NAME),sbi-kernel) $(or $(CONFIG),nacl)
