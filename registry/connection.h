/*
 * connection: the options of a libcurl handle that say how a host is reached:
 * protocol, certificates, proxy.
 */
#ifndef REGISTRY_CONNECTION_H
#define REGISTRY_CONNECTION_H

#include <curl/curl.h>

#include "registry/hosts.h"

/* URL is on HOST, which must outlive the transfer. */
void connection_set(CURL *easy, const struct host *host, const char *url, int timeout_s);

#endif
