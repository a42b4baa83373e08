/*
 * What a process did in an overlay, found again: as the names in the layer's
 * tar, as a view, and as the same root file system mounted from that tar alone.
 */
#include "layers/archive.h"
#include "layers/blob.h"
#include "layers/layer.h"
#include "tests/lib/layer_fixture.h"
#include "tests/lib/skip_program.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/path.h"
#include "layers/content_reader.h"
#include "layers/diff_upper.h"
#include "layers/view_state.h"

#define CAPABILITY "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

struct row {
	const char *script; /* run by sh in the root file system */
	const char *names;  /* of the entries in the layer's tar, blanks between */
};

static const struct row rows[] = {
	{ ":", "" },
	{ "cat etc/passwd >/dev/null; ls -lR >/dev/null", "" },
	/* new things */
	{ "echo x >new", "new" },
	{ "mkdir -p a/b/c", "a/ a/b/ a/b/c/" },
	{ "echo x >etc/new", "etc/ etc/new" },
	{ "ln -s nowhere etc/l", "etc/ etc/l" },
	{ "mkfifo -m 640 p", "p" },
	{ "mknod c c 1 3; mknod b b 8 1", "b c" },
	{ "echo x >\"$(printf 'odd\\nname')\"", "odd\nname" },
	{ "echo x >\"$(printf '\\377\\376')\"", "\xff\xfe" },
	{ "echo x >' lead'; echo y >-dash; echo z >'*'", " lead * -dash" },
	{ "d=0123456789; n=$d$d$d$d$d$d$d$d$d$d$d$d$d; mkdir $n; echo x >$n/$n",
	  "0123456789012345678901234567890123456789012345678901234567890123456789"
	  "012345678901234567890123456789012345678901234567890123456789/ "
	  "0123456789012345678901234567890123456789012345678901234567890123456789"
	  "012345678901234567890123456789012345678901234567890123456789/"
	  "0123456789012345678901234567890123456789012345678901234567890123456789"
	  "012345678901234567890123456789012345678901234567890123456789" },
	{ "echo x >f; chown 3000000:4000000 f", "f" },
	{ "truncate -s 9G sparse; truncate -s 0 sparse; truncate -s 1M sparse",
	  "sparse" },
	/* metadata only */
	{ "chmod 600 etc/passwd", "etc/ etc/passwd" },
	{ "chown 5 etc/passwd", "etc/ etc/passwd" },
	{ "chgrp 5 etc/passwd", "etc/ etc/passwd" },
	{ "touch -d 2001-01-01 etc/passwd", "etc/ etc/passwd" },
	{ "chmod 700 etc", "etc/" },
	{ "chown 7:8 etc", "etc/" },
	{ "chmod 4755 bin/tool", "bin/ bin/tool" },
	{ "chmod 2775 var/lib", "var/ var/lib/" },
	{ "chmod +t var/lib", "var/ var/lib/" },
	{ "chown -h 9 bin/link", "bin/ bin/link" },
	{ "touch -h -d 2002-02-02 bin/link", "bin/ bin/link" },
	{ "setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 "
	  "etc/passwd",
	  "etc/ etc/passwd" },
	{ "setfattr -x security.capability bin/ping", "bin/ bin/ping" },
	/* changed and back again */
	{ "chmod 600 etc/passwd; chmod 644 etc/passwd", "" },
	{ "chmod 700 etc; chmod 755 etc", "" },
	{ "m=$(stat -c %Y etc/passwd); cp etc/passwd t; cat t >etc/passwd; rm t; "
	  "touch -d @$m etc/passwd",
	  "" },
	{ "m=$(stat -c %Y etc/passwd); echo 'other text' >etc/passwd; touch -d @$m "
	  "etc/passwd",
	  "etc/ etc/passwd" },
	{ "echo x >tmp/x; rm tmp/x", "" },
	{ "touch -d 2003-03-03 tmp", "" }, /* as BuildKit: no change */
	/* content */
	{ "echo more >>etc/passwd", "etc/ etc/passwd" },
	{ "echo more >>var/run/pid", "run/ run/pid" },
	{ "echo x >var/run/../run/q", "run/ run/q" },
	{ ": >etc/passwd", "etc/ etc/passwd" },
	{ "cp etc/passwd etc/p2; mv etc/p2 etc/passwd; touch -d @1600000000 etc/passwd",
	  "" },
	/* deleted */
	{ "rm etc/passwd", "etc/ etc/.wh.passwd" },
	{ "rm -r var", ".wh.var" },
	{ "rm bin/link", "bin/ bin/.wh.link" },
	{ "echo x >new; rm new", "" },
	{ "rm etc/passwd; echo x >etc/passwd", "etc/ etc/passwd" },
	{ "rm etc/hard-a", "etc/ etc/.wh.hard-a" },
	/* deleted and made again: one whiteout for each child that is gone */
	{ "rm -r etc; mkdir etc",
	  "etc/ etc/.wh.group etc/.wh.hard-a etc/.wh.hard-b etc/.wh.passwd" },
	{ "rm -r etc; mkdir etc; echo x >etc/passwd",
	  "etc/ etc/.wh.group etc/.wh.hard-a etc/.wh.hard-b etc/passwd" },
	{ "rm -r var; mkdir -p var/lib; echo x >var/lib/new",
	  "var/ var/lib/ var/lib/.wh.db var/lib/new var/.wh.run" },
	{ "rm -r var/lib; mkdir -p var/lib/db/deep; echo x >var/lib/db/deep/f",
	  "var/ var/lib/ var/lib/db/ var/lib/db/.wh.data var/lib/db/deep/ "
	  "var/lib/db/deep/f" },
	/* one type for another */
	{ "rm etc/passwd; mkdir etc/passwd; echo x >etc/passwd/f",
	  "etc/ etc/passwd/ etc/passwd/f" },
	{ "rm -r var; echo x >var", "var" },
	{ "rm -r var; ln -s etc var", "var" },
	{ "rm bin/link; mkdir bin/link", "bin/ bin/link/" },
	{ "rm bin/link; echo x >bin/link", "bin/ bin/link" },
	{ "rm etc/passwd; ln -s group etc/passwd", "etc/ etc/passwd" },
	{ "rm etc/passwd; mkfifo etc/passwd", "etc/ etc/passwd" },
	/* moved */
	{ "mv etc/passwd etc/other", "etc/ etc/other etc/.wh.passwd" },
	{ "mv etc/passwd passwd", "etc/ etc/.wh.passwd passwd" },
	{ "cp -a var v2; rm -r var; mv v2 var; touch -d @1500000000 var var/lib "
	  "var/lib/db "
	  "var/lib/db/data; touch -h -d @1500000000 var/run",
	  "" },
	/* hard links */
	{ "echo x >a; ln a b; ln a c", "a b c" },
	{ "mkdir d; echo x >d/z; ln d/z d/a; ln d/z b", "b d/ d/a d/z" },
	{ "ln etc/passwd etc/again", "etc/ etc/again etc/passwd" },
	{ "echo x >>etc/hard-a", "etc/ etc/hard-a" },
	{ "chmod 600 etc/hard-b", "etc/ etc/hard-b" },
	/* sockets, mounts */
	{ "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")'; "
	  "echo x >f",
	  "f" },
	{ "mkdir -p proc sys dev; echo x >proc/f; mkdir dev/shm; echo x >f", "f" },
	{ "mkdir -m 755 run/dev; echo x >run/dev/f", "run/ run/dev/ run/dev/f" },
};

