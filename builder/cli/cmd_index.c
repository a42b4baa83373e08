#include "builder/cli/cmd_index.h"

#include <stdio.h>

#include "base/base.h"
#include "base/input.h"
#include "base/jsonio.h"
#include "base/visible.h"
#include "builder/cli/cmd.h"
#include "builder/cli/index_targets.h"
#include "builder/cli/values.h"

/* ------------------------------------------------------------ options */

static int
set_annotation(void *target, struct text value, struct error *err)
{
	struct index_words *o = target;
	/* Without a kind it is the index's: it is what is made here. */
	struct text rest = value, key = text_cut(&rest, '=');
	bool has_kind = text_find(key, ':') >= 0 || text_find(key, '[') >= 0;
	auto_free char *text = mem_print("%s%.*s",
	                                 has_kind ? "" : "index:", TEXT_ARG(value));

	if (annotation_parse(&o->annotations, text_of(text), err) < 0)
		return -1;
	for (size_t i = 0; i < o->annotations.list.n; i++)
		if (o->annotations.list.at[i].kind == ANNOTATION_MANIFEST ||
		    o->annotations.list.at[i].kind == ANNOTATION_INDEX_DESCRIPTOR)
			return error_set(err, ERR_USAGE,
			                 "of an index only index and manifest-descriptor "
			                 "can be annotated");
	return 0;
}

static int
set_platform(void *target, struct text value, struct error *err)
{
	struct index_words *o = target;

	o->has_set_platform = true;
	return platform_parse(&o->set_platform, value, err);
}

static int
set_referrers(void *target, struct text value, struct error *err)
{
	bool wanted = true;

	if (value_flag(value, &wanted, err) < 0)
		return -1;
	((struct index_words *)target)->no_referrers = !wanted;
	return 0;
}

static int
set_format(void *target, struct text value, struct error *err)
{
	return formatted_parse(&((struct index_words *)target)->format, value, err);
}

#define AT(member) offsetof(struct index_words, member)

static const struct option_row rows[] = {
	{ "annotation", 0, "[KIND:]KEY=VALUE", OPTION_CALL, 0, set_annotation,
	  "of the index, or of its entries: manifest-descriptor[OS/ARCH]:KEY=VALUE" },
	{ "append", 0, NULL, OPTION_FLAG, AT(append), NULL, NULL },
	ROW_AUTHFILE,
	{ "builder", 0, "NAME", OPTION_IGNORED_VALUE, 0, NULL, NULL },
	ROW_CREDS,
	{ "digest-file", 0, "FILE", OPTION_STRING, AT(digest_file), NULL,
	  "write the digest of the index to FILE" },
	{ "dry-run", 0, NULL, OPTION_FLAG, AT(dry_run), NULL,
	  "print the index and store nothing" },
	{ "file", 'f', "FILE", OPTION_TEXTS, AT(files), NULL,
	  "create, append: a source is in FILE, as a name or a descriptor" },
	{ "format", 0, "text|json|TEMPLATE", OPTION_CALL, 0, set_format,
	  "how the answer is printed; inspect: also a template of Go" },
	{ "empty", 0, NULL, OPTION_FLAG, AT(may_be_empty), NULL, NULL },
	ROW_INSECURE,
	{ "metadata-file", 0, "FILE", OPTION_STRING, AT(metadata_file), NULL,
	  "write digest, descriptor and name of the index to FILE, as JSON" },
	ROW_PLATFORMS,
	{ "prefer-index", 0, "[=true|false]", OPTION_IGNORED, 0, NULL, NULL },
	ROW_PROGRESS,
	ROW_QUIET,
	{ "raw", 0, NULL, OPTION_FLAG, AT(raw), NULL,
	  "inspect: print the document byte for byte" },
	{ "referrers", 0, "[=true|false]", OPTION_CALL_FLAG, 0, set_referrers,
	  "false: without what refers to images that are copied" },
	{ "replace", 0, NULL, OPTION_FLAG, AT(replace), NULL,
	  "append: instead of other images for the same platform" },
	ROW_RETRY,
	ROW_RETRY_DELAY,
	ROW_ROOT,
	{ "set-platform", 0, "OS/ARCH", OPTION_CALL, 0, set_platform,
	  "what the entries say, whatever their images say" },
	ROWS_ENDS,
	{ "tag", 't', "NAME", OPTION_TEXTS, AT(tags), NULL,
	  "create, append: a name of the index; all words are sources then" },
	ROW_TIMEOUT,
	ROW_TLS_VERIFY,
	{ 0 },
};

/* ------------------------------------------------------------ results */

static int
print_result(const struct index_words *o, const char *name, const struct index_result *r,
             struct error *err)
{
	auto_json json_t *object = NULL;
	auto_free char *text = NULL;

