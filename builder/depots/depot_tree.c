#include "builder/depots/depot.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/draft.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/jsonio.h"
#include "builder/image/image.h"

#define LAYOUT_TEXT  "{\"imageLayoutVersion\":\"1.0.0\"}"
#define VERSION_TEXT "Directory Transport Version: 1.1\n"
#define REF_KEY      "org.opencontainers.image.ref.name"
#define INDEX_MAX    ((size_t)4 << 20)

/* ------------------------------------------------------------ files */

static char *
path_of(const struct depot *p, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	if (p->is_flat)
		return mem_copy(digest_hex(d, hex));
	return mem_print("blobs/%s/%s", digest_alg_name(d), digest_hex(d, hex));
}

/* Opens the regular file PATH: the descriptor; -1 with ERR_SOURCE if it is not there. */
static int
open_file(const struct depot *p, const char *path, uint64_t *size, struct error *err)
{
	auto_fd int fd = inroot_open(p->dir_fd, path,
	                             O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) < 0) {
		error_sys(err, "%s: %s", p->shown, path);
		return error_named(err, ERR_SOURCE);
	}
	if (!S_ISREG(sb.st_mode))
		return error_set(err, ERR_DAMAGED, "%s: %s is not a regular file",
		                 p->shown, path);
	*size = (uint64_t)sb.st_size;
	return take_fd(&fd);
}

/* Appends the file PATH: 1, 0 there is none, -1. */
static int
read_file(const struct depot *p, const char *path, struct buf *out, struct error *err)
{
	uint64_t size = 0;
	auto_fd int fd = open_file(p, path, &size, err);

	if (fd < 0 && err->code == ERR_SOURCE) {
		error_clear(err);
		return 0;
	}
	if (fd < 0)
		return -1;
	return file_read_fd(fd, INDEX_MAX, out, err) < 0
	               ? error_wrap(err, "%s: %s", p->shown, path)
	               : 1;
}

static int
fill(void *arg, int fd, struct error *err)
{
	const struct text *t = arg;

	return file_write_all(fd, t->p, t->n, err);
}

static int
write_file(const struct depot *p, const char *path, struct text text, struct error *err)
{
	return draft_replace_by(p->dir_fd, path, 0644, fill, &text, err) < 0
	               ? error_wrap(err, "%s", p->shown)
	               : 0;
}

/* ------------------------------------------------------------ reading */

static int
read_checked(struct depot *p, const struct descriptor *d, struct buf *out,
             struct error *err)
{
	auto_free char *path = path_of(p, &d->digest);
	char name[DIGEST_TEXT_MAX];
	struct digest found;
	int there = 0;

	/* A directory has its one manifest under a name of its own. */
	if (p->is_flat && p->only != NULL &&
	    strcmp(p->only, digest_text(&d->digest, name)) == 0)
		return read_file(p, "manifest.json", out, err);
	there = read_file(p, path, out, err);
	if (there == 0 && p->is_flat) {
		auto_free char *child = mem_print("%s.manifest.json", path);

		there = read_file(p, child, out, err);
	}
	if (there <= 0)
		return there;
	found = digest_of(out->p, out->n);
	if (d->digest.alg == DIGEST_SHA256 && !digest_equal(&found, &d->digest))
		return error_set(err, ERR_DAMAGED, "%s: %s is damaged", p->shown, path);
	return 1;
}

static int
find_in_flat(struct depot *p, struct registry_document *out, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	char name[DIGEST_TEXT_MAX];
	int there = read_file(p, "manifest.json", &bytes, err);

	if (there <= 0)
		return there;
	d.digest = digest_of(bytes.p, bytes.n);
	free(p->only);
	p->only = mem_copy(digest_text(&d.digest, name));
	return depot_document_set(out, &d, &bytes, p->shown, err) < 0 ? -1 : 1;
}

/* NAME among the names of index.json: 1, 0, -1. */
static int
find_entry(struct depot *p, const char *name, struct descriptor *out, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	auto_json json_t *index = NULL;
	json_t *entry = NULL;
	size_t i = 0;
	int there = read_file(p, "index.json", &text, err);

	if (there <= 0)
		return there;
	index = depot_json(buf_text(&text), p->shown, err);
	if (index == NULL)
		return -1;
	json_array_foreach(json_object_get(index, "manifests"), i, entry)
	{
		const json_t *notes = json_object_get(entry, "annotations");
		const char *have = json_string_value(json_object_get(notes, REF_KEY));
		const char *digest = json_string_value(json_object_get(entry, "digest"));

		if ((have != NULL && strcmp(have, name) == 0) ||
		    (digest != NULL && strcmp(digest, name) == 0))
			return descriptor_read(out, entry, p->shown, err) < 0 ? -1 : 1;
	}
	return 0;
}

