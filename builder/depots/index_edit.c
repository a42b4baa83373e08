#include "builder/depots/index_edit.h"

#include "base/base.h"
#include "base/jsonio.h"

#define ABOUT_KEY "vnd.docker.reference.digest"
#define WORD_MIN  7 /* of the digits of a digest */

static const char *
text_in(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static json_t *
entries_of(const json_t *index)
{
	return json_object_get(index, "manifests");
}

/* ------------------------------------------------------------ platforms */

void
index_platform(const json_t *entry, struct platform *out)
{
	const json_t *p = json_object_get(entry, "platform");

	if (p != NULL)
		platform_set(out, text_in(p, "os"), text_in(p, "architecture"),
		             text_in(p, "variant"), text_in(p, "os.version"));
}

static bool
same_platform(const json_t *a, const json_t *b)
{
	auto_platform struct platform of_a = PLATFORM_INIT, of_b = PLATFORM_INIT;
	const json_t *features = json_object_get(json_object_get(a, "platform"),
	                                         "os.features");

	index_platform(a, &of_a);
	index_platform(b, &of_b);
	if (of_a.os == NULL || of_b.os == NULL)
		return of_a.os == of_b.os;
	if (features != NULL &&
	    !json_equal(features,
	                json_object_get(json_object_get(b, "platform"), "os.features")))
		return false;
	return platform_equal(&of_a, &of_b) &&
	       strcmp(of_a.os_version == NULL ? "" : of_a.os_version,
	              of_b.os_version == NULL ? "" : of_b.os_version) == 0;
}

static bool
same_digest(const json_t *a, const json_t *b)
{
	const char *of_a = text_in(a, "digest"), *of_b = text_in(b, "digest");

	return of_a != NULL && of_b != NULL && strcmp(of_a, of_b) == 0;
}

static bool
is_attestation(const json_t *entry)
{
	return text_in(json_object_get(entry, "annotations"), ABOUT_KEY) != NULL;
}

/* ------------------------------------------------------------ entries */

json_t *
index_new(void)
{
	return json_pack("{s:i,s:s,s:[]}", "schemaVersion", 2, "mediaType",
	                 MEDIA_OCI_INDEX, "manifests");
}

json_t *
index_entry(const struct descriptor *d, const struct platform *platform)
{
	auto_descriptor struct descriptor copy = DESCRIPTOR_INIT;

	copy.media_type = mem_copy(d->media_type);
	copy.digest = d->digest;
	copy.size = d->size;
	if (platform != NULL && platform->os != NULL)
		platform_copy(&copy.platform, platform);
	return descriptor_write(&copy);
}

/* Whether LIST has ENTRY, by digest and platform. */
static bool
lists(const json_t *list, const json_t *entry)
{
	json_t *have = NULL;
	size_t i = 0;

	json_array_foreach(list, i, have)
	{
		if (same_digest(have, entry) && same_platform(have, entry))
			return true;
	}
	return false;
}

/* Takes out the other entries of the platform of ENTRY. */
static void
drop_platform(json_t *list, const json_t *entry)
{
	if (json_object_get(entry, "platform") == NULL || is_attestation(entry))
		return;
	for (size_t i = json_array_size(list); i > 0; i--) {
		const json_t *have = json_array_get(list, i - 1);

		if (!is_attestation(have) && same_platform(have, entry) &&
		    !same_digest(have, entry))
			json_array_remove(list, i - 1);
	}
}

void
index_add(json_t *index, const json_t *entries, bool replace)
{
	json_t *list = entries_of(index), *entry = NULL;
	size_t i = 0;

	json_array_foreach(entries, i, entry)
	{
		if (replace)
			drop_platform(list, entry);
		if (!lists(list, entry))
			json_array_append_new(list, json_deep_copy(entry));
	}
	if (replace)
		index_drop_orphans(index);
}

void
index_drop_orphans(json_t *index)
{
	json_t *list = entries_of(index);

	for (size_t i = json_array_size(list); i > 0; i--) {
		const json_t *entry = json_array_get(list, i - 1);
		const char *about = text_in(json_object_get(entry, "annotations"),
		                            ABOUT_KEY);
		bool found = about == NULL;

		for (size_t j = 0; j < json_array_size(list) && !found; j++) {
			const char *digest = text_in(json_array_get(list, j), "digest");

			found = j != i - 1 && digest != NULL &&
			        strcmp(digest, about) == 0;
		}
		if (!found)
			json_array_remove(list, i - 1);
	}
}

bool
index_entry_is(const json_t *entry, const char *word)
{
	auto_platform struct platform want = PLATFORM_INIT, have = PLATFORM_INIT;
	auto_error struct error ignored = ERROR_INIT;
	const char *digest = text_in(entry, "digest"), *at = strstr(word, "@sha");
	const char *colon = NULL;

	if (at != NULL)
		word = at + 1;
	if (digest == NULL)
		return false;
	colon = strchr(digest, ':');
	if (strcmp(digest, word) == 0 || (strlen(word) >= WORD_MIN && colon != NULL &&
	                                  strncmp(colon + 1, word, strlen(word)) == 0))
		return true;
	if (strchr(word, '/') == NULL || is_attestation(entry) ||
	    platform_parse(&want, text_of(word), &ignored) < 0)
		return false;
	index_platform(entry, &have);
	return have.os != NULL && platform_equal(&want, &have);
}

/* ------------------------------------------------------------ annotations */

/* OBJECT's annotations get the members of MORE (its reference is taken). */
static void
merge(json_t *object, json_t *more)
{
	json_t *notes = json_object_get(object, "annotations");

	if (more == NULL)
		return;
	if (!json_is_object(notes)) {
		jsonio_set(object, "annotations", more);
		return;
	}
	json_object_update(notes, more);
	json_decref(more);
}

void
index_note(json_t *index, const json_t *entries, const struct annotations *a)
{
	const struct annotations none = { 0 };
	json_t *entry = NULL;
	size_t i = 0;

	if (a == NULL)
		return;
	merge(index, annotations_json(&none, a, ANNOTATION_INDEX, NULL));
	json_array_foreach(entries_of(index), i, entry)
	{
		auto_platform struct platform platform = PLATFORM_INIT;

		if (!lists(entries, entry) || is_attestation(entry))
			continue;
		index_platform(entry, &platform);
		merge(entry, annotations_json(&none, a, ANNOTATION_MANIFEST_DESCRIPTOR,
		                              platform.os == NULL ? NULL : &platform));
	}
}

/* ------------------------------------------------------------ text */

void
index_set_type(json_t *index)
{
	bool docker = json_object_get(index, "annotations") == NULL &&
	              json_array_size(entries_of(index)) > 0;
	json_t *entry = NULL;
	size_t i = 0;

	json_array_foreach(entries_of(index), i, entry)
	{
		const char *type = text_in(entry, "mediaType");

		if (type == NULL || strcmp(type, MEDIA_DOCKER_MANIFEST) != 0 ||
		    json_object_get(entry, "annotations") != NULL)
			docker = false;
	}
	jsonio_set(index, "mediaType",
	           json_string(docker ? MEDIA_DOCKER_LIST : MEDIA_OCI_INDEX));
}

void
index_print(const json_t *index, struct registry_document *out)
{
	auto_free char *text = jsonio_print_pretty(index);
	const char *type = text_in(index, "mediaType");

	registry_document_clear(out);
	buf_add_str(&out->bytes, text);
	out->descriptor.media_type = mem_copy(type == NULL ? MEDIA_OCI_INDEX : type);
	out->descriptor.digest = digest_of(out->bytes.p, out->bytes.n);
	out->descriptor.size = out->bytes.n;
}
