/*
 * curl_lazy: libcurl is loaded when the first of its functions is called.
 */
#ifndef BASE_HTTP_CURL_LAZY_H
#define BASE_HTTP_CURL_LAZY_H

#include "base/error.h"

/* Checks before the first call that libcurl exists: 0, or -1 with ERR_ENVIRONMENT.
 * Without libcurl, the functions themselves end the program. */
int curl_lazy_load(struct error *err);

#endif
