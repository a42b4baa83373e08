/*
 * auth: the Authorization header of each request.
 *
 *	auth_get       the header, if HOST needs one as far as we know
 *	auth_refused   handles a 401: reads the challenge; is another try worth it?
 *
 * A host's challenge and its tokens (one per scope) are remembered for the
 * session, tokens until shortly before they expire. While one thread fetches
 * a token, others that want the same one wait for it. Thread-safe.
 */
#ifndef REGISTRY_AUTH_H
#define REGISTRY_AUTH_H

#include "base/http/http.h"
#include "registry/credentials.h"

/* What a request wants to do. */
struct scope {
	const char *repo;
	const char *actions;    /* "pull", "pull,push", or "login": nothing but that */
	const char *mount_repo; /* is also read; or NULL */
};

struct auth;

struct auth *auth_new(struct http *http, const char *authfile, int retries, int timeout_s,
                      const struct cancel *cancel);
void auth_free(struct auth *auth); /* takes NULL */

/* See credentials_give(). */
void auth_give(struct auth *auth, const char *host, const struct credential *given);

/* The header's value in *OUT (caller frees), or NULL if HOST has not asked for
 * any so far. */
int auth_get(struct auth *auth, const struct host *host, const struct scope *scope,
             char **out, struct error *err);

/* RESPONSE is HOST's 401 to a request that carried USED (or NULL). Returns 1 if
 * another auth_get() will return a different header, else 0. */
int auth_refused(struct auth *auth, const struct host *host, const struct scope *scope,
                 const char *used, const struct http_response *response);

/* For errors: where the credentials for SCOPE came from, or NULL if there are
 * none. Caller frees. */
char *auth_source(struct auth *auth, const struct host *host, const struct scope *scope);

#endif
