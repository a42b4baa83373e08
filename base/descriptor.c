#include "base/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonio.h"
#include "base/mem.h"
#include "base/own.h"

static int
read_digest(struct digest *out, const json_t *object, const char *where,
            struct error *err)
{
	const char *text = NULL;
	int found = jsonio_str(object, "digest", &text, where, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_DAMAGED, "%s: digest: missing", where);
	if (!digest_parse(out, text_of(text))) {
		auto_buf struct buf quoted = BUF_INIT;

		buf_add_quoted(&quoted, text_of(text));
		return error_set(err, ERR_DAMAGED, "%s: digest: %s is not a digest",
		                 where, buf_str(&quoted));
	}
	return 0;
}

static int
read_platform(struct platform *out, const json_t *object, const char *where,
              struct error *err)
{
	const char *os = NULL, *arch = NULL, *variant = NULL, *os_version = NULL;
	auto_free char *inner = mem_print("%s: platform", where);
	json_t *platform = NULL;
	int found = jsonio_object(object, "platform", &platform, where, err);

	if (found <= 0)
		return found;
	if (jsonio_str(platform, "os", &os, inner, err) < 0 ||
	    jsonio_str(platform, "architecture", &arch, inner, err) < 0 ||
	    jsonio_str(platform, "variant", &variant, inner, err) < 0 ||
	    jsonio_str(platform, "os.version", &os_version, inner, err) < 0)
		return -1;
	platform_set(out, os, arch, variant, os_version);
	return 0;
}

static int
read_annotations(json_t **out, const json_t *object, const char *where, struct error *err)
{
	json_t *annotations = NULL, *value;
	int found = jsonio_object(object, "annotations", &annotations, where, err);
	const char *key;

	if (found <= 0)
		return found;
	json_object_foreach(
	        annotations, key,
	        value) if (!json_is_string(value)) return error_set(err, ERR_DAMAGED,
	                                                            "%s: annotations: "
	                                                            "%s: not a string",
	                                                            where, key);
	*out = json_incref(annotations);
	return 0;
}

static int
read_urls(json_t **out, const json_t *object, const char *where, struct error *err)
{
	json_t *urls = NULL;
	int found = jsonio_array(object, "urls", &urls, where, err);

	if (found <= 0)
		return found;
	for (size_t i = 0; i < json_array_size(urls); i++)
		if (!json_is_string(json_array_get(urls, i)))
			return error_set(err, ERR_DAMAGED, "%s: urls[%zu]: not a string",
			                 where, i);
	*out = json_incref(urls);
	return 0;
}

int
descriptor_read(struct descriptor *out, const json_t *object, const char *where,
                struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	const char *media_type = "";
	int found;

	if (!json_is_object(object))
		return error_set(err, ERR_DAMAGED, "%s: not an object", where);
	if (jsonio_str(object, "mediaType", &media_type, where, err) < 0 ||
	    read_digest(&d.digest, object, where, err) < 0)
		return -1;
	found = jsonio_u64(object, "size", &d.size, where, err);
	if (found == 0)
		return error_set(err, ERR_DAMAGED, "%s: size: missing", where);
	if (found < 0 || read_platform(&d.platform, object, where, err) < 0 ||
	    read_annotations(&d.annotations, object, where, err) < 0 ||
	    read_urls(&d.urls, object, where, err) < 0)
		return -1;
	d.media_type = mem_copy(media_type);
	descriptor_clear(out);
	*out = d;
	d = (struct descriptor)DESCRIPTOR_INIT;
	return 0;
}

static void
set_text(json_t *object, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		jsonio_set(object, name, jsonio_string(text_of(text)));
}

static json_t *
write_platform(const struct platform *p)
{
	json_t *object;

	if (p->os == NULL)
		return NULL;
	object = json_object();
	set_text(object, "architecture", p->arch);
	set_text(object, "os", p->os);
	set_text(object, "os.version", p->os_version);
	set_text(object, "variant", p->variant);
	return object;
}

json_t *
descriptor_write(const struct descriptor *d)
{
	json_t *object = json_object();
	char digest[DIGEST_TEXT_MAX];

	set_text(object, "mediaType", d->media_type);
	set_text(object, "digest", digest_text(&d->digest, digest));
	jsonio_set(object, "size", json_integer((json_int_t)d->size));
	jsonio_set(object, "urls", json_incref(d->urls));
	jsonio_set(object, "platform", write_platform(&d->platform));
	jsonio_set(object, "annotations", json_incref(d->annotations));
	return object;
}

void
descriptor_copy(struct descriptor *to, const struct descriptor *from)
{
	struct descriptor d = {
		.media_type = mem_copy(from->media_type),
		.digest = from->digest,
		.size = from->size,
		.annotations = json_incref(from->annotations),
		.urls = json_incref(from->urls),
	};

	platform_copy(&d.platform, &from->platform);
	descriptor_clear(to);
	*to = d;
}

void
descriptor_clear(struct descriptor *d)
{
	free(d->media_type);
	platform_clear(&d->platform);
	json_decref(d->annotations);
	json_decref(d->urls);
	*d = (struct descriptor)DESCRIPTOR_INIT;
}
