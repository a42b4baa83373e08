#include "builder/context/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/base.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/job.h"
#include "layers/changes.h"

#define LIST_SIZE (64 << 10)

/* A third reader would only wait for the kernel's locks. */
#define THREADS_MAX 2

/* The number of waiting directories for which another thread is worth starting. */
#define QUEUE_PAYS 8

#define STAT_MASK                                                                        \
	(STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_MTIME | STATX_CTIME | STATX_INO | \
	 STATX_SIZE)

/* As the kernel writes it. */
struct kernel_dirent {
	uint64_t ino;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* All threads of one scan. Under LOCK: queue, n_busy, failed, error, and the
 * arrays of OUT. */
struct scanner {
	const struct scan_options *options;
	struct scan *out;
	size_t state_size;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct scan_dir *queue;
	size_t n_queued, n_busy, n_threads, threads_max;
	pthread_t threads[THREADS_MAX];
	bool failed;
	struct error error;
};

/* The state of one thread. */
struct reader {
	struct scanner *scanner;
	struct arena *texts, *records;
	struct buf path; /* of the entry looked at */
	void *state;     /* its ignore state */
	char *list;      /* LIST_SIZE bytes */
	struct scan_dir *dir;
	int dir_fd;
	ARRAY(struct scan_entry) entries; /* of the directory */
	size_t n;                         /* entries of all directories not published */
	struct scan_dir *found;           /* subdirectories, to be queued */
	size_t n_found;
	ARRAY(struct text) links;
};

/* ------------------------------------------------------------ one entry */

static int64_t
nanoseconds(const struct statx_timestamp *t)
{
	return (int64_t)((uint64_t)t->tv_sec * 1000000000 + t->tv_nsec);
}

static void
stat_fill(struct scan_stat *out, const struct statx *st)
{
	*out = (struct scan_stat){
		.dev = (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor,
		.ino = st->stx_ino,
		.size = st->stx_size,
		.mtime_ns = nanoseconds(&st->stx_mtime),
		.ctime_ns = nanoseconds(&st->stx_ctime),
		.mtime = st->stx_mtime.tv_sec,
		.mode = st->stx_mode,
		.n_links = st->stx_nlink,
		.rdev_major = st->stx_rdev_major,
		.rdev_minor = st->stx_rdev_minor,
	};
}

static int
stat_at(int dir_fd, const char *name, int flags, struct scan_stat *out)
{
	struct statx st;

	if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC | flags,
	          STAT_MASK, &st) < 0)
		return -1;
	stat_fill(out, &st);
	return 0;
}

int
scan_stat_fd(int fd, struct scan_stat *out)
{
	return stat_at(fd, "", AT_EMPTY_PATH, out);
}

static const char *
link_text(struct reader *r, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(r->dir_fd, name, target, sizeof target);

	return n <= 0 ? NULL : arena_copy_n(r->texts, target, (size_t)n);
}

/* A directory that must be entered; the cursor is handed over. */
static struct scan_dir *
dir_add(struct reader *r, struct text path, struct wanted_cursor *cursor)
{
	struct scan_dir *dir = arena_alloc(r->records, sizeof *dir);

	dir->path = path;
	dir->cursor = *cursor;
	*cursor = (struct wanted_cursor){ 0 };
	if (r->scanner->state_size > 0) {
		dir->ignore_state = arena_alloc(r->records, r->scanner->state_size);
		memcpy(dir->ignore_state, r->state, r->scanner->state_size);
	}
	dir->next = r->found;
	r->found = dir;
	r->n_found++;
	return dir;
}

/* Whether the entry at r->path is excluded: 1 yes, and all below it; 0 no, or (a
 * directory) not all of it. */
static bool
is_ignored(struct reader *r, unsigned char type, bool *only_parent)
{
	const struct ignore *ignore = r->scanner->options->ignore;
	struct text path = buf_text(&r->path);

	*only_parent = false;
	if (r->scanner->state_size == 0 ||
	    !ignore_match(ignore, path, r->dir->ignore_state, r->state))
		return false;
	if (type != DT_DIR && type != DT_UNKNOWN)
		return true;
	*only_parent = true;
	return !ignore_may_reinclude(ignore, path);
}

static void
set_path(struct reader *r, const char *name)
{
	buf_truncate(&r->path, 0);
	buf_add_text(&r->path, r->dir->path);
	if (r->path.n > 0)
		buf_add_char(&r->path, '/');
	buf_add_str(&r->path, name);
}

