#include "builder/run/run.h"

static void
add_all(struct run_words *out, const struct text *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		array_push(&out->list, texts[i]);
}

int
run_words(const struct config *config, const struct run_request *r, struct run_words *out,
          struct error *err)
{
	if (!r->has_entrypoint)
		add_all(out, config->entrypoint.at, config->entrypoint.n);
	else if (r->entrypoint.n > 0)
		array_push(&out->list, r->entrypoint);
	if (r->n_words == 0 && !r->has_entrypoint)
		add_all(out, config->cmd.at, config->cmd.n);
	for (size_t i = 0; i < r->n_words; i++)
		array_push(&out->list, text_of(r->words[i]));
	if (out->list.n > 0)
		return 0;
	error_set(err, ERR_USAGE, "no command is given, and the image has none");
	return error_hint(err, "cooper run IMAGE COMMAND");
}

void
run_request_clear(struct run_request *r)
{
	array_clear(&r->env);
	array_clear(&r->hosts);
	array_clear(&r->mounts);
	array_clear(&r->limits.list);
}
