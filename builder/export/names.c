#include "builder/export/package.h"

#include "base/base.h"

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
