#include "builder/cli/run_options.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/input.h"
#include "base/number.h"
#include "builder/cli/values.h"

#define ENV_FILE_MAX  ((size_t)1 << 20)
#define GRACE_SECONDS 10
#define HOSTNAME_MAX  64 /* HOST_NAME_MAX */

/* ------------------------------------------------------------ environment */

/* NAME=VALUE, or NAME with our own value. */
static int
read_variable(struct text value, struct variable *out, struct error *err)
{
	struct text name = text_cut(&value, '=');
	auto_free char *key = text_copy(name);

	if (name.n == 0)
		return error_set(err, ERR_USAGE, "a variable needs a name");
	*out = (struct variable){ name, value.p == NULL ? text_of(getenv(key)) : value };
	return 0;
}

static int
add_env(void *target, struct text value, struct error *err)
{
	struct run_options *o = target;
	struct variable v = { 0 };

	if (read_variable(value, &v, err) < 0)
		return -1;
	array_push(&o->env, v);
	return 0;
}

static int
add_env_line(struct run_options *o, struct text line, struct error *err)
{
	struct variable v = { 0 };

	while (line.n > 0 && isspace((unsigned char)line.p[0]))
		line = text_from(line, 1);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (line.p[line.n - 1] == '\r')
		line.n--;
	if (memchr(line.p, '\0', line.n) != NULL)
		return error_set(err, ERR_USAGE, "a line has a NUL byte");
	if (read_variable(line, &v, err) < 0)
		return -1;
	for (size_t i = 0; i < v.name.n; i++)
		if (isspace((unsigned char)v.name.p[i]))
			return error_set(err, ERR_USAGE,
			                 "variable \"%.*s\" has a blank in its name",
			                 TEXT_ARG(v.name));
	if (v.value.p != NULL)
		array_push(&o->request.env, v);
	return 0;
}

static int
read_env_file(struct run_options *o, struct text name, struct error *err)
{
	auto_free char *path = text_copy(name);
	auto_buf struct buf bytes = BUF_INIT;
	int found = input_read(AT_FDCWD, path, ENV_FILE_MAX, NULL, &bytes, err);
	struct text rest, line;

	if (found == 0)
		error_set(err, ERR_SOURCE, "%s: no such file",
		          *path == '\0' ? "\"\"" : path);
	if (found <= 0)
		return error_wrap(err, "--env-file");
	rest.n = bytes.n;
	rest.p = buf_take(&bytes);
	array_push(&o->owned, (char *)rest.p);
	while (text_line(&rest, &line))
		if (add_env_line(o, line, err) < 0)
			return error_wrap(err, "--env-file %s", path);
	return 0;
}

/* ------------------------------------------------------------ capabilities */

static int
add_caps(uint64_t *bits, struct text value, struct error *err)
{
	const int number = sandbox_capability_find(value);

	if (text_equal_nocase(value, TEXT("all")))
		*bits = UINT64_MAX;
	else if (number >= 0)
		*bits |= UINT64_C(1) << number;
	else
		return error_set(err, ERR_USAGE, "not the name of a capability");
	return 0;
}

static int
drop_cap(void *target, struct text value, struct error *err)
{
	return add_caps(&((struct run_options *)target)->request.caps_dropped, value,
	                err);
}

static int
add_cap(void *target, struct text value, struct error *err)
{
	return add_caps(&((struct run_options *)target)->request.caps_added, value, err);
}

/* ------------------------------------------------------------ mounts */

typedef int parse_mount_fn(struct text value, struct run_mount *out, struct error *err);

static int
add_parsed(void *target, struct text value, parse_mount_fn *parse, struct error *err)
{
	struct run_mount mount = { 0 };

	if (parse(value, &mount, err) < 0)
		return -1;
	array_push(&((struct run_options *)target)->request.mounts, mount);
	return 0;
}

static int
add_volume(void *target, struct text value, struct error *err)
{
	return add_parsed(target, value, run_mount_parse_volume, err);
}

