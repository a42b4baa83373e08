/* Mounts of every kind, and that nothing of them stays. */
#include "base/listing.h"
#include "tests/lib/sandbox_fixture.h"

/* A run with these mounts; they live as long as the block. */
#define MOUNTS(...) ((const struct sandbox_mount[]){ __VA_ARGS__ })
#define with_mounts(b, ...)                                                              \
	box_mounts(b, MOUNTS(__VA_ARGS__),                                               \
	           sizeof MOUNTS(__VA_ARGS__) / sizeof(struct sandbox_mount))

static const char *const true_argv[] = { "/bin/true", NULL };

/* ------------------------------------------------------------ binds */

/* Directories src (with a, sub/c, and a link to sub) and other in B's directory. */
static void
make_sources(struct box *b)
{
	assert_int_equal(box_file(b->dir_fd, "src/a", 0644, "A\n"), 0);
	assert_int_equal(box_file(b->dir_fd, "src/sub/c", 0644, "C\n"), 0);
	assert_int_equal(symlinkat("/../sub", b->dir_fd, "src/link"), 0);
	assert_int_equal(box_file(b->dir_fd, "other/a", 0644, "other\n"), 0);
}

static void
a_bound_directory_is_written_to_in_place(void **state)
{
	struct box *b = box_of(state);
	auto_fd int fd = -1;

	make_sources(b);
	fd = file_open_dir(b->dir_fd, "src", &b->err);
	box_mounts(b, &(struct sandbox_mount){ .target = "/mnt/x", .source_fd = fd }, 1);
	assert_prints(b, "cd /mnt/x; cat a sub/c; echo new > new; rm a", "A\nC\n");
	assert_true(file_is_there(fd, "new"));
	assert_false(file_is_there(fd, "a"));
	assert_false(box_changed(b, "/mnt"));
}

static void
a_readonly_bind_takes_nothing(void **state)
{
	struct box *b = box_of(state);
	auto_fd int fd = -1;

	make_sources(b);
	fd = file_open_dir(b->dir_fd, "src", &b->err);
	box_mounts(b,
	           &(struct sandbox_mount){
	                   .target = "/data", .source_fd = fd, .readonly = true },
	           1);
	assert_prints(
	        b,
	        "cd /data; cat a; for c in 'touch a' 'rm a' 'mkdir d' 'chmod 7 sub'; do "
	        "$c 2>/dev/null && echo \"$c worked\"; done; ls",
	        "A\na\nlink\nsub\n");
	/* What the mount covered is as before. */
	assert_int_equal(box_count(b, "/"), 1);
}

static void
sources_are_found_inside_of_their_directory(void **state)
{
	static const struct {
		const char *source, *printed;
	} rows[] = {
		{ "sub", "C\n" },          { "/sub", "C\n" },        { "link", "C\n" },
		{ "../../../sub", "C\n" }, { "link/../sub", "C\n" },
	};
	struct box *b = box_of(state);
	auto_fd int fd = -1;

	make_sources(b);
	fd = file_open_dir(b->dir_fd, "src", &b->err);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct sandbox_mount m = { .target = "/data",
			                         .source_fd = fd,
			                         .source = rows[i].source };

		box_mounts(b, &m, 1);
		assert_prints(b, "cat /data/c", rows[i].printed);
	}
	box_mounts(b,
	           &(struct sandbox_mount){
	                   .target = "/etc/one", .source_fd = fd, .source = "sub/c" },
	           1);
	assert_prints(b, "cat /etc/one", "C\n");
	assert_false(box_changed(b, "/etc/one"));
	box_mounts(b,
	           &(struct sandbox_mount){
	                   .target = "/x", .source_fd = fd, .source = "none" },
	           1);
	assert_refused(b, true_argv, ERR_SOURCE, "mount on /x: \"none\": not found");
}

