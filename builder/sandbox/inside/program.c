#include "builder/sandbox/inside/program.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

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

int
program_execute(struct recipe *recipe)
{
	char **argv = recipe_vector(recipe, recipe->argv),
	     **env = recipe_vector(recipe, recipe->env);
	const char *program = argv[0];
	char found[PATH_MAX];
	int failed = 0;

	if (strchr(program, '/') != NULL) {
		failed = check(program);
		if (failed != 0)
			return recipe_fail(recipe, STAGE_LOOKUP, failed, program);
	} else {
		/* errno 0: nowhere in PATH */
		if (!find(recipe_text(recipe, recipe->path), program, found))
			return recipe_fail(recipe, STAGE_LOOKUP, 0, program);
		program = found;
	}
	syscall(SYS_execve, program, argv, env);
	return recipe_fail(recipe, STAGE_EXEC, errno, program);
}