static size_t
base_changes(struct change *c)
{
	size_t n = 0;

	c[n++] = a_dir("bin", 0755);
	c[n++] = an_entry("bin/link", ENTRY_SYMLINK, 0777, "tool");
	c[n] = a_file("bin/ping", 0755, "ping");
	c[n++].entry.capability = (struct text){ CAPABILITY, 20 };
	c[n++] = a_file("bin/tool", 0755, "#!tool");
	c[n++] = a_dir("etc", 0755);
	c[n++] = a_file("etc/group", 0644, "root:x:0:");
	c[n++] = a_file("etc/hard-a", 0644, "shared");
	c[n++] = an_entry("etc/hard-b", ENTRY_HARDLINK, 0644, "etc/hard-a");
	c[n++] = a_file("etc/passwd", 0644, "root:x:0:0");
	c[n++] = a_dir("run", 0755);
	c[n++] = a_file("run/pid", 0644, "1");
	c[n++] = a_dir("tmp", 01777);
	c[n++] = a_dir("var", 0755);
	c[n++] = a_dir("var/lib", 0755);
	c[n++] = a_dir("var/lib/db", 0755);
	c[n++] = an_entry("var/lib/db/data", ENTRY_FILE, 0644, NULL);
	c[n++] = an_entry("var/run", ENTRY_SYMLINK, 0777, "../run");
	return n;
}

/* ------------------------------------------------------------ mounting */

