#include "builder/cli/dialect_values.h"

#include <unistd.h>

#include "base/base.h"
#include "base/number.h"
#include "builder/cli/build_limits.h"
#include "builder/cli/build_options.h"
#include "builder/cli/build_run_values.h"

static int
refuse(struct error *err, const char *what, const char *hint)
{
	error_set(err, ERR_USAGE, "%s", what);
	return error_hint(err, "%s", hint);
}

int
set_letter_b(void *target, struct text value, struct error *err)
{
	(void)target;
	(void)value;
	return refuse(err, "contexts are not fetched from buckets",
	              "fetch the archive and send it: cooper build - <context.tar.gz");
}

int
set_letter_c(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_free char *path = text_copy(value);
	uint64_t number = 0;

	if (o->speaker == SPEAK_KANIKO)
		return set_context(o, value, err);
	if (o->speaker != SPEAK_ANY || number_u64(value, &number))
		return set_cpu_shares(o, value, err);
	if (memmem(path, strlen(path), "://", 3) != NULL || access(path, F_OK) == 0)
		return set_context(o, value, err);
	return refuse(err, "neither a number of CPU shares nor a context",
	              "write --cpu-shares NUMBER (docker, buildah) or --context PATH "
	              "(kaniko)");
}

int
set_letter_debug(void *target, struct text value, struct error *err)
{
	(void)value;
	(void)err;
	dialect_note(target, "debug", "for more, set COOPER_DEBUG=keys,http,sandbox");
	return 0;
}

int
set_letter_host(void *target, struct text value, struct error *err)
{
	(void)value;
	(void)err;
	dialect_note(target, "host",
	             "cooper needs no daemon and builds in its own process");
	return 0;
}

int
set_letter_level(void *target, struct text value, struct error *err)
{
	(void)value;
	(void)err;
	dialect_note(target, "log-level", "for more, set COOPER_DEBUG=keys,http,sandbox");
	return 0;
}

int
set_letter_v(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_error struct error ignored = ERROR_INIT;

	if ((o->speaker & SPEAK_PODS) != 0)
		return add_volume(o, value, err);
	if (o->speaker == SPEAK_KANIKO)
		return set_verbosity(o, value, err);
	if (set_verbosity(o, value, &ignored) == 0)
		return 0;
	if (text_find(value, ':') > 0)
		return add_volume(o, value, err);
	return refuse(err, "neither a volume nor a level",
	              "write --volume HOST:PATH (buildah) or --verbosity LEVEL (kaniko)");
}