	if (o->dry_run) {
		fwrite(buf_str(&r->document.bytes), 1, r->document.bytes.n, stdout);
		putchar('\n');
		return 0;
	}
	if (o->format.kind == FORMATTED_TEXT) {
		transfer_print(name, &r->document.descriptor);
		return 0;
	}
	object = index_json(name, &r->document, err);
	if (object == NULL)
		return -1;
	jsonio_set(object, "unchanged", json_boolean(r->unchanged));
	jsonio_set(object, "tries", json_integer((json_int_t)r->tries));
	text = jsonio_print(object);
	visible_write(stdout, text_of(text), VISIBLE_LINE);
	putchar('\n');
	return 0;
}

static struct index_options
options_of(const struct index_words *o)
{
	return (struct index_options){
		.annotations = &o->annotations,
		.platforms = o->ends.platforms.list.at,
		.n_platforms = o->ends.platforms.list.n,
		.set_platform = o->has_set_platform ? &o->set_platform : NULL,
		.replace = o->replace,
		.referrers = !o->no_referrers,
		.dry_run = o->dry_run,
	};
}

/* ------------------------------------------------------------ create, append */

/* Each name by itself: its images are brought to its repository. */
static int
make_one(const struct index_words *o, const struct index_targets *targets, size_t i,
         bool appends, const struct transfer *t, struct index_result *out,
         struct error *err)
{
	const struct index_options options = options_of(o);
	const char *name = targets->names.at[i];
	auto_registry_document struct registry_document whole = { 0 };
	auto_json json_t *entries = json_array();
	auto_depot struct depot *to = depot_open(name,
	                                         o->dry_run ? DEPOT_READ : DEPOT_CHANGE,
	                                         BARE_REGISTRY, &t->options, err);

	if (to == NULL)
		return -1;
	for (size_t j = 0; j < targets->sources.n; j++) {
		auto_free char *word = index_source(targets->sources.at[j], name);
		auto_depot struct depot *from = depot_open(word, DEPOT_READ, BARE_EITHER,
		                                           &t->options, err);

		if (from == NULL ||
		    index_collect(from, to, &options, entries,
		                  targets->sources.n == 1 ? &whole : NULL, err) < 0)
			return -1;
	}
	return appends ? index_append(to, entries, &options, out, err)
	               : index_create(to, entries, &whole, &options, out, err);
}

static int
make_all(struct index_words *o, const struct index_targets *targets, bool appends,
         struct error *err)
{
	struct transfer t;
	int failed = ends_start(&t, &o->ends, "Indexing",
	                        targets->sources.n > 0 ? targets->sources.at[0] : NULL,
	                        targets->names.at[0], BARE_REGISTRY, err);
	auto_free struct index_result *results = mem_new_n(targets->names.n + 1,
	                                                   sizeof *results);

	for (size_t i = 0; i < targets->names.n && failed == 0; i++)
		failed = make_one(o, targets, i, appends, &t, &results[i], err);
	transfer_end(&t);
	for (size_t i = 0; i < targets->names.n; i++) {
		if (failed == 0)
			failed = print_result(o, targets->names.at[i], &results[i], err);
		if (failed == 0 && i == 0)
			failed = index_files_write(o, targets->names.at[0], &results[0],
			                           err);
		index_result_clear(&results[i]);
	}
	return failed;
}

static int
make(struct index_words *o, const struct words_left *words, bool appends,
     struct error *err)
{
	struct index_targets targets = { 0 };
	int failed = index_targets_read(o, words, &targets, err);

	if (failed == 0 && targets.sources.n == 0 && !o->may_be_empty &&
	    o->annotations.list.n == 0) {
		error_set(err, ERR_USAGE, "no image is named that the index should have");
		failed = error_hint(err, "cooper index create NAME SOURCE…");
	}
	if (failed == 0 && targets.sources.n == 0 && !appends && !o->may_be_empty)
		failed = error_set(err, ERR_USAGE, "an index needs a source");
	if (failed == 0)
		failed = make_all(o, &targets, appends, err);
	index_targets_clear(&targets);
	return failed;
}

static int
run_create(struct index_words *o, const struct words_left *words, struct error *err)
{
	return make(o, words, o->append, err);
}

static int
run_append(struct index_words *o, const struct words_left *words, struct error *err)
{
	return make(o, words, true, err);
}

/* ------------------------------------------------------------ rm, annotate */

/* A word that names an image stands for its digest. OUT has room for N words, which the
 * caller frees. */
static int
resolve_words(const struct transfer *t, const char *const *words, size_t n, char **out,
              struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		auto_registry_document struct registry_document d = { 0 };
		auto_depot struct depot *p = NULL;
		char digest[DIGEST_TEXT_MAX];
		struct digest parsed;

		if (strchr(words[i], ':') == NULL || strchr(words[i], '@') != NULL ||
		    digest_parse(&parsed, text_of(words[i]))) {
			out[i] = mem_copy(words[i]);
			continue;
		}
		p = depot_open(words[i], DEPOT_READ, BARE_EITHER, &t->options, err);
		if (p == NULL || depot_find(p, &d, err) < 0)
			return -1;
		out[i] = mem_copy(digest_text(&d.descriptor.digest, digest));
	}
	return 0;
}

