#include "builder/depots/copy_list.h"

#include "base/base.h"
#include "base/jsonio.h"

/* The list of referrers that TO has under TAG, or a new one. NULL with ERR. */
static json_t *
read_list(struct depot *to, const char *tag, struct error *err)
{
	auto_registry_document struct registry_document old = { 0 };
	int found = to->ops->find == NULL ? 0 : to->ops->find(to, tag, &old, err);

	if (found < 0)
		return NULL;
	if (found > 0)
		return depot_json(buf_text(&old.bytes), tag, err);
	return json_pack("{s:i,s:s,s:[]}", "schemaVersion", 2, "mediaType",
	                 MEDIA_OCI_INDEX, "manifests");
}

/* The entry of a referrer: what it is, and its annotations (image-spec 1.1, "Image Index
 * Property Descriptions"). A new reference. */
static json_t *
entry_of(const struct copy_document *d)
{
	const struct descriptor *at = &d->document.descriptor;
	const json_t *config = json_object_get(d->json, "config");
	json_t *entry = json_object(), *kind = json_object_get(d->json, "artifactType"),
	       *notes = json_object_get(d->json, "annotations");
	char digest[DIGEST_TEXT_MAX];

	if (kind == NULL)
		kind = json_object_get(config, "mediaType");
	jsonio_set(entry, "mediaType", json_string(at->media_type));
	jsonio_set(entry, "digest", json_string(digest_text(&at->digest, digest)));
	jsonio_set(entry, "size", json_integer((json_int_t)at->size));
	jsonio_set(entry, "artifactType", json_incref(kind));
	jsonio_set(entry, "annotations", json_incref(notes));
	return entry;
}

/* Whether LIST has an entry with the digest of ENTRY. */
static bool
lists(const json_t *list, const json_t *entry)
{
	const char *want = json_string_value(json_object_get(entry, "digest"));
	json_t *have = NULL;
	size_t i = 0;

	json_array_foreach(list, i, have)
	{
		const char *digest = json_string_value(json_object_get(have, "digest"));

		if (digest != NULL && strcmp(digest, want) == 0)
			return true;
	}
	return false;
}

int
copy_refer(struct depot *to, const struct copy_document *d, struct error *err)
{
	const char *of = json_string_value(json_object_get(d->subject, "digest"));
	auto_json json_t *index = NULL, *entry = entry_of(d);
	auto_free char *tag = NULL, *text = NULL;
	struct registry_put put = { .media_type = MEDIA_OCI_INDEX };
	struct digest subject, digest;
	json_t *list = NULL;

	if (of == NULL || !digest_parse(&subject, text_of(of)))
		return error_set(err, ERR_DAMAGED, "a referrer's subject has no digest");
	tag = registry_referrers_tag(&subject);
	index = read_list(to, tag, err);
	if (index == NULL)
		return -1;
	list = json_object_get(index, "manifests");
	if (!json_is_array(list))
		return error_set(err, ERR_DAMAGED, "%s: %s is no list of referrers",
		                 to->shown, tag);
	if (lists(list, entry))
		return 0;
	json_array_append(list, entry);
	text = jsonio_print(index);
	digest = digest_of(text, strlen(text));
	put.bytes = text_of(text);
	put.digest = &digest;
	return to->ops->put_document(to, tag, &put, err) < 0 ? -1 : 0;
}
