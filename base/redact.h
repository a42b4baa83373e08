/*
 * redact: users and passwords that stand in URLs, kept from people's eyes.
 *
 *	https://user:password@host/path   →   https://xxxxx:xxxxx@host/path
 *	https://token@host/path           →   https://xxxxx@host/path
 *
 * Errors, events, titles, history and keys go through here, so nobody has to think of
 * it where a message is made. The user of an ssh URL without a password is no secret
 * and stays.
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

/* Splits URL. False if it is none, or has no user and password. */
bool userinfo_find(struct text url, struct userinfo *out);

/* Appends T, which may hold any number of URLs, with their secrets replaced. */
void buf_add_redacted(struct buf *out, struct text t);

/* Whether that would change anything. */
bool text_has_userinfo(struct text t);

/* The same for a string that the caller owns and gives away; takes NULL. */
char *redact_own(char *text);

#endif