typedef int
change_fn(struct depot *to, const char *const *words, size_t n,
          const struct index_options *o, struct index_result *out, struct error *err);

static int
change_with(struct index_words *o, const struct words_left *words, change_fn *fn,
            const struct transfer *t, struct index_result *result, struct error *err)
{
	const struct index_options options = options_of(o);
	size_t n = words->list.n - 2;
	auto_free char **entries = mem_new_n(n + 1, sizeof *entries);
	auto_depot struct depot *to = NULL;
	int failed = resolve_words(t, words->list.at + 2, n, entries, err);

	if (failed == 0) {
		to = depot_open(words->list.at[1], o->dry_run ? DEPOT_READ : DEPOT_CHANGE,
		                BARE_REGISTRY, &t->options, err);
		failed = to == NULL ? -1
		                    : fn(to, (const char *const *)entries, n, &options,
		                         result, err);
	}
	for (size_t i = 0; i < n; i++)
		free(entries[i]);
	return failed;
}

static int
change(struct index_words *o, const struct words_left *words, change_fn *fn,
       struct error *err)
{
	const char *name = words->list.at[1];
	struct index_result result = { 0 };
	struct transfer t;
	int failed = ends_start(&t, &o->ends, "Indexing", NULL, name, BARE_REGISTRY, err);

	if (failed == 0)
		failed = change_with(o, words, fn, &t, &result, err);
	transfer_end(&t);
	if (failed == 0)
		failed = print_result(o, name, &result, err);
	if (failed == 0)
		failed = index_files_write(o, name, &result, err);
	index_result_clear(&result);
	return failed;
}

static int
run_remove(struct index_words *o, const struct words_left *words, struct error *err)
{
	if (command_words(&cmd_index, words, 3, SIZE_MAX, err) < 0)
		return -1;
	return change(o, words, index_remove, err);
}

static int
run_annotate(struct index_words *o, const struct words_left *words, struct error *err)
{
	if (command_words(&cmd_index, words, 2, SIZE_MAX, err) < 0)
		return -1;
	if (o->annotations.list.n == 0 && !o->has_set_platform)
		return error_set(err, ERR_USAGE,
		                 "neither --annotation nor --set-platform says what "
		                 "changes");
	if (o->has_set_platform && words->list.n != 3)
		return error_set(err, ERR_USAGE, "--set-platform is for one entry");
	return change(o, words, index_annotate, err);
}

static int
run_inspect(struct index_words *o, const struct words_left *words, struct error *err)
{
	if (command_words(&cmd_index, words, 2, 2, err) < 0)
		return -1;
	return index_inspect(o, words->list.at[1], err);
}

/* ------------------------------------------------------------ command */

static const struct {
	const char *word;
	int (*run)(struct index_words *o, const struct words_left *words,
	           struct error *err);
} actions[] = {
	{ "create", run_create },   { "append", run_append },
	{ "add", run_append },      { "rm", run_remove },
	{ "remove", run_remove },   { "annotate", run_annotate },
	{ "inspect", run_inspect },
};

static int
cmd_index_work(void *options, const struct words_left *words, struct error *err)
{
	const char *word = words->list.n > 0 ? words->list.at[0] : NULL;

	for (size_t i = 0; word != NULL && i < COUNT_OF(actions); i++)
		if (strcmp(actions[i].word, word) == 0)
			return actions[i].run(options, words, err);
	if (word == NULL)
		error_set(err, ERR_USAGE, "a word is missing");
	else
		error_set(err, ERR_USAGE, "unknown command \"index %s\"", word);
	return error_hint(err, "it is create, append, annotate, rm or inspect");
}

static int
run_as(const struct command *self, int argc, char **argv, bool is_imagetools)
{
	struct index_words o = { .is_imagetools = is_imagetools };
	int status = 0;

	ends_init(&o.ends);
	status = command_run(self, argc, argv, &o, cmd_index_work);
	array_clear(&o.tags.list);
	array_clear(&o.files.list);
	annotations_clear(&o.annotations);
	platform_clear(&o.set_platform);
	formatted_clear(&o.format);
	ends_clear(&o.ends);
	return status;
}

static int
cmd_index_run(const struct command *self, int argc, char **argv)
{
	return run_as(self, argc, argv, false);
}

static int
cmd_imagetools_run(const struct command *self, int argc, char **argv)
{
	return run_as(self, argc, argv, true);
}

struct command cmd_imagetools = {
	.name = "imagetools",
	.arguments = "create|inspect [OPTIONS] [IMAGE…]",
	.summary = "`cooper index`, as docker buildx has it.",
	.options = rows,
	.run = cmd_imagetools_run,
};

struct command cmd_index = {
	.name = "index",
	.arguments = "create|append|annotate|rm|inspect [OPTIONS] NAME [IMAGE…]",
	.summary = "Make and change indexes: one name for several platforms.",
	.options = rows,
	.run = cmd_index_run,
	.actions = "create append annotate rm inspect",
};
