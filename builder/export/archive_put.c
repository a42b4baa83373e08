#include "builder/export/archive_put.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/draft.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "layers/blob.h"

#define PIECE     ((size_t)1 << 20)
#define INDEX_MAX ((size_t)16 << 20)

/* ------------------------------------------------------------ documents */

char *
archive_blob_path(const struct archive *a, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	if (a->is_flat)
		return mem_copy(digest_hex(d, hex));
	return mem_print("blobs/%s/%s", digest_alg_name(d), digest_hex(d, hex));
}

json_t *
archive_docker_entry(const struct archive *a, const struct manifest *m,
                     const struct export_names *names)
{
	json_t *entry = json_object(), *tags = json_array(), *layers = json_array();
	auto_free char *config = archive_blob_path(a, &m->config.digest);

	for (size_t i = 0; i < names->list.n; i++) {
		const struct reference *ref = &names->list.at[i];
		auto_free char *short_name = reference_short(ref);
		const char *slash = strrchr(short_name, '/');
		bool has_tag = strchr(slash == NULL ? short_name : slash, ':') != NULL;
		auto_free char *name = mem_print("%s%s", short_name,
		                                 has_tag ? "" : ":latest");

		json_array_append_new(tags, json_string(name));
	}
	for (size_t i = 0; i < m->layers.n; i++) {
		auto_free char *path = archive_blob_path(a, &m->layers.at[i].digest);

		json_array_append_new(layers, json_string(path));
	}
	jsonio_set(entry, "Config", json_string(config));
	jsonio_set(entry, "RepoTags", tags);
	jsonio_set(entry, "Layers", layers);
	return entry;
}

json_t *
archive_read_index(int dir_fd)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_buf struct buf bytes = BUF_INIT;

	if (file_read(dir_fd, "index.json", INDEX_MAX, &bytes, &ignored) != 1)
		return NULL;
	return jsonio_parse(buf_text(&bytes), "index.json", &ignored);
}

/* ------------------------------------------------------------ writing */

static int
fill_with_text(void *arg, int fd, struct error *err)
{
	const struct text *t = arg;

	return file_write_all(fd, t->p, t->n, err);
}

int
archive_put_text(struct archive *a, const char *path, struct text t, struct error *err)
{
	if (a->tar == NULL)
		return draft_replace_by(a->dir_fd, path, 0644, fill_with_text, &t, err);
	if (tar_out_file(a->tar, path, t.n, err) < 0)
		return -1;
	return tar_out_data(a->tar, t.p, t.n, err);
}

/* Where a blob's bytes go to while they are compared with its digest. */
struct passing {
	struct archive *archive; /* its tar, or NULL: FD_OUT */
	const struct descriptor *d;
	int fd_in;
	const struct cancel *cancel;
};

static int
pass_piece(const struct passing *p, int fd_out, const char *piece, size_t n,
           struct error *err)
{
	if (cancel_check(p->cancel, err) < 0)
		return -1;
	return p->archive != NULL ? tar_out_data(p->archive->tar, piece, n, err)
	                          : file_write_all(fd_out, piece, n, err);
}

static int
pass_archive(void *arg, int fd_out, struct error *err)
{
	const struct passing *p = arg;
	auto_hasher struct hasher *hasher = hasher_new(p->d->digest.alg);
	auto_free char *piece = mem_new(PIECE);
	char name[DIGEST_TEXT_MAX];
	uint64_t left = p->d->size;
	struct digest found;
	ssize_t n = 1;

	while (left > 0 && n > 0) {
		n = file_read_full(p->fd_in, piece, left < PIECE ? (size_t)left : PIECE,
		                   err);
		if (n < 0 || (n > 0 && pass_piece(p, fd_out, piece, (size_t)n, err) < 0))
			return -1;
		hasher_add(hasher, piece, (size_t)n);
		left -= (uint64_t)n;
	}
	found = hasher_end(hasher);
	if (left == 0 && digest_equal(&found, &p->d->digest))
		return 0;
	return error_set(err, ERR_DAMAGED, "blob %s is damaged in the store",
	                 digest_text(&p->d->digest, name));
}

int
archive_put_blob(struct archive *a, struct store *store, const struct package_blob *blob,
                 const struct cancel *cancel, struct error *err)
{
	auto_free char *path = archive_blob_path(a, &blob->descriptor.digest);
	struct passing p = { .d = &blob->descriptor, .cancel = cancel };
	auto_fd int in = -1;

	if (blob->text != NULL)
		return archive_put_text(a, path, text_of(blob->text), err);
	in = blob_open(store, &blob->descriptor.digest, err);
	if (in < 0)
		return -1;
	p.fd_in = in;
	if (a->tar == NULL)
		return draft_replace_by(a->dir_fd, path, 0644, pass_archive, &p, err);
	p.archive = a;
	if (tar_out_file(a->tar, path, blob->descriptor.size, err) < 0)
		return -1;
	return pass_archive(&p, -1, err);
}

static int
make_directories(int dir_fd, struct error *err)
{
	auto_fd int blobs_fd = -1;

	if (file_make_dirs(dir_fd, "blobs/sha256", 0755, err) < 0)
		return -1;
	blobs_fd = file_open_dir(dir_fd, "blobs/sha256", err);
	if (blobs_fd < 0)
		return -1;
	draft_sweep(dir_fd);
	draft_sweep(blobs_fd);
	return 0;
}

int
archive_put_directories(struct archive *a, struct error *err)
{
	if (a->is_flat) {
		draft_sweep(a->dir_fd);
		return 0;
	}
	if (a->tar == NULL)
		return make_directories(a->dir_fd, err);
	if (tar_out_dir(a->tar, "blobs", err) < 0)
		return -1;
	return tar_out_dir(a->tar, "blobs/sha256", err);
}
