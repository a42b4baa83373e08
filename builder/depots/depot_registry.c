#include "builder/depots/depot.h"

#include "base/base.h"

/* The reference of NAME (a tag or a digest; NULL or "": the word's own) beside P's. */
static void
name_beside(const struct depot *p, const char *name, struct reference *out)
{
	if (name == NULL || *name == '\0') {
		reference_copy(out, &p->ref);
		return;
	}
	out->host = mem_copy(p->ref.host);
	out->repo = mem_copy(p->ref.repo);
	if (strchr(name, ':') != NULL)
		out->digest = mem_copy(name);
	else
		out->tag = mem_copy(name);
}

static int
registry_find(struct depot *p, const char *name, struct registry_document *out,
              struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error fault = ERROR_INIT;

	name_beside(p, name, &ref);
	if (registry_read_document(p->options->registry, &ref, p->fresh, out, &fault) ==
	    0)
		return 1;
	if (name != NULL && fault.code == ERR_SOURCE)
		return 0;
	error_move(err, &fault);
	return -1;
}

static int
registry_document(struct depot *p, const struct descriptor *d, struct buf *out,
                  struct error *err)
{
	return registry_pull_bytes(p->options->registry, &p->ref, d, DEPOT_DOCUMENT_MAX,
	                           true, out, err);
}

static int
registry_blob(struct depot *p, const struct descriptor *d, struct blob_in *in,
              struct error *err)
{
	(void)err;
	in->d = d;
	blob_in_pipe(in, p->options->registry, &p->ref);
	return 0;
}

static int
registry_refer(struct depot *p, const struct digest *subject, json_t **out,
               struct error *err)
{
	return registry_referrers(p->options->registry, &p->ref, subject, out, err);
}

static int
registry_has(struct depot *p, const struct descriptor *d, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_registry_document struct registry_document found = { 0 };
	auto_error struct error fault = ERROR_INIT;
	char name[DIGEST_TEXT_MAX];

	name_beside(p, digest_text(&d->digest, name), &ref);
	if (registry_read_document(p->options->registry, &ref, true, &found, &fault) == 0)
		return 1;
	if (fault.code == ERR_SOURCE)
		return 0;
	error_move(err, &fault);
	return -1;
}

static int
registry_put_blob(struct depot *p, const struct descriptor *d, const char *from,
                  bool anew, struct blob_in *in, enum push_outcome *outcome,
                  struct error *err)
{
	return registry_push_blob(p->options->registry, &p->ref, d, from, anew,
	                          blob_in_read, in, NULL, NULL, outcome, err);
}

static int
registry_put(struct depot *p, const char *name, struct registry_put *put,
             struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	char digest[DIGEST_TEXT_MAX];

	name_beside(p, name == NULL ? digest_text(put->digest, digest) : name, &ref);
	if (ref.digest != NULL &&
	    strcmp(ref.digest, digest_text(put->digest, digest)) != 0)
		return error_set(err, ERR_USAGE, "%s: what is stored there has %s",
		                 p->shown, digest);
	return registry_put_manifest(p->options->registry, &ref, put, err);
}

const struct depot_ops depot_ops_registry = {
	.find = registry_find,
	.document = registry_document,
	.blob = registry_blob,
	.referrers = registry_refer,
	.has = registry_has,
	.put_blob = registry_put_blob,
	.put_document = registry_put,
};
