#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/ends.h"
#include "builder/depots/rebase.h"

struct rebase_words {
	struct ends_options ends;
	const char *old_base, *new_base, *tag;
};

#define AT(member) offsetof(struct rebase_words, member)

static const struct option_row rows[] = {
	ROW_AUTHFILE,
	ROW_CREDS,
	ROW_FORMAT,
	ROW_INSECURE,
	{ "new-base", 0, "NAME", OPTION_STRING, AT(new_base), NULL,
	  "the new base (default: the name of the old one, as it is now)" },
	{ "old-base", 0, "NAME", OPTION_STRING, AT(old_base), NULL,
	  "the base it was built on (default: what its annotations say)" },
	ROW_PROGRESS,
	ROW_QUIET,
	ROW_RETRY,
	ROW_ROOT,
	ROWS_ENDS,
	{ "tag", 't', "NAME", OPTION_STRING, AT(tag), NULL,
	  "the name of the result, instead of a second word" },
	ROW_TLS_VERIFY,
	{ 0 },
};

static void
print_result(const struct rebase_words *o, const char *name, const struct rebased *r)
{
	auto_json json_t *object = NULL;
	auto_free char *text = NULL;
	char digest[DIGEST_TEXT_MAX];

	if (!o->ends.transfer.store.json) {
		transfer_print(name, &r->root);
		return;
	}
	object = json_object();
	jsonio_set(object, "name", jsonio_string(text_of(name)));
	jsonio_set(object, "digest", json_string(digest_text(&r->root.digest, digest)));
	jsonio_set(object, "images", json_integer((json_int_t)r->images));
	jsonio_set(object, "unchanged", json_boolean(r->unchanged));
	text = jsonio_print(object);
	visible_write(stdout, text_of(text), VISIBLE_LINE);
	putchar('\n');
}

static int
rebase(const struct rebase_words *o, const char *image, const char *name,
       const struct transfer *t, struct rebased *out, struct error *err)
{
	const struct rebase_options options = { .old_base = o->old_base,
		                                .new_base = o->new_base,
		                                .bare = BARE_EITHER };
	auto_depot struct depot *from = NULL, *to = NULL;

	from = depot_open(image, DEPOT_READ, BARE_EITHER, &t->options, err);
	if (from == NULL)
		return -1;
	to = depot_open(name, DEPOT_CHANGE, BARE_REGISTRY, &t->options, err);
	if (to == NULL)
		return -1;
	return image_rebase(from, to, &options, out, err);
}

static int
check_words(const struct rebase_words *o, const struct words_left *words,
            struct error *err)
{
	auto_free char *host = NULL;

	if (o->tag == NULL)
		return command_words(&cmd_rebase, words, 2, 2, err);
	if (words->list.n > 1)
		return error_set(err, ERR_USAGE,
		                 "--tag names the result, and so does the word \"%s\"",
		                 words->list.at[1]);
	host = depot_host(o->tag, BARE_REGISTRY, err);
	if (host == NULL && err->code != ERR_NONE)
		return error_wrap(err, "--tag");
	return command_words(&cmd_rebase, words, 1, 1, err);
}

static int
cmd_rebase_work(void *options, const struct words_left *words, struct error *err)
{
	const struct rebase_words *o = options;
	struct rebased result = { 0 };
	const char *image = NULL, *name = NULL;
	struct transfer t;
	int failed = check_words(o, words, err);

	if (failed < 0)
		return -1;
	image = words->list.at[0];
	name = o->tag != NULL ? o->tag : words->list.at[1];
	failed = ends_start(&t, &o->ends, "Rebasing", image, name, BARE_REGISTRY, err);
	if (failed == 0)
		failed = rebase(o, image, name, &t, &result, err);
	transfer_end(&t);
	if (failed == 0)
		print_result(o, name, &result);
	descriptor_clear(&result.root);
	return failed;
}

static int
cmd_rebase_run(const struct command *self, int argc, char **argv)
{
	struct rebase_words o = { 0 };
	int status = 0;

	ends_init(&o.ends);
	status = command_run(self, argc, argv, &o, cmd_rebase_work);
	ends_clear(&o.ends);
	return status;
}

struct command cmd_rebase = {
	.name = "rebase",
	.arguments = "[OPTIONS] IMAGE NEW-NAME",
	.summary = "Put the layers of an image on another base.",
	.options = rows,
	.run = cmd_rebase_run,
};
