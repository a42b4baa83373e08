/* Layer tars, most of them hostile, unpacked: what is refused, what comes out,
 * and that nothing outside is ever touched. */
#include "tests/lib/lacking.h"
#include "tests/lib/layer_fixture.h"
#include "tests/lib/raw_tar.h"
#include "tests/lib/skip_program.h"

#include <dirent.h>
#include <sys/sysmacros.h>

#include "layers/diff_upper.h"
#include "layers/pour.h"

#ifndef ROUNDS
#define ROUNDS 400
#endif

/* T/in is unpacked to; T/out must stay as it is: a file "canary" only. */
struct place_of_test {
	char path[64];
	int top_fd, in_fd;
};

static void
make_place(struct place_of_test *p)
{
	snprintf(p->path, sizeof p->path, "/tmp/cooper-test-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->top_fd = open(p->path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(mkdirat(p->top_fd, "in", 0755), 0);
	assert_int_equal(mkdirat(p->top_fd, "out", 0755), 0);
	close(openat(p->top_fd, "out/canary", O_CREAT | O_WRONLY, 0600));
	p->in_fd = openat(p->top_fd, "in", O_RDONLY | O_DIRECTORY);
}

static void
remove_place(struct place_of_test *p)
{
	struct error err = ERROR_INIT;
	struct stat st;
	int entries = 0;
	DIR *out = fdopendir(openat(p->top_fd, "out", O_RDONLY | O_DIRECTORY));

	while (readdir(out) != NULL)
		entries++;
	closedir(out);
	assert_int_equal(entries, 3);
	assert_int_equal(fstatat(p->top_fd, "out/canary", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_size, 0);
	close(p->in_fd);
	close(p->top_fd);
	assert_int_equal(file_remove_tree(AT_FDCWD, p->path, &err), 0);
}

/* The tree that the entries make as text, or "! " and the error. */
static char *
unpack(struct place_of_test *p, struct text archive)
{
	struct raw_source raw = { archive, 4096 };
	struct tar_source source = { raw_read, NULL, &raw };
	struct tar_reader *r = tar_reader_new(source, TAR_NAMES_REFUSE);
	struct error err = ERROR_INIT;
	struct pour pour = { .tree = tree_maker_new(), .epoch = -1 };
	struct tree *t;
	char *text;
	int status;

	pour.dir = unpack_new(p->in_fd, UNPACK_OVERLAY | UNPACK_OWNERS, &err);
	status = pour_tar(&pour, r, &err);
	if (status == 0)
		status = pour_end(&pour, &err);
	tar_reader_free(r);
	unpack_free(pour.dir);
	t = status == 0 ? tree_maker_end(pour.tree, &err) : NULL;
	if (status < 0)
		tree_maker_free(pour.tree);
	text = t == NULL ? mem_print("! %s", err.text) : print_tree(t);
	tree_free(t);
	error_clear(&err);
	return text;
}

/* The tree found in the directory. */
static char *
walk(struct place_of_test *p)
{
	struct diff diff = DIFF_INIT;
	struct error err = ERROR_INIT;
	struct tree_maker *m = tree_maker_new();
	struct tree *t;
	char *text;

	assert_fine(diff_upper(p->in_fd, NULL, NULL, -1, &diff, NULL, &err) == 0, &err);
	for (size_t i = 0; i < diff.changes.n; i++) {
		struct change c;

		diff.changes.get(diff.changes.arg, i, &c);
		tree_maker_add(m, &c.entry);
	}
	t = tree_maker_end(m, &err);
	assert_fine(t != NULL, &err);
	text = print_tree(t);
	tree_free(t);
	diff_clear(&diff);
	return text;
}

struct row {
	const char *title;
	struct raw_entry entries[8];
	const char *want; /* lines of print_tree(), or "! …" (a part) */
	bool implied;     /* the directory has more: implied parents */
};

#define LONG "0123456789012345678901234567890123456789"

/* Rows are short: what they leave out is zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static const struct row rows[] = {
	{ "a plain tree",
	  { { '5', "d", .mtime = 9 },
	    { '0', "d/f", .content = "x", .mtime = 7, .uid = 3 },
	    { '2', "d/s", "f", .mtime = 5 },
	    { '1', "d/h", "d/f" },
	    { '6', "p" } },
	  "d 0755 0:0 0 9 0,0 \"d\" \"\" \"\"\n"
	  "f 0644 3:0 1 7 0,0 \"d/f\" \"\" \"\"\n"
	  "h 0644 3:0 0 7 0,0 \"d/h\" \"d/f\" \"\"\n"
	  "l 0777 0:0 0 5 0,0 \"d/s\" \"f\" \"\"\n"
	  "p 0644 0:0 0 0 0,0 \"p\" \"\" \"\"\n" },
	{ "modes that forbid, set-id bits, sticky",
	  { { '5', "d", .mode = 01000, .mtime = 4 },
	    { '0', "d/f", .mode = 06111, .uid = 9, .mtime = 3 },
	    { '5', "g", .mode = 02775, .gid = 8 },
	    { '0', "g/f", .mtime = 1 } },
	  "d 1000 0:0 0 4 0,0 \"d\" \"\" \"\"\n"
	  "f 6111 9:0 0 3 0,0 \"d/f\" \"\" \"\"\n"
	  "d 2775 0:8 0 0 0,0 \"g\" \"\" \"\"\n"
	  "f 0644 0:0 0 1 0,0 \"g/f\" \"\" \"\"\n" },
	{ "children before their directory, and back again",
	  { { '0', "a/f", .mtime = 1 },
	    { '0', "b", .mtime = 2 },
	    { '5', "a", .mode = 0500, .mtime = 3 },
	    { '0', "c", .mtime = 2 },
	    { '0', "a/g", .mtime = 4 } },
	  "d 0500 0:0 0 3 0,0 \"a\" \"\" \"\"\n"
	  "f 0644 0:0 0 1 0,0 \"a/f\" \"\" \"\"\n"
	  "f 0644 0:0 0 4 0,0 \"a/g\" \"\" \"\"\n"
	  "f 0644 0:0 0 2 0,0 \"b\" \"\" \"\"\n"
	  "f 0644 0:0 0 2 0,0 \"c\" \"\" \"\"\n" },
	{ "missing parents",
	  { { '0', "a/b/f", .mtime = 1 } },
	  "f 0644 0:0 0 1 0,0 \"a/b/f\" \"\" \"\"\n",
	  .implied = true },
	/* Duplicates: the later one wins. */
	{ "a file twice",
	  { { '0', "f", .content = "longer" }, { '0', "f", .content = "x", .mtime = 2 } },
	  "f 0644 0:0 1 2 0,0 \"f\" \"\" \"\"\n" },
	{ "a link instead of a file",
	  { { '0', "f", .content = "x" }, { '2', "f", "../out/canary" } },
	  "l 0777 0:0 0 0 0,0 \"f\" \"../out/canary\" \"\"\n" },
	{ "a file instead of a link to the outside",
	  { { '2', "f", "../out/canary" }, { '0', "f", .content = "x" } },
	  "f 0644 0:0 1 0 0,0 \"f\" \"\" \"\"\n" },
	{ "a file instead of a full directory",
	  { { '5', "d" },
	    { '5', "d/e" },
	    { '0', "d/e/f" },
	    { '0', "d", .content = "x" } },
	  "f 0644 0:0 1 0 0,0 \"d\" \"\" \"\"\n" },
	{ "a directory instead of a file instead of a directory",
	  { { '0', "d/f" }, { '0', "d" }, { '5', "d", .mtime = 5 }, { '0', "d/g" } },
	  "d 0755 0:0 0 5 0,0 \"d\" \"\" \"\"\n"
	  "f 0644 0:0 0 0 0,0 \"d/g\" \"\" \"\"\n" },
	{ "a directory instead of a link to a directory",
	  { { '2', "d", "../out" },
	    { '5', "d", .mtime = 5 },
	    { '0', "d/canary", .content = "!" } },
	  "d 0755 0:0 0 5 0,0 \"d\" \"\" \"\"\n"
	  "f 0644 0:0 1 0 0,0 \"d/canary\" \"\" \"\"\n" },
	/* Hard links. */
	{ "a hard link whose first name is replaced",
	  { { '0', "a", .content = "one", .mtime = 1 },
	    { '1', "b", "a", .mtime = 1 },
	    { '0', "a", .content = "four", .mtime = 2 } },
	  "f 0644 0:0 4 2 0,0 \"a\" \"\" \"\"\n"
	  "f 0644 0:0 3 1 0,0 \"b\" \"\" \"\"\n" },
	{ "a hard link to a link",
	  { { '2', "s", "../out/canary" }, { '1', "h", "s" } },
	  "l 0777 0:0 0 0 0,0 \"h\" \"../out/canary\" \"\"\n"
	  "l 0777 0:0 0 0 0,0 \"s\" \"../out/canary\" \"\"\n" },
	{ "a hard link to itself",
	  { { '0', "a", .content = "x" }, { '1', "a", "a" } },
	  "f 0644 0:0 1 0 0,0 \"a\" \"\" \"\"\n" },
	{ "a hard link to nothing", { { '1', "h", "nothing" } }, "! h: hard link to" },
	{ "a hard link to a directory",
	  { { '5', "d" }, { '1', "h", "d" } },
	  "! h: hard link to" },
	{ "a hard link to the root", { { '1', "h", "." } }, "! h: hard link to" },
	{ "a hard link through a link to the outside",
	  { { '2', "s", "../out" }, { '1', "h", "s/canary" } },
	  "! h: hard link to" },
	{ "a hard link out of the archive",
	  { { '1', "h", "../out/canary" } },
	  "! tar archive: h: hard link leads out of the archive" },
	{ "a hard link to what a whiteout took away",
	  { { '0', ".wh.f" }, { '1', "h", "f" } },
	  "! h: hard link to" },
	/* Ways out. */
	{ "dots",
	  { { '0', "../out/new", .content = "x" } },
	  "! tar archive: ../out/new: name leads" },
	{ "dots after a directory",
	  { { '0', "a/../../out/new" } },
	  "! tar archive: a/../../out/new" },
	{ "an absolute name stays inside",
	  { { '0', "/f" } },
	  "f 0644 0:0 0 0 0,0 \"f\" \"\" \"\"\n" },
	{ "a file through a link",
	  { { '2', "s", "../out" }, { '0', "s/new", .content = "x" } },
	  "! s/new: is below something that is not a directory" },
	{ "a file through an absolute link",
	  { { '2', "s", "/tmp" }, { '0', "s/cooper-new" } },
	  "! s/cooper-new: is below" },
	{ "a directory through a link",
	  { { '2', "s", "../out" }, { '5', "s/new" } },
	  "! s/new: is below" },
	{ "a device through a link",
	  { { '2', "s", "../out" }, { '3', "s/new", .major = 1 } },
	  "! s/new: is below" },
	{ "a whiteout through a link",
	  { { '2', "s", "../out" }, { '0', "s/.wh.canary" } },
	  "! s/canary: is below" },
	{ "an opaque mark through a link",
	  { { '2', "s", "../out" }, { '0', "s/.wh..wh..opq" } },
	  "! s: is below" },
	{ "a chain of links",
	  { { '2', "a", "b" }, { '2', "b", "../out" }, { '0', "a/new" } },
	  "! a/new: is below" },
	{ "through a link in the middle",
	  { { '5', "d" }, { '2', "d/s", "../../out" }, { '0', "d/s/new" } },
	  "! d/s/new: is below" },
	{ "a file below a file", { { '0', "f" }, { '0', "f/g" } }, "! f/g: is below" },
	{ "the mode of a directory through a link",
	  { { '2', "s", "../out/canary" }, { '0', "s", .mode = 0777 } },
	  "f 0777 0:0 0 0 0,0 \"s\" \"\" \"\"\n" },
	/* Whiteouts. */
	{ "whiteouts are devices, never files",
	  { { '5', "d" },
	    { '0', "d/.wh.gone" },
	    { '0', ".wh.top", .content = "not empty" } },
	  "d 0755 0:0 0 0 0,0 \"d\" \"\" \"\"\n"
	  "w 0000 0:0 0 0 0,0 \"d/gone\" \"\" \"\"\n"
	  "w 0000 0:0 0 0 0,0 \"top\" \"\" \"\"\n" },
	{ "an opaque directory, mark first",
	  { { '0', "d/.wh..wh..opq" }, { '5', "d", .mtime = 2 }, { '0', "d/f" } },
	  "dO 0755 0:0 0 2 0,0 \"d\" \"\" \"\"\n"
	  "f 0644 0:0 0 0 0,0 \"d/f\" \"\" \"\"\n" },
	{ "an opaque directory, mark last",
	  { { '5', "d", .mtime = 2 }, { '0', "d/f" }, { '0', "d/.wh..wh..opq" } },
	  "dO 0755 0:0 0 2 0,0 \"d\" \"\" \"\"\n"
	  "f 0644 0:0 0 0 0,0 \"d/f\" \"\" \"\"\n" },
	{ "a file that is deleted and new",
	  { { '0', ".wh.f" }, { '0', "f", .mtime = 1 } },
	  "f 0644 0:0 0 1 0,0 \"f\" \"\" \"\"\n" },
	{ "a file that is new and deleted",
	  { { '0', "f", .mtime = 1 }, { '0', ".wh.f" } },
	  "f 0644 0:0 0 1 0,0 \"f\" \"\" \"\"\n" },
	{ "a directory that is deleted and new is opaque",
	  { { '0', ".wh.d" }, { '5', "d", .mtime = 1 }, { '0', "d/f" } },
	  "dO 0755 0:0 0 1 0,0 \"d\" \"\" \"\"\n"
	  "f 0644 0:0 0 0 0,0 \"d/f\" \"\" \"\"\n" },
	{ "a directory that is new and deleted is opaque",
	  { { '5', "d", .mtime = 1 }, { '0', "d/f" }, { '0', ".wh.d" } },
	  "dO 0755 0:0 0 1 0,0 \"d\" \"\" \"\"\n"
	  "f 0644 0:0 0 0 0,0 \"d/f\" \"\" \"\"\n" },
	{ "a device 0:0 is a whiteout",
	  { { '3', "f" } },
	  "w 0000 0:0 0 0 0,0 \"f\" \"\" \"\"\n" },
	{ "housekeeping of aufs",
	  { { '5', ".wh..wh.plnk" },
	    { '0', ".wh..wh.plnk/1.2" },
	    { '0', ".wh..wh.aufs" },
	    { '0', "f" } },
	  "f 0644 0:0 0 0 0,0 \"f\" \"\" \"\"\n" },
	{ "a whiteout of nothing",
	  { { '0', ".wh." } },
	  "! .wh.: not a name for a whiteout" },
	{ "a whiteout of the directory itself",
	  { { '0', "d/.wh.." } },
	  "! d/.wh..: not a name" },
	{ "a whiteout of the parent", { { '0', "d/.wh..." } }, "! d/.wh...: not a name" },
	{ "a whiteout as a directory", { { '0', ".wh.d/f" } }, "! .wh.d/f: not a name" },
	/* Oddities. */
	{ "names with odd bytes",
	  { { '0', "\n" }, { '0', "\xff\xfe" }, { '0', " " } },
	  "f 0644 0:0 0 0 0,0 \"\\n\" \"\" \"\"\n"
	  "f 0644 0:0 0 0 0,0 \" \" \"\" \"\"\n"
	  "f 0644 0:0 0 0 0,0 \"\\xff\\xfe\" \"\" \"\"\n" },
	{ "a time before 1970",
	  { { 'x', "x", .content = "12 mtime=-5\n" }, { '0', "f" } },
	  "f 0644 0:0 0 -5 0,0 \"f\" \"\" \"\"\n" },
	{ "a sparse file",
	  { { 'x', "x",
	      .content = "24 GNU.sparse.size=5000\n29 GNU.sparse.map=0,1,4000,1\n" },
	    { '0', "s", .content = "ab" } },
	  "f 0644 0:0 5000 0 0,0 \"s\" \"\" \"\"\n" },
	{ "truncated content",
	  { { 'x', "x", .content = "13 size=9999\n" }, { '0', "f", .content = "x" } },
	  "! f: tar archive: f: truncated" },
};

static void
every_row_comes_out_as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct place_of_test place;
		struct buf archive = BUF_INIT;
		char *got, *found;

		make_place(&place);
		for (size_t k = 0; k < 8 && r->entries[k].type != '\0'; k++)
			raw_add(&archive, &r->entries[k]);
		raw_end(&archive);
		got = unpack(&place, buf_text(&archive));
		if (r->want[0] == '!' ? strstr(got, r->want) != got
		                      : strcmp(got, r->want) != 0)
			fail_msg("%s: got\n%swanted\n%s", r->title, got, r->want);
		if (r->want[0] != '!' && !r->implied) {
			/* The directory and the index agree. */
			found = walk(&place);
			if (strcmp(found, got) != 0)
				fail_msg("%s: found\n%swanted\n%s", r->title, found, got);
			free(found);
		}
		free(got);
		buf_clear(&archive);
		remove_place(&place);
	}
}

