#include "builder/depots/index.h"

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "builder/depots/copy.h"
#include "builder/depots/depot.h"
#include "builder/depots/index_edit.h"

void
index_result_clear(struct index_result *r)
{
	registry_document_clear(&r->document);
}

/* ------------------------------------------------------------ sources */

static bool
is_wanted(const struct index_options *o, const json_t *entry)
{
	auto_platform struct platform have = PLATFORM_INIT;

	if (o->n_platforms == 0)
		return true;
	index_platform(entry, &have);
	for (size_t i = 0; i < o->n_platforms; i++)
		if (have.os != NULL && platform_equal(&o->platforms[i], &have))
			return true;
	return false;
}

/* The platform of an image, as its config says. */
static int
read_platform(struct depot *from, const json_t *manifest, struct platform *out,
              struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_buf struct buf text = BUF_INIT;
	auto_json json_t *config = NULL;

	if (descriptor_read(&d, json_object_get(manifest, "config"), from->shown, err) <
	    0)
		return -1;
	/* An artefact's config says something else. */
	if (strcmp(d.media_type, MEDIA_OCI_CONFIG) != 0 &&
	    strcmp(d.media_type, MEDIA_DOCKER_CONFIG) != 0)
		return 0;
	if (depot_bytes(from, &d, DEPOT_DOCUMENT_MAX * 4, &text, err) < 0)
		return -1;
	config = depot_json(buf_text(&text), from->shown, err);
	if (config == NULL)
		return -1;
	if (json_object_get(config, "os") != NULL)
		platform_set(out, json_string_value(json_object_get(config, "os")),
		             json_string_value(json_object_get(config, "architecture")),
		             json_string_value(json_object_get(config, "variant")),
		             json_string_value(json_object_get(config, "os.version")));
	return 0;
}

static int
add_image(struct depot *from, const struct registry_document *root, const json_t *json,
          const struct index_options *o, json_t *entries, struct error *err)
{
	auto_platform struct platform platform = PLATFORM_INIT;

	if (o->set_platform != NULL)
		platform_copy(&platform, o->set_platform);
	else if (read_platform(from, json, &platform, err) < 0)
		return -1;
	json_array_append_new(entries, index_entry(&root->descriptor, &platform));
	return 0;
}

static int
add_index(struct depot *from, const json_t *json, const struct index_options *o,
          json_t *entries, struct error *err)
{
	auto_json json_t *mine = json_pack("{s:[]}", "manifests");
	json_t *list = json_object_get(mine, "manifests"), *entry = NULL;
	size_t i = 0;

	if (o->set_platform != NULL)
		return error_set(
		        err, ERR_USAGE,
		        "%s is an index: its entries have platforms of their own",
		        from->shown);
	json_array_foreach(json_object_get(json, "manifests"), i, entry)
	{
		auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
		bool attests = json_object_get(json_object_get(entry, "annotations"),
		                               "vnd.docker.reference.digest") != NULL;

		if (descriptor_read(&d, entry, from->shown, err) < 0)
			return -1;
		if (attests || is_wanted(o, entry))
			json_array_append(list, entry);
	}
	index_drop_orphans(mine);
	if (json_array_size(list) == 0)
		return error_set(err, ERR_SOURCE, "%s: no image of it is wanted",
		                 from->shown);
	json_array_extend(entries, list);
	return 0;
}

/* In the same repository nothing has to be copied. */
static bool
is_beside(const struct depot *from, const struct depot *to)
{
	if (from->ops != to->ops || from->ref.host == NULL || to->ref.host == NULL)
		return false;
	return from->ops == &depot_ops_store ||
	       (strcmp(from->ref.host, to->ref.host) == 0 &&
	        strcmp(from->ref.repo, to->ref.repo) == 0);
}

static int
bring(struct depot *from, struct depot *to, const struct index_options *o,
      struct error *err)
{
	struct copy_options copy = { .platforms = o->platforms,
		                     .n_platforms = o->n_platforms,
		                     .referrers = o->referrers,
		                     .untagged = true,
		                     .entries = true };
	struct copied copied = { 0 };
	int failed = image_copy(from, to, &copy, &copied, err);

	descriptor_clear(&copied.root);
	return failed;
}

int
index_collect(struct depot *from, struct depot *to, const struct index_options *o,
              json_t *entries, struct registry_document *whole, struct error *err)
{
	auto_registry_document struct registry_document root = { 0 };
	auto_json json_t *json = NULL;
	bool is_index = false;
	int failed = 0;

	if (!o->dry_run && !is_beside(from, to) && bring(from, to, o, err) < 0)
		return -1;
	if (depot_find(from, &root, err) < 0)
		return -1;
	json = depot_json(buf_text(&root.bytes), from->shown, err);
	if (json == NULL || depot_is_index(json, from->shown, &is_index, err) < 0)
		return -1;
	failed = is_index ? add_index(from, json, o, entries, err)
	                  : add_image(from, &root, json, o, entries, err);
	if (failed == 0 && is_index && whole != NULL && o->n_platforms == 0) {
		*whole = root;
		root = (struct registry_document){ 0 };
	}
	return failed;
}

/* ------------------------------------------------------------ changes */

