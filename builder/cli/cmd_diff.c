#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/cli/ends.h"
#include "builder/depots/diff.h"

/* As of diff(1), and of `build --check`. */
#define STATUS_DIFFERENT 1

struct diff_words {
	struct ends_options ends;
	bool no_files, ignore_times;
};

static const struct option_row rows[] = {
	ROW_AUTHFILE,
	ROW_CREDS,
	ROW_FORMAT,
	{ "ignore-times", 0, NULL, OPTION_FLAG, offsetof(struct diff_words, ignore_times),
	  NULL, "times of the config, of its history and of files do not count" },
	ROW_INSECURE,
	{ "no-files", 0, NULL, OPTION_FLAG, offsetof(struct diff_words, no_files), NULL,
	  "compare config and layers alone; layers are not fetched" },
	{ "platform", 0, "OS/ARCH", OPTION_CALL, 0, ends_set_platform,
	  "of indexes the images for this platform" },
	ROW_PROGRESS,
	ROW_QUIET,
	ROW_RETRY,
	ROW_ROOT,
	ROWS_ENDS,
	ROW_TLS_VERIFY,
	{ 0 },
};

/* ------------------------------------------------------------ for people */

static void
print_values(struct buf *out, const json_t *list, const char *title)
{
	json_t *entry = NULL;
	size_t i = 0;

	if (json_array_size(list) > 0)
		buf_print(out, "%s:\n", title);
	json_array_foreach(list, i, entry)
	{
		auto_free char *a = json_dumps(json_object_get(entry, "a"),
		                               JSON_COMPACT | JSON_ENCODE_ANY);
		auto_free char *b = json_dumps(json_object_get(entry, "b"),
		                               JSON_COMPACT | JSON_ENCODE_ANY);

		buf_print(out, "  %s: %s → %s\n",
		          json_string_value(json_object_get(entry, "path")), a, b);
	}
}

static void
print_layers(struct buf *out, const json_t *layers)
{
	static const struct {
		const char *side;
		char sign;
	} sides[] = { { "a", '-' }, { "b", '+' } };

	if (json_array_size(json_object_get(layers, "a")) == 0 &&
	    json_array_size(json_object_get(layers, "b")) == 0)
		return;
	buf_print(out, "layers: %lld in common\n",
	          (long long)json_integer_value(json_object_get(layers, "common")));
	for (size_t i = 0; i < COUNT_OF(sides); i++) {
		json_t *entry = NULL;
		size_t j = 0;

		json_array_foreach(json_object_get(layers, sides[i].side), j, entry)
		{
			buf_print(out, "  %c %s ", sides[i].sign,
			          json_string_value(json_object_get(entry, "digest")));
			number_print_size(out, (uint64_t)json_integer_value(
			                               json_object_get(entry, "size")));
			buf_add_char(out, '\n');
		}
	}
}

/* "0644 0:0 12 bytes". */
static void
print_file(struct buf *out, const json_t *f)
{
	const json_t *size = json_object_get(f, "size");
	const char *type = json_string_value(json_object_get(f, "type"));
	const char *target = json_string_value(json_object_get(f, "target"));

	buf_print(out, "%s %lld:%lld", json_string_value(json_object_get(f, "mode")),
	          (long long)json_integer_value(json_object_get(f, "uid")),
	          (long long)json_integer_value(json_object_get(f, "gid")));
	if (size != NULL)
		buf_print(out, " %lld bytes", (long long)json_integer_value(size));
	else
		buf_print(out, " %s", type);
	if (target != NULL)
		buf_print(out, " to %s", target);
}

static void
print_singles(struct buf *out, const json_t *list, char sign)
{
	json_t *entry = NULL;
	size_t i = 0;

	json_array_foreach(list, i, entry)
	{
		buf_print(out, "  %c %s  ", sign,
		          json_string_value(json_object_get(entry, "path")));
		print_file(out, entry);
		buf_add_char(out, '\n');
	}
}

