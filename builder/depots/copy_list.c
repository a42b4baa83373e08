#include "builder/depots/copy_list.h"

#include "base/base.h"
#include "base/jsonio.h"

#define DEPTH_MAX     4 /* indexes in indexes, referrers of referrers */
#define DOCUMENTS_MAX 10000

void
copy_list_clear(struct copy_list *list)
{
	for (size_t i = 0; i < list->documents.n; i++) {
		struct copy_document *d = &list->documents.at[i];

		registry_document_clear(&d->document);
		json_decref(d->json);
		free(d->name);
	}
	array_clear(&list->documents);
	for (size_t i = 0; i < list->blobs.list.n; i++)
		descriptor_clear(&list->blobs.list.at[i]);
	array_clear(&list->blobs.list);
}

/* ------------------------------------------------------------ blobs */

static bool
has_blob(const struct copy_list *list, const struct digest *d)
{
	for (size_t i = 0; i < list->blobs.list.n; i++)
		if (digest_equal(&list->blobs.list.at[i].digest, d))
			return true;
	return false;
}

/* Layers that must not be distributed are where their urls say. */
static bool
is_foreign(const struct descriptor *d)
{
	return d->urls != NULL && (strstr(d->media_type, "nondistributable") != NULL ||
	                           strstr(d->media_type, "foreign") != NULL);
}

static int
add_blob(struct copy_list *list, const json_t *entry, const char *where,
         struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;

	if (descriptor_read(&d, entry, where, err) < 0)
		return -1;
	if (!is_foreign(&d) && !has_blob(list, &d.digest))
		descriptor_copy(array_add(&list->blobs.list), &d);
	return 0;
}

/* BuildKit's old caches are indexes of layers. */
static bool
is_blob(const struct descriptor *d)
{
	return *d->media_type != '\0' && !media_is_index(d->media_type) &&
	       strstr(d->media_type, "manifest") == NULL;
}

static int
add_entries(struct copy_list *list, const json_t *document, const char *member,
            const char *where, struct error *err)
{
	bool is_index = strcmp(member, "manifests") == 0;
	json_t *entries = NULL, *entry = NULL;
	size_t i = 0;

	if (jsonio_array(document, member, &entries, where, err) < 0)
		return -1;
	json_array_foreach(entries, i, entry)
	{
		auto_descriptor struct descriptor d = DESCRIPTOR_INIT;

		if (descriptor_read(&d, entry, where, err) < 0 ||
		    ((!is_index || is_blob(&d)) && add_blob(list, entry, where, err) < 0))
			return -1;
	}
	return 0;
}

static int
add_blobs(struct copy_list *list, const json_t *document, const char *where,
          struct error *err)
{
	const json_t *config = json_object_get(document, "config");

	if (config != NULL && add_blob(list, config, where, err) < 0)
		return -1;
	if (add_entries(list, document, "layers", where, err) < 0 ||
	    add_entries(list, document, "blobs", where, err) < 0)
		return -1;
	return add_entries(list, document, "manifests", where, err);
}

