#include "builder/image/image.h"

#include "base/base.h"
#include "base/event.h"
#include "layers/blob.h"

struct fetch {
	struct part *part;
	int vertex;
	char name[24]; /* "sha256:" and the first 12 digits */
};

static int
fetch_write(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct fetch *f = arg;

	return part_write(f->part, bytes, n, err);
}

static int
fetch_restart(void *arg, struct error *err)
{
	return part_restart(((struct fetch *)arg)->part, err);
}

static void
fetch_progress(void *arg, uint64_t done, uint64_t total)
{
	struct fetch *f = arg;

	event_status(f->vertex, f->name, done, total, done == total);
}

static int
begin(const struct reference *ref, const char *blob)
{
	auto_free char *name = reference_print(ref);
	auto_free char *title = mem_print("pulling %s of %s", blob, name);

	return event_begin(title);
}

void
unpacking_name(const struct descriptor *blob, char out[UNPACKING_NAME_MAX])
{
	char hex[DIGEST_HEX_MAX];

	snprintf(out, UNPACKING_NAME_MAX, "unpacking sha256:%.12s",
	         digest_hex(&blob->digest, hex));
}

int
image_fetch_blob(struct store *store, struct registry *registry,
                 const struct reference *ref, const struct descriptor *d,
                 struct growing_blob *reader, int vertex, struct error *err)
{
	auto_part struct part *part = NULL;
	struct fetch f = { 0 };
	char hex[DIGEST_HEX_MAX], unpacking[UNPACKING_NAME_MAX];
	uint64_t size = 0;
	struct digest got;
	int failed = 0;

	if (blob_has(store, &d->digest, &size) && size == d->size)
		return 0;
	digest_hex(&d->digest, hex);
	if (registry == NULL)
		return error_set(err, ERR_SOURCE, "blob sha256:%s: not in the store",
		                 hex);
	part = part_new_verified(store, reader, err);
	if (part == NULL)
		return -1;
	f.part = part;
	snprintf(f.name, sizeof f.name, "sha256:%.12s", hex);
	f.vertex = vertex != 0 ? vertex : begin(ref, f.name);
	failed = registry_pull_blob(registry, ref, d, fetch_write, fetch_restart, &f,
	                            fetch_progress, &f, err);
	if (vertex == 0)
		event_end(f.vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
		          failed < 0 ? err->text : NULL);
	if (failed < 0)
		return -1;
	if (vertex != 0) {
		unpacking_name(d, unpacking);
		event_status(vertex, unpacking, 0, 0, false);
	}
	return part_keep(take(part), &d->digest, &got, err);
}
