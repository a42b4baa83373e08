#include "builder/image/image.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/file.h"
#include "base/jsonio.h"

#define INDEX_SIZE_MAX ((size_t)16 << 20)
#define COPY_PIECE     ((size_t)1 << 20)

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

static bool
entry_matches(const json_t *entry, const char *tag, const char *digest)
{
	const json_t *notes = json_object_get(entry, "annotations");
	const char *name = json_string_value(
	        json_object_get(notes, "org.opencontainers.image.ref.name"));
	const char *have = json_string_value(json_object_get(entry, "digest"));

	if (digest != NULL)
		return have != NULL && strcmp(have, digest) == 0;
	return tag == NULL || (name != NULL && strcmp(name, tag) == 0);
}

int
layout_find(const char *text, char **path, struct descriptor *out, struct error *err)
{
	auto_free char *dir = NULL, *tag = NULL, *digest = NULL;
	auto_buf struct buf index = BUF_INIT;
	auto_json json_t *json = NULL;
	auto_fd int fd = -1;
	json_t *entry = NULL;
	size_t i = 0;
	int found = 0;

	split_name(text, &dir, &tag, &digest);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SOURCE, "oci-layout %s: %s", dir,
		                 strerror(errno));
	found = file_read(fd, "index.json", INDEX_SIZE_MAX, &index, err);
	if (found == 0)
		return error_set(err, ERR_SOURCE, "%s: not an OCI layout: no index.json",
		                 dir);
	json = found < 0 ? NULL : jsonio_parse(buf_text(&index), "index.json", err);
	if (json == NULL)
		return error_wrap(err, "oci-layout %s", dir);
	json_array_foreach(json_object_get(json, "manifests"), i, entry)
	{
		if (!entry_matches(entry, tag, digest))
			continue;
		if (descriptor_read(out, entry, "index.json", err) < 0)
			return error_wrap(err, "oci-layout %s", dir);
		*path = take(dir);
		return 0;
	}
	return error_set(err, ERR_SOURCE, "oci-layout %s: no image %s", dir,
	                 digest != NULL ? digest
	                 : tag != NULL  ? tag
	                                : "at all");
}

int
layout_fetch_blob(struct store *store, const char *path, const struct descriptor *d,
                  struct error *err)
{
	auto_part struct part *part = NULL;
	auto_free char *name = NULL, *piece = NULL;
	char hex[DIGEST_HEX_MAX];
	auto_fd int in = -1;
	uint64_t size = 0;
	struct digest got;
	ssize_t n = 0;

	if (blob_has(store, &d->digest, &size) && size == d->size)
		return 0;
	name = mem_print("%s/blobs/%s/%s", path, digest_alg_name(&d->digest),
	                 digest_hex(&d->digest, hex));
	in = open(name, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return error_sys(err, "open %s", name);
	part = part_new(store, err);
	if (part == NULL)
		return -1;
	piece = mem_new(COPY_PIECE);
	while ((n = file_read_full(in, piece, COPY_PIECE, err)) > 0)
		if (part_write(part, piece, (size_t)n, err) < 0)
			return -1;
	if (n < 0)
		return error_wrap(err, "%s", name);
	return part_keep(take(part), &d->digest, &got, err);
}
