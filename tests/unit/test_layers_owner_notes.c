/*
 * A user without any privilege makes the same layers as root. Both do the same in children
 * of this program, which root must start: they unpack a layer, make a plain tree of it,
 * change it as two steps would, make layers of the changes, and restore the tree.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/count.h"
#include "builder/sandbox/inside/owner_note.h"
#include "layers/layer.h"
#include "layers/owner.h"
#include "layers/owner_marks.h"
#include "layers/owner_notes.h"
#include "layers/plain_tree.h"
#include "layers/view.h"
#include "layers/xattrs.h"
#include "tests/lib/layer_fixture.h"
#include "tests/lib/skip_program.h"

#define USER 51000
#define LATE 1550000000 /* time of what a step made */

/* cap_net_raw+ep, revision 2 */
#define PING      "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define PING_TEXT ((struct text){ PING, 20 })

/* Children report by exit status: a failed assertion would go on with the tests. */
#define check(expression)                                                                \
	do {                                                                             \
		if (!(expression)) {                                                     \
			fprintf(stderr, "line %d: %s: %s: %s\n", __LINE__, #expression,  \
			        w->err.text == NULL ? "" : w->err.text,                  \
			        strerror(errno));                                        \
			_exit(1);                                                        \
		}                                                                        \
	} while (0)

/* The life of a child. */
struct work {
	struct store *store;
	struct error err;
	char *tree_dir;
	struct plain_tree *tree;
	int fd; /* of the tree */
	struct layer *layers[3];
	FILE *out; /* what root and the user must agree on */
};

/* ------------------------------------------------------------ the base */

static struct change
owned(struct change c, uint32_t uid, uint32_t gid)
{
	c.entry.uid = uid;
	c.entry.gid = gid;
	return c;
}

static struct change
device(const char *path, enum entry_type type, uint16_t mode, uint32_t first,
       uint32_t second)
{
	struct change c = an_entry(path, type, mode, NULL);

	c.entry.dev_major = first;
	c.entry.dev_minor = second;
	return c;
}

static struct change
capable(struct change c)
{
	c.entry.capability = PING_TEXT;
	return c;
}

static struct layer *
make_base(struct work *w)
{
	const struct change changes[] = {
		a_dir("bin", 0755),
		capable(a_file("bin/ping", 0755, "ping")),
		a_file("bin/su", 04755, "su"),
		an_entry("bin/su2", ENTRY_HARDLINK, 04755, "bin/su"),
		owned(a_file("bin/wall", 02755, "wall"), 0, 5),
		owned(a_dir("closed", 0000), 7, 8),
		owned(a_file("closed/in", 0600, "in"), 7, 8),
		owned(a_dir("closed/sub", 0111), 7, 8),
		a_dir("dev", 0755),
		device("dev/blk", ENTRY_BLOCK, 0660, 259, 70000),
		owned(device("dev/null", ENTRY_CHAR, 0666, 1, 3), 0, 6),
		a_dir("etc", 0755),
		a_file("etc/none", 0000, "none"),
		owned(a_file("etc/r", 0400, "r"), 33, 33),
		owned(a_file("etc/shadow", 0640, "secret"), 0, 42),
		a_file("etc/w", 0200, ""),
		owned(an_entry("link", ENTRY_SYMLINK, 0777, "bin/su"), 33, 34),
		owned(an_entry("link2", ENTRY_SYMLINK, 0777, "none"), 4294967294, 1),
		owned(a_file("nobody", 0644, "n"), 4294967294, 4294967294),
		owned(a_file("ours", 0644, "o"), USER, USER),
		owned(an_entry("pipe", ENTRY_FIFO, 0400, NULL), 5, 6),
		a_dir("ro", 0555),
		a_file("ro/f", 0444, "f"),
		a_file("ro/g", 0444, "g"),
		owned(a_dir("srv", 02775), 0, 50),
		owned(a_file("srv/x", 06755, "x"), 1, 50),
		a_dir("tmp", 01777),
	};
	const struct layer_options options = { .forms = LAYER_DIR | LAYER_TAR,
		                               .epoch = -1 };
	struct layer *l = layer_from_changes(w->store, changes, COUNT_OF(changes),
	                                     &options, &w->err);

	check(l != NULL);
	return l;
}

