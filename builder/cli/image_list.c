#include "builder/cli/image_list.h"

#include <fnmatch.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/number.h"
#include "layers/tags.h"

/* ------------------------------------------------------------ filters */

static const char *const keys[] = {
	"reference", "label", "label!", "dangling", "before",
	"since",     "after", "until",  "id",       "digest"
};

int
image_filter_add(struct image_filter *f, struct text value, struct error *err)
{
	struct text rest = value, key = text_cut(&rest, '=');
	bool boolean = false;

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		if (!text_is(key, keys[i]) || rest.p == NULL)
			continue;
		if (text_is(key, "dangling") && !number_bool(rest, &boolean))
			return error_set(err, ERR_USAGE,
			                 "dangling is neither true nor false");
		array_push(&f->filters, value);
		return 0;
	}
	error_set(err, ERR_USAGE, "not a filter of images");
	return error_hint(err,
	                  "KEY=VALUE with reference, label, dangling, before, since, "
	                  "until, id or digest");
}

void
image_filter_clear(struct image_filter *f)
{
	array_clear(&f->filters);
}

/* As path.Match of Go, of the name with or without its tag. */
static bool
fits_name(const struct image_row *row, const char *pattern)
{
	auto_free char *whole = mem_print("%s:%s", row->name, row->tag);
	auto_error struct error ignored = ERROR_INIT;
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_free char *full = NULL, *untagged = NULL;

	if (!row->is_named)
		return false;
	if (fnmatch(pattern, whole, FNM_PATHNAME) == 0 ||
	    fnmatch(pattern, row->name, FNM_PATHNAME) == 0)
		return true;
	if (reference_parse(&ref, text_of(whole), &ignored) < 0)
		return false;
	full = mem_print("%s/%s:%s", ref.host, ref.repo, row->tag);
	untagged = mem_print("%s/%s", ref.host, ref.repo);
	return fnmatch(pattern, full, FNM_PATHNAME) == 0 ||
	       fnmatch(pattern, untagged, FNM_PATHNAME) == 0;
}

static bool
fits_label(const struct image_row *row, struct text wanted)
{
	struct text value = wanted, key = text_cut(&value, '=');
	auto_free char *name = text_copy(key);
	const json_t *labels =
	        json_object_get(json_object_get(row->stored.config, "config"), "Labels");
	const json_t *label = json_object_get(labels, name);

	return label != NULL &&
	       (value.p == NULL || text_is(value, json_string_value(label)));
}

static bool
fits_id(const struct image_row *row, struct text wanted)
{
	char text[DIGEST_TEXT_MAX];
	auto_free char *beginning = text_copy(wanted);
	const struct digest *d = &row->stored.document.config.digest;

	return text_starts(text_of(digest_text(d, text)), beginning) ||
	       text_starts(text_of(digest_hex(d, text)), beginning);
}

/* What a filter says, looked up once. */
struct condition {
	struct text key, value;
	int64_t ns; /* of before, since, until */
};

/* The creation time of the image that NAME names. */
static int
time_of(struct store *store, struct text name, int64_t *ns, struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_stored struct stored s = STORED_INIT;
	auto_free char *word = text_copy(name), *full = NULL;

	if (stored_find(store, word, &full, &target, err) < 0 ||
	    stored_read(store, &target, NULL, &s, err) < 0)
		return -1;
	*ns = s.created_ns;
	return 0;
}

static int
time_until(struct text value, int64_t *ns, struct error *err)
{
	int64_t age = 0;

	if (number_duration(value, &age)) {
		*ns = clock_wall_ns() - age;
		return 0;
	}
	if (clock_parse(value, ns))
		return 0;
	return error_set(err, ERR_USAGE, "until=%.*s: neither a duration nor a time",
	                 TEXT_ARG(value));
}

static int
condition_read(struct store *store, struct text filter, struct condition *out,
               struct error *err)
{
	out->value = filter;
	out->key = text_cut(&out->value, '=');
	if (text_is(out->key, "before") || text_is(out->key, "since") ||
	    text_is(out->key, "after"))
		return time_of(store, out->value, &out->ns, err);
	return text_is(out->key, "until") ? time_until(out->value, &out->ns, err) : 0;
}

static bool
fits(const struct image_row *row, const struct condition *c)
{
	char text[DIGEST_TEXT_MAX];
	bool wanted = false;

	if (text_is(c->key, "label"))
		return fits_label(row, c->value);
	if (text_is(c->key, "label!"))
		return !fits_label(row, c->value);
	if (text_is(c->key, "dangling")) {
		number_bool(c->value, &wanted);
		return wanted != row->is_named;
	}
	if (text_is(c->key, "id"))
		return fits_id(row, c->value);
	if (text_is(c->key, "digest"))
		return text_is(c->value, digest_text(&row->stored.root.digest, text));
	if (text_is(c->key, "before") || text_is(c->key, "until"))
		return row->stored.created_ns < c->ns;
	return row->stored.created_ns > c->ns;
}

