/*
 * pool: libcurl handles with their open connections, kept for the next
 * request to the same origin. Thread-safe; a handle belongs to one thread
 * between get and put.
 */
#ifndef BASE_HTTP_POOL_H
#define BASE_HTTP_POOL_H

#include <curl/curl.h>

struct handle {
	CURL *easy;
	CURLM *multi; /* owns the connections */
	char *origin; /* the last one contacted, or NULL */
};

struct handle_pool;

struct handle_pool *handle_pool_new(void);
void handle_pool_free(struct handle_pool *pool); /* takes NULL */

/* A handle with default options, if possible one with a connection to ORIGIN. */
struct handle *handle_get(struct handle_pool *pool, const char *origin);
void handle_put(struct handle_pool *pool, struct handle *h);

#endif
