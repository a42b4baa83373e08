#include "builder/cli/build_values.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "base/platform.h"
#include "builder/cli/build_options.h"
#include "builder/cli/values.h"
#include "parser/config.h"
#include "parser/git_url.h"
#include "parser/plan.h"

/* ------------------------------------------------------------ helpers */

/* "name=value" → its halves; false if there is no "=". */
static bool
split_pair(struct text t, struct text *name, struct text *value)
{
	*name = text_cut(&t, '=');
	*value = t;
	return t.p != NULL;
}

/* Cuts the next comma field off *REST. */
static bool
next_comma(struct text *rest, struct text *field)
{
	if (rest->n == 0)
		return false;
	*field = text_cut(rest, ',');
	return true;
}

/* ------------------------------------------------------------ one function an option */

/* Without "=" the value is that of our environment, or the argument is not given. */
int
add_build_arg(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text name, given;

	if (!split_pair(value, &name, &given)) {
		auto_free char *key = text_copy(name);
		const char *ours = getenv(key);

		if (ours == NULL)
			return 0;
		given = text_of(ours);
	}
	if (name.n == 0)
		return error_set(err, ERR_USAGE, "a build argument needs a name");
	array_push(&o->request.build_args, ((struct variable){ name, given }));
	return 0;
}

int
add_label(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text name, given;

	split_pair(value, &name, &given);
	if (name.n == 0)
		return error_set(err, ERR_USAGE, "a label needs a name");
	array_push(&o->request.labels,
	           ((struct variable){ name, given.p == NULL ? TEXT("") : given }));
	return 0;
}

/* An empty value of an option that may come several times, where a script had nothing to
 * say, adds nothing; a name that is empty is a mistake. */
int
add_annotation(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (value.n == 0)
		return 0;
	return annotation_parse(&o->request.annotations, value, err);
}

int
add_host(void *target, struct text value, struct error *err)
{
	struct variable host = { 0 };

	if (value_host(value, &host, err) < 0)
		return -1;
	array_push(&((struct build_options *)target)->request.hosts, host);
	return 0;
}

static void
classify_context(struct named_context *c)
{
	if (text_is(c->value, "docker-image://scratch")) {
		c->kind = CONTEXT_SCRATCH;
	} else if (text_starts(c->value, "docker-image://")) {
		c->kind = CONTEXT_IMAGE;
		c->value = text_from(c->value, strlen("docker-image://"));
	} else if (text_starts(c->value, "oci-layout://")) {
		c->kind = CONTEXT_LAYOUT;
		c->value = text_from(c->value, strlen("oci-layout://"));
	} else if (git_url_is(c->value)) {
		c->kind = CONTEXT_GIT;
	} else if (text_starts(c->value, "http://") ||
	           text_starts(c->value, "https://")) {
		c->kind = CONTEXT_HTTP;
	} else {
		c->kind = CONTEXT_LOCAL;
	}
}

