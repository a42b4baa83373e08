#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/formatted.h"
#include "builder/cli/inspected.h"
#include "builder/cli/shown_image.h"
#include "builder/cli/values.h"
#include "layers/store.h"
#include "layers/tags.h"

enum raw { RAW_NONE, RAW_ROOT, RAW_MANIFEST, RAW_CONFIG };

struct inspect_options {
	struct ends_options ends;
	struct text platform;
	enum raw raw;
	bool raw_alone; /* --raw without a value, so far */
	bool remote;
	struct formatted format;
	bool is_docker; /* "cooper image inspect": docker's document */
};

static bool
raw_parse(struct text value, enum raw *out)
{
	if (text_is(value, "manifest"))
		*out = RAW_MANIFEST;
	else if (text_is(value, "config"))
		*out = RAW_CONFIG;
	else if (text_is(value, "root"))
		*out = RAW_ROOT;
	else
		return false;
	return true;
}

/* Alone it is the root, unless --config says what is meant. */
static int
set_raw(void *target, struct text value, struct error *err)
{
	struct inspect_options *o = target;

	o->raw_alone = value.n == 0;
	if (value.n == 0) {
		o->raw = o->raw == RAW_CONFIG ? RAW_CONFIG : RAW_ROOT;
		return 0;
	}
	if (!raw_parse(value, &o->raw))
		return error_set(err, ERR_USAGE, "must be manifest, config or root");
	return 0;
}

static int
set_config(void *target, struct text value, struct error *err)
{
	struct inspect_options *o = target;
	bool wanted = true;

	if (value_flag(value, &wanted, err) < 0)
		return -1;
	if (wanted)
		o->raw = RAW_CONFIG;
	return 0;
}

static int
set_format(void *target, struct text value, struct error *err)
{
	return formatted_parse(&((struct inspect_options *)target)->format, value, err);
}

/* As docker and podman have it: what else could be meant is not in the store. */
static int
set_type(void *target, struct text value, struct error *err)
{
	(void)target;
	if (text_is(value, "image") || text_is(value, "all"))
		return 0;
	return error_set(err, ERR_USAGE, "only images can be inspected");
}

static const struct option_row rows[] = {
	ROW_AUTHFILE,
	{ "config", 0, "[=true|false]", OPTION_CALL_FLAG, 0, set_config,
	  "print the image's config byte for byte" },
	ROW_CREDS,
	{ "format", 'f', "json|TEMPLATE", OPTION_CALL, 0, set_format,
	  "docker's document as one line of JSON, or parts of it by a template of Go\n"
	  "'{{.Id}}', '{{json .Config.Env}}', '{{index .RepoDigests 0}}'" },
	ROW_INSECURE,
	{ "no-tags", 'n', NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "platform", 0, "OS/ARCH", OPTION_TEXT,
	  offsetof(struct inspect_options, platform), NULL,
	  "which image of an index (default: this machine's)" },
	{ "raw", 0, "[=manifest|config|root]", OPTION_CALL_FLAG, 0, set_raw,
	  "print one document byte for byte (root: what the name points to)" },
	{ "remote", 0, NULL, OPTION_FLAG, offsetof(struct inspect_options, remote), NULL,
	  "names are in registries, not in the store: like docker://NAME" },
	ROW_RETRY,
	ROW_ROOT,
	ROW_TLS_VERIFY,
	{ "type", 0, "image", OPTION_CALL, 0, set_type, NULL },
	{ 0 },
};

/* ------------------------------------------------------------ documents */

static void
print_raw(const struct inspected *in, enum raw raw)
{
	const struct buf *bytes = raw == RAW_CONFIG ? &in->config
	                          : raw == RAW_ROOT ? &in->root
	                                            : &in->manifest;

	fwrite(buf_str(bytes), 1, bytes->n, stdout);
}

static void
set_text(json_t *object, const char *member, const char *text)
{
	jsonio_set(object, member, jsonio_string(text_of(text)));
}