int
copy_list_blobs(struct copy_list *list, struct error *err)
{
	char where[DIGEST_TEXT_MAX];

	for (size_t i = 0; i < list->documents.n; i++) {
		const struct copy_document *d = &list->documents.at[i];

		digest_text(&d->document.descriptor.digest, where);
		if (!d->there && add_blobs(list, d->json, where, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------ documents */

static struct copy_document *
find(struct copy_list *list, const struct digest *d)
{
	for (size_t i = 0; i < list->documents.n; i++)
		if (digest_equal(&list->documents.at[i].document.descriptor.digest, d))
			return &list->documents.at[i];
	return NULL;
}

static int
add_child(struct copy_list *list, const json_t *entry, const char *where, int depth,
          struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_registry_document struct registry_document child = { 0 };
	auto_buf struct buf bytes = BUF_INIT;
	size_t at = 0;

	if (descriptor_read(&d, entry, where, err) < 0)
		return -1;
	if (find(list, &d.digest) != NULL)
		return 0;
	if (is_blob(&d))
		return 0;
	if (depot_document(list->from, &d, &bytes, err) < 0 ||
	    depot_document_set(&child, &d, &bytes, where, err) < 0)
		return -1;
	return copy_list_add(list, &child, NULL, depth, &at, err);
}

int
copy_list_add(struct copy_list *list, struct registry_document *root, const char *name,
              int depth, size_t *at, struct error *err)
{
	char where[DIGEST_TEXT_MAX];
	auto_json json_t *json = NULL;
	struct copy_document *d = NULL;
	bool is_index = false;
	json_t *entry = NULL;
	size_t i = 0;
	int failed = 0;

	digest_text(&root->descriptor.digest, where);
	json = depot_json(buf_text(&root->bytes), where, err);
	if (json == NULL || depot_is_index(json, where, &is_index, err) < 0)
		return -1;
	if (depth > DEPTH_MAX || list->documents.n > DOCUMENTS_MAX)
		return error_set(err, ERR_DAMAGED, "%s: too many documents below it",
		                 where);
	if (is_index && list->to->is_single)
		return error_set(err, ERR_USAGE, "%s: no place for an index", where);
	json_array_foreach(json_object_get(json, "manifests"), i, entry)
	{
		if (failed == 0)
			failed = add_child(list, entry, where, depth + 1, err);
	}
	if (failed < 0)
		return -1;
	*at = list->documents.n;
	d = array_add(&list->documents);
	d->document = *root;
	*root = (struct registry_document){ 0 };
	d->name = mem_copy(name);
	d->json = take(json);
	d->subject = json_object_get(d->json, "subject");
	return 0;
}

/* ------------------------------------------------------------ referrers */

/* The list of what refers to SUBJECT in the source. 1, 0, -1. */
static int
read_referrers(struct depot *p, const struct digest *subject, json_t **out,
               struct error *err)
{
	auto_registry_document struct registry_document d = { 0 };
	auto_free char *tag = registry_referrers_tag(subject);
	int found = 0;

	if (p->ops->referrers != NULL)
		return p->ops->referrers(p, subject, out, err);
	found = p->ops->find(p, tag, &d, err);
	if (found <= 0)
		return found;
	*out = depot_json(buf_text(&d.bytes), tag, err);
	return *out == NULL ? -1 : 1;
}

static int
add_referrers(struct copy_list *list, size_t of, struct error *err)
{
	const struct digest subject = list->documents.at[of].document.descriptor.digest;
	auto_json json_t *index = NULL;
	json_t *entry = NULL;
	size_t i = 0;
	int found = read_referrers(list->from, &subject, &index, err);

	if (found <= 0)
		return found;
	json_array_foreach(json_object_get(index, "manifests"), i, entry)
	{
		size_t before = list->documents.n;

		if (add_child(list, entry, "referrers", 1, err) < 0)
			return -1;
		for (size_t j = before; j < list->documents.n; j++)
			list->documents.at[j].is_referrer = true;
	}
	return 0;
}

int
copy_list_referrers(struct copy_list *list, struct error *err)
{
	/* What is added has referrers of its own: signatures of SBOMs. */
	for (size_t i = 0; i < list->documents.n; i++)
		if (add_referrers(list, i, err) < 0)
			return error_wrap(err, "referrers");
	return 0;
}

int
copy_list_tags(struct copy_list *list, struct error *err)
{
	static const char *const ends[] = { "sig", "att", "sbom" };
	size_t n = list->documents.n;

	for (size_t i = 0; i < n * COUNT_OF(ends); i++) {
		const struct digest *d = &list->documents.at[i / COUNT_OF(ends)]
		                                  .document.descriptor.digest;
		auto_registry_document struct registry_document found = { 0 };
		auto_free char *tag = registry_referrers_tag(d);
		auto_free char *name = mem_print("%s.%s", tag, ends[i % COUNT_OF(ends)]);
		int there = list->from->ops->find(list->from, name, &found, err);
		size_t at = 0;

		if (there < 0 ||
		    (there > 0 && copy_list_add(list, &found, name, 0, &at, err) < 0))
			return error_wrap(err, "%s", name);
		if (there > 0)
			list->documents.at[at].is_referrer = true;
	}
	return 0;
}
