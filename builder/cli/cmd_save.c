#include "builder/cli/cmd.h"

#include "base/base.h"
#include "builder/cli/stored.h"
#include "builder/cli/transfer.h"
#include "builder/export/save.h"

struct save_words {
	struct transfer_options transfer;
	const char *output; /* NULL: standard output */
	struct text platform;
	enum save_form form;
};

static int
set_form(void *target, struct text value, struct error *err)
{
	struct save_words *o = target;

	if (!save_form_parse(value, &o->form))
		return error_set(err, ERR_USAGE,
		                 "must be docker-archive, oci-archive, oci-dir or "
		                 "docker-dir");
	return 0;
}

static const struct option_row rows[] = {
	{ "compress", 0, NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "format", 0, "docker-archive|oci-archive|oci-dir|docker-dir", OPTION_CALL, 0,
	  set_form, "what is written (default docker-archive)" },
	{ "multi-image-archive", 'm', NULL, OPTION_IGNORED, 0, NULL, NULL },
	{ "output", 'o', "FILE", OPTION_STRING, offsetof(struct save_words, output), NULL,
	  "where to (default: standard output, if that is no terminal)" },
	{ "platform", 0, "OS/ARCH", OPTION_TEXT, offsetof(struct save_words, platform),
	  NULL, "of an index the image for one platform alone" },
	ROW_PROGRESS,
	ROW_QUIET,
	ROW_ROOT,
	{ 0 },
};

struct chosen {
	ARRAY(struct save_image) list;
	ARRAY(char *) names; /* what the list borrows */
};

static void
chosen_clear(struct chosen *c)
{
	for (size_t i = 0; i < c->list.n; i++)
		save_image_clear(&c->list.at[i]);
	for (size_t i = 0; i < c->names.n; i++)
		free(c->names.at[i]);
	array_clear(&c->list);
	array_clear(&c->names);
}

/* A second name of one word's image is one image with two names. */
static int
choose(struct store *store, const char *word, struct chosen *c, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	struct save_image *image = NULL;
	char *full = NULL;

	if (stored_find(store, word, &full, &target, err) < 0)
		return -1;
	array_push(&c->names, full);
	image = array_add(&c->list);
	image->name = full;
	return reference_parse(array_add(&image->names.list), text_of(full), err);
}

static int
save(const struct save_words *o, struct transfer *t, const struct chosen *chosen,
     struct error *err)
{
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
	struct save_options options = { .form = o->form,
		                        .compressor = { .kind = COMPRESS_NONE } };
	int failed = 0;

	if (o->platform.p != NULL) {
		if (platform_parse(&platform, o->platform, err) < 0)
			return error_wrap(err, "--platform");
		options.platform = &platform;
	}
	options.destination = destination_open(save_destination_form(o->form), "--output",
	                                       o->output == NULL ? "-" : o->output, err);
	if (options.destination == NULL)
		return -1;
	destination_set_cancel(options.destination, t->options.cancel);
	failed = export_save(&t->options, &options, chosen->list.at, chosen->list.n,
	                     &root, err);
	destination_drop(options.destination);
	return failed;
}

static int
cmd_save_work(void *options, const struct words_left *words, struct error *err)
{
	const struct save_words *o = options;
	struct chosen chosen = { 0 };
	struct transfer t;
	int failed = command_words(&cmd_save, words, 1, SIZE_MAX, err);

	if (failed < 0)
		return -1;
	failed = transfer_start(&t, &o->transfer, "Saving", NULL, err);
	for (size_t i = 0; failed == 0 && i < words->list.n; i++)
		failed = choose(t.options.store, words->list.at[i], &chosen, err);
	if (failed == 0)
		failed = save(o, &t, &chosen, err);
	transfer_end(&t);
	chosen_clear(&chosen);
	return failed;
}

static int
cmd_save_run(const struct command *self, int argc, char **argv)
{
	struct save_words o = { 0 };
	int status = 0;

	transfer_options_init(&o.transfer);
	status = command_run(self, argc, argv, &o, cmd_save_work);
	transfer_options_clear(&o.transfer);
	return status;
}

struct command cmd_save = {
	.name = "save",
	.arguments = "[OPTIONS] NAME…",
	.summary = "Write images of the store to an archive or a directory.",
	.options = rows,
	.run = cmd_save_run,
};
