#include "builder/depots/rebase.h"

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "builder/depots/copy.h"
#include "builder/depots/depot.h"
#include "builder/depots/index_edit.h"
#include "builder/depots/rebase_config.h"

#define NAME_KEY   "org.opencontainers.image.base.name"
#define DIGEST_KEY "org.opencontainers.image.base.digest"

struct rebasing {
	struct depot *from, *to;
	const struct rebase_options *options;
	struct rebased *out;
};

/* ------------------------------------------------------------ bases */

/* What the manifest of IMAGE, or ROOT above it, says of its base. Borrowed. */
static const char *
note(const json_t *document, const char *key)
{
	return json_string_value(
	        json_object_get(json_object_get(document, "annotations"), key));
}

static int
no_base(const char *what, const char *option, struct error *err)
{
	error_set(err, ERR_USAGE, "%s: which base it is, no annotation says", what);
	return error_hint(err, "name it: %s NAME", option);
}

/* The words of the old and the new base; callers free both. */
static int
find_words(const struct rebasing *r, const json_t *manifest, char **old, char **new,
           struct error *err)
{
	const char *name = note(manifest, NAME_KEY), *digest = note(manifest, DIGEST_KEY);
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error ignored = ERROR_INIT;

	if (r->options->new_base == NULL && name == NULL)
		return no_base(r->from->shown, "--new-base", err);
	*new = mem_copy(r->options->new_base != NULL ? r->options->new_base : name);
	if (r->options->old_base != NULL) {
		*old = mem_copy(r->options->old_base);
		return 0;
	}
	if (name == NULL || digest == NULL ||
	    reference_parse(&ref, text_of(name), &ignored) < 0)
		return no_base(r->from->shown, "--old-base", err);
	*old = mem_print("docker://%s/%s@%s", ref.host, ref.repo, digest);
	return 0;
}

/* Reads the base WORD for the platform of IMAGE. */
static struct depot *
open_base(const struct rebasing *r, const char *word, const struct depot_image *image,
          struct depot_image *out, struct error *err)
{
	const json_t *c = image->config;
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_depot struct depot *p = depot_open(word, DEPOT_READ, r->options->bare,
	                                        r->to->options, err);

	if (p == NULL)
		return NULL;
	platform_set(&platform, json_string_value(json_object_get(c, "os")),
	             json_string_value(json_object_get(c, "architecture")),
	             json_string_value(json_object_get(c, "variant")), NULL);
	if (p->ops == &depot_ops_store && r->to->ops != &depot_ops_store &&
	    store_pack(p, err) < 0)
		return NULL;
	return depot_image(p, &platform, out, err) < 0 ? NULL : take(p);
}

/* ------------------------------------------------------------ storing */

static int
put_config(struct depot *to, json_t *config, const char *media_type,
           struct descriptor *out, struct error *err)
{
	auto_free char *bytes = jsonio_print(config);
	struct text text = text_of(bytes);
	struct blob_in in = { .d = out, .fd = -1 };
	enum push_outcome outcome;

	blob_in_text(&in, text);
	out->media_type = mem_copy(media_type);
	out->digest = digest_of(text.p, text.n);
	out->size = text.n;
	return to->ops->put_blob(to, out, NULL, false, &in, &outcome, err);
}

/* The blobs of the image P for PLATFORM, without its documents. */
static int
bring(struct depot *p, struct depot *to, const struct platform *platform,
      struct error *err)
{
	struct copy_options copy = { .platforms = platform,
		                     .n_platforms = platform == NULL ? 0 : 1,
		                     .untagged = true,
		                     .blobs_only = true };
	struct copied copied = { 0 };
	int failed = image_copy(p, to, &copy, &copied, err);

	descriptor_clear(&copied.root);
	return failed;
}

static void
set_notes(json_t *manifest, const struct depot *base, const struct depot_image *new)
{
	json_t *notes = json_object_get(manifest, "annotations");
	auto_free char *name = base->ops == &depot_ops_registry
	                               ? reference_print(&base->ref)
	                               : NULL;
	char digest[DIGEST_TEXT_MAX];

	/* Docker's manifests have none. */
	if (strcmp(jsonio_text(manifest, "mediaType"), MEDIA_DOCKER_MANIFEST) == 0)
		return;
	if (!json_is_object(notes)) {
		notes = json_object();
		jsonio_set(manifest, "annotations", notes);
	}
	jsonio_set(notes, DIGEST_KEY,
	           json_string(digest_text(&new->root.descriptor.digest, digest)));
	if (name != NULL)
		jsonio_set(notes, NAME_KEY, json_string(name));
}

static int
put_document(struct depot *to, const char *name, const struct registry_document *d,
             struct error *err)
{
	struct registry_put put = { .media_type = d->descriptor.media_type,
		                    .bytes = buf_text(&d->bytes),
		                    .digest = &d->descriptor.digest };

	return to->ops->put_document(to, name, &put, err) < 0 ? -1 : 0;
}

/* ------------------------------------------------------------ one image */

