#include "builder/context/context.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/inroot.h"
#include "base/job.h"
#include "base/map.h"
#include "base/path.h"
#include "builder/context/scan.h"
#include "builder/context/stat_index.h"
#include "builder/context/wanted.h"
#include "layers/layer.h"

#define READ_SIZE (256 << 10)

/* More threads would only wait for the same disk. */
#define DIGEST_THREADS_MAX 8

/* The number of files for which another thread is worth starting. */
#define DIGEST_THREADS_PAY 32

/* For each entry of the tree: other members of its stat, and the content's digest. There
 * may be millions. */
struct file_state {
	uint64_t ino;
	int64_t mtime_ns, ctime_ns;
	uint32_t dev; /* index in the context's devices */
	bool settled; /* may be remembered */
	atomic_bool known;
	uint8_t digest
	        [STAT_DIGEST_SIZE]; /* written under the lock, read once KNOWN is set */
};

struct context {
	struct store *store;
	char *path;
	int dir_fd;
	const struct cancel *cancel;
	bool remember;
	bool whole;   /* the scan covered the whole context */
	bool damaged; /* the index is ignored */
	int64_t scan_ns;
	struct layer *layer;
	const struct entry *entries; /* of the layer's tree */
	struct file_state *files;    /* same order */
	size_t n;
	ARRAY(uint64_t) devices;
	atomic_size_t n_unread; /* files whose digest is not known */
	pthread_mutex_t lock;
	bool changed; /* the index is outdated or incomplete */
};

/* ------------------------------------------------------------ tree */

struct collect {
	struct context *context;
	struct entry *entries;
	size_t n;
	struct map inodes; /* (dev, ino) of files with several names → path */
	struct arena *texts;
	const struct context_options *options;
};

static void
collect_clear(struct collect *c)
{
	free(c->entries);
	map_clear(&c->inodes);
	arena_free(c->texts);
}

static uint8_t
type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return ENTRY_DIR;
	case S_IFLNK:
		return ENTRY_SYMLINK;
	case S_IFCHR:
		return ENTRY_CHAR;
	case S_IFBLK:
		return ENTRY_BLOCK;
	case S_IFIFO:
		return ENTRY_FIFO;
	default:
		return ENTRY_FILE; /* a socket too: it arrives as an empty file */
	}
}

/* If a file has several names, the first in order has the content. */
static void
link_up(struct collect *c, const struct scan_stat *st, struct entry *e)
{
	uint64_t id[2] = { st->dev, st->ino };
	struct text key = { (const char *)id, sizeof id };
	struct text *first = map_find(&c->inodes, key);

	if (first != NULL) {
		e->type = ENTRY_HARDLINK;
		e->link = *first;
		e->size = 0;
		return;
	}
	first = arena_alloc(c->texts, sizeof *first);
	*first = e->path;
	map_set(&c->inodes, key, first);
}

static uint32_t
device_index(struct context *c, uint64_t dev)
{
	for (size_t i = c->devices.n; i > 0; i--)
		if (c->devices.at[i - 1] == dev)
			return (uint32_t)(i - 1);
	array_push(&c->devices, dev);
	return (uint32_t)(c->devices.n - 1);
}

/* Modes as git has them do not depend on the umask of the checkout. */
static uint16_t
mode_of(const struct context_options *options, uint32_t mode)
{
	bool executes = S_ISDIR(mode) || (mode & S_IXUSR) != 0;

	if (!options->git_modes || (!S_ISDIR(mode) && !S_ISREG(mode)))
		return (uint16_t)(mode & 07777);
	return executes ? 0755 : 0644;
}

static void
collect_entry(struct collect *c, struct text path, const struct scan_stat *st,
              const char *link)
{
	struct context *x = c->context;
	struct entry *e = &c->entries[c->n];

	*e = (struct entry){ .path = path,
		             .type = type_of(st->mode),
		             .mode = mode_of(c->options, st->mode),
		             .mtime = c->options->has_mtime ? c->options->mtime
		                                            : st->mtime,
		             .link = text_of(link) };
	x->files[c->n] =
	        (struct file_state){ .ino = st->ino,
		                     .mtime_ns = st->mtime_ns,
		                     .ctime_ns = st->ctime_ns,
		                     .dev = device_index(x, st->dev),
		                     .settled = stat_is_settled(st, x->scan_ns) };
	c->n++;
	if (e->type == ENTRY_CHAR || e->type == ENTRY_BLOCK) {
		e->dev_major = st->rdev_major;
		e->dev_minor = st->rdev_minor;
	}
	if (S_ISREG(st->mode)) {
		e->size = st->size;
		if (st->n_links > 1)
			link_up(c, st, e);
	}
}