/* ------------------------------------------------------------ what a step does
 *
 * Root does it; for the user, the sandbox's supervisor does it with notes.
 */

static int
open_at(struct work *w, const char *path, struct stat *st)
{
	int fd = openat(w->fd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	check(fd >= 0 && fstat(fd, st) == 0);
	return fd;
}

static void
set_time(struct work *w, const char *path)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		                           { .tv_sec = LATE } };

	check(utimensat(w->fd, path, times, AT_SYMLINK_NOFOLLOW) == 0);
}

static void
give(struct work *w, const char *path, uint32_t uid, uint32_t gid)
{
	const struct owner owner = { uid, gid };
	struct stat st;
	auto_fd int fd = open_at(w, path, &st);

	if (owner_is_noted())
		check(owner_note_set_fd(fd, &st, &owner) == 0);
	else
		check(fchownat(w->fd, path, uid, gid, AT_SYMLINK_NOFOLLOW) == 0);
}

static void
set_mode(struct work *w, const char *path, mode_t mode)
{
	struct stat st;
	auto_fd int fd = open_at(w, path, &st);

	if (owner_is_noted())
		check(owner_note_set_mode_fd(fd, &st, mode) == 0);
	else
		check(fchmodat(w->fd, path, mode, 0) == 0);
}

/* A new entry of the type and mode MODE. */
static void
make(struct work *w, const char *path, mode_t mode, dev_t device_number, uint32_t uid,
     uint32_t gid)
{
	const struct stat image = {
		.st_mode = mode, .st_rdev = device_number, .st_uid = uid, .st_gid = gid
	};
	const mode_t disk = owner_is_noted() ? layer_mark_disk_mode(mode) : mode;
	auto_fd int fd = -1;

	if (S_ISDIR(disk))
		check(mkdirat(w->fd, path, 0755) == 0);
	else if (S_ISLNK(disk))
		check(symlinkat("new", w->fd, path) == 0);
	else
		check(mknodat(w->fd, path, (disk & S_IFMT) | 0600, device_number) == 0);
	fd = openat(w->fd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (owner_is_noted())
		check(owner_note_new_fd(fd, &image) == 0);
	else
		check(fchownat(w->fd, path, uid, gid, AT_SYMLINK_NOFOLLOW) == 0);
	if (!S_ISLNK(disk))
		check(fchmodat(w->fd, path, disk & 07777, 0) == 0);
	set_time(w, path);
}

static void
put(struct work *w, const char *path, const char *content)
{
	auto_fd int fd = openat(w->fd, path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	check(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	set_time(w, path);
}

static void
make_capable(struct work *w, const char *path)
{
	auto_fd int fd = openat(w->fd, path, O_RDONLY | O_CLOEXEC);

	check(fd >= 0 && (owner_is_noted() ? capability_note(fd, PING_TEXT)
	                                   : capability_set(fd, PING_TEXT)) == 0);
}

static void
first_step(struct work *w)
{
	give(w, "etc/none", 10, 11);
	give(w, "bin/su2", 12, 0); /* loses its set-id bit, with bin/su */
	set_mode(w, "bin/wall", 0711);
	set_mode(w, "etc/r", 04500);
	put(w, "etc/w", "written");
	give(w, "link", 1000, 0);
	give(w, "link2", 0, 0);
	give(w, "pipe", 0, 7);
	check(unlinkat(w->fd, "ro/f", 0) == 0);
	check(unlinkat(w->fd, "closed/in", 0) == 0);
	check(unlinkat(w->fd, "nobody", 0) == 0);
	make(w, "nobody", S_IFDIR | 0000, 0, 65534, 65534);
	make(w, "nobody/f", S_IFREG | 0000, 0, 65534, 65534);
	make(w, "new", S_IFREG | 06711, 0, 3, 4);
	make(w, "new2", S_IFREG | 0644, 0, USER, 0);
	check(linkat(w->fd, "new", w->fd, "new3", 0) == 0);
	make(w, "new link", S_IFLNK | 0777, 0, 1, 999999999);
	make(w, "new pipe", S_IFIFO | 0000, 0, 1, 2);
	make(w, "zero", S_IFCHR | 0600, makedev(1, 5), 9, 9);
	make(w, "disk", S_IFBLK | 0640, makedev(8, 300), 0, 6);
	/* It is left out. Root cannot make it on an overlay. */
	if (owner_is_noted())
		make(w, "gone", S_IFCHR | 0600, makedev(0, 0), 0, 0);
	else
		mknodat(w->fd, "gone", S_IFCHR | 0600, makedev(0, 0));
	make(w, "capable", S_IFREG | 0755, 0, 0, 0);
	make_capable(w, "capable");
	set_mode(w, "tmp", 0);
	set_mode(w, "srv", 02770);
	set_time(w, "closed");
	set_time(w, "nobody");
	set_time(w, "ro");
}

static void
second_step(struct work *w)
{
	give(w, "bin/ping", 0, 5); /* loses its capability */
	set_mode(w, "etc/r", 0644);
	give(w, "etc/r", 0, 0);
	set_mode(w, "new", 0600);
	give(w, "new link", 2, 2);
	check(unlinkat(w->fd, "zero", 0) == 0);
	make(w, "zero", S_IFREG | 0600, 0, 0, 0);
	make(w, "pipe2", S_IFIFO | 0666, 0, 0, 0);
	check(unlinkat(w->fd, "ro/g", 0) == 0);
	check(unlinkat(w->fd, "ro", AT_REMOVEDIR) == 0);
	make(w, "ro", S_IFREG | 0400, 0, 1, 1);
	give(w, "closed/sub", 9, 9);
}

/* ------------------------------------------------------------ layers of it */

static void
print_layer(struct work *w, struct layer *l)
{
	const struct tree *tree = layer_tree(l, &w->err);
	auto_free char *text = tree == NULL ? NULL : print_tree(tree);
	char digits[DIGEST_TEXT_MAX] = "";
	struct digest diffid;

	check(text != NULL);
	if (layer_diffid(l, &diffid))
		digest_text(&diffid, digits);
	fprintf(w->out, "%s\n%s", digits, text);
}

static struct layer *
make_layer(struct work *w, size_t n_lowers)
{
	const struct layer_options options = { .forms = LAYER_DIR | LAYER_TAR,
		                               .epoch = -1 };
	auto_free char *tmp = store_tmp_dir(w->store, NULL, &w->err);
	auto_free char *upper = mem_print("%s/upper", tmp);
	auto_fd int fd = -1;
	struct layer *l = NULL;

	check(tmp != NULL && mkdir(upper, 0755) == 0);
	fd = file_open_dir(AT_FDCWD, upper, &w->err);
	check(plain_tree_diff(w->tree, fd, NULL, &w->err) == 0);
	l = layer_from_upper(w->store, upper, w->layers, n_lowers, &options, &w->err);
	check(l != NULL);
	return l;
}

/* ------------------------------------------------------------ the tree as it is */

static void
print_below(struct work *w, int dir_fd, const char *path, bool has_devices)
{
	struct dirent **list = NULL;
	int n = scandirat(dir_fd, ".", &list, NULL, alphasort);

	check(n >= 0);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		auto_free char *below = mem_print("%s/%s", path, name);
		struct stat st;
		struct capability c = { .n = 0 };

		check(fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0);
		if (owner_form() != OWNER_FORM_REAL)
			owner_apply(dir_fd, name, &st);
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    (!has_devices && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))) {
			free(list[i]);
			continue;
		}
		if (S_ISREG(st.st_mode))
			c = capability_of_name(dir_fd, name);
		fprintf(w->out, "%s %o %u:%u %lx %lld %zu\n", below, st.st_mode,
		        st.st_uid, st.st_gid, (unsigned long)st.st_rdev,
		        S_ISDIR(st.st_mode) ? 0LL : (long long)st.st_mtim.tv_sec, c.n);
		if (S_ISDIR(st.st_mode)) {
			auto_fd int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY);

			check(fd >= 0);
			print_below(w, fd, below, has_devices);
		}
		free(list[i]);
	}
	free(list);
}

