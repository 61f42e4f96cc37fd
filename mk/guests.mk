# SPDX-License-Identifier: BSD-2-Clause
# Bare-metal guests: make builds build/guests/NAME.elf from guests/NAME/*.[cS] and guests/lib.

# GUEST_NAMES also run on any bare machine. The others need Halite or AIA.
GUEST_NAMES := basics legacy roundtrips
GUEST_PROGRAMS := $(GUEST_NAMES) sbi lines devices interrupts aia hostile cage conformance harts \
	ends
GUEST_CFLAGS = -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -std=gnu11 -O2 -g \
	-ffreestanding $(C_WARNINGS) -Iguests/lib -isystem $(PICOLIBC)/include
GUEST_COMMON := guests/lib/start.S guests/lib/guest.c

# GUESTS_WITH_NACL include src/nacl/abi.h, and libfdt to read the device tree. GUESTS_WITH_TREE
# include only libfdt, which is compiled without warnings: its code is not Halite's.
GUEST_LIBFDT := build/ext/libfdt
GUEST_LIBFDT_OBJECTS := $(addprefix build/obj/guests/libfdt/,fdt.o fdt_ro.o)
GUESTS_WITH_NACL := $(patsubst %,build/guests/%.elf,conformance cage harts)
$(GUESTS_WITH_NACL): GUEST_CFLAGS += -Isrc -isystem $(GUEST_LIBFDT)
# Two guests walk the tables of src/hext.
build/guests/hostile.elf: GUEST_CFLAGS += -Isrc
build/guests/hostile.elf build/guests/conformance.elf: $(wildcard src/hext/*.h)
GUESTS_WITH_TREE := $(patsubst %,build/guests/%.elf,aia basics devices ends interrupts legacy \
	roundtrips)
$(GUESTS_WITH_TREE): GUEST_CFLAGS += -isystem $(GUEST_LIBFDT)
$(GUESTS_WITH_NACL) $(GUESTS_WITH_TREE): $(GUEST_LIBFDT_OBJECTS)
build/guests/cage.elf build/guests/conformance.elf build/guests/harts.elf \
	$(filter-out %/aia.elf,$(GUESTS_WITH_TREE)): guests/lib/intc.c
$(GUEST_LIBFDT_OBJECTS): build/obj/guests/libfdt/%.o: mk/guests.mk | $(GUEST_LIBFDT)/libfdt.h
	@mkdir -p $(@D)
	@riscv64-unknown-elf-gcc $(GUEST_CFLAGS) -w -isystem $(GUEST_LIBFDT) -c -o $@ \
		$(GUEST_LIBFDT)/$*.c

.PHONY: guest-programs
guest-programs: $(GUEST_PROGRAMS:%=build/guests/%.elf)

$(foreach name,$(GUEST_PROGRAMS),\
	$(eval build/guests/$(name).elf: $(wildcard guests/$(name)/*.[chS])))

build/guests/%.elf: guests/%/main.c $(GUEST_COMMON) $(wildcard guests/lib/*.h guests/lib/*.inc) \
		guests/guest.lds
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@riscv64-unknown-elf-gcc $(GUEST_CFLAGS) -nostdlib -nostartfiles -T guests/guest.lds \
		-Wl,--defsym=vfprintf=__i_vfprintf \
		-Wl,--build-id=none,--no-warn-rwx-segments -o $@ \
		$(filter guests/$*/%.c guests/$*/%.S guests/lib/intc.c %.o,$^) $(GUEST_COMMON) \
		-L$(PICOLIBC)/lib/release/rv64imac/lp64 -lc -lgcc

# build/guests/NAME.image is the same guest as a Linux Image that runs at any address, for domains
# (docs/domains.md). The linker of the bare-metal toolchain cannot link such programs; Linux's can.
GUEST_IMAGES := domains neighbours conformance edu
GUEST_IMAGE_CFLAGS = $(GUEST_CFLAGS) -Isrc -mno-relax -fvisibility=hidden \
	-fno-asynchronous-unwind-tables -isystem $(GUEST_LIBFDT)
GUEST_IMAGE_LIBS = $(PICOLIBC)/lib/release/rv64imac/lp64/libc.a \
	$(shell riscv64-unknown-elf-gcc -march=rv64imac_zicsr_zifencei -mabi=lp64 \
		-print-libgcc-file-name)

guest-programs: $(GUEST_IMAGES:%=build/guests/%.image)

$(foreach name,$(GUEST_IMAGES),\
	$(eval build/guests/$(name).image: $(wildcard guests/$(name)/*.[chS])))

build/guests/%.image: guests/%/main.c $(GUEST_COMMON) guests/lib/intc.c guests/image.S \
		bench/marker.h \
		guests/image.lds $(wildcard guests/lib/*.h guests/lib/*.inc) \
		$(GUEST_LIBFDT_OBJECTS) mk/guests.mk
	@rm -rf build/obj/guests/$*.image && mkdir -p build/obj/guests/$*.image $(@D)
	@echo "  CC      $@"
	@for source in guests/image.S $(wildcard guests/$*/*.[cS]) $(GUEST_COMMON) \
		guests/lib/intc.c; do \
		pie=-fpie; [ $${source%.S} = $$source ] || pie=-fno-pie; \
		riscv64-unknown-elf-gcc $(GUEST_IMAGE_CFLAGS) $$pie -c $$source \
			-o build/obj/guests/$*.image/$$(basename $$source).o || exit 1; \
	done
	@riscv64-linux-gnu-ld -m elf64lriscv -pie --no-dynamic-linker -z notext --no-relax \
		--no-warn-rwx-segments --build-id=none --defsym=vfprintf=__i_vfprintf \
		-T guests/image.lds -o build/obj/guests/$*.image/elf \
		build/obj/guests/$*.image/*.o $(GUEST_LIBFDT_OBJECTS) $(GUEST_IMAGE_LIBS)
	@riscv64-unknown-elf-objcopy -O binary build/obj/guests/$*.image/elf $@