static int
add_mount(void *target, struct text value, struct error *err)
{
	return add_parsed(target, value, run_mount_parse, err);
}

static int
add_tmpfs(void *target, struct text value, struct error *err)
{
	return add_parsed(target, value, run_mount_parse_tmpfs, err);
}

/* ------------------------------------------------------------ one function an option */

static int
set_entrypoint(void *target, struct text value, struct error *err)
{
	struct run_request *r = &((struct run_options *)target)->request;

	(void)err;
	r->has_entrypoint = true;
	r->entrypoint = value;
	return 0;
}

static int
set_network(void *target, struct text value, struct error *err)
{
	struct run_request *r = &((struct run_options *)target)->request;

	if (!text_is(value, "host") && !text_is(value, "none") &&
	    !text_is(value, "default"))
		return error_set(err, ERR_USAGE, "must be host or none");
	r->network = text_is(value, "none") ? SANDBOX_NET_NONE : SANDBOX_NET_HOST;
	return 0;
}

static int
set_hostname(void *target, struct text value, struct error *err)
{
	struct run_request *r = &((struct run_options *)target)->request;

	if (value.n > HOSTNAME_MAX)
		return error_set(err, ERR_USAGE, "longer than %d bytes", HOSTNAME_MAX);
	for (size_t i = 0; i < value.n; i++)
		if (!isalnum((unsigned char)value.p[i]) &&
		    strchr("-._", value.p[i]) == NULL)
			return error_set(err, ERR_USAGE, "not a host name");
	r->hostname = value.n == 0 ? (struct text){ 0 } : value;
	return 0;
}

static int
set_workdir(void *target, struct text value, struct error *err)
{
	struct run_request *r = &((struct run_options *)target)->request;

	if (value.n > 0 && value.p[0] != '/')
		return error_set(err, ERR_USAGE, "must be an absolute path");
	r->workdir = value.n == 0 ? (struct text){ 0 } : value;
	return 0;
}

static int
add_host(void *target, struct text value, struct error *err)
{
	struct variable host = { 0 };

	if (value_host(value, &host, err) < 0)
		return -1;
	array_push(&((struct run_options *)target)->request.hosts, host);
	return 0;
}

static int
add_ulimit(void *target, struct text value, struct error *err)
{
	struct sandbox_limit limit = { 0 };

	if (value_ulimit(value, &limit, err) < 0)
		return -1;
	array_push(&((struct run_options *)target)->request.limits.list, limit);
	return 0;
}

static int
set_cpus(void *target, struct text value, struct error *err)
{
	return value_cpus(
	        value, &((struct run_options *)target)->request.limits.cpu_percent, err);
}

static int
set_isolation(void *target, struct text value, struct error *err)
{
	if (!isolation_parse(value, &((struct run_options *)target)->request.isolation))
		return error_set(err, ERR_USAGE, "must be auto, ns, chroot or trap");
	return 0;
}

static int
set_pull(void *target, struct text value, struct error *err)
{
	struct run_options *o = target;

	if (text_is(value, "missing"))
		o->pull = PULL_MISSING;
	else if (text_is(value, "always"))
		o->pull = PULL_ALWAYS;
	else if (text_is(value, "never"))
		o->pull = PULL_NEVER;
	else
		return error_set(err, ERR_USAGE, "must be missing, always or never");
	return 0;
}

/* ------------------------------------------------------------ what is different here */

static int
set_rm(void *target, struct text value, struct error *err)
{
	bool on = true;

	(void)target;
	if (value_flag(value, &on, err) < 0)
		return -1;
	if (on)
		return 0;
	error_set(err, ERR_USAGE, "no container is kept");
	return error_hint(err, "what it shall leave behind goes to a directory: -v "
	                       "./DIR:/PATH");
}

