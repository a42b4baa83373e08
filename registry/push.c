#include "registry/registry.h"

#include "base/base.h"
#include "registry/upload.h"

int
registry_push_blob(struct registry *reg, const struct reference *ref,
                   const struct descriptor *d, const char *mount_repo,
                   registry_source_fn *source, void *source_arg,
                   registry_progress_fn *progress, void *progress_arg,
                   enum push_outcome *outcome, struct error *err)
{
	struct call call;
	auto_upload struct upload u = { .call = &call,
		                        .d = d,
		                        .source = source,
		                        .source_arg = source_arg,
		                        .progress = progress,
		                        .progress_arg = progress_arg };
	bool mounted = false;
	int there;

	if (call_init(&call, reg, ref->host, ref->repo, "pull,push", err) < 0)
		return -1;
	there = upload_exists(&u, err);
	if (there != 0) {
		*outcome = PUSH_EXISTED;
		return there < 0 ? -1 : 0;
	}
	if (mount_repo != NULL && strcmp(mount_repo, ref->repo) != 0)
		call.scope.mount_repo = mount_repo;
	if (upload_begin(&u, &mounted, err) < 0)
		return -1;
	if (!mounted) {
		/* From here on the target alone is spoken to. */
		call.scope.mount_repo = NULL;
		if (upload_send(&u, err) < 0)
			return -1;
	}
	*outcome = mounted ? PUSH_MOUNTED : PUSH_SENT;
	return 0;
}

int
registry_push_manifest(struct registry *reg, const struct reference *ref,
                       const char *media_type, struct text bytes,
                       const struct digest *digest, struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	char name[DIGEST_TEXT_MAX];
	auto_free char *type = mem_print("Content-Type: %s", media_type);
	auto_free char *where = NULL, *what = NULL;
	struct http_request request = { .method = "PUT",
		                        .headers = { type },
		                        .body = bytes,
		                        .body_max = HTTP_ERROR_BODY_MAX };
	const char *said;
	struct digest got;
	struct call call;

	digest_text(digest, name);
	where = mem_print("/manifests/%s", ref->tag != NULL ? ref->tag : name);
	what = mem_print("%c%s", ref->tag != NULL ? ':' : '@',
	                 ref->tag != NULL ? ref->tag : name);
	if (call_init(&call, reg, ref->host, ref->repo, "pull,push", err) < 0 ||
	    api_perform(&call, where, &request, &response, err) < 0)
		return -1;
	if (response.status / 100 != 2)
		return api_refuse(&call, what, &response, err);
	said = http_header(&response, "Docker-Content-Digest");
	if (said != NULL && digest_parse(&got, text_of(said)) && got.alg == digest->alg &&
	    !digest_equal(&got, digest))
		return error_set(err, ERR_DAMAGED,
		                 "%s/%s%s: the server stored %s instead of %s", ref->host,
		                 ref->repo, what, said, name);
	return 0;
}