static void
collect_dir(struct collect *c, const struct scan_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++) {
		const struct scan_entry *e = &dir->entries[i];
		size_t before = c->n;

		collect_entry(c, e->path, &e->stat, e->link);
		if (e->dir != NULL)
			collect_dir(c, e->dir);
		if (e->only_parent && c->n == before + 1)
			c->n = before;
	}
}

/* ------------------------------------------------------------ index */

/* The part of file I's stat that the index needs. */
static struct scan_stat
stat_of(const struct context *c, size_t i)
{
	const struct file_state *file = &c->files[i];

	return (struct scan_stat){ .dev = c->devices.at[file->dev],
		                   .ino = file->ino,
		                   .size = c->entries[i].size,
		                   .mtime_ns = file->mtime_ns,
		                   .ctime_ns = file->ctime_ns };
}

/* Takes over the digests of files that did not change. */
static void
use_index(struct context *c)
{
	auto_stat_index struct stat_index ix = STAT_INDEX_INIT;
	size_t n_taken = 0;

	if (!stat_index_open(&ix, c->store, c->path))
		return;
	for (size_t i = 0; i < c->n; i++) {
		struct file_state *file = &c->files[i];
		struct scan_stat now = stat_of(c, i);
		const struct stat_record *r = NULL;

		if (c->entries[i].type != ENTRY_FILE)
			continue;
		r = stat_index_find(&ix, c->entries[i].path);
		if (r == NULL)
			continue;
		if (!stat_is_equal(&r->stat, &now)) {
			c->changed = true;
			continue;
		}
		memcpy(file->digest, r->digest, sizeof file->digest);
		atomic_store_explicit(&file->known, true, memory_order_relaxed);
		n_taken++;
	}
	if (stat_index_end(&ix)) {
		c->changed |= c->whole && ix.n_passed > 0;
		c->n_unread -= n_taken;
		return;
	}
	for (size_t i = 0; i < c->n; i++)
		atomic_store_explicit(&c->files[i].known, false, memory_order_relaxed);
	c->changed = c->damaged = true;
}

/* Records of files that this scan did not visit stay. */
static int
fill_index(void *arg, struct sealed_writer *w, struct error *err)
{
	struct context *c = arg;
	auto_stat_index struct stat_index old = STAT_INDEX_INIT;
	bool has_old = !c->whole && !c->damaged &&
	               stat_index_open(&old, c->store, c->path);

	old.keep = w;
	for (size_t i = 0; i < c->n; i++) {
		const struct file_state *file = &c->files[i];
		struct stat_record r = { .path = c->entries[i].path };

		if (c->entries[i].type != ENTRY_FILE)
			continue;
		if (has_old)
			stat_index_find(&old, r.path);
		if (!file->known || !file->settled)
			continue;
		r.stat = stat_of(c, i);
		memcpy(r.digest, file->digest, sizeof r.digest);
		stat_index_add(w, &r);
	}
	return has_old && !stat_index_end(&old)
	               ? error_set(err, ERR_DAMAGED, "the ones before are damaged")
	               : 0;
}

/* ------------------------------------------------------------ scan */

static void
want(const struct context_options *options, struct wanted *w)
{
	if (options->wanted == NULL) {
		wanted_add(w, options->dir_fd, TEXT(""));
		return;
	}
	for (size_t i = 0; i < options->n_wanted; i++)
		wanted_add(w, options->dir_fd, options->wanted[i]);
}

/* Scans, and again if a pattern matched links that lead to something new. */
static int
scan(const struct context_options *options, struct wanted *w, struct scan *out,
     struct error *err)
{
	struct scan_options how = { .root_fd = options->dir_fd,
		                    .ignore = options->ignore,
		                    .left_out = options->left_out,
		                    .excluded = options->excluded,
		                    .n_excluded = options->n_excluded,
		                    .wanted = w,
		                    .cancel = options->cancel };

