#include "builder/cli/dialect.h"

#include "base/base.h"
#include "base/count.h"
#include "builder/cli/build_options.h"
#include "builder/cli/build_values.h"

typedef int place_fn(struct build_options *o, struct text rest, struct error *err);

/* PATH[:NAME] */
static int
add_file(struct build_options *o, struct text rest, enum output_type type, bool is_dir,
         struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	struct text name = rest, path = text_cut(&name, ':');
	struct output *out = NULL;

	if (path.n == 0 || text_is(path, "-"))
		return error_set(err, ERR_USAGE, "a path is missing");
	if (name.n > 0 && reference_parse(&ref, name, err) < 0)
		return -1;
	out = array_add(&o->request.outputs);
	*out = (struct output){ .type = type,
		                .type_given = true,
		                .layout_dir = is_dir,
		                .level = COMPRESS_LEVEL_DEFAULT,
		                .dest = text_copy(path) };
	if (name.n > 0)
		array_push(&out->names, text_of(text_copy(name)));
	return 0;
}

static int
add_oci(struct build_options *o, struct text rest, struct error *err)
{
	return add_file(o, rest, OUTPUT_OCI, true, err);
}

static int
add_oci_archive(struct build_options *o, struct text rest, struct error *err)
{
	return add_file(o, rest, OUTPUT_OCI, false, err);
}

static int
add_docker_archive(struct build_options *o, struct text rest, struct error *err)
{
	return add_file(o, rest, OUTPUT_DOCKER, false, err);
}

static int
add_registry(struct build_options *o, struct text rest, struct error *err)
{
	o->push = true;
	return add_tag(o, rest, err);
}

static int
add_stored(struct build_options *o, struct text rest, struct error *err)
{
	return add_tag(o, rest, err);
}

static int
refuse_dir(struct build_options *o, struct text rest, struct error *err)
{
	(void)o;
	error_set(err, ERR_USAGE, "directories of this form are not written");
	return error_hint(err, "build it, then: cooper push NAME dir:%.*s",
	                  TEXT_ARG(rest));
}

/* It goes to Docker after the build, from the store. */
static int
add_daemon(struct build_options *o, struct text rest, struct error *err)
{
	o->load = o->load_docker = true;
	return add_tag(o, rest, err);
}

/* Those that could as well be names count only with a path, unless buildah is spoken. */
static const struct {
	const char *prefix;
	bool could_be_name;
	place_fn *add;
} places[] = {
	{ "docker://", false, add_registry },
	{ "oci-archive:", false, add_oci_archive },
	{ "docker-archive:", false, add_docker_archive },
	{ "docker-daemon:", false, add_daemon },
	{ "containers-storage:", false, add_stored },
	{ "oci:", true, add_oci },
	{ "dir:", true, refuse_dir },
};

int
dialect_add_place(struct build_options *o, struct text value, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct text rest;

		if (!text_starts(value, places[i].prefix))
			continue;
		rest = text_from(value, strlen(places[i].prefix));
		if (places[i].could_be_name && (o->speaker & SPEAK_PODS) == 0 &&
		    text_find(rest, '/') < 0)
			continue;
		return places[i].add(o, rest, err) < 0 ? -1 : 1;
	}
	return 0;
}
