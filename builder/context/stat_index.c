#include "builder/context/stat_index.h"

#include "base/base.h"
#include "base/event.h"
#include "base/path.h"
#include "layers/store.h"

#define MAGIC      "cooper-stat-2\n\0"
#define MAGIC_SIZE sizeof MAGIC

/* The kernel stamps files from a clock that ticks every 1 to 10 ms; file systems
 * that keep whole seconds (or two, FAT) show no fraction. */
#define TICK_NS        ((int64_t)20 * 1000000)
#define COARSE_TICK_NS ((int64_t)2 * 1000000000 + TICK_NS)

struct fixed {
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns;
	uint8_t digest[STAT_DIGEST_SIZE];
};

bool
stat_is_settled(const struct scan_stat *st, int64_t scan_ns)
{
	bool coarse = st->ctime_ns % 1000000000 == 0;
	int64_t limit = scan_ns - (coarse ? COARSE_TICK_NS : TICK_NS);

	return st->mtime_ns < limit && st->ctime_ns < limit;
}

bool
stat_is_equal(const struct scan_stat *a, const struct scan_stat *b)
{
	return a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns && a->dev == b->dev;
}

static char *
index_name(const char *path)
{
	struct digest d = digest_of(path, strlen(path));
	char hex[DIGEST_HEX_MAX];

	return mem_print("contexts/%s", digest_hex(&d, hex));
}

/* ------------------------------------------------------------ reading */

/* Reads the record after the one at hand. */
static void
advance(struct stat_index *ix)
{
	struct stat_record *r = &ix->next;
	struct fixed fixed;
	uint32_t n = 0;
	const char *p = NULL;

	ix->has_next = false;
	if (ix->failed || sealed_left(&ix->file) == 0)
		return;
	if (sealed_get_copy(&ix->file, &n, sizeof n))
		p = sealed_get(&ix->file, n + sizeof fixed);
	if (p == NULL) {
		ix->failed = true;
		return;
	}
	memcpy(&fixed, p + n, sizeof fixed);
	r->path = (struct text){ p, n };
	r->stat = (struct scan_stat){ .dev = fixed.dev,
		                      .ino = fixed.ino,
		                      .size = fixed.size,
		                      .mtime_ns = fixed.mtime_ns,
		                      .ctime_ns = fixed.ctime_ns };
	memcpy(r->digest, fixed.digest, sizeof r->digest);
	ix->has_next = true;
}

static void
warn_damaged(const char *path)
{
	event_warn(0, "file digests of %s: damaged, files are read again", path);
}

bool
stat_index_open(struct stat_index *ix, struct store *st, const char *path)
{
	auto_free char *name = index_name(path);
	auto_error struct error err = ERROR_INIT;
	int found = sealed_open(&ix->file, store_fd(st), name, &err);
	const void *magic = NULL;

	if (found < 0)
		event_warn_error(0, &err, "file digests of %s", path);
	if (found <= 0)
		return false;
	magic = sealed_get(&ix->file, MAGIC_SIZE);
	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_SIZE) != 0) {
		warn_damaged(path);
		return false;
	}
	ix->path = path;
	advance(ix);
	return true;
}

static void
pass(struct stat_index *ix)
{
	ix->n_passed++;
	if (ix->keep != NULL)
		stat_index_add(ix->keep, &ix->next);
	advance(ix);
}

const struct stat_record *
stat_index_find(struct stat_index *ix, struct text path)
{
	/* Each record is returned once. */
	if (ix->given)
		advance(ix);
	ix->given = false;
	while (ix->has_next) {
		int order = path_compare(ix->next.path, path);

		if (order > 0)
			return NULL;
		if (order == 0) {
			ix->given = true;
			return &ix->next;
		}
		pass(ix);
	}
	return NULL;
}

bool
stat_index_end(struct stat_index *ix)
{
	if (ix->given)
		advance(ix);
	ix->given = false;
	while (ix->has_next)
		pass(ix);
	if (!ix->failed && sealed_is_whole(&ix->file))
		return true;
	warn_damaged(ix->path);
	return false;
}

void
stat_index_clear(struct stat_index *ix)
{
	sealed_reader_clear(&ix->file);
}

/* ------------------------------------------------------------ writing */

void
stat_index_add(struct sealed_writer *w, const struct stat_record *r)
{
	struct fixed fixed = { .dev = r->stat.dev,
		               .ino = r->stat.ino,
		               .size = r->stat.size,
		               .mtime_ns = r->stat.mtime_ns,
		               .ctime_ns = r->stat.ctime_ns };
	uint32_t n = (uint32_t)r->path.n;

	memcpy(fixed.digest, r->digest, sizeof fixed.digest);
	sealed_add(w, &n, sizeof n);
	sealed_add_text(w, r->path);
	sealed_add(w, &fixed, sizeof fixed);
}

struct filling {
	sealed_fill_fn *fill;
	void *arg;
};

static int
fill_index(void *arg, struct sealed_writer *w, struct error *err)
{
	const struct filling *f = arg;

	sealed_add(w, MAGIC, MAGIC_SIZE);
	return f->fill(f->arg, w, err);
}

void
stat_index_replace(struct store *st, const char *path, sealed_fill_fn *fill, void *arg)
{
	struct filling filling = { fill, arg };
	auto_free char *name = index_name(path);
	auto_error struct error err = ERROR_INIT;

	if (sealed_replace(store_fd(st), name, 0644, fill_index, &filling, &err) < 0)
		event_warn_error(0, &err, "file digests of %s: not remembered", path);
}