static void
print_tree_dir(struct work *w, const char *when, bool has_devices)
{
	fprintf(w->out, "%s\n", when);
	print_below(w, w->fd, "", has_devices);
}

static void
start_tree(struct work *w, const char *dir, size_t n)
{
	w->tree_dir = mem_print("%s/%s", store_path(w->store), dir);
	check(mkdir(w->tree_dir, 0755) == 0);
	w->tree = plain_tree_new(w->tree_dir, &w->err);
	check(w->tree != NULL);
	for (size_t i = 0; i < n; i++) {
		auto_fd int from = file_open_dir(AT_FDCWD, layer_dir(w->layers[i]),
		                                 &w->err);

		check(from >= 0 && plain_tree_add(w->tree, from, NULL, &w->err) == 0);
	}
	check(plain_tree_note(w->tree, NULL, &w->err) == 0);
	w->fd = plain_tree_fd(w->tree);
}

static void
end_tree(struct work *w)
{
	plain_tree_free(w->tree);
	free(w->tree_dir);
}

/* ------------------------------------------------------------ the whole work */

static void
restore(struct work *w)
{
	const char *dirs[] = { layer_dir(w->layers[0]), layer_dir(w->layers[1]) };

	put(w, "etc/shadow", "changed");
	give(w, "etc/shadow", 1, 1);
	give(w, "link", 5, 5);
	set_mode(w, "tmp", 0755);
	check(plain_tree_restore(w->tree, dirs, 2, NULL, &w->err) == 1);
	print_tree_dir(w, "restored to two layers", false);
	check(plain_tree_restore(w->tree, dirs, 1, NULL, &w->err) == 1);
	print_tree_dir(w, "restored to one layer", false);
}

