# The targets around the program: packages, demo, tests, lint. Included by the Makefile.

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# What building needs, what the tests need besides, what the benchmarks compare with.
DEPS_BUILD := gcc libc6-dev make pkg-config libarchive-dev libssl-dev libzstd-dev libdeflate-dev \
	libisal-dev libcurl4-openssl-dev libjansson-dev libseccomp-dev
DEPS_RUN   := ca-certificates git uidmap
DEPS_DEMO  := mmdebstrap docker-registry curl python3
DEPS_TEST  := libcmocka-dev bats skopeo umoci runc buildah podman catatonit busybox-static uidmap libcap2-bin \
	attr xz-utils bzip2 zstd pigz strace jq file procps apache2-utils qemu-user-static openssh-client iproute2 python3-yaml python3-jsonschema
DEPS_KERNELS := qemu-system-x86 kmod e2fsprogs
DEPS_BROWSER := chromium busybox-static
DEPS_KUBERNETES := openssl apache2-utils busybox-static iproute2 python3-yaml
DEPS_LINT  := clang clang-format clang-tidy cppcheck libclang-rt-14-dev

# install_packages LIST: quick if all are there. What apt says is kept in out/apt.log.
define install_packages
@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}\n' $$p 2>/dev/null \
		| grep -q 'install ok installed' || echo $$p; done); \
	[ -z "$$missing" ] || { mkdir -p out; echo "installing: "$$missing; \
		{ $(SUDO) apt-get -q -o Acquire::Retries=3 update \
		&& $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -y \
			install --no-install-recommends $$missing; } >out/apt.log 2>&1 || { tail -n 20 out/apt.log; exit 1; }; }
endef

.PHONY: help deps deps-test deps-lint demo check check-unit check-e2e check-style check-fuzz check-arguments check-mistakes check-language \
	check-conformance check-docs check-environments check-run-lines check-kernels check-browser check-kubernetes bench bench-trap fuzz lint format clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' tests/tests.mk packaging/packaging.mk | sed 's/:.*## /\t/' | expand -t 20

deps: ## install the Debian packages that building and running need
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN))
deps-test: ## … that the tests need
	$(call install_packages,$(DEPS_BUILD) $(DEPS_STATIC) $(DEPS_RUN) $(DEPS_DEMO) $(DEPS_TEST))
deps-lint: ## … that lint and fuzzing need
	$(call install_packages,$(DEPS_BUILD) $(DEPS_LINT))

demo: ## install what is needed, build cooper, build and push a real image
	@printf '\n== 1. packages that building, running and this demo need\n'
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_DEMO))
	@printf '\n== 2. cooper, compiled on %s processors\n' "$$(nproc)"
	@$(MAKE) --no-print-directory all
	@tests/demo/demo.sh

# ------------------------------------------------------------------ tests

check: all unit-programs static-programs ## run all tests; make deps-test installs what they need
	OUT=$(OUT) tests/run-all

check-unit: unit-programs ## unit tests only
	OUT=$(OUT) tests/run-all unit
check-e2e: all test-programs static-programs ## end-to-end tests only
	OUT=$(OUT) tests/run-all e2e
check-style: ## directions of includes, sizes, forbidden words
	OUT=$(OUT) tests/run-all style
check-fuzz: fuzz-replays ## replay the fuzz corpora
	OUT=$(OUT) tests/run-all fuzz
check-mistakes: all ## what people get wrong, and what they are told
	OUT=$(OUT) tests/run-all mistakes

check-arguments: all ## every option, variable and file with nasty values
	OUT=$(OUT) tests/run-all arguments
check-language: all ## the Dockerfile language, case by case
	OUT=$(OUT) tests/run-all language
check-conformance: all ## the recorded images of the reference frontend
	OUT=$(OUT) tests/run-all conformance
check-docs: all ## the examples of the documentation, and its links
	OUT=$(OUT) tests/run-all docs
check-environments: all static-programs ## the same image for every kind of user, in every kind of container
	tests/environments/run --disk
	tests/environments/own_image
	tests/environments/pods

check-run-lines: all ## the RUN lines that people write, in every engine (fetches packages)
	tests/run-lines/run

check-browser: ## pages of --report in Chromium, at two widths, light and dark
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_BROWSER))
	@$(MAKE) --no-print-directory all
	tests/browser/run

check-kernels: ## the sandbox on Linux 5.10, 6.1 and 6.12, in virtual machines
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_DEMO) $(DEPS_TEST) $(DEPS_KERNELS))
	@$(MAKE) --no-print-directory all unit-programs
	OUT=$(OUT) tests/kernels/run

check-kubernetes: ## the pods of the documentation on a node of Kubernetes, which is compiled once
	$(call install_packages,$(DEPS_BUILD) $(DEPS_STATIC) $(DEPS_RUN) $(DEPS_DEMO) $(DEPS_KUBERNETES))
	@$(MAKE) --no-print-directory all static
	tests/kubernetes/run

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

bench-trap: all ## measure what a step costs in engine trap, beside engine chroot and proot (root)
	tests/run-lines/cost --engines chroot,trap,proot

# ------------------------------------------------------------------ source care

C_FILES = $(shell git ls-files '*.c' '*.h')

format: ## format the C files
	@clang-format -i $(C_FILES)

lint: ## clang-tidy, cppcheck, gcc's analyzer, format, sizes
	$(call install_packages,$(DEPS_BUILD) $(DEPS_LINT))
	tests/style/lint '$(COOPER_CPPFLAGS)'

# ------------------------------------------------------------------ made files

.PHONY: manual page
page: ## make docs/dockerfile.md out of the checklist of tests/language, docs/reference/json.md out of the schemas
	tests/language/page
	tests/schemas/page
manual: all ## make the manual page, the reference of the command line and the tables about other builders out of the tables of options
	./cooper completion man > cooper.1.tmp && mv -f cooper.1.tmp cooper.1
	./cooper completion reference > reference.tmp && mv -f reference.tmp docs/reference/command-line.md
	for who in docker buildah podman kaniko buildctl; do page=docs/how-to/moving-from-$$who.md; \
		[ -e $$page ] || page=docs/moving.md; \
		{ sed '/^<!-- made by make manual -->$$/q' $$page; ./cooper completion moving $$who; } > moving.tmp \
		&& mv -f moving.tmp $$page || exit 1; done

clean: ## remove what was built (not the demo's base image)
	rm -rf out/release out/debug out/asan out/tsan out/fuzz-clang out/*-clang out/*.deb out/*.tar.gz out/apt.log cooper build
