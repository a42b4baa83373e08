/*
 * credhelper: asks a program docker-credential-SUFFIX for a secret. It gets the
 * name of the server on standard input; no argument contains a secret.
 */
#ifndef REGISTRY_CREDHELPER_H
#define REGISTRY_CREDHELPER_H

#include "registry/credentials.h"

/* 1 found, 0 the helper does not know SERVER, -1 with the helper's message. */
int credhelper_get(const char *suffix, const char *server, const struct cancel *cancel,
                   struct credential *out, struct error *err);

#endif
