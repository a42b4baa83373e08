/*
 * credhelper: asks a program docker-credential-SUFFIX for a secret. The name of
 * the server goes to its standard input; nothing secret is in any argument.
 */
#ifndef REGISTRY_CREDHELPER_H
#define REGISTRY_CREDHELPER_H

#include "registry/credentials.h"

/* 1 found, 0 the helper knows nothing of SERVER, -1 with what it said. */
int credhelper_get(const char *suffix, const char *server, const struct cancel *cancel,
                   struct credential *out, struct error *err);

#endif
