#include "builder/depots/copy_list.h"

#include "base/base.h"
#include "base/event.h"
#include "base/job.h"
#include "base/jsonio.h"

/* Transfers at once; more gain nothing, because a registry hashes what it gets. */
#define TRANSFERS 4

/* A blob that is damaged on its way is copied again so often. */
#define DAMAGED_TRIES 3

/* ------------------------------------------------------------ blobs */

struct copying {
	struct copy_list *list;
	const char *mount_from; /* a repository of the destination's host, or NULL */
	bool anew;
	int vertex;
	pthread_mutex_t lock; /* of OUT */
	struct copied *out;
};

struct blob_job {
	struct copying *copying;
	const struct descriptor *d;
};

static void
count(struct copying *c, const struct descriptor *d, enum push_outcome outcome)
{
	char hex[DIGEST_HEX_MAX];
	auto_free char *name = mem_print("copying sha256:%.12s",
	                                 digest_hex(&d->digest, hex));

	pthread_mutex_lock(&c->lock);
	c->out->sent += outcome == PUSH_SENT;
	c->out->mounted += outcome == PUSH_MOUNTED;
	c->out->existed += outcome == PUSH_EXISTED;
	if (outcome == PUSH_SENT)
		c->out->bytes += d->size;
	pthread_mutex_unlock(&c->lock);
	if (outcome == PUSH_SENT)
		event_status(c->vertex, name, d->size, d->size, true);
}

static int
copy_once(struct copying *c, const struct descriptor *d, struct error *err)
{
	struct depot *from = c->list->from, *to = c->list->to;
	auto_blob_in struct blob_in in = { .fd = -1, .d = d };
	enum push_outcome outcome = PUSH_SENT;

	if (from->ops->blob(from, d, &in, err) < 0 ||
	    to->ops->put_blob(to, d, c->mount_from, c->anew, &in, &outcome, err) < 0)
		return -1;
	count(c, d, outcome);
	return 0;
}

static int
copy_blob(void *arg, struct error *err)
{
	struct blob_job *job = arg;
	struct copying *c = job->copying;

	for (int i = 1;; i++) {
		if (copy_once(c, job->d, err) == 0)
			return 0;
		if (err->code != ERR_DAMAGED || i == DAMAGED_TRIES ||
		    c->list->to->ops->is_stream ||
		    c->list->from->ops != &depot_ops_registry)
			return -1;
		event_warn_error(c->vertex, err, "copied again");
	}
}

static int
copy_blobs(struct copying *c, struct error *err)
{
	size_t n = c->list->blobs.list.n;
	auto_free struct blob_job *jobs = mem_new_n(n + 1, sizeof *jobs);
	struct pool *pool = NULL;
	struct group *group = NULL;
	int failed = 0;

	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct blob_job){ c, &c->list->blobs.list.at[i] };
	if (c->list->to->ops->is_stream) {
		for (size_t i = 0; i < n && failed == 0; i++)
			failed = copy_blob(&jobs[i], err);
		return failed;
	}
	pool = pool_new(TRANSFERS);
	group = group_new(pool);
	for (size_t i = 0; i < n; i++)
		group_add(group, copy_blob, &jobs[i]);
	failed = group_wait(group, err);
	group_free(group);
	pool_free(pool);
	return failed;
}

/* ------------------------------------------------------------ documents */

static int
copy_documents(struct copying *c, struct error *err)
{
	struct copy_list *list = c->list;

	for (size_t i = 0; i < list->documents.n; i++) {
		struct copy_document *d = &list->documents.at[i];
		struct registry_put put = {
			.media_type = d->document.descriptor.media_type,
			.bytes = buf_text(&d->document.bytes),
			.digest = &d->document.descriptor.digest,
		};
		int rc = 0;

		if (d->there && d->name == NULL)
			continue;
		rc = list->to->ops->put_document(list->to, d->name, &put, err);
		if (rc < 0)
			return rc;
		c->out->documents++;
		c->out->referrers += d->is_referrer;
		if (d->subject != NULL && !put.knows_subject &&
		    copy_refer(list->to, d, err) < 0)
			return -1;
	}
	return 0;
}

