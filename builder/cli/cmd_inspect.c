#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/formatted.h"
#include "builder/cli/shown_image.h"
#include "builder/cli/stored.h"
#include "layers/blob.h"
#include "layers/store.h"
#include "layers/tags.h"

#define DOCUMENT_MAX ((size_t)16 << 20)

enum raw { RAW_NONE, RAW_ROOT, RAW_MANIFEST, RAW_CONFIG };

struct inspect_options {
	struct store_options store;
	struct text platform;
	enum raw raw;
	struct formatted format;
	bool is_docker; /* "cooper image inspect": docker's document */
};

static int
set_raw(void *target, struct text value, struct error *err)
{
	struct inspect_options *o = target;

	if (text_is(value, "manifest"))
		o->raw = RAW_MANIFEST;
	else if (text_is(value, "config"))
		o->raw = RAW_CONFIG;
	else if (text_is(value, "root"))
		o->raw = RAW_ROOT;
	else
		return error_set(err, ERR_USAGE, "must be manifest, config or root");
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
	{ "format", 'f', "json|TEMPLATE", OPTION_CALL, 0, set_format,
	  "docker's document as one line of JSON, or parts of it by a template of Go\n"
	  "'{{.Id}}', '{{json .Config.Env}}', '{{index .RepoDigests 0}}'" },
	{ "platform", 0, "OS/ARCH", OPTION_TEXT,
	  offsetof(struct inspect_options, platform), NULL,
	  "which image of an index (default: this machine's)" },
	{ "raw", 0, "manifest|config|root", OPTION_CALL, 0, set_raw,
	  "print one document byte for byte (root: what the name points to)" },
	ROW_ROOT,
	{ "type", 0, "image", OPTION_CALL, 0, set_type, NULL },
	{ 0 },
};

static int
print_raw(struct store *store, const struct stored *s, enum raw raw, struct error *err)
{
	const struct digest *d = raw == RAW_CONFIG ? &s->document.config.digest
	                         : raw == RAW_ROOT ? &s->root.digest
	                                           : &s->manifest.digest;
	auto_buf struct buf bytes = BUF_INIT;

	if (blob_read(store, d, DOCUMENT_MAX, &bytes, err) < 0)
		return -1;
	fwrite(buf_str(&bytes), 1, bytes.n, stdout);
	return 0;
}

static void
set_text(json_t *object, const char *member, const char *text)
{
	jsonio_set(object, member, jsonio_string(text_of(text)));
}

/* The document D of the store as JSON, under MEMBER. */
static int
set_document(struct store *store, const struct descriptor *d, json_t *object,
             const char *member, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;
	json_t *document = NULL;

	if (blob_read(store, &d->digest, DOCUMENT_MAX, &bytes, err) < 0)
		return -1;
	document = jsonio_parse(buf_text(&bytes), member, err);
	if (document == NULL)
		return -1;
	jsonio_set(object, member, document);
	return 0;
}

/* cooper's own members, all in lower case. */
static int
set_own(struct store *store, const struct stored *s, const char *name, json_t *object,
        struct error *err)
{
	auto_free char *platform = platform_print(&s->platform);
	char digest[DIGEST_TEXT_MAX], time[CLOCK_TEXT_MAX];
	bool is_index = !digest_equal(&s->root.digest, &s->manifest.digest);

	set_text(object, "name", name);
	set_text(object, "id", digest_text(&s->document.config.digest, digest));
	set_text(object, "digest", digest_text(&s->root.digest, digest));
	set_text(object, "mediaType", s->root.media_type);
	set_text(object, "manifestDigest", digest_text(&s->manifest.digest, digest));
	set_text(object, "platform", platform);
	if (s->created_ns != 0)
		set_text(object, "created", clock_print(s->created_ns, time));
	jsonio_set(object, "size", json_integer((json_int_t)s->size));
	if (is_index && set_document(store, &s->root, object, "index", err) < 0)
		return -1;
	if (set_document(store, &s->manifest, object, "manifest", err) < 0)
		return -1;
	jsonio_set(object, "config", json_incref(s->config));
	return 0;
}

/* Docker's document. It names all names of the image. */
static int
make_docker(struct store *store, const struct stored *s, json_t **out, struct error *err)
{
	auto_tags struct tags tags = { 0 };
	auto_free const char **names = NULL;
	size_t n = 0;
	auto_json json_t *rest = json_object();
	json_t *notes = NULL;

	if (tags_read(store, &tags, err) < 0 ||
	    set_document(store, &s->manifest, rest, "manifest", err) < 0)
		return -1;
	names = mem_new_n(tags.list.n + 1, sizeof *names);
	for (size_t i = 0; i < tags.list.n; i++)
		if (tags.list.at[i].name != NULL &&
		    digest_equal(&tags.list.at[i].target.digest, &s->root.digest))
			names[n++] = tags.list.at[i].name;
	*out = shown_document(s, names, n);
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
print_format(struct store *store, const struct stored *s, const char *name,
             struct formatted *f, struct error *err)
{
	auto_json json_t *object = NULL;
	auto_free char *text = NULL;

	if (make_docker(store, s, &object, err) < 0)
		return -1;
	if (f->kind == FORMATTED_TEMPLATE)
		return set_own(store, s, name, object, err) < 0
		               ? -1
		               : formatted_row(f, object, shown_maps, err);
	text = jsonio_print(object);
	visible_write(stdout, text_of(text), VISIBLE_LINE);
	putchar('\n');
	return 0;
}

static int
inspect(struct store *store, struct inspect_options *o, const char *name, json_t *list,
        struct error *err)
{
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_stored struct stored s = STORED_INIT;
	auto_free char *full = NULL;
	auto_json json_t *object = NULL;
	bool any = o->platform.p == NULL;

	if (!any && platform_parse(&platform, o->platform, err) < 0)
		return error_wrap(err, "--platform");
	if (stored_find(store, name, &full, &target, err) < 0 ||
	    stored_read(store, &target, any ? NULL : &platform, &s, err) < 0)
		return -1;
	if (o->raw != RAW_NONE)
		return print_raw(store, &s, o->raw, err);
	if (o->format.kind != FORMATTED_TEXT)
		return print_format(store, &s, full, &o->format, err);
	if (o->is_docker) {
		if (make_docker(store, &s, &object, err) < 0)
			return -1;
		json_array_append(list, object);
		return 0;
	}
	object = json_object();
	if (set_own(store, &s, full, object, err) < 0)
		return -1;
	print_pretty(object);
	return 0;
}

static int
cmd_inspect_work(void *options, const struct words_left *words, struct error *err)
{
	struct inspect_options *o = options;
	auto_json json_t *list = json_array();
	struct store *store = NULL;
	int failed = command_words(&cmd_inspect, words, 1, SIZE_MAX, err);

	if (failed < 0)
		return -1;
	store = store_open(o->store.root, err);
	if (store == NULL)
		return -1;
	for (size_t i = 0; i < words->list.n && failed == 0; i++)
		failed = inspect(store, o, words->list.at[i], list, err);
	if (failed == 0 && json_array_size(list) > 0)
		print_pretty(list);
	store_close(store);
	return failed;
}

static int
inspect_run_as(const struct command *self, int argc, char **argv, bool is_docker)
{
	struct inspect_options o = { .is_docker = is_docker };
	int status = command_run(self, argc, argv, &o, cmd_inspect_work);

	formatted_clear(&o.format);
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
