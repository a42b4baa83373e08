#include "builder/order/remote.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/file.h"
#include "base/listing.h"
#include "builder/context/context.h"
#include "builder/steps/git.h"
#include "builder/steps/source_auth.h"
#include "layers/store.h"

/* Raises *NEWEST to the time of the newest file below the directory FD (may be -1), which
 * is closed. */
static void
find_newest(int fd, int depth, int64_t *newest)
{
	auto_listing struct listing list = listing_take(fd);
	const char *name = NULL;

	while (depth > 0 && (name = listing_next(&list)) != NULL) {
		struct stat st;

		if (fstatat(listing_fd(&list), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode) && st.st_mtime > *newest)
			*newest = st.st_mtime;
		if (S_ISDIR(st.st_mode))
			find_newest(
			        openat(listing_fd(&list), name,
			               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			        depth - 1, newest);
	}
}

static int64_t
newest_file(const char *dir)
{
	int64_t newest = -1;

	find_newest(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), PATH_MAX / 2, &newest);
	return newest;
}

/* A checkout's directory is as old as its files, and its commit. */
static int64_t
time_of(const char *dir)
{
	struct stat st;

	return stat(dir, &st) < 0 ? -1 : st.st_mtime;
}

int
remote_git(const struct remote *r, const char *url, bool keep_git_dir, char **dir,
           int64_t *time, struct error *err)
{
	const struct git_access access = { .store = r->store,
		                           .offline = r->offline,
		                           .secrets = r->secrets,
		                           .n_secrets = r->n_secrets,
		                           .cancel = r->cancel };

	if (git_checkout_url(&access, text_of(url), keep_git_dir, dir, err) < 0)
		return -1;
	*time = time_of(*dir);
	return 0;
}

static int
fetch(const struct remote *r, const char *url, registry_sink_fn *sink,
      registry_restart_fn *restart, void *arg, struct http_file *info, struct error *err)
{
	auto_source_auth struct source_auth auth = { 0 };

	if (source_auth_http(text_of(url), r->secrets, r->n_secrets, &auth, err) < 0)
		return -1;
	return registry_fetch_url(r->registry, auth.url, auth.authorization, NULL, sink,
	                          restart, arg, NULL, NULL, info, err);
}

struct download {
	int fd;
};

static int
download_write(void *arg, const void *bytes, size_t n, struct error *err)
{
	return file_write_all(((struct download *)arg)->fd, bytes, n, err);
}

static int
download_restart(void *arg, struct error *err)
{
	int fd = ((struct download *)arg)->fd;

	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "empty a download");
	return 0;
}

static int
set_time(int fd, int64_t seconds)
{
	const struct timespec at = { .tv_sec = seconds };

	return seconds == 0 ? 0 : futimens(fd, (const struct timespec[2]){ at, at });
}

int
remote_http(const struct remote *r, const char *url, char **dir, struct buf *dockerfile,
            int64_t *time, struct error *err)
{
	auto_http_file struct http_file info = { 0 };
	const struct archive_options options = { r->unpack_max, r->cancel };
	auto_fd int tmp = -1, file = -1;
	auto_free char *path = store_tmp_dir(r->store, &tmp, err);
	struct download download;

	if (path == NULL)
		return -1;
	file = openat(tmp, "context", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		return error_sys(err, "make %s/context", path);
	download.fd = file;
	if (fetch(r, url, download_write, download_restart, &download, &info, err) < 0)
		return -1;
	if (set_time(file, info.last_modified_s) < 0 || lseek(file, 0, SEEK_SET) < 0)
		return error_sys(err, "%s/context", path);
	if (context_from_stdin(r->store, file, &options, dir, dockerfile, err) < 0)
		return error_wrap(err, "%s", url);
	*time = info.last_modified_s != 0 ? info.last_modified_s
	        : *dir != NULL            ? newest_file(*dir)
	                                  : -1;
	if (*dir == NULL)
		*dir = take(path);
	return 0;
}

struct text_sink {
	struct buf *out;
	size_t start, max;
};

static int
text_write(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct text_sink *sink = arg;

	if (n > sink->max - (sink->out->n - sink->start))
		return error_set(err, ERR_SOURCE, "too large");
	buf_add(sink->out, bytes, n);
	return 0;
}

static int
text_restart(void *arg, struct error *err)
{
	const struct text_sink *sink = arg;

	(void)err;
	buf_truncate(sink->out, sink->start);
	return 0;
}

int
remote_text(const struct remote *r, const char *url, size_t max, struct buf *out,
            struct error *err)
{
	auto_http_file struct http_file info = { 0 };
	struct text_sink sink = { out, out->n, max };

	return fetch(r, url, text_write, text_restart, &sink, &info, err);
}
