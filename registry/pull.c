#include "registry/registry.h"

#include "base/base.h"
#include "base/event.h"
#include "base/http/url.h"
#include "base/number.h"
#include "registry/endpoint.h"
#include "registry/resolve.h"

/* After a break, this many more bytes are progress, and the tries are counted anew. */
#define PROGRESS (1u << 20)

/* Content with another digest was damaged on the way: it is fetched this many times more,
 * from the start. */
#define DAMAGED_TRIES 2

struct pull {
	const struct call *call; /* NULL: at one of the urls */
	const struct descriptor *d;
	struct hasher *hasher;
	char *name;    /* of the place, for errors */
	uint64_t done; /* bytes the sink has, hashed */
	uint64_t skip; /* bytes of the current answer to drop */
	bool afresh;   /* ask caches on the way to fetch it anew */
	registry_sink_fn *sink;
	registry_restart_fn *restart;
	void *sink_arg;
	registry_progress_fn *progress;
	void *progress_arg;
};

static void
pull_clear(struct pull *p)
{
	hasher_free(p->hasher);
	free(p->name);
}

/* ------------------------------------------------------------ what comes */

static int
damaged(const struct pull *p, const char *what, uint64_t n, struct error *err)
{
	char name[DIGEST_TEXT_MAX];

	return error_set(err, ERR_DAMAGED, "%s blob %s: %s %llu bytes instead of %llu",
	                 p->name, digest_text(&p->d->digest, name), what,
	                 (unsigned long long)n, (unsigned long long)p->d->size);
}

static int
pull_on_start(void *arg, const struct http_response *response, struct error *err)
{
	struct pull *p = arg;
	uint64_t start = 0, length;

	if (response->status == 206 &&
	    (!http_range_start(response, &start) || start > p->done))
		return error_set(err, ERR_DAMAGED, "%s: not the range that was asked for",
		                 p->name);
	p->skip = p->done - start;
	if (http_header_u64(response, "Content-Length", &length) &&
	    (length > p->d->size || length + start != p->d->size))
		return damaged(p, "the server has", length + start, err);
	return 0;
}

static int
pull_on_bytes(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct pull *p = arg;
	const char *at = bytes;
	size_t skip = p->skip < n ? (size_t)p->skip : n;

	p->skip -= skip;
	at += skip;
	n -= skip;
	if (n == 0)
		return 0;
	if (n > p->d->size - p->done)
		return damaged(p, "the server sends more than", p->d->size, err);
	hasher_add(p->hasher, at, n);
	if (p->sink(p->sink_arg, at, n, err) < 0)
		return -1;
	p->done += n;
	if (p->progress != NULL)
		p->progress(p->progress_arg, p->done, p->d->size);
	return 0;
}

/* ------------------------------------------------------------ one place */

static int
perform(struct pull *p, struct registry *reg, const char *where,
        struct http_request *request, struct http_response *response, struct error *err)
{
	if (p->call != NULL)
		return api_once(p->call, where, request, response, err);
	request->url = where;
	return http_perform(reg->http, request, response, err);
}

/* Makes one try, from where the last one ended. */
static int
try_once(struct pull *p, struct registry *reg, const char *where,
         struct http_response *response, struct error *err)
{
	struct http_request request = {
		.method = "GET", .start = pull_on_start, .sink = pull_on_bytes, .arg = p
	};
	auto_free char *range = mem_print("Range: bytes=%llu-",
	                                  (unsigned long long)p->done);
	size_t n = 0;
	int rc;

	if (p->done > 0)
		request.headers[n++] = range;
	if (p->afresh)
		request.headers[n++] = "Cache-Control: no-cache";
	rc = perform(p, reg, where, &request, response, err);
	if (rc == 0 && response->status == 416 && p->done > 0)
		return error_set(err, ERR_DAMAGED, "%s: it has no more than %llu bytes",
		                 p->name, (unsigned long long)p->done);
	if (rc < 0 || response->status / 100 != 2 || p->done == p->d->size)
		return rc;
	response->fault = HTTP_FAULT_BROKEN;
	return error_set(err, ERR_NETWORK,
	                 "%s: the answer ended after %llu of %llu bytes", p->name,
	                 (unsigned long long)p->done, (unsigned long long)p->d->size);
}

/* Checks size and digest, once everything has arrived. */
static int
check(struct pull *p, struct error *err)
{
	char name[DIGEST_TEXT_MAX], got_name[DIGEST_TEXT_MAX];
	struct digest got = hasher_end(p->hasher);

	if (digest_equal(&got, &p->d->digest))
		return 0;
	return error_set(err, ERR_DAMAGED, "%s blob %s: its content is %s", p->name,
	                 digest_text(&p->d->digest, name), digest_text(&got, got_name));
}

static int
start_anew(struct pull *p, struct error *err)
{
	if (p->restart(p->sink_arg, err) < 0)
		return -1;
	hasher_free(p->hasher);
	p->hasher = hasher_new(p->d->digest.alg);
	p->done = 0;
	p->afresh = true;
	return 0;
}

/* Whether another try, before which this waits, may repair the damage in ERR. The sink is
 * emptied in any case, for this place or the next. */
static bool
again_from_start(struct pull *p, struct retry *damages, struct error *err)
{
	struct http_response none = { .fault = HTTP_FAULT_BROKEN };
	auto_error struct error fault = ERROR_INIT;
	int rc = -1;

	if (start_anew(p, &fault) < 0) {
		error_move(err, &fault);
		return false;
	}
	if (damages->made >= damages->allowed)
		return false;
	event_warn(0, "%s; it is fetched again", err->text);
	return retry_wait(damages, &rc, &none, p->name, err);
}

