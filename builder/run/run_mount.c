#include "builder/run/run_mount.h"

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "base/path.h"

#define TMPFS_MODE 01777

static int
check_target(struct text target, struct error *err)
{
	auto_free char *clean = path_clean_abs(target);

	if (target.n == 0 || target.p[0] != '/')
		return error_set(err, ERR_USAGE,
		                 "the path in the container must be absolute");
	if (clean[1] == '\0')
		return error_set(err, ERR_USAGE,
		                 "nothing can be mounted on the container's root");
	return 0;
}

/* A word without "/" is the name of a volume elsewhere. */
static int
check_source(struct text source, struct error *err)
{
	if (source.n == 0)
		return error_set(err, ERR_USAGE, "the path on this machine is missing");
	if (text_find(source, '/') >= 0 || text_is(source, ".") || text_is(source, ".."))
		return 0;
	error_set(err, ERR_USAGE, "%.*s would be a named volume, and none are kept",
	          TEXT_ARG(source));
	return error_hint(err, "a directory: ./%.*s", TEXT_ARG(source));
}

/* Labels, caches of other systems and the like make no difference here. */
static bool
is_harmless(struct text option)
{
	static const char *const names[] = { "rw",      "z",          "Z",
		                             "cached",  "consistent", "delegated",
		                             "private", "rprivate",   "nocopy" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_is(option, names[i]))
			return true;
	return false;
}

static int
read_options(struct text options, struct run_mount *out, struct error *err)
{
	while (options.n > 0) {
		struct text option = text_cut(&options, ',');

		if (text_is(option, "ro"))
			out->readonly = true;
		else if (!is_harmless(option))
			return error_set(err, ERR_USAGE, "unknown option \"%.*s\"",
			                 TEXT_ARG(option));
	}
	return 0;
}

int
run_mount_parse_volume(struct text value, struct run_mount *out, struct error *err)
{
	struct text rest = value, first = text_cut(&rest, ':');
	struct run_mount m = { .kind = RUN_MOUNT_EMPTY, .target = first };

	if (rest.p != NULL) {
		m.kind = RUN_MOUNT_BIND;
		m.source = first;
		m.target = text_cut(&rest, ':');
		if (check_source(m.source, err) < 0)
			return -1;
	}
	if (check_target(m.target, err) < 0)
		return -1;
	if (rest.p != NULL && rest.n == 0)
		return error_set(err, ERR_USAGE, "no option behind the last \":\"");
	if (read_options(rest, &m, err) < 0)
		return -1;
	*out = m;
	return 0;
}

/* ------------------------------------------------------------ tmpfs */

static int
set_tmpfs(struct text key, struct text value, struct run_mount *out, struct error *err)
{
	if (text_is(key, "size") || text_is(key, "tmpfs-size")) {
		if (number_size(value, &out->size))
			return 0;
		return error_set(err, ERR_USAGE, "%.*s: not a size", TEXT_ARG(key));
	}
	if (text_is(key, "mode") || text_is(key, "tmpfs-mode")) {
		if (number_octal(value, &out->mode) && out->mode <= 07777)
			return 0;
		return error_set(err, ERR_USAGE, "%.*s: not an octal mode",
		                 TEXT_ARG(key));
	}
	return error_set(err, ERR_USAGE, "unknown option \"%.*s\"", TEXT_ARG(key));
}

int
run_mount_parse_tmpfs(struct text value, struct run_mount *out, struct error *err)
{
	/* What all mounts of a sandbox have, or what makes no difference. */
	static const char *const known[] = { "rw", "nosuid", "nodev", "exec", "noatime" };
	struct text rest = value;
	struct run_mount m = { .kind = RUN_MOUNT_TMPFS, .mode = TMPFS_MODE };

	m.target = text_cut(&rest, ':');
	if (check_target(m.target, err) < 0)
		return -1;
	while (rest.n > 0) {
		struct text option = text_cut(&rest, ','), arg = option;
		struct text key = text_cut(&arg, '=');
		bool is_known = false;

		for (size_t i = 0; i < COUNT_OF(known); i++)
			is_known = is_known || text_is(option, known[i]);
		if (text_is(option, "ro"))
			m.readonly = true;
		else if (!is_known && set_tmpfs(key, arg, &m, err) < 0)
			return -1;
	}
	*out = m;
	return 0;
}

/* ------------------------------------------------------------ --mount */

static int
set_type(struct text value, struct run_mount *out, struct error *err)
{
	if (text_is(value, "bind"))
		out->kind = RUN_MOUNT_BIND;
	else if (text_is(value, "volume"))
		out->kind = RUN_MOUNT_EMPTY;
	else if (text_is(value, "tmpfs"))
		out->kind = RUN_MOUNT_TMPFS;
	else
		return error_set(err, ERR_USAGE, "type must be bind, volume or tmpfs");
	return 0;
}

static int
set_field(struct text field, struct run_mount *out, struct error *err)
{
	struct text value = field, key = text_cut(&value, '=');

	if (text_is(key, "type"))
		return set_type(value, out, err);
	if (text_is(key, "source") || text_is(key, "src"))
		out->source = value;
	else if (text_is(key, "target") || text_is(key, "destination") ||
	         text_is(key, "dst"))
		out->target = value;
	else if (text_is(key, "readonly") || text_is(key, "ro")) {
		out->readonly = true;
		if (value.p != NULL && !number_bool(value, &out->readonly))
			return error_set(err, ERR_USAGE, "%.*s: not true or false",
			                 TEXT_ARG(key));
	} else
		return set_tmpfs(key, value, out, err);
	return 0;
}

int
run_mount_parse(struct text value, struct run_mount *out, struct error *err)
{
	struct run_mount m = { .kind = RUN_MOUNT_EMPTY, .mode = TMPFS_MODE };
	struct text rest = value;

	if (value.n == 0)
		return error_set(err, ERR_USAGE, "must be type=bind,source=…,target=…");
	while (rest.n > 0)
		if (set_field(text_cut(&rest, ','), &m, err) < 0)
			return -1;
	if (m.target.p == NULL)
		return error_set(err, ERR_USAGE, "target= is missing");
	if (check_target(m.target, err) < 0 ||
	    (m.kind == RUN_MOUNT_BIND && check_source(m.source, err) < 0))
		return -1;
	if (m.kind != RUN_MOUNT_BIND && m.source.n > 0)
		return error_set(err, ERR_USAGE,
		                 "source= is for type=bind: nothing is kept");
	*out = m;
	return 0;
}