/* The document in BYTES as JSON, under MEMBER. */
static int
set_document(const struct buf *bytes, json_t *object, const char *member,
             struct error *err)
{
	json_t *document = jsonio_parse(buf_text(bytes), member, err);

	if (document == NULL)
		return -1;
	jsonio_set(object, member, document);
	return 0;
}

/* cooper's own members, all in lower case. */
static int
set_own(const struct inspected *in, json_t *object, struct error *err)
{
	const struct stored *s = &in->stored;
	auto_free char *platform = platform_print(&s->platform);
	char digest[DIGEST_TEXT_MAX], time[CLOCK_TEXT_MAX];
	bool is_index = !digest_equal(&s->root.digest, &s->manifest.digest);

	set_text(object, "name", in->name);
	set_text(object, "id", digest_text(&s->document.config.digest, digest));
	set_text(object, "digest", digest_text(&s->root.digest, digest));
	set_text(object, "mediaType", s->root.media_type);
	set_text(object, "manifestDigest", digest_text(&s->manifest.digest, digest));
	set_text(object, "platform", platform);
	if (s->created_ns != 0)
		set_text(object, "created", clock_print(s->created_ns, time));
	jsonio_set(object, "size", json_integer((json_int_t)s->size));
	if (is_index && set_document(&in->root, object, "index", err) < 0)
		return -1;
	if (set_document(&in->manifest, object, "manifest", err) < 0)
		return -1;
	jsonio_set(object, "config", json_incref(s->config));
	return 0;
}

/* The names that the store has of the image, or its own alone. */
static int
read_names(struct store *store, const struct inspected *in, struct tags *tags,
           const char ***names, size_t *n, struct error *err)
{
	if (store != NULL && tags_read(store, tags, err) < 0)
		return -1;
	*names = mem_new_n(tags->list.n + 2, sizeof **names);
	if (store == NULL)
		(*names)[(*n)++] = in->name;
	for (size_t i = 0; i < tags->list.n; i++)
		if (tags->list.at[i].name != NULL &&
		    digest_equal(&tags->list.at[i].target.digest,
		                 &in->stored.root.digest))
			(*names)[(*n)++] = tags->list.at[i].name;
	return 0;
}

/* Docker's document. */
static int
make_docker(struct store *store, const struct inspected *in, json_t **out,
            struct error *err)
{
	auto_tags struct tags tags = { 0 };
	auto_free const char **names = NULL;
	size_t n = 0;
	auto_json json_t *rest = json_object();
	json_t *notes = NULL;

	if (read_names(store, in, &tags, &names, &n, err) < 0 ||
	    set_document(&in->manifest, rest, "manifest", err) < 0)
		return -1;
	*out = shown_document(&in->stored, names, n);
	notes = json_object_get(json_object_get(rest, "manifest"), "annotations");
	jsonio_set(*out, "Annotations", notes == NULL ? json_null() : json_incref(notes));
	return 0;
}

static void
print_pretty(const json_t *json)
{
	auto_free char *text = jsonio_print_pretty(json);

	visible_write(stdout, text_of(text), VISIBLE_LINES);
	putchar('\n');
}

/* Templates find docker's members, and ours. */
static int
print_format(struct store *store, const struct inspected *in, struct formatted *f,
             struct error *err)
{
	auto_json json_t *object = NULL;
	auto_free char *text = NULL;

	if (make_docker(store, in, &object, err) < 0)
		return -1;
	if (f->kind == FORMATTED_TEMPLATE)
		return set_own(in, object, err) < 0
		               ? -1
		               : formatted_row(f, object, shown_maps, err);
	text = jsonio_print(object);
	visible_write(stdout, text_of(text), VISIBLE_LINE);
	putchar('\n');
	return 0;
}

/* ------------------------------------------------------------ work */

/* The images of NAMES; the store is opened for the first that is there. */
struct inspecting {
	struct inspect_options *options;
	struct store *store;
	json_t *list; /* of docker's documents */
};

