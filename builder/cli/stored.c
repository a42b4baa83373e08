#include "builder/cli/stored.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "base/suggest.h"
#include "builder/cli/stored_id.h"
#include "layers/blob.h"
#include "layers/tags.h"

/* Of one document; larger ones are refused by registries as well. */
#define DOCUMENT_MAX ((size_t)16 << 20)

/* ------------------------------------------------------------ names */

/* Adds a hint: the nearest name in the store, as one would type it, or how to see them. */
static void
suggest_name(const struct tags *tags, const struct reference *ref, struct error *err)
{
	auto_free char *word = reference_short(ref);
	auto_free char **names = mem_new_n(tags->list.n + 1, sizeof *names);
	size_t n = 0;

	for (size_t i = 0; i < tags->list.n; i++) {
		auto_error struct error ignored = ERROR_INIT;
		auto_reference struct reference have = REFERENCE_INIT;

		if (tags->list.at[i].name != NULL &&
		    reference_parse(&have, text_of(tags->list.at[i].name), &ignored) == 0)
			names[n++] = reference_short(&have);
	}
	suggest_hint(err,
	             suggest_find(text_of(word), (const char *const *)names, n, false));
	error_hint(err, STORED_HINT);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
}

/* A reference with a digest means the tag if it has one and the digest fits, else
 * any name of that content. */
static bool
tag_fits(const struct tag *tag, const char *name, const struct reference *ref)
{
	char digest[DIGEST_TEXT_MAX];

	if (tag->name == NULL)
		return false;
	if (ref->digest != NULL &&
	    strcmp(ref->digest, digest_text(&tag->target.digest, digest)) != 0)
		return false;
	return ref->tag == NULL || strcmp(tag->name, name) == 0;
}

/* 1, 0, -1: WORD is an id. */
static int
find_id(struct store *store, const struct tags *tags, const char *word, char **full,
        struct descriptor *target, struct error *err)
{
	struct stored_ids found = { 0 };
	int rc = 0;

	if (!stored_id_is(word))
		return 0;
	rc = stored_id_find(store, tags, word, &found, err);
	if (rc == 0 && found.list.n > 0) {
		const struct tag *tag = &tags->list.at[found.list.at[0]];

		*full = mem_copy(tag->name);
		descriptor_copy(target, &tag->target);
		rc = 1;
	}
	array_clear(&found.list);
	return rc;
}

