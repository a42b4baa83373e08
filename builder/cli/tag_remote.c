#include "builder/cli/tag_remote.h"

#include <stdio.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/visible.h"

/* WORD as a name in a registry; *TAGGED: whether it has a tag or a digest. */
static int
read_word(const char *word, struct reference *out, bool *tagged, struct error *err)
{
	struct text rest = text_of(word), last = rest;

	if (text_starts(rest, "docker://"))
		rest = last = text_from(rest, strlen("docker://"));
	else if (transport_is(rest) || text_starts(rest, "store:"))
		return error_set(err, ERR_USAGE, "%s is not in a registry", word);
	while (text_find(last, '/') >= 0)
		last = text_from(last, (size_t)text_find(last, '/') + 1);
	*tagged = text_find(last, ':') >= 0 || text_find(rest, '@') >= 0;
	return reference_parse(out, rest, err);
}

static int
compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static void
print_tags(const struct ends_options *o, const char *repo, const struct tag_names *tags)
{
	auto_json json_t *object = json_object();
	json_t *list = json_array();
	auto_free char *text = NULL;

	for (size_t i = 0; i < tags->list.n; i++) {
		struct text tag = text_of(tags->list.at[i]);

		json_array_append_new(list, jsonio_string(tag));
		if (!o->transfer.store.json) {
			visible_write(stdout, tag, VISIBLE_LINE);
			putchar('\n');
		}
	}
	jsonio_set(object, "repository", jsonio_string(text_of(repo)));
	jsonio_set(object, "tags", list);
	if (!o->transfer.store.json)
		return;
	text = jsonio_print(object);
	visible_write(stdout, text_of(text), VISIBLE_LINE);
	putchar('\n');
}

int
tag_list(const struct ends_options *o, const char *word, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_free char *repo = NULL;
	struct tag_names tags = { 0 };
	struct transfer t;
	bool tagged = false;
	int failed = 0;

	if (read_word(word, &ref, &tagged, err) < 0)
		return -1;
	if (tagged)
		return error_set(err, ERR_USAGE,
		                 "%s: a repository is meant, without a tag", word);
	repo = mem_print("%s/%s", ref.host, ref.repo);
	failed = ends_start(&t, o, "Reading", word, NULL, BARE_REGISTRY, err);
	if (failed == 0)
		failed = registry_tags(t.options.registry, &ref, &tags, err);
	transfer_end(&t);
	array_sort(&tags.list, compare_names);
	if (failed == 0)
		print_tags(o, repo, &tags);
	tag_names_clear(&tags);
	return failed;
}

int
tag_remove(const struct ends_options *o, const char *word, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	struct transfer t;
	bool tagged = false;
	int failed = 0;

	if (read_word(word, &ref, &tagged, err) < 0)
		return -1;
	/* Nobody removes "latest" by forgetting the tag. */
	if (!tagged)
		return error_set(err, ERR_USAGE, "%s: say which tag or digest", word);
	failed = ends_start(&t, o, "Removing", NULL, word, BARE_REGISTRY, err);
	if (failed == 0)
		failed = ref.digest != NULL
		                 ? registry_delete(t.options.registry, &ref, err)
		                 : registry_untag(t.options.registry, &ref, err);
	transfer_end(&t);
	return failed;
}