struct conditions {
	ARRAY(struct condition) list;
};

/* References are alternatives, all else must hold. */
static bool
is_wanted(const struct image_row *row, const struct image_filter *f,
          const struct conditions *all)
{
	bool has_references = false, fits_reference = false, names_nameless = f->all;

	if (f->pattern != NULL && !fits_name(row, f->pattern))
		return false;
	for (size_t i = 0; i < all->list.n; i++) {
		const struct condition *c = &all->list.at[i];

		if (text_is(c->key, "reference")) {
			auto_free char *pattern = text_copy(c->value);

			has_references = true;
			fits_reference = fits_reference || fits_name(row, pattern);
		} else if (!fits(row, c)) {
			return false;
		}
		names_nameless = names_nameless || text_is(c->key, "dangling");
	}
	return (row->is_named || names_nameless) && (!has_references || fits_reference);
}

/* ------------------------------------------------------------ rows */

static int
row_read(struct store *store, const struct tag *tag, struct image_row *out,
         struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error why = ERROR_INIT;

	out->is_named = tag->name != NULL;
	if (!out->is_named) {
		out->name = mem_copy("<none>");
		out->tag = mem_copy("<none>");
	} else {
		if (reference_parse(&ref, text_of(tag->name), err) < 0)
			return error_wrap(err, "index.json");
		out->tag = mem_copy(ref.tag == NULL ? "" : ref.tag);
		free(ref.tag);
		ref.tag = mem_copy("latest"); /* which the short form leaves out */
		out->name = reference_short(&ref);
	}
	if (stored_read(store, &tag->target, NULL, &out->stored, &why) < 0)
		out->damaged = true;
	return 0;
}

static void
row_clear(struct image_row *row)
{
	free(row->name);
	free(row->tag);
	stored_clear(&row->stored);
}

static int
compare_names(const struct image_row *x, const struct image_row *y)
{
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->tag, y->tag);
}

static int
compare_rows(const void *a, const void *b, void *arg)
{
	const struct image_row *x = a, *y = b;
	const struct stored *s = &x->stored, *t = &y->stored;
	char one[DIGEST_TEXT_MAX], two[DIGEST_TEXT_MAX];
	int order = 0;

	switch (*(const enum image_sort *)arg) {
	case SORT_CREATED:
		order = (s->created_ns < t->created_ns) - (s->created_ns > t->created_ns);
		break;
	case SORT_SIZE:
		order = (s->size > t->size) - (s->size < t->size);
		break;
	case SORT_TAG:
		order = strcmp(x->tag, y->tag);
		break;
	case SORT_ID:
		order = strcmp(digest_text(&s->document.config.digest, one),
		               digest_text(&t->document.config.digest, two));
		break;
	case SORT_NAME:
		break;
	}
	return order != 0 ? order : compare_names(x, y);
}

static int
read_conditions(struct store *store, const struct image_filter *f, struct conditions *out,
                struct error *err)
{
	for (size_t i = 0; i < f->filters.n; i++)
		if (condition_read(store, f->filters.at[i], array_add(&out->list), err) <
		    0)
			return error_wrap(err, "--filter %.*s",
			                  TEXT_ARG(f->filters.at[i]));
	return 0;
}

int
image_list_read(struct store *store, const struct image_filter *f, struct image_list *out,
                struct error *err)
{
	auto_tags struct tags tags = { 0 };
	struct conditions conditions = { 0 };
	enum image_sort sort = f->sort;
	int failed = tags_read(store, &tags, err);

	if (failed == 0)
		failed = read_conditions(store, f, &conditions, err);
	for (size_t i = 0; failed == 0 && i < tags.list.n; i++) {
		struct image_row row = { 0 };

		failed = row_read(store, &tags.list.at[i], &row, err);
		if (failed == 0 && is_wanted(&row, f, &conditions))
			array_push(&out->rows, row);
		else
			row_clear(&row);
	}
	array_clear(&conditions.list);
	if (failed == 0 && out->rows.n > 1)
		qsort_r(out->rows.at, out->rows.n, sizeof *out->rows.at, compare_rows,
		        &sort);
	return failed;
}

void
image_list_clear(struct image_list *list)
{
	for (size_t i = 0; i < list->rows.n; i++)
		row_clear(&list->rows.at[i]);
	array_clear(&list->rows);
}
