/*
 * platform: operating system, architecture and variant of an image.
 *
 *	linux/amd64      linux/arm64      linux/arm/v7
 *
 * Normalised as containerd's platforms package does: x86_64 → amd64, aarch64
 * → arm64, arm64/v8 → arm64, arm → arm/v7, i386 → 386, macos → darwin.
 * A platform owns its strings; empty parts are "" and never NULL after a
 * successful parse.
 */
#ifndef BASE_PLATFORM_H
#define BASE_PLATFORM_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

struct platform {
	char *os, *arch, *variant, *os_version;
};

#define PLATFORM_INIT                                                                    \
	{                                                                                \
		0                                                                        \
	}

/* "os/arch[/variant]", "os", "arch" or "local". On failure OUT is empty. Here
 * and below OUT or TO was initialised before; what it held is freed. */
int platform_parse(struct platform *out, struct text t, struct error *err);

/* Fails (ERR_USAGE, with a suggestion) if P is nearly one that exists: linux/arm46,
 * amd64/linux. Names that resemble none are taken: there may be new ones. */
int platform_check_spelling(const struct platform *p, struct error *err);

/* From separate parts (any may be NULL), normalised. */
void platform_set(struct platform *out, const char *os, const char *arch,
                  const char *variant, const char *os_version);
void platform_copy(struct platform *to, const struct platform *from);
void platform_host(struct platform *out);

/* "linux/arm/v7"; the caller frees. */
char *platform_print(const struct platform *p);

/* Rank of HAVE for someone who wants WANT: 0 = no match, larger is better
 * (amd64/v3 takes v3, v2, amd64, 386; arm/v7 takes v7, v6, v5). */
int platform_match(const struct platform *want, const struct platform *have);
bool platform_equal(const struct platform *a, const struct platform *b);
void platform_clear(struct platform *p);
#define auto_platform __attribute__((cleanup(platform_clear)))

#endif
