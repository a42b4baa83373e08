#include "builder/cli/cmd.h"

#include "base/base.h"
#include "builder/cli/command.h"
#include "builder/cli/stored.h"
#include "layers/store.h"
#include "layers/tags.h"

static const struct option_row rows[] = {
	ROW_ROOT,
	{ 0 },
};

static int
tag_as(struct store *store, const struct descriptor *target, const char *word,
       struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_free char *name = NULL;

	if (reference_parse(&ref, text_of(word), err) < 0)
		return -1;
	if (ref.digest != NULL)
		return error_set(err, ERR_USAGE, "%s: a new name cannot have a digest",
		                 word);
	name = reference_print(&ref);
	return tags_set(store, name, target, err);
}

static int
cmd_tag_work(void *options, const struct words_left *words, struct error *err)
{
	const struct store_options *o = options;
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = NULL;
	struct store *store = NULL;
	int failed = command_words(&cmd_tag, words, 2, SIZE_MAX, err);

	if (failed < 0)
		return -1;
	store = store_open(o->root, err);
	if (store == NULL)
		return -1;
	failed = stored_find(store, words->list.at[0], &full, &target, err);
	for (size_t i = 1; failed == 0 && i < words->list.n; i++)
		failed = tag_as(store, &target, words->list.at[i], err);
	store_close(store);
	return failed;
}

static int
cmd_tag_run(const struct command *self, int argc, char **argv)
{
	struct store_options o = { 0 };

	return command_run(self, argc, argv, &o, cmd_tag_work);
}

struct command cmd_tag = {
	.name = "tag",
	.arguments = "[OPTIONS] NAME NEW-NAME…",
	.summary = "Give an image of the store another name.",
	.options = rows,
	.run = cmd_tag_run,
};
