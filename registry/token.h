/*
 * token: one token from a token server, as of Docker's token authentication
 * and OAuth 2.0.
 *
 *	identity token       POST grant_type=refresh_token
 *	user and password    GET with Basic, POST grant_type=password where GET is
 *	                     not known (404, 405)
 *	neither              GET
 */
#ifndef REGISTRY_TOKEN_H
#define REGISTRY_TOKEN_H

#include "registry/challenge.h"
#include "registry/credentials.h"

#define SCOPES_MAX 4

struct token_request {
	const struct challenge *challenge;
	const struct credential *credential; /* all NULL: anonymous */
	const char *scopes[SCOPES_MAX];      /* NULL-terminated if fewer */
	bool plain_allowed;                  /* the registry itself does not use TLS */
	int retries, timeout_s;
	const struct cancel *cancel;
};

struct token {
	char *text;
	int64_t renew_ns; /* monotonic: after this, get a new one */
};

/* Caller frees OUT's text. */
int token_fetch(struct http *http, const struct token_request *request, struct token *out,
                struct error *err);

/* "user:password" in base64, for a Basic header. Caller frees. */
char *basic_text(const struct credential *credential);

#endif
