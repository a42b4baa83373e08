/*
 * authfile: one config.json or auth.json, parsed. Immutable after it was read.
 *
 *	{ "auths": { "KEY": { "auth": base64("user:password"), … } },
 *	  "credHelpers": { "KEY": "SUFFIX" },  "credsStore": "SUFFIX" }
 *
 * A KEY is a host or host/path; schemes, trailing slashes and Docker's old
 * "/v1/" are dropped, and all names of Docker's registry become "docker.io".
 */
#ifndef REGISTRY_AUTHFILE_H
#define REGISTRY_AUTHFILE_H

#include "base/array.h"
#include "base/text.h"
#include "registry/credentials.h"

struct auth_entry {
	char *key;                    /* normalised */
	struct credential credential; /* source unset */
};

struct auth_helper {
	char *key; /* normalised */
	char *suffix;
	char *server; /* the key as it was written: the input of the helper */
};

struct authfile {
	char *name;  /* path, or "$DOCKER_AUTH_CONFIG" */
	char *store; /* credsStore, or NULL */
	ARRAY(struct auth_entry) entries;
	ARRAY(struct auth_helper) helpers;
};

/* Parses TEXT, which stays the caller's. NULL with ERR set if it is malformed. */
struct authfile *authfile_parse(const char *name, struct text text, struct error *err);
void authfile_free(struct authfile *file); /* takes NULL */

/* Exact matches of a normalised key, or NULL. */
const struct auth_entry *authfile_entry(const struct authfile *file, const char *key);
const struct auth_helper *authfile_helper(const struct authfile *file, const char *key);

/* The normalised form of KEY. Caller frees. */
char *authfile_key(const char *key);

/* What Docker calls the server of a normalised KEY in its files and asks its helpers
 * for. */
const char *authfile_server(const char *key);

#endif
