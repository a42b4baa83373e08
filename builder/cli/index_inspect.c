#include <stdio.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/cmd_index.h"

/* Keys in a template of which any may be missing. */
static const char *const maps[] = { "annotations", "Annotations", "Labels", "Image",
	                            "platform",    "Platform",    NULL };

/* ------------------------------------------------------------ for people */

static void
print_line(struct buf *out, const char *indent, const char *title, const char *value)
{
	buf_print(out, "%s%-12s %s\n", indent, title, value);
}

static void
print_notes(struct buf *out, const char *indent, json_t *notes)
{
	const char *key = NULL;
	json_t *value = NULL;

	if (json_object_size(notes) == 0)
		return;
	buf_print(out, "%sAnnotations:\n", indent);
	json_object_foreach(notes, key, value)
	{
		const char *text = json_string_value(value);

		buf_print(out, "%s  %s: %s\n", indent, key, text == NULL ? "" : text);
	}
}

static char *
platform_of(const json_t *entry)
{
	const json_t *p = json_object_get(entry, "platform");
	const char *version = json_string_value(json_object_get(p, "os.version"));
	const char *variant = json_string_value(json_object_get(p, "variant"));
	const char *os = json_string_value(json_object_get(p, "os"));
	const char *arch = json_string_value(json_object_get(p, "architecture"));

	if (os == NULL)
		return NULL;
	return mem_print("%s%s%s%s/%s%s%s", os, version == NULL ? "" : "(",
	                 version == NULL ? "" : version, version == NULL ? "" : ")",
	                 arch == NULL ? "" : arch, variant == NULL ? "" : "/",
	                 variant == NULL ? "" : variant);
}

static void
print_entry(struct buf *out, const char *name, const json_t *entry)
{
	auto_free char *full = mem_print("%s@%s", name, jsonio_text(entry, "digest"));
	auto_free char *platform = platform_of(entry);

	print_line(out, "  ", "Name:", full);
	print_line(out, "  ", "MediaType:", jsonio_text(entry, "mediaType"));
	if (platform != NULL)
		print_line(out, "  ", "Platform:", platform);
	print_notes(out, "  ", json_object_get(entry, "annotations"));
}

/* Without its tag or digest: what stands before "@" of an entry. */
static char *
without_tag(const char *name)
{
	const char *at = strchr(name, '@');
	size_t n = at == NULL ? strlen(name) : (size_t)(at - name);
	const char *slash = memrchr(name, '/', n);
	const char *from = slash == NULL ? name : slash;
	const char *colon = memchr(from, ':', n - (size_t)(from - name));

	return mem_copy_n(name, colon == NULL ? n : (size_t)(colon - name));
}

void
index_show(const char *name, const struct registry_document *d)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *json = depot_json(buf_text(&d->bytes), name, &ignored);
	auto_free char *repo = without_tag(name);
	auto_buf struct buf out = BUF_INIT;
	char digest[DIGEST_TEXT_MAX];
	json_t *list = json_object_get(json, "manifests");

	print_line(&out, "", "Name:", name);
	print_line(&out, "", "MediaType:", d->descriptor.media_type);
	print_line(&out, "", "Digest:", digest_text(&d->descriptor.digest, digest));
	print_notes(&out, "", json_object_get(json, "annotations"));
	if (list != NULL)
		buf_add_str(&out, "\nManifests:\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i > 0)
			buf_add_char(&out, '\n');
		print_entry(&out, repo, json_array_get(list, i));
	}
	visible_write(stdout, buf_text(&out), VISIBLE_LINES);
}

/* ------------------------------------------------------------ for programs */

json_t *
index_json(const char *name, const struct registry_document *d, struct error *err)
{
	json_t *manifest = depot_json(buf_text(&d->bytes), name, err), *object = NULL;
	char digest[DIGEST_TEXT_MAX];

	if (manifest == NULL)
		return NULL;
	jsonio_set(manifest, "mediaType", json_string(d->descriptor.media_type));
	jsonio_set(manifest, "digest",
	           json_string(digest_text(&d->descriptor.digest, digest)));
	jsonio_set(manifest, "size", json_integer((json_int_t)d->descriptor.size));
	object = json_object();
	jsonio_set(object, "name", jsonio_string(text_of(name)));
	jsonio_set(object, "manifest", manifest);
	return object;
}

/* The config of the image for D's platform; of an index the configs by platform. */
static json_t *
read_config(struct depot *p, const struct platform *platform, struct error *err)
{
	auto_depot_image struct depot_image image = { 0 };

	if (depot_image(p, platform, &image, err) < 0)
		return NULL;
	return json_incref(image.config);
}

static json_t *
read_configs(struct depot *p, json_t *list, struct error *err)
{
	auto_json json_t *all = json_object();
	json_t *entry = NULL;
	size_t i = 0;

	json_array_foreach(list, i, entry)
	{
		auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
		auto_free char *name = NULL;
		json_t *config = NULL;

		if (descriptor_read(&d, entry, "index", err) < 0)
			return NULL;
		if (d.platform.os == NULL || strcmp(d.platform.os, "unknown") == 0)
			continue;
		name = platform_print(&d.platform);
		config = read_config(p, &d.platform, err);
		if (config == NULL)
			return NULL;
		jsonio_set(all, name, config);
	}
	return take(all);
}

/* An image is read only for a template: few ask for it. */
static int
print_template(struct index_words *o, struct depot *p, const char *name,
               const struct registry_document *d, struct error *err)
{
	auto_json json_t *object = index_json(name, d, err);
	json_t *list = json_object_get(json_object_get(object, "manifest"), "manifests");
	json_t *configs = NULL;

	if (object == NULL)
		return -1;
	configs = list == NULL ? read_config(p, NULL, err) : read_configs(p, list, err);
	if (configs == NULL)
		return -1;
	jsonio_set(object, "image", configs);
	return formatted_row(&o->format, object, maps, err);
}

static int
print_found(struct index_words *o, struct depot *p, const char *name,
            const struct registry_document *d, struct error *err)
{
	auto_json json_t *object = NULL;
	auto_free char *text = NULL;

	if (o->raw) {
		fwrite(buf_str(&d->bytes), 1, d->bytes.n, stdout);
		return 0;
	}
	if (o->format.kind == FORMATTED_TEMPLATE)
		return print_template(o, p, name, d, err);
	if (o->format.kind == FORMATTED_TEXT) {
		index_show(name, d);
		return 0;
	}
	object = index_json(name, d, err);
	if (object == NULL)
		return -1;
	text = jsonio_print(object);
	visible_write(stdout, text_of(text), VISIBLE_LINE);
	putchar('\n');
	return 0;
}

int
index_inspect(struct index_words *o, const char *word, struct error *err)
{
	auto_registry_document struct registry_document d = { 0 };
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *name = NULL;
	enum depot_bare bare = o->is_imagetools ? BARE_REGISTRY : BARE_EITHER;
	struct transfer t;
	struct depot *p = NULL;
	int failed = ends_start(&t, &o->ends, "Reading", word, NULL, bare, err);

	if (failed == 0) {
		p = depot_open(word, DEPOT_READ, bare, &t.options, err);
		failed = p == NULL ? -1 : depot_find(p, &d, err);
	}
	if (text_starts(text_of(word), "docker://"))
		word += strlen("docker://");
	if (!transport_is(text_of(word)) &&
	    reference_parse(&ref, text_of(word), &ignored) == 0)
		name = reference_print(&ref);
	if (failed == 0)
		failed = print_found(o, p, name == NULL ? word : name, &d, err);
	depot_close(p);
	transfer_end(&t);
	return failed;
}
