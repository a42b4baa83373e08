#include "builder/image/image.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/jsonio.h"
#include "layers/blob.h"

#define INDEX_SIZE_MAX ((size_t)4 << 20)
#define COPY_PIECE     ((size_t)1 << 20)

/* Values in an index.json; each takes some hundred bytes when it is read. */
#define INDEX_VALUES_MAX 100000

/* Bytes of names in a hint. */
#define TAGS_SHOWN 200

/* "path[:tag][@digest]" → its parts; TAG and DIGEST may be NULL. A ":" counts
 * only behind the last "/". */
static void
split_name(const char *text, char **path, char **tag, char **digest)
{
	struct text all = text_of(text);
	const char *at = strstr(text, "@sha");
	struct text head = at == NULL ? all : text_first(all, (size_t)(at - text));
	const char *slash = memrchr(head.p, '/', head.n);
	const char *from = slash == NULL ? head.p : slash;
	const char *colon = memchr(from, ':', head.n - (size_t)(from - head.p));

	*digest = at == NULL ? NULL : mem_copy(at + 1);
	*tag = colon == NULL
	               ? NULL
	               : mem_copy_n(colon + 1, head.n - (size_t)(colon + 1 - head.p));
	*path = mem_copy_n(head.p, colon == NULL ? head.n : (size_t)(colon - head.p));
}

/* Opens NAME below DIR_FD if it is a regular file. Opening a FIFO would block; opening a
 * device may have an effect, and a device may be endless. */
static int
open_regular(int dir_fd, const char *name, bool follow_out, uint64_t *size,
             struct error *err)
{
	auto_fd int fd = follow_out ? openat(dir_fd, name, O_PATH | O_CLOEXEC)
	                            : inroot_open(dir_fd, name, O_PATH, 0);
	char path[FILE_FD_PATH_MAX];
	struct stat st;
	int opened;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "open %s", name);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_SOURCE, "%s: not a regular file", name);
	opened = open(file_fd_path(fd, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (opened < 0)
		return error_sys(err, "open %s", name);
	*size = (uint64_t)st.st_size;
	return opened;
}

static const char *
note_of(const json_t *entry, const char *key)
{
	return json_string_value(
	        json_object_get(json_object_get(entry, "annotations"), key));
}

static bool
is_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static const char *
digest_in(const json_t *entry)
{
	return json_string_value(json_object_get(entry, "digest"));
}

static json_t *
find_tag(const json_t *list, const char *tag)
{
	size_t i = 0;
	json_t *entry = NULL;

	json_array_foreach(list, i, entry)
	{
		if (is_text(note_of(entry, "org.opencontainers.image.ref.name"), tag))
			return entry;
	}
	return NULL;
}

static json_t *
find_digest(const json_t *list, const char *digest)
{
	size_t i = 0;
	json_t *entry = NULL;

	json_array_foreach(list, i, entry)
	{
		if (is_text(digest_in(entry), digest))
			return entry;
	}
	return NULL;
}

/* The only image, whatever the number of its names. */
static json_t *
find_only(const json_t *list)
{
	json_t *first = json_array_get(list, 0), *entry = NULL;
	size_t i = 0;

	json_array_foreach(list, i, entry)
	{
		if (!is_text(digest_in(entry), digest_in(first)))
			return NULL;
	}
	return first;
}

/* The requested image; without a name it is "latest", as for any image, or the only
 * one. */
static json_t *
find_entry(const json_t *list, const char *tag, const char *digest)
{
	json_t *latest = NULL;

	if (digest != NULL)
		return find_digest(list, digest);
	if (tag != NULL)
		return find_tag(list, tag);
	latest = find_tag(list, "latest");
	return latest != NULL ? latest : find_only(list);
}

static int
not_found(const char *dir, const json_t *list, const char *name, struct error *err)
{
	auto_buf struct buf tags = BUF_INIT;
	size_t i = 0;
	json_t *entry = NULL;

	if (name == NULL && json_array_size(list) == 0)
		return error_set(err, ERR_SOURCE, "oci-layout %s: no image at all", dir);
	if (name == NULL)
		error_set(err, ERR_SOURCE,
		          "oci-layout %s: several images, and none is called latest",
		          dir);
	else
		error_set(err, ERR_SOURCE, "oci-layout %s: no image %s", dir, name);
	json_array_foreach(list, i, entry)
	{
		const char *tag = note_of(entry, "org.opencontainers.image.ref.name");

		if (tag != NULL && tags.n < TAGS_SHOWN)
			buf_print(&tags, "%s%s", tags.n > 0 ? ", " : "", tag);
	}
	return tags.n == 0 ? -1 : error_hint(err, "it has %s", buf_str(&tags));
}

static json_t *
read_index(const char *dir, struct error *err)
{
	auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), file = -1;
	auto_buf struct buf index = BUF_INIT;
	uint64_t size = 0;

	if (fd < 0) {
		error_set(err, ERR_SOURCE, "%s", strerror(errno));
		return NULL;
	}
	file = open_regular(fd, "index.json", false, &size, err);
	if (file < 0) {
		if (err->sys == ENOENT) {
			error_clear(err);
			error_set(err, ERR_SOURCE, "not an OCI layout: no index.json");
		}
		return NULL;
	}
	if (file_read_fd(file, INDEX_SIZE_MAX, &index, err) < 0)
		return NULL;
	return jsonio_parse_limited(buf_text(&index), INDEX_VALUES_MAX, "index.json",
	                            err);
}

