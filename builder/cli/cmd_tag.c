#include "builder/cli/cmd.h"

#include "base/base.h"
#include "builder/cli/command.h"
#include "builder/cli/stored.h"
#include "builder/cli/tag_remote.h"
#include "layers/store.h"
#include "layers/tags.h"

static const struct option_row rows[] = {
	ROW_AUTHFILE, ROW_CREDS, ROW_FORMAT,     ROW_INSECURE,
	ROW_RETRY,    ROW_ROOT,  ROW_TLS_VERIFY, { 0 },
};

/* ------------------------------------------------------------ in the store */

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
tag_stored(const char *root, const struct words_left *words, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = NULL;
	struct store *store = NULL;
	int failed = command_words(&cmd_tag, words, 2, SIZE_MAX, err);

	if (failed < 0)
		return -1;
	store = store_open(root, err);
	if (store == NULL)
		return -1;
	failed = stored_find(store, words->list.at[0], &full, &target, err);
	for (size_t i = 1; failed == 0 && i < words->list.n; i++)
		failed = tag_as(store, &target, words->list.at[i], err);
	store_close(store);
	return failed;
}

/* ------------------------------------------------------------ in registries */

enum action { TAG_STORED, TAG_LIST, TAG_REMOVE };

static enum action
action_of(const char *word)
{
	static const struct {
		const char *word;
		enum action action;
	} actions[] = {
		{ "ls", TAG_LIST },    { "list", TAG_LIST },     { "rm", TAG_REMOVE },
		{ "del", TAG_REMOVE }, { "delete", TAG_REMOVE }, { "remove", TAG_REMOVE },
	};

	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (strcmp(actions[i].word, word) == 0)
			return actions[i].action;
	return TAG_STORED;
}

/* An image of the store may be called "ls"; then it is meant, as it always was. */
static bool
is_stored(const char *root, const char *name)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = mem_print("docker.io/library/%s:latest", name);
	struct store *store = store_open(root, &ignored);
	bool found = store != NULL && tags_find(store, full, &target, &ignored) > 0;

	store_close(store);
	return found;
}

static int
cmd_tag_work(void *options, const struct words_left *words, struct error *err)
{
	struct ends_options *o = options;
	const char *root = o->transfer.store.root;
	enum action action = words->list.n == 0 ? TAG_STORED
	                                        : action_of(words->list.at[0]);

	if (action == TAG_STORED || is_stored(root, words->list.at[0]))
		return tag_stored(root, words, err);
	if (command_words(&cmd_tag, words, 2, action == TAG_LIST ? 2 : SIZE_MAX, err) < 0)
		return -1;
	if (action == TAG_LIST)
		return tag_list(o, words->list.at[1], err);
	for (size_t i = 1; i < words->list.n; i++)
		if (tag_remove(o, words->list.at[i], err) < 0)
			return -1;
	return 0;
}

static int
cmd_tag_run(const struct command *self, int argc, char **argv)
{
	struct ends_options o = { 0 };
	int status = 0;

	ends_init(&o);
	status = command_run(self, argc, argv, &o, cmd_tag_work);
	ends_clear(&o);
	return status;
}

struct command cmd_tag = {
	.name = "tag",
	.arguments = "[OPTIONS] NAME NEW-NAME… | ls REPOSITORY | rm NAME…",
	.summary = "Name an image of the store; list, remove tags of a registry.",
	.options = rows,
	.run = cmd_tag_run,
	.actions = "ls rm",
};
