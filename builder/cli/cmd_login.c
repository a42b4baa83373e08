#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/event.h"
#include "base/visible.h"
#include "builder/cli/prompt.h"
#include "builder/cli/report.h"
#include "builder/cli/transfer.h"
#include "registry/login.h"

struct login_options {
	struct transfer_options transfer;
	const char *user, *password;
	bool piped, get, verbose;
};

#define LOGIN_AT(member) offsetof(struct login_options, member)

static const struct option_row rows[] = {
	ROW_AUTHFILE,
	{ "get-login", 0, NULL, OPTION_FLAG, LOGIN_AT(get), NULL,
	  "only print the user that is stored for REGISTRY" },
	ROW_INSECURE,
	{ "password", 'p', "PASSWORD", OPTION_STRING, LOGIN_AT(password), NULL,
	  "other users can see it: prefer --password-stdin" },
	{ "password-stdin", 0, NULL, OPTION_FLAG, LOGIN_AT(piped), NULL,
	  "read the password, or a token, from standard input" },
	ROW_TLS_VERIFY,
	{ "username", 'u', "USER", OPTION_STRING, LOGIN_AT(user), NULL,
	  "the user name (default: ask for it)" },
	{ "verbose", 'v', NULL, OPTION_FLAG, LOGIN_AT(verbose), NULL,
	  "report where the credentials are kept" },
	{ 0 },
};

/* One login on its way. */
struct login {
	const struct login_options *options;
	char *key, *host;
	struct buf user, password;
	const struct cancel *cancel;
};

static int
check_options(const struct login_options *o, struct error *err)
{
	if (o->piped && o->password != NULL)
		return error_set(err, ERR_USAGE,
		                 "--password and --password-stdin are both given");
	if (o->piped && o->user == NULL) {
		error_set(err, ERR_USAGE, "--password-stdin needs --username");
		return error_hint(err, "cooper login -u USER --password-stdin REGISTRY");
	}
	if (o->password != NULL)
		event_warn(0, "a password on the command line can be seen by others; "
		              "use --password-stdin");
	return 0;
}

/* What is known of the registry: 1, 0, -1. */
static int
find_known(const struct login *l, struct credential *out, struct error *err)
{
	struct credentials *all = credentials_new(l->options->transfer.authfile,
	                                          l->cancel);
	const char *repo = l->key + strlen(l->host);
	auto_error struct error why = ERROR_INIT;
	int found = credentials_find(all, l->host, *repo == '/' ? repo + 1 : "x", out,
	                             &why);

	credentials_free(all);
	/* A new login makes the file that is missing. */
	if (found < 0 && why.code == ERR_SOURCE)
		return 0;
	if (found < 0)
		error_move(err, &why);
	return found;
}

static int
print_known(const struct login *l, struct error *err)
{
	auto_credential struct credential known = CREDENTIAL_INIT;
	int found = find_known(l, &known, err);

	if (found < 0)
		return -1;
	if (found == 0) {
		error_set(err, ERR_AUTH, "not logged in to %s", l->key);
		return error_hint(err, "cooper login %s", l->key);
	}
	visible_write(stdout, text_of(known.user == NULL ? "<token>" : known.user),
	              VISIBLE_LINE);
	putchar('\n');
	return 0;
}

/* USER NULL: with what is known. */
static int
check(const struct login *l, const char *user, const char *password, struct error *err)
{
	struct registry *reg = NULL;
	bool asked = false;
	int failed = 0;

	reg = transfer_registry(&l->options->transfer, l->host, l->cancel);
	if (user != NULL)
		registry_give(reg, l->host, user, password, "the command line");
	failed = login_check(reg, l->key, l->host, &asked, err);
	registry_free(reg);
	if (failed == 0 && !asked)
		event_warn(0, "%s asks for no credentials: they were not checked",
		           l->host);
	return failed;
}

/* Without any option, credentials that are known and good are enough: 1. */
static int
check_known(const struct login *l, struct error *err)
{
	auto_credential struct credential known = CREDENTIAL_INIT;
	auto_error struct error why = ERROR_INIT;
	int found = l->options->user != NULL || l->options->password != NULL
	                    ? 0
	                    : find_known(l, &known, err);

	if (found <= 0)
		return found;
	if (check(l, NULL, NULL, &why) == 0)
		return 1;
	if (why.code != ERR_AUTH || !isatty(STDIN_FILENO)) {
		error_move(err, &why);
		return error_wrap(err, "the credentials of %s", known.source);
	}
	event_warn_error(0, &why, "the credentials of %s are not good", known.source);
	return 0;
}

