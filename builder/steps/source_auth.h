/*
 * source_auth: credentials for the servers of git and http sources. Internal to steps
 * and build.
 *
 *	https://user:password@host/…                            from the address itself
 *	GIT_AUTH_HEADER.host  GIT_AUTH_TOKEN.host               secrets of the build, for
 *	GIT_AUTH_HEADER       GIT_AUTH_TOKEN                    git; the first one wins
 *	HTTP_AUTH_HEADER_host HTTP_AUTH_TOKEN_host              for http; tokens win
 *
 * A header is the value of "Authorization". A token is the password of the user
 * x-access-token (git) or a bearer token (http). A secret wins over the address. Only
 * this server gets them, and no argument, file or message contains them.
 */
#ifndef BUILDER_STEPS_SOURCE_AUTH_H
#define BUILDER_STEPS_SOURCE_AUTH_H

#include "base/error.h"
#include "base/text.h"

struct secret;

struct source_auth {
	char *url;             /* without user and password; an ssh user stays */
	char *user, *password; /* decoded; user NULL: none; with a user never NULL */
	char *authorization; /* value of the header, sent with every request; NULL: none */
};

/* ERR_SOURCE if a secret cannot be a header. */
int source_auth_git(struct text url, const struct secret *secrets, size_t n,
                    struct source_auth *out, struct error *err);
int source_auth_http(struct text url, const struct secret *secrets, size_t n,
                     struct source_auth *out, struct error *err);
void source_auth_clear(struct source_auth *a);
#define auto_source_auth __attribute__((cleanup(source_auth_clear)))

#endif
