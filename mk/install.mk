# SPDX-License-Identifier: BSD-2-Clause
# make install    installs below PREFIX (default: /usr/local). DESTDIR=DIR is put before all paths
# make deb        makes the Debian package build/halite_VERSION_ARCHITECTURE.deb of that; with
#                 DEB_ARCH=riscv64 for boards, on any machine
# make uninstall  removes what `make install` with the same variables has put there, but
#                 /etc/default/halite if it was changed
#
# An installed `halite` finds halite.bin in ../lib/halite, from its own folder. So all that is below
# PREFIX may be moved together.

PREFIX ?= /usr/local
DESTDIR ?=
# Debian runs the kernel hooks in /etc only. So without SYSCONFDIR, a PREFIX of a user's own gets no
# hooks, which would stay when the folder is removed.
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc)
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions

# ---- the libraries, for freestanding programs ----

LIB_OUT := build/lib
LIB_RV64 := rv64imac-lp64
LIB_RV32 := rv32imac-ilp32
# Hypervisors run at any address: hence medany. Warnings are those of `make`.
LIB_FLAGS := -std=gnu11 $(C_WARNINGS) -Isrc -ffreestanding -O2 -g -mcmodel=medany \
	-ffunction-sections -ffile-prefix-map=$(CURDIR)=.
