#include "builder/cli/cmd.h"

#include "base/base.h"
#include "builder/cli/transfer.h"

struct pull_options {
	struct transfer_options transfer;
	struct text platform; /* p NULL: this machine's */
	bool all_tags;
};

static const struct option_row rows[] = {
	{ "all-tags", 'a', NULL, OPTION_FLAG, offsetof(struct pull_options, all_tags),
	  NULL, "fetch every tag of the repository" },
	ROW_AUTHFILE,
	ROW_CREDS,
	{ "disable-content-trust", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	ROW_INSECURE,
	{ "platform", 0, "OS/ARCH", OPTION_TEXT, offsetof(struct pull_options, platform),
	  NULL, "which image of an index (default: this machine's)" },
	ROW_PROGRESS,
	ROW_QUIET,
	ROW_RETRY,
	ROW_RETRY_DELAY,
	ROW_ROOT,
	ROW_TIMEOUT,
	ROW_TLS_VERIFY,
	{ 0 },
};

static int
read_platform(const struct pull_options *o, struct platform *out, struct error *err)
{
	if (o->platform.p == NULL)
		platform_host(out);
	else if (platform_parse(out, o->platform, err) < 0)
		return error_wrap(err, "--platform");
	return 0;
}

struct wanted {
	ARRAY(struct reference) list;
	ARRAY(struct descriptor) roots; /* what came of each */
};

static int
read_names(const struct words_left *words, struct wanted *out, struct error *err)
{
	for (size_t i = 0; i < words->list.n; i++)
		if (reference_parse(array_add(&out->list), text_of(words->list.at[i]),
		                    err) < 0)
			return -1;
	return 0;
}

/* --creds and --tls-verify are for one registry, that of the first name. */
static int
check_hosts(const struct pull_options *o, const struct wanted *wanted, struct error *err)
{
	const char *first = wanted->list.at[0].host;

	if (o->transfer.creds.p == NULL && !o->transfer.no_tls_verify)
		return 0;
	for (size_t i = 1; i < wanted->list.n; i++)
		if (strcmp(wanted->list.at[i].host, first) != 0)
			return error_set(err, ERR_USAGE,
			                 "--creds and --tls-verify take names of one "
			                 "registry, not of %s and %s",
			                 first, wanted->list.at[i].host);
	return 0;
}

/* The names become those of all tags of their repositories. */
static int
add_tags(struct registry *reg, struct wanted *wanted, struct error *err)
{
	size_t n = wanted->list.n;

	for (size_t i = 0; i < n; i++) {
		struct tag_names tags = { 0 };
		int failed = registry_tags(reg, &wanted->list.at[i], &tags, err);

		for (size_t j = 0; failed == 0 && j < tags.list.n; j++) {
			struct reference *ref = array_add(&wanted->list);
			auto_free char *name =
			        mem_print("%s/%s:%s", wanted->list.at[i].host,
			                  wanted->list.at[i].repo, tags.list.at[j]);

			failed = reference_parse(ref, text_of(name), err);
		}
		tag_names_clear(&tags);
		if (failed < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++)
		reference_clear(&wanted->list.at[i]);
	memmove(wanted->list.at, wanted->list.at + n,
	        (wanted->list.n - n) * sizeof *wanted->list.at);
	wanted->list.n -= n;
	return 0;
}

static int
check_untagged(const struct words_left *words, struct error *err)
{
	for (size_t i = 0; i < words->list.n; i++) {
		const char *word = words->list.at[i], *slash = strrchr(word, '/');

		if (strpbrk(slash == NULL ? word : slash, ":@") != NULL)
			return error_set(err, ERR_USAGE,
			                 "%s: --all-tags takes names without a tag",
			                 word);
	}
	return 0;
}

static int
pull_all(const struct pull_options *o, const struct platform *platform,
         struct wanted *wanted, struct error *err)
{
	auto_free char *host = mem_copy(wanted->list.at[0].host);
	struct transfer t;
	int failed = 0;

	if (check_hosts(o, wanted, err) < 0)
		return -1;
	failed = transfer_start(&t, &o->transfer, "Pulling", host, err);
	if (failed == 0 && o->all_tags)
		failed = add_tags(t.options.registry, wanted, err);
	for (size_t i = 0; failed == 0 && i < wanted->list.n; i++)
		failed = import_pull(&t.options, &wanted->list.at[i], platform,
		                     array_add(&wanted->roots), err);
	transfer_end(&t);
	return failed;
}

static void
print_all(struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->list.n; i++) {
		struct reference *ref = &wanted->list.at[i];
		auto_free char *name = NULL;

		free(ref->digest); /* the one that is printed is the same */
		ref->digest = NULL;
		name = reference_print(ref);
		transfer_print(name, &wanted->roots.at[i]);
	}
}

static void
wanted_clear(struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->list.n; i++)
		reference_clear(&wanted->list.at[i]);
	for (size_t i = 0; i < wanted->roots.n; i++)
		descriptor_clear(&wanted->roots.at[i]);
	array_clear(&wanted->list);
	array_clear(&wanted->roots);
}

static int
cmd_pull_work(void *options, const struct words_left *words, struct error *err)
{
	auto_platform struct platform platform = PLATFORM_INIT;
	struct wanted wanted = { 0 };
	const struct pull_options *o = options;
	int failed = command_words(&cmd_pull, words, 1, SIZE_MAX, err);

	if (failed == 0 && o->all_tags)
		failed = check_untagged(words, err);
	if (failed == 0)
		failed = read_platform(o, &platform, err);
	if (failed == 0)
		failed = read_names(words, &wanted, err);
	if (failed == 0)
		failed = pull_all(o, &platform, &wanted, err);
	if (failed == 0)
		print_all(&wanted);
	wanted_clear(&wanted);
	return failed;
}

static int
cmd_pull_run(const struct command *self, int argc, char **argv)
{
	struct pull_options o = { 0 };
	int status = 0;

	transfer_options_init(&o.transfer);
	status = command_run(self, argc, argv, &o, cmd_pull_work);
	transfer_options_clear(&o.transfer);
	return status;
}

struct command cmd_pull = {
	.name = "pull",
	.arguments = "[OPTIONS] NAME…",
	.summary = "Fetch images from a registry into the store.",
	.options = rows,
	.run = cmd_pull_run,
};