/* Adds the entry, whose stat is known, to the directory. */
static void
entry_add(struct reader *r, const char *name, const struct scan_stat *st,
          bool only_parent, struct wanted_cursor *cursor)
{
	struct scan_entry *e = NULL;
	struct text path;

	if (left_out_has(r->scanner->options->left_out, st->dev, st->ino, name) ||
	    (S_ISDIR(st->mode) &&
	     excluded_by_all(r->scanner->options->excluded,
	                     r->scanner->options->n_excluded, buf_text(&r->path))))
		return;
	/* On the way to a source only directories and links lead further. */
	if (!S_ISDIR(st->mode) && (only_parent || (!cursor->all && !S_ISLNK(st->mode))))
		return;
	path = arena_text(r->texts, buf_text(&r->path));
	e = array_add(&r->entries);
	*e = (struct scan_entry){ .path = path, .stat = *st, .only_parent = only_parent };
	if (S_ISDIR(st->mode)) {
		e->dir = dir_add(r, path, cursor);
	} else if (S_ISLNK(st->mode)) {
		e->link = link_text(r, name);
		if (cursor->matched)
			array_push(&r->links, path);
	}
}

static int
consider(struct reader *r, const char *name, unsigned char type, struct error *err)
{
	struct wanted_cursor cursor;
	struct scan_stat st;
	bool only_parent = false;

	if (!wanted_enter(&r->dir->cursor, text_of(name), &cursor))
		return 0;
	set_path(r, name);
	if (is_ignored(r, type, &only_parent)) {
		array_clear(&cursor.nodes);
		return 0;
	}
	if (layer_path_check(buf_text(&r->path), err) < 0) {
		array_clear(&cursor.nodes);
		return -1;
	}
	if (stat_at(r->dir_fd, name, 0, &st) < 0) {
		array_clear(&cursor.nodes);
		/* A name in the sources that is missing, or an entry gone since it was
		 * listed. */
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return error_sys(err, "stat %s", buf_str(&r->path));
	}
	entry_add(r, name, &st, only_parent, &cursor);
	array_clear(&cursor.nodes);
	return 0;
}

/* ------------------------------------------------------------ one directory */

static int
read_list(struct reader *r, struct error *err)
{
	for (;;) {
		long n = syscall(SYS_getdents64, r->dir_fd, r->list, LIST_SIZE);

		if (n < 0)
			return error_sys(err, "list %.*s", TEXT_ARG(r->dir->path));
		if (n == 0)
			return 0;
		for (long at = 0; at < n;) {
			const struct kernel_dirent *d = (const void *)(r->list + at);

			at += d->length;
			if (strcmp(d->name, ".") == 0 || strcmp(d->name, "..") == 0)
				continue;
			if (consider(r, d->name, d->type, err) < 0)
				return -1;
		}
	}
}

static int
read_names(struct reader *r, struct error *err)
{
	struct wanted_names names = { 0 };
	int failed = 0;

	wanted_names(&r->dir->cursor, &names);
	for (size_t i = 0; i < names.list.n && failed == 0; i++) {
		auto_free char *name = text_copy(names.list.at[i]);

		if (strlen(name) == names.list.at[i].n)
			failed = consider(r, name, DT_UNKNOWN, err);
	}
	array_clear(&names.list);
	return failed;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct scan_entry *x = a, *y = b;

	/* Same directory: the paths differ in the last component only. */
	return text_compare(x->path, y->path);
}

/* Moves the directory's entries to where they stay. */
static void
keep_entries(struct reader *r)
{
	struct scan_dir *dir = r->dir;

	array_sort(&r->entries, compare_entries);
	dir->n = r->entries.n;
	dir->entries = arena_alloc_n(r->records, dir->n, sizeof *dir->entries);
	if (dir->n > 0)
		memcpy(dir->entries, r->entries.at, dir->n * sizeof *dir->entries);
	r->n += dir->n;
	r->entries.n = 0;
}

int
scan_fail_open(const char *path, struct error *err)
{
	error_sys(err, "open %s", path);
	if (err->sys != EACCES && err->sys != EPERM)
		return -1;
	err->code = ERR_SOURCE;
	return error_hint(err,
	                  "a line \"%s\" in .dockerignore leaves it out; else it must "
	                  "be readable for you",
	                  path);
}

static int
read_dir(struct reader *r, struct error *err)
{
	struct scan_dir *dir = r->dir;
	auto_free char *path = dir->path.n == 0 ? mem_copy(".") : text_copy(dir->path);
	auto_fd int fd = inroot_open_nolinks(r->scanner->options->root_fd, path,
	                                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int failed = 0;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0)
		return scan_fail_open(path, err);
	r->dir_fd = fd;
	if (wanted_needs_list(&dir->cursor))
		failed = read_list(r, err);
	else
		failed = read_names(r, err);
	array_clear(&dir->cursor.nodes);
	keep_entries(r);
	return failed;
}

