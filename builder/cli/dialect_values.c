#include "builder/cli/dialect_values.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "builder/cli/build_limits.h"
#include "builder/cli/build_options.h"
#include "builder/cli/build_values.h"
#include "builder/cli/cmd.h"
#include "builder/cli/values.h"

/* ------------------------------------------------------------ helpers */

static int
refuse(struct error *err, const char *what, const char *hint)
{
	error_set(err, ERR_USAGE, "%s", what);
	return error_hint(err, "%s", hint);
}

static int
give(const char *name, struct build_options *o, struct text value, struct error *err)
{
	return option_store(option_find(&cmd_build, text_of(name)), o, value, err);
}

static struct output *
new_output(struct build_options *o, enum output_type type, struct text dest)
{
	struct output *out = array_add(&o->request.outputs);

	*out = (struct output){ .type = type,
		                .type_given = true,
		                .level = COMPRESS_LEVEL_DEFAULT,
		                .dest = text_copy(dest) };
	return out;
}

/* ------------------------------------------------------------ kaniko */

int
add_destination(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (add_tag(o, value, err) < 0)
		return -1;
	array_push(&o->other.destinations, value);
	return 0;
}

int
set_context(void *target, struct text value, struct error *err)
{
	if (value.n == 0)
		return error_set(err, ERR_USAGE, "the context is empty");
	((struct build_options *)target)->other.context = value.p;
	return 0;
}

int
set_sub_path(void *target, struct text value, struct error *err)
{
	(void)err;
	((struct build_options *)target)->other.sub_path = value.n == 0 ? NULL : value.p;
	return 0;
}

int
set_dockerfile(void *target, struct text value, struct error *err)
{
	(void)err;
	((struct build_options *)target)->other.dockerfile = value.n == 0 ? NULL
	                                                                  : value.p;
	return 0;
}

int
set_cache(void *target, struct text value, struct error *err)
{
	return value_flag(value, &((struct build_options *)target)->other.caches, err);
}

int
set_cache_repo(void *target, struct text value, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;

	if (value.n > 0 && !text_starts(value, "oci:") &&
	    reference_parse(&ref, value, err) < 0)
		return -1;
	((struct build_options *)target)->other.cache_repo = value.n == 0 ? NULL
	                                                                  : value.p;
	return 0;
}

int
set_dry_run(void *target, struct text value, struct error *err)
{
	return value_flag(value, &((struct build_options *)target)->request.dry_run, err);
}

int
set_no_push(void *target, struct text value, struct error *err)
{
	return value_flag(value, &((struct build_options *)target)->other.pushes_not,
	                  err);
}

int
set_no_push_cache(void *target, struct text value, struct error *err)
{
	return value_flag(value, &((struct build_options *)target)->other.keeps_cache,
	                  err);
}

int
add_tar_path(void *target, struct text value, struct error *err)
{
	if (value.n == 0)
		return error_set(err, ERR_USAGE, "the path is empty");
	new_output(target, OUTPUT_DOCKER, value);
	return 0;
}

int
add_oci_layout(void *target, struct text value, struct error *err)
{
	if (value.n == 0 || text_is(value, "-"))
		return error_set(err, ERR_USAGE, "must be a directory");
	new_output(target, OUTPUT_OCI, value)->layout_dir = true;
	return 0;
}

int
set_insecure_push(void *target, struct text value, struct error *err)
{
	return value_flag(value, &((struct build_options *)target)->other.insecure_push,
	                  err);
}

int
set_insecure(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	bool on = false;

	if (value_flag(value, &on, err) < 0)
		return -1;
	o->request.wishes.insecure_all = on;
	return 0;
}

int
add_insecure_registry(void *target, struct text value, struct error *err)
{
	(void)err;
	if (value.n > 0)
		array_push(&((struct build_options *)target)->request.insecure_registries,
		           value);
	return 0;
}

