#include "builder/context/stat_index.h"

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"
#include "base/path.h"

#define MAGIC      "cooper-stat-1\n\0"
#define MAGIC_SIZE sizeof MAGIC
#define HASH_SIZE  32

/* Some hundred bytes per file of the largest context worth thinking of. */
#define INDEX_SIZE_MAX ((size_t)2 << 30)

/* The kernel stamps files from a clock that ticks every 1 to 10 ms; file systems
 * that keep whole seconds (or two, FAT) show no fraction. */
#define TICK_NS        ((int64_t)20 * 1000000)
#define COARSE_TICK_NS ((int64_t)2 * 1000000000 + TICK_NS)

struct fixed {
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns;
	uint8_t digest[HASH_SIZE];
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

/* Cuts N bytes off the front of *REST. */
static bool
cut(struct text *rest, void *to, size_t n)
{
	if (rest->n < n)
		return false;
	memcpy(to, rest->p, n);
	*rest = text_from(*rest, n);
	return true;
}

static bool
parse_record(struct text *rest, struct stat_record *out)
{
	struct fixed fixed;
	uint32_t n = 0;

	if (!cut(rest, &n, sizeof n) || rest->n < n)
		return false;
	out->path = text_first(*rest, n);
	*rest = text_from(*rest, n);
	if (!cut(rest, &fixed, sizeof fixed))
		return false;
	out->stat = (struct scan_stat){ .dev = fixed.dev,
		                        .ino = fixed.ino,
		                        .size = fixed.size,
		                        .mtime_ns = fixed.mtime_ns,
		                        .ctime_ns = fixed.ctime_ns };
	out->digest = (struct digest){ .alg = DIGEST_SHA256 };
	memcpy(out->digest.bytes, fixed.digest, HASH_SIZE);
	return true;
}

static bool
parse(struct stat_index *ix)
{
	struct text rest = buf_text(&ix->bytes);
	struct digest sum;
	uint64_t count = 0;

	if (rest.n < MAGIC_SIZE + sizeof count + HASH_SIZE ||
	    memcmp(rest.p, MAGIC, MAGIC_SIZE) != 0)
		return false;
	rest = text_first(rest, rest.n - HASH_SIZE);
	sum = digest_of(rest.p, rest.n);
	if (memcmp(sum.bytes, rest.p + rest.n, HASH_SIZE) != 0)
		return false;
	rest = text_from(rest, MAGIC_SIZE);
	cut(&rest, &count, sizeof count);
	while (rest.n > 0) {
		struct stat_record *r = array_add(&ix->records);
		size_t i = ix->records.n - 1;

		if (!parse_record(&rest, r) ||
		    (i > 0 && path_compare(ix->records.at[i - 1].path, r->path) >= 0))
			return false;
	}
	return ix->records.n == count;
}

void
stat_index_read(struct store *st, const char *path, struct stat_index *out)
{
	auto_free char *name = index_name(path);
	auto_error struct error err = ERROR_INIT;
	int found = file_read(store_fd(st), name, INDEX_SIZE_MAX, &out->bytes, &err);

	if (found < 0)
		event_warn_error(0, &err, "file digests of %s", path);
	if (found > 0 && !parse(out)) {
		event_warn(0, "file digests of %s: damaged, files are read again", path);
		stat_index_clear(out);
	}
}

const struct stat_record *
stat_index_next(struct stat_index *ix, struct text path, struct stat_skipped *skipped)
{
	for (; ix->at < ix->records.n; ix->at++) {
		const struct stat_record *r = &ix->records.at[ix->at];
		int order = path_compare(r->path, path);

		if (order > 0)
			return NULL;
		if (order == 0) {
			ix->at++;
			return r;
		}
		if (skipped != NULL)
			array_push(&skipped->list, r);
	}
	return NULL;
}

void
stat_index_clear(struct stat_index *ix)
{
	array_clear(&ix->records);
	buf_clear(&ix->bytes);
	ix->at = 0;
}

/* ------------------------------------------------------------ writing */

static void
print_record(struct buf *out, const struct stat_record *r)
{
	struct fixed fixed = { .dev = r->stat.dev,
		               .ino = r->stat.ino,
		               .size = r->stat.size,
		               .mtime_ns = r->stat.mtime_ns,
		               .ctime_ns = r->stat.ctime_ns };
	uint32_t n = (uint32_t)r->path.n;

	memcpy(fixed.digest, r->digest.bytes, HASH_SIZE);
	buf_add(out, &n, sizeof n);
	buf_add_text(out, r->path);
	buf_add(out, &fixed, sizeof fixed);
}

void
stat_index_write(struct store *st, const char *path, const struct stat_record *records,
                 size_t n)
{
	auto_free char *name = index_name(path);
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	uint64_t count = n;
	struct digest sum;

	buf_add(&out, MAGIC, MAGIC_SIZE);
	buf_add(&out, &count, sizeof count);
	for (size_t i = 0; i < n; i++)
		print_record(&out, &records[i]);
	sum = digest_of(out.p, out.n);
	buf_add(&out, sum.bytes, HASH_SIZE);
	if (file_replace(store_fd(st), name, out.p, out.n, 0644, &err) < 0)
		event_warn_error(0, &err, "file digests of %s: not remembered", path);
}
