#include "base/base.h"
#include "base/event.h"
#include "base/failures.h"
#include "builder/export/blob_places.h"
#include "builder/export/blob_put.h"

struct target {
	const struct export_options *options;
	const struct reference *base, *ref;
	struct blob_places *places;
	bool anew;
};

/* A repository on the same host that has BLOB, or NULL: the one from which a base layer
 * was pulled, or one to which we sent it. */
static const char *
mount_from(const struct target *t, const struct package_blob *blob)
{
	const struct reference *base = t->base;

	if (blob->from_base && base != NULL && strcmp(base->host, t->ref->host) == 0 &&
	    strcmp(base->repo, t->ref->repo) != 0)
		return base->repo;
	return blob_places_find(t->places, &blob->descriptor.digest, t->ref->repo);
}

static int
put(void *arg, struct blob_source *source, struct error *err)
{
	const struct target *t = arg;
	const struct descriptor *d = &source->blob->descriptor;
	enum push_outcome outcome;

	if (registry_push_blob(t->options->registry, t->ref, d,
	                       mount_from(t, source->blob), t->anew, blob_source_read,
	                       source, blob_source_progress, source, &outcome, err) < 0)
		return -1;
	blob_places_add(t->places, &d->digest, t->ref->repo);
	return 0;
}

int
upload_blobs(const struct export_options *options, const struct package_blobs *blobs,
             const struct compressor *packed, const struct reference *base,
             const struct reference *ref, bool anew, int vertex, struct error *err)
{
	auto_blob_places struct blob_places *places = blob_places_open(options->store,
	                                                               ref->host);
	struct target target = { options, base, ref, places, anew };

	if (blobs_put(options, blobs, packed, vertex, put, &target, err) < 0)
		return -1;
	blob_places_keep(places);
	return 0;
}

void
push_tell(int vertex, const char *name, const struct digest *root, int result)
{
	char text[DIGEST_TEXT_MAX];
	auto_free char *status = NULL;

	if (result < 0)
		return;
	digest_text(root, text);
	status = result == 1 ? mem_print("%s@%s is there already: nothing is sent", name,
	                                 text)
	                     : mem_print("pushing manifest for %s@%s", name, text);
	event_status(vertex, status, 0, 0, true);
}

static int
push_blobs(const struct output *output, const struct export_options *options,
           const struct packages *p, const struct reference *ref, bool anew, int vertex,
           struct error *err)
{
	const struct compressor packed = output_compressor(output, false);
	auto_package_blobs struct package_blobs blobs = { 0 };
	const struct reference *base = p->list.n > 0 ? p->list.at[0].image->base : NULL;

	packages_blobs(p, &blobs);
	return upload_blobs(options, &blobs, &packed, base, ref, anew, vertex, err);
}

static void
copy_untagged(struct reference *out, const struct reference *ref)
{
	reference_copy(out, ref);
	free(take(out->tag));
}

/* The manifests of the platforms, if there is an index. */
static int
push_children(const struct export_options *options, const struct packages *p,
              const struct reference *ref, struct error *err)
{
	auto_reference struct reference untagged = REFERENCE_INIT;
	int rc = 0;

	copy_untagged(&untagged, ref);
	for (size_t i = 0; p->index_text != NULL && i < p->list.n && rc == 0; i++) {
		const struct package *package = &p->list.at[i];

		rc = registry_push_manifest(
		        options->registry, &untagged, package->manifest.media_type,
		        text_of(package->text), &package->descriptor.digest, err);
	}
	return rc;
}

static int
push_root(const struct output *output, const struct export_options *options,
          const struct packages *p, const struct reference *ref, struct error *err)
{
	auto_reference struct reference untagged = REFERENCE_INIT;
	const char *text = p->index_text != NULL ? p->index_text : p->list.at[0].text;

	copy_untagged(&untagged, ref);
	return registry_push_manifest(
	        options->registry, output->push_by_digest ? &untagged : ref,
	        p->root.media_type, text_of(text), &p->root.digest, err);
}

