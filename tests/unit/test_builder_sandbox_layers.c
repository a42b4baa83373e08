/* Layers below a run, and what it leaves in its upper directory. */
#include "tests/lib/sandbox_fixture.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

static const char *const true_argv[] = { "/bin/true", NULL };

static void
a_run_that_does_nothing_changes_nothing(void **state)
{
	struct box *b = box_of(state);

	assert_int_equal(box_run(b, true_argv), 0);
	assert_int_equal(box_count(b, "/"), 1);
	assert_int_equal(box_count(b, "/etc"), 0);
	assert_int_equal(box_stat(b, "/etc").st_mode, S_IFDIR | 0755);
	assert_int_equal(box_stat(b, "/").st_mtim.tv_sec, LAYER_TIME);
}

static void
changes_are_in_the_format_of_overlays(void **state)
{
	struct box *b = box_of(state);
	auto_free char *opaque = NULL;
	char value[8] = "";
	struct stat st;

	box_need_overlays(b);
	box_sh(b,
	       "echo new > /data/one; rm /etc/passwd; rm -r /data/sub; mkdir /data/sub; "
	       "mkdir -m 2750 /tmp/d; ln -s x /tmp/link; ln /data/one /tmp/hard");
	assert_int_equal(box_stat(b, "/data/one").st_size, 4);
	assert_int_equal(box_stat(b, "/data/one").st_nlink, 2);
	st = box_stat(b, "/etc/passwd");
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0));
	assert_int_equal(box_stat(b, "/tmp/d").st_mode, S_IFDIR | 02750);
	assert_true(S_ISLNK(box_stat(b, "/tmp/link").st_mode));
	opaque = mem_print("%s/data/sub", b->upper);
	assert_int_equal(getxattr(opaque, "user.overlay.opaque", value, sizeof value), 1);
	assert_string_equal(value, "y");
}

static void
upper_directories_become_lower_ones(void **state)
{
	struct box *b = box_of(state);
	const char *base = b->lowers[0];

	box_sh(b, "echo second > /data/two; rm /data/one");
	b->lowers[1] = base;
	b->lowers[0] = mem_copy(b->upper);
	b->run.n_lowers = 2;
	assert_prints(b, "ls /data; cat /data/two; rm -r /data; mkdir /data",
	              "sub\ntwo\nsecond\n");
	b->lowers[2] = b->lowers[1];
	b->lowers[1] = b->lowers[0];
	b->lowers[0] = mem_copy(b->upper);
	b->run.n_lowers = 3;
	assert_prints(b, "ls /data; cat /etc/passwd", "root:x:0:0::/root:/bin/sh\n");
}

static void
an_empty_root_has_what_is_mounted(void **state)
{
	struct box *b = box_of(state);
	auto_fd int fd = file_open_dir(b->dir_fd, "base/bin", &b->err);
	const struct sandbox_mount m = { .target = "/bin",
		                         .source_fd = fd,
		                         .readonly = true };

	b->run.n_lowers = 0;
	box_mounts(b, &m, 1);
	assert_prints(b, "ls / | tr '\\n' ' '", "bin dev etc proc sys ");
	/* Which would be in the layer if they were not removed. */
	assert_int_equal(box_count(b, "/"), 0);
	assert_int_equal(box_stat(b, "/").st_mtim.tv_sec, LAYER_TIME);
}

static void
many_layers_with_long_names_are_one_root(void **state)
{
	struct box *b = box_of(state);
	char name[200];
	const char *base = b->lowers[0];
	size_t n = 128;

	memset(name, 'l', sizeof name);
	name[sizeof name - 1] = '\0';
	for (size_t i = 0; i < n; i++) {
		auto_free char *file = mem_print("%s-%zu/%s/data/f%zu", name, i, name, i);

		assert_int_equal(box_file(b->dir_fd, file, 0644, "x"), 0);
		b->lowers[i] = mem_print("%s/%s-%zu/%s", b->dir, name, i, name);
	}
	b->lowers[n] = base;
	b->run.n_lowers = n + 1;
	assert_prints(b, "ls /data | grep -c '^f'", "128\n");
	box_need_overlays(b);
	for (size_t i = n + 1; i < 501; i++)
		b->lowers[i] = mem_copy(base);
	b->run.n_lowers = 501;
	assert_refused(b, true_argv, ERR_ENVIRONMENT, "mount the layers");
	assert_non_null(strstr(b->err.hint, "too many layers"));
}

static void
a_layer_that_is_not_there_is_an_error(void **state)
{
	struct box *b = box_of(state);

	b->lowers[1] = mem_print("%s/none", b->dir);
	b->run.n_lowers = 2;
	assert_refused(b, true_argv, ERR_ENVIRONMENT, "mount the layers");
	assert_non_null(strstr(b->err.text, "o such file"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		box_test(a_run_that_does_nothing_changes_nothing),
		box_test(changes_are_in_the_format_of_overlays),
		box_test(upper_directories_become_lower_ones),
		box_test(an_empty_root_has_what_is_mounted),
		box_test(many_layers_with_long_names_are_one_root),
		box_test(a_layer_that_is_not_there_is_an_error),
	};

	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