static void
a_file_and_a_directory_do_not_fit_each_other(void **state)
{
	struct box *b = box_of(state);
	auto_fd int fd = -1;

	make_sources(b);
	fd = file_open_dir(b->dir_fd, "src", &b->err);
	box_mounts(b, &(struct sandbox_mount){ .target = "/etc/passwd", .source_fd = fd },
	           1);
	assert_refused(b, true_argv, ERR_SOURCE, "mount on /etc/passwd: not a directory");
	box_mounts(b,
	           &(struct sandbox_mount){
	                   .target = "/data", .source_fd = fd, .source = "a" },
	           1);
	assert_refused(b, true_argv, ERR_SOURCE, "mount on /data: is a directory");
}

static void
later_mounts_cover_earlier_ones_and_lie_in_them(void **state)
{
	struct box *b = box_of(state);
	auto_fd int src = -1, other = -1;

	make_sources(b);
	src = file_open_dir(b->dir_fd, "src", &b->err);
	other = file_open_dir(b->dir_fd, "other", &b->err);
	const struct sandbox_mount mounts[] = {
		{ .target = "/m", .source_fd = src },
		{ .target = "/m/sub", .source_fd = other },
		{ .kind = SANDBOX_FILE,
		  .target = "/m/a",
		  .content = TEXT("file\n"),
		  .mode = 0644 },
		{ .kind = SANDBOX_TMPFS, .target = "/m/new/deep", .mode = 0755 },
		{ .target = "/n", .source_fd = src },
		{ .target = "/n", .source_fd = other },
	};

	box_mounts(b, mounts, 6);
	assert_prints(b, "cat /m/a /m/sub/a /n/a; ls /m/new",
	              "file\nother\nother\ndeep\n");
	/* A mount point that was made in a source is not the layer's to remove. */
	assert_true(file_is_there(src, "new/deep"));
	assert_false(box_changed(b, "/m"));
	assert_false(box_changed(b, "/n"));
}

/* ------------------------------------------------------------ files, tmpfs */

static void
a_secret_is_seen_by_its_owner_and_leaves_nothing(void **state)
{
	struct box *b = box_of(state);

	with_mounts(b,
	            { .kind = SANDBOX_FILE,
	              .target = "/run/secrets/key",
	              .content = TEXT("s3cret\n"),
	              .mode = 0400,
	              .readonly = true },
	            { .kind = SANDBOX_FILE, .target = "/run/empty", .mode = 0444 },
	            { .kind = SANDBOX_FILE, .target = "/run/empty2", .mode = 0644 });
	assert_prints(b,
	              "cat /run/secrets/key; stat -c '%a %u:%g %s' /run/secrets/key "
	              "/run/empty /run/empty2; echo x > /run/secrets/key; echo y > "
	              "/run/empty2; "
	              "cat /run/empty2 /run/empty",
	              "s3cret\n400 0:0 7\n444 0:0 0\n644 0:0 0\ny\n");
	assert_int_equal(box_count(b, "/"), 1); /* etc, as it was */
	box_need_ids();
	with_mounts(b, { .kind = SANDBOX_FILE,
	                 .target = "/run/key",
	                 .content = TEXT("k\n"),
	                 .mode = 0400,
	                 .uid = 1000,
	                 .gid = 7 });
	assert_prints(b, "stat -c '%a %u:%g' /run/key", "400 1000:7\n");
	b->run.uid = 1000;
	assert_prints(b, "cat /run/key", "k\n");
	b->run.uid = 1001;
	assert_prints(b, "cat /run/key 2>/dev/null || echo no", "no\n");
}

static void
bytes_of_a_file_are_not_looked_at(void **state)
{
	struct box *b = box_of(state);
	auto_buf struct buf bytes = BUF_INIT;
	struct sandbox_mount m = { .kind = SANDBOX_FILE, .target = "/big", .mode = 0600 };

	for (int i = 0; i < 3000000; i++)
		buf_add_char(&bytes, (char)i);
	m.content = buf_text(&bytes);
	box_mounts(b, &m, 1);
	box_sh(b, "cat /big");
	assert_int_equal(b->out.n, bytes.n);
	assert_memory_equal(b->out.p, bytes.p, bytes.n);
}

