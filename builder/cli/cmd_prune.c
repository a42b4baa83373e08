#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/number.h"
#include "builder/cli/command.h"
#include "builder/cli/report.h"
#include "builder/cli/session.h"
#include "builder/machine/machine.h"
#include "layers/housekeeping.h"
#include "layers/store.h"

struct prune_options {
	struct store_options store;
	struct gc_options gc;
};

/* Go's durations, and days. */
static int
set_older_than(void *target, struct text value, struct error *err)
{
	struct prune_options *o = target;
	uint64_t days = 0;
	int64_t ns = 0;

	if (text_ends(value, "d") && number_u64(text_first(value, value.n - 1), &days) &&
	    days < 100000)
		o->gc.older_than_s = (int64_t)days * 86400;
	else if (number_duration(value, &ns) && ns >= 0)
		o->gc.older_than_s = ns / 1000000000;
	else
		return error_set(err, ERR_USAGE, "not a duration like 90m, 24h or 7d");
	return 0;
}

/* Names of docker and buildx for the same. What else they can choose by, the store does
 * not note of its content. */
static int
set_filter(void *target, struct text value, struct error *err)
{
	bool dangling = true;

	if (text_starts(value, "until="))
		return set_older_than(target, text_from(value, strlen("until=")), err);
	if (text_starts(value, "unused-for="))
		return set_older_than(target, text_from(value, strlen("unused-for=")),
		                      err);
	if (text_starts(value, "dangling=") &&
	    number_bool(text_from(value, strlen("dangling=")), &dangling)) {
		((struct prune_options *)target)->gc.all = !dangling;
		return 0;
	}
	return error_set(err, ERR_USAGE, "the filters are until=DURATION and dangling=");
}

#define GC_AT(member) offsetof(struct prune_options, gc.member)

static const struct option_row rows[] = {
	{ "all", 'a', NULL, OPTION_FLAG, GC_AT(all), NULL,
	  "remove what was used lately, too; only named images stay" },
	{ "dry-run", 0, NULL, OPTION_FLAG, GC_AT(dry_run), NULL,
	  "only report what would be freed" },
	{ "filter", 0, "until=DURATION", OPTION_CALL, 0, set_filter,
	  "same as --older-than" },
	{ "force", 'f', NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "build", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	ROW_FORMAT,
	{ "keep-storage", 0, "SIZE", OPTION_SIZE, GC_AT(max_bytes), NULL, NULL },
	{ "max-size", 0, "SIZE", OPTION_SIZE, GC_AT(max_bytes), NULL,
	  "remove the longest unused until the store is smaller" },
	{ "max-used-space", 0, "SIZE", OPTION_SIZE, GC_AT(max_bytes), NULL, NULL },
	{ "mounts", 0, NULL, OPTION_FLAG, GC_AT(mounts), NULL,
	  "remove cache mounts, too" },
	{ "older-than", 0, "DURATION", OPTION_CALL, 0, set_older_than,
	  "keep what was used within DURATION (90m, 24h, 7d)" },
	ROW_ROOT,
	{ "verbose", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "volumes", 0, NULL, OPTION_FLAG, GC_AT(mounts), NULL, NULL },
	{ 0 },
};

static void
print_freed(const struct prune_options *o, uint64_t freed)
{
	auto_buf struct buf size = BUF_INIT;

	number_print_size(&size, freed);
	if (o->store.json)
		printf("{\"freed\":%llu,\"dryRun\":%s}\n", (unsigned long long)freed,
		       o->gc.dry_run ? "true" : "false");
	else
		printf("%s: %s\n", o->gc.dry_run ? "Would be freed" : "Freed",
		       buf_str(&size));
}

static int
prune(const struct prune_options *o, uint64_t *freed, struct error *err)
{
	struct gc_options gc = o->gc;
	struct session session;
	struct store *store = NULL;
	int failed = session_start(&session, PROGRESS_QUIET, err);

	if (failed == 0) {
		report_warnings();
		gc.cancel = session.cancel;
		store = store_open(o->store.root, err);
		failed = store == NULL ? -1 : store_gc(store, &gc, freed, err);
	}
	store_close(store);
	session_end(&session);
	return failed;
}

static int
cmd_prune_work(void *options, const struct words_left *words, struct error *err)
{
	const struct prune_options *o = options;
	enum id_mapping mapping = IDS_NONE;
	auto_free char *why = NULL;
	uint64_t freed = 0;

	if (command_words(&cmd_prune, words, 0, 0, err) < 0)
		return -1;
	/* Files of layers have the ids of images: only from in there can a user who
	 * is not root remove them. No thread exists yet. */
	machine_enter(ISOLATION_AUTO, &mapping, &why);
	if (prune(o, &freed, err) < 0)
		return -1;
	print_freed(o, freed);
	return 0;
}

static int
cmd_prune_run(const struct command *self, int argc, char **argv)
{
	struct prune_options o = { 0 };

	return command_run(self, argc, argv, &o, cmd_prune_work);
}

struct command cmd_prune = {
	.name = "prune",
	.arguments = "[OPTIONS]",
	.summary = "Remove content that no image needs and no build used lately.",
	.options = rows,
	.run = cmd_prune_run,
};
