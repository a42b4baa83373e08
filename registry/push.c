#include "registry/registry.h"

#include "base/base.h"
#include "registry/endpoint.h"
#include "registry/upload.h"

struct blob_push {
	struct upload upload; /* set except for its call */
	const struct reference *ref;
	const char *mount_repo;
	enum push_outcome outcome;
};

/* MOUNT_REPO as the endpoint knows it, or NULL if it is none of this endpoint's. */
static char *
mount_source(const struct blob_push *push, const struct call *call)
{
	auto_endpoints struct endpoints all = { 0 };
	auto_error struct error ignored = ERROR_INIT;
	const struct endpoint *e;

	if (push->mount_repo == NULL || strcmp(push->mount_repo, push->ref->repo) == 0 ||
	    mirrors_find(call->reg->mirrors, push->ref->host, push->mount_repo, false,
	                 false, &all, &ignored) < 0)
		return NULL;
	e = &all.list.at[0];
	return strcmp(e->host, call->host->name) == 0 ? mem_copy(e->repo) : NULL;
}

static int
push_blob(void *arg, const struct call *target, struct error *err)
{
	struct blob_push *push = arg;
	struct call call = *target;
	auto_upload struct upload u = push->upload;
	auto_free char *source = mount_source(push, target);
	bool mounted = false;
	int there;

	u.call = &call;
	there = u.anew ? 0 : upload_exists(&u, err);
	if (there != 0) {
		push->outcome = PUSH_EXISTED;
		return there < 0 ? -1 : 0;
	}
	call.scope.mount_repo = source;
	if (upload_begin(&u, &mounted, err) < 0)
		return -1;
	/* From here on, requests only go to the target. */
	call.scope.mount_repo = NULL;
	push->outcome = mounted ? PUSH_MOUNTED : PUSH_SENT;
	return mounted ? 0 : upload_send(&u, err);
}

int
registry_push_blob(struct registry *reg, const struct reference *ref,
                   const struct descriptor *d, const char *mount_repo, bool anew,
                   registry_source_fn *source, void *source_arg,
                   registry_progress_fn *progress, void *progress_arg,
                   enum push_outcome *outcome, struct error *err)
{
	struct blob_push push = { .upload = { .d = d,
		                              .anew = anew,
		                              .source = source,
		                              .source_arg = source_arg,
		                              .progress = progress,
		                              .progress_arg = progress_arg },
		                  .ref = ref,
		                  .mount_repo = mount_repo };

	if (endpoint_each(reg, ref, "pull,push", push_blob, &push, err) < 0)
		return -1;
	*outcome = push.outcome;
	return 0;
}

static int
try_push(void *arg, const struct call *target, struct error *err)
{
	struct call call = *target;
	auto_upload struct upload u = { .call = &call };

	(void)arg;
	return upload_try(&u, err);
}

int
registry_try_push(struct registry *reg, const struct reference *ref, struct error *err)
{
	return endpoint_each(reg, ref, "pull,push", try_push, NULL, err);
}

struct manifest_push {
	const struct reference *ref;
	struct registry_put *put;
	bool lacks_blobs, has_changed;
};

static bool
says_blob_unknown(const struct http_response *response)
{
	return response->status / 100 == 4 &&
	       strstr(buf_str(&response->body), "BLOB_UNKNOWN") != NULL;
}

/* What a 2xx answer says about the stored manifest. */
static int
check_stored(const struct call *call, const char *what, struct registry_put *put,
             const struct http_response *response, struct error *err)
{
	const char *said = http_header(response, "Docker-Content-Digest");
	char name[DIGEST_TEXT_MAX];
	struct digest got;

	put->knows_subject = http_header(response, "OCI-Subject") != NULL;
	if (said == NULL || !digest_parse(&got, text_of(said)) ||
	    got.alg != put->digest->alg || digest_equal(&got, put->digest))
		return 0;
	return error_set(err, ERR_DAMAGED, "%s/%s%s: the server stored %s instead of %s",
	                 call->host->name, call->scope.repo, what, said,
	                 digest_text(put->digest, name));
}

static int
push_manifest(void *arg, const struct call *call, struct error *err)
{
	struct manifest_push *push = arg;
	struct registry_put *put = push->put;
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	const char *tag = push->ref->tag;
	char name[DIGEST_TEXT_MAX];
	auto_free char *type = mem_print("Content-Type: %s", put->media_type);
	auto_free char *where = NULL, *what = NULL, *match = NULL;
	struct http_request request = { .method = "PUT",
		                        .headers = { type },
		                        .body = put->bytes,
		                        .body_max = HTTP_ERROR_BODY_MAX };

	if (put->if_match != NULL)
		request.headers[1] = match = mem_print("If-Match: %s", put->if_match);
	digest_text(put->digest, name);
	where = mem_print("/manifests/%s", tag != NULL ? tag : name);
	what = mem_print("%c%s", tag != NULL ? ':' : '@', tag != NULL ? tag : name);
	if (api_perform(call, where, &request, &response, err) < 0)
		return -1;
	push->lacks_blobs = says_blob_unknown(&response);
	push->has_changed = response.status == 412 && put->if_match != NULL;
	if (response.status / 100 != 2)
		return api_refuse(call, what, &response, err);
	return check_stored(call, what, put, &response, err);
}

int
registry_put_manifest(struct registry *reg, const struct reference *ref,
                      struct registry_put *put, struct error *err)
{
	struct manifest_push push = { .ref = ref, .put = put };

	if (endpoint_each(reg, ref, "pull,push", push_manifest, &push, err) == 0)
		return 0;
	if (push.has_changed)
		return REGISTRY_CHANGED;
	return push.lacks_blobs ? REGISTRY_LACKS_BLOBS : -1;
}

int
registry_push_manifest(struct registry *reg, const struct reference *ref,
                       const char *media_type, struct text bytes,
                       const struct digest *digest, struct error *err)
{
	struct registry_put put = { .media_type = media_type,
		                    .bytes = bytes,
		                    .digest = digest };

	return registry_put_manifest(reg, ref, &put, err);
}
