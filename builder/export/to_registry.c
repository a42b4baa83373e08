#include "builder/export/package.h"

#include "base/base.h"
#include "base/event.h"
#include "base/failures.h"
#include "base/job.h"
#include "layers/blob.h"
#include "layers/layer.h"

/* Transfers to one registry at once; more gain nothing (they hash on their side). */
#define UPLOADS 4

struct upload {
	const struct export_options *options;
	const struct reference *ref;
	const struct package_blob *blob;
	const struct compressor *packed;
	bool anew;
	const char *mount_repo; /* NULL: none */
	int vertex;
	int fd; /* of the blob, opened when first asked for */
	struct hasher *hasher;
	uint64_t hashed; /* bytes from the start on */
};

/* A base layer that the target has already is never downloaded: it is opened
 * only if bytes must really be sent. */
static int
open_blob(struct upload *u, struct error *err)
{
	if (u->fd >= 0)
		return 0;
	if (u->blob->layer != NULL &&
	    !blob_has(u->options->store, &u->blob->descriptor.digest, NULL) &&
	    layer_make(u->blob->layer, LAYER_BLOB, u->options->cancel, err) < 0)
		return -1;
	u->fd = blob_open(u->options->store, &u->blob->descriptor.digest, err);
	return u->fd < 0 ? -1 : 0;
}

/* Bytes that are asked for again were hashed before. A damaged blob has no last byte. */
static int
compare(struct upload *u, uint64_t offset, const char *bytes, size_t n, struct error *err)
{
	const struct descriptor *d = &u->blob->descriptor;
	char name[DIGEST_TEXT_MAX];
	struct digest found;

	if (offset > u->hashed || offset + n <= u->hashed)
		return 0;
	bytes += u->hashed - offset;
	n -= (size_t)(u->hashed - offset);
	if (u->hasher == NULL)
		u->hasher = hasher_new(d->digest.alg);
	hasher_add(u->hasher, bytes, n);
	u->hashed += n;
	if (u->hashed < d->size)
		return 0;
	found = hasher_end(u->hasher);
	hasher_free(take(u->hasher));
	if (digest_equal(&found, &d->digest))
		return 0;
	return error_set(err, ERR_DAMAGED, "blob %s is damaged in the store",
	                 digest_text(&d->digest, name));
}

static ssize_t
upload_read(void *arg, uint64_t offset, void *bytes, size_t n, struct error *err)
{
	struct upload *u = arg;
	ssize_t got = 0;

	if (u->blob->text != NULL) {
		size_t size = u->blob->descriptor.size;
		size_t left = offset < size ? size - (size_t)offset : 0;

		n = n < left ? n : left;
		memcpy(bytes, u->blob->text + (left > 0 ? offset : 0), n);
		return (ssize_t)n;
	}
	if (open_blob(u, err) < 0)
		return -1;
	got = pread(u->fd, bytes, n, (off_t)offset);
	if (got < 0)
		return error_sys(err, "read blob");
	return compare(u, offset, bytes, (size_t)got, err) < 0 ? -1 : got;
}

static void
upload_progress(void *arg, uint64_t done, uint64_t total)
{
	const struct upload *u = arg;
	char hex[DIGEST_HEX_MAX];
	auto_free char *name = mem_print("pushing sha256:%.12s",
	                                 digest_hex(&u->blob->descriptor.digest, hex));

	event_status(u->vertex, name, done, total, done == total);
}

static int
upload_once(struct upload *u, struct error *err)
{
	enum push_outcome outcome;
	int failed = registry_push_blob(
	        u->options->registry, u->ref, &u->blob->descriptor, u->mount_repo,
	        u->anew, upload_read, u, upload_progress, u, &outcome, err);

	own_close(&u->fd);
	hasher_free(u->hasher);
	u->hasher = NULL;
	u->hashed = 0;
	return failed;
}

static int
upload_run(void *arg, struct error *err)
{
	struct upload *u = arg;
	const struct descriptor *d = &u->blob->descriptor;

	if (upload_once(u, err) == 0)
		return 0;
	if (err->code != ERR_DAMAGED || u->blob->text != NULL)
		return -1;
	if (u->blob->layer == NULL) {
		blob_drop(u->options->store, &d->digest);
		return error_hint(err, "build or pull the image again");
	}
	event_warn_error(u->vertex, err, "made again");
	if (layer_remake(u->blob->layer, u->packed, d, u->options->cancel, err) < 0)
		return -1;
	return upload_once(u, err);
}

/* Base layers may be mounted from where they were pulled, on the same host. */
static const char *
mount_from(const struct reference *base, const struct package_blob *blob,
           const struct reference *ref)
{
	if (!blob->from_base || base == NULL || strcmp(base->host, ref->host) != 0 ||
	    strcmp(base->repo, ref->repo) == 0)
		return NULL;
	return base->repo;
}

int
upload_blobs(const struct export_options *options, const struct package_blobs *blobs,
             const struct compressor *packed, const struct reference *base,
             const struct reference *ref, bool anew, int vertex, struct error *err)
{
	auto_free struct upload *uploads = mem_new_n(blobs->list.n + 1, sizeof *uploads);
	struct pool *pool = pool_new(UPLOADS);
	struct group *group = group_new(pool);
	int failed = 0;

	for (size_t i = 0; i < blobs->list.n; i++) {
		uploads[i] = (struct upload){ .options = options,
			                      .ref = ref,
			                      .packed = packed,
			                      .anew = anew,
			                      .vertex = vertex,
			                      .blob = &blobs->list.at[i],
			                      .fd = -1 };
		uploads[i].mount_repo = mount_from(base, uploads[i].blob, ref);
		group_add(group, upload_run, &uploads[i]);
	}
	failed = group_wait(group, err);
	group_free(group);
	pool_free(pool);
	return failed;
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

/* A registry that collects its garbage may lose blobs between its word that it has them
 * and the manifest that names them: then all are sent, once. */
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
