#include "builder/sandbox/inside/program.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "builder/sandbox/inside/prober.h"
#include "builder/sandbox/inside/sys.h"

/* 0 if PATH can be executed as far as its mode tells, else an errno. */
static int
check(const char *path)
{
	struct stat st;

	if (syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	/* Our real ids are the effective ones, so access() asks the right question. */
	if (syscall(SYS_faccessat, AT_FDCWD, path, X_OK) < 0)
		return errno;
	return 0;
}

/* DIR (of N bytes) "/" NAME into OUT; false if too long. */
static bool
join(char out[PATH_MAX], const char *dir, size_t n, const char *name)
{
	size_t name_n = strlen(name);

	if (n == 0) {
		dir = ".";
		n = 1;
	}
	if (n + 1 + name_n >= PATH_MAX)
		return false;
	memcpy(out, dir, n);
	out[n] = '/';
	memcpy(out + n + 1, name, name_n + 1);
	return true;
}

static bool
find(const char *path, const char *name, char out[PATH_MAX])
{
	while (path != NULL && *path != '\0') {
		size_t n = strcspn(path, ":");

		if (join(out, path, n, name) && check(out) == 0)
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}

const char *
program_find(const struct recipe *recipe, const char *name, char room[PATH_MAX])
{
	const int failed = strchr(name, '/') != NULL ? check(name) : -1;

	if (failed >= 0) {
		errno = failed;
		return failed == 0 ? name : NULL;
	}
	if (find(recipe_text(recipe, recipe->path), name, room))
		return room;
	errno = 0;
	return NULL;
}

int
program_execute(struct recipe *recipe)
{
	char **argv = recipe_vector(recipe, recipe->argv),
	     **env = recipe_vector(recipe, recipe->env);
	const char *path = NULL;
	char room[PATH_MAX];

	if (recipe->probe.n > 0 && prober_start(recipe, env) < 0)
		return recipe_fail(recipe, STAGE_START, errno, "the process of probes");
	path = program_find(recipe, argv[0], room);
	if (path == NULL)
		return recipe_fail(recipe, STAGE_LOOKUP, errno, argv[0]);
	syscall(SYS_execve, path, argv, env);
	return recipe_fail(recipe, STAGE_EXEC, errno, path);
}