static int
push_once(const struct output *output, const struct export_options *options,
          const struct packages *p, const struct reference *ref, bool anew, int vertex,
          struct error *err)
{
	int rc = push_blobs(output, options, p, ref, anew, vertex, err);

	if (rc == 0)
		rc = push_children(options, p, ref, err);
	return rc < 0 ? rc : push_root(output, options, p, ref, err);
}

/* A registry that collects garbage may remove blobs after it said that it has them, and
 * before it gets the manifest. Then all are sent again, once. */
static int
push_all(const struct output *output, const struct export_options *options,
         const struct packages *p, const struct reference *ref, int vertex,
         struct error *err)
{
	int rc = push_once(output, options, p, ref, false, vertex, err);

	if (rc != REGISTRY_LACKS_BLOBS)
		return rc;
	event_warn_error(vertex, err, "all layers are sent again");
	return push_once(output, options, p, ref, true, vertex, err);
}

/* 1: it is there already, 0: it was sent, -1. HAS_REST: an earlier name of the same
 * repository was pushed. */
static int
push_unless_there(const struct output *output, const struct export_options *options,
                  const struct packages *p, const struct reference *ref, bool has_rest,
                  int vertex, struct error *err)
{
	auto_reference struct reference untagged = REFERENCE_INIT;
	int there;

	copy_untagged(&untagged, ref);
	there = registry_is_there(options->registry,
	                          output->push_by_digest ? &untagged : ref,
	                          &p->root.digest, err);
	if (there != 0)
		return there;
	return has_rest ? push_root(output, options, p, ref, err)
	                : push_all(output, options, p, ref, vertex, err);
}

static int
push_name(const struct output *output, const struct export_options *options,
          const struct packages *p, const struct reference *ref, bool has_rest,
          struct error *err)
{
	auto_free char *name = reference_print(ref);
	auto_free char *title = mem_print("pushing %s", name);
	int vertex = event_begin(title);
	int result = push_unless_there(output, options, p, ref, has_rest, vertex, err);

	push_tell(vertex, name, &p->root.digest, result);
	event_end(vertex, result < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          result < 0 ? err->text : NULL);
	return result < 0 ? error_wrap(err, "push %s", name) : 0;
}

/* An earlier name than I, of the same repository, was pushed. */
static bool
has_earlier(const struct export_names *names, const bool *pushed, size_t i)
{
	const struct reference *ref = &names->list.at[i];

	for (size_t j = 0; j < i; j++)
		if (pushed[j] && strcmp(names->list.at[j].host, ref->host) == 0 &&
		    strcmp(names->list.at[j].repo, ref->repo) == 0)
			return true;
	return false;
}

int
to_registry(const struct output *output, const struct export_options *options,
            const struct image *images, size_t n, struct descriptor *root,
            struct error *err)
{
	auto_packages struct packages p = PACKAGES_INIT;
	auto_export_names struct export_names names = { 0 };
	auto_free bool *pushed = NULL;
	struct failures failures = { 0 };

	if (export_names_read(output, options, &names, err) < 0)
		return -1;
	if (packages_make(output, options, images, n, false, &p, err) < 0)
		return -1;
	pushed = mem_new_n(names.list.n + 1, sizeof *pushed);
	for (size_t i = 0; i < names.list.n; i++) {
		auto_error struct error fault = ERROR_INIT;

		if (cancel_is_set(options->cancel))
			break;
		pushed[i] = push_name(output, options, &p, &names.list.at[i],
		                      has_earlier(&names, pushed, i), &fault) == 0;
		if (!pushed[i])
			failures_add(&failures, &fault);
	}
	if (failures_tell(&failures, err) < 0 || cancel_check(options->cancel, err) < 0)
		return -1;
	descriptor_copy(root, &p.root);
	return 0;
}
