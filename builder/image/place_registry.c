#include "builder/image/blob_place.h"

#include "base/base.h"
#include "base/event.h"
#include "layers/blob.h"
#include "layers/tags.h"
#include "parser/plan.h"

/* What the name points to, as far as the store knows: 1, 0, -1. */
static int
find_stored(const struct source_options *o, const struct source_image *s,
            struct descriptor *out, struct error *err)
{
	auto_free char *name = reference_print(&s->ref);
	int found = 0;

	if (s->ref.digest != NULL) {
		*out = (struct descriptor){ 0 };
		if (!digest_parse(&out->digest, text_of(s->ref.digest)))
			return error_set(err, ERR_USAGE, "%s: not a digest",
			                 s->ref.digest);
		return blob_has(o->store, &out->digest, &out->size) ? 1 : 0;
	}
	found = tags_find(o->store, name, out, err);
	if (found == 0)
		found = refs_find(o->store, name, out, err);
	if (found > 0 && !blob_has(o->store, &out->digest, NULL)) {
		descriptor_clear(out);
		found = 0;
	}
	return found;
}

/* Asks the registry, keeps the documents and remembers the answer. */
static int
resolve_remote(const struct source_options *o, struct source_image *s,
               const struct platform *platform, struct error *err)
{
	auto_free char *name = reference_print(&s->ref);
	auto_resolved struct resolved r = { 0 };
	struct digest kept;

	if (o->registry == NULL || o->offline)
		return error_set(err, ERR_SOURCE,
		                 "%s: not in the store, and not "
		                 "fetched because of --offline",
		                 name);
	if (registry_resolve(o->registry, &s->ref, platform, &r, err) < 0)
		return -1;
	if (blob_write(o->store, r.root_bytes, r.root.size, &kept, err) < 0 ||
	    blob_write(o->store, r.manifest_bytes, r.manifest.size, &kept, err) < 0)
		return -1;
	descriptor_copy(&s->root, &r.root);
	return refs_write(o->store, name, &s->root, err);
}

/* True if the registry still says the same as STORED. Faults count as "yes": what
 * we have is better than nothing. */
static bool
still_current(const struct source_options *o, const struct source_image *s,
              const struct descriptor *stored)
{
	auto_descriptor struct descriptor now = DESCRIPTOR_INIT;
	auto_error struct error err = ERROR_INIT;

	if (registry_head(o->registry, &s->ref, &now, &err) < 0) {
		event_warn_error(0, &err, "cannot look for a newer %s", s->ref.repo);
		return true;
	}
	return digest_equal(&now.digest, &stored->digest);
}

static int
resolve(const struct source_options *o, struct source_image *s,
        const struct platform *platform, struct error *err)
{
	auto_descriptor struct descriptor stored = DESCRIPTOR_INIT;
	bool pinned = s->ref.digest != NULL;
	int found = 0;

	if (o->policy != PULL_ALWAYS || pinned || o->offline)
		found = find_stored(o, s, &stored, err);
	if (found < 0)
		return -1;
	if (found > 0 && o->policy == PULL_NEWER && !pinned &&
	    !still_current(o, s, &stored))
		found = 0;
	if (found > 0) {
		descriptor_copy(&s->root, &stored);
		return 0;
	}
	if (o->policy == PULL_NEVER)
		return error_set(err, ERR_SOURCE, "not in the store, and --pull=never");
	return resolve_remote(o, s, platform, err);
}

static int
registry_find(const struct source_options *o, const struct missing_base *m,
              struct source_image *s, struct error *err)
{
	if (reference_parse(&s->ref, m->name, err) < 0)
		return -1;
	return resolve(o, s, &m->platform, err);
}

static int
fetch_document(struct source_image *s, const struct descriptor *d, bool is_manifest,
               struct error *err)
{
	size_t max = is_manifest ? MANIFEST_SIZE_MAX : CONFIG_SIZE_MAX;
	auto_buf struct buf bytes = BUF_INIT;
	struct digest kept;

	if (s->registry == NULL) {
		error_set(err, ERR_SOURCE,
		          "a document of the image is not in the store, and fetching is "
		          "off");
		return error_hint(err, "build or pull the image again");
	}
	if (registry_pull_bytes(s->registry, &s->ref, d, max, is_manifest, &bytes, err) <
	    0)
		return error_hint(err, "if the image was built here: build it again");
	return blob_write(s->store, bytes.p, bytes.n, &kept, err);
}

static int
registry_fetch(struct source_image *s, const struct descriptor *d, enum blob_role role,
               struct growing_blob *reader, struct error *err)
{
	if (role != BLOB_LAYER)
		return fetch_document(s, d, role == BLOB_MANIFEST, err);
	return image_fetch_blob(s->store, s->registry, &s->ref, d, reader, err);
}

const struct blob_place place_registry = { .kind = CONTEXT_IMAGE,
	                                   .find = registry_find,
	                                   .fetch = registry_fetch,
	                                   .has_ref = true };
