/*
 * library: shared libraries that are loaded when they are needed, since many a build
 * does without them.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/error.h"

#define LIBRARY_CURL    "libcurl.so.4"
#define LIBRARY_ARCHIVE "libarchive.so.13"

/* The package of Debian that has NAME, one of those above. */
const char *library_package(const char *name);

/* Loads NAME for as long as the process lives, once or often. Its handle for dlsym(3), or
 * NULL with ERR_ENVIRONMENT and the package's name. */
void *library_load(const char *name, struct error *err);

#endif
