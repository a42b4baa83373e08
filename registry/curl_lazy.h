/*
 * curl_lazy: libcurl is loaded when the first of its functions is called.
 */
#ifndef REGISTRY_CURL_LAZY_H
#define REGISTRY_CURL_LAZY_H

#include "base/error.h"

/* Before the first call: that it is there. 0, or -1 with ERR_ENVIRONMENT; without it the
 * calls themselves end the program. */
int curl_lazy_load(struct error *err);

#endif
