#include "registry/registry.h"

#include <curl/curl.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/http/curl_lazy.h"
#include "base/http/retry.h"
#include "base/http/url.h"
#include "base/number.h"
#include "registry/session.h"

/* After a break, this many more bytes are progress, and the tries are counted anew. */
#define PROGRESS (1u << 20)

/* A download that can be resumed as long as the server says that the content is the
 * same. */
struct fetch {
	registry_sink_fn *sink;
	registry_restart_fn *restart;
	void *sink_arg;
	registry_progress_fn *progress;
	void *progress_arg;
	const char *authorization;
	char *etag, *modified; /* validators of the first answer, or NULL */
	uint64_t done, total, skip;
	bool begun;
	bool complete;  /* TOTAL is known */
	bool no_ranges; /* ranges cannot be used with this server */
};

static void
fetch_clear(struct fetch *f)
{
	free(f->etag);
	free(f->modified);
	f->etag = f->modified = NULL;
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
begin(struct fetch *f, const struct http_response *response)
{
	fetch_clear(f);
	f->begun = true;
	f->etag = mem_copy(http_header(response, "ETag"));
	f->modified = mem_copy(http_header(response, "Last-Modified"));
	f->complete = http_header_u64(response, "Content-Length", &f->total);
}

/* The range must begin where we stopped. */
static bool
continues(const struct fetch *f, const struct http_response *response)
{
	uint64_t start = 0;

	return http_range_start(response, &start) && start == f->done;
}

/* Whether the server still has the content with which the download began. */
static bool
is_same(const struct fetch *f, const struct http_response *response)
{
	return (f->etag != NULL || f->modified != NULL) &&
	       same(f->etag, http_header(response, "ETag")) &&
	       same(f->modified, http_header(response, "Last-Modified"));
}

static int
fetch_on_start(void *arg, const struct http_response *response, struct error *err)
{
	struct fetch *f = arg;

	f->skip = 0;
	if (response->status == 206) {
		if (is_same(f, response) && continues(f, response))
			return 0;
		f->no_ranges = true;
		return error_set(err, ERR_NETWORK, "not the range that was asked for");
	}
	if (f->done > 0 && is_same(f, response)) {
		f->skip = f->done;
		return 0;
	}
	if (f->done > 0 && f->restart(f->sink_arg, err) < 0)
		return -1;
	f->done = 0;
	begin(f, response);
	return 0;
}

static int
fetch_on_bytes(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct fetch *f = arg;
	size_t skip = f->skip < n ? (size_t)f->skip : n;

	f->skip -= skip;
	n -= skip;
	if (n == 0)
		return 0;
	if (f->sink(f->sink_arg, (const char *)bytes + skip, n, err) < 0)
		return -1;
	f->done += n;
	if (f->progress != NULL)
		f->progress(f->progress_arg, f->done, f->complete ? f->total : 0);
	return 0;
}

/* If the range cannot be had, the whole content is fetched. */
static int
settle(struct fetch *f, int rc, struct http_response *response, struct error *err)
{
	if (rc == 0 && response->status == 416 && f->done > 0 && !f->no_ranges) {
		f->no_ranges = true;
		rc = error_set(err, ERR_NETWORK, "no such range");
	}
	if (rc < 0 && f->no_ranges && response->fault == HTTP_FAULT_NONE &&
	    err->code == ERR_NETWORK)
		response->fault = HTTP_FAULT_BROKEN;
	return rc;
}

/* If-Range makes the server send all if the content is no longer the same. A
 * weak ETag cannot promise equal bytes. */
static int
try_once(struct fetch *f, struct registry *reg, const char *url,
         const char *if_none_match, struct http_response *response, struct error *err)
{
	bool strong = f->etag != NULL && strncmp(f->etag, "W/", 2) != 0;
	auto_free char *match = mem_print("If-None-Match: %s",
	                                  if_none_match != NULL ? if_none_match : "");
	auto_free char *range = mem_print("Range: bytes=%llu-",
	                                  (unsigned long long)f->done);
	auto_free char *if_range = mem_print("If-Range: %s",
	                                     strong ? f->etag : f->modified);
	struct http_request request = { .method = "GET",
		                        .url = url,
		                        .authorization = f->authorization,
		                        .start = fetch_on_start,
		                        .sink = fetch_on_bytes,
		                        .arg = f };
	size_t n = 0;

	if (f->done > 0 && !f->no_ranges && (strong || f->modified != NULL)) {
		request.headers[n++] = range;
		request.headers[n++] = if_range;
	}
	if (f->done == 0 && if_none_match != NULL)
		request.headers[n++] = match;
	return settle(f, http_perform(reg->http, &request, response, err), response, err);
}

static int
download(struct fetch *f, struct registry *reg, const char *url, const char *etag,
         struct http_response *response, struct error *err)
{
	auto_free char *host = url_host(url);
	struct retry retry;
	uint64_t before = 0;
	int rc;

	retry_init(&retry, reg->retries, reg->timeout_s, reg->cancel);
	do {
		rc = try_once(f, reg, url, etag, response, err);
		if (f->done >= before + PROGRESS) {
			before = f->done;
			retry_progress(&retry);
		}
	} while (retry_wait(&retry, &rc, response, host != NULL ? host : "server", err));
	return rc;
}

static void
describe(const struct http_response *response, struct http_file *out)
{
	const char *modified = http_header(response, "Last-Modified");
	time_t at = modified != NULL ? curl_getdate(modified, NULL) : -1;

	out->etag = mem_copy(http_header(response, "ETag"));
	out->final_url = mem_copy(response->url);
	if (at > CLOCK_LAST_S)
		at = CLOCK_LAST_S;
	out->last_modified_s = at > 0 ? (int64_t)at : 0;
	out->not_modified = response->status == 304;
}

int
registry_fetch_url(struct registry *reg, const char *url, const char *authorization,
                   const char *etag, registry_sink_fn *sink, registry_restart_fn *restart,
                   void *sink_arg, registry_progress_fn *progress, void *progress_arg,
                   struct http_file *out, struct error *err)
{
	__attribute__((cleanup(
	        fetch_clear))) struct fetch f = { .sink = sink,
		                                  .restart = restart,
		                                  .sink_arg = sink_arg,
		                                  .progress = progress,
		                                  .progress_arg = progress_arg,
		                                  .authorization = authorization };
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	auto_free char *shown = NULL;

	if (curl_lazy_load(err) < 0)
		return -1;
	shown = url_print(url);
	if (download(&f, reg, url, etag, &response, err) < 0)
		return error_wrap(err, "%s", shown);
	if (response.status / 100 != 2 && !(response.status == 304 && etag != NULL))
		return error_set(
		        err,
		        response.status == 401 || response.status == 403 ? ERR_AUTH
		                                                         : ERR_SOURCE,
		        "%s: invalid response status %d", shown, response.status);
	describe(&response, out);
	return 0;
}

void
http_file_clear(struct http_file *f)
{
	free(f->etag);
	free(f->final_url);
	*f = (struct http_file){ 0 };
}
