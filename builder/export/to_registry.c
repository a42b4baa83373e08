#include "base/base.h"
#include "base/event.h"
#include "base/failures.h"
#include "builder/export/blob_put.h"

/* Base layers can be mounted from the repository on the same host from which they were
 * pulled. */
static const char *
mount_from(const struct reference *base, const struct package_blob *blob,
           const struct reference *ref)
{
	if (!blob->from_base || base == NULL || strcmp(base->host, ref->host) != 0 ||
	    strcmp(base->repo, ref->repo) == 0)
		return NULL;
	return base->repo;
}

struct target {
	const struct export_options *options;
	const struct reference *base, *ref;
	bool anew;
};

static int
put(void *arg, struct blob_source *source, struct error *err)
{
	const struct target *t = arg;
	enum push_outcome outcome;

	return registry_push_blob(t->options->registry, t->ref, &source->blob->descriptor,
	                          mount_from(t->base, source->blob, t->ref), t->anew,
	                          blob_source_read, source, blob_source_progress, source,
	                          &outcome, err);
}

int
upload_blobs(const struct export_options *options, const struct package_blobs *blobs,
             const struct compressor *packed, const struct reference *base,
             const struct reference *ref, bool anew, int vertex, struct error *err)
{
	struct target target = { options, base, ref, anew };

	return blobs_put(options, blobs, packed, vertex, put, &target, err);
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

static int
push_documents(const struct output *output, const struct export_options *options,
               const struct packages *p, const struct reference *ref, struct error *err)
{
	auto_reference struct reference untagged = REFERENCE_INIT;
	const struct reference *root_ref = output->push_by_digest ? &untagged : ref;
	int rc = 0;

	reference_copy(&untagged, ref);
	free(untagged.tag);
	untagged.tag = NULL;
	for (size_t i = 0; i < p->list.n && rc == 0; i++) {
		const struct package *package = &p->list.at[i];
		bool is_root = p->index_text == NULL;

		rc = registry_push_manifest(
		        options->registry, is_root ? root_ref : &untagged,
		        package->manifest.media_type, text_of(package->text),
		        &package->descriptor.digest, err);
	}
	if (rc < 0 || p->index_text == NULL)
		return rc;
	return registry_push_manifest(options->registry, root_ref, p->root.media_type,
	                              text_of(p->index_text), &p->root.digest, err);
}

/* A registry that collects garbage may remove blobs after it said that it has them, and
 * before it gets the manifest. Then all are sent again, once. */
static int
push_all(const struct output *output, const struct export_options *options,
         const struct packages *p, const struct reference *ref, int vertex,
         struct error *err)
{
	int rc;

	if (push_blobs(output, options, p, ref, false, vertex, err) < 0)
		return -1;
	rc = push_documents(output, options, p, ref, err);
	if (rc != REGISTRY_LACKS_BLOBS)
		return rc;
	event_warn_error(vertex, err, "all layers are sent again");
	if (push_blobs(output, options, p, ref, true, vertex, err) < 0)
		return -1;
	return push_documents(output, options, p, ref, err);
}

static int
push_name(const struct output *output, const struct export_options *options,
          const struct packages *p, const struct reference *ref, struct error *err)
{
	auto_free char *name = reference_print(ref);
	auto_free char *title = mem_print("pushing %s", name);
	char digest[DIGEST_TEXT_MAX];
	auto_free char *status = mem_print("pushing manifest for %s@%s", name,
	                                   digest_text(&p->root.digest, digest));
	int vertex = event_begin(title);
	int failed = push_all(output, options, p, ref, vertex, err);

	if (failed == 0)
		event_status(vertex, status, 0, 0, true);
	event_end(vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          failed < 0 ? err->text : NULL);
	return failed < 0 ? error_wrap(err, "push %s", name) : 0;
}

int
to_registry(const struct output *output, const struct export_options *options,
            const struct image *images, size_t n, struct descriptor *root,
            struct error *err)
{
	auto_packages struct packages p = PACKAGES_INIT;
	auto_export_names struct export_names names = { 0 };
	struct failures failures = { 0 };

	if (export_names_read(output, options, &names, err) < 0)
		return -1;
	if (packages_make(output, options, images, n, false, &p, err) < 0)
		return -1;
	for (size_t i = 0; i < names.list.n; i++) {
		auto_error struct error fault = ERROR_INIT;

		if (cancel_is_set(options->cancel))
			break;
		if (push_name(output, options, &p, &names.list.at[i], &fault) < 0)
			failures_add(&failures, &fault);
	}
	if (failures_tell(&failures, err) < 0 || cancel_check(options->cancel, err) < 0)
		return -1;
	descriptor_copy(root, &p.root);
	return 0;
}