	for (;;) {
		bool more = false;

		if (scan_run(&how, out, err) < 0)
			return -1;
		if (wanted_is_all(w))
			return 0;
		for (size_t i = 0; i < out->links.n; i++)
			more |= wanted_add(w, options->dir_fd, out->links.at[i]);
		if (!more)
			return 0;
		scan_clear(out);
	}
}

static int
build(struct context *c, const struct context_options *options, struct scan *s,
      struct error *err)
{
	__attribute__((cleanup(collect_clear))) struct collect all = {
		.context = c, .texts = take(s->texts), .options = options
	};
	size_t n = s->n + 1;
	const struct tree *tree = NULL;

	all.entries = mem_resize(NULL, n, sizeof *all.entries);
	c->files = mem_resize(NULL, n, sizeof *c->files);
	collect_entry(&all, TEXT(""), &s->root_stat, NULL);
	collect_dir(&all, s->root);
	c->layer = layer_of_own_files(take(all.entries), all.n, take(all.texts),
	                              c->dir_fd);
	tree = layer_tree(c->layer, err);
	if (tree == NULL)
		return -1;
	c->entries = tree->entries;
	c->n = tree->n;
	for (size_t i = 0; i < c->n; i++)
		c->n_unread += c->entries[i].type == ENTRY_FILE;
	return 0;
}

struct context *
context_scan(const struct context_options *options, struct error *err)
{
	struct context *c = mem_new(sizeof *c);
	struct wanted *w = wanted_new();
	struct scan s = { 0 };
	int failed = 0;

	pthread_mutex_init(&c->lock, NULL);
	c->store = options->store;
	c->path = mem_copy(options->path);
	c->dir_fd = options->dir_fd;
	c->cancel = options->cancel;
	c->remember = options->remember;
	c->scan_ns = clock_wall_ns();
	want(options, w);
	c->whole = wanted_is_all(w);
	failed = scan(options, w, &s, err);
	if (failed == 0)
		failed = build(c, options, &s, err);
	scan_clear(&s);
	wanted_free(w);
	if (failed < 0) {
		error_wrap(err, "context %s", options->path);
		context_free(c);
		return NULL;
	}
	if (c->remember)
		use_index(c);
	return c;
}

