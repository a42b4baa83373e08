#include "builder/cli/build_run_values.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "base/count.h"
#include "base/path.h"
#include "builder/cli/build_options.h"
#include "builder/cli/values.h"

#define DNS_TEXT_MAX 255

static struct run_surroundings *
surroundings(void *target)
{
	return &((struct build_options *)target)->request.surroundings;
}

/* ------------------------------------------------------------ volumes */

/* Access, and what SELinux would need, which has no meaning here. */
static int
set_volume_option(struct run_volume *v, struct text word, struct error *err)
{
	static const char *const nothing[] = { "rw", "z", "Z", "private", "rprivate" };

	if (text_is(word, "ro")) {
		v->readonly = true;
		return 0;
	}
	if (text_is(word, "O")) {
		v->is_discarded = true;
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(nothing); i++)
		if (text_is(word, nothing[i]))
			return 0;
	error_set(err, ERR_USAGE, "unknown option \"%.*s\"", TEXT_ARG(word));
	return error_hint(err, "there are ro, rw, z, Z and O (writes are discarded)");
}

/* An absolute path, for the steps must not depend on where we are. Caller frees. */
static char *
source_of(struct text given)
{
	auto_free char *path = text_copy(given);

	if (given.n == 0 || (path[0] != '/' && path[0] != '.'))
		return NULL;
	return path[0] == '/' ? take(path) : realpath(path, NULL);
}

/* HOST:PATH[:OPTION,…] */
int
add_volume(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct run_volume v = { 0 };
	struct text rest = value, given = text_cut(&rest, ':');
	char *source = source_of(given);

	v.target = text_cut(&rest, ':');
	if (source != NULL)
		v.source = build_options_own(o, source);
	if (source == NULL || v.target.n == 0 || v.target.p[0] != '/') {
		error_set(err, ERR_USAGE, "must be HOST:PATH, with paths that exist");
		return error_hint(err, "a volume is a directory or file of this machine: "
		                       "--volume /dir:/mnt:ro");
	}
	if (access(v.source.p, F_OK) < 0) {
		error_sys(err, "%s", v.source.p);
		return error_named(err, ERR_SOURCE);
	}
	while (rest.n > 0)
		if (set_volume_option(&v, text_cut(&rest, ','), err) < 0)
			return -1;
	array_push(&o->request.surroundings.volumes, v);
	return 0;
}

int
add_left_out(void *target, struct text value, struct error *err)
{
	if (value.n < 2 || value.p[0] != '/')
		return error_set(err, ERR_USAGE, "must be an absolute path, and not /");
	array_push(&surroundings(target)->left_out, value);
	return 0;
}

/* ------------------------------------------------------------ capabilities */

static int
add_caps(uint64_t *bits, struct text value, struct error *err)
{
	while (value.n > 0) {
		struct text name = text_cut(&value, ',');
		int number = sandbox_capability_find(name);

		if (text_equal_nocase(name, TEXT("all")))
			*bits = UINT64_MAX;
		else if (number >= 0)
			*bits |= UINT64_C(1) << number;
		else
			return error_set(err, ERR_USAGE, "unknown capability \"%.*s\"",
			                 TEXT_ARG(name));
	}
	return 0;
}

int
add_cap_added(void *target, struct text value, struct error *err)
{
	return add_caps(&surroundings(target)->caps_added, value, err);
}

int
add_cap_dropped(void *target, struct text value, struct error *err)
{
	return add_caps(&surroundings(target)->caps_dropped, value, err);
}

/* ------------------------------------------------------------ names */

int
add_dns(void *target, struct text value, struct error *err)
{
	if (!value_is_address(value))
		return error_set(err, ERR_USAGE, "must be an IP address");
	array_push(&surroundings(target)->dns, value);
	return 0;
}

/* One word of a line of resolv.conf. */
static int
check_word(struct text value, struct error *err)
{
	bool fits = value.n > 0 && value.n <= DNS_TEXT_MAX;

	for (size_t i = 0; fits && i < value.n; i++)
		fits = value.p[i] > ' ' && value.p[i] < 127;
	return fits ? 0 : error_set(err, ERR_USAGE, "must be a word");
}

int
add_dns_search(void *target, struct text value, struct error *err)
{
	if (check_word(value, err) < 0)
		return -1;
	array_push(&surroundings(target)->dns_search, value);
	return 0;
}

int
add_dns_option(void *target, struct text value, struct error *err)
{
	if (check_word(value, err) < 0)
		return -1;
	array_push(&surroundings(target)->dns_options, value);
	return 0;
}