/* Small archives at random: names, types and order all collide. */
static void
random_archive(unsigned *seed, struct buf *out)
{
	static const char *const names[] = {
		"a",         "a/b", "a/b/c", "b", "a/.wh.b", ".wh.a", "a/.wh..wh..opq",
		"a/b/.wh.c", "b/c", ".wh.b"
	};
	static const char types[] = "000555122";
	int n = 1 + rand_r(seed) % 8;

	for (int i = 0; i < n; i++) {
		struct raw_entry e = { .type = types[rand_r(seed) % 9],
			               .name = names[rand_r(seed) % 10],
			               .link = names[rand_r(seed) % 4],
			               .mtime = (unsigned)(i + 1) };

		if (strstr(e.name, ".wh.") != NULL)
			e.type = '0';
		if (e.type == '0')
			e.content = &"content"[rand_r(seed) % 7];
		raw_add(out, &e);
	}
	raw_end(out);
}

/* Drops the lines of directories that WANT, the index, has no entry for. */
static void
drop_implied(char *found, const char *want)
{
	struct buf kept = BUF_INIT;
	struct text rest = text_of(found), line;

	while (text_line(&rest, &line)) {
		const char *quote = memchr(line.p, '"', line.n);
		char *name = mem_copy_n(quote, line.n - (size_t)(quote - line.p));

		if (line.p[0] != 'd' || line.p[1] == 'O' || strstr(want, name) != NULL) {
			buf_add_text(&kept, line);
			buf_add_char(&kept, '\n');
		}
		free(name);
	}
	memcpy(found, buf_str(&kept), kept.n);
	found[kept.n] = '\0';
	buf_clear(&kept);
}

