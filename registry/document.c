#include "registry/registry.h"

#include "base/base.h"
#include "base/http/url.h"
#include "base/jsonio.h"
#include "registry/endpoint.h"
#include "registry/manifest.h"
#include "registry/resolve.h"

/* Referrers come in pages. */
#define PAGES_MAX     100
#define REFERRERS_MAX 10000

void
registry_document_clear(struct registry_document *d)
{
	descriptor_clear(&d->descriptor);
	buf_clear(&d->bytes);
	free(d->etag);
	*d = (struct registry_document){ 0 };
}

/* ------------------------------------------------------------ reading */

struct reading {
	const struct reference *ref;
	struct registry_document *out;
};

static int
read_at(void *arg, const struct call *call, struct error *err)
{
	const struct reading *r = arg;
	const struct reference *ref = r->ref;
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	auto_free char *where = reference_print(ref), *type = NULL;
	struct digest want = { 0 }, got;
	const char *etag;

	if (ref->digest != NULL)
		digest_parse(&want, text_of(ref->digest));
	if (manifest_get(call, ref->digest != NULL ? ref->digest : ref->tag, &want,
	                 MANIFEST_MAX, &response, &got, err) < 0)
		return -1;
	type = manifest_type_of(&response, where, err);
	if (type == NULL)
		return -1;
	registry_document_clear(r->out);
	etag = http_header(&response, "ETag");
	r->out->etag = mem_copy(etag);
	r->out->descriptor.media_type = take(type);
	r->out->descriptor.digest = got;
	r->out->descriptor.size = response.body.n;
	r->out->bytes = response.body;
	response.body = (struct buf)BUF_INIT;
	return 0;
}

int
registry_read_document(struct registry *reg, const struct reference *ref, bool fresh,
                       struct registry_document *out, struct error *err)
{
	struct reading r = { .ref = ref, .out = out };

	/* Whoever may push is never sent to a mirror. */
	return endpoint_each(reg, ref, fresh ? "pull,push" : "pull", read_at, &r, err);
}

/* ------------------------------------------------------------ referrers */

char *
registry_referrers_tag(const struct digest *subject)
{
	char hex[DIGEST_HEX_MAX];

	/* A tag has at most 128 characters: 32 of the name, 64 of the digits. */
	return mem_print("%.32s-%.64s", digest_alg_name(subject),
	                 digest_hex(subject, hex));
}

struct asking {
	const struct digest *subject;
	json_t *list;  /* all pages */
	json_t *index; /* the first page; its list is replaced at the end */
	bool unknown;  /* the server has no such API */
};

static int
add_page(struct asking *a, const struct http_response *response, struct error *err)
{
	auto_json json_t *page = manifest_parse(buf_text(&response->body), "referrers",
	                                        err);
	json_t *list = NULL;

	if (page == NULL || jsonio_array(page, "manifests", &list, "referrers", err) < 0)
		return -1;
	if (json_array_size(a->list) + json_array_size(list) > REFERRERS_MAX)
		return error_set(err, ERR_DAMAGED, "more than %d referrers",
		                 REFERRERS_MAX);
	json_array_extend(a->list, list);
	if (a->index == NULL)
		a->index = json_incref(page);
	return 0;
}

static int
ask_at(void *arg, const struct call *call, struct error *err)
{
	struct asking *a = arg;
	char name[DIGEST_TEXT_MAX];
	auto_free char *where = mem_print("/referrers/%s", digest_text(a->subject, name));

	for (int page = 0; where != NULL && page < PAGES_MAX; page++) {
		auto_response struct http_response response = HTTP_RESPONSE_INIT;
		struct http_request request = {
			.method = "GET",
			.headers = { "Accept: " MEDIA_OCI_INDEX },
			.body_max = MANIFEST_MAX,
		};

		if (api_perform(call, where, &request, &response, err) < 0)
			return -1;
		a->unknown = page == 0 &&
		             (response.status == 404 || response.status == 400 ||
		              response.status == 405 || response.status == 501);
		if (a->unknown)
			return 0;
		if (response.status != 200)
			return api_refuse(call, " referrers", &response, err);
		if (add_page(a, &response, err) < 0)
			return error_wrap(err, "%s/%s", call->host->name,
			                  call->scope.repo);
		free(where);
		where = api_next_page(&response);
	}
	return 0;
}

/* 1, 0, -1. */
static int
read_tag(struct registry *reg, const struct reference *ref, const struct digest *subject,
         json_t **out, struct error *err)
{
	auto_reference struct reference list = REFERENCE_INIT;
	auto_registry_document struct registry_document d = { 0 };
	auto_error struct error fault = ERROR_INIT;

	list.host = mem_copy(ref->host);
	list.repo = mem_copy(ref->repo);
	list.tag = registry_referrers_tag(subject);
	if (registry_read_document(reg, &list, true, &d, &fault) < 0) {
		if (fault.code == ERR_SOURCE)
			return 0;
		error_move(err, &fault);
		return -1;
	}
	/* A tag of that name may be anything. */
	if (!media_is_index(d.descriptor.media_type))
		return 0;
	*out = manifest_parse(buf_text(&d.bytes), list.tag, err);
	return *out == NULL ? -1 : 1;
}

int
registry_referrers(struct registry *reg, const struct reference *ref,
                   const struct digest *subject, json_t **out, struct error *err)
{
	auto_json json_t *list = json_array();
	struct asking a = { .subject = subject, .list = list };

	if (endpoint_each(reg, ref, "pull", ask_at, &a, err) < 0) {
		json_decref(a.index);
		return -1;
	}
	if (a.unknown)
		return read_tag(reg, ref, subject, out, err);
	if (a.index == NULL || json_array_size(list) == 0) {
		json_decref(a.index);
		return 0;
	}
	jsonio_set(a.index, "manifests", json_incref(list));
	*out = a.index;
	return 1;
}

/* ------------------------------------------------------------ deleting */

static int
delete_at(void *arg, const struct call *call, struct error *err)
{
	const struct reference *ref = arg;
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	const char *name = ref->digest != NULL ? ref->digest : ref->tag;
	auto_free char *where = mem_print("/manifests/%s", name);
	auto_free char *what = mem_print("%c%s", ref->digest != NULL ? '@' : ':', name);
	struct http_request request = { .method = "DELETE",
		                        .body_max = HTTP_ERROR_BODY_MAX };

	if (api_perform(call, where, &request, &response, err) < 0)
		return -1;
	if (response.status / 100 == 2)
		return 0;
	if (response.status != 405 && response.status != 501 &&
	    (response.status != 400 || ref->digest != NULL))
		return api_refuse(call, what, &response, err);
	error_set(err, ERR_POLICY, "%s/%s%s: the registry does not delete (status %d)",
	          call->host->name, call->scope.repo, what, response.status);
	return error_hint(err, "its settings decide that; for docker-registry: "
	                       "REGISTRY_STORAGE_DELETE_ENABLED=true");
}

int
registry_delete(struct registry *reg, const struct reference *ref, struct error *err)
{
	/* "delete" is the action of token servers; registries without them ignore it. */
	return endpoint_each(reg, ref, "pull,push,delete", delete_at,
	                     (struct reference *)(uintptr_t)ref, err);
}
