#include "registry/upload.h"

#include "base/base.h"
#include "base/event.h"
#include "base/http/url.h"
#include "base/number.h"

/* The size of pieces: it passes most proxies that limit bodies, and this much may have to
 * be sent again. */
#define FIRST_CHUNK (64u << 20)

/* With smaller pieces, the requests would cost more than the bytes. */
#define SMALLEST_CHUNK (512u << 10)

/* After a break, this many more bytes are progress, and the tries are counted anew. */
#define PROGRESS (1u << 20)

/* Some servers forget a session at every break. This is the maximum number of sessions,
 * as long as each makes progress. */
#define SESSIONS_MAX 32

/* The result of one request. */
enum step {
	STEP_DONE,    /* the server has the blob */
	STEP_MORE,    /* it has a piece */
	STEP_SMALLER, /* the body was too large for it */
	STEP_OFFSET,  /* it wants another offset */
	STEP_LOST,    /* it does not know the session */
	STEP_BROKEN,  /* see retry.h */
	STEP_REFUSED,
};

void
upload_clear(struct upload *u)
{
	free(u->location);
	u->location = NULL;
}

int
upload_exists(const struct upload *u, struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	struct http_request request = { .method = "HEAD" };
	char name[DIGEST_TEXT_MAX];
	auto_free char *where = mem_print("/blobs/%s", digest_text(&u->d->digest, name));

	if (api_perform(u->call, where, &request, &response, err) < 0)
		return -1;
	/* The upload's answer contains the error in any case. */
	return response.status == 200 ? 1 : 0;
}

/* A server behind a proxy that ends TLS may send http URLs. */
static char *
keep_tls(const struct call *call, char *location)
{
	auto_free char *base = host_url(call->host), *host = url_host(location);
	auto_free char *plain = location;

	if (!url_is_https(base) || url_is_https(location) || host == NULL ||
	    strcmp(host, call->host->address) != 0)
		return take(plain);
	return mem_print("https%s", plain + strlen("http"));
}

static int
take_location(struct upload *u, const struct http_response *response, struct error *err)
{
	const char *location = http_header(response, "Location");
	char *url = location != NULL ? url_join(response->url, location) : NULL;

	if (url == NULL)
		return error_set(err, ERR_NETWORK,
		                 "%s/%s: the server names no place for uploads",
		                 u->call->host->name, u->call->scope.repo);
	free(u->location);
	u->location = keep_tls(u->call, url);
	return 0;
}

static int
post(const struct call *call, const char *where, struct http_response *response,
     struct error *err)
{
	struct http_request request = { .method = "POST" };

	return api_perform(call, where, &request, response, err);
}

static int
post_mount(const struct upload *u, struct http_response *response, struct error *err)
{
	char name[DIGEST_TEXT_MAX];
	auto_free char *where = url_add_query("/blobs/uploads/", "mount",
	                                      digest_text(&u->d->digest, name));
	auto_free char *from = NULL;

	if (u->call->scope.mount_repo == NULL)
		return post(u->call, where, response, err);
	from = url_add_query(where, "from", u->call->scope.mount_repo);
	return post(u->call, from, response, err);
}

/* If a mount is refused (the source may be hidden from us, or the server may not support
 * mounts), the blob is uploaded. */
static int
begin(struct upload *u, struct http_response *response, struct error *err)
{
	auto_error struct error fault = ERROR_INIT;
	struct call plain = *u->call;
	int rc;

	if (u->anew)
		return post(u->call, "/blobs/uploads/", response, err);
	rc = post_mount(u, response, &fault);
	if (rc == 0 && response->status / 100 == 2)
		return 0;
	if (rc < 0 && fault.code != ERR_AUTH) {
		error_move(err, &fault);
		return -1;
	}
	plain.scope.mount_repo = NULL;
	return post(&plain, "/blobs/uploads/", response, err);
}

/* The server discards abandoned sessions itself, so it does not matter whether this
 * succeeds. */
static void
give_up_session(const struct upload *u)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	auto_error struct error ignored = ERROR_INIT;
	struct http_request request = { .method = "DELETE",
		                        .body_max = HTTP_ERROR_BODY_MAX };

	api_once(u->call, u->location, &request, &response, &ignored);
}

int
upload_try(struct upload *u, struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;

	if (post(u->call, "/blobs/uploads/", &response, err) < 0)
		return -1;
	if (response.status / 100 != 2)
		return api_refuse(u->call, "", &response, err);
	if (take_location(u, &response, err) < 0)
		return -1;
	give_up_session(u);
	return 0;
}

int
upload_begin(struct upload *u, bool *mounted, struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;

	upload_clear(u);
	u->offset = 0;
	u->in_doubt = false;
	u->resumed = false;
	if (begin(u, &response, err) < 0)
		return -1;
	*mounted = response.status == 201;
	if (*mounted)
		return 0;
	if (response.status / 100 != 2)
		return api_refuse(u->call, "", &response, err);
	http_header_u64(&response, "OCI-Chunk-Min-Length", &u->chunk_min);
	return take_location(u, &response, err);
}