static void
a_tmpfs_has_a_size_a_mode_and_an_owner(void **state)
{
	struct box *b = box_of(state);

	with_mounts(
	        b,
	        { .kind = SANDBOX_TMPFS, .target = "/t", .size = 1 << 20, .mode = 01777 },
	        { .kind = SANDBOX_TMPFS, .target = "/data", .mode = 0700 },
	        { .kind = SANDBOX_TMPFS,
	          .target = "/r",
	          .mode = 0755,
	          .readonly = true });
	assert_prints(b,
	              "stat -c %a /t /data; dd if=/dev/zero of=/t/f bs=2000000 count=1 "
	              "2>/dev/null || stat -c %s /t/f; ls /data; touch /data/x; "
	              "touch /r/x 2>/dev/null || echo no",
	              "1777\n700\n1048576\nno\n");
	assert_int_equal(box_count(b, "/"), 1);
	box_need_ids();
	with_mounts(b, { .kind = SANDBOX_TMPFS,
	                 .target = "/t",
	                 .mode = 0750,
	                 .uid = 5,
	                 .gid = 6 });
	assert_prints(b, "stat -c %u:%g /t", "5:6\n");
}

/* ------------------------------------------------------------ overlays */

static void
an_overlay_may_be_written_to_and_keeps_nothing(void **state)
{
	struct box *b = box_of(state);
	auto_free char *src = mem_print("%s/src", b->dir);
	auto_free char *other = mem_print("%s/other", b->dir);
	const char *const lowers[] = { other, src };
	struct sandbox_mount m = {
		.kind = SANDBOX_OVERLAY, .target = "/m", .lowers = lowers, .n_lowers = 2
	};

	make_sources(b);
	box_mounts(b, &m, 1);
	assert_prints(b, "cd /m; cat a sub/c; echo new > a; rm -r sub; cat a; ls",
	              "other\nC\nnew\na\nlink\n");
	assert_prints(b, "cd /m; cat a sub/c", "other\nC\n");
	assert_false(box_changed(b, "/m"));
	/* A part of the merge: a directory, a file, what a link leads to. */
	m.source = "sub";
	assert_prints(b, "cat /m/c; rm /m/c", "C\n");
	m.source = "link";
	assert_prints(b, "cat /m/c", "C\n");
	m.source = "a";
	assert_prints(b, "cat /m; echo more >> /m; cat /m", "other\nother\nmore\n");
	m.source = "none";
	assert_refused(b, true_argv, ERR_SOURCE, "\"none\": not found");
	m.source = "a";
	m.readonly = true;
	assert_prints(b, "cat /m; echo x > /m || echo no", "other\nno\n");
	/* One lower alone, and many of them with others beside. */
	m = (struct sandbox_mount){ .kind = SANDBOX_OVERLAY,
		                    .target = "/m",
		                    .readonly = true,
		                    .lowers = lowers,
		                    .n_lowers = 1 };
	assert_prints(b, "cd /m; ls; touch x 2>/dev/null || echo no", "a\nno\n");
}

static void
overlays_lie_in_each_other(void **state)
{
	struct box *b = box_of(state);
	auto_free char *src = mem_print("%s/src", b->dir);
	auto_free char *other = mem_print("%s/other", b->dir);
	const char *const one[] = { src }, *const two[] = { other };
	const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_OVERLAY, .target = "/m", .lowers = one, .n_lowers = 1 },
		{ .kind = SANDBOX_OVERLAY,
		  .target = "/m/sub",
		  .lowers = two,
		  .n_lowers = 1 },
		{ .kind = SANDBOX_OVERLAY,
		  .target = "/m/sub/new",
		  .lowers = one,
		  .n_lowers = 1,
		  .source = "sub" },
		{ .kind = SANDBOX_OVERLAY,
		  .target = "/again",
		  .lowers = one,
		  .n_lowers = 1 },
	};

	auto_free char *scratch = NULL;
	auto_listing struct listing list = { 0 };
	const char *entry = NULL;

	make_sources(b);
	box_mounts(b, mounts, 4);
	assert_prints(b, "cat /m/a /m/sub/a /m/sub/new/c; echo x > /m/a; cat /again/a",
	              "A\nother\nC\nA\n");
	/* What was thrown away is gone from the disk, too. */
	scratch = mem_print("%s/scratch", b->dir);
	list = listing_open(AT_FDCWD, scratch);
	while ((entry = listing_next(&list)) != NULL)
		assert_int_not_equal(strncmp(entry, "run-", 4), 0);
	assert_false(listing_failed(&list));
}