struct adding {
	const json_t *entries;
	const struct index_options *options;
};

static int
add(void *arg, json_t *index, struct error *err)
{
	const struct adding *a = arg;

	(void)err;
	index_add(index, a->entries, a->options->replace);
	index_note(index, a->entries, a->options->annotations);
	return 0;
}

int
index_append(struct depot *to, const json_t *entries, const struct index_options *o,
             struct index_result *out, struct error *err)
{
	struct adding a = { entries, o };

	return index_change(to, o, add, &a, true, out, err);
}

static bool
has_notes(const struct index_options *o)
{
	return o->annotations != NULL && o->annotations->list.n > 0;
}

int
index_create(struct depot *to, const json_t *entries,
             const struct registry_document *whole, const struct index_options *o,
             struct index_result *out, struct error *err)
{
	auto_json json_t *index = index_new();
	struct registry_put put = { 0 };

	out->tries = 1;
	to->is_made_here = buf_str(&whole->bytes)[0] == '\0';
	if (buf_str(&whole->bytes)[0] != '\0' && !has_notes(o)) {
		descriptor_copy(&out->document.descriptor, &whole->descriptor);
		buf_add_text(&out->document.bytes, buf_text(&whole->bytes));
	} else {
		index_add(index, entries, o->replace);
		index_note(index, entries, o->annotations);
		index_set_type(index);
		index_print(index, &out->document);
	}
	if (o->dry_run)
		return 0;
	if (to->ops->begin != NULL && to->ops->begin(to, err) < 0)
		return -1;
	put.media_type = out->document.descriptor.media_type;
	put.bytes = buf_text(&out->document.bytes);
	put.digest = &out->document.descriptor.digest;
	if (to->ops->put_document(to, "", &put, err) < 0)
		return -1;
	return to->ops->finish == NULL ? 0 : to->ops->finish(to, err);
}

/* Words are looked up once: what they named then is known by its digest. */
struct naming {
	const char *const *words;
	size_t n;
	const struct index_options *options;
	json_t *digests; /* NULL: not yet looked up */
};

/* Adds the digests of the entries of LIST that WORD names: their number. */
static size_t
look_up(const json_t *list, const char *word, json_t *digests)
{
	json_t *entry = NULL;
	size_t i = 0, n = 0;

	json_array_foreach(list, i, entry)
	{
		if (!index_entry_is(entry, word))
			continue;
		json_array_append(digests, json_object_get(entry, "digest"));
		n++;
	}
	return n;
}

static int
look_up_all(struct naming *n, const json_t *list, struct error *err)
{
	auto_json json_t *digests = json_array();

	if (n->digests != NULL)
		return 0;
	for (size_t i = 0; i < n->n; i++)
		if (look_up(list, n->words[i], digests) == 0) {
			error_set(err, ERR_SOURCE, "the index has no entry %s",
			          n->words[i]);
			return error_hint(err, "an entry is named by its platform or its "
			                       "digest; see: cooper index inspect");
		}
	n->digests = take(digests);
	return 0;
}

static bool
is_named(const struct naming *n, const json_t *entry)
{
	json_t *digest = NULL;
	size_t i = 0;

	json_array_foreach(n->digests, i, digest)
	{
		if (json_equal(digest, json_object_get(entry, "digest")))
			return true;
	}
	return false;
}

static int
take_out(void *arg, json_t *index, struct error *err)
{
	struct naming *n = arg;
	json_t *list = json_object_get(index, "manifests");

	if (look_up_all(n, list, err) < 0)
		return -1;
	for (size_t i = json_array_size(list); i > 0; i--)
		if (is_named(n, json_array_get(list, i - 1)))
			json_array_remove(list, i - 1);
	index_drop_orphans(index);
	return 0;
}

int
index_remove(struct depot *to, const char *const *words, size_t n,
             const struct index_options *o, struct index_result *out, struct error *err)
{
	struct naming naming = { .words = words, .n = n, .options = o };
	int failed = index_change(to, o, take_out, &naming, false, out, err);

	json_decref(naming.digests);
	return failed;
}

static int
annotate(void *arg, json_t *index, struct error *err)
{
	struct naming *n = arg;
	auto_json json_t *named = json_array();
	json_t *list = json_object_get(index, "manifests"), *entry = NULL;
	size_t i = 0;

	if (look_up_all(n, list, err) < 0)
		return -1;
	json_array_foreach(list, i, entry)
	{
		if (!is_named(n, entry))
			continue;
		if (n->options->set_platform != NULL) {
			auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
			auto_json json_t *made = NULL;

			platform_copy(&d.platform, n->options->set_platform);
			made = index_entry(&d, &d.platform);
			jsonio_set(entry, "platform",
			           json_incref(json_object_get(made, "platform")));
		}
		json_array_append(named, entry);
	}
	index_note(index, named, n->options->annotations);
	return 0;
}

int
index_annotate(struct depot *to, const char *const *words, size_t n,
               const struct index_options *o, struct index_result *out, struct error *err)
{
	struct naming naming = { .words = words, .n = n, .options = o };
	int failed = index_change(to, o, annotate, &naming, false, out, err);

	json_decref(naming.digests);
	return failed;
}
