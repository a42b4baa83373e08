#include "builder/steps/git_run.h"

#include <sys/wait.h>

#include "base/base.h"
#include "base/count.h"
#include "base/process.h"

#define OUTPUT_MAX    ((size_t)16 << 20)
#define ARGUMENTS_MAX 256
#define PROTOCOLS     "http:https:ssh:git"

/* The number of git's lines that an error quotes. */
#define REASON_LINES 6

/* Answers git's question for a user from the environment, because everybody can see
 * arguments. */
#define CREDENTIAL_HELPER                                                                \
	"!f() { test \"$1\" = get || exit 0; printf 'username=%s\\npassword=%s\\n' "     \
	"\"$COOPER_GIT_USER\" \"$COOPER_GIT_PASSWORD\"; }; f"

extern char **environ;

/* ------------------------------------------------------------ environment */

static bool
is_kept(const char *variable)
{
	static const char *const kept[] = { "GIT_SSH", "GIT_SSL", "GIT_PROXY", "GIT_HTTP",
		                            "GIT_ALLOW_PROTOCOL" };
	static const char *const dropped[] = {
		"LC_", "LANG", "GIT_", "XDG_CONFIG_HOME=", "SSH_ASKPASS", "COOPER_GIT_"
	};

	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
			return true;
	for (size_t i = 0; i < COUNT_OF(dropped); i++)
		if (strncmp(variable, dropped[i], strlen(dropped[i])) == 0)
			return false;
	return true;
}

static void
set(struct git *g, const char *name, const char *value)
{
	array_push(&g->env, mem_print("%s=%s", name, value));
}

/* "https://host:8443" of URL. */
static char *
origin_of(const char *url)
{
	const char *host = strstr(url, "://");
	size_t n = host == NULL ? 0 : (size_t)(host - url) + strlen("://");

	return mem_copy_n(url, n + strcspn(url + n, "/?#"));
}

/* A token of GitHub is valid for all its repositories, so for submodules, too. */
static char *
scope_of(const char *url)
{
	static const char *const whole[] = { "https://github.com/",
		                             "https://www.github.com/" };

	for (size_t i = 0; i < COUNT_OF(whole); i++)
		if (strncmp(url, whole[i], strlen(whole[i])) == 0)
			return mem_copy(whole[i]);
	return mem_copy(url);
}

struct setting {
	char *key, *value;
};

/* Settings that no other process sees; submodules get them too. */
static void
set_config(struct git *g, const struct setting *settings, size_t n)
{
	auto_free char *count = mem_print("%zu", n);

	set(g, "GIT_CONFIG_COUNT", count);
	for (size_t i = 0; i < n; i++) {
		auto_free char *key = mem_print("GIT_CONFIG_KEY_%zu", i);
		auto_free char *value = mem_print("GIT_CONFIG_VALUE_%zu", i);

		set(g, key, settings[i].key);
		set(g, value, settings[i].value);
	}
}

/* A header that is always sent would follow a redirection to another server, so
 * redirections are refused then. An answer to a question only goes to one server. */
static void
set_auth(struct git *g, const struct source_auth *auth)
{
	struct setting s[4];
	size_t n = 0;

	if (auth->authorization != NULL) {
		auto_free char *scope = scope_of(auth->url);

		s[n++] = (struct setting){ mem_print("http.%s.extraHeader", scope),
			                   mem_print("Authorization: %s",
			                             auth->authorization) };
		s[n++] = (struct setting){ mem_copy("http.followRedirects"),
			                   mem_copy("false") };
	}
	if (auth->user != NULL && auth->authorization == NULL) {
		auto_free char *origin = origin_of(auth->url);

		s[n++] = (struct setting){ mem_print("credential.%s.helper", origin),
			                   mem_copy(CREDENTIAL_HELPER) };
		set(g, "COOPER_GIT_USER", auth->user);
		set(g, "COOPER_GIT_PASSWORD", auth->password);
	}
	if (n > 0)
		set_config(g, s, n);
	for (size_t i = 0; i < n; i++) {
		free(s[i].key);
		free(s[i].value);
	}
}

void
git_init(struct git *g, int dir_fd, const struct source_auth *auth,
         const struct cancel *cancel)
{
	*g = (struct git){ .dir_fd = dir_fd, .cancel = cancel };
	for (char **v = environ; *v != NULL; v++)
		if (is_kept(*v))
			array_push(&g->env, mem_copy(*v));
	set(g, "GIT_TERMINAL_PROMPT", "0");
	set(g, "GIT_ASKPASS", "");
	set(g, "GIT_CONFIG_NOSYSTEM", "1");
	set(g, "GIT_CONFIG_GLOBAL", "/dev/null");
	set(g, "GIT_ATTR_NOSYSTEM", "1");
	/* git looks for the user's attributes and ignore rules below this directory. */
	set(g, "XDG_CONFIG_HOME", "/dev/null");
	set(g, "GIT_NO_REPLACE_OBJECTS", "1");
	set(g, "LC_ALL", "C");
	if (getenv("GIT_ALLOW_PROTOCOL") == NULL)
		set(g, "GIT_ALLOW_PROTOCOL", PROTOCOLS);
	set_auth(g, auth);
	array_push(&g->env, NULL);
}