/* What P's word says: a name, or what a layout has if none is given. */
static int
find_word(struct depot *p, struct descriptor *out, struct error *err)
{
	auto_free char *dir = NULL, *word = NULL;

	if (p->transport.name != NULL)
		return find_entry(p, p->transport.name, out, err);
	word = mem_print("%s%s", strchr(p->transport.path, '/') == NULL ? "./" : "",
	                 p->transport.path);
	return layout_find(word, &dir, out, err) < 0 ? -1 : 1;
}

static int
tree_find(struct depot *p, const char *name, struct registry_document *out,
          struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_buf struct buf bytes = BUF_INIT;
	int found = 0;

	if (p->is_flat && name == NULL)
		return find_in_flat(p, out, err);
	if (p->is_flat && strchr(name, ':') == NULL)
		return 0;
	if (name == NULL)
		found = find_word(p, &d, err);
	else if (p->is_flat)
		found = digest_parse(&d.digest, text_of(name));
	else
		found = find_entry(p, name, &d, err);
	/* Below an index there may be others. */
	if (found == 0 && name == NULL && p->transport.name != NULL)
		found = digest_parse(&d.digest, text_of(p->transport.name));
	if (found == 0 && name != NULL)
		found = digest_parse(&d.digest, text_of(name));
	if (found > 0)
		found = read_checked(p, &d, &bytes, err);
	if (found <= 0)
		return found;
	return depot_document_set(out, &d, &bytes, p->shown, err) < 0 ? -1 : 1;
}

static int
tree_document(struct depot *p, const struct descriptor *d, struct buf *out,
              struct error *err)
{
	char name[DIGEST_TEXT_MAX];
	int there = read_checked(p, d, out, err);

	return there == 0 ? depot_lacks(p, digest_text(&d->digest, name), err)
	                  : (there < 0 ? -1 : 0);
}

static int
tree_blob(struct depot *p, const struct descriptor *d, struct blob_in *in,
          struct error *err)
{
	auto_free char *path = path_of(p, &d->digest);
	uint64_t size = 0;
	auto_fd int fd = open_file(p, path, &size, err);

	if (fd < 0)
		return -1;
	if (size != d->size)
		return error_set(err, ERR_DAMAGED, "%s: %s: %llu bytes instead of %llu",
		                 p->shown, path, (unsigned long long)size,
		                 (unsigned long long)d->size);
	in->d = d;
	blob_in_file(in, take_fd(&fd));
	return 0;
}

/* ------------------------------------------------------------ writing */

static int
tree_has(struct depot *p, const struct descriptor *d, struct error *err)
{
	(void)p;
	(void)d;
	(void)err;
	/* A layout may have an index without all that it lists. */
	return 0;
}

struct filling {
	struct blob_in *in;
	const struct cancel *cancel;
	int fd;
};

static int
fill_piece(void *arg, const void *bytes, size_t n, struct error *err)
{
	const struct filling *f = arg;

	return file_write_all(f->fd, bytes, n, err);
}

static int
fill_blob(void *arg, int fd, struct error *err)
{
	struct filling *f = arg;

	f->fd = fd;
	return blob_in_pass(f->in, f->cancel, fill_piece, f, err);
}

static int
tree_put_blob(struct depot *p, const struct descriptor *d, const char *from, bool anew,
              struct blob_in *in, enum push_outcome *outcome, struct error *err)
{
	auto_free char *path = path_of(p, &d->digest);
	struct filling f = { .in = in, .cancel = p->options->cancel };
	struct stat sb;

