#include "builder/cli/build_options.h"

#include <ctype.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <sys/resource.h>

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "base/platform.h"
#include "builder/cli/field_options.h"
#include "builder/cli/session.h"
#include "parser/config.h"
#include "parser/git_url.h"
#include "parser/plan.h"

#define CPU_PERIOD_US   100000 /* the kernel's */
#define CPU_PERCENT_MAX 1000000

/* ------------------------------------------------------------ helpers */

struct text
build_options_own(struct build_options *o, char *text)
{
	array_push(&o->owned, text);
	return text_of(text);
}

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
static int
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

static int
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
static int
add_annotation(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (value.n == 0)
		return 0;
	return annotation_parse(&o->request.annotations, value, err);
}

static bool
is_address(struct text t)
{
	auto_free char *s = text_copy(t);
	unsigned char bytes[sizeof(struct in6_addr)];

	return strlen(s) == t.n &&
	       (inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1);
}

/* host:ip, host=ip; an IPv6 address may be in brackets. */
static int
add_host(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	ptrdiff_t cut = text_find(value, '=');
	struct text name, address;

	if (cut < 0)
		cut = text_find(value, ':');
	if (cut <= 0)
		return error_set(err, ERR_USAGE, "must be HOST:ADDRESS");
	name = text_first(value, (size_t)cut);
	address = text_from(value, (size_t)cut + 1);
	if (address.n > 2 && address.p[0] == '[' && text_ends(address, "]"))
		address = (struct text){ address.p + 1, address.n - 2 };
	if (text_is(address, "host-gateway"))
		address = TEXT("127.0.0.1");
	if (!is_address(address))
		return error_set(err, ERR_USAGE, "must be HOST:ADDRESS");
	array_push(&o->request.hosts, ((struct variable){ name, address }));
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
static int
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

static int
add_output(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (value.n == 0)
		return 0;
	return output_parse(array_add(&o->request.outputs), value, err);
}

static int
add_cache_from(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (value.n == 0)
		return 0;
	return cache_place_parse(array_add(&o->request.cache_from), false, value, err);
}

static int
add_cache_to(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (value.n == 0)
		return 0;
	return cache_place_parse(array_add(&o->request.cache_to), true, value, err);
}

static int
set_pull(void *target, struct text value, struct error *err)
{
	static const char *const names[] = { "missing", "always", "newer", "never" };
	struct build_options *o = target;
	bool on = false;

	if (value.p == NULL) {
		o->request.pull = PULL_ALWAYS;
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

static int
add_tag(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_reference struct reference ref = REFERENCE_INIT;

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

static int
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

static int
add_no_cache_filter(void *target, struct text value, struct error *err)
{
	(void)err;
	return add_comma_list(value,
	                      &((struct build_options *)target)->request.no_cache_stages);
}

static int
set_network(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (!text_is(value, "default") && !text_is(value, "none") &&
	    !text_is(value, "host"))
		return error_set(err, ERR_USAGE, "must be default, none or host");
	o->request.network = value;
	return 0;
}

static int
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
		else
			return error_set(err, ERR_USAGE, "unknown entitlement \"%.*s\"",
			                 TEXT_ARG(field));
	}
	return 0;
}

static int
set_isolation(void *target, struct text value, struct error *err)
{
	if (!isolation_parse(value, &((struct build_options *)target)->request.isolation))
		return error_set(err, ERR_USAGE, "must be auto, ns or chroot");
	return 0;
}

static int
set_progress(void *target, struct text value, struct error *err)
{
	if (!progress_parse(value, &((struct build_options *)target)->progress))
		return error_set(err, ERR_USAGE,
		                 "must be auto, plain, tty, rawjson or quiet");
	return 0;
}

static int
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

/* -1 is no limit, RLIM_INFINITY. */
static bool
parse_limit(struct text t, uint64_t *out)
{
	if (text_is(t, "-1")) {
		*out = RLIM_INFINITY;
		return true;
	}
	return number_u64(t, out);
}

static int
add_ulimit(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct sandbox_limit limit = { 0 };
	struct text name, range, soft;

	split_pair(value, &name, &range);
	limit.resource = sandbox_limit_find(name);
	soft = text_cut(&range, ':');
	if (limit.resource < 0 || !parse_limit(soft, &limit.soft))
		return error_set(err, ERR_USAGE, "must be TYPE=SOFT[:HARD]");
	limit.hard = limit.soft;
	if (range.p != NULL && !parse_limit(range, &limit.hard))
		return error_set(err, ERR_USAGE, "must be TYPE=SOFT[:HARD]");
	if (limit.soft > limit.hard)
		return error_set(err, ERR_USAGE, "SOFT must not be more than HARD");
	array_push(&o->request.limits.list, limit);
	return 0;
}

static int
set_cpus(void *target, struct text value, struct error *err)
{
	auto_free char *copy = text_copy(value);
	char *end = NULL;
	double cpus = strtod(copy, &end);

	if (end == copy || *end != '\0' || !(cpus > 0 && cpus < 10000))
		return error_set(err, ERR_USAGE, "not a number of CPUs");
	((struct build_options *)target)->request.limits.cpu_percent =
	        (uint32_t)(cpus * 100);
	return 0;
}

static int
set_format(void *target, struct text value, struct error *err)
{
	if (!text_is(value, "json") && !text_is(value, "text"))
		return error_set(err, ERR_USAGE, "must be json or text");
	((struct build_options *)target)->request.call_json = text_is(value, "json");
	return 0;
}

/* NAME[,format=FORMAT] */
static int
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

static int
set_check(void *target, struct text value, struct error *err)
{
	bool on = true;

	if (value.p != NULL && !number_bool(value, &on))
		return error_set(err, ERR_USAGE, "not true or false");
	if (on)
		((struct build_options *)target)->request.call = CALL_CHECK;
	return 0;
}

static int
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

/* The same as the variable of this name, which it overrides. */
static int
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

/* Many scripts switch attestations off, which is how things are. */
static int
refuse_attestation(void *target, struct text value, struct error *err)
{
	bool on = true;

	(void)target;
	if (value.p != NULL && number_bool(value, &on) && !on)
		return 0;
	return error_set(err, ERR_USAGE, "attestations are not made");
}

/* ------------------------------------------------------------ the table */

#define AT(member) offsetof(struct build_options, request.member)

const struct option_row build_option_rows[] = {
	{ "add-host", 0, "HOST:IP", OPTION_CALL, 0, add_host,
	  "add a line to /etc/hosts of RUN steps" },
	{ "allow", 0, "NAME", OPTION_CALL, 0, add_allow,
	  "allow network.host, security.insecure or buildx.local.delete" },
	{ "annotation", 0, "[TYPE[OS/ARCH],…:]KEY=VALUE", OPTION_CALL, 0, add_annotation,
	  "add an annotation (TYPE: manifest, index, manifest-descriptor or "
	  "index-descriptor)" },
	{ "authfile", 0, "FILE", OPTION_STRING, AT(authfile), NULL,
	  "credentials, instead of the usual places" },
	{ "build-arg", 0, "NAME[=VALUE]", OPTION_CALL, 0, add_build_arg,
	  "set a build argument (no value: from the environment)" },
	{ "build-context", 0, "NAME=VALUE", OPTION_CALL, 0, add_context,
	  "add a named context (directory, docker-image://, oci-layout://, URL)" },
	{ "cache-from", 0, "PLACE", OPTION_CALL, 0, add_cache_from,
	  "use the cache of NAME, or type=TYPE,KEY=VALUE,…" CACHE_PLACE_HELP },
	{ "cache-max-size", 0, "SIZE", OPTION_SIZE, AT(store_max), NULL,
	  "afterwards remove the longest unused until the store is smaller" },
	{ "cache-to", 0, "PLACE", OPTION_CALL, 0, add_cache_to,
	  "write the cache to NAME, or "
	  "type=TYPE,KEY=VALUE,…[,mode=max]" CACHE_PLACE_HELP },
	{ "call", 0, "build|check|outline|targets", OPTION_CALL, 0, set_call,
	  "what to do instead of building" },
	{ "check", 0, NULL, OPTION_CALL_FLAG, 0, set_check, "same as --call=check" },
	{ "cpus", 0, "N", OPTION_CALL, 0, set_cpus, "limit a RUN step to N CPUs" },
	{ "digest-file", 0, "FILE", OPTION_STRING, AT(digest_file), NULL,
	  "write the manifest's digest to FILE (-: standard output)" },
	{ "file", 'f', "FILE", OPTION_STRING, AT(dockerfile), NULL,
	  "the Dockerfile (default PATH/Dockerfile; - for standard input, or a URL)" },
	{ "format", 0, "text|json", OPTION_CALL, 0, set_format,
	  "how the answer of --call is printed" },
	{ "iidfile", 0, "FILE", OPTION_STRING, AT(iidfile), NULL,
	  "write the image id (config digest) to FILE (-: standard output)" },
	{ "insecure-registry", 0, "HOST", OPTION_TEXTS, AT(insecure_registries), NULL,
	  "use plain HTTP or unverified TLS for HOST" },
	{ "isolation", 0, "auto|ns|chroot", OPTION_CALL, 0, set_isolation,
	  "how RUN steps are kept apart from this machine" },
	{ "jobs", 0, "N", OPTION_COUNT, AT(jobs), NULL, "steps at the same time" },
	{ "label", 0, "NAME=VALUE", OPTION_CALL, 0, add_label,
	  "set a label of the image" },
	{ "load", 0, NULL, OPTION_FLAG, offsetof(struct build_options, load), NULL,
	  "same as -o type=image: keep the image in the store, the default without -o "
	  "and --push" },
	{ "memory", 'm', "SIZE", OPTION_SIZE, AT(limits.memory_max), NULL,
	  "limit the memory of a RUN step" },
	{ "metadata-file", 0, "FILE", OPTION_STRING, AT(metadata_file), NULL,
	  "write digests and names as JSON to FILE (-: standard output)" },
	{ "network", 0, "default|none|host", OPTION_CALL, 0, set_network,
	  "of RUN steps (host needs --allow network.host)" },
	{ "no-cache", 0, NULL, OPTION_FLAG, AT(no_cache), NULL,
	  "run every step, with empty cache mounts" },
	{ "no-cache-filter", 0, "STAGE,…", OPTION_CALL, 0, add_no_cache_filter,
	  "run every step of these stages, with empty cache mounts" },
	{ "offline", 0, NULL, OPTION_FLAG, AT(offline), NULL,
	  "never connect to a registry, web or git server" },
	{ "on-error", 0, "stop|shell|keep", OPTION_CALL, 0, set_on_error,
	  "after a RUN step that failed open a shell in its root, or keep it for cooper "
	  "shell" },
	{ "output", 'o', "DEST", OPTION_CALL, 0, add_output,
	  "a directory, - (a tar to standard output), or "
	  "type=TYPE,KEY=VALUE,…" OUTPUT_HELP },
	{ "pids-limit", 0, "N", OPTION_SIZE, AT(limits.pids_max), NULL,
	  "limit the number of processes of a RUN step" },
	{ "platform", 0, "OS/ARCH,…", OPTION_CALL, 0, add_platforms,
	  "build for these platforms" },
	{ "print-plan", 0, "json|dot", OPTION_CALL, 0, set_print_plan,
	  "print the plan instead of building" },
	{ "progress", 0, "auto|plain|tty|rawjson|quiet", OPTION_CALL, 0, set_progress,
	  "how progress is shown (default auto)" },
	{ "pull", 0, "[=missing|always|newer|never]", OPTION_CALL_FLAG, 0, set_pull,
	  "when to look for newer base images (default missing)" },
	{ "push", 0, NULL, OPTION_FLAG, offsetof(struct build_options, push), NULL,
	  "same as -o type=registry: send the image to the registry of its name" },
	{ "quiet", 'q', NULL, OPTION_FLAG, offsetof(struct build_options, quiet), NULL,
	  "print the image id only" },
	{ "resource", 0, "memory=SIZE,…", OPTION_CALL, 0, add_resource,
	  "limit a RUN step: memory=SIZE, cpu-quota=US, cpu-period=US (default 100000)" },
	{ "root", 0, "DIR", OPTION_STRING, AT(root), NULL,
	  "the store (default $COOPER_ROOT)" },
	{ "secret", 0, "id=ID[,src=FILE|,env=NAME]", OPTION_CALL, 0, add_secret,
	  "give RUN --mount=type=secret a value; GIT_AUTH_TOKEN[.HOST] and "
	  "HTTP_AUTH_TOKEN_HOST are for sources" },
	{ "shm-size", 0, "SIZE", OPTION_SIZE, AT(limits.shm_size), NULL,
	  "size of /dev/shm of RUN steps" },
	{ "source-date-epoch", 0, "SECONDS|context|NAME", OPTION_CALL, 0, set_epoch,
	  "time that later times of the image are cut to: seconds, that of a context "
	  "from "
	  "elsewhere, or of a stage that ADDs one (default: the variable of this name)" },
	{ "ssh", 0, "default|ID[=SOCKET]", OPTION_CALL, 0, add_ssh,
	  "forward an agent to RUN --mount=type=ssh" },
	{ "tag", 't', "NAME", OPTION_CALL, 0, add_tag, "name the image (repeatable)" },
	{ "target", 0, "STAGE", OPTION_TEXT, AT(target), NULL,
	  "build this stage instead of the last" },
	{ "ulimit", 0, "TYPE=SOFT[:HARD]", OPTION_CALL, 0, add_ulimit,
	  "limits of RUN steps" },
	{ "unpack-max", 0, "SIZE", OPTION_SIZE, AT(unpack_max), NULL,
	  "bytes that may come out of one archive of ADD or a context (default 1G, or "
	  "200 "
	  "times its own size)" },
	{ "compress", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "disable-content-trust", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "layers", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "provenance", 0, NULL, OPTION_CALL_FLAG, 0, refuse_attestation, NULL },
	{ "rm", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "force-rm", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "sbom", 0, NULL, OPTION_CALL_FLAG, 0, refuse_attestation, NULL },
	{ 0 },
};

/* ------------------------------------------------------------ */

void
build_options_init(struct build_options *o)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	*o = (struct build_options){ .progress = session_progress() };
	o->request.network = TEXT("default");
	o->request.epoch = -1;
	/* Like docker's command line: the variable is a build argument, which a
	 * given one overrides because it comes later. */
	if (epoch != NULL && *epoch != '\0')
		array_push(
		        &o->request.build_args,
		        ((struct variable){ TEXT("SOURCE_DATE_EPOCH"), text_of(epoch) }));
}

static void
add_plain_output(struct build_options *o, enum output_type type)
{
	struct output *out = array_add(&o->request.outputs);

	out->type = type;
	out->level = COMPRESS_LEVEL_DEFAULT;
}

static bool
has_output(const struct build_options *o, enum output_type type)
{
	for (size_t i = 0; i < o->request.outputs.n; i++)
		if (o->request.outputs.at[i].type == type)
			return true;
	return false;
}

void
build_options_settle(struct build_options *o)
{
	uint64_t period = o->cpu_period > 0 ? o->cpu_period : CPU_PERIOD_US;
	uint64_t percent = (o->cpu_quota * 100 + period - 1) / period;

	/* Never 0, which is no limit. */
	if (o->cpu_quota > 0)
		o->request.limits.cpu_percent =
		        (uint32_t)(percent < CPU_PERCENT_MAX ? percent : CPU_PERCENT_MAX);
	if (!has_output(o, OUTPUT_IMAGE) &&
	    (o->load || (o->request.outputs.n == 0 && !o->push)))
		add_plain_output(o, OUTPUT_IMAGE);
	if (o->push && !has_output(o, OUTPUT_IMAGE) && !has_output(o, OUTPUT_REGISTRY))
		add_plain_output(o, OUTPUT_REGISTRY);
	for (size_t i = 0; i < o->request.outputs.n; i++)
		if (o->push && o->request.outputs.at[i].type == OUTPUT_IMAGE)
			o->request.outputs.at[i].push = true;
}

void
build_options_clear(struct build_options *o)
{
	build_request_clear(&o->request);
	for (size_t i = 0; i < o->owned.n; i++)
		free(o->owned.at[i]);
	array_clear(&o->owned);
}
