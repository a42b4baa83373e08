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

/* The proxy that URL, which is on HOST, is reached through, for people: without user and
 * password; *VARIABLE (static) is where it comes from. NULL: none. Caller frees. */
char *connection_proxy(const struct host *host, const char *url, const char **variable);

#endif