	(void)from;
	(void)anew;
	*outcome = PUSH_EXISTED;
	if (fstatat(p->dir_fd, path, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(sb.st_mode) && (uint64_t)sb.st_size == d->size)
		return 0;
	*outcome = PUSH_SENT;
	if (draft_replace_by(p->dir_fd, path, 0644, fill_blob, &f, err) == 0)
		return 0;
	/* Only what is wrong with the directory is said of it. */
	return err->code == ERR_INTERNAL || err->code == ERR_ENVIRONMENT
	               ? error_wrap(err, "%s", p->shown)
	               : -1;
}

/* The entry NAME of index.json becomes PUT. Writers wait for each other. */
static int
set_entry(struct depot *p, const char *name, const struct registry_put *put,
          struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	auto_json json_t *index = NULL, *entry = json_object();
	auto_free char *out = NULL;
	json_t *list = NULL, *notes = json_object();
	char digest[DIGEST_TEXT_MAX];
	int there = read_file(p, "index.json", &text, err);

	if (there < 0)
		return -1;
	if (there > 0)
		index = depot_json(buf_text(&text), p->shown, err);
	else
		index = json_pack("{s:i,s:s,s:[]}", "schemaVersion", 2, "mediaType",
		                  MEDIA_OCI_INDEX, "manifests");
	list = json_object_get(index, "manifests");
	if (!json_is_array(list)) {
		json_decref(notes);
		return err->code != ERR_NONE
		               ? -1
		               : error_set(err, ERR_DAMAGED,
		                           "%s: index.json lists no images", p->shown);
	}
	for (size_t i = json_array_size(list); i > 0; i--) {
		const json_t *old = json_object_get(json_array_get(list, i - 1),
		                                    "annotations");
		const char *have = json_string_value(json_object_get(old, REF_KEY));

		if (have != NULL && strcmp(have, name) == 0)
			json_array_remove(list, i - 1);
	}
	jsonio_set(entry, "mediaType", json_string(put->media_type));
	jsonio_set(entry, "digest", json_string(digest_text(put->digest, digest)));
	jsonio_set(entry, "size", json_integer((json_int_t)put->bytes.n));
	jsonio_set(notes, REF_KEY, jsonio_string(text_of(name)));
	jsonio_set(entry, "annotations", notes);
	json_array_append(list, entry);
	out = jsonio_print(index);
	return write_file(p, "index.json", text_of(out), err);
}

static int
set_entry_alone(struct depot *p, const char *name, const struct registry_put *put,
                struct error *err)
{
	auto_fd int fd = openat(p->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = 0;

	/* Without locks (some network file systems) it works, too. */
	if (fd >= 0)
		flock(fd, LOCK_EX);
	failed = set_entry(p, name, put, err);
	return failed;
}

static int
tree_put(struct depot *p, const char *name, struct registry_put *put, struct error *err)
{
	auto_free char *path = path_of(p, put->digest);
	bool is_word = name != NULL && *name == '\0';

	if (p->is_flat && !is_word)
		return 0;
	if (p->is_flat)
		return write_file(p, "version", TEXT(VERSION_TEXT), err) < 0
		               ? -1
		               : write_file(p, "manifest.json", put->bytes, err);
	if (write_file(p, path, put->bytes, err) < 0)
		return -1;
	if (name == NULL || strchr(name, ':') != NULL)
		return 0;
	return set_entry_alone(
	        p,
	        !is_word ? name
	                 : (p->transport.name == NULL ? "latest" : p->transport.name),
	        put, err);
}

static int
tree_begin(struct depot *p, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	auto_fd int blobs = -1;
	int there = 0;

	draft_sweep(p->dir_fd);
	if (p->is_flat)
		return 0;
	there = read_file(p, "index.json", &text, err);
	if (there < 0)
		return -1;
	if (there > 0) {
		auto_error struct error ignored = ERROR_INIT;
		auto_json json_t *index = depot_json(buf_text(&text), "", &ignored);

		/* Another file of that name is not ours to replace. */
		if (!json_is_array(json_object_get(index, "manifests")))
			return error_set(err, ERR_USAGE,
			                 "%s: its index.json is not that of a layout",
			                 p->shown);
	}
	if (file_make_dirs(p->dir_fd, "blobs/sha256", 0755, err) < 0 ||
	    file_make_dirs(p->dir_fd, "blobs/sha512", 0755, err) < 0)
		return error_wrap(err, "%s", p->shown);
	blobs = file_open_dir(p->dir_fd, "blobs/sha256", err);
	if (blobs < 0)
		return -1;
	draft_sweep(blobs);
	return write_file(p, "oci-layout", TEXT(LAYOUT_TEXT), err);
}

static int
tree_finish(struct depot *p, struct error *err)
{
	return p->destination == NULL ? 0 : destination_keep(p->destination, err);
}

const struct depot_ops depot_ops_tree = {
	.find = tree_find,
	.document = tree_document,
	.blob = tree_blob,
	.begin = tree_begin,
	.has = tree_has,
	.put_blob = tree_put_blob,
	.put_document = tree_put,
	.finish = tree_finish,
};

/* ------------------------------------------------------------ opening */

int
tree_open(struct depot *p, enum depot_use use, struct error *err)
{
	const char *path = p->transport.path;

	p->is_flat = p->transport.kind == TRANSPORT_DIR;
	p->is_single = p->is_flat;
	p->ops = &depot_ops_tree;
	if (use != DEPOT_READ) {
		if (use == DEPOT_CHANGE && p->is_flat)
			return error_set(err, ERR_USAGE,
			                 "%s: a directory of this kind has no index",
			                 p->shown);
		if (p->transport.name != NULL && strchr(p->transport.name, ':') != NULL &&
		    text_starts(text_of(p->transport.name), "sha"))
			return error_set(err, ERR_USAGE, "%s: a digest is no name",
			                 p->shown);
		p->destination = destination_open(DESTINATION_DIR, "the directory", path,
		                                  err);
		if (p->destination == NULL)
			return -1;
		p->dir_fd = fcntl(destination_dir_fd(p->destination), F_DUPFD_CLOEXEC, 3);
		return p->dir_fd < 0 ? error_sys(err, "%s", path) : 0;
	}
	p->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dir_fd >= 0)
		return 0;
	error_sys(err, "%s", p->shown);
	return error_named(err, ERR_SOURCE);
}
