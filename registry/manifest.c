#include "registry/manifest.h"

#include <stdlib.h>

#include "base/base.h"
#include "base/jsonio.h"

#define MEDIA_DOCKER_SCHEMA1 "application/vnd.docker.distribution.manifest.v1+json"
#define MEDIA_DOCKER_SCHEMA1_SIGNED                                                      \
	"application/vnd.docker.distribution.manifest.v1+prettyjws"

/* Some thousand layers, or some thousand images with annotations. */
#define VALUES_MAX 100000

bool
media_is_index(const char *media_type)
{
	return strcmp(media_type, MEDIA_OCI_INDEX) == 0 ||
	       strcmp(media_type, MEDIA_DOCKER_LIST) == 0;
}

bool
media_is_manifest(const char *media_type)
{
	return strcmp(media_type, MEDIA_OCI_MANIFEST) == 0 ||
	       strcmp(media_type, MEDIA_DOCKER_MANIFEST) == 0;
}

static bool
is_docker(const char *media_type)
{
	return strcmp(media_type, MEDIA_DOCKER_MANIFEST) == 0 ||
	       strcmp(media_type, MEDIA_DOCKER_LIST) == 0;
}

static int
check_schema(const json_t *root, const char *where, struct error *err)
{
	const char *media_type = "";
	uint64_t version = 2;

	if (jsonio_u64(root, "schemaVersion", &version, where, err) < 0 ||
	    jsonio_str(root, "mediaType", &media_type, where, err) < 0)
		return -1;
	if (version == 1 || strcmp(media_type, MEDIA_DOCKER_SCHEMA1) == 0 ||
	    strcmp(media_type, MEDIA_DOCKER_SCHEMA1_SIGNED) == 0) {
		error_set(
		        err, ERR_SOURCE,
		        "%s: Docker image manifest version 2, schema 1 is not supported",
		        where);
		return error_hint(err,
		                  "the image is in a format given up in 2017: push it "
		                  "again with a current tool");
	}
	if (version != 2)
		return error_set(err, ERR_DAMAGED, "%s: schemaVersion: %llu is not 2",
		                 where, (unsigned long long)version);
	return 0;
}

json_t *
manifest_parse(struct text bytes, const char *where, struct error *err)
{
	auto_json json_t *root = NULL;

	if (bytes.n > MANIFEST_MAX) {
		error_set(err, ERR_DAMAGED, "%s: %zu bytes are more than the limit of %u",
		          where, bytes.n, MANIFEST_MAX);
		return NULL;
	}
	root = jsonio_parse_limited(bytes, VALUES_MAX, where, err);
	if (root == NULL)
		return NULL;
	if (!json_is_object(root)) {
		error_set(err, ERR_DAMAGED, "%s: not an object", where);
		return NULL;
	}
	if (check_schema(root, where, err) < 0)
		return NULL;
	return take(root);
}

/* The type of DOC according to its members. A document that is both could be two
 * different images to two readers, so it is refused (CVE-2021-41190). */
static int
classify(const json_t *doc, const char *where, bool *is_index, struct error *err)
{
	bool index = json_object_get(doc, "manifests") != NULL;
	bool manifest = json_object_get(doc, "config") != NULL ||
	                json_object_get(doc, "layers") != NULL;
	const char *media_type = NULL;

	if (jsonio_str(doc, "mediaType", &media_type, where, err) < 0)
		return -1;
	if (index && manifest)
		return error_set(err, ERR_DAMAGED, "%s: both an index and a manifest",
		                 where);
	if (media_type == NULL || *media_type == '\0') {
		if (!index && !manifest)
			return error_set(err, ERR_DAMAGED,
			                 "%s: neither an index nor a manifest", where);
		*is_index = index;
		return 0;
	}
	if (!media_is_index(media_type) && !media_is_manifest(media_type))
		return error_set(err, ERR_SOURCE, "%s: %s is not an image", where,
		                 media_type);
	if (media_is_index(media_type) ? manifest : index)
		return error_set(err, ERR_DAMAGED, "%s: content does not fit its type %s",
		                 where, media_type);
	*is_index = media_is_index(media_type);
	return 0;
}

int
manifest_is_index(struct text bytes, const char *where, bool *is_index, struct error *err)
{
	auto_json json_t *root = manifest_parse(bytes, where, err);

	if (root == NULL)
		return -1;
	return classify(root, where, is_index, err);
}

static int
read_layers(struct manifest *out, const json_t *layers, const char *where,
            struct error *err)
{
	for (size_t i = 0; i < json_array_size(layers); i++) {
		auto_free char *inner = mem_print("%s: layers[%zu]", where, i);

		if (descriptor_read(array_add(&out->layers), json_array_get(layers, i),
		                    inner, err) < 0)
			return -1;
	}
	return 0;
}

int
manifest_read(struct manifest *out, struct text bytes, const char *where,
              struct error *err)
{
	auto_json json_t *root = manifest_parse(bytes, where, err);
	auto_manifest struct manifest m = { 0 };
	auto_free char *inner = mem_print("%s: config", where);
	const char *media_type = NULL;
	json_t *layers = NULL;
	bool is_index = false;

	if (root == NULL || classify(root, where, &is_index, err) < 0)
		return -1;
	if (is_index)
		return error_set(err, ERR_DAMAGED, "%s: an index, not a manifest", where);
	if (jsonio_str(root, "mediaType", &media_type, where, err) < 0 ||
	    jsonio_array(root, "layers", &layers, where, err) < 0 ||
	    descriptor_read(&m.config, json_object_get(root, "config"), inner, err) < 0 ||
	    read_layers(&m, layers, where, err) < 0)
		return -1;
	/* Without a type of its own, the config's type tells the family. */
	if (media_type == NULL || *media_type == '\0')
		media_type = strcmp(m.config.media_type, MEDIA_DOCKER_CONFIG) == 0
		                     ? MEDIA_DOCKER_MANIFEST
		                     : MEDIA_OCI_MANIFEST;
	m.media_type = mem_copy(media_type);
	*out = m;
	m = (struct manifest){ 0 };
	return 0;
}

json_t *
manifest_entry_write(const struct descriptor *d, const char *media_type)
{
	json_t *object = descriptor_write(d);

	if (is_docker(media_type))
		json_object_del(object, "annotations");
	return object;
}

json_t *
manifest_head_write(const char *media_type)
{
	json_t *root = json_object();

	jsonio_set(root, "schemaVersion", json_integer(2));
	jsonio_set(root, "mediaType", jsonio_string(text_of(media_type)));
	return root;
}

char *
manifest_write(const struct manifest *m, json_t *annotations)
{
	auto_json json_t *root = manifest_head_write(m->media_type);
	json_t *layers = json_array();

	jsonio_set(root, "config", manifest_entry_write(&m->config, m->media_type));
	for (size_t i = 0; i < m->layers.n; i++)
		json_array_append_new(
		        layers, manifest_entry_write(&m->layers.at[i], m->media_type));
	jsonio_set(root, "layers", layers);
	/* Docker's own manifests have no annotations; readers skip members that they do
	 * not know. */
	jsonio_set(root, "annotations", json_incref(annotations));
	return jsonio_print_pretty(root);
}

void
manifest_clear(struct manifest *m)
{
	free(m->media_type);
	descriptor_clear(&m->config);
	for (size_t i = 0; i < m->layers.n; i++)
		descriptor_clear(&m->layers.at[i]);
	array_clear(&m->layers);
	*m = (struct manifest){ 0 };
}
