/*
 * login: gets credentials accepted by a registry, and keeps or forgets them.
 *
 *	login_key      "https://index.docker.io/v1/"  →  key "docker.io", host "docker.io"
 *	login_check    does the registry take them?
 *	login_keep     into the file or the helper that is asked for them
 *	login_forget   out of all of them
 *
 * The files are those of credentials.h. New credentials go to the first one that has
 * some for the same key, else to $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json or
 * ~/.docker/config.json. Where the file names a helper for the key, the helper gets them.
 */
#ifndef REGISTRY_LOGIN_H
#define REGISTRY_LOGIN_H

#include <stdbool.h>

#include "base/array.h"
#include "registry/credentials.h"
#include "registry/registry.h"

/* The registry, or part of one, that WORD names: *KEY ("ghcr.io/acme") and its *HOST;
 * caller frees both. ERR_USAGE. */
int login_key(const char *word, char **key, char **host, struct error *err);

/* Asks HOST (GET /v2/) whether the credentials that REG has for KEY are good: ERR_AUTH,
 * ERR_NETWORK, ERR_SOURCE. *ASKED: it wanted some at all. */
int login_check(struct registry *reg, const char *key, const char *host, bool *asked,
                struct error *err);

/* What has them now. */
struct login_kept {
	char *file;   /* its name; owned */
	char *helper; /* the suffix of the program, or NULL: they are in the file */
	char *hidden; /* NULL, or the source that is asked before and has others */
};

/* Keeps C under KEY. AUTHFILE may be NULL. The caller clears OUT. */
int login_keep(const char *authfile, const char *key, const struct credential *c,
               const struct cancel *cancel, struct login_kept *out, struct error *err);
void login_kept_clear(struct login_kept *kept);

/* Forgets what the files and their helpers have under KEY; NULL: of all registries. OUT
 * gets the names of the files (owned), none if nothing was known. */
struct login_forgotten {
	ARRAY(char *) files;
};
int login_forget(const char *authfile, const char *key, const struct cancel *cancel,
                 struct login_forgotten *out, struct error *err);
void login_forgotten_clear(struct login_forgotten *forgotten);

#endif
