/*
 * credhelper: asks a program docker-credential-SUFFIX for a secret, or gives it one.
 * Server and secret go to its standard input; no argument contains them.
 */
#ifndef REGISTRY_CREDHELPER_H
#define REGISTRY_CREDHELPER_H

#include "registry/credentials.h"

/* 1 found, 0 the helper does not know SERVER, -1 with the helper's message. */
int credhelper_get(const char *suffix, const char *server, const struct cancel *cancel,
                   struct credential *out, struct error *err);

/* Hands C (user and password) to the helper for SERVER; erases what it has of SERVER,
 * where nothing is no error. 0, or -1 with the helper's message. */
int credhelper_store(const char *suffix, const char *server, const struct credential *c,
                     const struct cancel *cancel, struct error *err);
int credhelper_erase(const char *suffix, const char *server, const struct cancel *cancel,
                     struct error *err);

#endif