/* Whatever comes: the directory and the index agree, or both are refused. */
static void
directory_and_index_agree_on_any_archive(void **state)
{
	int accepted = 0;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct buf archive = BUF_INIT;
		struct place_of_test place;
		unsigned seed = i;
		char *got, *found;

		make_place(&place);
		random_archive(&seed, &archive);
		got = unpack(&place, buf_text(&archive));
		if (got[0] != '!') {
			found = walk(&place);
			drop_implied(found, got);
			if (strcmp(found, got) != 0)
				fail_msg("seed %u: directory\n%sindex\n%s", i, found,
				         got);
			free(found);
			accepted++;
		}
		free(got);
		buf_clear(&archive);
		remove_place(&place);
	}
	assert_true(accepted > ROUNDS / 10);
}

static void
a_deep_tree_is_unpacked(void **state)
{
	struct place_of_test place;
	struct raw_entry name = { 'L', "l" }, file = { '0', "f" };
	struct buf path = BUF_INIT, archive = BUF_INIT;
	char *got;

	(void)state;
	make_place(&place);
	for (int i = 0; i < 300; i++)
		buf_add_str(&path, "d/");
	buf_add_str(&path, "f");
	name.content = path.p;
	raw_add(&archive, &name);
	raw_add(&archive, &file);
	got = unpack(&place, buf_text(&archive));
	assert_int_equal(got[0], 'f');
	free(got);
	buf_clear(&path);
	buf_clear(&archive);
	remove_place(&place);
}