LIB_CC_$(LIB_RV64) := $(RV)gcc -march=rv64imac_zicsr -mabi=lp64
LIB_CC_$(LIB_RV32) := $(RV)gcc -march=rv32imac_zicsr -mabi=ilp32
LIB_HEADERS := $(wildcard src/nacl/*.h src/hext/*.h) src/lib/assert.h src/lib/index_set.h \
	src/lib/page.h src/lib/spinlock.h
# src/hext is for RV64 only.
LIBRARIES := $(LIB_OUT)/$(LIB_RV64)/libhalite-nacl.a $(LIB_OUT)/$(LIB_RV64)/libhalite-hext.a \
	$(LIB_OUT)/$(LIB_RV32)/libhalite-nacl.a

# LIBRARY_RULES ABI FOLDER
define LIBRARY_RULES
$(LIB_OUT)/$(1)/$(2)/%.o: src/$(2)/%.c $(LIB_HEADERS) mk/install.mk | build/.packages
	@mkdir -p $$(@D)
	@$(LIB_CC_$(1)) $(LIB_FLAGS) -c -o $$@ $$<

$(LIB_OUT)/$(1)/libhalite-$(2).a: \
		$(patsubst src/%.c,$(LIB_OUT)/$(1)/%.o,$(wildcard src/$(2)/*.c))
	@echo "  AR      $$@"
	@rm -f $$@
	@$(RV)ar rcD $$@ $$^
endef
$(eval $(call LIBRARY_RULES,$(LIB_RV64),nacl))
$(eval $(call LIBRARY_RULES,$(LIB_RV64),hext))
$(eval $(call LIBRARY_RULES,$(LIB_RV32),nacl))

PKG_CONFIGS := $(addprefix build/install/,halite-nacl.pc halite-nacl-rv32.pc halite-hext.pc)
build/install/halite-nacl.pc: PC = $(LIB_RV64)|nacl|SBI nested acceleration, both sides (RV64)
build/install/halite-nacl-rv32.pc: PC = $(LIB_RV32)|nacl|SBI nested acceleration, both sides (RV32)
build/install/halite-hext.pc: PC = $(LIB_RV64)|hext|The virtual H extension of a RISC-V hart (RV64)
$(PKG_CONFIGS): tools/install/halite.pc.in mk/install.mk mk/version.mk
	@mkdir -p $(@D)
	@sed -e 's/@VERSION@/$(HALITE_VERSION)/' -e 's/@NAME@/$(basename $(@F))/' \
		-e "s/@ABI@/$$(echo '$(PC)' | cut -d '|' -f 1)/" \
		-e "s/@LIBRARY@/halite-$$(echo '$(PC)' | cut -d '|' -f 2)/" \
		-e "s/@DESCRIPTION@/$$(echo '$(PC)' | cut -d '|' -f 3)/" $< >$@

# ---- the manual page ----

MAN_PAGE := build/install/halite.1
$(MAN_PAGE): build/halite tools/install/man.sh tools/install/halite.1.in mk/version.mk
	@mkdir -p $(@D)
	@tools/install/man.sh $< $(HALITE_VERSION) >$@

# ---- what is installed where ----

# MODE:FILE:PLACE
INSTALLED := \
	755:build/halite:$(PREFIX)/bin/halite \
	644:build/halite.bin:$(PREFIX)/lib/halite/halite.bin \
	644:build/halite.elf:$(PREFIX)/lib/halite/halite.elf \
	$(foreach library,$(LIBRARIES:$(LIB_OUT)/%=%),\
		644:$(LIB_OUT)/$(library):$(PREFIX)/lib/halite/$(library)) \
	$(foreach header,$(LIB_HEADERS:src/%=%),\
		644:src/$(header):$(PREFIX)/include/halite/$(header)) \
	$(foreach file,$(PKG_CONFIGS),644:$(file):$(PREFIX)/share/pkgconfig/$(notdir $(file))) \
	644:$(MAN_PAGE):$(PREFIX)/share/man/man1/halite.1 \
	644:tools/install/halite.bash:$(PREFIX)/share/bash-completion/completions/halite \
	644:tools/install/_halite:$(ZSH_COMPLETIONS)/_halite

# The hook of Debian's kernel packages. Its settings are the user's once they are there.
ifneq ($(SYSCONFDIR),)
HOOKS := $(addprefix $(SYSCONFDIR)/,kernel/postinst.d/zz-halite kernel/postrm.d/zz-halite \
	initramfs/post-update.d/zz-halite)
HOOK_SETTINGS := $(SYSCONFDIR)/default/halite
endif

.PHONY: install uninstall libraries deb places
libraries: $(LIBRARIES)

FOLDERS = PREFIX="$$HALITE_PREFIX" DESTDIR="$$HALITE_DESTDIR" SYSCONFDIR="$$HALITE_SYSCONFDIR" \
	tools/install/folders.sh
places uninstall: export HALITE_PREFIX = $(PREFIX)
places uninstall: export HALITE_DESTDIR = $(DESTDIR)
places uninstall: export HALITE_SYSCONFDIR = $(SYSCONFDIR)
places:
	@$(FOLDERS) check

install: places all $(LIBRARIES) $(PKG_CONFIGS) $(MAN_PAGE)
	@echo "  INSTALL $(DESTDIR)$(PREFIX)"
	@for one in $(INSTALLED); do \
		file=$${one#*:}; \
		install -D -m "$${one%%:*}" "$${file%%:*}" "$(DESTDIR)$${file#*:}" || exit 1; \
	done
	@for hook in $(HOOKS); do \
		sed 's|@PREFIX@|$(PREFIX)|' tools/install/zz-halite | \
			install -D -m 755 /dev/stdin "$(DESTDIR)$$hook" || exit 1; \
	done
ifdef HOOKS
	@[ -e "$(DESTDIR)$(HOOK_SETTINGS)" ] || \
		install -D -m 644 tools/install/default "$(DESTDIR)$(HOOK_SETTINGS)"
else
	@echo "no hook for updates of the kernel: Debian runs those in /etc only; with" \
		"SYSCONFDIR=/etc it is installed there"
endif

uninstall: places
	@for one in $(INSTALLED) $(HOOKS); do rm -f "$(DESTDIR)$${one##*:}"; done
ifdef HOOKS
	@! cmp -s tools/install/default "$(DESTDIR)$(HOOK_SETTINGS)" || \
		rm -f "$(DESTDIR)$(HOOK_SETTINGS)"
endif
	@for one in $(INSTALLED) $(HOOKS) $(HOOK_SETTINGS); do \
		$(FOLDERS) remove "$${one##*:}"; \
	done

# DEB_ARCH=riscv64 makes the package for boards on another machine. The command for riscv64 is
# linked with Debian's libraries, which may need a newer C library than the cross compiler's.
DEB_ARCH ?= $(shell dpkg --print-architecture)
RISCV64_LIBS := build/downloads/riscv64-libs
TOOL_IMAGES := $(wildcard tools/halite/*.S)
RISCV64_LIBFDT := $(TOOL_LIBFDT:build/obj/tools/%=build/riscv64/%)
$(RISCV64_LIBFDT): build/riscv64/libfdt/%.o: Makefile | build/ext/libfdt/libfdt.h
	@scripts/install-packages.sh selftests
	@mkdir -p $(@D)
	@riscv64-linux-gnu-gcc -O2 -w $(TOOL_INCLUDES) -c -o $@ build/ext/libfdt/$*.c

build/riscv64/halite: $(TOOL_SOURCES) $(TOOL_SHARED) $(TOOL_HEADERS) $(TOOL_AGENT) \
		$(TOOL_IMAGES) $(RISCV64_LIBFDT) src/hv/pack_format.h mk/install.mk mk/version.mk \
		scripts/fetch-riscv64-libs.sh
	@scripts/install-packages.sh run selftests
	@scripts/fetch-riscv64-libs.sh
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@riscv64-linux-gnu-gcc $(HOST_CFLAGS) -isystem $(RISCV64_LIBS) $(TOOL_INCLUDES) \
		-DAGENT_FILE='"$(TOOL_AGENT)"' -o $@ $(TOOL_SOURCES) $(TOOL_SHARED) \
		$(TOOL_IMAGES) $(RISCV64_LIBFDT) \
		$(addprefix $(RISCV64_LIBS)/,libz.so libzstd.so libjansson.so) \
		-Wl,--allow-shlib-undefined

deb: all $(LIBRARIES) $(PKG_CONFIGS) $(MAN_PAGE) \
		$(if $(filter $(shell uname -m),$(DEB_ARCH)),,\
		$(if $(filter riscv64,$(DEB_ARCH)),build/riscv64/halite))
	@scripts/install-packages.sh install
	@scripts/make-deb.sh $(HALITE_VERSION) $(DEB_ARCH)
