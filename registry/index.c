#include "registry/manifest.h"

#include <stdlib.h>

#include "base/base.h"
#include "base/jsonio.h"

/* More names would not help anybody who reads the error. */
#define LISTED_PLATFORMS_MAX 32

int
index_read(struct index *out, struct text bytes, const char *where, struct error *err)
{
	auto_json json_t *root = manifest_parse(bytes, where, err);
	auto_index struct index ix = { 0 };
	const char *media_type = NULL;
	json_t *entries = NULL;
	bool is_index;

	if (root == NULL || manifest_is_index(bytes, where, &is_index, err) < 0)
		return -1;
	if (!is_index)
		return error_set(err, ERR_DAMAGED, "%s: a manifest, not an index", where);
	if (jsonio_str(root, "mediaType", &media_type, where, err) < 0 ||
	    jsonio_array(root, "manifests", &entries, where, err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(entries); i++) {
		auto_free char *inner = mem_print("%s: manifests[%zu]", where, i);

		if (descriptor_read(array_add(&ix.manifests), json_array_get(entries, i),
		                    inner, err) < 0)
			return -1;
	}
	if (media_type == NULL || *media_type == '\0')
		media_type = MEDIA_OCI_INDEX;
	ix.media_type = mem_copy(media_type);
	*out = ix;
	ix = (struct index){ 0 };
	return 0;
}

char *
index_write(const struct index *ix, json_t *annotations)
{
	auto_json json_t *root = manifest_head_write(ix->media_type);
	json_t *entries = json_array();

	for (size_t i = 0; i < ix->manifests.n; i++)
		json_array_append_new(entries, manifest_entry_write(&ix->manifests.at[i],
		                                                    ix->media_type));
	jsonio_set(root, "manifests", entries);
	if (strcmp(ix->media_type, MEDIA_DOCKER_LIST) != 0)
		jsonio_set(root, "annotations", json_incref(annotations));
	return jsonio_print_pretty(root);
}

static bool
is_word(const char *s, const char *word)
{
	return s != NULL && strcmp(s, word) == 0;
}

/* An attestation describes another entry and is never run. */
static bool
is_attestation(const struct descriptor *d)
{
	const char *type = json_string_value(
	        json_object_get(d->annotations, "vnd.docker.reference.type"));

	return is_word(type, "attestation-manifest") ||
	       (is_word(d->platform.os, "unknown") &&
	        is_word(d->platform.arch, "unknown"));
}

static bool
may_run(const struct descriptor *d)
{
	return !is_attestation(d) &&
	       (*d->media_type == '\0' || media_is_index(d->media_type) ||
	        media_is_manifest(d->media_type));
}

/* An entry without a platform may be for any: it is taken if nothing else fits. */
static int
rank_of(const struct descriptor *d, const struct platform *platform)
{
	if (!may_run(d))
		return 0;
	if (d->platform.os == NULL || *d->platform.os == '\0')
		return 1;
	return 2 * platform_match(platform, &d->platform);
}

static bool
names_platform(const struct index *ix, size_t end, const struct platform *p)
{
	for (size_t i = 0; i < end; i++)
		if (may_run(&ix->manifests.at[i]) &&
		    platform_equal(&ix->manifests.at[i].platform, p))
			return true;
	return false;
}

static void
list_platforms(struct buf *out, const struct index *ix)
{
	size_t listed = 0;

	for (size_t i = 0; i < ix->manifests.n; i++) {
		const struct platform *p = &ix->manifests.at[i].platform;
		auto_free char *text = NULL;

		if (!may_run(&ix->manifests.at[i]) || names_platform(ix, i, p))
			continue;
		if (listed++ == LISTED_PLATFORMS_MAX) {
			buf_add_str(out, ", …");
			return;
		}
		text = platform_print(p);
		buf_print(out, "%s%s", out->n > 0 ? ", " : "", text);
	}
}

const struct descriptor *
index_find(const struct index *ix, const struct platform *platform, const char *where,
           struct error *err)
{
	const struct descriptor *best = NULL;
	auto_buf struct buf have = BUF_INIT;
	auto_free char *want = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < ix->manifests.n; i++) {
		int rank = rank_of(&ix->manifests.at[i], platform);

		if (rank > best_rank) {
			best_rank = rank;
			best = &ix->manifests.at[i];
		}
	}
	if (best != NULL)
		return best;
	want = platform_print(platform);
	list_platforms(&have, ix);
	error_set(err, ERR_SOURCE, "%s: no match for platform %s; it has %s", where, want,
	          have.n > 0 ? buf_str(&have) : "no image at all");
	error_hint(err, "choose another platform (--platform) or another image");
	return NULL;
}

size_t
index_candidates(const struct index *ix, const struct platform *platform,
                 const struct descriptor **found)
{
	size_t n = 0;

	for (size_t i = 0; i < ix->manifests.n; i++) {
		const struct descriptor *d = &ix->manifests.at[i];
		int rank = rank_of(d, platform);
		size_t at = n;

		if (rank == 0)
			continue;
		/* Among equals, the first wins. */
		for (; at > 0 && rank_of(found[at - 1], platform) < rank; at--)
			found[at] = found[at - 1];
		found[at] = d;
		n++;
	}
	return n;
}

void
index_clear(struct index *ix)
{
	free(ix->media_type);
	for (size_t i = 0; i < ix->manifests.n; i++)
		descriptor_clear(&ix->manifests.at[i]);
	array_clear(&ix->manifests);
	*ix = (struct index){ 0 };
}