static int
read_credentials(struct login *l, struct error *err)
{
	const struct login_options *o = l->options;
	int failed = 0;

	if (o->user != NULL)
		buf_add_str(&l->user, o->user);
	else
		failed = prompt("Username: ", false, l->cancel, &l->user, err);
	if (failed == 0 && o->password != NULL)
		buf_add_str(&l->password, o->password);
	else if (failed == 0 && o->piped)
		failed = prompt_piped(l->cancel, &l->password, err);
	else if (failed == 0)
		failed = prompt("Password: ", true, l->cancel, &l->password, err);
	if (failed < 0)
		return error_hint(err, "use --username USER --password-stdin");
	event_add_secret(buf_text(&l->password));
	if (l->user.n == 0 || l->password.n == 0)
		return error_set(err, ERR_USAGE, "the %s is empty",
		                 l->user.n == 0 ? "user name" : "password");
	if (text_find(buf_text(&l->user), ':') >= 0)
		return error_set(err, ERR_USAGE, "a user name cannot have a colon");
	if (strlen(l->password.p) != l->password.n || strlen(l->user.p) != l->user.n)
		return error_set(err, ERR_USAGE, "a password cannot have a zero byte");
	return 0;
}

static int
keep(const struct login *l, struct error *err)
{
	auto_credential struct credential c = CREDENTIAL_INIT;
	struct login_kept kept = { 0 };
	int failed = 0;

	credential_set(&c, l->user.p, l->password.p, NULL);
	failed = login_keep(l->options->transfer.authfile, l->key, &c, l->cancel, &kept,
	                    err);
	if (failed == 0 && kept.hidden != NULL)
		event_warn(0, "%s is asked before %s, and has other credentials",
		           kept.hidden, kept.file);
	if (failed == 0 && kept.helper == NULL)
		event_warn(0, "the password is kept unencrypted in %s", kept.file);
	if (failed == 0 && l->options->verbose && kept.helper != NULL)
		printf("Kept by docker-credential-%s\n", kept.helper);
	login_kept_clear(&kept);
	return failed;
}

static int
log_in(struct login *l, struct error *err)
{
	int known = 0;

	if (l->options->get)
		return print_known(l, err);
	known = check_known(l, err);
	if (known < 0)
		return -1;
	if (known == 0 &&
	    (read_credentials(l, err) < 0 ||
	     check(l, l->user.p, l->password.p, err) < 0 || keep(l, err) < 0))
		return -1;
	puts("Login Succeeded");
	return 0;
}

static void
wipe(struct buf *b)
{
	if (b->n > 0)
		explicit_bzero(b->p, b->n);
	buf_clear(b);
}

static int
cmd_login_work(void *options, const struct words_left *words, struct error *err)
{
	const struct login_options *o = options;
	const char *word = words->list.n > 0 ? words->list.at[0] : "docker.io";
	struct login l = { .options = o };
	struct session session = { .stop_fd = -1 };
	int failed = command_words(&cmd_login, words, 0, 1, err);

	if (failed == 0)
		failed = login_key(word, &l.key, &l.host, err);
	if (failed == 0)
		failed = check_options(o, err);
	if (failed == 0) {
		failed = session_start(&session, PROGRESS_QUIET, err);
		report_warnings();
		l.cancel = session.cancel;
	}
	if (failed == 0)
		failed = log_in(&l, err);
	session_end(&session);
	wipe(&l.user);
	wipe(&l.password);
	free(l.key);
	free(l.host);
	return failed;
}

static int
cmd_login_run(const struct command *self, int argc, char **argv)
{
	struct login_options o = { 0 };
	int status = 0;

	transfer_options_init(&o.transfer);
	status = command_run(self, argc, argv, &o, cmd_login_work);
	transfer_options_clear(&o.transfer);
	return status;
}

struct command cmd_login = {
	.name = "login",
	.arguments = "[OPTIONS] [REGISTRY]",
	.summary = "Check and keep the credentials for a registry.",
	.options = rows,
	.run = cmd_login_run,
};
