#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/ends.h"
#include "builder/cli/values.h"
#include "builder/depots/copy.h"

struct copy_words {
	struct ends_options ends;
	const char *digest_file;
	struct destination *digest; /* DIGEST_FILE once it is open */
	bool no_referrers, digest_tags;
};

static int
set_referrers(void *target, struct text value, struct error *err)
{
	bool wanted = true;

	if (value_flag(value, &wanted, err) < 0)
		return -1;
	((struct copy_words *)target)->no_referrers = !wanted;
	return 0;
}

static const struct option_row rows[] = {
	{ "all", 'a', NULL, OPTION_IGNORED, 0, NULL, NULL },
	ROW_AUTHFILE,
	ROW_CREDS,
	{ "digest-file", 0, "FILE", OPTION_STRING,
	  offsetof(struct copy_words, digest_file), NULL,
	  "write the digest of what was copied to FILE" },
	{ "digestfile", 0, "FILE", OPTION_STRING,
	  offsetof(struct copy_words, digest_file), NULL, NULL },
	{ "digest-tags", 0, NULL, OPTION_FLAG, offsetof(struct copy_words, digest_tags),
	  NULL, "also cosign's tags: sha256-HEX.sig, .att and .sbom" },
	ROW_FORMAT,
	ROW_INSECURE,
	{ "multi-arch", 0, NULL, OPTION_IGNORED_VALUE, 0, NULL, NULL },
	ROW_PLATFORMS,
	{ "preserve-digests", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	ROW_PROGRESS,
	ROW_QUIET,
	{ "referrers", 0, "[=true|false]", OPTION_CALL_FLAG, 0, set_referrers,
	  "false: without what refers to the image (signatures, SBOMs)" },
	ROW_RETRY,
	ROW_RETRY_DELAY,
	{ "retry-times", 0, "N", OPTION_CALL, 0, transfer_set_retry, NULL },
	ROW_ROOT,
	ROWS_ENDS,
	ROW_TIMEOUT,
	ROW_TLS_VERIFY,
	{ 0 },
};

/* ------------------------------------------------------------ results */

static void
print_json(const char *src, const char *dest, const struct copied *c)
{
	char digest[DIGEST_TEXT_MAX];
	auto_json json_t *object = json_object();
	auto_free char *text = NULL;

	jsonio_set(object, "source", jsonio_string(text_of(src)));
	jsonio_set(object, "destination", jsonio_string(text_of(dest)));
	jsonio_set(object, "digest", json_string(digest_text(&c->root.digest, digest)));
	jsonio_set(object, "mediaType", jsonio_string(text_of(c->root.media_type)));
	jsonio_set(object, "unchanged", json_boolean(c->same));
	jsonio_set(object, "blobsSent", json_integer((json_int_t)c->sent));
	jsonio_set(object, "blobsMounted", json_integer((json_int_t)c->mounted));
	jsonio_set(object, "blobsPresent", json_integer((json_int_t)c->existed));
	jsonio_set(object, "bytesSent", json_integer((json_int_t)c->bytes));
	jsonio_set(object, "documentsSent", json_integer((json_int_t)c->documents));
	jsonio_set(object, "referrers", json_integer((json_int_t)c->referrers));
	text = jsonio_print(object);
	visible_write(stdout, text_of(text), VISIBLE_LINE);
	putchar('\n');
}

static void
print_copied(const struct copy_words *o, const char *src, const char *dest,
             const struct copied *c)
{
	if (o->ends.transfer.store.json)
		print_json(src, dest, c);
	else
		transfer_print(dest, &c->root);
}

/* ------------------------------------------------------------ work */

/* The repository of an earlier destination at the host of WORD, which has it now. */
static char *
earlier_repo(const struct words_left *words, size_t i)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *host = depot_host(words->list.at[i], BARE_REGISTRY, &ignored);

	for (size_t j = 1; host != NULL && j < i; j++) {
		const char *word = words->list.at[j];
		auto_free char *other = depot_host(word, BARE_REGISTRY, &ignored);
		auto_reference struct reference ref = REFERENCE_INIT;

		if (other == NULL || strcmp(host, other) != 0)
			continue;
		if (text_starts(text_of(word), "docker://"))
			word += strlen("docker://");
		if (reference_parse(&ref, text_of(word), &ignored) == 0)
			return mem_copy(ref.repo);
	}
	return NULL;
}

static int
copy_to(const struct copy_words *o, const struct transfer *t,
        const struct words_left *words, size_t i, struct copied *out, struct error *err)
{
	const char *src = words->list.at[0], *dest = words->list.at[i];
	auto_free char *repo = earlier_repo(words, i);
	struct copy_options options = { .platforms = o->ends.platforms.list.at,
		                        .n_platforms = o->ends.platforms.list.n,
		                        .referrers = !o->no_referrers,
		                        .digest_tags = o->digest_tags,
		                        .mount_from = repo };
	auto_depot struct depot *from = NULL, *to = NULL;

	from = depot_open(src, DEPOT_READ, BARE_EITHER, &t->options, err);
	if (from == NULL)
		return -1;
	to = depot_open(dest, DEPOT_WRITE, BARE_REGISTRY, &t->options, err);
	if (to == NULL)
		return -1;
	return image_copy(from, to, &options, out, err);
}

/* Each destination by itself; the first one that fails ends it. */
static int
copy_all(const struct copy_words *o, const struct transfer *t,
         const struct words_left *words, struct copied *results, struct error *err)
{
	for (size_t i = 1; i < words->list.n; i++)
		if (copy_to(o, t, words, i, &results[i], err) < 0)
			return -1;
	return destination_put_digest(o->digest, &results[1].root.digest, err);
}

static int
cmd_copy_work(void *options, const struct words_left *words, struct error *err)
{
	struct copy_words *o = options;
	struct copied *results = NULL;
	struct transfer t;
	int failed = command_words(&cmd_copy, words, 2, SIZE_MAX, err);

	if (failed < 0)
		return -1;
	if (o->digest_file != NULL) {
		o->digest = destination_open(DESTINATION_TEXT, "--digest-file",
		                             o->digest_file, err);
		if (o->digest == NULL)
			return -1;
	}
	results = mem_new_n(words->list.n, sizeof *results);
	failed = ends_start(&t, &o->ends, "Copying", words->list.at[0], words->list.at[1],
	                    BARE_REGISTRY, err);
	if (failed == 0)
		failed = copy_all(o, &t, words, results, err);
	transfer_end(&t);
	for (size_t i = 1; i < words->list.n; i++) {
		if (failed == 0)
			print_copied(o, words->list.at[0], words->list.at[i],
			             &results[i]);
		descriptor_clear(&results[i].root);
	}
	free(results);
	return failed;
}

static int
cmd_copy_run(const struct command *self, int argc, char **argv)
{
	struct copy_words o = { 0 };
	int status = 0;

	ends_init(&o.ends);
	status = command_run(self, argc, argv, &o, cmd_copy_work);
	destination_drop(o.digest);
	ends_clear(&o.ends);
	return status;
}

struct command cmd_copy = {
	.name = "copy",
	.arguments = "[OPTIONS] SOURCE DESTINATION…",
	.summary = "Copy images between registries, the store and archives.",
	.options = rows,
	.run = cmd_copy_run,
};
