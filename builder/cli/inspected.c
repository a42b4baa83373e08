#include "builder/cli/inspected.h"

#include "base/base.h"
#include "layers/blob.h"

#define DOCUMENT_MAX ((size_t)16 << 20)

bool
inspected_is_elsewhere(const char *word)
{
	return transport_is(text_of(word));
}

void
inspected_clear(struct inspected *i)
{
	free(i->name);
	stored_clear(&i->stored);
	buf_clear(&i->root);
	buf_clear(&i->manifest);
	buf_clear(&i->config);
	*i = (struct inspected){ 0 };
}

int
inspected_stored(struct store *store, const char *name, const struct platform *platform,
                 struct inspected *out, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	struct stored *s = &out->stored;

	if (text_starts(text_of(name), "store:"))
		name += strlen("store:");
	if (stored_find(store, name, &out->name, &target, err) < 0 ||
	    stored_read(store, &target, platform, s, err) < 0 ||
	    blob_read(store, &s->root.digest, DOCUMENT_MAX, &out->root, err) < 0 ||
	    blob_read(store, &s->manifest.digest, DOCUMENT_MAX, &out->manifest, err) < 0)
		return -1;
	return blob_read(store, &s->document.config.digest, DOCUMENT_MAX, &out->config,
	                 err);
}

/* The name of WORD in full. */
static char *
full_name(const char *word)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error ignored = ERROR_INIT;
	const char *name = word;

	if (text_starts(text_of(word), "docker://"))
		name += strlen("docker://");
	if (transport_is(text_of(name)) ||
	    reference_parse(&ref, text_of(name), &ignored) < 0)
		return mem_copy(word);
	return reference_print(&ref);
}

/* Moves what was read of an image to OUT. */
static void
take_image(struct depot_image *image, struct inspected *out)
{
	struct stored *s = &out->stored;

	descriptor_copy(&s->root, &image->root.descriptor);
	descriptor_copy(&s->manifest, &image->manifest);
	s->document = image->document;
	image->document = (struct manifest){ 0 };
	s->config = json_incref(image->config);
	out->root = image->root.bytes;
	out->manifest = image->manifest_text;
	out->config = image->config_text;
	image->root.bytes = image->manifest_text = image->config_text =
	        (struct buf)BUF_INIT;
}

static int
read_depot(struct depot *p, const struct platform *platform, bool whole,
           struct inspected *out, struct error *err)
{
	auto_registry_document struct registry_document root = { 0 };
	auto_depot_image struct depot_image image = { 0 };

	if (!whole) {
		if (depot_find(p, &root, err) < 0)
			return -1;
		descriptor_copy(&out->stored.root, &root.descriptor);
		out->root = root.bytes;
		root.bytes = (struct buf)BUF_INIT;
		return 0;
	}
	if (depot_image(p, platform, &image, err) < 0)
		return -1;
	take_image(&image, out);
	return stored_describe(&out->stored, depot_shown(p), err);
}

int
inspected_elsewhere(const struct ends_options *o, const char *word,
                    const struct platform *platform, bool whole, struct inspected *out,
                    struct error *err)
{
	struct depot *p = NULL;
	struct transfer t;
	int failed = ends_start(&t, o, "Reading", word, NULL, BARE_REGISTRY, err);

	if (failed == 0) {
		p = depot_open(word, DEPOT_READ, BARE_REGISTRY, &t.options, err);
		failed = p == NULL ? -1 : read_depot(p, platform, whole, out, err);
	}
	depot_close(p);
	transfer_end(&t);
	out->name = full_name(word);
	return failed;
}
