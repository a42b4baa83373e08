/*
 * api: requests of the distribution-spec to one repository, with the
 * Authorization they need, and errors with the server's message.
 *
 *	struct call call;
 *	call_init(&call, reg, ref->host, ref->repo, "pull", err);
 *	api_perform(&call, "/manifests/latest", &request, &response, err)
 *	if (response.status != 200)
 *		return api_refuse(&call, ":latest", &response, err);
 */
#ifndef REGISTRY_API_H
#define REGISTRY_API_H

#include "base/http/retry.h"
#include "registry/session.h"
#include "registry/registry.h"

struct call {
	struct registry *reg;
	struct host *host;
	int retries;        /* of each request */
	int timeout_s;      /* without progress */
	struct scope scope; /* its texts are borrowed */
};

/* HOST, REPO and ACTIONS must outlive the call. */
int call_init(struct call *call, struct registry *reg, const char *host, const char *repo,
              const char *actions, struct error *err);

/* As WHERE: GET /v2/, which every registry answers. */
#define API_ROOT "/"

/* One try of REQUEST, whose url is set here: WHERE is a path below the
 * repository ("/blobs/sha256:…") or an absolute URL. A 401 is answered with a
 * new token, once. Fails like http_perform(). */
int api_once(const struct call *call, const char *where, struct http_request *request,
             struct http_response *response, struct error *err);

/* With retries. For requests that may be repeated unchanged. */
int api_perform(const struct call *call, const char *where, struct http_request *request,
                struct http_response *response, struct error *err);

/* Sets the error for an unexpected answer. WHAT follows the
 * repository's name (":latest", " blob sha256:…", ""). Always -1. */
int api_refuse(const struct call *call, const char *what,
               const struct http_response *response, struct error *err);

/* The address of the next page of a list, from the answer's Link
 * ("</v2/a/tags/list?last=x>; rel=next"); NULL: there is none. Another server's
 * gets no Authorization. Caller frees. */
char *api_next_page(const struct http_response *response);

/* Completes ERR after the last failed api_once(). Always -1. */
int api_fail(const struct call *call, enum http_fault fault, struct error *err);

#endif
