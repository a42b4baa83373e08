/*
 * connection: the options of a libcurl handle for the connection to a host:
 * protocol, certificates, proxy.
 */
#ifndef BASE_HTTP_CONNECTION_H
#define BASE_HTTP_CONNECTION_H

#include <curl/curl.h>

#include "base/http/host.h"

/* URL is on HOST, which must outlive the transfer. */
void connection_set(CURL *easy, const struct host *host, const char *url, int timeout_s);

/* The proxy for URL, which is on HOST, as text for messages, without user and password.
 * *VARIABLE (static) names the variable that set it. NULL: none. Caller frees. */
char *connection_proxy(const struct host *host, const char *url, const char **variable);

#endif
