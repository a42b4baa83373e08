#include "builder/cache/files_reason.h"

#include "base/base.h"
#include "base/map.h"
#include "layers/tree.h"

/* ------------------------------------------------------------ one file */

static const char *
type_name(uint32_t mode)
{
	switch ((enum entry_type)(mode >> 12)) {
	case ENTRY_FILE:
	case ENTRY_HARDLINK:
		return "a file";
	case ENTRY_DIR:
		return "a directory";
	case ENTRY_SYMLINK:
		return "a link";
	case ENTRY_FIFO:
		return "a pipe";
	case ENTRY_CHAR:
	case ENTRY_BLOCK:
		return "a device";
	default:
		return "something else";
	}
}

static bool
has_type(uint32_t mode, enum entry_type type)
{
	return mode >> 12 == (uint32_t)type;
}

/* True if another umask explains it: version control keeps the owner's right to execute,
 * and no other one. */
static bool
is_of_umask(uint32_t was, uint32_t is)
{
	bool is_plain = has_type(is, ENTRY_FILE) || has_type(is, ENTRY_DIR);

	return is_plain && (was & 07700) == (is & 07700) && (is & 0600) == 0600;
}

/* The umask that gave MODE, as far as it can be seen: a file that nobody executes does
 * not show its last bits. */
static unsigned
umask_of(uint32_t mode)
{
	bool executes = (mode & 0100) != 0;
	unsigned hidden = ~mode & (executes ? 0777 : 0666);

	if (!executes && (hidden & 0060) == 0060)
		hidden |= 0010;
	if (!executes && (hidden & 0006) == 0006)
		hidden |= 0001;
	return hidden & 0077;
}

static char *
mode_difference(const struct noted_file *was, const struct noted_file *is)
{
	auto_free char *umask = NULL;

	if (is_of_umask(was->mode, is->mode))
		umask = mem_print(" (umask %03o? --mode-policy=git ignores it)",
		                  umask_of(is->mode));
	return mem_print("mode of %.*s was %04o, is %04o%s", TEXT_ARG(is->path),
	                 was->mode & 07777, is->mode & 07777, umask == NULL ? "" : umask);
}

static char *
file_difference(const struct noted_file *was, const struct noted_file *is)
{
	int n = (int)is->path.n;
	const char *path = is->path.p;

	if (was->mode >> 12 != is->mode >> 12)
		return mem_print("%.*s is of another type: it was %s, is %s", n, path,
		                 type_name(was->mode), type_name(is->mode));
	if (was->content != is->content)
		return mem_print("%.*s changed", n, path);
	if (was->mode != is->mode)
		return mode_difference(was, is);
	if (!text_equal(was->link, is->link))
		return mem_print("link %.*s was to %.*s, is to %.*s", n, path,
		                 TEXT_ARG(was->link), TEXT_ARG(is->link));
	return NULL;
}

static bool
is_same_file(const struct noted_file *was, const struct noted_file *is)
{
	return text_equal(was->path, is->path) && was->content == is->content &&
	       was->mode == is->mode && text_equal(was->link, is->link);
}

/* ------------------------------------------------------------ lists */

/* The files that are in one list only, or in both and differ. Most of two lists usually
 * is a common beginning and end, which need no map. */
struct difference {
	struct map was, is; /* path → the file, without common ends */
	size_t start, n_was, n_is;
	const struct noted_files *old, *now;
};

static void
difference_init(struct difference *d, const struct noted_files *was,
                const struct noted_files *is)
{
	*d = (struct difference){ .n_was = was->n, .n_is = is->n, .old = was, .now = is };
	while (d->start < d->n_was && d->start < d->n_is &&
	       is_same_file(&was->at[d->start], &is->at[d->start]))
		d->start++;
	while (d->start < d->n_was && d->start < d->n_is &&
	       is_same_file(&was->at[d->n_was - 1], &is->at[d->n_is - 1]))
		d->n_was--, d->n_is--;
	for (size_t i = d->start; i < d->n_was; i++)
		map_set(&d->was, was->at[i].path, &was->at[i]);
	for (size_t i = d->start; i < d->n_is; i++)
		map_set(&d->is, is->at[i].path, &is->at[i]);
}