/* HOST=FILE */
int
add_certificate(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text file = value, host = text_cut(&file, '=');

	if (host.n == 0 || file.n == 0)
		return error_set(err, ERR_USAGE, "must be HOST=FILE");
	array_push(&o->request.wishes.certs,
	           ((struct registry_certs){
	                   .host = build_options_own(o, text_copy(host)).p,
	                   .ca = build_options_own(o, text_copy(file)).p }));
	return 0;
}

/* HOST=CERT,KEY */
int
add_client_cert(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text key = value, host = text_cut(&key, '='), cert = text_cut(&key, ',');

	if (host.n == 0 || cert.n == 0 || key.n == 0)
		return error_set(err, ERR_USAGE, "must be HOST=CERTIFICATE,KEY");
	array_push(&o->request.wishes.certs,
	           ((struct registry_certs){
	                   .host = build_options_own(o, text_copy(host)).p,
	                   .cert = build_options_own(o, text_copy(cert)).p,
	                   .key = build_options_own(o, text_copy(key)).p }));
	return 0;
}

int
set_reproducible(void *target, struct text value, struct error *err)
{
	bool on = false;

	if (value_flag(value, &on, err) < 0)
		return -1;
	return on ? set_epoch(target, TEXT("0"), err) : 0;
}

static int
set_squash_to(void *target, struct text value, enum squash squash, struct error *err)
{
	bool on = false;

	if (value_flag(value, &on, err) < 0)
		return -1;
	((struct build_options *)target)->request.squash = on ? squash : SQUASH_NONE;
	return 0;
}

int
set_single_snapshot(void *target, struct text value, struct error *err)
{
	return set_squash_to(target, value, SQUASH_NEW, err);
}

int
set_verbosity(void *target, struct text value, struct error *err)
{
	static const char *const quiet[] = { "panic", "fatal", "error" };
	static const char *const plain[] = { "warn", "warning", "info", "debug",
		                             "trace" };
	struct build_options *o = target;

	for (size_t i = 0; i < COUNT_OF(quiet); i++) {
		if (text_is(value, quiet[i])) {
			o->progress = PROGRESS_QUIET;
			return 0;
		}
	}
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		if (text_is(value, plain[i])) {
			o->progress = PROGRESS_PLAIN;
			return 0;
		}
	}
	return error_set(err, ERR_USAGE,
	                 "must be panic, fatal, error, warn, info, debug or trace");
}

int
set_log_format(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (text_is(value, "json"))
		o->progress = PROGRESS_JSONL;
	else if (text_is(value, "text") || text_is(value, "color"))
		o->progress = PROGRESS_PLAIN;
	else
		return error_set(err, ERR_USAGE, "must be text, color or json");
	return 0;
}

/* ------------------------------------------------------------ buildah, podman */

int
set_arch(void *target, struct text value, struct error *err)
{
	(void)err;
	((struct build_options *)target)->other.arch = value;
	return 0;
}

int
set_os(void *target, struct text value, struct error *err)
{
	(void)err;
	((struct build_options *)target)->other.os = value;
	return 0;
}

int
set_variant(void *target, struct text value, struct error *err)
{
	(void)err;
	((struct build_options *)target)->other.variant = value;
	return 0;
}

static int
set_policy(void *target, struct text value, enum pull_policy policy, struct error *err)
{
	bool on = false;

	if (value_flag(value, &on, err) < 0)
		return -1;
	if (on)
		((struct build_options *)target)->request.pull = policy;
	return 0;
}

int
set_pull_always(void *target, struct text value, struct error *err)
{
	return set_policy(target, value, PULL_ALWAYS, err);
}

int
set_pull_never(void *target, struct text value, struct error *err)
{
	return set_policy(target, value, PULL_NEVER, err);
}

int
set_registries_conf(void *target, struct text value, struct error *err)
{
	(void)target;
	(void)err;
	if (value.n > 0)
		setenv("CONTAINERS_REGISTRIES_CONF", value.p, 1);
	return 0;
}

int
set_rewrite(void *target, struct text value, struct error *err)
{
	bool on = false;

	if (value_flag(value, &on, err) < 0)
		return -1;
	((struct build_options *)target)->keep_times = !on;
	return 0;
}