static int
read_image(struct inspecting *i, const char *name, const struct platform *platform,
           bool elsewhere, struct inspected *in, struct error *err)
{
	const struct inspect_options *o = i->options;

	if (elsewhere)
		return inspected_elsewhere(&o->ends, name, platform, o->raw != RAW_ROOT,
		                           in, err);
	if (i->store == NULL)
		i->store = store_open(o->ends.transfer.store.root, err);
	if (i->store == NULL)
		return -1;
	if (inspected_stored(i->store, name, platform, in, err) == 0)
		return 0;
	if (err->code == ERR_SOURCE && err->hint != NULL &&
	    strcmp(err->hint, STORED_HINT) == 0) {
		free(take(err->hint));
		error_hint(err, STORED_HINT "; in a registry: cooper inspect docker://%s",
		           name);
	}
	return -1;
}

static int
inspect(struct inspecting *i, const char *name, struct error *err)
{
	struct inspect_options *o = i->options;
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_inspected struct inspected in = { 0 };
	auto_json json_t *object = NULL;
	bool any = o->platform.p == NULL;
	bool elsewhere = o->remote || inspected_is_elsewhere(name);
	struct store *store = NULL;

	if (!any && platform_parse(&platform, o->platform, err) < 0)
		return error_wrap(err, "--platform");
	if (read_image(i, name, any ? NULL : &platform, elsewhere, &in, err) < 0)
		return -1;
	store = elsewhere ? NULL : i->store;
	if (o->raw != RAW_NONE) {
		print_raw(&in, o->raw);
		return 0;
	}
	if (o->format.kind != FORMATTED_TEXT)
		return print_format(store, &in, &o->format, err);
	if (o->is_docker) {
		if (make_docker(store, &in, &object, err) < 0)
			return -1;
		json_array_append(i->list, object);
		return 0;
	}
	object = json_object();
	if (set_own(&in, object, err) < 0)
		return -1;
	print_pretty(object);
	return 0;
}

static int
cmd_inspect_work(void *options, const struct words_left *words, struct error *err)
{
	struct inspect_options *o = options;
	auto_json json_t *list = json_array();
	struct inspecting i = { .options = o, .list = list };
	size_t first = 0;
	int failed = command_words(&cmd_inspect, words, 1, SIZE_MAX, err);

	if (failed < 0)
		return -1;
	/* "--raw manifest NAME": its value as a word. */
	if (o->raw_alone && words->list.n > 1 &&
	    raw_parse(text_of(words->list.at[0]), &o->raw))
		first = 1;
	for (; first < words->list.n && failed == 0; first++)
		failed = inspect(&i, words->list.at[first], err);
	if (failed == 0 && json_array_size(list) > 0)
		print_pretty(list);
	store_close(i.store);
	return failed;
}

static int
inspect_run_as(const struct command *self, int argc, char **argv, bool is_docker)
{
	struct inspect_options o = { .is_docker = is_docker };
	int status = 0;

	ends_init(&o.ends);
	status = command_run(self, argc, argv, &o, cmd_inspect_work);
	formatted_clear(&o.format);
	ends_clear(&o.ends);
	return status;
}

static int
cmd_inspect_run(const struct command *self, int argc, char **argv)
{
	return inspect_run_as(self, argc, argv, false);
}

static int
inspect_docker_run(const struct command *self, int argc, char **argv)
{
	return inspect_run_as(self, argc, argv, true);
}

struct command cmd_image_inspect = {
	.name = "image inspect",
	.arguments = "[OPTIONS] NAME…",
	.summary = "Print images as `docker image inspect` does.",
	.options = rows,
	.run = inspect_docker_run,
};

struct command cmd_inspect = {
	.name = "inspect",
	.arguments = "[OPTIONS] NAME…",
	.summary = "Print an image's digests, manifest and config as JSON.",
	.options = rows,
	.run = cmd_inspect_run,
};