static void
do_all(struct work *w)
{
	w->layers[0] = make_base(w);
	print_layer(w, w->layers[0]);
	start_tree(w, "tree", 1);
	print_tree_dir(w, "of the base", false);
	first_step(w);
	w->layers[1] = make_layer(w, 1);
	print_layer(w, w->layers[1]);
	second_step(w);
	w->layers[2] = make_layer(w, 2);
	print_layer(w, w->layers[2]);
	print_tree_dir(w, "after two steps", true);
	restore(w);
	end_tree(w);
	start_tree(w, "later", 3);
	print_tree_dir(w, "of three layers", false);
	end_tree(w);
}

/* ------------------------------------------------------------ other work */

/* Lists the directory of the base. Its layer is made by the first who does this in a
 * store; others have its tar only. */
static void
list_base(struct work *w)
{
	auto_free char *note = mem_print("%s/of-base", store_path(w->store));
	auto_buf struct buf id = BUF_INIT;
	auto_fd int fd = -1;

	if (file_read(AT_FDCWD, note, 128, &id, &w->err) > 0) {
		check(layer_find(w->store, buf_str(&id), &w->layers[0], &w->err) == 1);
		check(!layer_has(w->layers[0], LAYER_DIR));
		check(layer_make(w->layers[0], LAYER_DIR, NULL, &w->err) == 0);
	} else {
		w->layers[0] = make_base(w);
		check(file_replace(AT_FDCWD, note, layer_id(w->layers[0]),
		                   strlen(layer_id(w->layers[0])), 0600, &w->err) == 0);
	}
	fd = file_open_dir(AT_FDCWD, layer_dir(w->layers[0]), &w->err);
	check(fd >= 0);
	print_below(w, fd, "", false);
}

/* Tries to unpack one link, and prints why that cannot be. */
static void
unpack_link(struct work *w, uint32_t gid)
{
	const struct change change = owned(an_entry("a", ENTRY_SYMLINK, 0777, "b"), 1,
	                                   gid);
	const struct layer_options options = { .forms = LAYER_DIR, .epoch = -1 };

	check(layer_from_changes(w->store, &change, 1, &options, &w->err) == NULL);
	fprintf(w->out, "%d %s: %s", w->err.code == ERR_ENVIRONMENT, w->err.text,
	        w->err.hint == NULL ? "" : w->err.hint);
	error_clear(&w->err);
}

static void
unpack_large_group(struct work *w)
{
	unpack_link(w, 1000000000);
}

static void
unpack_some_link(struct work *w)
{
	unpack_link(w, 1);
}