static void
print_changed(struct buf *out, const json_t *list)
{
	json_t *entry = NULL, *word = NULL;
	size_t i = 0, j = 0;

	json_array_foreach(list, i, entry)
	{
		buf_print(out, "  ~ %s  ",
		          json_string_value(json_object_get(entry, "path")));
		print_file(out, json_object_get(entry, "a"));
		buf_add_str(out, " → ");
		print_file(out, json_object_get(entry, "b"));
		buf_add_str(out, " (");
		json_array_foreach(json_object_get(entry, "what"), j, word)
		{
			buf_print(out, "%s%s", j == 0 ? "" : ", ",
			          json_string_value(word));
		}
		buf_add_str(out, ")\n");
	}
}

static void
print_text(const json_t *d)
{
	const json_t *files = json_object_get(d, "files");
	const json_t *added = json_object_get(files, "added"),
	             *removed = json_object_get(files, "removed"),
	             *changed = json_object_get(files, "changed");
	auto_buf struct buf out = BUF_INIT;

	print_values(&out, json_object_get(d, "manifest"), "manifest");
	print_values(&out, json_object_get(d, "config"), "config");
	print_layers(&out, json_object_get(d, "layers"));
	if (json_array_size(added) + json_array_size(removed) + json_array_size(changed) >
	    0)
		buf_add_str(&out, "files:\n");
	print_singles(&out, removed, '-');
	print_singles(&out, added, '+');
	print_changed(&out, changed);
	visible_write(stdout, buf_text(&out), VISIBLE_LINES);
}

/* ------------------------------------------------------------ work */

static void
print_diff(const struct diff_words *o, const json_t *d)
{
	auto_free char *text = NULL;

	if (!o->ends.transfer.store.json) {
		print_text(d);
		return;
	}
	text = jsonio_print(d);
	visible_write(stdout, text_of(text), VISIBLE_LINE);
	putchar('\n');
}

static int
compare(const struct diff_words *o, const struct words_left *words, struct transfer *t,
        json_t **out, bool *same, struct error *err)
{
	const struct diff_options options = {
		.platform = o->ends.platforms.list.n > 0 ? o->ends.platforms.list.at
		                                         : NULL,
		.no_files = o->no_files,
		.ignore_times = o->ignore_times,
	};
	auto_depot struct depot *a = NULL, *b = NULL;

	a = depot_open(words->list.at[0], DEPOT_READ, BARE_EITHER, &t->options, err);
	if (a == NULL)
		return -1;
	b = depot_open(words->list.at[1], DEPOT_READ, BARE_EITHER, &t->options, err);
	if (b == NULL)
		return -1;
	return images_diff(a, b, &options, out, same, err);
}

static int
cmd_diff_work(void *options, const struct words_left *words, struct error *err)
{
	struct diff_words *o = options;
	auto_json json_t *diff = NULL;
	struct transfer t;
	bool same = false;
	int failed = command_words(&cmd_diff, words, 2, 2, err);

	if (failed < 0)
		return -1;
	if (o->ends.platforms.list.n > 1)
		return error_set(err, ERR_USAGE, "--platform: one at a time");
	failed = ends_start(&t, &o->ends, "Comparing", words->list.at[0],
	                    words->list.at[1], BARE_EITHER, err);
	if (failed == 0)
		failed = compare(o, words, &t, &diff, &same, err);
	transfer_end(&t);
	if (failed < 0)
		return -1;
	print_diff(o, diff);
	return same ? 0 : STATUS_DIFFERENT;
}

static int
cmd_diff_run(const struct command *self, int argc, char **argv)
{
	struct diff_words o = { 0 };
	int status = 0;

	ends_init(&o.ends);
	status = command_run(self, argc, argv, &o, cmd_diff_work);
	ends_clear(&o.ends);
	return status;
}

struct command cmd_diff = {
	.name = "diff",
	.arguments = "[OPTIONS] IMAGE IMAGE",
	.summary = "Compare two images: config, layers, files.",
	.options = rows,
	.run = cmd_diff_run,
};