/* ------------------------------------------------------------ threads */

static void reader_loop(struct scanner *s);

static void *
scan_thread(void *arg)
{
	reader_loop(arg);
	return NULL;
}

/* Hands over what the reader found. Under the lock. */
static void
publish(struct scanner *s, struct reader *r)
{
	while (r->found != NULL) {
		struct scan_dir *dir = r->found;

		r->found = dir->next;
		dir->next = s->queue;
		s->queue = dir;
		array_push(&s->out->dirs, dir);
	}
	s->n_queued += r->n_found;
	r->n_found = 0;
	s->out->n += r->n;
	r->n = 0;
	for (size_t i = 0; i < r->links.n; i++)
		array_push(&s->out->links, r->links.at[i]);
	r->links.n = 0;
	if (s->n_queued >= QUEUE_PAYS && s->n_threads + 1 < s->threads_max &&
	    pthread_create(&s->threads[s->n_threads], NULL, scan_thread, s) == 0)
		s->n_threads++;
	pthread_cond_broadcast(&s->changed);
}

/* The next directory, or NULL when all is done. Under the lock. */
static struct scan_dir *
take_dir(struct scanner *s)
{
	struct scan_dir *dir = NULL;

	while (s->queue == NULL && s->n_busy > 0 && !s->failed)
		pthread_cond_wait(&s->changed, &s->lock);
	if (s->queue == NULL || s->failed)
		return NULL;
	dir = s->queue;
	s->queue = dir->next;
	s->n_queued--;
	s->n_busy++;
	return dir;
}

static void
fail(struct scanner *s, struct error *err)
{
	if (!s->failed)
		error_move(&s->error, err);
	s->failed = true;
	error_clear(err);
}

static void
reader_loop(struct scanner *s)
{
	struct reader r = { .scanner = s, .texts = arena_new(), .records = arena_new() };

	r.list = mem_new(LIST_SIZE);
	r.state = mem_new(s->state_size + 1);
	pthread_mutex_lock(&s->lock);
	while ((r.dir = take_dir(s)) != NULL) {
		struct error err = ERROR_INIT;
		int failed = 0;

		pthread_mutex_unlock(&s->lock);
		failed = cancel_check(s->options->cancel, &err);
		if (failed == 0)
			failed = read_dir(&r, &err);
		pthread_mutex_lock(&s->lock);
		if (failed < 0)
			fail(s, &err);
		s->n_busy--;
		publish(s, &r);
	}
	arena_join(s->out->texts, r.texts);
	arena_join(s->out->records, r.records);
	pthread_mutex_unlock(&s->lock);
	array_clear(&r.entries);
	array_clear(&r.links);
	buf_clear(&r.path);
	free(r.state);
	free(r.list);
}

static int
start(struct scanner *s, struct error *err)
{
	struct scan *out = s->out;

	out->texts = arena_new();
	out->records = arena_new();
	if (scan_stat_fd(s->options->root_fd, &out->root_stat) < 0)
		return error_sys(err, "stat the context");
	out->root = arena_alloc(out->records, sizeof *out->root);
	array_push(&out->dirs, out->root);
	wanted_start(s->options->wanted, &out->root->cursor);
	s->queue = out->root;
	s->n_queued = 1;
	return 0;
}

static size_t
threads_wanted(const struct scan_options *options)
{
	size_t n = options->threads > 0 ? options->threads : job_cpus();

	return n > THREADS_MAX ? THREADS_MAX : n;
}

int
scan_run(const struct scan_options *options, struct scan *out, struct error *err)
{
	struct scanner s = { .options = options,
		             .out = out,
		             .lock = PTHREAD_MUTEX_INITIALIZER,
		             .changed = PTHREAD_COND_INITIALIZER };

	s.threads_max = threads_wanted(options);
	if (options->ignore != NULL && !ignore_is_empty(options->ignore))
		s.state_size = ignore_state_size(options->ignore);
	if (start(&s, err) < 0)
		return -1;
	reader_loop(&s);
	for (size_t i = 0; i < s.n_threads; i++)
		pthread_join(s.threads[i], NULL);
	pthread_mutex_destroy(&s.lock);
	pthread_cond_destroy(&s.changed);
	if (!s.failed)
		return 0;
	error_move(err, &s.error);
	return -1;
}

void
scan_clear(struct scan *s)
{
	for (size_t i = 0; i < s->dirs.n; i++)
		array_clear(&s->dirs.at[i]->cursor.nodes);
	arena_free(s->texts);
	arena_free(s->records);
	array_clear(&s->dirs);
	array_clear(&s->links);
	*s = (struct scan){ 0 };
}
