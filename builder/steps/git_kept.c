#include "builder/steps/git_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "layers/store.h"

#define INFO_MAX ((size_t)64 << 10)

static char *
name_of(const struct digest *key)
{
	char hex[DIGEST_HEX_MAX];

	return mem_print("checkouts/%s", digest_hex(key, hex));
}

static bool
read_time(struct store *st, const char *name, int64_t *time)
{
	auto_free char *info = mem_print("%s/info", name);
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *json = NULL;
	const json_t *value = NULL;

	if (jsonio_read(store_fd(st), info, INFO_MAX, &json, &ignored) <= 0)
		return false;
	value = json_object_get(json, "time");
	*time = json_integer_value(value);
	return json_is_integer(value);
}

int
git_kept_find(struct store *st, const struct digest *key, char **tree, int64_t *time,
              struct error *err)
{
	auto_free char *name = name_of(key);
	auto_fd int lock = store_lock(st, false, err);

	if (lock < 0)
		return -1;
	/* Marks it as used now. */
	if (!read_time(st, name, time) || utimensat(store_fd(st), name, NULL, 0) < 0)
		return 0;
	*tree = mem_print("%s/%s/tree", store_path(st), name);
	return 1;
}

static int
write_info(int dir_fd, int64_t time, struct error *err)
{
	auto_json json_t *json = json_object();
	auto_free char *text = NULL;

	jsonio_set(json, "time", json_integer(time));
	text = jsonio_print(json);
	return file_replace(dir_fd, "info", text, strlen(text), 0600, err);
}

int
git_kept_add(struct store *st, const struct digest *key, const char *dir, int dir_fd,
             int64_t time, char **tree, struct error *err)
{
	auto_free char *name = name_of(key);
	int64_t theirs = 0;

	if (write_info(dir_fd, time, err) < 0)
		return -1;
	/* A store of an earlier version has no place for them. */
	if (mkdirat(store_fd(st), "checkouts", 0700) < 0 && errno != EEXIST)
		return error_sys(err, "create directory %s/checkouts", store_path(st));
	if (renameat(AT_FDCWD, dir, store_fd(st), name) < 0) {
		if (errno != EEXIST && errno != ENOTEMPTY)
			return error_sys(err, "keep a checkout as %s/%s", store_path(st),
			                 name);
		store_trash(st, dir);
		if (git_kept_find(st, key, tree, &theirs, err) == 1)
			return 0;
		return error_set(err, ERR_DAMAGED, "%s/%s: not a checkout",
		                 store_path(st), name);
	}
	*tree = mem_print("%s/%s/tree", store_path(st), name);
	return 0;
}
