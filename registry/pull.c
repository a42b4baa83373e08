#include "registry/registry.h"

#include "base/base.h"
#include "base/number.h"
#include "registry/endpoint.h"
#include "registry/resolve.h"

/* So much more after a break is progress: the tries begin anew. */
#define PROGRESS (1u << 20)

struct pull {
	const struct call *call;
	const struct descriptor *d;
	struct hasher *hasher;
	uint64_t done; /* bytes the sink has, hashed */
	uint64_t skip; /* to be dropped of the current answer */
	registry_sink_fn *sink;
	void *sink_arg;
	registry_progress_fn *progress;
	void *progress_arg;
};

static int
damaged(const struct pull *p, const char *what, uint64_t n, struct error *err)
{
	char name[DIGEST_TEXT_MAX];

	return error_set(err, ERR_DAMAGED, "%s/%s blob %s: %s %llu bytes instead of %llu",
	                 p->call->host->name, p->call->scope.repo,
	                 digest_text(&p->d->digest, name), what, (unsigned long long)n,
	                 (unsigned long long)p->d->size);
}

/* "bytes 100-199/200": where the answer begins. */
static bool
range_start(const struct http_response *response, uint64_t *start)
{
	const char *value = http_header(response, "Content-Range");
	struct text t = text_of(value);
	ptrdiff_t dash;

	if (!text_starts(t, "bytes "))
		return false;
	t = text_trim(text_from(t, 6));
	dash = text_find(t, '-');
	return dash > 0 && number_u64(text_first(t, (size_t)dash), start);
}

static int
on_start(void *arg, const struct http_response *response, struct error *err)
{
	struct pull *p = arg;
	uint64_t start = 0, length;

	if (response->status == 206 &&
	    (!range_start(response, &start) || start > p->done))
		return error_set(err, ERR_NETWORK, "%s: not the range that was asked for",
		                 p->call->host->name);
	p->skip = p->done - start;
	if (http_header_u64(response, "Content-Length", &length) &&
	    (length > p->d->size || length + start != p->d->size))
		return damaged(p, "the server has", length + start, err);
	return 0;
}

static int
on_bytes(void *arg, const void *bytes, size_t n, struct error *err)
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

/* One try, from where the last one ended. */
static int
try_once(struct pull *p, const char *where, struct http_response *response,
         struct error *err)
{
	struct http_request request = {
		.method = "GET", .start = on_start, .sink = on_bytes, .arg = p
	};
	auto_free char *range = mem_print("Range: bytes=%llu-",
	                                  (unsigned long long)p->done);
	int rc;

	if (p->done > 0)
		request.headers[0] = range;
	rc = api_once(p->call, where, &request, response, err);
	if (rc < 0 || response->status / 100 != 2 || p->done == p->d->size)
		return rc;
	response->fault = HTTP_FAULT_BROKEN;
	return error_set(err, ERR_NETWORK,
	                 "%s: the answer ended after %llu of %llu bytes",
	                 p->call->host->address, (unsigned long long)p->done,
	                 (unsigned long long)p->d->size);
}

/* All tries at one endpoint. Another one goes on where this one ended. */
static int
transfer(void *arg, const struct call *call, struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	struct pull *p = arg;
	char name[DIGEST_TEXT_MAX];
	auto_free char *where = mem_print("/blobs/%s", digest_text(&p->d->digest, name));
	auto_free char *what = mem_print(" blob %s", name);
	uint64_t before = p->done;
	struct retry retry;
	int rc;

	p->call = call;
	retry_init(&retry, call->retries, call->reg->timeout_s, call->reg->cancel);
	do {
		rc = try_once(p, where, &response, err);
		if (rc == 0 && response.status / 100 == 2)
			return 0;
		if (p->done - before >= PROGRESS) {
			before = p->done;
			retry_progress(&retry);
		}
	} while (retry_wait(&retry, &rc, &response, call->host->name, err));
	return rc < 0 ? api_fail(call, response.fault, err)
	              : api_refuse(call, what, &response, err);
}

int
registry_pull_blob(struct registry *reg, const struct reference *ref,
                   const struct descriptor *d, registry_sink_fn *sink, void *sink_arg,
                   registry_progress_fn *progress, void *progress_arg, struct error *err)
{
	auto_hasher struct hasher *hasher = hasher_new(d->digest.alg);
	char name[DIGEST_TEXT_MAX], got_name[DIGEST_TEXT_MAX];
	struct digest got;
	struct pull p = { .d = d,
		          .hasher = hasher,
		          .sink = sink,
		          .sink_arg = sink_arg,
		          .progress = progress,
		          .progress_arg = progress_arg };

	if (endpoint_each(reg, ref, "pull", transfer, &p, err) < 0)
		return -1;
	got = hasher_end(hasher);
	if (digest_equal(&got, &d->digest))
		return 0;
	return error_set(err, ERR_DAMAGED, "%s/%s blob %s: its content is %s", ref->host,
	                 ref->repo, digest_text(&d->digest, name),
	                 digest_text(&got, got_name));
}

static int
add_to_buf(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	buf_add(arg, bytes, n);
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
	if (registry_pull_blob(reg, ref, d, add_to_buf, &bytes, NULL, NULL, err) < 0)
		return -1;
	buf_add_text(out, buf_text(&bytes));
	return 0;
}
