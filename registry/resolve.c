#include "registry/registry.h"

#include "base/base.h"
#include "base/jsonio.h"
#include "registry/endpoint.h"
#include "registry/manifest.h"
#include "registry/resolve.h"

/* The types that we can read, best first. Servers convert or refuse other types. */
#define ACCEPT                                                                           \
	"Accept: " MEDIA_OCI_INDEX ", " MEDIA_OCI_MANIFEST ", " MEDIA_DOCKER_LIST        \
	", " MEDIA_DOCKER_MANIFEST ", */*;q=0.1"

/* A body that does not fit its digest was damaged on the way: so often again. */
#define DAMAGED_TRIES 2

void
resolved_clear(struct resolved *r)
{
	descriptor_clear(&r->root);
	descriptor_clear(&r->manifest);
	free(r->root_bytes);
	free(r->manifest_bytes);
	*r = (struct resolved){ 0 };
}

static struct digest
digest_with(enum digest_alg alg, struct text bytes)
{
	auto_hasher struct hasher *h = NULL;

	if (alg == DIGEST_SHA256 || alg == DIGEST_NONE)
		return digest_of(bytes.p, bytes.n);
	h = hasher_new(alg);
	hasher_add(h, bytes.p, bytes.n);
	return hasher_end(h);
}

/* The beginning of a page that a proxy or portal sent instead. */
static bool
is_json(struct text bytes)
{
	bytes = text_trim(bytes);
	return bytes.n > 0 && bytes.p[0] == '{' && bytes.p[bytes.n - 1] == '}';
}

/* The digest that BYTES must have: the reference's, else what the server says,
 * else there is nothing to compare with. *OUT is the digest they have. */
static bool
is_intact(const struct digest *want, const struct http_response *response,
          struct digest *out)
{
	const char *said = http_header(response, "Docker-Content-Digest");
	struct digest expect = *want;

	if (!digest_known(&expect) && said != NULL)
		digest_parse(&expect, text_of(said));
	*out = digest_with(expect.alg, buf_text(&response->body));
	if (digest_known(&expect))
		return digest_equal(&expect, out);
	return is_json(buf_text(&response->body));
}

/* mediaType of the body, else the Content-Type if it is one of ours, else what
 * the members look like. Many servers send text/plain. */
char *
manifest_type_of(const struct http_response *response, const char *where,
                 struct error *err)
{
	auto_json json_t *root = manifest_parse(buf_text(&response->body), where, err);
	const char *type, *header = http_header(response, "Content-Type");
	bool is_index;

	if (root == NULL)
		return NULL;
	type = json_string_value(json_object_get(root, "mediaType"));
	if (type != NULL && *type != '\0')
		return mem_copy(type);
	if (header != NULL && (media_is_index(header) || media_is_manifest(header)))
		return mem_copy(header);
	if (manifest_is_index(buf_text(&response->body), where, &is_index, err) < 0)
		return NULL;
	return mem_copy(is_index ? MEDIA_OCI_INDEX : MEDIA_OCI_MANIFEST);
}

/* ":latest" or "@sha256:…": what follows the repository in a reference. */
static char *
print_name(const char *name)
{
	return mem_print("%c%s", strchr(name, ':') != NULL ? '@' : ':', name);
}

static int
manifest_get_once(const struct call *call, const char *name, const struct digest *want,
                  size_t max, bool afresh, struct http_response *response,
                  struct digest *got, struct error *err)
{
	auto_free char *where = mem_print("/manifests/%s", name);
	auto_free char *what = print_name(name);
	struct http_request request = { .method = "GET",
		                        .headers = { ACCEPT },
		                        .body_max = max };
	char text[DIGEST_TEXT_MAX];

	if (afresh)
		request.headers[1] = "Cache-Control: no-cache";
	if (api_perform(call, where, &request, response, err) < 0)
		return -1;
	if (response->status != 200)
		return api_refuse(call, what, response, err);
	if (is_intact(want, response, got))
		return 0;
	return error_set(err, ERR_DAMAGED,
	                 "%s/%s%s: the answer is not its manifest: content is %s",
	                 call->host->name, call->scope.repo, what,
	                 digest_text(got, text));
}

int
manifest_get(const struct call *call, const char *name, const struct digest *want,
             size_t max, struct http_response *response, struct digest *got,
             struct error *err)
{
	int allowed = call->retries < DAMAGED_TRIES ? call->retries : DAMAGED_TRIES;
	struct http_response none = { .fault = HTTP_FAULT_BROKEN };
	struct retry retry;
	int rc;

	retry_init(&retry, allowed, call->timeout_s, call->reg->cancel);
	do
		rc = manifest_get_once(call, name, want, max, retry.made > 0, response,
		                       got, err);
	while (rc < 0 && err->code == ERR_DAMAGED &&
	       retry_wait(&retry, &rc, &none, call->host->name, err));
	return rc;
}

/* Fetches NAME as a descriptor and its bytes. */
static int
fetch(const struct call *call, const char *name, const struct digest *want,
      const char *where, struct descriptor *d, char **bytes, struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	struct digest got;
	char *type;

	if (manifest_get(call, name, want, MANIFEST_MAX, &response, &got, err) < 0)
		return -1;
	type = manifest_type_of(&response, where, err);
	if (type == NULL)
		return -1;
	d->media_type = type;
	d->digest = got;
	d->size = response.body.n;
	*bytes = buf_take(&response.body);
	return 0;
}