/* Names are normalised like image names: lower case, ":latest" dropped. */
int
add_context(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct named_context c = { 0 };
	struct text name;
	char *lower = NULL;

	if (!split_pair(value, &name, &c.value) || name.n == 0 || c.value.n == 0)
		return error_set(err, ERR_USAGE,
		                 "invalid context specifier, must be NAME=VALUE");
	lower = text_copy(name);
	for (char *p = lower; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	c.name = build_options_own(o, lower);
	if (text_ends(c.name, ":latest"))
		c.name = text_first(c.name, c.name.n - strlen(":latest"));
	classify_context(&c);
	array_push(&o->request.contexts, c);
	return 0;
}

int
add_output(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (value.n == 0)
		return 0;
	return output_parse(array_add(&o->request.outputs), value, err);
}

int
set_pull(void *target, struct text value, struct error *err)
{
	static const char *const names[] = { "missing", "always", "newer", "never" };
	struct build_options *o = target;
	bool on = false;

	if (value.p == NULL) {
		o->request.pull = PULL_ALWAYS;
		o->other.bare_pull = true;
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (text_is(value, names[i])) {
			o->request.pull = (enum pull_policy)i;
			return 0;
		}
	}
	if (!number_bool(value, &on))
		return error_set(err, ERR_USAGE,
		                 "must be always, missing, newer or never");
	o->request.pull = on ? PULL_ALWAYS : PULL_MISSING;
	return 0;
}

int
add_tag(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_reference struct reference ref = REFERENCE_INIT;
	int is_place = dialect_add_place(o, value, err);

	if (is_place != 0)
		return is_place < 0 ? -1 : 0;
	if (reference_parse(&ref, value, err) < 0)
		return -1;
	if (ref.digest != NULL)
		return error_set(err, ERR_USAGE, "a tag cannot have a digest");
	array_push(&o->request.tags, value);
	return 0;
}

static int
add_comma_list(struct text value, void *list)
{
	ARRAY(struct text) *texts = list;
	struct text rest = value, field;

	while (next_comma(&rest, &field))
		array_push(texts, field);
	return 0;
}

static bool
has_platform(const struct build_options *o, const struct platform *wanted)
{
	for (size_t i = 0; i < o->request.platforms.n; i++) {
		auto_platform struct platform platform = PLATFORM_INIT;
		auto_error struct error ignored = ERROR_INIT;

		if (platform_parse(&platform, o->request.platforms.at[i], &ignored) ==
		            0 &&
		    platform_equal(&platform, wanted))
			return true;
	}
	return false;
}

int
add_platforms(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text rest = value, field;

	while (next_comma(&rest, &field)) {
		auto_platform struct platform platform = PLATFORM_INIT;

		if (platform_parse(&platform, field, err) < 0)
			return -1;
		if (!has_platform(o, &platform))
			array_push(&o->request.platforms, field);
	}
	return 0;
}

int
add_no_cache_filter(void *target, struct text value, struct error *err)
{
	(void)err;
	return add_comma_list(value,
	                      &((struct build_options *)target)->request.no_cache_stages);
}

int
set_network(void *target, struct text value, struct error *err)
{
	/* Words of others for a network of one's own that reaches the world, which is
	 * what a step has anyway. */
	static const char *const usual[] = { "bridge", "private",     "nat",
		                             "pasta",  "slirp4netns", "enabled" };
	struct build_options *o = target;
	struct text kind = value, rest = value;

	kind = text_cut(&rest, ':');
	for (size_t i = 0; i < COUNT_OF(usual); i++)
		if (text_is(kind, usual[i]))
			value = TEXT("default");
	if (text_is(value, "disabled"))
		value = TEXT("none");
	if (!text_is(value, "default") && !text_is(value, "none") &&
	    !text_is(value, "host")) {
		error_set(err, ERR_USAGE, "must be default, none or host");
		return error_hint(err, "steps cannot join the network of a container or "
		                       "one with a name");
	}
	/* Who gives a network to all steps grants it to each. */
	o->request.allow_host_network |= text_is(value, "host");
	o->request.network = value;
	return 0;
}

int
add_allow(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text rest = value, field;

	while (next_comma(&rest, &field)) {
		if (text_is(field, "network.host"))
			o->request.allow_host_network = true;
		else if (text_is(field, "security.insecure"))
			o->request.allow_insecure = true;
		else if (text_is(field, "buildx.local.delete"))
			o->request.allow_delete = true;
		else if (text_is(field, "device") || text_starts(field, "device=") ||
		         text_is(field, "ssh") || text_starts(field, "fs"))
			dialect_note(o, "allow",
			             "steps get no devices, and files of "
			             "this machine need no permission");
		else
			return error_set(err, ERR_USAGE, "unknown entitlement \"%.*s\"",
			                 TEXT_ARG(field));
	}
	return 0;
}

int
set_isolation(void *target, struct text value, struct error *err)
{
	/* Docker's word for its own choice, and the runtimes of buildah, whose walls
	 * the strongest engine has. */
	static const char *const usual[] = { "default", "oci", "rootless", "process" };
	struct build_options *o = target;

	for (size_t i = 0; i < COUNT_OF(usual); i++)
		if (text_is(value, usual[i]))
			value = TEXT("auto");
	if (isolation_parse(value, &o->request.isolation))
		return 0;
	error_set(err, ERR_USAGE, "must be auto, ns, chroot or trap");
	return error_hint(err, "default, oci, rootless and process are auto, too; "
	                       "virtual machines are not used");
}

int
set_progress(void *target, struct text value, struct error *err)
{
	if (!progress_parse(value, &((struct build_options *)target)->progress))
		return error_set(err, ERR_USAGE, PROGRESS_HELP);
	return 0;
}

int
set_log_dir(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (value.n == 0) {
		error_set(err, ERR_USAGE, "the name of the directory is empty");
		return error_hint(err, "name a directory; each step gets a file there");
	}
	o->log_dir = build_options_own(o, text_copy(value)).p;
	return 0;
}

int
set_print_plan(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (text_is(value, "json"))
		o->request.print_plan = PLAN_JSON;
	else if (text_is(value, "dot"))
		o->request.print_plan = PLAN_DOT;
	else
		return error_set(err, ERR_USAGE, "must be json or dot");
	return 0;
}

int
set_format(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (text_is(value, "docker") || text_is(value, "v2s2"))
		o->docker_types = true;
	else if (text_is(value, "oci"))
		o->docker_types = false;
	else if (text_is(value, "json") || text_is(value, "text"))
		o->request.call_json = text_is(value, "json");
	else
		return error_set(err, ERR_USAGE, "must be json or text, oci or docker");
	return 0;
}

/* NAME[,format=FORMAT] */
int
set_call(void *target, struct text value, struct error *err)
{
	static const struct {
		const char *name;
		enum call_kind kind;
	} known[] = {
		{ "build", CALL_BUILD },     { "check", CALL_CHECK },
		{ "lint", CALL_CHECK },      { "outline", CALL_OUTLINE },
		{ "targets", CALL_TARGETS }, { "subrequests.describe", CALL_DESCRIBE }
	};
	struct build_options *o = target;
	struct text rest = value, name = text_cut(&rest, ',');

	if (rest.n > 0) {
		if (!text_starts(rest, "format="))
			return error_set(err, ERR_USAGE, "unknown part %.*s",
			                 TEXT_ARG(rest));
		if (set_format(target, text_from(rest, strlen("format=")), err) < 0)
			return error_wrap(err, "format");
	}
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (text_is(name, known[i].name)) {
			o->request.call = known[i].kind;
			return 0;
		}
	}
	return error_set(
	        err, ERR_USAGE,
	        "must be build, check, outline, targets or subrequests.describe");
}

