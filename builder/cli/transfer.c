#include "builder/cli/transfer.h"

#include "base/base.h"
#include "layers/store.h"

int
transfer_set_progress(void *target, struct text value, struct error *err)
{
	if (!progress_parse(value, &((struct transfer_options *)target)->progress))
		return error_set(err, ERR_USAGE,
		                 "must be auto, plain, tty, rawjson or quiet");
	return 0;
}

void
transfer_options_init(struct transfer_options *o)
{
	*o = (struct transfer_options){ .progress = session_progress() };
}

void
transfer_options_clear(struct transfer_options *o)
{
	array_clear(&o->insecure);
}

static struct registry *
open_registry(const struct transfer_options *o, const struct cancel *cancel)
{
	auto_free const char **hosts = mem_new_n(o->insecure.n + 1, sizeof *hosts);
	struct registry_options options = { .authfile = o->authfile,
		                            .insecure = hosts,
		                            .n_insecure = o->insecure.n,
		                            .cancel = cancel };

	/* Words of the command line end in NUL. */
	for (size_t i = 0; i < o->insecure.n; i++)
		hosts[i] = o->insecure.at[i].p;
	return registry_new(&options);
}

int
transfer_start(struct transfer *t, const struct transfer_options *o, const char *what,
               struct error *err)
{
	enum progress progress = o->quiet ? PROGRESS_QUIET : o->progress;

	*t = (struct transfer){ .lease_fd = -1, .options.epoch = -1 };
	if (session_start(&t->session, progress, err) < 0)
		return -1;
	ui_name(t->session.ui, what);
	t->options.cancel = t->session.cancel;
	t->options.store = store_open(o->store.root, err);
	if (t->options.store == NULL)
		return -1;
	t->lease_fd = store_lease(t->options.store, err);
	if (t->lease_fd < 0)
		return -1;
	t->options.registry = open_registry(o, t->session.cancel);
	return 0;
}

void
transfer_end(struct transfer *t)
{
	registry_free(t->options.registry);
	store_lease_end(t->options.store, &t->lease_fd);
	store_close(t->options.store);
	session_end(&t->session);
}

void
transfer_print(const char *name, const struct descriptor *root)
{
	char digest[DIGEST_TEXT_MAX];

	printf("%s@%s\n", name, digest_text(&root->digest, digest));
}