/* As on a tmpfs before Linux 6.6 that takes no devices either. */
static void
without_user_attributes_the_error_says_what_to_do(void **state)
{
	static const struct entry marks[] = {
		{ .path = { "gone", 4 }, .type = ENTRY_WHITEOUT },
		{ .path = { "dir", 3 }, .type = ENTRY_WHITEOUT, .opaque = true },
		{ .path = { "dir", 3 }, .type = ENTRY_DIR, .mode = 0755, .opaque = true },
	};
	struct place_of_test p;

	(void)state;
	if (lack_call(SYS_fsetxattr, EOPNOTSUPP) < 0 ||
	    lack_call(SYS_mknodat, EPERM) < 0) {
		print_message("needs seccomp filters\n");
		skip();
	}
	make_place(&p);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_unpacker struct unpacker *u = unpack_new(p.in_fd, UNPACK_OVERLAY,
		                                              &err);

		assert_int_equal(unpack_entry(u, &marks[i], &err), -1);
		assert_non_null(strstr(err.text, "Operation not supported"));
		assert_non_null(err.hint);
		assert_non_null(strstr(err.hint, "--root"));
	}
	remove_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_comes_out_as_written),
		cmocka_unit_test(directory_and_index_agree_on_any_archive),
		cmocka_unit_test(a_deep_tree_is_unpacked),
		/* What is lacking once is so for the tests that follow. */
		cmocka_unit_test(without_user_attributes_the_error_says_what_to_do),
	};

	if (geteuid() != 0)
		return skip_program("owners and devices need root");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
