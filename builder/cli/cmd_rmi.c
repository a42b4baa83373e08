#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/stored.h"
#include "layers/store.h"
#include "layers/tags.h"

struct rmi_options {
	struct store_options store;
	bool force;
};

static const struct option_row rows[] = {
	{ "force", 'f', NULL, OPTION_FLAG, offsetof(struct rmi_options, force), NULL,
	  "names that are not there are no error" },
	ROW_ROOT,
	{ 0 },
};

/* All names are looked up before the first is removed: a mistake changes nothing. */
static int
find_all(struct store *store, const struct words_left *words, bool force, char **names,
         struct error *err)
{
	for (size_t i = 0; i < words->list.n; i++) {
		auto_descriptor struct descriptor target = DESCRIPTOR_INIT;

		if (stored_find(store, words->list.at[i], &names[i], &target, err) == 0)
			continue;
		if (!force || err->code != ERR_SOURCE)
			return -1;
		error_clear(err);
	}
	return 0;
}

static int
remove_all(struct store *store, char *const *names, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i] == NULL)
			continue;
		if (tags_remove(store, names[i], err) < 0)
			return error_wrap(err, "remove %s", names[i]);
		fputs("Untagged: ", stdout);
		visible_write(stdout, text_of(names[i]), VISIBLE_LINE);
		putchar('\n');
	}
	return 0;
}

static int
cmd_rmi_work(void *options, const struct words_left *words, struct error *err)
{
	const struct rmi_options *o = options;
	auto_free char **names = mem_new_n(words->list.n + 1, sizeof *names);
	struct store *store = NULL;
	int failed = command_words(&cmd_rmi, words, 1, SIZE_MAX, err);

	if (failed < 0)
		return -1;
	store = store_open(o->store.root, err);
	if (store == NULL)
		return -1;
	failed = find_all(store, words, o->force, names, err);
	if (failed == 0)
		failed = remove_all(store, names, words->list.n, err);
	for (size_t i = 0; i < words->list.n; i++)
		free(names[i]);
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
	.arguments = "[OPTIONS] NAME…",
	.summary = "Remove names of images; `cooper prune` frees the space.",
	.options = rows,
	.run = cmd_rmi_run,
};