/* A registry that collects garbage may remove blobs after it said that it has them. */
static int
copy_all(struct copying *c, struct error *err)
{
	int rc = 0;

	if (copy_blobs(c, err) < 0)
		return -1;
	if (c->list->options->blobs_only)
		return 0;
	rc = copy_documents(c, err);
	if (rc != REGISTRY_LACKS_BLOBS)
		return rc;
	event_warn_error(c->vertex, err, "all blobs are sent again");
	c->anew = true;
	c->mount_from = NULL;
	return copy_blobs(c, err) < 0 ? -1 : copy_documents(c, err);
}

/* ------------------------------------------------------------ platforms */

static bool
is_wanted(const struct copy_options *o, const struct descriptor *d)
{
	for (size_t i = 0; i < o->n_platforms; i++)
		if (platform_equal(&o->platforms[i], &d->platform))
			return true;
	return false;
}

/* The digest that the attestation ENTRY is about, or NULL. */
static const char *
about(const json_t *entry)
{
	const json_t *notes = json_object_get(entry, "annotations");

	return json_string_value(json_object_get(notes, "vnd.docker.reference.digest"));
}

static bool
keeps(const json_t *kept, const char *digest)
{
	size_t i = 0;
	json_t *entry = NULL;

	json_array_foreach(kept, i, entry)
	{
		const char *have = json_string_value(json_object_get(entry, "digest"));

		if (have != NULL && digest != NULL && strcmp(have, digest) == 0)
			return true;
	}
	return false;
}

/* The entries for the wanted platforms, and what is attested of them. */
static int
keep_wanted(const struct copy_options *o, json_t *list, json_t *kept, const char *where,
            struct error *err)
{
	size_t i = 0;
	json_t *entry = NULL;

	json_array_foreach(list, i, entry)
	{
		auto_descriptor struct descriptor d = DESCRIPTOR_INIT;

		if (descriptor_read(&d, entry, where, err) < 0)
			return -1;
		if (is_wanted(o, &d))
			json_array_append(kept, entry);
	}
	json_array_foreach(list, i, entry)
	{
		if (about(entry) != NULL && keeps(kept, about(entry)))
			json_array_append(kept, entry);
	}
	return 0;
}

/* ROOT, an index, becomes one of the wanted platforms alone. */
static int
reduce(const struct copy_options *o, struct registry_document *root, json_t *index,
       const char *where, struct error *err)
{
	auto_json json_t *kept = json_array();
	auto_free char *text = NULL;

	if (keep_wanted(o, json_object_get(index, "manifests"), kept, where, err) < 0)
		return -1;
	for (size_t i = 0; i < o->n_platforms; i++) {
		auto_index struct index ix = { 0 };

		/* Says what there is if one is missing. */
		if (index_read(&ix, buf_text(&root->bytes), where, err) < 0 ||
		    index_find(&ix, &o->platforms[i], where, err) == NULL)
			return -1;
	}
	if (json_array_size(kept) == json_array_size(json_object_get(index, "manifests")))
		return 0;
	jsonio_set(index, "manifests", json_incref(kept));
	text = jsonio_print_pretty(index);
	buf_truncate(&root->bytes, 0);
	buf_add_str(&root->bytes, text);
	root->descriptor.digest = digest_of(root->bytes.p, root->bytes.n);
	root->descriptor.size = root->bytes.n;
	return 0;
}

/* Of an index one image: the destination takes no more, or no more is wanted. */
static int
choose_one(struct copy_list *list, struct registry_document *root, struct error *err)
{
	const struct copy_options *o = list->options;
	auto_depot_image struct depot_image image = { 0 };

	if (o->n_platforms > 1)
		return error_set(err, ERR_USAGE, "%s holds one image", list->to->shown);
	if (depot_image(list->from, o->n_platforms == 1 ? &o->platforms[0] : NULL, &image,
	                err) < 0)
		return -1;
	registry_document_clear(root);
	return depot_document_set(root, &image.manifest, &image.manifest_text,
	                          list->from->shown, err);
}

