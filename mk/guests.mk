# SPDX-License-Identifier: BSD-2-Clause
# Bare-metal guests: guests/NAME/*.[cS] and guests/lib make build/guests/NAME.elf.

# Those that also run on the bare machine, and those that need Halite.
GUEST_NAMES := basics
GUEST_PROGRAMS := $(GUEST_NAMES) hostile
GUEST_CFLAGS = -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -std=gnu11 -O2 -g -ffreestanding \
	-Wall -Wextra -Werror -Iguests/lib -isystem $(PICOLIBC)/include
GUEST_COMMON := guests/lib/start.S guests/lib/guest.c

.PHONY: guest-programs
guest-programs: $(GUEST_PROGRAMS:%=build/guests/%.elf)

$(foreach name,$(GUEST_PROGRAMS),$(eval build/guests/$(name).elf: $(wildcard guests/$(name)/*.[chS])))

build/guests/%.elf: guests/%/main.c $(GUEST_COMMON) guests/lib/guest.h guests/guest.lds
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@riscv64-unknown-elf-gcc $(GUEST_CFLAGS) -nostdlib -nostartfiles -T guests/guest.lds \
		-Wl,--defsym=vfprintf=__i_vfprintf -Wl,--build-id=none,--no-warn-rwx-segments -o $@ \
		$(filter guests/$*/%.c guests/$*/%.S,$^) $(GUEST_COMMON) \
		-L$(PICOLIBC)/lib/release/rv64imac/lp64 -lc -lgcc