/* "0-1023" or "bytes=0-1023": the server has 1024 bytes. Some say "0-0" when
 * they have none; who really has one byte will say so again (416). */
static bool
read_range(const struct http_response *response, uint64_t *n)
{
	const char *value = http_header(response, "Range");
	struct text t = text_of(value);
	uint64_t last;

	if (text_starts(t, "bytes="))
		t = text_from(t, 6);
	if (!text_starts(t, "0-") || !number_u64(text_from(t, 2), &last) ||
	    last == UINT64_MAX)
		return false;
	*n = last == 0 ? 0 : last + 1;
	return true;
}

static enum step
step_of(int rc, const struct http_response *response)
{
	if (rc < 0)
		return response->fault == HTTP_FAULT_NONE ? STEP_REFUSED : STEP_BROKEN;
	if (response->status == 413)
		return STEP_SMALLER;
	if (retry_status(response->status))
		return STEP_BROKEN;
	if (response->status == 416)
		return STEP_OFFSET;
	if (response->status == 404)
		return STEP_LOST;
	return STEP_REFUSED;
}

/* Asks how much the server has. STEP_MORE: OFFSET is set. */
static enum step
ask_offset(struct upload *u, struct http_response *response, struct error *err)
{
	struct http_request request = { .method = "GET",
		                        .body_max = HTTP_ERROR_BODY_MAX };
	int rc = api_once(u->call, u->location, &request, response, err);
	uint64_t n = 0;

	if (rc < 0 || retry_status(response->status))
		return step_of(rc, response);
	if (response->status / 100 != 2 || !read_range(response, &n) || n > u->d->size)
		return STEP_LOST;
	u->offset = n;
	u->in_doubt = false;
	u->resumed = true;
	if (http_header(response, "Location") != NULL &&
	    take_location(u, response, err) < 0)
		return STEP_REFUSED;
	return STEP_MORE;
}

/* Closes the session; the body has everything that the server lacks. */
static enum step
put(struct upload *u, struct http_response *response, struct error *err)
{
	char name[DIGEST_TEXT_MAX];
	auto_free char *url = url_add_query(u->location, "digest",
	                                    digest_text(&u->d->digest, name));
	struct http_request request = {
		.method = "PUT",
		.headers = { "Content-Type: application/octet-stream" },
		.source = u->source,
		.source_arg = u->source_arg,
		.source_start = u->offset,
		.source_size = u->d->size - u->offset,
		.sent = u->progress,
		.sent_arg = u->progress_arg,
		.sent_total = u->d->size,
		.body_max = HTTP_ERROR_BODY_MAX,
	};
	int rc;

	if (request.source_size == 0)
		request.source = NULL;
	rc = api_once(u->call, url, &request, response, err);
	/* An upload that was resumed may be wrong at the joint. */
	if (rc == 0 && response->status == 400 && u->resumed)
		return STEP_LOST;
	return rc == 0 && response->status / 100 == 2 ? STEP_DONE : step_of(rc, response);
}

static uint64_t
chunk_size(const struct upload *u)
{
	uint64_t left = u->d->size - u->offset;
	uint64_t chunk = u->chunk > u->chunk_min ? u->chunk : u->chunk_min;

	return chunk < left ? chunk : left;
}

/* Some servers take whole blobs only. If a whole blob was too large, pieces are the only
 * way. */
static bool
knows_no_patch(const struct upload *u, int status)
{
	return u->call->host->chunk == 0 &&
	       (status == 400 || status == 405 || status == 501);
}

static enum step
patch(struct upload *u, struct http_response *response, struct error *err)
{
	uint64_t n = chunk_size(u), has = u->offset + n;
	auto_free char *range = mem_print("Content-Range: %llu-%llu",
	                                  (unsigned long long)u->offset,
	                                  (unsigned long long)(has - 1));
	struct http_request request = {
		.method = "PATCH",
		.headers = { "Content-Type: application/octet-stream", range },
		.source = u->source,
		.source_arg = u->source_arg,
		.source_start = u->offset,
		.source_size = n,
		.sent = u->progress,
		.sent_arg = u->progress_arg,
		.sent_total = u->d->size,
		.body_max = HTTP_ERROR_BODY_MAX,
	};
	int rc = api_once(u->call, u->location, &request, response, err);

	if (rc == 0 && knows_no_patch(u, response->status)) {
		u->no_chunks = true;
		return STEP_LOST;
	}
	if (rc < 0 || response->status / 100 != 2)
		return step_of(rc, response);
	read_range(response, &has);
	if (has <= u->offset || has > u->d->size)
		return STEP_LOST;
	u->offset = has;
	if (http_header(response, "Location") != NULL &&
	    take_location(u, response, err) < 0)
		return STEP_REFUSED;
	return STEP_MORE;
}

static bool
at_once(const struct upload *u)
{
	return u->no_chunks || u->offset == u->d->size ||
	       (u->offset == 0 && (u->chunk == 0 || u->d->size <= u->chunk));
}

static enum step
next_step(struct upload *u, struct http_response *response, struct error *err)
{
	if (u->in_doubt)
		return ask_offset(u, response, err);
	return at_once(u) ? put(u, response, err) : patch(u, response, err);
}

