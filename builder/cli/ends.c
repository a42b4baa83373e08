#include "builder/cli/ends.h"

#include "base/base.h"
#include "builder/cli/values.h"

enum { SRC, DEST };

static int
set_creds(void *target, int end, struct text value)
{
	((struct ends_options *)target)->creds[end] = value;
	return 0;
}

static int
set_tls(void *target, int end, struct text value, struct error *err)
{
	bool verify = true;

	if (value_flag(value, &verify, err) < 0)
		return -1;
	((struct ends_options *)target)->no_tls_verify[end] = !verify;
	return 0;
}

int
ends_set_src_creds(void *target, struct text value, struct error *err)
{
	(void)err;
	return set_creds(target, SRC, value);
}

int
ends_set_dest_creds(void *target, struct text value, struct error *err)
{
	(void)err;
	return set_creds(target, DEST, value);
}

int
ends_set_src_tls(void *target, struct text value, struct error *err)
{
	return set_tls(target, SRC, value, err);
}

int
ends_set_dest_tls(void *target, struct text value, struct error *err)
{
	return set_tls(target, DEST, value, err);
}

int
ends_set_platform(void *target, struct text value, struct error *err)
{
	struct ends_options *o = target;

	/* "all" is what skopeo's users write. */
	if (text_is(value, "all"))
		return 0;
	while (value.p != NULL) {
		struct text word = text_trim(text_cut(&value, ','));
		struct platform *p = array_add(&o->platforms.list);

		if (word.n == 0)
			return error_set(err, ERR_USAGE, "a platform is empty");
		if (platform_parse(p, word, err) < 0 ||
		    platform_check_spelling(p, err) < 0)
			return -1;
	}
	return 0;
}

void
ends_init(struct ends_options *o)
{
	transfer_options_init(&o->transfer);
}

void
ends_clear(struct ends_options *o)
{
	for (size_t i = 0; i < o->platforms.list.n; i++)
		platform_clear(&o->platforms.list.at[i]);
	array_clear(&o->platforms.list);
	transfer_options_clear(&o->transfer);
}

/* ------------------------------------------------------------ session */

static int
check_creds(struct text creds, const char *option, struct error *err)
{
	ptrdiff_t colon = text_find(creds, ':');

	/* The message does not show the value. */
	if (creds.p != NULL && (colon <= 0 || (size_t)colon + 1 == creds.n))
		return error_set(err, ERR_USAGE, "%s is not USER:PASSWORD", option);
	return 0;
}

static void
give(struct registry *reg, const char *host, struct text creds, const char *option)
{
	struct text password = creds, user = text_cut(&password, ':');
	auto_free char *name = text_copy(user);
	char *word = text_copy(password);

	registry_give(reg, host, name, word, option);
	explicit_bzero(word, strlen(word));
	free(word);
}

static struct registry *
make_registry(const struct ends_options *o, char *const hosts[2],
              const struct cancel *cancel)
{
	const struct transfer_options *t = &o->transfer;
	auto_free const char **insecure = mem_new_n(t->insecure.n + 2, sizeof *insecure);
	struct registry_options options = { .authfile = t->authfile,
		                            .insecure = insecure,
		                            .n_insecure = t->insecure.n,
		                            .retries = t->retries,
		                            .retry_delay_ns = t->retry_delay_ns,
		                            .timeout_s = t->timeout_s,
		                            .cancel = cancel };
	static const char *const names[] = { "--src-creds", "--dest-creds" };
	struct registry *reg = NULL;

	/* Words of the command line end in NUL. */
	for (size_t i = 0; i < t->insecure.n; i++)
		insecure[i] = t->insecure.at[i].p;
	for (int i = 0; i < 2; i++)
		if (hosts[i] != NULL && (t->no_tls_verify || o->no_tls_verify[i]))
			insecure[options.n_insecure++] = hosts[i];
	reg = registry_new(&options);
	for (int i = 0; i < 2; i++) {
		if (hosts[i] == NULL)
			continue;
		if (o->creds[i].p != NULL)
			give(reg, hosts[i], o->creds[i], names[i]);
		else if (t->creds.p != NULL)
			give(reg, hosts[i], t->creds, "--creds");
	}
	return reg;
}

static int
find_host(const char *word, enum depot_bare bare, char **out, struct error *err)
{
	if (word == NULL)
		return 0;
	*out = depot_host(word, bare, err);
	return err->code != ERR_NONE ? -1 : 0;
}

int
ends_start(struct transfer *t, const struct ends_options *o, const char *what,
           const char *src, const char *dest, enum depot_bare bare, struct error *err)
{
	auto_free char *from = NULL, *to = NULL;
	char *hosts[2];
	int failed = 0;

	*t = (struct transfer){ .lease_fd = -1,
		                .options.epoch = -1,
		                .session.stop_fd = -1 };
	if (find_host(src, bare, &from, err) < 0 || find_host(dest, bare, &to, err) < 0 ||
	    check_creds(o->creds[SRC], "--src-creds", err) < 0 ||
	    check_creds(o->creds[DEST], "--dest-creds", err) < 0)
		return -1;
	failed = transfer_start(t, &o->transfer, what, NULL, err);
	if (failed < 0)
		return -1;
	hosts[SRC] = from;
	hosts[DEST] = to;
	registry_free(t->options.registry);
	t->options.registry = make_registry(o, hosts, t->session.cancel);
	return 0;
}
