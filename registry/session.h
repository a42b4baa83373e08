/*
 * session: the parts of struct registry. Each part has its own lock; the
 * struct itself is immutable after registry_new().
 */
#ifndef REGISTRY_SESSION_H
#define REGISTRY_SESSION_H

#include "base/http/http.h"
#include "registry/auth.h"
#include "registry/hosts.h"
#include "registry/mirrors.h"
#include "registry/registry.h"

struct registry {
	struct mirrors *mirrors;
	struct hosts *hosts;
	struct http *http;
	struct auth *auth;
	const struct cancel *cancel;
	int retries, timeout_s;
};

#endif