/* All tries at one place. Another one goes on where this one ended. */
static int
transfer_from(struct pull *p, struct registry *reg, const char *where, int retries,
              struct http_response *response, struct error *err)
{
	uint64_t before = p->done;
	struct retry retry, damages;
	int rc;

	retry_init(&retry, retries, reg->timeout_s, reg->cancel);
	retry_init(&damages, retries < DAMAGED_TRIES ? retries : DAMAGED_TRIES,
	           reg->timeout_s, reg->cancel);
	for (;;) {
		rc = try_once(p, reg, where, response, err);
		if (rc == 0 && response->status / 100 == 2)
			rc = check(p, err);
		if (rc == 0 && response->status / 100 == 2)
			return 0;
		if (rc < 0 && err->code == ERR_DAMAGED) {
			if (!again_from_start(p, &damages, err))
				return -1;
			before = 0;
			continue;
		}
		if (p->done > before && p->done - before >= PROGRESS) {
			before = p->done;
			retry_progress(&retry);
		}
		if (!retry_wait(&retry, &rc, response, p->name, err))
			return rc;
	}
}

static int
pull_transfer(void *arg, const struct call *call, struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	struct pull *p = arg;
	char name[DIGEST_TEXT_MAX];
	auto_free char *where = mem_print("/blobs/%s", digest_text(&p->d->digest, name));
	auto_free char *what = mem_print(" blob %s", name);
	int rc;

	p->call = call;
	free(p->name);
	p->name = mem_print("%s/%s", call->host->name, call->scope.repo);
	rc = transfer_from(p, call->reg, where, call->retries, &response, err);
	if (rc < 0)
		return err->code == ERR_DAMAGED ? -1
		                                : api_fail(call, response.fault, err);
	return response.status / 100 == 2 ? 0 : api_refuse(call, what, &response, err);
}

/* ------------------------------------------------------------ other places */

static int
transfer_from_url(struct pull *p, struct registry *reg, const char *url,
                  struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	int rc;

	p->call = NULL;
	free(p->name);
	p->name = url_print(url);
	rc = transfer_from(p, reg, url, reg->retries, &response, err);
	if (rc < 0 || response.status / 100 == 2)
		return rc;
	return error_set(err, ERR_SOURCE, "%s: status %d", p->name, response.status);
}

/* Non-distributable layers are not in the registry but where the manifest says. No
 * credentials are sent there, and the content is verified like any other. */
static int
transfer_from_urls(struct pull *p, struct registry *reg, struct error *err)
{
	for (size_t i = 0; i < json_array_size(p->d->urls); i++) {
		auto_error struct error fault = ERROR_INIT;
		const char *url = json_string_value(json_array_get(p->d->urls, i));

		if (transfer_from_url(p, reg, url, &fault) == 0) {
			error_clear(err);
			return 0;
		}
		if (fault.code == ERR_CANCELLED) {
			error_move(err, &fault);
			return -1;
		}
		event_warn_error(0, &fault, "layer");
	}
	return -1;
}

int
registry_pull_blob(struct registry *reg, const struct reference *ref,
                   const struct descriptor *d, registry_sink_fn *sink,
                   registry_restart_fn *restart, void *sink_arg,
                   registry_progress_fn *progress, void *progress_arg, struct error *err)
{
	__attribute__((cleanup(
	        pull_clear))) struct pull p = { .d = d,
		                                .hasher = hasher_new(d->digest.alg),
		                                .sink = sink,
		                                .restart = restart,
		                                .sink_arg = sink_arg,
		                                .progress = progress,
		                                .progress_arg = progress_arg };

	if (endpoint_each(reg, ref, "pull", pull_transfer, &p, err) == 0)
		return 0;
	if (err->code == ERR_CANCELLED)
		return -1;
	return transfer_from_urls(&p, reg, err);
}

static int
add_to_buf(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	buf_add(arg, bytes, n);
	return 0;
}

static int
empty_buf(void *arg, struct error *err)
{
	(void)err;
	buf_truncate(arg, 0);
	return 0;
}

struct small {
	const struct descriptor *d;
	size_t max;
	struct buf *out;
};

static int
pull_manifest(void *arg, const struct call *call, struct error *err)
{
	const struct small *what = arg;
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	char name[DIGEST_TEXT_MAX];
	struct digest got;

	digest_text(&what->d->digest, name);
	if (manifest_get(call, name, &what->d->digest, what->max, &response, &got, err) <
	    0)
		return -1;
	buf_add_text(what->out, buf_text(&response.body));
	return 0;
}

int
registry_pull_bytes(struct registry *reg, const struct reference *ref,
                    const struct descriptor *d, size_t max, bool is_manifest,
                    struct buf *out, struct error *err)
{
	struct small what = { .d = d, .max = max, .out = out };
	auto_buf struct buf bytes = BUF_INIT;
	char name[DIGEST_TEXT_MAX];

	if (d->size > max)
		return error_set(err, ERR_DAMAGED,
		                 "%s/%s@%s: %llu bytes are more than %zu", ref->host,
		                 ref->repo, digest_text(&d->digest, name),
		                 (unsigned long long)d->size, max);
	if (is_manifest)
		return endpoint_each(reg, ref, "pull", pull_manifest, &what, err);
	if (registry_pull_blob(reg, ref, d, add_to_buf, empty_buf, &bytes, NULL, NULL,
	                       err) < 0)
		return -1;
	buf_add_text(out, buf_text(&bytes));
	return 0;
}
