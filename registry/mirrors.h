/*
 * mirrors: other places of repositories, from the registries.conf (version 2)
 * of the containers tools.
 *
 *	[[registry]]
 *	prefix = "docker.io/library"      the longest match wins; also "*.example.org"
 *	location = "proxy.example/hub"    replaces the prefix; absent: nothing changes
 *	insecure = true                   blocked = true
 *	[[registry.mirror]]
 *	location = "mirror.example/hub"   pulls try it before the location
 *	pull-from-mirror = "digest-only"  or "tag-only", "all"
 *
 * Read from $CONTAINERS_REGISTRIES_CONF, or ~/.config/containers/registries.conf,
 * or /etc/containers/registries.conf; then the *.conf in registries.conf.d beside
 * the latter two, where a later entry replaces one with the same prefix. Short names
 * are never searched: their host is always docker.io.
 *
 * Immutable after mirrors_new(), so threads share it.
 */
#ifndef REGISTRY_MIRRORS_H
#define REGISTRY_MIRRORS_H

#include <stdbool.h>

#include "base/array.h"
#include "base/error.h"

/* Where a repository is. */
struct endpoint {
	char *host, *repo;
	bool is_mirror;
};

struct endpoints {
	ARRAY(struct endpoint)
	list; /* in the order to try; the last one is not a mirror */
};

struct mirrors;

struct mirrors *mirrors_new(void);

/* Adds LOCATION to the mirrors of PREFIX, before those that are there already and behind
 * those that were added so. ONLY: what has PREFIX is asked at such mirrors alone. Call it
 * before the session is used. */
void mirrors_add(struct mirrors *m, const char *prefix, const char *location, bool only);
void mirrors_free(struct mirrors *mirrors); /* takes NULL */

/* The endpoints of HOST/REPO. TO_PULL: including mirrors; BY_DIGEST selects mirrors that
 * serve only digests or only tags. -1 with ERR_POLICY if the registry is blocked. */
int mirrors_find(const struct mirrors *mirrors, const char *host, const char *repo,
                 bool to_pull, bool by_digest, struct endpoints *out, struct error *err);
void endpoints_clear(struct endpoints *endpoints);
#define auto_endpoints __attribute__((cleanup(endpoints_clear)))

/* Whether registries.conf calls HOST insecure. */
bool mirrors_insecure(const struct mirrors *mirrors, const char *host);

#endif