int
layout_find(const char *text, char **path, struct descriptor *out, struct error *err)
{
	auto_free char *dir = NULL, *tag = NULL, *digest = NULL;
	auto_json json_t *json = NULL;
	json_t *list = NULL, *entry = NULL;

	split_name(text, &dir, &tag, &digest);
	json = read_index(dir, err);
	if (json == NULL)
		return error_wrap(err, "oci-layout %s", dir);
	list = json_object_get(json, "manifests");
	entry = find_entry(list, tag, digest);
	if (entry == NULL)
		return not_found(dir, list, digest != NULL ? digest : tag, err);
	if (descriptor_read(out, entry, "index.json", err) < 0)
		return error_wrap(err, "oci-layout %s", dir);
	*path = take(dir);
	return 0;
}

/* Exactly D's size; the digest is compared when the part gets its name. */
static int
copy(int in, struct part *part, const struct descriptor *d, const struct cancel *cancel,
     struct error *err)
{
	auto_free char *piece = mem_new(COPY_PIECE);
	uint64_t left = d->size;

	while (left > 0) {
		size_t want = left < COPY_PIECE ? (size_t)left : COPY_PIECE;
		ssize_t n = file_read_full(in, piece, want, err);

		if (n < 0 || cancel_check(cancel, err) < 0)
			return -1;
		if (n == 0)
			return error_set(err, ERR_DAMAGED, "shorter than it should be");
		if (part_write(part, piece, (size_t)n, err) < 0)
			return -1;
		left -= (uint64_t)n;
	}
	return 0;
}

int
layout_fetch_blob(struct store *store, const char *path, const struct descriptor *d,
                  const struct cancel *cancel, struct error *err)
{
	auto_part struct part *part = NULL;
	auto_free char *name = NULL;
	char hex[DIGEST_HEX_MAX];
	auto_fd int in = -1;
	uint64_t size = 0;
	struct digest got;

	if (blob_has(store, &d->digest, &size) && size == d->size)
		return 0;
	name = mem_print("%s/blobs/%s/%s", path, digest_alg_name(&d->digest),
	                 digest_hex(&d->digest, hex));
	in = open_regular(AT_FDCWD, name, true, &size, err);
	if (in < 0)
		return err->sys == ENOENT ? error_set(err, ERR_SOURCE,
		                                      "%s: there is no such blob", name)
		                          : -1;
	if (size != d->size)
		return error_set(err, ERR_DAMAGED, "%s: %llu bytes instead of %llu", name,
		                 (unsigned long long)size, (unsigned long long)d->size);
	part = part_new(store, err);
	if (part == NULL)
		return -1;
	if (copy(in, part, d, cancel, err) < 0 ||
	    part_keep(take(part), &d->digest, &got, err) < 0)
		return error_wrap(err, "%s", name);
	return 0;
}
