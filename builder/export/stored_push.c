#include "builder/export/stored_image.h"

#include "base/base.h"
#include "base/event.h"

struct pushing {
	struct stored_image image;
	const struct reference *ref;
	int vertex;
};

static int
send_document(const struct pushing *p, const struct document *d,
              const struct reference *ref, struct error *err)
{
	return registry_push_manifest(p->image.options->registry, ref,
	                              d->descriptor.media_type, buf_text(&d->bytes),
	                              &d->descriptor.digest, err);
}

static int
send_once(const struct pushing *p, bool anew, struct error *err)
{
	auto_reference struct reference untagged = REFERENCE_INIT;
	int rc = 0;

	if (upload_blobs(p->image.options, &p->image.blobs, p->image.compressor, NULL,
	                 p->ref, anew, p->vertex, err) < 0)
		return -1;
	reference_copy(&untagged, p->ref);
	free(untagged.tag);
	untagged.tag = NULL;
	for (size_t i = 0; i < p->image.children.n && rc == 0; i++)
		rc = send_document(p, &p->image.children.at[i], &untagged, err);
	return rc < 0 ? rc : send_document(p, &p->image.root, p->ref, err);
}

static int
send(const struct pushing *p, struct error *err)
{
	int rc = send_once(p, false, err);

	if (rc != REGISTRY_LACKS_BLOBS)
		return rc;
	event_warn_error(p->vertex, err, "all layers are sent again");
	return send_once(p, true, err);
}

int
export_push(const struct export_options *options, const char *name,
            const struct reference *ref, const struct compressor *compressor,
            struct descriptor *root, struct error *err)
{
	auto_free char *target = reference_print(ref);
	auto_free char *title = mem_print("pushing %s", target);
	struct pushing p = { .image = { .options = options, .compressor = compressor },
		             .ref = ref };
	const struct digest *digest = &p.image.root.descriptor.digest;
	int result = 0;

	p.vertex = event_begin(title);
	result = stored_image_prepare(&p.image, name, err);
	if (result == 0)
		result = registry_is_there(options->registry, ref, digest, err);
	if (result == 0)
		result = send(&p, err);
	push_tell(p.vertex, target, digest, result);
	event_end(p.vertex, result < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          result < 0 ? err->text : NULL);
	if (result >= 0)
		descriptor_copy(root, &p.image.root.descriptor);
	stored_image_clear(&p.image);
	return result < 0 ? error_wrap(err, "push %s", target) : 0;
}
