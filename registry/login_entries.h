/*
 * login_entries: the entries of a file of credentials that is being changed, as JSON.
 * Keys are given and returned in their normalised form (authfile.h), however the file
 * writes them.
 */
#ifndef REGISTRY_LOGIN_ENTRIES_H
#define REGISTRY_LOGIN_ENTRIES_H

#include <jansson.h>

#include "base/array.h"
#include "base/error.h"
#include "registry/credentials.h"

struct login_keys {
	ARRAY(char *) list; /* owned */
};

/* The helper that ROOT names for KEY (the suffix), and what it calls the *SERVER; NULL:
 * none. The caller frees both. */
char *login_entries_helper(const json_t *root, const char *key, char **server);

/* Gives KEY the credentials C, or an empty entry if C is NULL. Returns 1 if ROOT changed,
 * 0, or -1. */
int login_entries_set(json_t *root, const char *key, const struct credential *c,
                      struct error *err);

/* Removes KEY's entries from ROOT; 1 if there were any, else 0. */
int login_entries_remove(json_t *root, const char *key);

/* KEY, or if it is NULL all keys of ROOT, of entries and of helpers, each once. */
void login_entries_keys(const json_t *root, const char *key, struct login_keys *out);
void login_keys_clear(struct login_keys *keys);
#define auto_login_keys __attribute__((cleanup(login_keys_clear)))

#endif
