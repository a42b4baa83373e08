#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/stored.h"
#include "layers/blob.h"
#include "layers/store.h"

#define DOCUMENT_MAX ((size_t)16 << 20)

enum raw { RAW_NONE, RAW_ROOT, RAW_MANIFEST, RAW_CONFIG };

struct inspect_options {
	struct store_options store;
	struct text platform;
	enum raw raw;
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

static const struct option_row rows[] = {
	{ "platform", 0, "OS/ARCH", OPTION_TEXT,
	  offsetof(struct inspect_options, platform), NULL,
	  "which image of an index (default: this machine's)" },
	{ "raw", 0, "manifest|config|root", OPTION_CALL, 0, set_raw,
	  "print one document byte for byte (root: what the name points to)" },
	ROW_ROOT,
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

static int
print_json(struct store *store, const struct stored *s, const char *name,
           struct error *err)
{
	auto_json json_t *object = json_object();
	auto_free char *platform = platform_print(&s->platform), *text = NULL;
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
	text = jsonio_print_pretty(object);
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	putchar('\n');
	return 0;
}

static int
inspect(struct store *store, const struct inspect_options *o, const char *name,
        struct error *err)
{
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_stored struct stored s = STORED_INIT;
	auto_free char *full = NULL;
	bool any = o->platform.p == NULL;

	if (!any && platform_parse(&platform, o->platform, err) < 0)
		return error_wrap(err, "--platform");
	if (stored_find(store, name, &full, &target, err) < 0 ||
	    stored_read(store, &target, any ? NULL : &platform, &s, err) < 0)
		return -1;
	if (o->raw != RAW_NONE)
		return print_raw(store, &s, o->raw, err);
	return print_json(store, &s, full, err);
}

static int
work(void *options, const struct words_left *words, struct error *err)
{
	const struct inspect_options *o = options;
	struct store *store = NULL;
	int failed = command_words(&cmd_inspect, words, 1, 1, err);

	if (failed < 0)
		return -1;
	store = store_open(o->store.root, err);
	if (store == NULL)
		return -1;
	failed = inspect(store, o, words->list.at[0], err);
	store_close(store);
	return failed;
}

static int
run(const struct command *self, int argc, char **argv)
{
	struct inspect_options o = { 0 };

	return command_run(self, argc, argv, &o, work);
}

struct command cmd_inspect = {
	.name = "inspect",
	.arguments = "[OPTIONS] NAME",
	.summary = "Print an image's digests, manifest and config as JSON.",
	.options = rows,
	.run = run,
};