struct resolving {
	const struct reference *ref;
	const struct platform *platform;
	struct resolved *out;
};

/* What is read of one image at one place. */
struct reading {
	const struct call *call;
	const struct resolved *known; /* its root */
	const char *where;
};

static int
read_document(void *arg, const struct descriptor *d, struct buf *out, struct error *err)
{
	const struct reading *r = arg;
	auto_descriptor struct descriptor got = DESCRIPTOR_INIT;
	auto_free char *bytes = NULL;
	char name[DIGEST_TEXT_MAX];

	if (digest_equal(&d->digest, &r->known->root.digest)) {
		buf_add(out, r->known->root_bytes, (size_t)r->known->root.size);
		return 0;
	}
	if (fetch(r->call, digest_text(&d->digest, name), &d->digest, r->where, &got,
	          &bytes, err) < 0)
		return -1;
	buf_add(out, bytes, (size_t)got.size);
	return 0;
}

static int
resolve_at(void *arg, const struct call *call, struct error *err)
{
	const struct resolving *what = arg;
	const struct reference *ref = what->ref;
	auto_resolved struct resolved r = { 0 };
	auto_free char *where = reference_print(ref);
	auto_buf struct buf text = BUF_INIT;
	struct reading reading = { .call = call, .known = &r, .where = where };
	struct digest want = { 0 };

	if (ref->digest != NULL)
		digest_parse(&want, text_of(ref->digest));
	if (fetch(call, ref->digest != NULL ? ref->digest : ref->tag, &want, where,
	          &r.root, &r.root_bytes, err) < 0 ||
	    manifest_find(&r.root, what->platform, where, read_document, &reading,
	                  &r.manifest, &text, err) < 0)
		return -1;
	r.manifest_bytes = buf_take(&text);
	*what->out = r;
	r = (struct resolved){ 0 };
	return 0;
}

int
registry_resolve(struct registry *reg, const struct reference *ref,
                 const struct platform *platform, struct resolved *out, struct error *err)
{
	struct resolving what = { .ref = ref, .platform = platform, .out = out };

	return endpoint_each(reg, ref, "pull", resolve_at, &what, err);
}

/* A HEAD has no body that could say what is wrong, so a GET asks again. */
static int
explain_head(const struct call *call, const char *name, struct http_response *response,
             struct error *err)
{
	struct digest any = { 0 }, got;
	auto_free char *what = print_name(name);

	if (response->status != 404 &&
	    manifest_get(call, name, &any, MANIFEST_MAX, response, &got, err) < 0)
		return -1;
	return api_refuse(call, what, response, err);
}

/* Servers that do not send the digest make us compute it. */
static int
head_by_get(const struct call *call, const char *name, struct descriptor *d,
            struct error *err)
{
	struct digest any = { 0 };
	auto_free char *bytes = NULL;

	return fetch(call, name, &any, name, d, &bytes, err);
}

struct asking {
	const struct reference *ref;
	struct descriptor *out;
};

static int
resolve_ask(void *arg, const struct call *call, struct error *err)
{
	const struct asking *what = arg;
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	const char *name = what->ref->tag != NULL ? what->ref->tag : what->ref->digest;
	auto_free char *where = mem_print("/manifests/%s", name);
	struct http_request request = { .method = "HEAD", .headers = { ACCEPT } };
	const char *digest, *type;

	if (api_perform(call, where, &request, &response, err) < 0)
		return -1;
	if (response.status != 200)
		return explain_head(call, name, &response, err);
	digest = http_header(&response, "Docker-Content-Digest");
	type = http_header(&response, "Content-Type");
	if (digest != NULL && digest_parse(&d.digest, text_of(digest))) {
		d.media_type = mem_copy(type != NULL ? type : "");
		http_header_u64(&response, "Content-Length", &d.size);
	} else if (head_by_get(call, name, &d, err) < 0) {
		return -1;
	}
	*what->out = d;
	d = (struct descriptor)DESCRIPTOR_INIT;
	return 0;
}

struct checking {
	const char *name;
	const struct digest *digest;
	bool found;
};

static int
resolve_check(void *arg, const struct call *call, struct error *err)
{
	struct checking *what = arg;
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	auto_free char *where = mem_print("/manifests/%s", what->name);
	struct http_request request = { .method = "HEAD", .headers = { ACCEPT } };
	const char *said = NULL;
	struct digest got;

	if (api_perform(call, where, &request, &response, err) < 0)
		return -1;
	said = http_header(&response, "Docker-Content-Digest");
	what->found = response.status == 200 && said != NULL &&
	              digest_parse(&got, text_of(said)) &&
	              digest_equal(&got, what->digest);
	return 0;
}

int
registry_is_there(struct registry *reg, const struct reference *ref,
                  const struct digest *digest, struct error *err)
{
	char text[DIGEST_TEXT_MAX];
	struct checking what = { .name = ref->tag, .digest = digest };

	if (ref->tag == NULL)
		what.name = digest_text(digest, text);
	/* Not from a mirror. */
	if (endpoint_each(reg, ref, "pull,push", resolve_check, &what, err) < 0)
		return -1;
	return what.found ? 1 : 0;
}

int
registry_head(struct registry *reg, const struct reference *ref, struct descriptor *out,
              struct error *err)
{
	struct asking what = { .ref = ref, .out = out };

	return endpoint_each(reg, ref, "pull", resolve_ask, &what, err);
}
