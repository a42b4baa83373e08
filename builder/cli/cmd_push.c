#include "builder/cli/cmd.h"

#include "base/base.h"
#include "base/number.h"
#include "builder/cli/stored.h"
#include "builder/cli/transfer.h"

struct push_options {
	struct transfer_options transfer;
	struct compressor compressor;
	const char *digest_file;
	struct destination *digest; /* DIGEST_FILE once it is open */
};

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
	ROW_AUTHFILE,
	{ "compression", 0, "gzip|zstd|uncompressed", OPTION_CALL, 0, set_compression,
	  "of layers that were made here (default gzip)" },
	{ "compression-level", 0, "N", OPTION_CALL, 0, set_level, "how hard it tries" },
	ROW_CREDS,
	{ "digest-file", 0, "FILE", OPTION_STRING,
	  offsetof(struct push_options, digest_file), NULL,
	  "write the digest of what was pushed to FILE" },
	ROW_INSECURE,
	ROW_PROGRESS,
	ROW_QUIET,
	ROW_ROOT,
	ROW_TLS_VERIFY,
	{ 0 },
};

/* NAME in the store goes to REMOTE, which is NAME itself if not given. */
static int
push(const struct push_options *o, const char *name, const char *remote,
     struct reference *ref, struct descriptor *root, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = NULL;
	struct transfer t;
	int failed = 0;

	if (reference_parse(ref, text_of(remote), err) < 0)
		return -1;
	failed = transfer_start(&t, &o->transfer, "Pushing", ref->host, err);
	if (failed == 0)
		failed = stored_find(t.options.store, name, &full, &target, err);
	if (failed == 0)
		failed = export_push(&t.options, full, ref, &o->compressor, root, err);
	transfer_end(&t);
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

static int
write_digest(struct push_options *o, const struct digest *digest, struct error *err)
{
	char text[DIGEST_TEXT_MAX];

	if (o->digest == NULL)
		return 0;
	digest_text(digest, text);
	if (destination_write(o->digest, text, strlen(text), err) < 0)
		return -1;
	return destination_keep(o->digest, err);
}

static int
cmd_push_work(void *options, const struct words_left *words, struct error *err)
{
	struct push_options *o = options;
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
	auto_free char *name = NULL;

	if (command_words(&cmd_push, words, 1, 2, err) < 0 || open_digest(o, err) < 0 ||
	    push(o, words->list.at[0], words->list.at[words->list.n - 1], &ref, &root,
	         err) < 0)
		return -1;
	if (write_digest(o, &root.digest, err) < 0)
		return -1;
	name = reference_print(&ref);
	transfer_print(name, &root);
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
	.arguments = "[OPTIONS] NAME [REMOTE]",
	.summary = "Send an image of the store to a registry.",
	.options = rows,
	.run = cmd_push_run,
};
