#include "builder/depots/depot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "builder/export/engines.h"
#include "builder/export/load.h"
#include "builder/export/package.h"
#include "builder/export/stored_image.h"
#include "layers/blob.h"
#include "layers/store.h"
#include "layers/tags.h"

/* ------------------------------------------------------------ reading */

/* The name of P in the store with the tag NAME (NULL, "": its own). Caller frees. */
static char *
name_in_store(const struct depot *p, const char *name)
{
	auto_reference struct reference ref = REFERENCE_INIT;

	reference_copy(&ref, &p->ref);
	if (name != NULL && *name != '\0') {
		free(ref.tag);
		ref.tag = mem_copy(name);
	}
	free(ref.digest);
	ref.digest = NULL;
	return reference_print(&ref);
}

static int
read_document(const struct depot *p, const struct descriptor *d,
              struct registry_document *out, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;

	if (blob_read(p->options->store, &d->digest, DEPOT_DOCUMENT_MAX, &bytes, err) < 0)
		return -1;
	return depot_document_set(out, d, &bytes, p->shown, err) < 0 ? -1 : 1;
}

static int
find_digest(const struct depot *p, const char *name, struct registry_document *out,
            struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;

	if (!digest_parse(&d.digest, text_of(name)) ||
	    !blob_has(p->options->store, &d.digest, NULL))
		return 0;
	return read_document(p, &d, out, err);
}

static int
store_find(struct depot *p, const char *name, struct registry_document *out,
           struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = name_in_store(p, name);
	int found = 0;

	if (name == NULL && digest_known(&p->root.digest))
		return read_document(p, &p->root, out, err);
	if (name != NULL && strchr(name, ':') != NULL)
		return find_digest(p, name, out, err);
	if (name == NULL && p->ref.digest != NULL)
		return find_digest(p, p->ref.digest, out, err);
	found = tags_find(p->options->store, full, &target, err);
	if (found <= 0)
		return found;
	return read_document(p, &target, out, err);
}

static int
store_document(struct depot *p, const struct descriptor *d, struct buf *out,
               struct error *err)
{
	char name[DIGEST_TEXT_MAX];

	if (!blob_has(p->options->store, &d->digest, NULL))
		return depot_lacks(p, digest_text(&d->digest, name), err);
	return blob_read(p->options->store, &d->digest, DEPOT_DOCUMENT_MAX, out, err);
}

static int
store_blob(struct depot *p, const struct descriptor *d, struct blob_in *in,
           struct error *err)
{
	char name[DIGEST_TEXT_MAX];
	int fd = -1;

	if (!blob_has(p->options->store, &d->digest, NULL))
		return depot_lacks(p, digest_text(&d->digest, name), err);
	fd = blob_open(p->options->store, &d->digest, err);
	if (fd < 0)
		return -1;
	in->d = d;
	blob_in_file(in, fd);
	return 0;
}

/* ------------------------------------------------------------ packing */

static int
keep_documents(struct depot *p, const struct stored_image *image, struct error *err)
{
	struct digest got;

	for (size_t i = 0; i < image->children.n; i++) {
		const struct buf *bytes = &image->children.at[i].bytes;

		if (blob_write(p->options->store, bytes->p, bytes->n, &got, err) < 0)
			return -1;
	}
	if (blob_write(p->options->store, image->root.bytes.p, image->root.bytes.n, &got,
	               err) < 0)
		return -1;
	descriptor_copy(&p->root, &image->root.descriptor);
	return 0;
}

int
store_pack(struct depot *p, struct error *err)
{
	const struct compressor gzip = { COMPRESS_GZIP, COMPRESS_LEVEL_DEFAULT, 0 };
	auto_stored_image struct stored_image image = { .options = p->options,
		                                        .compressor = &gzip };
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = name_in_store(p, NULL);
	int found = p->ref.digest != NULL
	                    ? 0
	                    : tags_find(p->options->store, full, &target, err);

	/* find() says what is missing. */
	if (found <= 0)
		return found;
	if (stored_image_prepare(&image, full, err) < 0)
		return -1;
	return keep_documents(p, &image, err);
}

/* ------------------------------------------------------------ writing */

static int
store_has(struct depot *p, const struct descriptor *d, struct error *err)
{
	(void)p;
	(void)d;
	(void)err;
	/* The collector may have taken what is below it. */
	return 0;
}

static int
add_to_part(void *arg, const void *bytes, size_t n, struct error *err)
{
	return part_write(arg, bytes, n, err);
}

static int
store_put_blob(struct depot *p, const struct descriptor *d, const char *from, bool anew,
               struct blob_in *in, enum push_outcome *outcome, struct error *err)
{
	auto_part struct part *part = NULL;
	struct digest got;
	uint64_t size = 0;

	(void)from;
	*outcome = PUSH_EXISTED;
	if (!anew && blob_has(p->options->store, &d->digest, &size) && size == d->size)
		return 0;
	*outcome = PUSH_SENT;
	part = part_new(p->options->store, err);
	if (part == NULL ||
	    blob_in_pass(in, p->options->cancel, add_to_part, part, err) < 0)
		return -1;
	return part_keep(take(part), &d->digest, &got, err);
}

/* A copy leaves the store as it came. */
static int
set_name(struct depot *p, const char *full, const struct descriptor *d, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;

	descriptor_copy(&target, d);
	if (!p->is_made_here) {
		target.annotations = json_object();
		jsonio_set(target.annotations, AS_PULLED, json_string("true"));
	}
	return tags_set(p->options->store, full, &target, err);
}

