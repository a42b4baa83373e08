#include "builder/depots/depot.h"

#include <unistd.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "layers/tags.h"

#define STORE_WORD "store:"

/* ------------------------------------------------------------ words */

/* "app", "app:1", "app@sha256:…": no registry is named. */
static bool
names_no_host(const char *word)
{
	const char *slash = strchr(word, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - word);

	if (slash == NULL)
		return true;
	return memchr(word, '.', n) == NULL && memchr(word, ':', n) == NULL &&
	       !text_is((struct text){ word, n }, "localhost");
}

static bool
store_has(const struct export_options *options, const char *word)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_descriptor struct descriptor found = DESCRIPTOR_INIT;
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *name = NULL;

	if (options->store == NULL || reference_parse(&ref, text_of(word), &ignored) < 0)
		return false;
	free(ref.digest);
	ref.digest = NULL;
	if (ref.tag == NULL)
		ref.tag = mem_copy("latest");
	name = reference_print(&ref);
	return tags_find(options->store, name, &found, &ignored) > 0;
}

static bool
is_in_store(const char *word, enum depot_bare bare, const struct export_options *options)
{
	if (text_starts(text_of(word), STORE_WORD))
		return true;
	if (transport_is(text_of(word)) || bare == BARE_REGISTRY)
		return false;
	return bare == BARE_STORE || (names_no_host(word) && store_has(options, word));
}

char *
depot_host(const char *word, enum depot_bare bare, struct error *err)
{
	auto_transport struct transport t = { 0 };
	auto_reference struct reference ref = REFERENCE_INIT;
	struct text at = text_of(word);

	if (text_starts(at, STORE_WORD) || (bare == BARE_STORE && !transport_is(at)) ||
	    transport_parse(&t, at, err) < 0 || t.kind != TRANSPORT_REGISTRY ||
	    reference_parse(&ref, text_of(t.name), err) < 0)
		return NULL;
	return mem_copy(ref.host);
}

/* "oci:DIR@sha256:…": the digest is the name. */
static int
split_digest(const char *word, struct transport *t, struct error *err)
{
	const char *at = strstr(word, "@sha");
	auto_free char *head = NULL;

	if (at == NULL || (!text_starts(text_of(word), "oci:") &&
	                   !text_starts(text_of(word), "oci-archive:")))
		return transport_parse(t, text_of(word), err);
	head = mem_copy_n(word, (size_t)(at - word));
	if (transport_parse(t, text_of(head), err) < 0)
		return -1;
	free(t->name);
	t->name = mem_copy(at + 1);
	return 0;
}

/* ------------------------------------------------------------ opening */

static int
open_registry(struct depot *p, struct error *err)
{
	p->ops = &depot_ops_registry;
	return reference_parse(&p->ref, text_of(p->transport.name), err);
}

static int
open_store(struct depot *p, const char *name, enum depot_use use, struct error *err)
{
	p->ops = &depot_ops_store;
	if (*name == '\0')
		return error_set(err, ERR_USAGE, "\"%s\" names no image", p->shown);
	/* When reading, also the beginning of an id. */
	p->transport.name = mem_copy(name);
	if (reference_parse(&p->ref, text_of(name), err) < 0)
		return -1;
	if (use == DEPOT_WRITE && p->ref.digest != NULL)
		return error_set(err, ERR_USAGE,
		                 "%s: a name in the store cannot have a digest",
		                 p->shown);
	return 0;
}

static int
open_kind(struct depot *p, enum depot_use use, struct error *err)
{
	switch (p->transport.kind) {
	case TRANSPORT_REGISTRY:
		return open_registry(p, err);
	case TRANSPORT_OCI:
	case TRANSPORT_DIR:
		return tree_open(p, use, err);
	case TRANSPORT_OCI_ARCHIVE:
	case TRANSPORT_DOCKER_ARCHIVE:
		if (use == DEPOT_CHANGE)
			break;
		return use == DEPOT_WRITE ? tar_open(p, err) : loaded_open(p, err);
	case TRANSPORT_DOCKER_DAEMON:
	case TRANSPORT_CONTAINERS_STORAGE:
		if (use != DEPOT_WRITE)
			break;
		p->ops = &depot_ops_engine;
		p->is_single = true;
		return reference_parse(&p->ref, text_of(p->transport.name), err);
	}
	error_set(err, ERR_USAGE, "%s: images there cannot be %s", p->shown,
	          use == DEPOT_CHANGE ? "changed" : "read");
	return error_hint(err, use == DEPOT_CHANGE ? "a registry, store: or oci:"
	                                           : "save them first, for example: "
	                                             "docker save -o FILE NAME");
}

