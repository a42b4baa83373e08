#include "registry/registry.h"

#include <sys/random.h>

#include "base/base.h"
#include "registry/manifest.h"

static const char empty[] = "{}";

static ssize_t
read_empty(void *arg, uint64_t offset, void *bytes, size_t n, struct error *err)
{
	size_t left = offset < 2 ? 2 - (size_t)offset : 0;

	(void)arg;
	(void)err;
	n = n < left ? n : left;
	memcpy(bytes, empty + 2 - left, n);
	return (ssize_t)n;
}

/* An artefact that no other is equal to. Caller frees. */
static char *
make_stand_in(const struct descriptor *blob)
{
	auto_manifest struct manifest m = { .media_type = mem_copy(MEDIA_OCI_MANIFEST) };
	auto_free char *unique = NULL;
	json_t *notes = NULL;
	char *text = NULL;
	uint64_t r[2] = { 0 };

	if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
		mem_die("no random numbers");
	unique = mem_print("%016llx%016llx", (unsigned long long)r[0],
	                   (unsigned long long)r[1]);
	notes = json_pack("{s:s}", "io.cooper.removed", unique);
	descriptor_copy(&m.config, blob);
	descriptor_copy(array_add(&m.layers), blob);
	text = manifest_write(&m, notes);
	json_decref(notes);
	return text;
}

/* Whether the server deletes at all is seen before the tag is touched. */
static int
put_and_delete(struct registry *reg, const struct reference *named,
               const struct reference *digested, const struct registry_put *put,
               struct error *err)
{
	struct registry_put once = *put;

	if (registry_put_manifest(reg, named, &once, err) < 0)
		return -1;
	return registry_delete(reg, digested, err);
}

/* The tag is given to something of its own, and that is deleted by its digest: other tags
 * of the image stay. */
static int
untag_by_stand_in(struct registry *reg, const struct reference *ref, struct error *err)
{
	auto_descriptor struct descriptor blob = { .size = 2 };
	auto_reference struct reference digested = REFERENCE_INIT, named = REFERENCE_INIT;
	auto_free char *text = NULL;
	struct registry_put put = { .media_type = MEDIA_OCI_MANIFEST };
	enum push_outcome outcome;
	char name[DIGEST_TEXT_MAX];
	struct digest digest;

	blob.digest = digest_of(empty, 2);
	blob.media_type = mem_copy("application/vnd.oci.empty.v1+json");
	if (registry_push_blob(reg, ref, &blob, NULL, false, read_empty, NULL, NULL, NULL,
	                       &outcome, err) < 0)
		return -1;
	text = make_stand_in(&blob);
	digest = digest_of(text, strlen(text));
	put.bytes = text_of(text);
	put.digest = &digest;
	reference_copy(&named, ref);
	free(named.digest);
	named.digest = NULL;
	digested.host = mem_copy(ref->host);
	digested.repo = mem_copy(ref->repo);
	digested.digest = mem_copy(digest_text(&digest, name));
	if (put_and_delete(reg, &digested, &digested, &put, err) < 0)
		return -1;
	return put_and_delete(reg, &named, &digested, &put, err);
}

int
registry_untag(struct registry *reg, const struct reference *ref, struct error *err)
{
	auto_error struct error fault = ERROR_INIT;
	auto_descriptor struct descriptor now = DESCRIPTOR_INIT;

	if (registry_head(reg, ref, &now, err) < 0)
		return -1;
	if (registry_delete(reg, ref, &fault) == 0)
		return 0;
	/* A server that knows the tag, but not for this, wants a digest. */
	if (fault.code == ERR_POLICY || fault.code == ERR_SOURCE)
		return untag_by_stand_in(reg, ref, err);
	error_move(err, &fault);
	return -1;
}
