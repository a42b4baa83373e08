#include "layers/census.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/store.h"
#include "layers/store_state.h"

enum {
	DEPTH_MAX = 256, /* deeper files are not counted */
	HEX_DIGITS = 64,
	LEFTOVER_AGE_S = 3600,
	DISK_BLOCK = 512,
};

static const struct {
	const char *dir;
	enum thing_kind kind;
} places[] = {
	{ "blobs/sha256", THING_BLOB }, { "blobs/sha384", THING_BLOB },
	{ "blobs/sha512", THING_BLOB }, { "layers", THING_LAYER },
	{ "trees", THING_TREE },        { "steps", THING_STEP },
	{ "refs", THING_REF },          { "compressed", THING_NOTE },
	{ "contexts", THING_CONTEXT },  { "mounts", THING_MOUNT },
	{ "failed", THING_FAILED },     { "checkouts", THING_CONTEXT },
	{ "plain", THING_PLAIN },       { "members", THING_CONTEXT },
	{ "seen", THING_CONTEXT },      { "builds", THING_CONTEXT },
};

/* ------------------------------------------------------------ sizes */

/* The size of a file with several names is divided among them. */
static uint64_t
own_blocks(const struct stat *sb)
{
	uint64_t bytes = (uint64_t)sb->st_blocks * DISK_BLOCK;

	return S_ISDIR(sb->st_mode) || sb->st_nlink < 2 ? bytes : bytes / sb->st_nlink;
}

static uint64_t
usage_below(int dir_fd, const char *name, int depth)
{
	auto_listing struct listing list = listing_take(
	        openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	const char *below = NULL;
	uint64_t sum = 0;

	while ((below = listing_next(&list)) != NULL) {
		struct stat sb;

		if (fstatat(listing_fd(&list), below, &sb, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		sum += own_blocks(&sb);
		if (S_ISDIR(sb.st_mode) && depth < DEPTH_MAX)
			sum += usage_below(listing_fd(&list), below, depth + 1);
	}
	return sum;
}

uint64_t
disk_usage(int dir_fd, const char *name)
{
	struct stat sb;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return own_blocks(&sb) + (S_ISDIR(sb.st_mode) ? usage_below(dir_fd, name, 0) : 0);
}

void
census_measure(struct store *st, struct thing *t)
{
	if (t->measured)
		return;
	t->size = disk_usage(store_fd(st), t->name);
	t->measured = true;
}

/* ------------------------------------------------------------ taking it */

/* "DIFFID-gzip-6" under DIFFID. */
static void
add_note(struct census *c, size_t index)
{
	struct thing *t = &c->things.at[index];
	struct text diffid = { t->key, HEX_DIGITS };

	if (strlen(t->key) <= HEX_DIGITS || t->key[HEX_DIGITS] != '-')
		return;
	t->next_note = (uintptr_t)map_find(&c->notes, diffid);
	map_set(&c->notes, diffid, (void *)(uintptr_t)(index + 1));
}

/* Names of records' locks, and of files that are being replaced. */
static enum thing_kind
kind_of(enum thing_kind kind, struct text name, const struct stat *sb)
{
	bool passing = text_starts(name, ".tmp-") || text_ends(name, ".lock");

	if (!passing)
		return kind;
	return sb->st_mtime + LEFTOVER_AGE_S < time(NULL) ? THING_LEFTOVER
	                                                  : N_THING_KINDS;
}

static void
add_thing(struct census *c, const char *dir, enum thing_kind kind, const char *name,
          const struct stat *sb)
{
	enum thing_kind real = kind_of(kind, text_of(name), sb);
	struct thing *t;

	if (real == N_THING_KINDS)
		return;
	t = array_add(&c->things);
	t->kind = real;
	t->name = mem_print("%s/%s", dir, name);
	t->key = t->name + strlen(dir) + 1;
	t->used_ns = clock_mtime_ns(sb);
	t->measured = !S_ISDIR(sb->st_mode);
	t->size = own_blocks(sb);
	map_set(&c->by_name, text_of(t->name), (void *)(uintptr_t)c->things.n);
	if (real == THING_NOTE)
		add_note(c, c->things.n - 1);
}

static int
list_place(struct store *st, struct census *c, size_t place, struct error *err)
{
	const char *dir = places[place].dir, *name = NULL;
	auto_listing struct listing list = listing_open(store_fd(st), dir);

	while ((name = listing_next(&list)) != NULL) {
		struct stat sb;

		if (fstatat(listing_fd(&list), name, &sb, AT_SYMLINK_NOFOLLOW) == 0)
			add_thing(c, dir, places[place].kind, name, &sb);
	}
	if (listing_failed(&list) && errno != ENOENT)
		return error_sys(err, "list %s", dir);
	return 0;
}

int
census_take(struct store *st, struct census *out, struct error *err)
{
	auto_census struct census c = { 0 };

	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (list_place(st, &c, i, err) < 0)
			return store_wrap(st, err);
	*out = c;
	c = (struct census){ 0 };
	return 0;
}

void
census_clear(struct census *c)
{
	for (size_t i = 0; i < c->things.n; i++)
		free(c->things.at[i].name);
	array_clear(&c->things);
	map_clear(&c->by_name);
	map_clear(&c->notes);
}

ptrdiff_t
census_find(const struct census *c, const char *name)
{
	return (ptrdiff_t)(uintptr_t)map_find(&c->by_name, text_of(name)) - 1;
}