int
set_check(void *target, struct text value, struct error *err)
{
	bool on = true;

	if (value_flag(value, &on, err) < 0)
		return -1;
	if (on)
		((struct build_options *)target)->request.call = CALL_CHECK;
	return 0;
}

int
set_on_error(void *target, struct text value, struct error *err)
{
	struct build_request *r = &((struct build_options *)target)->request;

	if (!text_is(value, "stop") && !text_is(value, "shell") &&
	    !text_is(value, "keep"))
		return error_set(err, ERR_USAGE, "must be stop, shell or keep");
	r->shell_on_error = text_is(value, "shell");
	r->keep_on_error = text_is(value, "keep");
	return 0;
}

int
set_mode_policy(void *target, struct text value, struct error *err)
{
	struct build_request *r = &((struct build_options *)target)->request;

	if (!text_is(value, "keep") && !text_is(value, "git"))
		return error_set(err, ERR_USAGE, "must be keep or git");
	r->git_modes = text_is(value, "git");
	return 0;
}

/* The same as the variable of this name, which it overrides. */
int
set_epoch(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	uint64_t seconds = 0;

	/* The meaning of a name is known only after the Dockerfile was read. */
	if (!number_u64(value, &seconds) &&
	    (value.n == 0 || !isalpha((unsigned char)value.p[0])))
		return error_set(err, ERR_USAGE,
		                 "must be seconds since 1970, \"context\", or the name "
		                 "of a context or stage");
	array_push(&o->request.build_args,
	           ((struct variable){ TEXT("SOURCE_DATE_EPOCH"), value }));
	return 0;
}
