/*
 * library: shared libraries that are loaded on demand, because many builds do not need
 * them.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/error.h"

#define LIBRARY_CURL    "libcurl.so.4"
#define LIBRARY_ARCHIVE "libarchive.so.13"

/* The Debian package that contains NAME, one of the libraries above. */
const char *library_package(const char *name);

/* Loads NAME; it stays loaded until the process ends. Callers may repeat the call.
 * Returns a handle for dlsym(3), or NULL with ERR_ENVIRONMENT and the package's name. */
void *library_load(const char *name, struct error *err);

#endif