int
stored_find(struct store *store, const char *name, char **full, struct descriptor *target,
            struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT, untied = REFERENCE_INIT;
	auto_tags struct tags tags = { 0 };
	auto_free char *wanted = NULL;
	int found = 0;

	if (tags_read(store, &tags, err) < 0)
		return -1;
	/* These can be no names. */
	if (strncmp(name, "sha256:", 7) == 0 ||
	    (strlen(name) == 64 && stored_id_is(name))) {
		found = find_id(store, &tags, name, full, target, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
	}
	if (reference_parse(&ref, text_of(name), err) < 0)
		return -1;
	reference_copy(&untied, &ref);
	free(untied.digest);
	untied.digest = NULL;
	wanted = reference_print(&untied);
	for (size_t i = 0; i < tags.list.n; i++) {
		if (!tag_fits(&tags.list.at[i], wanted, &ref))
			continue;
		*full = mem_copy(tags.list.at[i].name);
		descriptor_copy(target, &tags.list.at[i].target);
		return 0;
	}
	found = find_id(store, &tags, name, full, target, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	error_set(err, ERR_SOURCE, "%s: no such image in the store", name);
	suggest_name(&tags, &ref, err);
	return -1;
}

/* ------------------------------------------------------------ content */

/* The first image of INDEX that the store has, else the first; NULL: there is none. After
 * `pull --platform` the store has one of them. */
static const struct descriptor *
first_image(struct store *store, const struct index *index)
{
	const struct descriptor *first = NULL;

	for (size_t i = 0; i < index->manifests.n; i++) {
		const struct descriptor *d = &index->manifests.at[i];

		/* Attestations are listed for "unknown/unknown". */
		if (d->platform.os != NULL && strcmp(d->platform.os, "unknown") == 0)
			continue;
		if (blob_has(store, &d->digest, NULL))
			return d;
		if (first == NULL)
			first = d;
	}
	return first;
}

static int
read_document(void *arg, const struct descriptor *d, struct buf *out, struct error *err)
{
	return blob_read(arg, &d->digest, DOCUMENT_MAX, out, err);
}

/* The first image of the index in BYTES, whatever machine it is for. */
static int
read_first(struct store *store, struct text bytes, const char *where,
           struct descriptor *out, struct buf *text, struct error *err)
{
	auto_index struct index index = { 0 };
	const struct descriptor *d = NULL;

	if (index_read(&index, bytes, where, err) < 0)
		return -1;
	d = first_image(store, &index);
	if (d == NULL)
		return error_set(err, ERR_SOURCE, "%s: an index without images", where);
	return manifest_find(d, &d->platform, where, read_document, store, out, text,
	                     err);
}

static int
read_manifest(struct store *store, const struct platform *want, const char *where,
              struct stored *s, struct error *err)
{
	auto_buf struct buf root = BUF_INIT, text = BUF_INIT;
	auto_platform struct platform host = PLATFORM_INIT;
	auto_error struct error none = ERROR_INIT;
	bool is_index = false;

	if (read_document(store, &s->root, &root, err) < 0 ||
	    manifest_is_index(buf_text(&root), where, &is_index, err) < 0)
		return -1;
	platform_host(&host);
	if (manifest_find(&s->root, want != NULL ? want : &host, where, read_document,
	                  store, &s->manifest, &text, &none) < 0) {
		if (want != NULL || !is_index) {
			error_move(err, &none);
			return -1;
		}
		if (read_first(store, buf_text(&root), where, &s->manifest, &text, err) <
		    0)
			return -1;
	}
	return manifest_read(&s->document, buf_text(&text), where, err);
}

int
stored_describe(struct stored *s, const char *where, struct error *err)
{
	const char *os = NULL, *arch = NULL, *variant = NULL, *created = NULL;

	if (jsonio_str(s->config, "os", &os, where, err) < 0 ||
	    jsonio_str(s->config, "architecture", &arch, where, err) < 0 ||
	    jsonio_str(s->config, "variant", &variant, where, err) < 0 ||
	    jsonio_str(s->config, "created", &created, where, err) < 0)
		return -1;
	platform_set(&s->platform, os, arch, variant, NULL);
	if (created != NULL && !clock_parse(text_of(created), &s->created_ns))
		s->created_ns = 0;
	s->size = s->manifest.size + s->document.config.size;
	for (size_t i = 0; i < s->document.layers.n; i++)
		s->size += s->document.layers.at[i].size;
	return 0;
}

static int
read_config(struct store *store, const char *where, struct stored *s, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;

	if (blob_read(store, &s->document.config.digest, DOCUMENT_MAX, &bytes, err) < 0)
		return -1;
	s->config = jsonio_parse(buf_text(&bytes), where, err);
	return s->config == NULL ? -1 : stored_describe(s, where, err);
}

int
stored_read(struct store *store, const struct descriptor *root,
            const struct platform *want, struct stored *out, struct error *err)
{
	char where[DIGEST_TEXT_MAX];
	auto_stored struct stored s = STORED_INIT;

	digest_text(&root->digest, where);
	descriptor_copy(&s.root, root);
	if (read_manifest(store, want, where, &s, err) < 0 ||
	    read_config(store, where, &s, err) < 0)
		return -1;
	*out = s;
	s = (struct stored)STORED_INIT;
	return 0;
}

void
stored_clear(struct stored *s)
{
	descriptor_clear(&s->root);
	descriptor_clear(&s->manifest);
	manifest_clear(&s->document);
	json_decref(s->config);
	platform_clear(&s->platform);
	*s = (struct stored)STORED_INIT;
}
