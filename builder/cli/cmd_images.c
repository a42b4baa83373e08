#include "base/count.h"
#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/stored.h"
#include "builder/cli/table.h"
#include "layers/store.h"
#include "layers/tags.h"

#define SHORT_ID 12 /* hex digits people are shown */

struct images_options {
	struct store_options store;
	bool quiet, full;
};

static const struct option_row rows[] = {
	ROW_FORMAT,
	{ "no-trunc", 0, NULL, OPTION_FLAG, offsetof(struct images_options, full), NULL,
	  "print whole ids" },
	{ "quiet", 'q', NULL, OPTION_FLAG, offsetof(struct images_options, quiet), NULL,
	  "print ids only" },
	ROW_ROOT,
	{ 0 },
};

/* One line of the list. */
struct item {
	char *name, *tag; /* as one would type them */
	struct stored stored;
	bool damaged; /* something it points to is not there */
};

struct items {
	ARRAY(struct item) list;
};

/* ------------------------------------------------------------ reading */

static int
item_read(struct store *store, const struct tag *tag, struct item *out, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error why = ERROR_INIT;

	if (reference_parse(&ref, text_of(tag->name), err) < 0)
		return error_wrap(err, "index.json");
	out->tag = mem_copy(ref.tag == NULL ? "" : ref.tag);
	free(ref.tag);
	ref.tag = mem_copy("latest"); /* which the short form leaves out */
	out->name = reference_short(&ref);
	if (stored_read(store, &tag->target, NULL, &out->stored, &why) < 0)
		out->damaged = true;
	return 0;
}

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->tag, y->tag);
}

static int
items_read(const char *root, struct items *out, struct error *err)
{
	auto_tags struct tags tags = { 0 };
	struct store *store = store_open(root, err);
	int failed = store == NULL ? -1 : tags_read(store, &tags, err);

	for (size_t i = 0; failed == 0 && i < tags.list.n; i++)
		if (tags.list.at[i].name != NULL)
			failed = item_read(store, &tags.list.at[i], array_add(&out->list),
			                   err);
	if (failed == 0)
		array_sort(&out->list, compare_items);
	store_close(store);
	return failed;
}

static void
items_clear(struct items *items)
{
	for (size_t i = 0; i < items->list.n; i++) {
		free(items->list.at[i].name);
		free(items->list.at[i].tag);
		stored_clear(&items->list.at[i].stored);
	}
	array_clear(&items->list);
}

/* ------------------------------------------------------------ printing */

static char *
id_text(const struct item *item, bool full)
{
	const struct digest *d = &item->stored.document.config.digest;
	char text[DIGEST_TEXT_MAX];

	if (item->damaged)
		return mem_copy("<damaged>");
	if (full)
		return mem_copy(digest_text(d, text));
	return mem_print("%.*s", SHORT_ID, digest_hex(d, text));
}

/* "3 hours ago"; a build with SOURCE_DATE_EPOCH may say anything. */
static char *
age_text(int64_t created_ns)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {
		{ "year", 365 * 86400 }, { "month", 30 * 86400 }, { "week", 7 * 86400 },
		{ "day", 86400 },        { "hour", 3600 },        { "minute", 60 },
		{ "second", 1 },
	};
	int64_t age = (clock_wall_ns() - created_ns) / 1000000000;

	if (created_ns == 0)
		return mem_copy("-");
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		int64_t n = age / units[i].seconds;

		if (n > 0)
			return mem_print("%lld %s%s ago", (long long)n, units[i].name,
			                 n == 1 ? "" : "s");
	}
	return mem_copy(age < 0 ? "in the future" : "now");
}

static char *
size_text(const struct item *item)
{
	auto_buf struct buf b = BUF_INIT;

	if (item->damaged)
		return mem_copy("-");
	number_print_size(&b, item->stored.size);
	return buf_take(&b);
}

static void
print_table(const struct items *items, bool full)
{
	static const char *const heads[] = { "NAME", "TAG", "ID", "CREATED", "SIZE" };
	struct table t = { .n_columns = 5 };

	for (size_t i = 0; i < t.n_columns; i++)
		table_add(&t, mem_copy(heads[i]));
	for (size_t i = 0; i < items->list.n; i++) {
		const struct item *item = &items->list.at[i];

		table_add(&t, mem_copy(item->name));
		table_add(&t, mem_copy(item->tag));
		table_add(&t, id_text(item, full));
		table_add(&t, age_text(item->stored.created_ns));
		table_add(&t, size_text(item));
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
item_json(const struct item *item)
{
	const struct stored *s = &item->stored;
	auto_free char *platform = NULL;
	json_t *object = json_object();
	char text[DIGEST_TEXT_MAX], time[CLOCK_TEXT_MAX];

	set_text(object, "name", item->name);
	set_text(object, "tag", item->tag);
	if (item->damaged) {
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
print_json(const struct items *items)
{
	auto_json json_t *list = json_array();
	auto_free char *text = NULL;

	for (size_t i = 0; i < items->list.n; i++)
		json_array_append_new(list, item_json(&items->list.at[i]));
	text = jsonio_print_pretty(list);
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	putchar('\n');
}

static void
print_ids(const struct items *items, bool full)
{
	for (size_t i = 0; i < items->list.n; i++) {
		auto_free char *id = id_text(&items->list.at[i], full);

		printf("%s\n", id);
	}
}

/* ------------------------------------------------------------ */

static int
work(void *options, const struct words_left *words, struct error *err)
{
	const struct images_options *o = options;
	struct items items = { 0 };
	int failed = command_words(&cmd_images, words, 0, 0, err);

	if (failed == 0)
		failed = items_read(o->store.root, &items, err);
	if (failed == 0 && o->store.json)
		print_json(&items);
	else if (failed == 0 && o->quiet)
		print_ids(&items, o->full);
	else if (failed == 0)
		print_table(&items, o->full);
	items_clear(&items);
	return failed;
}

static int
run(const struct command *self, int argc, char **argv)
{
	struct images_options o = { 0 };

	return command_run(self, argc, argv, &o, work);
}

struct command cmd_images = {
	.name = "images",
	.arguments = "[OPTIONS]",
	.summary = "List the images of the store.",
	.options = rows,
	.run = run,
};