/* ------------------------------------------------------------ mount points */

static void
mount_points_are_removed_with_the_parents_that_were_missing(void **state)
{
	struct box *b = box_of(state);

	with_mounts(b, { .kind = SANDBOX_TMPFS, .target = "/a/b/c", .mode = 0755 },
	            { .kind = SANDBOX_TMPFS, .target = "/data/sub/d/e", .mode = 0755 },
	            { .kind = SANDBOX_FILE, .target = "/data/file", .mode = 0644 });
	box_sh(b, "touch /a/b/c/x /data/sub/d/e/x");
	assert_false(box_changed(b, "/a"));
	assert_false(box_changed(b, "/proc"));
	assert_false(box_changed(b, "/dev"));
	assert_false(box_changed(b, "/sys"));
	assert_false(box_changed(b, "/etc/hosts"));
	assert_false(box_changed(b, "/data/sub/d"));
	assert_false(box_changed(b, "/data/file"));
	/* Their parents have the times that they had. */
	assert_int_equal(box_stat(b, "/").st_mtim.tv_sec, LAYER_TIME);
	assert_int_equal(box_stat(b, "/etc").st_mtim.tv_sec, LAYER_TIME);
	assert_int_equal(box_stat(b, "/data").st_mtim.tv_sec, LAYER_TIME);
	assert_int_equal(box_stat(b, "/etc").st_mtim.tv_nsec, 0);
}

static void
what_the_program_did_beside_a_mount_point_counts(void **state)
{
	struct box *b = box_of(state);

	with_mounts(b,
	            { .kind = SANDBOX_TMPFS, .target = "/data/made/here", .mode = 0755 });
	box_sh(b, "touch /data/made/kept; touch /etc/new");
	assert_true(box_changed(b, "/data/made/kept"));
	assert_false(box_changed(b, "/data/made/here"));
	assert_true(box_changed(b, "/etc/new"));
	assert_true(box_stat(b, "/data/made").st_mtim.tv_sec > LAYER_TIME);
	assert_true(box_stat(b, "/etc").st_mtim.tv_sec > LAYER_TIME);
}

static void
targets_are_found_inside_of_the_root(void **state)
{
	static const struct {
		const char *target, *shown;
	} rows[] = {
		{ "/link/x", "/real/x" },
		{ "/out/x", "/real/x" },
		{ "/../../x", "/x" },
		{ "relative/x", "/relative/x" },
		{ "/dangling", "/no/where" },
		{ "/dangling/x", "/no/where/x" },
		{ "/up/x", "/x" },
		{ "//double///x/", "/double/x" },
		{ "/real/./y/../z", "/real/z" },
	};
	struct box *b = box_of(state);

	assert_int_equal(mkdirat(b->dir_fd, "base/real", 0755), 0);
	assert_int_equal(mkdirat(b->dir_fd, "base/real/y", 0755), 0);
	assert_int_equal(symlinkat("real", b->dir_fd, "base/link"), 0);
	assert_int_equal(symlinkat("/../../../real", b->dir_fd, "base/out"), 0);
	assert_int_equal(symlinkat("no/where", b->dir_fd, "base/dangling"), 0);
	assert_int_equal(symlinkat("data/../..", b->dir_fd, "base/up"), 0);
	assert_int_equal(symlinkat("loop", b->dir_fd, "base/loop"), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct sandbox_mount m = { .kind = SANDBOX_TMPFS,
			                         .target = rows[i].target,
			                         .mode = 0755 };
		auto_free char *script = mem_print("grep -c ' %s tmpfs ' /proc/mounts",
		                                   rows[i].shown);

		box_mounts(b, &m, 1);
		assert_prints(b, script, "1\n");
		assert_false(box_changed(b, "/no"));
		assert_false(box_changed(b, "/x"));
		assert_false(box_changed(b, "/real/x"));
		assert_int_equal(box_stat(b, "/").st_mtim.tv_sec, LAYER_TIME);
	}
	with_mounts(b, { .kind = SANDBOX_TMPFS, .target = "/loop/x", .mode = 0755 });
	assert_refused(b, true_argv, ERR_SOURCE, "mount on /loop/x: too many levels");
}

