#include "layers/store_recover.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/event.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob_name.h"
#include "layers/lease.h"
#include "layers/store.h"
#include "layers/store_state.h"

enum {
	BOOT_MAX = 256,
	WRITE_BACK_S = 140, /* the kernel takes 30 to 35 */
};

/* The file is young, or cannot be looked at. */
static bool
is_young(int dir_fd, const char *name, int64_t cut_ns)
{
	struct stat sb;

	return fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
	       clock_mtime_ns(&sb) > cut_ns;
}

static void
check_blob(struct store *st, int dir_fd, const char *name, int64_t cut_ns)
{
	auto_fd int fd = -1;
	auto_error struct error err = ERROR_INIT;

	if (!is_young(dir_fd, name, cut_ns))
		return;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || blob_name_fits(fd, name, &err))
		return;
	event_debug("store", "blob %s did not survive a crash", name);
	scratch_trash(store_scratch(st), dir_fd, name);
}

/* The directory of a RUN or a checkout is older than what is in it; its info is written
 * last. */
static void
check_layer(struct store *st, int dir_fd, const char *name, int64_t cut_ns)
{
	auto_free char *info = mem_print("%s/info", name);

	if (is_young(dir_fd, info, cut_ns))
		scratch_trash(store_scratch(st), dir_fd, name);
}

/* Its notes are written last. */
static void
check_plain(struct store *st, int dir_fd, const char *name, int64_t cut_ns)
{
	auto_free char *notes = mem_print("%s/notes", name);

	if (is_young(dir_fd, notes, cut_ns))
		scratch_trash(store_scratch(st), dir_fd, name);
}

static void
check_note(struct store *st, int dir_fd, const char *name, int64_t cut_ns)
{
	(void)st;
	if (is_young(dir_fd, name, cut_ns))
		unlinkat(dir_fd, name, 0);
}

/* Indexes in trees/ have a checksum of their own. */
static const struct kind {
	const char *dir;
	void (*check)(struct store *st, int dir_fd, const char *name, int64_t cut_ns);
} kinds[] = {
	{ "blobs/sha256", check_blob }, { "layers", check_layer },
	{ "steps", check_note },        { "contexts", check_note },
	{ "compressed", check_note },   { "members", check_note },
	{ "seen", check_note },         { "refs", check_note },
	{ "checkouts", check_layer },   { "plain", check_plain },
};

static int
check_kind(struct store *st, const struct kind *k, int64_t cut_ns, struct error *err)
{
	auto_listing struct listing list = listing_open(store_fd(st), k->dir);
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		k->check(st, listing_fd(&list), name, cut_ns);
	return listing_failed(&list) ? error_sys(err, "list %s", k->dir) : 0;
}

/* 1 if the file names another boot, 0 if it names this one or is missing. *TIME_NS is the
 * file's time. */
static int
other_boot(const struct store *st, struct text current, int64_t *time_ns,
           struct error *err)
{
	auto_buf struct buf last = BUF_INIT;
	struct stat sb;
	int found = file_read(store_fd(st), "boot", BOOT_MAX, &last, err);

	if (found <= 0)
		return found;
	if (text_equal(buf_text(&last), current))
		return 0;
	if (fstatat(store_fd(st), "boot", &sb, 0) < 0)
		return error_sys(err, "stat boot");
	*time_ns = clock_mtime_ns(&sb);
	return 1;
}

static int
recover(struct store *st, struct text current, struct error *err)
{
	auto_fd int lock = store_lock(st, true, err);
	int64_t time_ns = 0, oldest;
	int other;

	if (lock < 0)
		return -1;
	/* Another process may have recovered the store while we waited. */
	other = other_boot(st, current, &time_ns, err);
	/* A process on another machine that holds a lease did not crash with us. */
	if (other < 0 || leases_oldest(store_fd(st), &oldest, err) < 0)
		return -1;
	if (oldest != INT64_MAX)
		return 0;
	for (size_t i = 0; other > 0 && i < COUNT_OF(kinds); i++)
		if (check_kind(st, &kinds[i],
		               time_ns - (int64_t)WRITE_BACK_S * 1000000000, err) < 0)
			return -1;
	return file_replace(store_fd(st), "boot", current.p, current.n, 0644, err);
}

int
store_recover(struct store *st, struct error *err)
{
	auto_buf struct buf current = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	int64_t time_ns;

	/* Without /proc there is nothing to compare with. */
	if (file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", BOOT_MAX, &current,
	              &ignored) <= 0)
		return 0;
	if (file_is_there(store_fd(st), "boot")) {
		int other = other_boot(st, buf_text(&current), &time_ns, err);

		if (other == 0)
			store_alive(st);
		if (other <= 0)
			return other;
	}
	return recover(st, buf_text(&current), err);
}

void
store_alive(const struct store *st)
{
	if (store_fd(st) >= 0)
		utimensat(store_fd(st), "boot", NULL, 0);
}