static int
refuse_detach(void *target, struct text value, struct error *err)
{
	bool on = true;

	(void)target;
	if (value_flag(value, &on, err) < 0)
		return -1;
	if (!on)
		return 0;
	error_set(err, ERR_USAGE, "a container runs in the foreground only");
	return error_hint(err, "let your shell put it in the background: cooper run … &; "
	                       "or a service manager, such as systemd-run");
}

static int
refuse_privileged(void *target, struct text value, struct error *err)
{
	bool on = true;

	(void)target;
	if (value_flag(value, &on, err) < 0)
		return -1;
	if (!on)
		return 0;
	return error_set(err, ERR_POLICY,
	                 "a container gets no more rights than a RUN step");
}

static int
note_port(void *target, struct text value, struct error *err)
{
	if (value.n == 0)
		return error_set(err, ERR_USAGE, "must be [HOST:]PORT");
	((struct run_options *)target)->publishes = true;
	return 0;
}

static int
note_ports(void *target, struct text value, struct error *err)
{
	return value_flag(value, &((struct run_options *)target)->publishes, err);
}

/* ------------------------------------------------------------ the table */

#define AT(member)      offsetof(struct run_options, member)
#define REQUEST(member) offsetof(struct run_options, request.member)

const struct option_row run_option_rows[] = {
	{ "add-host", 0, "HOST:IP", OPTION_CALL, 0, add_host,
	  "add a line to /etc/hosts" },
	ROW_AUTHFILE,
	{ "cap-add", 0, "CAP", OPTION_CALL, 0, add_cap,
	  "give it this capability, too (also if --cap-drop=ALL is given)" },
	{ "cap-drop", 0, "CAP", OPTION_CALL, 0, drop_cap,
	  "take this capability away, or ALL" },
	{ "check-health", 0, NULL, OPTION_FLAG, REQUEST(checks_health), NULL,
	  "run the image's HEALTHCHECK and end with its answer: 0 healthy, 1 not" },
	{ "cpus", 0, "N", OPTION_CALL, 0, set_cpus, "limit it to N CPUs" },
	ROW_CREDS,
	{ "entrypoint", 0, "WORD", OPTION_CALL, 0, set_entrypoint,
	  "the program, instead of the image's ENTRYPOINT and CMD (\"\": none)" },
	{ "env", 'e', "NAME[=VALUE]", OPTION_CALL, 0, add_env,
	  "set a variable (no value: that of the environment)" },
	{ "env-file", 0, "FILE", OPTION_TEXTS, AT(env_files), NULL,
	  "set the variables of FILE, one on each line" },
	{ "hostname", 'h', "NAME", OPTION_CALL, 0, set_hostname,
	  "its host name (default: a random one)" },
	ROW_INSECURE,
	{ "interactive", 'i', NULL, OPTION_FLAG, AT(takes_input), NULL,
	  "give it standard input even if that is a terminal" },
	{ "isolation", 0, "auto|ns|chroot|trap", OPTION_CALL, 0, set_isolation,
	  "how it is kept apart from this machine" },
	{ "memory", 'm', "SIZE", OPTION_SIZE, REQUEST(limits.memory_max), NULL,
	  "limit its memory" },
	{ "mount", 0, "type=TYPE,KEY=VALUE,…", OPTION_CALL, 0, add_mount,
	  "type=bind,source=PATH,target=PATH[,readonly], or type=tmpfs,target=PATH" },
	{ "name", 0, "NAME", OPTION_TEXT, AT(name), NULL,
	  "accepted for compatibility: no container is kept, so it needs no name" },
	{ "network", 0, "host|none", OPTION_CALL, 0, set_network,
	  "this machine's network (default), or none" },
	{ "pids-limit", 0, "N", OPTION_SIZE, REQUEST(limits.pids_max), NULL,
	  "limit the number of its processes" },
	{ "platform", 0, "OS/ARCH", OPTION_TEXT, AT(platform), NULL,
	  "which image of an index (default: this machine's)" },
	ROW_PROGRESS,
	{ "publish", 'p', "PORTS", OPTION_CALL, 0, note_port,
	  "accepted for compatibility: its ports are this machine's, as they are" },
	{ "pull", 0, "missing|always|never", OPTION_CALL, 0, set_pull,
	  "when to fetch the image (default missing)" },
	ROW_QUIET,
	{ "read-only", 0, NULL, OPTION_FLAG, REQUEST(readonly_root), NULL,
	  "only volumes and mounts can be written to" },
	{ "rm", 0, NULL, OPTION_CALL_FLAG, 0, set_rm,
	  "remove the container at the end; this is always done" },
	ROW_ROOT,
	{ "shm-size", 0, "SIZE", OPTION_SIZE, REQUEST(limits.shm_size), NULL,
	  "size of /dev/shm" },
	{ "stop-timeout", 0, "SECONDS", OPTION_COUNT, AT(stop_timeout), NULL,
	  "from the signal to end until it is killed (default 10)" },
	ROW_TLS_VERIFY,
	{ "tmpfs", 0, "PATH[:OPTIONS]", OPTION_CALL, 0, add_tmpfs,
	  "mount an empty file system in memory (options: size=SIZE,mode=MODE,ro)" },
	{ "tty", 't', NULL, OPTION_FLAG, AT(has_terminal), NULL,
	  "give it a terminal of its own" },
	{ "ulimit", 0, "TYPE=SOFT[:HARD]", OPTION_CALL, 0, add_ulimit, "set a limit" },
	{ "user", 'u', "USER[:GROUP]", OPTION_TEXT, REQUEST(user), NULL,
	  "run as this user of the image, or this id" },
	{ "volume", 'v', "HOST:PATH[:ro]", OPTION_CALL, 0, add_volume,
	  "mount a directory or file of this machine (only PATH: an empty directory)" },
	{ "workdir", 'w', "DIR", OPTION_CALL, 0, set_workdir,
	  "the directory to start in; made if it is missing" },
	{ "detach", 'd', NULL, OPTION_CALL_FLAG, 0, refuse_detach, NULL },
	{ "init", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "privileged", 0, NULL, OPTION_CALL_FLAG, 0, refuse_privileged, NULL },
	{ "publish-all", 'P', NULL, OPTION_CALL_FLAG, 0, note_ports, NULL },
	{ 0 },
};

