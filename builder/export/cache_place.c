#include "builder/export/cache_place.h"

#include "base/base.h"
#include "base/csv.h"
#include "base/number.h"
#include "base/suggest.h"
#include "builder/export/package.h"
#include "builder/image/blob_place.h"

/* ------------------------------------------------------------ the kinds */

static int
settle_registry(struct cache_place *p, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;

	if (reference_parse(&ref, text_of(p->name), err) < 0)
		return error_wrap(err, "ref");
	p->output.type = OUTPUT_REGISTRY;
	array_push(&p->output.names, text_of(mem_copy(p->name)));
	return 0;
}

const struct cache_row cache_registry = {
	.from = "ref",
	.to = "ref",
	.place = &place_registry,
	.settle = settle_registry,
	.write = to_registry,
};

static int
settle_local(struct cache_place *p, struct error *err)
{
	(void)err;
	p->output.type = OUTPUT_OCI;
	p->output.layout_dir = true;
	p->output.dest = mem_copy(p->name);
	return 0;
}

const struct cache_row cache_local = {
	.from = "src",
	.to = "dest",
	.place = &place_layout,
	.settle = settle_local,
	.write = to_archive,
	.is_dir = true,
};

static int
settle_inline(struct cache_place *p, struct error *err)
{
	(void)err;
	p->output.type = OUTPUT_NONE;
	return 0;
}

const struct cache_row cache_inline = { .settle = settle_inline };

#define NAME(id, name, help) #name,
#define ROW(id, name, help)  &cache_##name,

/* By enum cache_kind. */
static const char *const names[] = { CACHE_PLACES(NAME) };
static const struct cache_row *const rows[] = { CACHE_PLACES(ROW) };

const struct cache_row *
cache_row_of(const struct cache_place *p)
{
	return rows[p->kind];
}

bool
cache_place_is_apart(const struct cache_place *p)
{
	return rows[p->kind]->write != NULL;
}

const char *
cache_place_dir(const struct cache_place *p)
{
	return rows[p->kind]->is_dir ? p->name : NULL;
}

/* ------------------------------------------------------------ options */

struct parsing {
	struct cache_place *place;
	bool is_to;
	struct buf output; /* attributes for output_parse() */
};

static int
unknown_kind(struct text value, struct error *err)
{
	auto_buf struct buf all = BUF_INIT;

	error_set(err, ERR_USAGE, "unknown cache type \"%.*s\"", TEXT_ARG(value));
	suggest_hint(err, suggest_find(value, names, N_CACHE_KINDS, false));
	for (size_t i = 0; i + 1 < N_CACHE_KINDS; i++)
		buf_print(&all, "%s%s", i == 0 ? "" : ", ", names[i]);
	return error_hint(err, "there are %s and %s", buf_str(&all),
	                  names[N_CACHE_KINDS - 1]);
}

static int
set_kind(struct cache_place *p, struct text value, struct error *err)
{
	for (size_t i = 0; i < N_CACHE_KINDS; i++) {
		if (!text_is(value, names[i]))
			continue;
		p->kind = (enum cache_kind)i;
		return 0;
	}
	return unknown_kind(value, err);
}

static int
set_mode(struct cache_place *p, struct text value, struct error *err)
{
	p->all_steps = text_is(value, "max");
	if (p->all_steps || text_is(value, "min"))
		return 0;
	error_set(err, ERR_USAGE, "mode=%.*s", TEXT_ARG(value));
	return error_hint(err, "use min or max");
}

static void
set_name(struct cache_place *p, struct text value)
{
	free(p->name);
	p->name = text_copy(value);
}

/* Keys for writing are those of any other output. */
static bool
is_of_output(struct text key)
{
	return text_is(key, "compression") || text_is(key, "compression-level") ||
	       text_is(key, "force-compression") || text_is(key, "oci-mediatypes");
}

/* Whether KEY is the location of any kind; the kind may come later. */
static bool
is_where(const struct parsing *p, struct text key)
{
	for (size_t i = 0; i < N_CACHE_KINDS; i++) {
		const char *where = p->is_to ? rows[i]->to : rows[i]->from;

		if (where != NULL && text_is(key, where))
			return true;
	}
	return false;
}

static int
set_attribute(struct parsing *p, struct text field, struct error *err)
{
	struct text value = field, key = text_cut(&value, '=');

	if (value.p == NULL)
		return error_set(err, ERR_USAGE, "\"%.*s\": must be key=value",
		                 TEXT_ARG(field));
	if (text_is(key, "type"))
		return set_kind(p->place, value, err);
	if (is_where(p, key)) {
		set_name(p->place, value);
		return 0;
	}
	if (p->is_to && text_is(key, "mode"))
		return set_mode(p->place, value, err);
	if (p->is_to && text_is(key, "ignore-error")) {
		if (number_bool(value, &p->place->ignore_error))
			return 0;
		return error_set(err, ERR_USAGE, "ignore-error=%.*s: not true or false",
		                 TEXT_ARG(value));
	}
	if (p->is_to && is_of_output(key)) {
		buf_print(&p->output, ",%.*s", TEXT_ARG(field));
		return 0;
	}
	/* A cache is always an image's manifest here. */
	if (text_is(key, "image-manifest"))
		return 0;
	return error_set(err, ERR_USAGE, "unknown cache attribute \"%.*s\"",
	                 TEXT_ARG(key));
}

static int
check(const struct parsing *p, struct error *err)
{
	const struct cache_place *place = p->place;
	const struct cache_row *row = cache_row_of(place);
	const char *where = p->is_to ? row->to : row->from;

	if (where == NULL && p->is_to)
		return 0;
	if (where == NULL) {
		error_set(err, ERR_USAGE, "type=%s is for --cache-to",
		          names[place->kind]);
		return error_hint(err, "name the image: --cache-from=NAME");
	}
	if (place->name == NULL || *place->name == '\0')
		return error_set(err, ERR_USAGE, "%s= is missing", where);
	return 0;
}

static int
parse(struct parsing *p, struct text value, struct error *err)
{
	auto_buf struct buf field = BUF_INIT;
	struct text rest = value;
	int found = 0;

	if (text_find(value, '=') < 0) {
		set_name(p->place, value);
	} else {
		while ((found = csv_next(&rest, &field, err)) > 0)
			if (set_attribute(p, buf_text(&field), err) < 0)
				return -1;
		if (found < 0)
			return -1;
	}
	if (check(p, err) < 0 ||
	    output_parse(&p->place->output, buf_text(&p->output), err) < 0)
		return -1;
	return rows[p->place->kind]->settle(p->place, err);
}

int
cache_place_parse(struct cache_place *out, bool is_to, struct text value,
                  struct error *err)
{
	struct parsing p = { .place = out, .is_to = is_to };
	int failed = 0;

	*out = (struct cache_place){ .kind = CACHE_REGISTRY };
	buf_add_str(&p.output, "type=registry");
	failed = parse(&p, value, err);
	buf_clear(&p.output);
	return failed;
}

void
cache_place_clear(struct cache_place *p)
{
	free(p->name);
	output_clear(&p->output);
}