static int
store_put(struct depot *p, const char *name, struct registry_put *put, struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_free char *full = NULL;

	if (blob_write(p->options->store, put->bytes.p, put->bytes.n, &d.digest, err) < 0)
		return -1;
	if (name == NULL || strchr(name, ':') != NULL)
		return 0;
	d.size = put->bytes.n;
	d.media_type = mem_copy(put->media_type);
	full = name_in_store(p, name);
	return set_name(p, full, &d, err);
}

const struct depot_ops depot_ops_store = {
	.find = store_find,
	.document = store_document,
	.blob = store_blob,
	.has = store_has,
	.put_blob = store_put_blob,
	.put_document = store_put,
};

/* ------------------------------------------------------------ archives */

/* An archive is loaded into the store, without a name there, and then read from it. */
static int
loaded_find(struct depot *p, const char *name, struct registry_document *out,
            struct error *err)
{
	if (name != NULL && strchr(name, ':') != NULL)
		return find_digest(p, name, out, err);
	if (name != NULL)
		return 0;
	return read_document(p, &p->root, out, err);
}

const struct depot_ops depot_ops_loaded = {
	.find = loaded_find,
	.document = store_document,
	.blob = store_blob,
};

/* Whether an image called HAVE (or NULL) with DIGEST is what NAME says. */
static bool
is_called(const char *have, const char *digest, const char *name)
{
	auto_reference struct reference a = REFERENCE_INIT, b = REFERENCE_INIT;
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *full = NULL, *wanted = NULL;

	if (strcmp(name, digest) == 0 || (have != NULL && strcmp(have, name) == 0))
		return true;
	if (have == NULL || reference_parse(&a, text_of(have), &ignored) < 0 ||
	    reference_parse(&b, text_of(name), &ignored) < 0)
		return false;
	full = reference_print(&a);
	wanted = reference_print(&b);
	return strcmp(full, wanted) == 0;
}

/* The image of LOADED that P's word names. */
static const struct loaded_image *
choose(const struct depot *p, const struct loaded *loaded, struct error *err)
{
	const char *name = p->transport.name;
	const struct loaded_image *first = loaded->list.n > 0 ? loaded->list.at : NULL;
	char digest[DIGEST_TEXT_MAX];

	for (size_t i = 0; i < loaded->list.n; i++) {
		const struct loaded_image *image = &loaded->list.at[i];

		digest_text(&image->root.digest, digest);
		if (name != NULL && is_called(image->name, digest, name))
			return image;
		if (name != NULL ||
		    digest_equal(&image->root.digest, &first->root.digest))
			continue;
		error_set(err, ERR_USAGE, "%s: several images", p->shown);
		error_hint(err, "say which one: %s:%s", p->shown,
		           image->name == NULL ? digest : image->name);
		return NULL;
	}
	if (name == NULL && first != NULL)
		return first;
	error_set(err, ERR_SOURCE, "%s: there is no such image", p->shown);
	return NULL;
}

int
loaded_open(struct depot *p, struct error *err)
{
	auto_fd int fd = open(p->transport.path,
	                      O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct load_options load = { .shown = p->shown, .untagged = true };
	struct loaded loaded = { 0 };
	const struct loaded_image *image = NULL;
	struct stat sb;
	int failed = 0;

	p->ops = &depot_ops_loaded;
	if (fd < 0 || fstat(fd, &sb) < 0) {
		error_sys(err, "%s", p->shown);
		return error_named(err, ERR_SOURCE);
	}
	if (!S_ISREG(sb.st_mode))
		return error_set(err, ERR_SOURCE, "%s: not a regular file", p->shown);
	load.fd = fd;
	failed = import_load(p->options, &load, &loaded, err);
	if (failed == 0) {
		image = choose(p, &loaded, err);
		failed = image == NULL ? -1 : 0;
	}
	if (failed == 0)
		descriptor_copy(&p->root, &image->root);
	loaded_clear(&loaded);
	return failed;
}

/* ------------------------------------------------------------ engines */

/* An engine takes an image of the store: it has a name there until the engine has it. */
static int
engine_put(struct depot *p, const char *name, struct registry_put *put, struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	char digits[17];

	if (name != NULL && *name != '\0')
		return 0;
	if (blob_write(p->options->store, put->bytes.p, put->bytes.n, &d.digest, err) < 0)
		return -1;
	d.size = put->bytes.n;
	d.media_type = mem_copy(put->media_type);
	file_random_name(digits, 16);
	if (name == NULL)
		return 0;
	p->parked = mem_print("cooper.invalid/copy:%s", digits);
	return set_name(p, p->parked, &d, err);
}

static int
engine_finish(struct depot *p, struct error *err)
{
	bool docker = p->transport.kind == TRANSPORT_DOCKER_DAEMON;
	auto_engine struct engine engine = { 0 };

	if (p->parked == NULL)
		return 0;
	if (engine_find(docker ? ENGINE_DOCKER : ENGINE_PODMAN, &engine))
		return engine_load(&engine, p->options, p->parked, &p->ref, 1, err);
	return error_set(err, ERR_ENVIRONMENT, "%s is not reached",
	                 docker ? "Docker" : "Podman");
}

static void
engine_close(struct depot *p)
{
	auto_error struct error ignored = ERROR_INIT;

	if (p->parked != NULL)
		tags_remove(p->options->store, p->parked, &ignored);
}

const struct depot_ops depot_ops_engine = {
	.has = store_has,
	.put_blob = store_put_blob,
	.put_document = engine_put,
	.finish = engine_finish,
	.close = engine_close,
};