/* ------------------------------------------------------------ */

void
run_options_init(struct run_options *o)
{
	*o = (struct run_options){ .stop_timeout = GRACE_SECONDS };
	transfer_options_init(&o->transfer);
}

int
run_options_settle(struct run_options *o, struct error *err)
{
	struct run_request *r = &o->request;

	for (size_t i = 0; i < o->env_files.n; i++)
		if (read_env_file(o, o->env_files.at[i], err) < 0)
			return -1;
	for (size_t i = 0; i < o->env.n; i++)
		if (o->env.at[i].value.p != NULL)
			array_push(&r->env, o->env.at[i]);
	/* A name counts more than ALL. */
	if (r->caps_dropped == UINT64_MAX)
		r->caps_dropped &= ~r->caps_added;
	r->grace_ns = (int64_t)o->stop_timeout * NS_PER_S;
	r->has_terminal = o->has_terminal;
	r->takes_input = o->takes_input;
	if (o->publishes)
		event_warn(0, "%s",
		           r->network == SANDBOX_NET_NONE
		                   ? "--publish has no effect: --network=none"
		                   : "--publish maps nothing: the container uses the "
		                     "network of this machine, so its ports are "
		                     "reachable under their own numbers");
	return 0;
}

void
run_options_clear(struct run_options *o)
{
	transfer_options_clear(&o->transfer);
	run_request_clear(&o->request);
	for (size_t i = 0; i < o->owned.n; i++)
		free(o->owned.at[i]);
	array_clear(&o->owned);
	array_clear(&o->env);
	array_clear(&o->env_files);
}