/* What is copied: the root of the source, or a part of it. */
static int
find_root(struct copy_list *list, struct registry_document *root, struct error *err)
{
	const struct copy_options *o = list->options;
	auto_json json_t *json = NULL;
	bool is_index = false;

	if (depot_find(list->from, root, err) < 0)
		return -1;
	json = depot_json(buf_text(&root->bytes), list->from->shown, err);
	if (json == NULL || depot_is_index(json, list->from->shown, &is_index, err) < 0)
		return -1;
	if (!is_index)
		return 0;
	if (list->to->is_single || (o->n_platforms == 1 && !o->entries))
		return choose_one(list, root, err);
	return o->n_platforms == 0 ? 0 : reduce(o, root, json, list->from->shown, err);
}

/* ------------------------------------------------------------ all */

/* Whether the word of TO means D already. */
static bool
has_name(struct depot *to, const struct descriptor *d)
{
	auto_registry_document struct registry_document now = { 0 };
	auto_error struct error ignored = ERROR_INIT;

	return to->ops == &depot_ops_registry &&
	       to->ops->find(to, depot_name(to), &now, &ignored) > 0 &&
	       digest_equal(&now.descriptor.digest, &d->digest);
}

static const char *
mount_source(const struct copy_list *list)
{
	const struct depot *from = list->from, *to = list->to;

	if (list->options->mount_from != NULL)
		return list->options->mount_from;
	if (from->ops != &depot_ops_registry || to->ops != &depot_ops_registry ||
	    strcmp(from->ref.host, to->ref.host) != 0)
		return NULL;
	return from->ref.repo;
}

/* Documents that the destination has are whole: their blobs need not be asked for. */
static int
skip_present(struct copy_list *list, struct error *err)
{
	if (list->to->ops != &depot_ops_registry)
		return 0;
	for (size_t i = 0; i < list->documents.n; i++) {
		struct copy_document *d = &list->documents.at[i];
		int there = list->to->ops->has(list->to, &d->document.descriptor, err);

		if (there < 0)
			return -1;
		d->there = there > 0;
	}
	return 0;
}

static int
list_all(struct copy_list *list, struct copied *out, struct error *err)
{
	auto_registry_document struct registry_document root = { 0 };
	const struct copy_options *o = list->options;
	size_t at = 0;

	if (find_root(list, &root, err) < 0)
		return -1;
	descriptor_copy(&out->root, &root.descriptor);
	out->same = !o->untagged && has_name(list->to, &root.descriptor);
	if (copy_list_add(list, &root, o->untagged || out->same ? NULL : "", 0, &at,
	                  err) < 0)
		return -1;
	if (o->referrers && !list->to->is_single &&
	    copy_list_referrers(list, err) < 0)
		return -1;
	if (o->digest_tags && copy_list_tags(list, err) < 0)
		return -1;
	if (skip_present(list, err) < 0)
		return -1;
	if (o->entries &&
	    json_object_get(list->documents.at[at].json, "manifests") != NULL)
		list->documents.at[at].there = true;
	return 0;
}

static int
copy(struct copying *c, struct error *err)
{
	struct copy_list *list = c->list;
	bool made_here = list->from->ops == &depot_ops_store;

	/* As `cooper push` sends it, with compressed layers. */
	if (made_here && list->to->ops != &depot_ops_store && !list->to->is_single &&
	    store_pack(list->from, err) < 0)
		return -1;
	if (list_all(list, c->out, err) < 0)
		return -1;
	if (list->to->ops->begin != NULL && list->to->ops->begin(list->to, err) < 0)
		return -1;
	c->mount_from = mount_source(list);
	if (copy_list_blobs(list, err) < 0 || copy_all(c, err) < 0)
		return -1;
	return list->to->ops->finish == NULL ? 0 : list->to->ops->finish(list->to, err);
}

int
image_copy(struct depot *from, struct depot *to, const struct copy_options *options,
           struct copied *out, struct error *err)
{
	auto_copy_list struct copy_list list = { .from = from,
		                                 .to = to,
		                                 .options = options };
	auto_free char *title = mem_print("copying %s to %s", from->shown, to->shown);
	struct copying c = { .list = &list,
		             .out = out,
		             .vertex = event_begin(title),
		             .lock = PTHREAD_MUTEX_INITIALIZER };
	int failed = copy(&c, err) < 0 ? -1 : 0;

	if (failed == 0 && out->same)
		event_status(c.vertex, "the destination has it already", 0, 0, true);
	event_end(c.vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          failed < 0 ? err->text : NULL);
	return failed < 0 ? error_wrap(err, "copy") : 0;
}
