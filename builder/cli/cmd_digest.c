#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/ends.h"

struct digest_words {
	struct ends_options ends;
	bool full;
};

static const struct option_row rows[] = {
	ROW_AUTHFILE,
	ROW_CREDS,
	ROW_FORMAT,
	{ "full-ref", 0, NULL, OPTION_FLAG, offsetof(struct digest_words, full), NULL,
	  "print NAME@DIGEST" },
	ROW_INSECURE,
	{ "platform", 0, "OS/ARCH", OPTION_CALL, 0, ends_set_platform,
	  "of an index the image for this platform" },
	ROW_RETRY,
	ROW_ROOT,
	ROW_TLS_VERIFY,
	{ 0 },
};

static void
print_digest(const struct digest_words *o, const char *word, const struct descriptor *d)
{
	auto_json json_t *object = json_object();
	auto_free char *text = NULL, *named = NULL;
	const char *at = strchr(word, '@');
	char digest[DIGEST_TEXT_MAX];

	digest_text(&d->digest, digest);
	if (o->ends.transfer.store.json) {
		jsonio_set(object, "name", jsonio_string(text_of(word)));
		jsonio_set(object, "digest", json_string(digest));
		jsonio_set(object, "mediaType", jsonio_string(text_of(d->media_type)));
		jsonio_set(object, "size", json_integer((json_int_t)d->size));
		text = jsonio_print(object);
		visible_write(stdout, text_of(text), VISIBLE_LINE);
		putchar('\n');
		return;
	}
	named = mem_copy_n(word, at == NULL ? strlen(word) : (size_t)(at - word));
	printf("%s%s%s\n", o->full ? named : "", o->full ? "@" : "", digest);
}

static int
find(struct digest_words *o, const char *word, const struct transfer *t,
     struct descriptor *out, struct error *err)
{
	auto_depot struct depot *p = depot_open(word, DEPOT_READ, BARE_EITHER,
	                                        &t->options, err);
	auto_registry_document struct registry_document d = { 0 };
	auto_depot_image struct depot_image image = { 0 };

	if (p == NULL)
		return -1;
	if (o->ends.platforms.list.n > 0) {
		if (depot_image(p, &o->ends.platforms.list.at[0], &image, err) < 0)
			return -1;
		descriptor_copy(out, &image.manifest);
		return 0;
	}
	if (depot_find(p, &d, err) < 0)
		return -1;
	descriptor_copy(out, &d.descriptor);
	return 0;
}

static int
find_word(struct digest_words *o, const char *word, struct error *err)
{
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	struct transfer t;
	int failed = ends_start(&t, &o->ends, "Reading", word, NULL, BARE_EITHER, err);

	if (failed == 0)
		failed = find(o, word, &t, &d, err);
	transfer_end(&t);
	if (failed == 0)
		print_digest(o, word, &d);
	return failed;
}

static int
cmd_digest_work(void *options, const struct words_left *words, struct error *err)
{
	struct digest_words *o = options;
	int failed = command_words(&cmd_digest, words, 1, SIZE_MAX, err);

	if (failed == 0 && o->ends.platforms.list.n > 1)
		return error_set(err, ERR_USAGE, "--platform: one at a time");
	for (size_t i = 0; i < words->list.n && failed == 0; i++)
		failed = find_word(o, words->list.at[i], err);
	return failed;
}

static int
cmd_digest_run(const struct command *self, int argc, char **argv)
{
	struct digest_words o = { 0 };
	int status = 0;

	ends_init(&o.ends);
	status = command_run(self, argc, argv, &o, cmd_digest_work);
	ends_clear(&o.ends);
	return status;
}

struct command cmd_digest = {
	.name = "digest",
	.arguments = "[OPTIONS] NAME…",
	.summary = "Print the digest that a name has now.",
	.options = rows,
	.run = cmd_digest_run,
};
