#include "builder/machine/id_tools.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

#define SAID_MAX 65536

struct words {
	ARRAY(char *) list;
};

static void
words_clear(struct words *w)
{
	for (size_t i = 0; i < w->list.n; i++)
		free(w->list.at[i]);
	array_clear(&w->list);
}
#define auto_words __attribute__((cleanup(words_clear)))

/* ARGV ends with NULL. With SPLITS, standard error is not mixed with the answer. */
static int
start(struct id_tool *t, struct words *argv, bool splits)
{
	posix_spawn_file_actions_t actions;
	int ends[2], failed = 0;

	*t = (struct id_tool){ .pid = -1, .fd = -1 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	if (splits)
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
	failed = posix_spawnp(&t->pid, argv->list.at[0], &actions, NULL, argv->list.at,
	                      environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	t->fd = ends[0];
	if (failed == 0)
		return 0;
	own_close(&t->fd);
	t->pid = -1;
	errno = failed;
	return -1;
}

int
id_tool_map(struct id_tool *t, const char *tool, pid_t pid,
            const struct id_ranges *ranges)
{
	auto_words struct words argv = { 0 };

	array_push(&argv.list, mem_copy(tool));
	array_push(&argv.list, mem_print("%d", (int)pid));
	for (size_t i = 0; i < ranges->list.n; i++) {
		const struct id_range *r = &ranges->list.at[i];

		array_push(&argv.list, mem_print("%llu", (unsigned long long)r->inside));
		array_push(&argv.list, mem_print("%llu", (unsigned long long)r->outside));
		array_push(&argv.list, mem_print("%llu", (unsigned long long)r->n));
	}
	array_push(&argv.list, NULL);
	return start(t, &argv, false);
}

bool
id_tool_end(struct id_tool *t, struct buf *said)
{
	char bytes[1024];
	int status = -1;
	ssize_t n = 0;

	while (t->fd >= 0 &&
	       ((n = read(t->fd, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0 && said->n + (size_t)n <= SAID_MAX)
			buf_add(said, bytes, (size_t)n);
	own_close(&t->fd);
	while (t->pid > 0 && waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return t->pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
id_tool_ranges(const char *user, bool groups, uid_t own, struct id_ranges *out)
{
	auto_words struct words argv = { 0 };
	auto_buf struct buf said = BUF_INIT;
	struct id_tool tool;

	array_push(&argv.list, mem_copy("getsubids"));
	if (groups)
		array_push(&argv.list, mem_copy("-g"));
	array_push(&argv.list, mem_copy(user));
	array_push(&argv.list, NULL);
	if (start(&tool, &argv, true) < 0)
		return -1;
	/* It fails for a user without ids. */
	if (!id_tool_end(&tool, &said))
		buf_truncate(&said, 0);
	id_ranges_listed(buf_text(&said), own, out);
	return 0;
}

bool
id_tools_are_asked(struct text nsswitch)
{
	struct text line;

	while (text_line(&nsswitch, &line)) {
		struct text rest = text_trim(line);

		if (!text_starts(rest, "subid:"))
			continue;
		rest = text_trim(text_from(rest, strlen("subid:")));
		return rest.n > 0 && !text_is(rest, "files") && *rest.p != '#';
	}
	return false;
}
