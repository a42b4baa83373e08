/*
 * redact: hides users and passwords in URLs.
 *
 *	https://user:password@host/path   →   https://xxxxx:xxxxx@host/path
 *	https://token@host/path           →   https://xxxxx@host/path
 *
 * Errors, events, titles, history and keys go through these functions, so code that makes
 * a message need not care. The user of an ssh URL without a password is not a secret and
 * stays.
 */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

#include <stdbool.h>

#include "base/text.h"

/* The parts of a URL "scheme://user:password@rest". */
struct userinfo {
	struct text scheme;         /* with "://" */
	struct text user, password; /* as written, not decoded; p NULL: none */
	struct text rest;           /* host, port, path and all */
};

/* Splits URL. False if it is not a URL, or has no user and password. */
bool userinfo_find(struct text url, struct userinfo *out);

/* Appends T and replaces the secrets of all URLs in it. */
void buf_add_redacted(struct buf *out, struct text t);

/* Whether redaction would change T. */
bool text_has_userinfo(struct text t);

/* The same for a string that the caller owns and passes on; takes NULL. */
char *redact_own(char *text);

#endif
