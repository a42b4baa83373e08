/*
 * url: parts of absolute http and https URLs, by libcurl's parser, so that we
 * check the same host that libcurl contacts. The caller owns the results; NULL
 * means that the text is not such a URL.
 */
#ifndef BASE_HTTP_URL_H
#define BASE_HTTP_URL_H

#include <stdbool.h>

/* LOCATION as seen from BASE (RFC 3986 §5); an absolute one is left as it is,
 * because a signed URL must not be touched. */
char *url_join(const char *base, const char *location);

/* "https://example.org:443": scheme, host in lower case, always a port. */
char *url_origin(const char *text);

/* "example.org" or "example.org:8443": the port only if it is not the scheme's. */
char *url_host(const char *text);

/* For messages: without user, password, query and fragment. Never NULL. */
char *url_print(const char *text);

/* URL with NAME=VALUE appended to its query, VALUE percent-encoded. Never NULL. */
char *url_add_query(const char *url, const char *name, const char *value);

bool url_is_https(const char *url);

#endif
