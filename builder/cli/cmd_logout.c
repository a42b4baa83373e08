#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "base/event.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "registry/login.h"

struct logout_options {
	const char *authfile;
	bool all;
};

static const struct option_row rows[] = {
	{ "all", 'a', NULL, OPTION_FLAG, offsetof(struct logout_options, all), NULL,
	  "forget those of all registries" },
	{ "authfile", 0, "FILE", OPTION_STRING, offsetof(struct logout_options, authfile),
	  NULL, "credentials, instead of the usual places" },
	{ 0 },
};

static void
print_forgotten(const struct login_forgotten *forgotten, const char *what)
{
	for (size_t i = 0; i < forgotten->files.n; i++) {
		auto_free char *line = mem_print("Removed the credentials for %s from %s",
		                                 what, forgotten->files.at[i]);

		visible_write(stdout, text_of(line), VISIBLE_LINE);
		putchar('\n');
	}
	if (forgotten->files.n == 0)
		printf("Not logged in to %s\n", what);
	if (getenv("DOCKER_AUTH_CONFIG") != NULL)
		event_warn(0, "what $DOCKER_AUTH_CONFIG says still counts");
}

static int
cmd_logout_work(void *options, const struct words_left *words, struct error *err)
{
	const struct logout_options *o = options;
	struct login_forgotten forgotten = { 0 };
	auto_free char *key = NULL, *host = NULL;
	const char *word = words->list.n > 0 ? words->list.at[0] : "docker.io";
	int failed = command_words(&cmd_logout, words, 0, 1, err);

	if (failed == 0 && o->all && words->list.n > 0)
		failed = error_set(err, ERR_USAGE, "--all takes no registry");
	if (failed == 0 && !o->all)
		failed = login_key(word, &key, &host, err);
	if (failed == 0)
		failed = login_forget(o->authfile, key, NULL, &forgotten, err);
	if (failed == 0)
		print_forgotten(&forgotten, o->all ? "all registries" : key);
	login_forgotten_clear(&forgotten);
	return failed;
}

static int
cmd_logout_run(const struct command *self, int argc, char **argv)
{
	struct logout_options o = { 0 };

	return command_run(self, argc, argv, &o, cmd_logout_work);
}

struct command cmd_logout = {
	.name = "logout",
	.arguments = "[OPTIONS] [REGISTRY]",
	.summary = "Forget the credentials for a registry.",
	.options = rows,
	.run = cmd_logout_run,
};
