#include "builder/cli/transfer.h"
#include "builder/cli/values.h"

#include "base/base.h"
#include "base/event.h"
#include "base/number.h"
#include "layers/store.h"

int
transfer_set_progress(void *target, struct text value, struct error *err)
{
	if (!progress_parse(value, &((struct transfer_options *)target)->progress))
		return error_set(err, ERR_USAGE, PROGRESS_HELP);
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

int
transfer_set_creds(void *target, struct text value, struct error *err)
{
	(void)err;
	((struct transfer_options *)target)->creds = value;
	return 0;
}

int
transfer_set_tls_verify(void *target, struct text value, struct error *err)
{
	bool verify = true;

	if (value_flag(value, &verify, err) < 0)
		return -1;
	((struct transfer_options *)target)->no_tls_verify = !verify;
	return 0;
}

int
transfer_set_retry(void *target, struct text value, struct error *err)
{
	return value_tries(value, &((struct transfer_options *)target)->retries, err);
}

int
transfer_set_retry_delay(void *target, struct text value, struct error *err)
{
	return value_wait(value, &((struct transfer_options *)target)->retry_delay_ns,
	                  err);
}

int
transfer_set_timeout(void *target, struct text value, struct error *err)
{
	return value_silence(value, &((struct transfer_options *)target)->timeout_s, err);
}

/* Not while the options are read: that error would show the value. */
static int
check_creds(const struct transfer_options *o, struct error *err)
{
	ptrdiff_t colon = text_find(o->creds, ':');

	if (o->creds.p != NULL && (colon <= 0 || (size_t)colon + 1 == o->creds.n))
		return error_set(err, ERR_USAGE, "--creds is not USER:PASSWORD");
	return 0;
}

static void
give_creds(struct registry *reg, const struct transfer_options *o, const char *host)
{
	struct text password = o->creds, user = text_cut(&password, ':');
	auto_free char *name = text_copy(user);
	char *word = text_copy(password);

	registry_give(reg, host, name, word, "--creds");
	explicit_bzero(word, strlen(word));
	free(word);
}

struct registry *
transfer_registry(const struct transfer_options *o, const char *host,
                  const struct cancel *cancel)
{
	auto_free const char **hosts = mem_new_n(o->insecure.n + 2, sizeof *hosts);
	struct registry_options options = { .authfile = o->authfile,
		                            .insecure = hosts,
		                            .n_insecure = o->insecure.n,
		                            .retries = o->retries,
		                            .retry_delay_ns = o->retry_delay_ns,
		                            .timeout_s = o->timeout_s,
		                            .cancel = cancel };
	struct registry *reg = NULL;

	/* Words of the command line end in NUL. */
	for (size_t i = 0; i < o->insecure.n; i++)
		hosts[i] = o->insecure.at[i].p;
	if (o->no_tls_verify && host != NULL)
		hosts[options.n_insecure++] = host;
	reg = registry_new(&options);
	if (o->creds.p != NULL && host != NULL)
		give_creds(reg, o, host);
	return reg;
}

int
transfer_start(struct transfer *t, const struct transfer_options *o, const char *what,
               const char *host, struct error *err)
{
	enum progress progress = o->quiet ? PROGRESS_QUIET : o->progress;

	*t = (struct transfer){ .lease_fd = -1,
		                .options.epoch = -1,
		                .session.stop_fd = -1 };
	if (check_creds(o, err) < 0)
		return -1;
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
	t->options.registry = transfer_registry(o, host, t->session.cancel);
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