/* The new manifest of IMAGE in OUT; its blobs are at the destination then. */
static int
rebase_on(struct rebasing *r, const struct depot_image *image, const char *old_word,
          const char *new_word, struct registry_document *out, struct error *err)
{
	auto_depot_image struct depot_image old = { 0 }, new = { 0 };
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_depot struct depot *of_old = open_base(r, old_word, image, &old, err);
	auto_depot struct depot *of_new =
	        of_old == NULL ? NULL : open_base(r, new_word, image, &new, err);
	auto_json json_t *config = NULL, *manifest = NULL;
	int n = of_new == NULL ? -1 : rebase_below(image, &old, err);

	if (n < 0)
		return of_new == NULL ? error_wrap(err, "base") : -1;
	config = rebase_config(image, &old, &new, (size_t)n);
	manifest = rebase_manifest(image, &new, (size_t)n, err);
	if (manifest == NULL)
		return -1;
	platform_set(&platform, json_string_value(json_object_get(image->config, "os")),
	             json_string_value(json_object_get(image->config, "architecture")),
	             json_string_value(json_object_get(image->config, "variant")), NULL);
	if (bring(of_new, r->to, new.is_index ? &platform : NULL, err) < 0 ||
	    put_config(r->to, config, image->document.config.media_type, &d, err) < 0)
		return -1;
	jsonio_set(manifest, "config", descriptor_write(&d));
	set_notes(manifest, of_new, &new);
	index_print(manifest, out);
	free(out->descriptor.media_type);
	out->descriptor.media_type = mem_copy(image->manifest.media_type);
	r->out->unchanged = r->out->unchanged &&
	                    digest_equal(&old.manifest.digest, &new.manifest.digest);
	return 0;
}

static int
rebase_one(struct rebasing *r, const struct platform *platform,
           struct registry_document *out, struct error *err)
{
	auto_depot_image struct depot_image image = { 0 };
	auto_free char *old = NULL, *new = NULL;
	auto_json json_t *manifest = NULL;

	if (depot_image(r->from, platform, &image, err) < 0)
		return -1;
	manifest = depot_json(buf_text(&image.manifest_text), r->from->shown, err);
	if (manifest == NULL || find_words(r, manifest, &old, &new, err) < 0)
		return -1;
	r->out->images++;
	return rebase_on(r, &image, old, new, out, err);
}

/* ------------------------------------------------------------ all */

/* Each image of the index; what is attested of them is not true any more. */
static int
rebase_index(struct rebasing *r, json_t *index, struct registry_document *out,
             struct error *err)
{
	auto_json json_t *made = json_deep_copy(index);
	json_t *list = json_array(), *entry = NULL;
	size_t i = 0;

	jsonio_set(made, "manifests", list);
	json_array_foreach(json_object_get(index, "manifests"), i, entry)
	{
		auto_platform struct platform platform = PLATFORM_INIT;
		auto_registry_document struct registry_document d = { 0 };

		index_platform(entry, &platform);
		if (platform.os == NULL || strcmp(platform.os, "unknown") == 0) {
			event_warn(0, "an entry without a platform is left out");
			continue;
		}
		if (rebase_one(r, &platform, &d, err) < 0 ||
		    put_document(r->to, NULL, &d, err) < 0)
			return -1;
		json_array_append_new(list, index_entry(&d.descriptor, &platform));
	}
	if (json_array_size(list) == 0)
		return error_set(err, ERR_SOURCE, "%s: an index without images",
		                 r->from->shown);
	index_print(made, out);
	return 0;
}

static int
rebase(struct rebasing *r, struct error *err)
{
	auto_registry_document struct registry_document root = { 0 }, made = { 0 };
	auto_json json_t *json = NULL;
	bool is_index = false;
	int failed = 0;

	if (r->from->ops == &depot_ops_store && r->to->ops != &depot_ops_store &&
	    store_pack(r->from, err) < 0)
		return -1;
	if (depot_find(r->from, &root, err) < 0)
		return -1;
	json = depot_json(buf_text(&root.bytes), r->from->shown, err);
	if (json == NULL || depot_is_index(json, r->from->shown, &is_index, err) < 0)
		return -1;
	if (r->to->ops->begin != NULL && r->to->ops->begin(r->to, err) < 0)
		return -1;
	/* Its own layers first. */
	if (bring(r->from, r->to, NULL, err) < 0)
		return -1;
	failed = is_index ? rebase_index(r, json, &made, err)
	                  : rebase_one(r, NULL, &made, err);
	if (failed < 0 ||
	    put_document(r->to, "", r->out->unchanged ? &root : &made, err) < 0)
		return -1;
	descriptor_copy(&r->out->root,
	                r->out->unchanged ? &root.descriptor : &made.descriptor);
	return r->to->ops->finish == NULL ? 0 : r->to->ops->finish(r->to, err);
}

int
image_rebase(struct depot *from, struct depot *to, const struct rebase_options *o,
             struct rebased *out, struct error *err)
{
	struct rebasing r = { .from = from, .to = to, .options = o, .out = out };

	out->unchanged = true;
	return rebase(&r, err);
}
