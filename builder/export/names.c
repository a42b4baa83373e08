#include "builder/export/package.h"

#include "base/base.h"
#include "base/path.h"

int
export_names_read(const struct output *output, const struct export_options *options,
                  struct export_names *out, struct error *err)
{
	for (size_t i = 0; i < options->n_tags; i++)
		reference_copy(array_add(&out->list), &options->tags[i]);
	for (size_t i = 0; i < output->names.n; i++)
		if (reference_parse(array_add(&out->list), output->names.at[i], err) < 0)
			return error_wrap(err, "--output name");
	return 0;
}

void
export_names_clear(struct export_names *n)
{
	for (size_t i = 0; i < n->list.n; i++)
		reference_clear(&n->list.at[i]);
	array_clear(&n->list);
}

/* ------------------------------------------------------------ before the build */

bool
output_is_pushed(const struct output *output)
{
	unsigned keys = output_rows[output->type].keys;

	return (keys & IS_PUSHED) != 0 || ((keys & KEY_PUSH) != 0 && output->push);
}

/* The text is checked, because parsing would add a default tag. */
static int
check_untagged(struct text name, struct error *err)
{
	if (text_find(path_base(name), ':') < 0)
		return 0;
	error_set(err, ERR_USAGE, "push-by-digest: the tag of %.*s would not be pushed",
	          TEXT_ARG(name));
	return error_hint(err, "name the image without a tag, or leave push-by-digest "
	                       "out");
}

int
output_check_names(const struct output *output, const struct text *tags, size_t n_tags,
                   struct error *err)
{
	if (!output_is_pushed(output))
		return 0;
	if (n_tags + output->names.n == 0) {
		error_set(err, ERR_USAGE, "nothing to push to: the image has no name");
		return error_hint(
		        err, "--push needs one: -t HOST/NAME:TAG or --output …,name=…");
	}
	for (size_t i = 0; i < n_tags && output->push_by_digest; i++)
		if (check_untagged(tags[i], err) < 0)
			return -1;
	for (size_t i = 0; i < output->names.n && output->push_by_digest; i++)
		if (check_untagged(output->names.at[i], err) < 0)
			return -1;
	return 0;
}