static void
difference_clear(struct difference *d)
{
	map_clear(&d->was);
	map_clear(&d->is);
}
#define auto_difference __attribute__((cleanup(difference_clear)))

/* True if a file below the directory I tells that it is there: it follows. */
static bool
is_implied(const struct noted_files *list, size_t i)
{
	struct text path = list->at[i].path, next;

	if (!has_type(list->at[i].mode, ENTRY_DIR) || i + 1 == list->n)
		return false;
	next = list->at[i + 1].path;
	return next.n > path.n && next.p[path.n] == '/' &&
	       memcmp(next.p, path.p, path.n) == 0;
}

/* Whether file I of this build is new. */
static bool
is_new(const struct difference *d, size_t i)
{
	return !map_has(&d->was, d->now->at[i].path) && !is_implied(d->now, i);
}

/* Whether file I of before is gone. */
static bool
is_gone(const struct difference *d, size_t i)
{
	return !map_has(&d->is, d->old->at[i].path) && !is_implied(d->old, i);
}

/* What file I of this build was, if it was another one; or NULL. */
static const struct noted_file *
find_other(const struct difference *d, size_t i)
{
	const struct noted_file *was = map_find(&d->was, d->now->at[i].path);

	return was != NULL && !is_same_file(was, &d->now->at[i]) ? was : NULL;
}

static size_t
count(const struct difference *d)
{
	size_t n = 0;

	for (size_t i = d->start; i < d->n_is; i++)
		n += is_new(d, i) || find_other(d, i) != NULL;
	for (size_t i = d->start; i < d->n_was; i++)
		n += is_gone(d, i);
	return n;
}

size_t
files_differ(const struct noted_files *was, const struct noted_files *is)
{
	auto_difference struct difference d = { 0 };

	difference_init(&d, was, is);
	return count(&d);
}

size_t
files_share(const struct noted_files *was, const struct noted_files *is)
{
	auto_difference struct difference d = { 0 };
	size_t n = 0, n_shared = 0;

	difference_init(&d, was, is);
	for (size_t i = 0; i < is->n; i++) {
		bool differs = i >= d.start && i < d.n_is;

		if (has_type(is->at[i].mode, ENTRY_DIR))
			continue;
		n++;
		n_shared += !differs || map_has(&d.was, is->at[i].path);
	}
	return n == 0 ? 100 : n_shared * 100 / n;
}

/* The file that vanished while IS, which is equal to it, came; NULL: none. */
static const struct noted_file *
find_old_name(const struct difference *d, const struct noted_file *is)
{
	if (is->content == 0)
		return NULL;
	for (size_t i = d->start; i < d->n_was; i++) {
		const struct noted_file *was = &d->old->at[i];

		if (was->content == is->content && was->mode == is->mode &&
		    !map_has(&d->is, was->path))
			return was;
	}
	return NULL;
}

static char *
first_difference(const struct difference *d, bool *is_rename)
{
	for (size_t i = d->start; i < d->n_is; i++) {
		const struct noted_file *is = &d->now->at[i];
		const struct noted_file *was = find_other(d, i);

		if (was != NULL)
			return file_difference(was, is);
		if (!is_new(d, i))
			continue;
		was = find_old_name(d, is);
		*is_rename = was != NULL;
		if (was != NULL)
			return mem_print("%.*s was renamed to %.*s", TEXT_ARG(was->path),
			                 TEXT_ARG(is->path));
		return mem_print("%.*s is new", TEXT_ARG(is->path));
	}
	for (size_t i = d->start; i < d->n_was; i++)
		if (is_gone(d, i))
			return mem_print("%.*s is gone", TEXT_ARG(d->old->at[i].path));
	return NULL;
}

char *
files_reason(const struct noted_files *was, const struct noted_files *is)
{
	auto_difference struct difference d = { 0 };
	auto_free char *first = NULL;
	bool is_rename = false;
	size_t n = 0;

	difference_init(&d, was, is);
	first = first_difference(&d, &is_rename);
	if (first == NULL)
		return NULL;
	n = count(&d) - (is_rename ? 2 : 1);
	if (n == 0)
		return take(first);
	return mem_print("%s, and %zu more file%s", first, n, n == 1 ? "" : "s");
}