void
context_free(struct context *c)
{
	if (c == NULL)
		return;
	if (c->remember && c->changed && c->layer != NULL)
		stat_index_replace(c->store, c->path, fill_index, c);
	layer_free_source(c->layer);
	free(c->files);
	array_clear(&c->devices);
	free(c->path);
	own_close(&c->dir_fd);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct layer *
context_layer(const struct context *c)
{
	return c->layer;
}

size_t
context_count(const struct context *c)
{
	return c->n;
}

/* ------------------------------------------------------------ digests */

/* One thread's means of hashing. */
struct digester {
	struct hasher *hasher;
	char *bytes; /* READ_SIZE */
};

static void
digester_clear(struct digester *d)
{
	hasher_free(d->hasher);
	free(d->bytes);
}
#define auto_digester __attribute__((cleanup(digester_clear)))

static struct digester
digester_new(void)
{
	return (struct digester){ hasher_new(DIGEST_SHA256),
		                  mem_resize(NULL, READ_SIZE, 1) };
}

static int
read_file(struct context *c, const struct entry *e, struct digester *d,
          struct digest *digest, struct scan_stat *st, struct error *err)
{
	auto_free char *path = text_copy(e->path);
	/* O_NONBLOCK: if a FIFO has taken the file's place, we must not wait for a
	 * writer. */
	auto_fd int fd = inroot_open_nolinks(
	        c->dir_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	uint64_t total = 0;

	if (fd < 0 || scan_stat_fd(fd, st) < 0) {
		scan_fail_open(path, err);
		err->code = ERR_SOURCE;
		return -1;
	}
	for (;;) {
		ssize_t n;

		if (cancel_check(c->cancel, err) < 0)
			return -1;
		n = read(fd, d->bytes, READ_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read %s", path);
		hasher_add(d->hasher, d->bytes, (size_t)n);
		total += (uint64_t)n;
		/* The end is where stat said, or after it. */
		if (n == 0 || (total == st->size && n < READ_SIZE))
			break;
	}
	*digest = hasher_end(d->hasher);
	return total == e->size ? 0
	                        : error_set(err, ERR_SOURCE,
	                                    "%s: changed while it was read", path);
}

static int
digest_file(struct context *c, size_t i, struct digester *d, struct error *err)
{
	const struct entry *e = &c->entries[i];
	struct file_state *file = &c->files[i];
	struct scan_stat before = stat_of(c, i), now = before;
	struct digest digest;

	if (e->size == 0) {
		digest = digest_of("", 0);
	} else if (read_file(c, e, d, &digest, &now, err) < 0) {
		hasher_end(d->hasher);
		return -1;
	}
	pthread_mutex_lock(&c->lock);
	memcpy(file->digest, digest.bytes, sizeof file->digest);
	file->settled = file->settled && stat_is_equal(&before, &now);
	c->changed |= file->settled;
	if (!atomic_exchange_explicit(&file->known, true, memory_order_release))
		atomic_fetch_sub_explicit(&c->n_unread, 1, memory_order_release);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

/* Index of the file whose content ENTRY has. */
static size_t
index_of(const struct context *c, const struct entry *entry)
{
	struct tree tree = { .entries = c->entries, .n = c->n };

	if (entry->type == ENTRY_HARDLINK)
		entry = tree_find(&tree, entry->link);
	return (size_t)(entry - c->entries);
}

static bool
is_known(const struct context *c, size_t i)
{
	return atomic_load_explicit(&c->files[i].known, memory_order_acquire);
}

bool
context_has_digest(const struct context *c, const struct entry *entry)
{
	return is_known(c, index_of(c, entry));
}

bool
context_has_digests(const struct context *c)
{
	return atomic_load_explicit(&c->n_unread, memory_order_acquire) == 0;
}

int
context_file_digest(struct context *c, const struct entry *entry, struct digest *out,
                    struct error *err)
{
	size_t i = index_of(c, entry);

	if (!is_known(c, i)) {
		auto_digester struct digester d = digester_new();

		if (digest_file(c, i, &d, err) < 0)
			return -1;
	}
	*out = (struct digest){ .alg = DIGEST_SHA256 };
	memcpy(out->bytes, c->files[i].digest, STAT_DIGEST_SIZE);
	return 0;
}

/* Several threads share the files: each takes the next one. */
struct digest_batch {
	struct context *context;
	const struct cancel *cancel;
	const size_t *indexes;
	size_t n;
	atomic_size_t next;
	atomic_bool failed;
};

static int
digest_some(void *arg, struct error *err)
{
	struct digest_batch *b = arg;
	auto_digester struct digester d = digester_new();

	while (!atomic_load(&b->failed)) {
		size_t i = atomic_fetch_add(&b->next, 1);

		if (i >= b->n)
			return 0;
		if (cancel_check(b->cancel, err) < 0 ||
		    digest_file(b->context, b->indexes[i], &d, err) < 0) {
			atomic_store(&b->failed, true);
			return -1;
		}
	}
	return 0;
}

static int
digest_in_parallel(struct digest_batch *b, struct error *err)
{
	size_t n = b->n / DIGEST_THREADS_PAY + 1, limit = job_cpus();
	struct pool *pool = NULL;
	struct group *group = NULL;
	int failed = 0;

	if (limit > DIGEST_THREADS_MAX)
		limit = DIGEST_THREADS_MAX;
	if (n > limit)
		n = limit;
	if (n == 1)
		return digest_some(b, err);
	pool = pool_new(n - 1);
	group = group_new(pool);
	for (size_t i = 0; i < n; i++)
		group_add(group, digest_some, b);
	failed = group_wait(group, err);
	group_free(group);
	pool_free(pool);
	return failed;
}

int
context_digest_files(struct context *c, const struct entry *const *entries, size_t n,
                     const struct cancel *cancel, struct error *err)
{
	struct digest_batch batch = { .context = c, .cancel = cancel };
	ARRAY(size_t) missing = { 0 };
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = index_of(c, entries[i]);

		if (!is_known(c, at))
			array_push(&missing, at);
	}
	batch.indexes = missing.at;
	batch.n = missing.n;
	if (batch.n > 0)
		failed = digest_in_parallel(&batch, err);
	array_clear(&missing);
	return failed;
}
