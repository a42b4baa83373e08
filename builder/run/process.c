#include "builder/run/process.h"

#include <signal.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/file.h"
#include "base/number.h"

/* What Docker sets where the image sets nothing. */
#define DEFAULT_PATH    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define HOSTNAME_LENGTH 12

void
process_texts_clear(struct process_texts *p)
{
	for (size_t i = 0; i < p->owned.n; i++)
		free(p->owned.at[i]);
	array_clear(&p->owned);
	array_clear(&p->argv);
	array_clear(&p->env);
	free(p->hostname);
	free(p->cwd);
	buf_clear(&p->hosts);
	buf_clear(&p->resolv);
}

static const char *
own(struct process_texts *p, char *text)
{
	array_push(&p->owned, text);
	return text;
}

/* ------------------------------------------------------------ environment */

static const char **
find_variable(struct process_texts *p, struct text name)
{
	for (size_t i = 0; i < p->env.n; i++)
		if (strncmp(p->env.at[i], name.p, name.n) == 0 &&
		    p->env.at[i][name.n] == '=')
			return &p->env.at[i];
	return NULL;
}

/* In place of the one that has the name. */
static void
set_variable(struct process_texts *p, struct text name, struct text value)
{
	const char *text = own(p,
	                       mem_print("%.*s=%.*s", TEXT_ARG(name), TEXT_ARG(value)));
	const char **at = find_variable(p, name);

	if (at != NULL)
		*at = text;
	else
		array_push(&p->env, text);
}

static void
make_env(struct process_texts *p, const struct run_request *r,
         const struct config *config, const char *home)
{
	const char *term = getenv("TERM");

	set_variable(p, TEXT("PATH"), TEXT(DEFAULT_PATH));
	set_variable(p, TEXT("HOSTNAME"), text_of(p->hostname));
	if (r->has_terminal)
		set_variable(p, TEXT("TERM"), text_of(term == NULL ? "xterm" : term));
	for (size_t i = 0; i < config->env.n; i++)
		set_variable(p, config->env.at[i].name, config->env.at[i].value);
	for (size_t i = 0; i < r->env.n; i++)
		set_variable(p, r->env.at[i].name, r->env.at[i].value);
	if (find_variable(p, TEXT("HOME")) == NULL)
		set_variable(p, TEXT("HOME"), text_of(home));
	array_push(&p->env, NULL);
}

/* ------------------------------------------------------------ names */

static void
make_names(struct process_texts *p, const struct run_request *r)
{
	char random[HOSTNAME_LENGTH + 1];

	file_random_name(random, HOSTNAME_LENGTH);
	p->hostname = r->hostname.p == NULL ? mem_copy(random) : text_copy(r->hostname);
	buf_print(&p->hosts, "127.0.0.1\tlocalhost %s\n", p->hostname);
	buf_add_str(&p->hosts, "::1\tlocalhost ip6-localhost ip6-loopback\n");
	for (size_t i = 0; i < r->hosts.n; i++)
		buf_print(&p->hosts, "%.*s\t%.*s\n", TEXT_ARG(r->hosts.at[i].value),
		          TEXT_ARG(r->hosts.at[i].name));
	sandbox_resolv_conf(&p->resolv);
}

int
process_texts_make(struct process_texts *out, const struct run_request *r,
                   const struct config *config, const char *home, struct error *err)
{
	const struct text cwd = r->workdir.p != NULL ? r->workdir : config->workdir;
	struct run_words words = { 0 };
	int failed = run_words(config, r, &words, err);

	for (size_t i = 0; i < words.list.n; i++)
		array_push(&out->argv, own(out, text_copy(words.list.at[i])));
	array_push(&out->argv, NULL);
	array_clear(&words.list);
	out->cwd = cwd.n == 0 ? mem_copy("/") : text_copy(cwd);
	make_names(out, r);
	make_env(out, r, config, home);
	return failed;
}

int
process_signal(struct text name)
{
	uint32_t number = 0;

	if (number_u32(name, &number))
		return number > 0 && number < NSIG ? (int)number : 0;
	if (text_starts(name, "SIG"))
		name = text_from(name, 3);
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) != NULL && text_is(name, sigabbrev_np(i)))
			return i;
	return 0;
}
