/* One rich tree through every form and back: all must say the same. */
#include "tests/lib/layer_fixture.h"

#include "base/path.h"
#include "layers/layer_state.h"

#define CAPABILITY "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const char long_name[] =
        "deep/0123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789";

static size_t
rich_changes(struct change *c)
{
	size_t n = 0;

	c[n++] = a_dir("bin", 0755);
	c[n] = a_file("bin/ping", 0755, "#!ping");
	c[n++].entry.capability = (struct text){ CAPABILITY, 20 };
	c[n] = a_file("bin/su", 04755, "#!su");
	c[n++].entry.uid = 7;
	c[n++] = a_dir("deep", 01777);
	c[n++] = a_file(long_name, 0644, "long");
	c[n] = an_entry("dev", ENTRY_DIR, 0755, NULL);
	c[n++].entry.gid = 5;
	c[n] = an_entry("dev/null", ENTRY_CHAR, 0666, NULL);
	c[n].entry.dev_major = 1;
	c[n++].entry.dev_minor = 3;
	c[n++] = an_entry("dev/pipe", ENTRY_FIFO, 0600, NULL);
	c[n++] = a_file("empty", 0400, "");
	c[n++] = a_file("gr\xc3\xbc\xc3\x9f", 0644, "non-ascii");
	c[n++] = an_entry("hidden", ENTRY_WHITEOUT, 0, NULL);
	c[n - 1].entry.mtime = 0;
	c[n] = a_file("large-ids", 0644, "x");
	c[n].entry.uid = 3000000;
	c[n++].entry.gid = 4000000;
	c[n] = a_file("link-a", 0640, "shared");
	c[n++].entry.mtime = 1;
	c[n++] = an_entry("link-b", ENTRY_HARDLINK, 0666, "link-a");
	c[n] = a_dir("opaque", 0700);
	c[n++].entry.opaque = true;
	c[n++] = a_file("opaque/inside", 0644, "i");
	c[n++] = a_dir("setgid", 02775);
	c[n - 1].entry.gid = 8;
	c[n++] = a_file("setgid/file", 0644, "group 0");
	c[n++] = an_entry("sym", ENTRY_SYMLINK, 0777, "../gr\xc3\xbc\xc3\x9f");
	return n;
}

static void
assert_same(struct layer *l, const char *want)
{
	struct error err = ERROR_INIT;
	const struct tree *t = layer_tree(l, &err);
	char *got;

	assert_fine(t != NULL, &err);
	got = print_tree(t);
	assert_string_equal(got, want);
	free(got);
}

static char *
tree_text(struct layer *l)
{
	struct error err = ERROR_INIT;
	const struct tree *t = layer_tree(l, &err);

	assert_fine(t != NULL, &err);
	return print_tree(t);
}

/* A second layer of the bytes of the first's tar, as if pulled. */
static struct layer *
as_pulled(struct fixture *f, struct layer *l)
{
	struct descriptor blob = DESCRIPTOR_INIT;
	struct error err = ERROR_INIT;
	struct digest diffid;
	struct layer *pulled;

	assert_true(layer_diffid(l, &diffid));
	blob.digest = diffid;
	blob.size = layer_facts(l).tar_size;
	blob.media_type = mem_copy(MEDIA_OCI_LAYER);
	pulled = layer_of_blob(f->store, &blob, &diffid, NULL, NULL, &err);
	assert_fine(pulled != NULL, &err);
	descriptor_clear(&blob);
	return pulled;
}

static void
every_form_says_the_same(void **state)
{
	struct fixture *f = *state;
	struct layer_options tar_only = { .forms = LAYER_TAR, .epoch = -1 };
	struct layer_options dir_only = { .forms = LAYER_DIR, .epoch = -1 };
	struct layer_options both = { .forms = LAYER_TAR | LAYER_DIR, .epoch = -1 };
	struct error err = ERROR_INIT;
	struct change changes[32];
	size_t n = rich_changes(changes);
	struct layer *tar, *dir, *two;
	struct digest a, b, c;
	char *want, *upper;

	tar = layer_from_changes(f->store, changes, n, &tar_only, &err);
	assert_fine(tar != NULL, &err);
	want = tree_text(tar);
	assert_false(layer_has(tar, LAYER_DIR));

	dir = layer_from_changes(f->store, changes, n, &dir_only, &err);
	assert_fine(dir != NULL, &err);
	assert_false(layer_has(dir, LAYER_TAR));
	assert_same(dir, want);
	assert_fine(layer_make(dir, LAYER_TAR, NULL, &err) == 0, &err);

	two = layer_from_changes(f->store, changes, n, &both, &err);
	assert_fine(two != NULL, &err);
	assert_same(two, want);
	assert_true(layer_diffid(tar, &a) && layer_diffid(dir, &b) &&
	            layer_diffid(two, &c));
	assert_true(digest_equal(&a, &b) && digest_equal(&a, &c));

	/* TAR → DIR → an upper → TREE → TAR. */
	assert_ptr_equal(as_pulled(f, tar), tar);
	assert_fine(layer_make(tar, LAYER_DIR, NULL, &err) == 0, &err);
	upper = mem_print("%s/upper", f->path);
	assert_int_equal(rename(layer_dir(dir), upper), 0);
	two = layer_from_upper(f->store, upper, NULL, 0, &tar_only, &err);
	assert_fine(two != NULL, &err);
	assert_true(layer_has(two, LAYER_DIR));
	/* Over nothing there is nothing to hide. */
	assert_null(tree_find(layer_tree(two, &err), TEXT("hidden")));
	assert_false(tree_find(layer_tree(two, &err), TEXT("opaque"))->opaque);
	free(upper);
	free(want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(every_form_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