struct depot *
depot_open(const char *word, enum depot_use use, enum depot_bare bare,
           const struct export_options *options, struct error *err)
{
	auto_depot struct depot *p = mem_new(sizeof *p);
	int failed = 0;

	p->options = options;
	p->shown = mem_copy(word);
	p->dir_fd = -1;
	p->fresh = use != DEPOT_READ;
	if (is_in_store(word, bare, options)) {
		bool worded = text_starts(text_of(word), STORE_WORD);

		failed = open_store(p, word + (worded ? strlen(STORE_WORD) : 0), use,
		                    err);
	} else {
		failed = split_digest(word, &p->transport, err);
		if (failed == 0)
			failed = open_kind(p, use, err);
	}
	return failed < 0 ? NULL : take(p);
}

void
depot_close(struct depot *p)
{
	if (p == NULL)
		return;
	if (p->ops != NULL && p->ops->close != NULL)
		p->ops->close(p);
	for (size_t i = 0; i < p->written.list.n; i++)
		free(p->written.list.at[i]);
	array_clear(&p->written.list);
	json_decref(p->entries);
	tar_out_free(p->tar);
	destination_drop(p->destination);
	own_close(&p->dir_fd);
	descriptor_clear(&p->root);
	reference_clear(&p->ref);
	transport_clear(&p->transport);
	free(p->parked);
	free(p->only);
	free(p->shown);
	free(p);
}

/* ------------------------------------------------------------ reading */

const char *
depot_shown(const struct depot *p)
{
	return p->shown;
}

const char *
depot_name(const struct depot *p)
{
	return p->ref.digest != NULL ? p->ref.digest
	                             : (p->ref.tag != NULL ? p->ref.tag : "latest");
}

int
depot_lacks(const struct depot *p, const char *name, struct error *err)
{
	if (name == NULL)
		return error_set(err, ERR_SOURCE, "%s: not found", p->shown);
	return error_set(err, ERR_SOURCE, "%s: %s is not there", p->shown, name);
}

int
depot_find(struct depot *p, struct registry_document *out, struct error *err)
{
	int found = p->ops->find(p, NULL, out, err);

	if (found == 0)
		return depot_lacks(p, NULL, err);
	return found < 0 ? -1 : 0;
}

int
depot_document(struct depot *p, const struct descriptor *d, struct buf *out,
               struct error *err)
{
	char name[DIGEST_TEXT_MAX];

	if (d->size > DEPOT_DOCUMENT_MAX)
		return error_set(err, ERR_DAMAGED, "%s: %s is too large for a manifest",
		                 p->shown, digest_text(&d->digest, name));
	return p->ops->document(p, d, out, err);
}

static int
add_bytes(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	buf_add(arg, bytes, n);
	return 0;
}

int
depot_bytes(struct depot *p, const struct descriptor *d, size_t max, struct buf *out,
            struct error *err)
{
	auto_blob_in struct blob_in in = { .fd = -1 };
	char name[DIGEST_TEXT_MAX];

	if (d->size > max)
		return error_set(err, ERR_DAMAGED, "%s: %s has more than %zu bytes",
		                 p->shown, digest_text(&d->digest, name), max);
	if (p->ops->blob(p, d, &in, err) < 0)
		return -1;
	return blob_in_pass(&in, p->options->cancel, add_bytes, out, err);
}

json_t *
depot_json(struct text bytes, const char *where, struct error *err)
{
	json_t *json = jsonio_parse_limited(bytes, DEPOT_VALUES_MAX, where, err);

	if (json == NULL || json_is_object(json))
		return json;
	json_decref(json);
	error_set(err, ERR_DAMAGED, "%s: not an object", where);
	return NULL;
}

int
depot_is_index(const json_t *document, const char *where, bool *out, struct error *err)
{
	bool lists = json_object_get(document, "manifests") != NULL;

	if (lists && (json_object_get(document, "layers") != NULL ||
	              json_object_get(document, "config") != NULL))
		return error_set(err, ERR_DAMAGED, "%s: both an index and a manifest",
		                 where);
	*out = lists;
	return 0;
}

int
depot_document_set(struct registry_document *out, const struct descriptor *d,
                   struct buf *bytes, const char *where, struct error *err)
{
	auto_json json_t *json = depot_json(buf_text(bytes), where, err);
	const char *type = json_string_value(json_object_get(json, "mediaType"));
	bool is_index = false;

	if (json == NULL || depot_is_index(json, where, &is_index, err) < 0)
		return -1;
	if (type == NULL || *type == '\0')
		type = d->media_type != NULL && *d->media_type != '\0' ? d->media_type
		       : is_index                                      ? MEDIA_OCI_INDEX
		                  : MEDIA_OCI_MANIFEST;
	out->descriptor.media_type = mem_copy(type);
	out->descriptor.digest = d->digest;
	out->descriptor.size = bytes->n;
	out->bytes = *bytes;
	*bytes = (struct buf)BUF_INIT;
	return 0;
}

const char *
depot_referrer_kind(const json_t *entry)
{
	const char *kind = json_string_value(json_object_get(entry, "artifactType"));

	return kind != NULL ? kind : jsonio_text(entry, "mediaType");
}
