#include "builder/export/annotation.h"

#include <ctype.h>

#include "base/base.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "base/suggest.h"

static const char *const kinds[] = { "manifest", "index", "manifest-descriptor",
	                             "index-descriptor" };
#define N_KINDS (COUNT_OF(kinds))

/* ------------------------------------------------------------ reading */

static int
parse_kind(struct text name, enum annotation_kind *out, struct error *err)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (text_is(name, kinds[i])) {
			*out = (enum annotation_kind)i;
			return 0;
		}
	}
	error_set(err, ERR_USAGE, "unknown annotation type \"%.*s\"", TEXT_ARG(name));
	suggest_hint(err, suggest_find(name, kinds, N_KINDS, false));
	return error_hint(err,
	                  "use manifest, index, manifest-descriptor or index-descriptor");
}

/* "KIND" or "KIND[PLATFORM]"; no KIND is the manifest if that is allowed. */
static int
parse_place(struct annotation *a, struct text place, bool may_be_empty, struct error *err)
{
	struct text platform = place, kind = text_cut(&platform, '[');

	if ((kind.n > 0 || !may_be_empty) && parse_kind(kind, &a->kind, err) < 0)
		return -1;
	if (platform.p == NULL)
		return 0;
	if (platform.n < 2 || !text_ends(platform, "]"))
		return error_set(err, ERR_USAGE,
		                 "annotation type \"%.*s\": must be TYPE[OS/ARCH]",
		                 TEXT_ARG(place));
	platform.n--;
	a->has_platform = true;
	return platform_parse(&a->platform, platform, err);
}

static bool
has_blank(struct text key)
{
	for (size_t i = 0; i < key.n; i++)
		if (isspace((unsigned char)key.p[i]))
			return true;
	return false;
}

static int
add(struct annotations *out, struct text place, bool may_be_empty, struct text key,
    struct text value, struct error *err)
{
	struct annotation *a = array_add(&out->list);

	if (parse_place(a, place, may_be_empty, err) < 0)
		return -1;
	if (key.n == 0)
		return error_set(err, ERR_USAGE, "must be key=value");
	if (has_blank(key))
		return error_set(err, ERR_USAGE,
		                 "annotation \"%.*s\": a key has no blanks",
		                 TEXT_ARG(key));
	a->key = text_copy(key);
	a->value = text_copy(value);
	return 0;
}

int
annotation_parse(struct annotations *out, struct text value, struct error *err)
{
	struct text name = text_cut(&value, '=');
	struct text key = name, places = text_cut(&key, ':');

	if (value.p == NULL)
		return error_set(err, ERR_USAGE, "must be key=value");
	if (key.p == NULL)
		return add(out, TEXT(""), true, name, value, err);
	do
		if (add(out, text_cut(&places, ','), false, key, value, err) < 0)
			return -1;
	while (places.p != NULL);
	return 0;
}

/* Neither a platform nor a kind contains dots: the first dot after both begins the
 * key. */
int
annotation_parse_attribute(struct annotations *out, struct text key, struct text value,
                           struct error *err)
{
	struct text rest, place;
	bool has_kind;

	if (!text_starts(key, "annotation-") && !text_starts(key, "annotation.") &&
	    !text_starts(key, "annotation["))
		return 0;
	rest = text_from(key, strlen("annotation"));
	place = text_cut(&rest, '.');
	if (rest.p == NULL)
		return error_set(err, ERR_USAGE, "%.*s: must be annotation[-TYPE].KEY",
		                 TEXT_ARG(key));
	has_kind = text_starts(place, "-");
	if (add(out, text_from(place, has_kind), !has_kind, rest, value, err) < 0)
		return -1;
	return 1;
}

void
annotations_clear(struct annotations *a)
{
	for (size_t i = 0; i < a->list.n; i++) {
		platform_clear(&a->list.at[i].platform);
		free(a->list.at[i].key);
		free(a->list.at[i].value);
	}
	array_clear(&a->list);
}

/* ------------------------------------------------------------ places */

static bool
is_of_index(enum annotation_kind kind)
{
	return kind == ANNOTATION_INDEX || kind == ANNOTATION_INDEX_DESCRIPTOR;
}

static bool
is_of_platform(const struct annotation *a, const struct platform *platform)
{
	return platform_equal(&a->platform, platform);
}

static int
check_one(const struct annotation *a, const struct platform *platforms, size_t n,
          bool is_index, struct error *err)
{
	auto_free char *wanted = NULL;

	if (is_of_index(a->kind) && !is_index) {
		error_set(err, ERR_USAGE,
		          "annotation %s:%s: an image of one platform has no index",
		          kinds[a->kind], a->key);
		return error_hint(err, "say manifest:%s, or build for several platforms",
		                  a->key);
	}
	if (!a->has_platform || is_of_index(a->kind))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (is_of_platform(a, &platforms[i]))
			return 0;
	wanted = platform_print(&a->platform);
	return error_set(err, ERR_USAGE, "annotation %s[%s]:%s: %s is not built",
	                 kinds[a->kind], wanted, a->key, wanted);
}

int
annotations_check(const struct annotations *a, const struct platform *platforms, size_t n,
                  bool is_index, struct error *err)
{
	for (size_t i = 0; i < a->list.n; i++)
		if (check_one(&a->list.at[i], platforms, n, is_index, err) < 0)
			return -1;
	return 0;
}

bool
annotations_need_oci(const struct annotations *a)
{
	for (size_t i = 0; i < a->list.n; i++)
		if (a->list.at[i].kind != ANNOTATION_MANIFEST)
			return true;
	return false;
}

static void
collect(const struct annotations *from, enum annotation_kind kind,
        const struct platform *platform, json_t **object)
{
	for (size_t i = 0; from != NULL && i < from->list.n; i++) {
		const struct annotation *a = &from->list.at[i];
		bool is_special = a->has_platform && !is_of_index(kind);
		auto_json json_t *name = NULL;

		if (a->kind != kind || is_special != (platform != NULL) ||
		    (platform != NULL && !is_of_platform(a, platform)))
			continue;
		if (*object == NULL)
			*object = json_object();
		name = jsonio_string(text_of(a->key));
		jsonio_set(*object, json_string_value(name),
		           jsonio_string(text_of(a->value)));
	}
}

json_t *
annotations_json(const struct annotations *own, const struct annotations *given,
                 enum annotation_kind kind, const struct platform *platform)
{
	json_t *object = NULL;

	collect(own, kind, NULL, &object);
	collect(given, kind, NULL, &object);
	if (platform != NULL) {
		collect(own, kind, platform, &object);
		collect(given, kind, platform, &object);
	}
	return object;
}
