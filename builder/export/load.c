#include "builder/export/load.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/jsonio.h"
#include "builder/context/context.h"
#include "builder/export/load_tree.h"
#include "layers/archive.h"
#include "layers/blob.h"
#include "layers/store.h"
#include "layers/tags.h"

#define PIECE      ((size_t)1 << 20)
#define VALUES_MAX 100000 /* of one document */

/* ------------------------------------------------------------ files */

int
load_open(const struct load_tree *t, const char *path, uint64_t *size, struct error *err)
{
	auto_fd int fd = inroot_open(t->dir_fd, path,
	                             O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	struct stat sb;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
	               errno == ENAMETOOLONG))
		return error_set(err, ERR_SOURCE, "there is no file %s", path);
	if (fd < 0 || fstat(fd, &sb) < 0)
		return error_sys(err, "open %s", path);
	if (!S_ISREG(sb.st_mode))
		return error_set(err, ERR_DAMAGED, "%s is not a regular file", path);
	*size = (uint64_t)sb.st_size;
	return take_fd(&fd);
}

int
load_read(const struct load_tree *t, const char *path, struct buf *out, struct error *err)
{
	uint64_t size = 0;
	auto_fd int fd = load_open(t, path, &size, err);

	if (fd < 0 && err->code == ERR_SOURCE) {
		error_clear(err);
		return 0;
	}
	if (fd < 0)
		return -1;
	return file_read_fd(fd, LOAD_DOCUMENT_MAX, out, err) < 0
	               ? error_wrap(err, "%s", path)
	               : 1;
}

static int
copy(int in, struct part *part, const struct cancel *cancel, struct error *err)
{
	auto_free char *piece = mem_new(PIECE);

	for (;;) {
		ssize_t n = file_read_full(in, piece, PIECE, err);

		if (n <= 0)
			return (int)n;
		if (cancel_check(cancel, err) < 0 ||
		    part_write(part, piece, (size_t)n, err) < 0)
			return -1;
	}
}

int
load_blob(const struct load_tree *t, const char *path, const struct digest *want,
          struct digest *got, uint64_t *size, struct error *err)
{
	auto_part struct part *part = NULL;
	auto_fd int fd = load_open(t, path, size, err);

	if (fd < 0)
		return -1;
	part = part_new(t->options->store, err);
	if (part == NULL || copy(fd, part, t->options->cancel, err) < 0)
		return -1;
	*size = part_size(part);
	return part_keep(take(part), want, got, err) < 0 ? error_wrap(err, "%s", path)
	                                                 : 0;
}

/* ------------------------------------------------------------ names */

static int
add_name(struct load_tree *t, const struct reference *ref, const struct descriptor *root,
         struct error *err)
{
	struct loaded_image *image = NULL;
	auto_free char *name = reference_print(ref);

	if (tags_set(t->options->store, name, root, err) < 0)
		return error_wrap(err, "tag %s", name);
	image = array_add(&t->out->list);
	image->name = take(name);
	descriptor_copy(&image->root, root);
	return 0;
}

int
load_name(struct load_tree *t, const char *name, const struct descriptor *root,
          struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	char digest[DIGEST_TEXT_MAX];

	if (t->untagged) {
		struct loaded_image *image = array_add(&t->out->list);

		image->name = mem_copy(name);
		descriptor_copy(&image->root, root);
		return 0;
	}
	if (name != NULL) {
		if (reference_parse(&ref, text_of(name), err) < 0)
			return -1;
		return add_name(t, &ref, root, err);
	}
	if (t->name != NULL && t->out->list.n == 0)
		return add_name(t, t->name, root, err);
	error_set(err, ERR_USAGE, "the image %s has no name",
	          digest_text(&root->digest, digest));
	return error_hint(err, "name it: cooper load -i FILE NAME");
}

void
loaded_clear(struct loaded *loaded)
{
	for (size_t i = 0; i < loaded->list.n; i++) {
		free(loaded->list.at[i].name);
		descriptor_clear(&loaded->list.at[i].root);
	}
	array_clear(&loaded->list);
}

/* ------------------------------------------------------------ kinds */

static json_t *
parse(const struct buf *text, const char *name, struct error *err)
{
	return jsonio_parse_limited(buf_text(text), VALUES_MAX, name, err);
}

/* A layout is complete in itself; docker's own file is for those that know no layouts. */
static int
load_tree(struct load_tree *t, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	auto_json json_t *json = NULL;
	json_t *list = NULL;
	int found = load_read(t, "index.json", &text, err);

	if (found < 0)
		return -1;
	if (found > 0) {
		json = parse(&text, "index.json", err);
		if (json == NULL)
			return -1;
		list = json_object_get(json, "manifests");
		return load_layout(t, list, err);
	}
	found = load_read(t, "manifest.json", &text, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_SOURCE,
		                 "no archive of images: it has neither index.json nor "
		                 "manifest.json");
	json = parse(&text, "manifest.json", err);
	return json == NULL ? -1 : load_docker(t, json, err);
}

/* The directory of FD, or one with the files of its archive. */
static int
open_tree(const struct export_options *options, const struct load_options *load,
          struct error *err)
{
	const struct archive_options limits = { .cancel = options->cancel };
	auto_buf struct buf other = BUF_INIT;
	auto_free char *dir = NULL;
	struct stat sb;

	if (fstat(load->fd, &sb) < 0)
		return error_sys(err, "stat");
	if (S_ISDIR(sb.st_mode))
		return fcntl(load->fd, F_DUPFD_CLOEXEC, 3);
	if (context_from_stdin(options->store, load->fd, &limits, &dir, &other, err) < 0)
		return err->code == ERR_DOCKERFILE
		               ? error_set(err, ERR_SOURCE, "not an archive")
		               : -1;
	if (dir == NULL)
		return error_set(err, ERR_SOURCE, "not an archive");
	return file_open_dir(AT_FDCWD, dir, err);
}

int
import_load(const struct export_options *options, const struct load_options *load,
            struct loaded *out, struct error *err)
{
	auto_free char *title = mem_print("loading %s", load->shown);
	struct load_tree t = {
		.options = options,
		.shown = load->shown,
		.out = out,
		.name = load->name,
		.untagged = load->untagged,
	};
	int vertex = event_begin(title);
	auto_fd int dir_fd = open_tree(options, load, err);
	int failed = dir_fd < 0 ? -1 : 0;

	t.dir_fd = dir_fd;
	if (failed == 0)
		failed = load_tree(&t, err);
	event_end(vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          failed < 0 ? err->text : NULL);
	return failed < 0 ? error_wrap(err, "load %s", load->shown) : 0;
}