/* As systemd has it. */
static void
a_resolv_conf_that_is_a_dangling_link_works(void **state)
{
	struct box *b = box_of(state);

	assert_int_equal(symlinkat("../run/systemd/resolve/stub-resolv.conf", b->dir_fd,
	                           "base/etc/resolv.conf"),
	                 0);
	assert_prints(b, "cat /etc/resolv.conf", "nameserver 192.0.2.1\n");
	assert_false(box_changed(b, "/run"));
	assert_false(box_changed(b, "/etc/resolv.conf"));
}

static void
names_that_are_too_long_are_refused(void **state)
{
	struct box *b = box_of(state);
	char name[300];
	auto_free char *target = NULL;
	auto_buf struct buf deep = BUF_INIT;
	struct sandbox_mount m = { .kind = SANDBOX_TMPFS, .mode = 0755 };

	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	target = mem_print("/new/%s", name);
	m.target = target;
	box_mounts(b, &m, 1);
	assert_refused(b, true_argv, ERR_SOURCE, "file name too long");
	for (int i = 0; i < 3000; i++)
		buf_print(&deep, "/n");
	m.target = buf_str(&deep);
	assert_refused(b, true_argv, ERR_SOURCE, "file name too long");
}

static void
more_mounts_than_can_be_passed_are_refused(void **state)
{
	struct box *b = box_of(state);
	struct sandbox_mount mounts[300];
	auto_fd int fd = -1;

	make_sources(b);
	fd = file_open_dir(b->dir_fd, "src", &b->err);
	for (int i = 0; i < 300; i++)
		mounts[i] = (struct sandbox_mount){ .target = "/m", .source_fd = fd };
	box_mounts(b, mounts, 200);
	box_sh(b, "cat /m/a");
	box_mounts(b, mounts, 300);
	assert_refused(b, true_argv, ERR_USAGE, "bind mounts in one step");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		box_test(a_bound_directory_is_written_to_in_place),
		box_test(a_readonly_bind_takes_nothing),
		box_test(sources_are_found_inside_of_their_directory),
		box_test(a_file_and_a_directory_do_not_fit_each_other),
		box_test(later_mounts_cover_earlier_ones_and_lie_in_them),
		box_test(a_secret_is_seen_by_its_owner_and_leaves_nothing),
		box_test(bytes_of_a_file_are_not_looked_at),
		box_test(a_tmpfs_has_a_size_a_mode_and_an_owner),
		box_test(an_overlay_may_be_written_to_and_keeps_nothing),
		box_test(overlays_lie_in_each_other),
		box_test(mount_points_are_removed_with_the_parents_that_were_missing),
		box_test(what_the_program_did_beside_a_mount_point_counts),
		box_test(targets_are_found_inside_of_the_root),
		box_test(a_resolv_conf_that_is_a_dangling_link_works),
		box_test(names_that_are_too_long_are_refused),
		box_test(more_mounts_than_can_be_passed_are_refused),
	};

	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
