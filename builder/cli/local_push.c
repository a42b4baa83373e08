#include "builder/cli/local_push.h"

#include "base/base.h"
#include "builder/export/engines.h"
#include "builder/export/save.h"
#include "layers/tags.h"

static enum save_form
form_of(enum transport_kind kind)
{
	switch (kind) {
	case TRANSPORT_OCI:
		return SAVE_OCI_DIR;
	case TRANSPORT_OCI_ARCHIVE:
		return SAVE_OCI_ARCHIVE;
	case TRANSPORT_DIR:
		return SAVE_DIR;
	default:
		return SAVE_DOCKER_ARCHIVE;
	}
}

/* A name of its own is a reference, but in a layout it is any text. */
static int
set_names(struct save_image *image, const char *name, const struct transport *to,
          struct error *err)
{
	bool layout = to->kind == TRANSPORT_OCI || to->kind == TRANSPORT_OCI_ARCHIVE;

	if (to->name != NULL && layout) {
		image->word = mem_copy(to->name);
		return 0;
	}
	return reference_parse(array_add(&image->names.list),
	                       text_of(to->name != NULL ? to->name : name), err);
}

static int
to_file(const struct export_options *options, const char *name,
        const struct transport *to, const struct compressor *compressor,
        struct descriptor *root, struct error *err)
{
	enum save_form form = form_of(to->kind);
	struct save_options save = { .form = form, .compressor = *compressor };
	struct save_image image = { .name = name };
	int failed = set_names(&image, name, to, err);

	/* Who loads a docker archive looks for plain tars first. */
	if (form == SAVE_DOCKER_ARCHIVE)
		save.compressor.kind = COMPRESS_NONE;
	if (failed == 0) {
		save.destination = destination_open(save_destination_form(form),
		                                    "the destination", to->path, err);
		failed = save.destination == NULL ? -1 : 0;
	}
	if (failed == 0)
		failed = export_save(options, &save, &image, 1, root, err);
	destination_drop(save.destination);
	save_image_clear(&image);
	return failed;
}

static int
to_engine(const struct export_options *options, const char *name,
          const struct transport *to, struct descriptor *root, struct error *err)
{
	bool docker = to->kind == TRANSPORT_DOCKER_DAEMON;
	auto_engine struct engine engine = { 0 };
	auto_reference struct reference ref = REFERENCE_INIT;

	if (reference_parse(&ref, text_of(to->name != NULL ? to->name : name), err) < 0)
		return -1;
	if (!engine_find(docker ? ENGINE_DOCKER : ENGINE_PODMAN, &engine)) {
		error_set(err, ERR_ENVIRONMENT, "%s is not reached",
		          docker ? "Docker" : "Podman");
		return error_hint(err, docker ? "is it running? May this user use "
		                                "/var/run/docker.sock, or $DOCKER_HOST?"
		                              : "is the program podman installed?");
	}
	if (engine_load(&engine, options, name, &ref, 1, err) < 0)
		return -1;
	return tags_find(options->store, name, root, err) < 0 ? -1 : 0;
}

int
local_push(const struct export_options *options, const char *name,
           const struct transport *to, const struct compressor *compressor,
           struct descriptor *root, struct error *err)
{
	return to->path != NULL ? to_file(options, name, to, compressor, root, err)
	                        : to_engine(options, name, to, root, err);
}