static void
unpack_owned_file(struct work *w)
{
	const struct change change = owned(a_file("a", 0644, "a"), 1, 1);
	const struct layer_options options = { .forms = LAYER_DIR, .epoch = -1 };

	check(layer_from_changes(w->store, &change, 1, &options, &w->err) == NULL);
	fprintf(w->out, "%d %s: %s", w->err.code == ERR_ENVIRONMENT, w->err.text,
	        w->err.hint == NULL ? "" : w->err.hint);
	error_clear(&w->err);
}

/* ------------------------------------------------------------ the children */

static bool
write_map(const char *path, const char *text)
{
	auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Root of a user namespace with a single id. */
static bool
become_single(uid_t uid)
{
	auto_free char *map = mem_print("0 %u 1", uid);

	return unshare(CLONE_NEWUSER) == 0 && write_map("/proc/self/setgroups", "deny") &&
	       write_map("/proc/self/gid_map", map) &&
	       write_map("/proc/self/uid_map", map) && setresgid(0, 0, 0) == 0 &&
	       setresuid(0, 0, 0) == 0;
}

static bool
become(uid_t uid)
{
	if (uid == 0)
		return true;
	for (int cap = 0; cap < 64; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	return setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
	       setresuid(uid, uid, uid) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

#define CANNOT 77 /* exit status: there is no user namespace */

/* Does ACT in DIR/store-UID as UID; HAS_NAMESPACE: in a user namespace with a single id.
 * Returns what it printed, NULL if it failed, "" if there is no namespace. */
static char *
run_in(uid_t uid, bool has_namespace, const char *dir, void (*act)(struct work *))
{
	auto_free char *path = mem_print("%s/out-%u", dir, uid);
	auto_buf struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		auto_free char *store = mem_print("%s/store-%u", dir, uid);
		struct work w = { .out = fopen(path, "we") };

		if (w.out == NULL || !become(uid))
			_exit(2);
		if (has_namespace && !become_single(uid))
			_exit(CANNOT);
		umask(022);
		w.store = store_open(store, &w.err);
		if (w.store == NULL)
			_exit(3);
		act(&w);
		store_close(w.store);
		_exit(fclose(w.out) == 0 ? 0 : 4);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT)
		return mem_copy("");
	if (status != 0 || file_read(AT_FDCWD, path, 1 << 20, &text, &err) < 0)
		return NULL;
	return buf_take(&text);
}

static char *
run_as(uid_t uid, const char *dir, void (*act)(struct work *))
{
	return run_in(uid, false, dir, act);
}

static char *
make_dir(const char *above)
{
	char *dir = mem_print("%s/cooper-test-XXXXXX", above);

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0777), 0);
	return dir;
}

static void
remove_dir(const char *dir)
{
	struct error err = ERROR_INIT;

	file_remove_tree(AT_FDCWD, dir, &err);
}

/* The first line that differs is enough to see why. */
static void
assert_same_lines(const char *a, const char *b)
{
	size_t from = 0, i = 0;

	for (; a[i] != '\0' && a[i] == b[i]; i++)
		if (a[i] == '\n')
			from = i + 1;
	if (a[i] != b[i])
		fail_msg("root: %.*s\nuser: %.*s", (int)strcspn(a + from, "\n"), a + from,
		         (int)strcspn(b + from, "\n"), b + from);
}

static void
compare_in(const char *above)
{
	auto_free char *dir = make_dir(above);
	auto_free char *roots = run_as(0, dir, do_all);
	auto_free char *users = run_as(USER, dir, do_all);

	remove_dir(dir);
	assert_non_null(roots);
	assert_non_null(users);
	assert_true(strstr(roots, "restored to one layer") != NULL);
	assert_same_lines(roots, users);
}

static void
the_users_layers_are_those_of_root(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	compare_in(tmp == NULL ? "/tmp" : tmp);
}

static void
so_they_are_on_a_tmpfs(void **state)
{
	(void)state;
	compare_in("/dev/shm");
}

/* ------------------------------------------------------------ one store for several */

