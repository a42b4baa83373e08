# The targets around the program: packages, demo, tests, lint, install. Included by the Makefile.

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# What building needs, what the tests need besides, what the benchmarks compare with.
DEPS_BUILD := gcc libc6-dev make pkg-config libarchive-dev libssl-dev libzstd-dev libdeflate-dev \
	libisal-dev libcurl4-openssl-dev libjansson-dev libseccomp-dev
DEPS_RUN   := ca-certificates git uidmap
DEPS_DEMO  := mmdebstrap docker-registry curl python3
DEPS_TEST  := libcmocka-dev bats skopeo umoci runc buildah podman busybox-static uidmap libcap2-bin \
	attr xz-utils bzip2 zstd pigz strace jq file procps apache2-utils qemu-user-static openssh-client
DEPS_KERNELS := qemu-system-x86 kmod e2fsprogs
DEPS_LINT  := clang clang-format clang-tidy cppcheck libclang-rt-14-dev

# install_packages LIST: quick if all are there.
define install_packages
@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}\n' $$p 2>/dev/null \
		| grep -q 'install ok installed' || echo $$p; done); \
	[ -z "$$missing" ] || { echo "installing: "$$missing; $(SUDO) apt-get update -q \
		&& $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; }
endef

.PHONY: help deps deps-test deps-lint demo check check-unit check-e2e check-style check-fuzz check-arguments check-language \
	check-conformance check-environments check-kernels bench fuzz lint format install uninstall clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' tests/tests.mk | sed 's/:.*## /\t/' | expand -t 20

deps: ## install the Debian packages that building and running need
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN))
deps-test: ## … that the tests need
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_DEMO) $(DEPS_TEST))
deps-lint: ## … that lint and fuzzing need
	$(call install_packages,$(DEPS_BUILD) $(DEPS_LINT))

demo: ## install what is needed, build cooper, build and push a real image
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_DEMO))
	@$(MAKE) --no-print-directory all
	tests/demo/demo.sh

# ------------------------------------------------------------------ tests

check: all unit-programs ## run all tests; make deps-test installs what they need
	OUT=$(OUT) tests/run-all

check-unit: unit-programs ## unit tests only
	OUT=$(OUT) tests/run-all unit
check-e2e: all test-programs ## end-to-end tests only
	OUT=$(OUT) tests/run-all e2e
check-style: ## directions of includes, sizes, forbidden words
	OUT=$(OUT) tests/run-all style
check-fuzz: fuzz-replays ## replay the fuzz corpora
	OUT=$(OUT) tests/run-all fuzz
check-arguments: all ## every option, variable and file with nasty values
	OUT=$(OUT) tests/run-all arguments
check-language: all ## the Dockerfile language, case by case
	OUT=$(OUT) tests/run-all language
check-conformance: all ## the recorded images of the reference frontend
	OUT=$(OUT) tests/run-all conformance
check-environments: all ## the same image for every kind of user, in every kind of container
	tests/environments/run --disk

check-kernels: ## the sandbox on Linux 5.10, 6.1 and 6.12, in virtual machines
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_DEMO) $(DEPS_TEST) $(DEPS_KERNELS))
	@$(MAKE) --no-print-directory all unit-programs
	OUT=$(OUT) tests/kernels/run

differential: all ## the cases of the language as Debian's buildah and docker.io see them
	tests/differential/run

.PHONY: differential unit-programs test-programs fuzz-replays fuzz-programs
unit-programs: $(UNIT_TESTS) fuzz-replays test-programs
test-programs: $(OUT)/tests/refuse
fuzz-replays: $(FUZZ_REPLAYS)

FUZZ_SECONDS ?= 60
fuzz-programs: $(FUZZERS)
fuzz: ## run every fuzz target for FUZZ_SECONDS each (clang)
	$(call install_packages,$(DEPS_BUILD) $(DEPS_LINT))
	@$(MAKE) --no-print-directory MODE=fuzz CC=clang fuzz-programs
	tests/fuzz/run out/fuzz-clang/fuzz $(FUZZ_SECONDS)

bench: all $(BENCHES) ## measure, side by side with other builders where they are installed
	tests/bench/run

# ------------------------------------------------------------------ source care

C_FILES = $(shell git ls-files '*.c' '*.h')

format: ## format the C files
	@clang-format -i $(C_FILES)

lint: ## clang-tidy, cppcheck, gcc's analyzer, format, sizes
	$(call install_packages,$(DEPS_BUILD) $(DEPS_LINT))
	tests/style/lint '$(COOPER_CPPFLAGS)'

# ------------------------------------------------------------------ install

BINDIR  = $(DESTDIR)$(PREFIX)/bin
MANDIR  = $(DESTDIR)$(PREFIX)/share/man/man1
COMPDIR = $(DESTDIR)$(PREFIX)/share

.PHONY: manual page
page: ## make docs/dockerfile.md out of the checklist of tests/language
	tests/language/page
manual: all ## make the manual page out of the tables of options
	./cooper completion man > cooper.1.tmp && mv -f cooper.1.tmp cooper.1

install: all ## install cooper, the alias build, manual page and completions
	install -d $(BINDIR) $(MANDIR) $(COMPDIR)/bash-completion/completions \
		$(COMPDIR)/zsh/site-functions $(COMPDIR)/fish/vendor_completions.d
	install -m 0755 cooper $(BINDIR)/cooper
	ln -sfn cooper $(BINDIR)/build
	install -m 0644 cooper.1 $(MANDIR)/cooper.1
	./cooper completion bash > $(COMPDIR)/bash-completion/completions/cooper
	./cooper completion zsh > $(COMPDIR)/zsh/site-functions/_cooper
	./cooper completion fish > $(COMPDIR)/fish/vendor_completions.d/cooper.fish
	ln -sfn cooper $(COMPDIR)/bash-completion/completions/build
	ln -sfn cooper.fish $(COMPDIR)/fish/vendor_completions.d/build.fish

uninstall: ## remove what install put there
	rm -f $(BINDIR)/cooper $(BINDIR)/build $(MANDIR)/cooper.1 \
		$(COMPDIR)/bash-completion/completions/cooper \
		$(COMPDIR)/zsh/site-functions/_cooper \
		$(COMPDIR)/fish/vendor_completions.d/cooper.fish \
		$(COMPDIR)/bash-completion/completions/build \
		$(COMPDIR)/fish/vendor_completions.d/build.fish

# The same commit gives the same bytes.
VERSION = $(shell sed -n 's/.*COOPER_VERSION "\(.*\)"/\1/p' builder/cli/version.h)
.PHONY: dist
dist: ## make out/cooper-VERSION.tar.gz of the last commit
	@mkdir -p out
	git archive --format=tar --prefix=cooper-$(VERSION)/ HEAD | gzip -n -9 > out/cooper-$(VERSION).tar.gz.tmp
	mv -f out/cooper-$(VERSION).tar.gz.tmp out/cooper-$(VERSION).tar.gz
	@sha256sum out/cooper-$(VERSION).tar.gz

clean: ## remove what was built (not the demo's base image)
	rm -rf out/release out/debug out/asan out/tsan out/fuzz-clang out/*-clang cooper build