static void
mount_overlay(const char *lower, const char *upper, const char *at)
{
	char *options =
	        upper[0] == '\0'
	                ? mem_print("lowerdir=%s,userxattr", lower)
	                : mem_print("lowerdir=%s,upperdir=%s/u,workdir=%s/w,userxattr",
	                            lower, upper, upper);

	if (mount("overlay", at, "overlay", 0, options) < 0)
		fail_msg("mount %s: %s", options, strerror(errno));
	free(options);
}

static void
run_script(const char *script, const char *dir)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (chdir(dir) == 0)
			execl("/bin/sh", "sh", "-ec", script, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status != 0)
		fail_msg("status %d of: %s", status, script);
}

/* ------------------------------------------------------------ descriptions */

static void
print_one(struct buf *out, const struct entry *e, struct text content,
          const struct tree *new)
{
	bool with_time = e->type != ENTRY_DIR || tree_find(new, e->path) != NULL;

	buf_print(out, "%d %o %u:%u %u,%u %lld ", e->type, e->mode, e->uid, e->gid,
	          e->dev_major, e->dev_minor, with_time ? (long long)e->mtime : 0);
	buf_add_quoted(out, e->path);
	buf_add_quoted(out, e->type == ENTRY_SYMLINK ? e->link : (struct text){ 0 });
	buf_add_quoted(out, e->capability);
	buf_add_quoted(out, content.n > 100 ? TEXT("long") : content);
	buf_add_char(out, '\n');
}

/* A mounted root file system. LINKS gets pairs of names of one file. */
static char *
describe_mount(const char *path, const struct tree *new, struct buf *links)
{
	struct diff diff = DIFF_INIT;
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	assert_fine(diff_upper(fd, NULL, NULL, -1, &diff, NULL, &err) == 0, &err);
	for (size_t i = 0; i < diff.changes.n; i++) {
		struct change changed, *c = &changed;
		struct buf content = BUF_INIT;

		diff.changes.get(diff.changes.arg, i, c);
		if (c->entry.type == ENTRY_HARDLINK)
			buf_print(links, "%s=%s ", c->entry.path.p, c->entry.link.p);
		if (c->content.kind == CONTENT_FILE)
			assert_fine(content_read(&c->content, 1 << 30, &content, &err) ==
			                    0,
			            &err);
		if (c->entry.type == ENTRY_HARDLINK)
			c->entry.type = ENTRY_FILE;
		if (!path_is_below(c->entry.path, TEXT("proc")) &&
		    !path_is_below(c->entry.path, TEXT("sys")) &&
		    !path_is_below(c->entry.path, TEXT("dev")))
			print_one(&out, &c->entry, buf_text(&content), new);
		buf_clear(&content);
	}
	diff_clear(&diff);
	close(fd);
	return buf_take(&out);
}

struct describing {
	const struct view *view;
	const struct tree *new;
	struct buf out;
};

static int
describe_entry(void *arg, struct text path, const struct view_entry *found,
               struct error *err)
{
	struct describing *d = arg;
	struct buf content = BUF_INIT;
	struct entry e;

	if (path.n == 0)
		return 0;
	e = *found->entry;
	if (e.type == ENTRY_HARDLINK)
		e.type = ENTRY_FILE;
	if (e.type == ENTRY_FILE)
		assert_fine(view_read(d->view, path, 1 << 30, &content, err) == 1, err);
	print_one(&d->out, &e, buf_text(&content), d->new);
	buf_clear(&content);
	return 0;
}

static char *
describe_view(struct layer *const *layers, size_t n, const struct tree *new)
{
	struct error err = ERROR_INIT;
	struct view *v = view_new(layers, n, &err);
	struct describing d = { .view = v, .new = new };

	assert_fine(v != NULL, &err);
	assert_fine(view_each(v, TEXT(""), describe_entry, &d, &err) == 0, &err);
	view_free(v);
	return buf_take(&d.out);
}

/* The names in the layer's tar, as a reader of foreign tars sees them. */
static char *
tar_names(struct fixture *f, struct layer *l)
{
	struct archive_index *a = NULL;
	struct error err = ERROR_INIT;
	struct digest diffid;
	struct buf out = BUF_INIT;
	int fd, found;

	assert_true(layer_diffid(l, &diffid));
	fd = blob_open(f->store, &diffid, &err);
	found = archive_open(f->store, fd, &(struct archive_options){ 0 }, &a, &err);
	assert_fine(found >= 0, &err);
	for (size_t i = 0; found == 1 && i < archive_count(a); i++) {
		struct change c;

		archive_get(a, i, &c);
		buf_print(&out, "%s%.*s%s", i > 0 ? " " : "", (int)c.entry.path.n,
		          c.entry.path.p, c.entry.type == ENTRY_DIR ? "/" : "");
	}
	archive_close(a);
	close(fd);
	return buf_take(&out);
}

