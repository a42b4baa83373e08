#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/formatted.h"
#include "builder/cli/image_list.h"
#include "builder/cli/shown_image.h"
#include "builder/cli/table.h"
#include "layers/store.h"

struct images_options {
	struct store_options store;
	struct formatted format;
	struct image_filter filter;
	bool quiet, full, digests;
};

#define IMAGES_AT(member) offsetof(struct images_options, member)

static int
set_format(void *target, struct text value, struct error *err)
{
	return formatted_parse(&((struct images_options *)target)->format, value, err);
}

static int
set_filter(void *target, struct text value, struct error *err)
{
	return image_filter_add(&((struct images_options *)target)->filter, value, err);
}

static int
set_sort(void *target, struct text value, struct error *err)
{
	static const char *const names[] = {
		[SORT_CREATED] = "created", [SORT_ID] = "id",
		[SORT_NAME] = "repository", [SORT_SIZE] = "size",
		[SORT_TAG] = "tag",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_is(value, names[i])) {
			((struct images_options *)target)->filter.sort =
			        (enum image_sort)i;
			return 0;
		}
	return error_set(err, ERR_USAGE, "must be created, id, repository, size or tag");
}

static int
set_json(void *target, struct text value, struct error *err)
{
	(void)value;
	return set_format(target, TEXT("json"), err);
}

static const struct option_row rows[] = {
	{ "all", 'a', NULL, OPTION_FLAG, IMAGES_AT(filter.all), NULL,
	  "show images without a name, too" },
	{ "digests", 0, NULL, OPTION_FLAG, IMAGES_AT(digests), NULL,
	  "show the digests that registries know" },
	{ "filter", 'f', "KEY=VALUE", OPTION_CALL, 0, set_filter,
	  "show only some; several filters must all agree\n"
	  "reference=PATTERN, label=NAME[=VALUE], dangling=true,\n"
	  "before=NAME, since=NAME, until=TIME, id=ID, digest=DIGEST" },
	{ "format", 0, "text|json|TEMPLATE", OPTION_CALL, 0, set_format, FORMATTED_HELP },
	{ "json", 0, NULL, OPTION_CALL_FLAG, 0, set_json, NULL },
	{ "no-trunc", 0, NULL, OPTION_FLAG, IMAGES_AT(full), NULL, "print whole ids" },
	{ "noheading", 'n', NULL, OPTION_FLAG, IMAGES_AT(format.no_heading), NULL,
	  "print no header line" },
	{ "quiet", 'q', NULL, OPTION_FLAG, IMAGES_AT(quiet), NULL, "print ids only" },
	ROW_ROOT,
	{ "sort", 0, "created|id|repository|size|tag", OPTION_CALL, 0, set_sort,
	  "the order (default: the newest first)" },
	{ 0 },
};

/* ------------------------------------------------------------ printing */

static void
print_table(const struct image_list *list, const struct images_options *o)
{
	struct table t = { .n_columns = o->digests ? 6 : 5 };
	char digest[DIGEST_TEXT_MAX];

	if (!o->format.no_heading) {
		table_add(&t, mem_copy("REPOSITORY"));
		table_add(&t, mem_copy("TAG"));
		if (o->digests)
			table_add(&t, mem_copy("DIGEST"));
		table_add(&t, mem_copy("IMAGE ID"));
		table_add(&t, mem_copy("CREATED"));
		table_add(&t, mem_copy("SIZE"));
	}
	for (size_t i = 0; i < list->rows.n; i++) {
		const struct image_row *row = &list->rows.at[i];
		const struct digest *d = &row->stored.root.digest;

		table_add(&t, mem_copy(row->name));
		table_add(&t, mem_copy(row->tag));
		if (o->digests)
			table_add(&t, mem_copy(row->damaged ? "<damaged>"
			                                    : digest_text(d, digest)));
		table_add(&t, shown_id(row, o->full));
		table_add(&t, shown_age(row->stored.created_ns));
		table_add(&t, shown_size(row));
	}
	table_print(&t, stdout);
	table_clear(&t);
}

static void
set_text(json_t *object, const char *member, const char *text)
{
	jsonio_set(object, member, jsonio_string(text_of(text)));
}

static json_t *
row_json(const struct image_row *row)
{
	const struct stored *s = &row->stored;
	auto_free char *platform = NULL;
	json_t *object = json_object();
	char text[DIGEST_TEXT_MAX], time[CLOCK_TEXT_MAX];

	set_text(object, "name", row->name);
	set_text(object, "tag", row->tag);
	if (row->damaged) {
		jsonio_set(object, "damaged", json_true());
		return object;
	}
	platform = platform_print(&s->platform);
	set_text(object, "id", digest_text(&s->document.config.digest, text));
	set_text(object, "digest", digest_text(&s->root.digest, text));
	set_text(object, "platform", platform);
	if (s->created_ns != 0)
		set_text(object, "created", clock_print(s->created_ns, time));
	jsonio_set(object, "size", json_integer((json_int_t)s->size));
	return object;
}

static void
print_json(const struct image_list *list)
{
	auto_json json_t *array = json_array();
	auto_free char *text = NULL;

	for (size_t i = 0; i < list->rows.n; i++)
		json_array_append_new(array, row_json(&list->rows.at[i]));
	text = jsonio_print_pretty(array);
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	putchar('\n');
}

static void
print_ids(const struct image_list *list, bool full)
{
	for (size_t i = 0; i < list->rows.n; i++) {
		auto_free char *id = shown_id(&list->rows.at[i], full);

		printf("%s\n", id);
	}
}

static int
print_rows(const struct image_list *list, struct images_options *o, struct error *err)
{
	auto_json json_t *headings = shown_headings();
	int failed = 0;

	formatted_begin(&o->format, headings);
	for (size_t i = 0; i < list->rows.n && failed == 0; i++) {
		auto_json json_t *row = shown_row(&list->rows.at[i], o->full);

		failed = formatted_row(&o->format, row, shown_maps, err);
	}
	if (failed == 0)
		formatted_end(&o->format);
	return failed;
}

static int
print(const struct image_list *list, struct images_options *o, struct error *err)
{
	if (o->format.kind == FORMATTED_TEMPLATE)
		return print_rows(list, o, err);
	if (o->format.kind == FORMATTED_JSON)
		print_json(list);
	else if (o->quiet)
		print_ids(list, o->full);
	else
		print_table(list, o);
	return 0;
}

/* ------------------------------------------------------------ */

static int
cmd_images_work(void *options, const struct words_left *words, struct error *err)
{
	struct images_options *o = options;
	struct image_list list = { 0 };
	struct store *store = NULL;
	int failed = command_words(&cmd_images, words, 0, 1, err);

	if (failed < 0)
		return -1;
	o->filter.pattern = words->list.n > 0 ? words->list.at[0] : NULL;
	store = store_open(o->store.root, err);
	failed = store == NULL ? -1 : image_list_read(store, &o->filter, &list, err);
	if (failed == 0)
		failed = print(&list, o, err);
	image_list_clear(&list);
	store_close(store);
	return failed;
}

static int
cmd_images_run(const struct command *self, int argc, char **argv)
{
	struct images_options o = { 0 };
	int status = command_run(self, argc, argv, &o, cmd_images_work);

	formatted_clear(&o.format);
	image_filter_clear(&o.filter);
	return status;
}

struct command cmd_images = {
	.name = "images",
	.arguments = "[OPTIONS] [NAME[:TAG]]",
	.summary = "List the images of the store.",
	.options = rows,
	.run = cmd_images_run,
};
