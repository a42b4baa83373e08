#include "builder/image/blob_place.h"

#include "base/base.h"
#include "base/event.h"
#include "layers/blob.h"
#include "layers/tags.h"
#include "parser/plan.h"

/* S->at. */
struct in_registry {
	struct reference ref;
	struct registry *registry; /* NULL: nothing is fetched */
};

/* Finds what the name points to, as far as the store knows: 1, 0, -1. */
static int
find_stored(const struct source_options *o, const struct reference *ref,
            struct descriptor *out, struct error *err)
{
	auto_free char *name = reference_print(ref);
	int found = 0;

	if (ref->digest != NULL) {
		*out = (struct descriptor){ 0 };
		if (!digest_parse(&out->digest, text_of(ref->digest)))
			return error_set(err, ERR_USAGE, "%s: not a digest", ref->digest);
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
	const struct in_registry *at = s->at;
	auto_free char *name = reference_print(&at->ref);
	auto_resolved struct resolved r = { 0 };
	struct digest kept;

	if (o->registry == NULL || o->offline)
		return error_set(err, ERR_SOURCE,
		                 "%s: not in the store, and not "
		                 "fetched because of --offline",
		                 name);
	if (registry_resolve(o->registry, &at->ref, platform, &r, err) < 0)
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
still_current(const struct source_options *o, const struct reference *ref,
              const struct descriptor *stored)
{
	auto_descriptor struct descriptor now = DESCRIPTOR_INIT;
	auto_error struct error err = ERROR_INIT;

	if (registry_head(o->registry, ref, &now, &err) < 0) {
		event_warn_error(0, &err, "cannot look for a newer %s", ref->repo);
		return true;
	}
	return digest_equal(&now.digest, &stored->digest);
}

static int
resolve(const struct source_options *o, struct source_image *s,
        const struct platform *platform, struct error *err)
{
	auto_descriptor struct descriptor stored = DESCRIPTOR_INIT;
	const struct reference *ref = &((struct in_registry *)s->at)->ref;
	bool pinned = ref->digest != NULL;
	int found = 0;

	if (o->policy != PULL_ALWAYS || pinned || o->offline)
		found = find_stored(o, ref, &stored, err);
	if (found < 0)
		return -1;
	if (found > 0 && o->policy == PULL_NEWER && !pinned &&
	    !still_current(o, ref, &stored))
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
	struct in_registry *at = mem_new(sizeof *at);

	s->at = at;
	at->registry = o->offline ? NULL : o->registry;
	if (reference_parse(&at->ref, m->name, err) < 0)
		return -1;
	return resolve(o, s, &m->platform, err);
}

static int
fetch_document(struct source_image *s, const struct descriptor *d, bool is_manifest,
               struct error *err)
{
	size_t max = is_manifest ? MANIFEST_SIZE_MAX : CONFIG_SIZE_MAX;
	const struct in_registry *at = s->at;
	auto_buf struct buf bytes = BUF_INIT;
	struct digest kept;

	if (at->registry == NULL) {
		error_set(err, ERR_SOURCE,
		          "a document of the image is not in the store, and fetching is "
		          "off");
		return error_hint(err, "build or pull the image again");
	}
	if (registry_pull_bytes(at->registry, &at->ref, d, max, is_manifest, &bytes,
	                        err) < 0)
		return error_hint(err, "if the image was built here: build it again");
	return blob_write(s->store, bytes.p, bytes.n, &kept, err);
}

static int
registry_fetch(struct source_image *s, const struct descriptor *d, enum blob_role role,
               struct growing_blob *reader, struct error *err)
{
	const struct in_registry *at = s->at;

	if (role != BLOB_LAYER)
		return fetch_document(s, d, role == BLOB_MANIFEST, err);
	return image_fetch_blob(s->store, at->registry, &at->ref, d, reader,
	                        __atomic_load_n(&s->vertex, __ATOMIC_RELAXED), err);
}

static void
registry_close(void *state)
{
	struct in_registry *at = state;

	if (at == NULL)
		return;
	reference_clear(&at->ref);
	free(at);
}

static const struct reference *
registry_mountable(const void *state)
{
	const struct in_registry *at = state;

	return &at->ref;
}

const struct blob_place place_registry = { .find = registry_find,
	                                   .fetch = registry_fetch,
	                                   .close = registry_close,
	                                   .mountable = registry_mountable };
