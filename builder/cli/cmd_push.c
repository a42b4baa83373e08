#include "builder/cli/cmd.h"

#include "base/base.h"
#include "base/input.h"
#include "base/number.h"
#include "builder/cli/local_push.h"
#include "builder/cli/stored.h"
#include "builder/cli/transfer.h"
#include "builder/export/transport.h"
#include "layers/store.h"
#include "layers/tags.h"

#define NAMES_MAX ((size_t)1 << 20)

struct push_options {
	struct transfer_options transfer;
	struct compressor compressor;
	const char *digest_file;
	struct destination *digest; /* DIGEST_FILE once it is open */
	bool all_tags;
	bool each; /* names come on standard input, see hand_over.h */
};

/* What came of it. */
struct pushed {
	struct reference ref; /* of a registry, or: */
	char *word;           /* the destination as written */
	struct descriptor root;
};

static void
pushed_clear(struct pushed *p)
{
	reference_clear(&p->ref);
	descriptor_clear(&p->root);
	free(p->word);
}
#define auto_pushed __attribute__((cleanup(pushed_clear)))

static void
print_pushed(const struct pushed *p)
{
	auto_free char *name = p->word != NULL ? NULL : reference_print(&p->ref);

	transfer_print(p->word != NULL ? p->word : name, &p->root);
}

static int
set_form(void *target, struct text value, struct error *err)
{
	(void)target;
	if (text_is(value, "oci"))
		return 0;
	error_set(err, ERR_USAGE,
	          "images leave with the media types they were built with");
	return error_hint(err, "build with --output type=image,oci-mediatypes=false for "
	                       "Docker's");
}

static int
set_compression(void *target, struct text value, struct error *err)
{
	if (!compression_parse(value, &((struct push_options *)target)->compressor.kind))
		return error_set(err, ERR_USAGE, "must be gzip, zstd or uncompressed");
	return 0;
}

static int
set_level(void *target, struct text value, struct error *err)
{
	int64_t level = 0;

	/* Each compression checks its own levels; this only ensures that the level is an
	 * int. */
	if (!number_i64(value, &level) || level < -22 || level > 22)
		return error_set(err, ERR_USAGE, "not a compression level");
	((struct push_options *)target)->compressor.level = (int)level;
	return 0;
}