void
git_clear(struct git *g)
{
	for (size_t i = 0; i < g->env.n; i++) {
		if (g->env.at[i] != NULL)
			explicit_bzero(g->env.at[i], strlen(g->env.at[i]));
		free(g->env.at[i]);
	}
	array_clear(&g->env);
	buf_clear(&g->out);
	buf_clear(&g->log);
}

/* ------------------------------------------------------------ faults */

static bool
says(const struct buf *log, const char *what)
{
	return strstr(buf_str(log), what) != NULL;
}

static enum error_code
code_of(const struct buf *log)
{
	if (says(log, "Authentication failed") || says(log, "could not read Username") ||
	    says(log, "could not read Password") || says(log, "Permission denied") ||
	    says(log, "error: 401") || says(log, "error: 403"))
		return ERR_AUTH;
	if (says(log, "error: 30"))
		return ERR_SOURCE;
	if (says(log, "Could not resolve") || says(log, "onnection refused") ||
	    says(log, "timed out") || says(log, "unable to access") ||
	    says(log, "unable to connect"))
		return ERR_NETWORK;
	return ERR_SOURCE;
}

/* Advice for a user's own checkout, and progress messages. */
static bool
is_chatter(struct text line)
{
	static const char *const words[] = { "hint: ",
		                             "Cloning into ",
		                             "Submodule ",
		                             "From ",
		                             "remote: Enumerating",
		                             "remote: Counting",
		                             "remote: Compressing",
		                             "remote: Total" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_starts(line, words[i]))
			return true;
	return line.n == 0;
}

/* The last lines that git printed, which say why, in one. Caller frees. */
static char *
reason(const struct buf *log)
{
	struct text rest = buf_text(log), line, last[REASON_LINES];
	auto_buf struct buf out = BUF_INIT;
	size_t n = 0;

	while (text_line(&rest, &line)) {
		line = text_trim(line);
		if (!is_chatter(line))
			last[n++ % REASON_LINES] = line;
	}
	for (size_t i = n < REASON_LINES ? 0 : n - REASON_LINES; i < n; i++) {
		buf_add_str(&out, out.n > 0 ? "; " : "");
		buf_add_text(&out, last[i % REASON_LINES]);
	}
	if (n == 0)
		buf_add_str(&out, "failed");
	return buf_take(&out);
}

static int
fail(const struct git *g, const char *command, int status, struct error *err)
{
	auto_free char *why = reason(&g->log);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		error_set(err, ERR_ENVIRONMENT, "git is not installed");
		return error_hint(err, "install git to use git sources");
	}
	if (WIFSIGNALED(status))
		return error_set(err, ERR_INTERNAL, "git %s: killed by signal %d: %s",
		                 command, WTERMSIG(status), why);
	error_set(err, code_of(&g->log), "git %s: %s", command, why);
	if (says(&g->log, "error: 30"))
		error_hint(err, "name the address that the server redirects to: a "
		                "secret is sent to no other");
	if (says(&g->log, "transport '") && says(&g->log, "not allowed"))
		error_hint(err, "GIT_ALLOW_PROTOCOL says which transports may be used "
		                "(" PROTOCOLS ")");
	return -1;
}

/* ------------------------------------------------------------ running */

/* The umask decides the modes of what is checked out. */
int
git_run(struct git *g, const char *const *arguments, struct error *err)
{
	const char *argv[ARGUMENTS_MAX] = { "sh",
		                            "-c",
		                            "umask 022; exec \"$@\"",
		                            "sh",
		                            "git",
		                            "-c",
		                            "core.hooksPath=/dev/null",
		                            "-c",
		                            "core.attributesFile=/dev/null",
		                            "-c",
		                            "core.excludesFile=/dev/null",
		                            "-c",
		                            "init.templateDir=",
		                            "-c",
		                            "advice.detachedHead=false",
		                            "-c",
		                            "gc.auto=0" };
	struct process p = { .argv = argv,
		             .env = (const char *const *)g->env.at,
		             .dir_fd = g->dir_fd,
		             .output_max = OUTPUT_MAX,
		             .cancel = g->cancel };
	size_t n = 0;
	int status = 0;

	while (argv[n] != NULL)
		n++;
	for (size_t i = 0; arguments[i] != NULL; i++) {
		if (n + 1 == ARGUMENTS_MAX)
			return error_set(err, ERR_INTERNAL, "git: too many arguments");
		argv[n++] = arguments[i];
	}
	buf_truncate(&g->out, 0);
	buf_truncate(&g->log, 0);
	if (process_run(&p, &g->out, &g->log, &status, err) < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return fail(g, arguments[0], status, err);
}
