/*
 * scan: walks a context directory, on as many threads as are useful.
 *
 * Each directory is listed once (getdents64), its wanted and not ignored
 * entries are stat'ed relative to it and sorted by name. The result is a
 * tree of directories; read in order (a directory before its children), it is
 * in path_compare() order. Internal to context.
 */
#ifndef BUILDER_CONTEXT_SCAN_H
#define BUILDER_CONTEXT_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/mem.h"
#include "builder/context/excluded.h"
#include "builder/context/left_out.h"
#include "builder/context/wanted.h"
#include "parser/ignore.h"

/* The result of stat(2) for an entry. */
struct scan_stat {
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns; /* only to compare: wrap around in 2262 */
	int64_t mtime;              /* seconds */
	uint32_t mode;              /* with type bits */
	uint32_t n_links;
	uint32_t rdev_major, rdev_minor;
};

struct scan_dir;

struct scan_entry {
	struct text path; /* relative to the context, NUL-terminated */
	const char *link; /* text of a symbolic link, or NULL */
	struct scan_stat stat;
	struct scan_dir *dir; /* a directory that was entered */
	bool only_parent;     /* ignored; kept if something below it is */
};

struct scan_dir {
	struct text path;
	struct scan_entry *entries; /* by name */
	size_t n;
	struct wanted_cursor cursor; /* valid until it was read */
	void *ignore_state;
	struct scan_dir *next; /* in the queue */
};

struct scan {
	struct scan_stat root_stat;
	struct scan_dir *root;
	size_t n;                 /* entries in all directories */
	ARRAY(struct text) links; /* paths of links that sources matched by pattern */
	struct arena *texts;      /* hold paths and links; may be taken */
	struct arena *records;    /* hold everything else */
	ARRAY(struct scan_dir *) dirs; /* all, for freeing */
};

struct scan_options {
	int root_fd;
	const struct ignore *ignore;          /* may be NULL */
	const struct left_out_list *left_out; /* may be NULL */
	const struct excluded_rule *excluded; /* N_EXCLUDED of them */
	size_t n_excluded;
	const struct wanted *wanted;
	const struct cancel *cancel;
	size_t threads; /* 0: as many as are useful */
};

int scan_run(const struct scan_options *options, struct scan *out, struct error *err);
void scan_clear(struct scan *s);
#define auto_scan __attribute__((cleanup(scan_clear)))

/* The result of fstat(2) for FD. -1 with errno. */
int scan_stat_fd(int fd, struct scan_stat *out);

/* Takes errno: PATH of a context cannot be opened. Always -1. */
int scan_fail_open(const char *path, struct error *err);

#endif
