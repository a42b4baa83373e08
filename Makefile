# cooper: see README.md. `make help` lists the targets.

# All processors, one short line a file; V=1 shows the commands.
ifeq ($(filter -j%,$(MAKEFLAGS))$(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(patsubst $(OUT)/%,%,$@);)

# MODE picks flags and the object folder; SAN=… is a short way to two of them.
MODE ?= $(if $(filter address%,$(SAN)),asan,$(if $(filter thread,$(SAN)),tsan,release))
comma := ,
ifneq ($(filter-out address address$(comma)undefined thread,$(SAN)),)
$(error SAN is "address,undefined" or "thread", not "$(SAN)")
endif

PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
OUT     := out/$(MODE)$(if $(filter clang%,$(notdir $(CC))),-clang)

# The lazy ones are loaded when they are needed, see base/http/curl_lazy.c.
LAZY     := libarchive libcurl
LINKED   := libcrypto libzstd libdeflate libisal jansson libseccomp
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wmissing-prototypes \
	-Wstrict-prototypes -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough -Wundef -Wconversion -Wno-sign-conversion \
	$(if $(filter clang%,$(notdir $(CC))),,-Wjump-misses-init) $(if $(CI),-Werror)

FLAGS_release := -O2 -g
FLAGS_debug   := -O0 -g3
FLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
FLAGS_cov     := -O0 -g --coverage

# Asked once, and only when something is compiled: pkg-config may not be installed yet.
once             = $(eval $(1) := $(2))$($(1))
PACKAGE_CFLAGS   = $(call once,PACKAGE_CFLAGS,$(shell pkg-config --cflags $(LINKED) $(LAZY)))
PACKAGE_LIBS     = $(call once,PACKAGE_LIBS,$(shell pkg-config --libs $(LINKED)))

COOPER_CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -include base/banned.h $(PACKAGE_CFLAGS)
COOPER_CFLAGS   = -std=gnu17 $(WARNINGS) $(FLAGS_$(MODE)) -fno-strict-aliasing -pthread
# Bound at once: a sandbox's first process has lost the dynamic linker's memory (builder/sandbox/inside/drop_memory.h).
COOPER_LIBS     = $(PACKAGE_LIBS) -pthread -lm -Wl,-z,now

# One static library per folder, in the order of the arrows: each may use those after it.
BUILDER_DIRS := builder/cli builder/run builder/order builder/depots builder/export builder/solve builder/steps builder/image builder/cache \
	builder/machine builder/sandbox builder/sandbox/trap builder/sandbox/supervise builder/sandbox/plain builder/sandbox/inside \
	builder/context builder/ui builder/record builder/template
FOLDERS      := builder $(BUILDER_DIRS) registry layers parser base/http base
name_of       = $(subst /,_,$(1))
sources_of    = $(filter-out builder/main.c,$(sort $(wildcard $(1)/*.c)))
LIBS         := $(foreach f,$(FOLDERS),$(if $(call sources_of,$(f)),$(OUT)/lib/$(call name_of,$(f)).a))

UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS   := $(UNIT_SOURCES:tests/unit/%.c=$(OUT)/unit/%)
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAYS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(OUT)/replay/%)
BENCHES      := $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(sort $(wildcard tests/bench/bench_*.c)))
FUZZERS      := $(FUZZ_SOURCES:tests/fuzz/%.c=out/fuzz-clang/fuzz/%)

.DELETE_ON_ERROR:
# Objects of tests are kept: they would be made anew each time.
.SECONDARY:
.PHONY: all
all: cooper build

# Always looked at: its own time says nothing of the mode it is of.
.PHONY: FORCE
cooper: $(OUT)/cooper FORCE
	@cmp -s $< $@ || { cp -f $< $@.tmp && mv -f $@.tmp $@; }
build: cooper
	@ln -sfn cooper build

$(OUT)/cooper: $(OUT)/obj/builder/main.o $(LIBS)
	$(call say,link) $(CC) $(COOPER_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--start-group $(LIBS) -Wl,--end-group $(COOPER_LIBS)

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,cc) $(CC) $(COOPER_CPPFLAGS) $(CPPFLAGS) $(COOPER_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# A program of its own in the program, see builder/sandbox/trap/loader/loader.c. Neither sanitizers nor flags of the user.
LOADER      := builder/sandbox/trap/loader
LOADER_BASE  = $(call once,LOADER_BASE,$(if $(filter aarch64%,$(shell $(CC) -dumpmachine)),0x5500000000,0x550000000000))
LOADER_FLAGS = -std=gnu17 $(WARNINGS) -O2 -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fpie \
	-I. -nostdlib -static -fuse-ld=bfd -Wl,--defsym=LOADER_BASE=$(LOADER_BASE),-T,$(LOADER)/loader.ld \
	-Wl,--build-id=none,-z,noexecstack,-z,separate-code
$(OUT)/loader/trap_loader: $(wildcard $(LOADER)/*.[ch]) $(LOADER)/loader.ld
	@mkdir -p $(@D)
	$(call say,cc) $(CC) $(LOADER_FLAGS) -o $@ $(filter %.c,$^)
$(OUT)/obj/builder/sandbox/trap/loader_bytes.o: $(OUT)/loader/trap_loader
$(OUT)/obj/builder/sandbox/trap/loader_bytes.o: CPPFLAGS += -Wa,-I$(OUT)/loader

define library
$(OUT)/lib/$(call name_of,$(1)).a: $(patsubst %.c,$(OUT)/obj/%.o,$(call sources_of,$(1)))
	@mkdir -p $$(@D) && rm -f $$@
	$$(call say,ar) $$(AR) rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call library,$(f))))

# tests/unit/test_<folder>_<file>.c, one cmocka program each.
$(OUT)/unit/%: $(OUT)/obj/tests/unit/%.o $(LIBS)
	@mkdir -p $(@D)
	$(call say,link) $(CC) $(COOPER_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--start-group $(LIBS) -Wl,--end-group $(COOPER_LIBS) -lcmocka

# Programs that tests run: one file each, on their own.
$(OUT)/tests/%: $(OUT)/obj/tests/lib/%.o
	@mkdir -p $(@D)
	$(call say,link) $(CC) $(COOPER_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(PACKAGE_LIBS)

$(OUT)/bench/%: $(OUT)/obj/tests/bench/%.o $(LIBS)
	@mkdir -p $(@D)
	$(call say,link) $(CC) $(COOPER_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--start-group $(LIBS) -Wl,--end-group $(COOPER_LIBS)

# tests/fuzz/fuzz_<reader>.c: replayed over testdata/fuzz/<reader>/ in `make check`,
# grown with libFuzzer by `make fuzz`.
$(OUT)/replay/%: $(OUT)/obj/tests/fuzz/%.o $(OUT)/obj/tests/fuzz/replay.o $(LIBS)
	@mkdir -p $(@D)
	$(call say,link) $(CC) $(COOPER_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(LIBS) -Wl,--end-group $(COOPER_LIBS)
out/fuzz-clang/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(LIBS)
	@mkdir -p $(@D)
	$(call say,link) $(CC) $(COOPER_CFLAGS) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(LIBS) -Wl,--end-group $(COOPER_LIBS)

include tests/tests.mk
include packaging/packaging.mk

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