static const struct option_row rows[] = {
	{ "all-tags", 'a', NULL, OPTION_FLAG, offsetof(struct push_options, all_tags),
	  NULL, "send every tag that the store has of NAME" },
	ROW_AUTHFILE,
	{ "compression", 0, "gzip|zstd|uncompressed", OPTION_CALL, 0, set_compression,
	  "compression of layers that were made here (default gzip)" },
	{ "compression-level", 0, "N", OPTION_CALL, 0, set_level,
	  "level of the compression" },
	{ "compression-format", 0, "gzip|zstd|uncompressed", OPTION_CALL, 0,
	  set_compression, NULL },
	ROW_CREDS,
	{ "digest-file", 0, "FILE", OPTION_STRING,
	  offsetof(struct push_options, digest_file), NULL,
	  "write the digest of what was pushed to FILE" },
	{ "digestfile", 0, "FILE", OPTION_STRING,
	  offsetof(struct push_options, digest_file), NULL, NULL },
	{ "disable-content-trust", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "each", 0, NULL, OPTION_FLAG, offsetof(struct push_options, each), NULL, NULL },
	{ "format", 'f', "oci", OPTION_CALL, 0, set_form, NULL },
	ROW_INSECURE,
	ROW_PROGRESS,
	ROW_QUIET,
	{ "remove-signatures", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	ROW_RETRY,
	ROW_RETRY_DELAY,
	ROW_ROOT,
	ROW_TIMEOUT,
	ROW_TLS_VERIFY,
	{ 0 },
};

/* NAME in the store goes to REMOTE in a registry. */
static int
push_remote(const struct push_options *o, const char *name, const char *remote,
            struct pushed *out, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = NULL;
	struct transfer t;
	int failed = 0;

	if (reference_parse(&out->ref, text_of(remote), err) < 0)
		return -1;
	failed = transfer_start(&t, &o->transfer, "Pushing", out->ref.host, err);
	if (failed == 0)
		failed = stored_find(t.options.store, name, &full, &target, err);
	if (failed == 0)
		failed = export_push(&t.options, full, &out->ref, &o->compressor,
		                     &out->root, err);
	transfer_end(&t);
	return failed;
}

/* To a file, a directory, or an engine of this machine. */
static int
push_local(const struct push_options *o, const char *name, const struct transport *to,
           struct pushed *out, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = NULL;
	struct transfer t;
	int failed = transfer_start(&t, &o->transfer, "Pushing", NULL, err);

	if (failed == 0)
		failed = stored_find(t.options.store, name, &full, &target, err);
	if (failed == 0)
		failed = local_push(&t.options, full, to, &o->compressor, &out->root,
		                    err);
	transfer_end(&t);
	return failed;
}

static int
push(const struct push_options *o, const char *name, const char *word, struct pushed *out,
     struct error *err)
{
	auto_transport struct transport to = { 0 };

	if (transport_parse(&to, text_of(word), err) < 0)
		return -1;
	if (to.kind == TRANSPORT_REGISTRY)
		return push_remote(o, name, to.name, out, err);
	out->word = mem_copy(word);
	return push_local(o, name, &to, out, err);
}

/* Every tag that the store has of the repository NAME. */
static int
push_all_tags(const struct push_options *o, const char *name, struct error *err)
{
	auto_reference struct reference repo = REFERENCE_INIT;
	auto_tags struct tags tags = { 0 };
	struct store *store = NULL;
	size_t n = 0;
	int failed = 0;

	if (reference_parse(&repo, text_of(name), err) < 0)
		return -1;
	store = store_open(o->transfer.store.root, err);
	failed = store == NULL ? -1 : tags_read(store, &tags, err);
	store_close(store);
	for (size_t i = 0; failed == 0 && i < tags.list.n; i++) {
		const char *full = tags.list.at[i].name;
		auto_pushed struct pushed one = { 0 };
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_error struct error ignored = ERROR_INIT;

		if (full == NULL || reference_parse(&ref, text_of(full), &ignored) < 0 ||
		    strcmp(ref.host, repo.host) != 0 || strcmp(ref.repo, repo.repo) != 0)
			continue;
		n++;
		failed = push_remote(o, full, full, &one, err);
		if (failed == 0)
			print_pushed(&one);
	}
	if (failed == 0 && n == 0)
		return error_set(err, ERR_SOURCE, "%s: the store has no tag of it", name);
	return failed;
}

/* Opened first, so that no push is made that cannot be reported. */
static int
open_digest(struct push_options *o, struct error *err)
{
	if (o->digest_file == NULL)
		return 0;
	o->digest = destination_open(DESTINATION_TEXT, "--digest-file", o->digest_file,
	                             err);
	return o->digest == NULL ? -1 : 0;
}

/* The images whose names standard input has, one a line, go to the engine TO
 * ("docker-daemon:"). */
static int
push_each(const struct push_options *o, const char *to, struct error *err)
{
	auto_buf struct buf names = BUF_INIT;
	struct text rest, line;

	if (input_read_fd(STDIN_FILENO, NAMES_MAX, NULL, &names, err) < 0)
		return error_wrap(err, "standard input");
	rest = buf_text(&names);
	while (text_line(&rest, &line)) {
		auto_pushed struct pushed out = { 0 };
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_free char *name = text_copy(line), *full = NULL, *word = NULL;

		/* Docker takes no name without a tag. */
		if (reference_parse(&ref, line, err) < 0)
			return -1;
		full = reference_print(&ref);
		word = mem_print("%s%s", to, full);
		if (push(o, name, word, &out, err) < 0)
			return -1;
	}
	return 0;
}

/* A name with a tag would say that one tag is meant. */
static int
check_all_tags(const struct push_options *o, const struct words_left *words,
               struct error *err)
{
	const char *word = words->list.at[0], *slash = strrchr(word, '/');

	if (words->list.n > 1 || o->digest_file != NULL ||
	    strpbrk(slash == NULL ? word : slash, ":@") != NULL)
		return error_set(err, ERR_USAGE,
		                 "--all-tags takes one name without a tag, and no "
		                 "--digest-file");
	return 0;
}

static int
cmd_push_work(void *options, const struct words_left *words, struct error *err)
{
	struct push_options *o = options;
	auto_pushed struct pushed out = { 0 };

	if (command_words(&cmd_push, words, 1, 2, err) < 0)
		return -1;
	if (o->each)
		return push_each(o, words->list.at[0], err);
	if (o->all_tags)
		return check_all_tags(o, words, err) < 0
		               ? -1
		               : push_all_tags(o, words->list.at[0], err);
	if (open_digest(o, err) < 0 ||
	    push(o, words->list.at[0], words->list.at[words->list.n - 1], &out, err) < 0)
		return -1;
	if (destination_put_digest(o->digest, &out.root.digest, err) < 0)
		return -1;
	print_pushed(&out);
	return 0;
}

static int
cmd_push_run(const struct command *self, int argc, char **argv)
{
	struct push_options o = { .compressor = { COMPRESS_GZIP, COMPRESS_LEVEL_DEFAULT,
		                                  0 } };
	int status = 0;

	transfer_options_init(&o.transfer);
	status = command_run(self, argc, argv, &o, cmd_push_work);
	destination_drop(o.digest);
	transfer_options_clear(&o.transfer);
	return status;
}

struct command cmd_push = {
	.name = "push",
	.arguments = "[OPTIONS] NAME [DESTINATION]",
	.summary = "Send an image of the store to a registry, a file or an engine.",
	.options = rows,
	.run = cmd_push_run,
};