int
set_squash_all(void *target, struct text value, struct error *err)
{
	return set_squash_to(target, value, SQUASH_ALL, err);
}

/* ------------------------------------------------------------ docker */

int
set_config(void *target, struct text value, struct error *err)
{
	(void)target;
	(void)err;
	if (value.n > 0)
		setenv("DOCKER_CONFIG", value.p, 1);
	return 0;
}

/* ------------------------------------------------------------ buildctl */

int
set_frontend(void *target, struct text value, struct error *err)
{
	(void)target;
	if (text_is(value, "dockerfile.v0") || text_is(value, "gateway.v0"))
		return 0;
	return refuse(err, "there is no such front end", "the only one is dockerfile.v0");
}

/* NAME=DIR: the main context, where the Dockerfile is, or another context. */
int
add_local(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text dir = value, name = text_cut(&dir, '=');

	if (name.n == 0 || dir.n == 0)
		return error_set(err, ERR_USAGE, "must be NAME=DIRECTORY");
	if (text_is(name, "context"))
		o->other.context = dir.p;
	else if (text_is(name, "dockerfile"))
		o->other.dockerfile_dir = dir.p;
	else
		return add_context(o, value, err);
	return 0;
}

/* NAME=DIR */
int
add_layout_context(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text dir = value, name = text_cut(&dir, '=');

	if (name.n == 0 || dir.n == 0)
		return error_set(err, ERR_USAGE, "must be NAME=DIRECTORY");
	return add_context(o,
	                   build_options_own(o, mem_print("%.*s=oci-layout://%.*s",
	                                                  TEXT_ARG(name), TEXT_ARG(dir))),
	                   err);
}

/* The keys of the front end, and the options that have the same values. */
static const struct {
	const char *key, *option;
} opts[] = {
	{ "target", "target" },
	{ "platform", "platform" },
	{ "no-cache", "no-cache-filter" },
	{ "force-network-mode", "network" },
	{ "shm-size", "shm-size" },
	{ "ulimit", "ulimit" },
	{ "image-resolve-mode", "pull" },
};

/* 1 if KEY is one of these, 0, or -1. */
static int
add_opt_with_name(struct build_options *o, struct text key, struct text value,
                  struct error *err)
{
	static const struct {
		const char *prefix, *option;
	} named[] = { { "build-arg:", "build-arg" },
		      { "label:", "label" },
		      { "context:", "build-context" } };

	for (size_t i = 0; i < COUNT_OF(named); i++) {
		struct text pair;

		if (!text_starts(key, named[i].prefix))
			continue;
		key = text_from(key, strlen(named[i].prefix));
		pair = build_options_own(
		        o, mem_print("%.*s=%.*s", TEXT_ARG(key), TEXT_ARG(value)));
		return give(named[i].option, o, pair, err) < 0 ? -1 : 1;
	}
	return 0;
}

static int
add_opt_value(struct build_options *o, struct text key, struct text value,
              struct error *err)
{
	if (text_is(key, "no-cache") && value.n == 0) {
		o->request.no_cache = true;
		return 0;
	}
	if (text_is(key, "image-resolve-mode"))
		value = text_is(value, "pull") ? TEXT("always") : TEXT("missing");
	for (size_t i = 0; i < COUNT_OF(opts); i++)
		if (text_is(key, opts[i].key))
			return give(opts[i].option, o, value, err);
	error_set(err, ERR_USAGE, "unknown key \"%.*s\"", TEXT_ARG(key));
	return error_hint(err, "see: cooper help buildctl");
}

int
add_opt(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text key = text_cut(&value, '=');
	int found = 0;

	if (key.n == 0 || value.p == NULL)
		return error_set(err, ERR_USAGE, "must be KEY=VALUE");
	if (text_is(key, "filename")) {
		o->other.filename = value.p;
		return 0;
	}
	if (text_is(key, "context")) {
		o->other.context = value.p;
		return 0;
	}
	if (text_is(key, "source") || text_is(key, "cmdline"))
		return 0;
	found = add_opt_with_name(o, key, value, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return add_opt_value(o, key, value, err);
}
