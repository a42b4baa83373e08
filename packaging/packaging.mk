# What users install: a package of Debian, a tarball with one static program, an image.
# Included by the Makefile.

ARCH := $(subst x86_64,amd64,$(subst aarch64,arm64,$(shell uname -m)))

# ------------------------------------------------------------------ one static program

# docs/dependencies.md says why it is linked like this.
DEPS_STATIC := libnghttp2-dev libidn2-dev libunistring-dev zlib1g-dev libbrotli-dev liblzma-dev libbz2-dev liblz4-dev

STATIC      := $(OUT)/static
# Files that load libraries, and others in their place.
LOADING     := base/library.c base/http/curl_lazy.c layers/archive_lazy.c layers/inflate_isal.c
INSIDE      := $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard packaging/static/*.c)) $(OUT)/obj/packaging/absent.o
STATIC_OBJECTS = $(patsubst %.c,$(OUT)/obj/%.o,$(filter-out $(LOADING),$(foreach f,$(FOLDERS),$(call sources_of,$(f))))) $(INSIDE)
LIBCURL_A    = $(shell $(CC) -print-file-name=libcurl.a)
STATIC_LIBS := -Wl,--start-group -lcurl -larchive -lnghttp2 -lidn2 -lunistring -lssl -lcrypto -lbrotlidec \
	-lbrotlicommon -lz -llzma -lbz2 -llz4 -lzstd -ldeflate -ljansson -lseccomp -lm -Wl,--end-group
# The linker warns of each function that may load a plugin: see packaging/static/linked.c.
LINK_STATIC  = $(CC) $(COOPER_CFLAGS) $(CFLAGS) $(LDFLAGS) -static-pie -Wl,--gc-sections

$(OUT)/obj/packaging/absent.c: packaging/static/absent
	@mkdir -p $(@D)
	packaging/static/absent $(LIBCURL_A) >$@
$(OUT)/obj/packaging/absent.o: $(OUT)/obj/packaging/absent.c
	$(call say,cc) $(CC) -O2 -w -fno-builtin -c -o $@ $<
$(STATIC)/cooper: $(OUT)/obj/builder/main.o $(STATIC_OBJECTS)
	@mkdir -p $(@D)
	$(call say,link) $(LINK_STATIC) -o $@ $^ $(STATIC_LIBS) 2>$(STATIC)/log || { cat $(STATIC)/log; exit 1; }
# The unit test of gzip once more, with zlib.
$(STATIC)/test_layers_decompress: $(OUT)/obj/tests/unit/test_layers_decompress.o $(OUT)/obj/packaging/static/inflate_zlib.o $(LIBS)
	@mkdir -p $(@D)
	$(call say,link) $(CC) $(COOPER_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(LIBS) -Wl,--end-group $(COOPER_LIBS) -lcmocka -lz

.PHONY: deps-static static static-programs
deps-static: ## … that the static program needs
	$(call install_packages,$(DEPS_BUILD) $(DEPS_STATIC))
# Sanitizers need libraries: then the tests make the usual ones themselves.
static-programs: $(if $(filter release,$(MODE)),$(STATIC)/cooper $(STATIC)/test_layers_decompress)
static: $(STATIC)/cooper ## link out/release/static/cooper, which needs no library

# ------------------------------------------------------------------ install

BINDIR   = $(DESTDIR)$(PREFIX)/bin
MANDIR   = $(DESTDIR)$(PREFIX)/share/man/man1
COMPDIR  = $(DESTDIR)$(PREFIX)/share
ZSHDIR  ?= $(COMPDIR)/zsh/site-functions
PROGRAM ?= cooper

.PHONY: install install-files uninstall
install: all ## install cooper, the alias build, manual page and completions
	@$(MAKE) --no-print-directory install-files

install-files:
	install -d $(BINDIR) $(MANDIR) $(COMPDIR)/bash-completion/completions \
		$(ZSHDIR) $(COMPDIR)/fish/vendor_completions.d
	install -m 0755 $(PROGRAM) $(BINDIR)/cooper
	ln -sfn cooper $(BINDIR)/build
	install -m 0644 cooper.1 $(MANDIR)/cooper.1
	ln -sfn cooper.1 $(MANDIR)/build.1
	umask 022; for c in $$($(BINDIR)/cooper completion commands); do \
		$(BINDIR)/cooper completion man $$c > $(MANDIR)/cooper-$$c.1 || exit 1; done
	$(BINDIR)/cooper completion bash > $(COMPDIR)/bash-completion/completions/cooper
	$(BINDIR)/cooper completion zsh > $(ZSHDIR)/_cooper
	$(BINDIR)/cooper completion fish > $(COMPDIR)/fish/vendor_completions.d/cooper.fish
	ln -sfn cooper $(COMPDIR)/bash-completion/completions/build
	ln -sfn cooper.fish $(COMPDIR)/fish/vendor_completions.d/build.fish

uninstall: ## remove what install put there
	rm -f $(BINDIR)/cooper $(BINDIR)/build $(MANDIR)/cooper.1 $(MANDIR)/build.1 \
		$(MANDIR)/cooper-*.1 $(COMPDIR)/bash-completion/completions/cooper \
		$(ZSHDIR)/_cooper \
		$(COMPDIR)/fish/vendor_completions.d/cooper.fish \
		$(COMPDIR)/bash-completion/completions/build \
		$(COMPDIR)/fish/vendor_completions.d/build.fish

# ------------------------------------------------------------------ what is handed out

VERSION = $(shell sed -n 's/.*COOPER_VERSION "\(.*\)"/\1/p' builder/cli/version.h)
TARBALL = out/cooper-$(VERSION)-linux-$(ARCH).tar.gz
DEPS_DEB := debhelper dpkg-dev

.PHONY: dist tarball deb image
# The same commit gives the same bytes.
dist: ## make out/cooper-VERSION.tar.gz of the last commit
	@mkdir -p out
	git archive --format=tar --prefix=cooper-$(VERSION)/ HEAD | gzip -n -9 > out/cooper-$(VERSION).tar.gz.tmp
	mv -f out/cooper-$(VERSION).tar.gz.tmp out/cooper-$(VERSION).tar.gz
	@sha256sum out/cooper-$(VERSION).tar.gz

tarball: ## make out/cooper-VERSION-linux-ARCH.tar.gz: the static program, to unpack in /usr/local
	$(call install_packages,$(DEPS_BUILD) $(DEPS_STATIC))
	@$(MAKE) --no-print-directory static
	packaging/tarball $(STATIC)/cooper $(TARBALL) $(DEPS_BUILD) $(DEPS_STATIC)

deb: ## make out/cooper_VERSION_ARCH.deb for this Debian
	$(call install_packages,$(DEPS_BUILD) $(DEPS_DEB))
	packaging/deb $(VERSION)

image: ## build cooper's own image with cooper: cooper:VERSION, and cooper:debug with a shell
	$(call install_packages,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_STATIC) mmdebstrap)
	@$(MAKE) --no-print-directory all static
	packaging/image/make $(VERSION) $(STATIC)/cooper

.PHONY: check-packages
check-packages: ## packages, tarball, image and the README's commands in fresh roots (minutes)
	$(call install_packages,$(DEPS_BUILD) $(DEPS_STATIC) $(DEPS_RUN) $(DEPS_DEMO) $(DEPS_DEB) lintian busybox-static)
	@$(MAKE) --no-print-directory all static
	tests/packages/run $(PARTS)
