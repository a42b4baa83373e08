#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/stored_id.h"
#include "layers/store.h"
#include "layers/tags.h"

struct rmi_options {
	struct store_options store;
	bool force, all;
};

static const struct option_row rows[] = {
	{ "all", 'a', NULL, OPTION_FLAG, offsetof(struct rmi_options, all), NULL,
	  "remove all names" },
	{ "force", 'f', NULL, OPTION_FLAG, offsetof(struct rmi_options, force), NULL,
	  "ignore names that do not exist" },
	{ "ignore", 'i', NULL, OPTION_FLAG, offsetof(struct rmi_options, force), NULL,
	  NULL },
	{ "no-prune", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "prune", 'p', NULL, OPTION_IGNORED, 0, NULL, NULL },
	ROW_ROOT,
	{ 0 },
};

struct names {
	ARRAY(char *) list; /* full ones; owned */
};

static void
names_clear(struct names *names)
{
	for (size_t i = 0; i < names->list.n; i++)
		free(names->list.at[i]);
	array_clear(&names->list);
}
#define auto_names __attribute__((cleanup(names_clear)))

static void
add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->list.n; i++)
		if (strcmp(names->list.at[i], name) == 0)
			return;
	array_push(&names->list, mem_copy(name));
}

/* An id stands for all names of its image: 1 if WORD is one, 0, -1. */
static int
find_id(struct store *store, const struct tags *tags, const char *word, struct names *out,
        struct error *err)
{
	struct stored_ids ids = { 0 };
	int found = 0;

	if (!stored_id_is(word))
		return 0;
	found = stored_id_find(store, tags, word, &ids, err);
	if (found == 0)
		found = ids.list.n > 0;
	for (size_t i = 0; found > 0 && i < ids.list.n; i++)
		add_name(out, tags->list.at[ids.list.at[i]].name);
	array_clear(&ids.list);
	return found;
}

static bool
has_name(const struct tags *tags, const char *word)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_free char *name = NULL;

	if (reference_parse(&ref, text_of(word), &ignored) < 0)
		return false;
	name = reference_print(&ref);
	for (size_t i = 0; i < tags->list.n; i++)
		if (tags->list.at[i].name != NULL &&
		    strcmp(tags->list.at[i].name, name) == 0)
			return true;
	return false;
}

static int
find_one(struct store *store, const struct tags *tags, const char *word,
         struct names *out, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *name = NULL;
	int found = has_name(tags, word) ? 0 : find_id(store, tags, word, out, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (stored_find(store, word, &name, &target, err) < 0)
		return -1;
	add_name(out, name);
	return 0;
}

/* All names are looked up before the first is removed: a mistake changes nothing. */
static int
find_all(struct store *store, const struct words_left *words, const struct rmi_options *o,
         struct names *out, struct error *err)
{
	auto_tags struct tags tags = { 0 };

	if (tags_read(store, &tags, err) < 0)
		return -1;
	for (size_t i = 0; o->all && i < tags.list.n; i++)
		if (tags.list.at[i].name != NULL)
			add_name(out, tags.list.at[i].name);
	for (size_t i = 0; i < words->list.n; i++) {
		if (find_one(store, &tags, words->list.at[i], out, err) == 0)
			continue;
		if (!o->force || err->code != ERR_SOURCE)
			return -1;
		error_clear(err);
	}
	return 0;
}

static int
remove_all(struct store *store, const struct names *names, struct error *err)
{
	for (size_t i = 0; i < names->list.n; i++) {
		const char *name = names->list.at[i];

		if (tags_remove(store, name, err) < 0)
			return error_wrap(err, "remove %s", name);
		fputs("Untagged: ", stdout);
		visible_write(stdout, text_of(name), VISIBLE_LINE);
		putchar('\n');
	}
	return 0;
}

static int
cmd_rmi_work(void *options, const struct words_left *words, struct error *err)
{
	const struct rmi_options *o = options;
	auto_names struct names names = { 0 };
	struct store *store = NULL;
	int failed = command_words(&cmd_rmi, words, o->all ? 0 : 1, o->all ? 0 : SIZE_MAX,
	                           err);

	if (failed < 0)
		return -1;
	store = store_open(o->store.root, err);
	if (store == NULL)
		return -1;
	failed = find_all(store, words, o, &names, err);
	if (failed == 0)
		failed = remove_all(store, &names, err);
	store_close(store);
	return failed;
}

static int
cmd_rmi_run(const struct command *self, int argc, char **argv)
{
	struct rmi_options o = { 0 };

	return command_run(self, argc, argv, &o, cmd_rmi_work);
}

struct command cmd_rmi = {
	.name = "rmi",
	.arguments = "[OPTIONS] NAME… | ID… | --all",
	.summary = "Remove names of images; `cooper prune` frees the space.",
	.options = rows,
	.run = cmd_rmi_run,
};
