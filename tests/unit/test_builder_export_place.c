/* A place of images that is one struct and three functions: what a new place of caches
 * needs. */
#include "tests/lib/layer_fixture.h"

#include "base/descriptor.h"
#include "base/platform.h"
#include "builder/export/blob_put.h"
#include "builder/image/blob_place.h"
#include "layers/blob.h"

#define CONFIG                                                                           \
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"User\":\"me\"},"     \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"

/* All documents of one image. */
struct shelf {
	char *texts[2]; /* config, manifest */
	int n_fetched, n_closed;
	bool is_gone;
};

static struct shelf shelf;

static char media_type[] = "application/vnd.oci.image.manifest.v1+json";

static struct descriptor
describe(const char *text)
{
	return (struct descriptor){ .media_type = media_type,
		                    .digest = digest_of(text, strlen(text)),
		                    .size = strlen(text) };
}

static int
shelf_find(const struct source_options *o, const struct missing_base *m,
           struct source_image *s, struct error *err)
{
	const struct descriptor root = describe(shelf.texts[1]);

	(void)o;
	s->at = &shelf;
	if (shelf.is_gone)
		return error_set(err, ERR_SOURCE, "no %.*s on it", TEXT_ARG(m->name));
	descriptor_copy(&s->root, &root);
	return 0;
}

static int
shelf_fetch(struct source_image *s, const struct descriptor *d, enum blob_role role,
            struct growing_blob *reader, struct error *err)
{
	struct shelf *at = s->at;
	const char *text = at->texts[role == BLOB_MANIFEST];
	struct digest kept;

	(void)reader;
	at->n_fetched++;
	if (blob_write(s->store, text, strlen(text), &kept, err) < 0)
		return -1;
	assert_true(digest_equal(&kept, &d->digest));
	return 0;
}

static void
shelf_close(void *at)
{
	if (at != NULL)
		((struct shelf *)at)->n_closed++;
}

static const struct blob_place place_shelf = { .find = shelf_find,
	                                       .fetch = shelf_fetch,
	                                       .close = shelf_close };

static void
an_image_is_found_and_fetched_at_any_place(void **state)
{
	const struct fixture *f = *state;
	const struct source_options options = { .store = f->store };
	struct missing_base wanted = { .name = TEXT("x") };
	struct error err = ERROR_INIT;
	char digest[DIGEST_TEXT_MAX];
	const struct digest of_config = digest_of(CONFIG, strlen(CONFIG));

	platform_host(&wanted.platform);
	shelf = (struct shelf){ 0 };
	shelf.texts[0] = mem_copy(CONFIG);
	shelf.texts[1] = mem_print(
	        "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/"
	        "vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":%zu},"
	        "\"layers\":[]}",
	        digest_text(&of_config, digest), strlen(CONFIG));
	for (int i = 0; i < 2; i++) {
		struct source_image *s = source_image_load_from(&place_shelf, &options,
		                                                &wanted, &err);

		assert_fine(s != NULL, &err);
		assert_true(text_is(s->base.config.user, "me"));
		assert_null(source_image_mountable(s));
		/* What the store has is not fetched again. */
		assert_int_equal(shelf.n_fetched, 2);
		assert_int_equal(shelf.n_closed, i);
		source_image_free(s);
		assert_int_equal(shelf.n_closed, i + 1);
	}
	shelf.is_gone = true;
	assert_null(source_image_load_from(&place_shelf, &options, &wanted, &err));
	assert_string_equal(err.text, "no x on it");
	assert_int_equal(shelf.n_closed, 3);
	error_clear(&err);
	platform_clear(&wanted.platform);
	free(shelf.texts[0]);
	free(shelf.texts[1]);
}

/* What has arrived of each blob. */
struct arrived {
	const struct package_blobs *blobs;
	char bytes[2][100];
};

static int
shelf_put(void *arg, struct blob_source *source, struct error *err)
{
	struct arrived *a = arg;
	size_t i = (size_t)(source->blob - a->blobs->list.at);
	uint64_t size = source->blob->descriptor.size;

	for (uint64_t at = 0; at < size;) {
		ssize_t n = blob_source_read(source, at, a->bytes[i] + at, 3, err);

		if (n <= 0)
			return -1;
		at += (uint64_t)n;
		blob_source_progress(source, at, size);
	}
	return 0;
}

static void
put_all(const struct fixture *f, const struct package_blobs *blobs, struct arrived *a,
        struct error *err, int want)
{
	const struct export_options options = { .store = f->store };
	const struct compressor packed = { .kind = COMPRESS_NONE };

	*a = (struct arrived){ .blobs = blobs };
	assert_int_equal(blobs_put(&options, blobs, &packed, 0, shelf_put, a, err), want);
}

static void
blobs_reach_a_place_undamaged(void **state)
{
	const struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct package_blobs blobs = { 0 };
	struct arrived a;
	struct digest kept;
	char hex[DIGEST_HEX_MAX];
	auto_free char *file = NULL;

	array_push(&blobs.list, ((struct package_blob){ .descriptor = describe("a text"),
	                                                .text = "a text" }));
	array_push(&blobs.list,
	           ((struct package_blob){ .descriptor = describe("in the store") }));
	assert_fine(blob_write(f->store, "in the store", 12, &kept, &err) == 0, &err);
	put_all(f, &blobs, &a, &err, 0);
	assert_string_equal(a.bytes[0], "a text");
	assert_string_equal(a.bytes[1], "in the store");

	file = mem_print("%s/store/blobs/sha256/%s", f->path, digest_hex(&kept, hex));
	assert_fine(file_replace(AT_FDCWD, file, "in the STORE", 12, 0644, &err) == 0,
	            &err);
	put_all(f, &blobs, &a, &err, -1);
	assert_int_equal(err.code, ERR_DAMAGED);
	/* It leaves the store. */
	assert_false(blob_has(f->store, &kept, NULL));
	error_clear(&err);
	array_clear(&blobs.list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(an_image_is_found_and_fetched_at_any_place),
		fixture_test(blobs_reach_a_place_undamaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