/* ------------------------------------------------------------ one row */

/* The layer as another machine gets it: its tar alone. */
static char *
unpack_elsewhere(struct fixture *f, struct layer *l, size_t round)
{
	char *path = mem_print("%s/other%zu", f->path, round), *dir;
	struct descriptor blob = { .media_type = mem_copy(MEDIA_OCI_LAYER) };
	struct error err = ERROR_INIT;
	struct store *other = store_open(path, &err);
	struct buf bytes = BUF_INIT;
	struct layer *copy;

	assert_true(layer_diffid(l, &blob.digest));
	blob.size = layer_facts(l).tar_size;
	assert_fine(blob_read(f->store, &blob.digest, 1 << 30, &bytes, &err) >= 0, &err);
	assert_fine(blob_write(other, bytes.p, bytes.n, &blob.digest, &err) == 0, &err);
	copy = layer_of_blob(other, &blob, &blob.digest, NULL, NULL, &err);
	assert_fine(copy != NULL, &err);
	assert_fine(layer_make(copy, LAYER_DIR, NULL, &err) == 0, &err);
	dir = mem_copy(layer_dir(copy));
	store_close(other);
	descriptor_clear(&blob);
	buf_clear(&bytes);
	free(path);
	return dir;
}

static void
check_row(struct fixture *f, struct layer *base, const struct row *row, size_t i)
{
	struct layer_options options = { .forms = LAYER_TAR, .epoch = -1 };
	struct layer *layers[2] = { base, NULL };
	struct error err = ERROR_INIT;
	struct buf links = BUF_INIT, links_again = BUF_INIT;
	char *scratch = mem_print("%s/run%zu", f->path, i);
	char *at = mem_print("%s/m", scratch), *upper = mem_print("%s/u", scratch);
	char *work = mem_print("%s/w", scratch), *other, *lowers;
	char *live, *seen, *again, *names;
	const struct tree *new;

	assert_int_equal(mkdir(scratch, 0755) | mkdir(at, 0755) | mkdir(upper, 0755) |
	                         mkdir(work, 0755),
	                 0);
	mount_overlay(layer_dir(base), scratch, at);
	run_script(row->script, at);
	/* The upper is taken with the overlay still mounted: the snapshot of what
	 * it looked like needs to know which directories are in the layer. */
	layers[1] = layer_from_upper(f->store, upper, layers, 1, &options, &err);
	assert_fine(layers[1] != NULL, &err);
	new = layer_tree(layers[1], &err);
	live = describe_mount(at, new, &links);
	umount2(at, MNT_DETACH);

	names = tar_names(f, layers[1]);
	if (strcmp(names, row->names) != 0)
		fail_msg("%s\n got    %s\n wanted %s", row->script, names, row->names);
	seen = describe_view(layers, 2, new);
	if (strcmp(seen, live) != 0)
		fail_msg("%s: view\n%slive\n%s", row->script, seen, live);

	other = unpack_elsewhere(f, layers[1], i);
	lowers = mem_print("%s:%s", other, layer_dir(base));
	mount_overlay(lowers, "", at);
	again = describe_mount(at, new, &links_again);
	umount2(at, MNT_DETACH);
	if (strcmp(again, live) != 0)
		fail_msg("%s: unpacked\n%slive\n%s", row->script, again, live);
	assert_string_equal(buf_str(&links), buf_str(&links_again));

	buf_clear(&links);
	buf_clear(&links_again);
	free(scratch);
	free(at);
	free(upper);
	free(work);
	free(other);
	free(lowers);
	free(live);
	free(seen);
	free(again);
	free(names);
}

static void
whatever_was_done_is_in_the_layer(void **state)
{
	struct layer_options options = { .forms = LAYER_DIR, .epoch = -1 };
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct change changes[32];
	struct layer *base = layer_from_changes(f->store, changes, base_changes(changes),
	                                        &options, &err);

	assert_fine(base != NULL, &err);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(f, base, &rows[i], i);
}

static bool
can_mount(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(whatever_was_done_is_in_the_layer),
	};

	if (!can_mount())
		return skip_program("mounting an overlay needs root");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