/* Both ways of a user see the same files, though each has directories of its own. */
static void
compare_ways(bool namespace_first)
{
	auto_free char *dir = make_dir("/tmp");
	auto_free char *first = run_in(USER, namespace_first, dir, list_base);
	auto_free char *second = run_in(USER, !namespace_first, dir, list_base);

	remove_dir(dir);
	assert_non_null(first);
	assert_non_null(second);
	if (*first == '\0' || *second == '\0') {
		print_message("needs user namespaces\n");
		skip();
	}
	assert_non_null(strstr(first, "/link 120777 33:34"));
	assert_same_lines(first, second);
}

static void
a_namespace_may_come_first(void **state)
{
	(void)state;
	compare_ways(true);
}

static void
a_namespace_may_come_later(void **state)
{
	(void)state;
	compare_ways(false);
}

/* ------------------------------------------------------------ what cannot be */

static void
assert_says(const char *said, const char *wanted)
{
	assert_non_null(said);
	if (*said != '1' || strstr(said, wanted) == NULL)
		fail_msg("not \"%s\": %s", wanted, said);
}

static void
a_large_group_of_a_link_is_refused(void **state)
{
	auto_free char *dir = make_dir("/tmp");
	auto_free char *said = run_as(USER, dir, unpack_large_group);

	(void)state;
	remove_dir(dir);
	assert_says(said, "must be less than 1000000000");
}

/* In a mount namespace of its own: on DIR something is mounted by CALL, a shell command.
 * What ACT says there, "" if it cannot be mounted. */
static char *
said_on(const char *command, void (*act)(struct work *))
{
	auto_free char *dir = make_dir("/tmp");
	auto_free char *mount_it =
	        mem_print("cd %s && mkdir on && (%s) >&2 && chmod 777 on", dir, command);
	auto_free char *on = mem_print("%s/on", dir);
	char *said = NULL;

	if (system(mount_it) == 0)
		said = run_as(USER, on, act);
	else
		said = mem_copy("");
	umount2(on, MNT_DETACH);
	remove_dir(dir);
	return said;
}

static void
a_file_system_without_attributes_is_named(void **state)
{
	auto_free char *said = said_on("mount -t ramfs none on", unpack_owned_file);

	(void)state;
	if (*said == '\0') {
		print_message("needs a mount of ramfs\n");
		skip();
	}
	assert_says(said, "(ramfs) keeps no user attributes");
}

/* Small inodes have times until 2038 only. */
static void
a_file_system_that_cuts_times_is_named(void **state)
{
	auto_free char *said = said_on(
	        "truncate -s 8M image && mkfs.ext4 -q -I 128 image 2>/dev/null && "
	        "mount -o loop image on",
	        unpack_some_link);

	(void)state;
	if (*said == '\0') {
		print_message("needs a loop device\n");
		skip();
	}
	assert_says(said, "(ext4) keeps no times far in the future");
}

static void
on_an_overlay_they_are_the_same(void **state)
{
	(void)state;
	if (system("mkdir -p /tmp/cooper-test-overlay && mount -t tmpfs none "
	           "/tmp/cooper-test-overlay && cd /tmp/cooper-test-overlay && "
	           "mkdir low up work on && mount -t overlay -o "
	           "lowerdir=low,upperdir=up,workdir=work none on && chmod 777 on") !=
	    0) {
		print_message("needs an overlay\n");
		skip();
	}
	compare_in("/tmp/cooper-test-overlay/on");
	umount2("/tmp/cooper-test-overlay/on", MNT_DETACH);
	umount2("/tmp/cooper-test-overlay", MNT_DETACH);
	rmdir("/tmp/cooper-test-overlay");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_users_layers_are_those_of_root),
		cmocka_unit_test(so_they_are_on_a_tmpfs),
		cmocka_unit_test(on_an_overlay_they_are_the_same),
		cmocka_unit_test(a_namespace_may_come_first),
		cmocka_unit_test(a_namespace_may_come_later),
		cmocka_unit_test(a_large_group_of_a_link_is_refused),
		cmocka_unit_test(a_file_system_without_attributes_is_named),
		cmocka_unit_test(a_file_system_that_cuts_times_is_named),
	};

	if (geteuid() != 0)
		return skip_program("root's layers need root");
	/* Mounts are made here only. */
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return skip_program("needs a mount namespace");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