/* The next smaller size of pieces, remembered for the other blobs of this
 * session. False if there is none. */
static bool
shrink(struct upload *u)
{
	uint64_t floor = u->chunk_min > SMALLEST_CHUNK ? u->chunk_min : SMALLEST_CHUNK;
	uint64_t chunk = u->chunk == 0 ? (uint64_t)FIRST_CHUNK * 4 : u->chunk;

	if (chunk > u->d->size)
		chunk = u->d->size;
	if (chunk <= floor)
		return false;
	u->chunk = chunk / 4 > floor ? chunk / 4 : floor;
	u->call->host->chunk = (size_t)u->chunk;
	event_debug("http", "%s: uploads in pieces of %llu bytes", u->call->host->name,
	            (unsigned long long)u->chunk);
	return true;
}

/* Begins a new session. 1: the blob arrived after all. */
static int
restart(struct upload *u, struct error *err)
{
	bool mounted = false;
	int there = u->anew ? 0 : upload_exists(u, err);

	if (there != 0)
		return there;
	if (upload_begin(u, &mounted, err) < 0)
		return -1;
	return mounted ? 1 : 0;
}

/* After a break, the rest is sent in pieces, so that the next break costs less. The
 * pieces become smaller each time, because some proxies silently cut off bodies that are
 * too large. */
static void
doubt(struct upload *u)
{
	uint64_t chunk = u->chunk < u->d->size ? u->chunk : u->d->size;

	u->in_doubt = true;
	if (u->chunk == 0)
		u->chunk = FIRST_CHUNK;
	else if (chunk / 4 >= SMALLEST_CHUNK)
		u->chunk = chunk / 4;
}

struct attempt {
	struct retry retry;
	uint64_t best; /* furthest offset so far */
	uint64_t sent; /* bytes that the network took in this session */
	int lost;      /* sessions that the server forgot */
	struct http_response response;
};

static void
own_attempt(struct attempt *a)
{
	http_response_clear(&a->response);
}

static int
give_up(const struct upload *u, const struct attempt *a, int rc, struct error *err)
{
	char name[DIGEST_TEXT_MAX];
	auto_free char *what = mem_print(" blob %s", digest_text(&u->d->digest, name));

	return rc < 0 ? api_fail(u->call, a->response.fault, err)
	              : api_refuse(u->call, what, &a->response, err);
}

static void
tell(const struct upload *u, uint64_t at, const char *what, const char *then)
{
	char name[DIGEST_TEXT_MAX];

	event_warn(0, "%s/%s blob %.19s: %s after %llu of %llu bytes; %s",
	           u->call->host->name, u->call->scope.repo,
	           digest_text(&u->d->digest, name), what, (unsigned long long)at,
	           (unsigned long long)u->d->size, then);
}

/* How far the session got, judged by the bytes that the network took. */
static uint64_t
reached(const struct upload *u, const struct attempt *a)
{
	return u->offset + a->response.sent;
}

/* Whether another session is worth it. */
static bool
may_restart(struct attempt *a)
{
	bool moved = a->sent >= PROGRESS;

	a->sent = 0;
	a->best = 0;
	return a->lost++ < (moved ? SESSIONS_MAX : a->retry.allowed);
}

/* Decides what follows STEP: 1 the blob is there, 0 go on, -1. */
static int
react(struct upload *u, struct attempt *a, enum step step, struct error *err)
{
	int rc = err->code == ERR_NONE ? 0 : -1;

	if (u->offset >= a->best + PROGRESS) {
		a->best = u->offset;
		retry_progress(&a->retry);
	}
	if (step == STEP_BROKEN && reached(u, a) > a->sent)
		a->sent = reached(u, a);
	switch (step) {
	case STEP_DONE:
		return 1;
	case STEP_MORE:
		return 0;
	case STEP_SMALLER:
		return shrink(u) ? restart(u, err) : give_up(u, a, rc, err);
	case STEP_BROKEN:
		if (rc < 0 && !u->in_doubt)
			tell(u, reached(u, a), err->text, "going on");
		doubt(u);
		return retry_wait(&a->retry, &rc, &a->response, u->call->host->name, err)
		               ? 0
		               : give_up(u, a, rc, err);
	case STEP_OFFSET:
		u->in_doubt = true;
		return a->retry.made++ < a->retry.allowed ? 0 : give_up(u, a, rc, err);
	case STEP_LOST:
		if (a->sent > 0)
			tell(u, a->sent, "the server forgot the upload",
			     "it begins anew");
		return may_restart(a) ? restart(u, err) : give_up(u, a, rc, err);
	case STEP_REFUSED:
	default:
		return give_up(u, a, rc, err);
	}
}

int
upload_send(struct upload *u, struct error *err)
{
	__attribute__((cleanup(own_attempt))) struct attempt a = { 0 };
	const struct registry *reg = u->call->reg;
	int rc;

	retry_init(&a.retry, u->call->retries, reg->timeout_s, reg->cancel);
	u->chunk = u->call->host->chunk;
	do
		rc = react(u, &a, next_step(u, &a.response, err), err);
	while (rc == 0);
	return rc < 0 ? -1 : 0;
}
