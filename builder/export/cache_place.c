#include "builder/export/cache_place.h"

#include "base/base.h"
#include "base/csv.h"
#include "base/number.h"
#include "base/suggest.h"

struct parsing {
	struct cache_place *place;
	bool is_to;
	struct buf output; /* attributes for output_parse() */
};

static int
set_kind(struct cache_place *p, struct text value, struct error *err)
{
	static const char *const names[] = { "registry", "local", "inline" };
	const char *near = NULL;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (text_is(value, names[i])) {
			p->kind = (enum cache_kind)i;
			return 0;
		}
	}
	near = suggest_find(value, names, sizeof names / sizeof *names, false);
	error_set(err, ERR_USAGE, "unknown cache type \"%.*s\"", (int)value.n, value.p);
	if (near != NULL)
		return error_hint(err, "did you mean %s?", near);
	return error_hint(err, "there are registry, local and inline");
}

static int
set_mode(struct cache_place *p, struct text value, struct error *err)
{
	p->all_steps = text_is(value, "max");
	if (p->all_steps || text_is(value, "min"))
		return 0;
	error_set(err, ERR_USAGE, "mode=%.*s", (int)value.n, value.p);
	return error_hint(err, "use min or max");
}

static void
set_name(struct cache_place *p, struct text value)
{
	free(p->name);
	p->name = text_copy(value);
}

/* What is written is said as for any other output. */
static bool
is_of_output(struct text key)
{
	return text_is(key, "compression") || text_is(key, "compression-level") ||
	       text_is(key, "force-compression") || text_is(key, "oci-mediatypes");
}

static int
set_attribute(struct parsing *p, struct text field, struct error *err)
{
	ptrdiff_t equal = text_find(field, '=');
	struct text key = equal < 0 ? field : text_first(field, (size_t)equal);
	struct text value = equal < 0 ? TEXT("") : text_from(field, (size_t)equal + 1);

	if (equal < 0)
		return error_set(err, ERR_USAGE, "\"%.*s\": must be key=value",
		                 (int)field.n, field.p);
	if (text_is(key, "type"))
		return set_kind(p->place, value, err);
	if (text_is(key, "ref") || text_is(key, p->is_to ? "dest" : "src")) {
		set_name(p->place, value);
		return 0;
	}
	if (p->is_to && text_is(key, "mode"))
		return set_mode(p->place, value, err);
	if (p->is_to && text_is(key, "ignore-error")) {
		if (number_bool(value, &p->place->ignore_error))
			return 0;
		return error_set(err, ERR_USAGE, "ignore-error=%.*s: not true or false",
		                 (int)value.n, value.p);
	}
	if (p->is_to && is_of_output(key)) {
		buf_print(&p->output, ",%.*s", (int)field.n, field.p);
		return 0;
	}
	/* A cache is always an image's manifest here. */
	if (text_is(key, "image-manifest"))
		return 0;
	return error_set(err, ERR_USAGE, "unknown cache attribute \"%.*s\"", (int)key.n,
	                 key.p);
}

static int
check(const struct parsing *p, struct error *err)
{
	const struct cache_place *place = p->place;
	auto_reference struct reference ref = REFERENCE_INIT;

	if (place->kind == CACHE_INLINE && p->is_to)
		return 0;
	if (place->kind == CACHE_INLINE) {
		error_set(err, ERR_USAGE, "type=inline is for --cache-to");
		return error_hint(err, "name the image: --cache-from=NAME");
	}
	if (place->name == NULL || *place->name == '\0')
		return error_set(err, ERR_USAGE, "%s is missing",
		                 place->kind == CACHE_REGISTRY ? "ref="
		                 : p->is_to                    ? "dest="
		                                               : "src=");
	if (place->kind == CACHE_REGISTRY &&
	    reference_parse(&ref, text_of(place->name), err) < 0)
		return error_wrap(err, "ref");
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
	if (check(p, err) < 0)
		return -1;
	return output_parse(&p->place->output, buf_text(&p->output), err);
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
	if (failed < 0)
		return -1;
	if (out->kind == CACHE_LOCAL) {
		out->output.type = OUTPUT_OCI;
		out->output.layout_dir = true;
		out->output.dest = mem_copy(out->name);
	} else if (out->kind == CACHE_REGISTRY) {
		array_push(&out->output.names, text_of(mem_copy(out->name)));
	}
	return 0;
}

void
cache_place_clear(struct cache_place *p)
{
	free(p->name);
	output_clear(&p->output);
}
