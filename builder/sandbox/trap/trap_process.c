/*
 * Answers that change the calling process: its directories, its umask, its program.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "builder/sandbox/inside/owner_note.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_place.h"
#include "builder/sandbox/trap/trap_process.h"

/* ------------------------------------------------------------ directories */

static int
open_dir(struct trap_call *c)
{
	struct trap_start start;
	int fd = -1;

	if (trap_start(c, -1, c->shape->path, &start) < 0)
		return -1;
	fd = trap_open_place(c, &start, true, O_DIRECTORY);
	/* The tree has an empty directory there. */
	if (fd < 0 && errno == EREMOTE && strcmp(start.absolute, "/proc") == 0)
		return trap_open_guest(c, start.absolute);
	if (fd < 0 && errno == EREMOTE)
		errno = ENOENT;
	return fd;
}

int
trap_chdir(struct trap_call *c, int64_t *value)
{
	const int fd = open_dir(c);
	const int given = fd < 0 ? -1 : trap_give_dir(c, fd);
	const int saved = errno;
	struct redo_call call = { .number = SYS_fchdir, .close_fd = given };

	(void)value;
	if (fd >= 0)
		sys_close(fd);
	if (given < 0)
		return trap_fail(saved);
	call.args[0] = (uint64_t)given;
	redo_begin(&c->trap->redo, c->asked, &call);
	return TRAP_DONE;
}

/* A root that some process has already, or a new one; -1 with errno. FD is taken over. */
static int
add_root(struct trap *t, int fd)
{
	struct trap_root *root = &t->roots[t->n_roots];
	char link[PROC_PLACE_NAME];
	struct stat st, other;
	ssize_t n = -1;

	for (unsigned i = 0; sys_fstat(fd, &st) == 0 && i < t->n_roots; i++)
		if (sys_fstat(t->roots[i].fd, &other) == 0 && st.st_ino == other.st_ino &&
		    st.st_dev == other.st_dev) {
			sys_close(fd);
			return (int)i;
		}
	if (t->n_roots < TRAP_ROOTS_MAX)
		n = sys_readlinkat(AT_FDCWD, proc_place_name(fd, link), root->path,
		                   sizeof root->path - 1);
	if (n <= 0) {
		sys_close(fd);
		errno = ENOMEM;
		return -1;
	}
	root->path[n] = '\0';
	root->path_n = (uint32_t)n;
	root->fd = fd;
	return (int)t->n_roots++;
}

int
trap_chroot(struct trap_call *c, int64_t *value)
{
	struct credentials who = *trap_who(c);
	int fd = -1, root = -1;

	if (who.uid[ROLE_EFFECTIVE] != 0)
		return trap_fail(EPERM);
	fd = open_dir(c);
	root = fd < 0 ? -1 : add_root(c->trap, fd);
	if (root < 0)
		return TRAP_ERRNO;
	who.root = (uint32_t)root;
	return trap_result(credentials_set(&c->trap->ids, c->asked, &who), value);
}

int
trap_umask(struct trap_call *c, int64_t *value)
{
	struct credentials who = *trap_who(c);
	const uint32_t before = who.mask;

	who.mask = (uint32_t)c->asked->args[0] & 0777;
	if (who.mask != before && credentials_set(&c->trap->ids, c->asked, &who) < 0)
		return TRAP_ERRNO;
	return trap_result(before, value);
}

/* ------------------------------------------------------------ programs */

static int
open_program(void *arg, struct notification *a, int dir_fd, const char *path, int flags)
{
	const struct trap_call c = { .trap = arg, .asked = a };
	struct trap_start start;
	int fd = -1;

	trap_start_at(dir_fd, path, &start);
	fd = trap_open_place(&c, &start, (flags & AT_SYMLINK_NOFOLLOW) == 0, 0);
	if (fd < 0 && errno == EREMOTE)
		errno = EACCES;
	return fd;
}

static bool
name_program(void *arg, int fd, char out[PATH_MAX])
{
	return trap_name_in_tree(arg, fd, out) == 0;
}

static int
look_at_program(void *arg, int fd, struct exec_file *out)
{
	struct stat st;

	(void)arg;
	if (sys_fstat(fd, &st) < 0)
		return -1;
	owner_note_of_fd(fd, &st);
	*out = (struct exec_file){ st.st_mode, st.st_uid, st.st_gid };
	return 0;
}

static void
begin_program(void *arg, struct notification *a, const struct exec_file *file,
              struct exec_ids *out)
{
	struct trap *t = arg;
	const struct credentials *now = credentials_of(&t->ids, a);
	struct credentials then = *now;

	credentials_execute(&then, file->mode, file->uid, file->gid);
	*out = (struct exec_ids){ .uid = then.uid[ROLE_REAL],
		                  .euid = then.uid[ROLE_EFFECTIVE],
		                  .gid = then.gid[ROLE_REAL],
		                  .egid = then.gid[ROLE_EFFECTIVE],
		                  .secure = then.uid[ROLE_REAL] !=
		                                    then.uid[ROLE_EFFECTIVE] ||
		                            then.gid[ROLE_REAL] !=
		                                    then.gid[ROLE_EFFECTIVE] };
	if (memcmp(now, &then, sizeof then) != 0)
		credentials_set(&t->ids, a, &then);
}

int
trap_begin_programs(struct trap *t)
{
	t->exec.redo = &t->redo;
	t->exec.paths = (struct exec_paths){ .arg = t,
		                             .open = open_program,
		                             .name = name_program,
		                             .look = look_at_program,
		                             .begin = begin_program };
	t->exec.loader_fd = exec_open_loader(t->roots[0].fd);
	return t->exec.loader_fd < 0 ? -1 : 0;
}

int
trap_exec(struct trap_call *c, int64_t *value)
{
	const int8_t path = c->shape->path;
	struct trap_start start;
	struct exec_query query = { .path = start.path,
		                    .path_at = trap_arg(c, path),
		                    .argv_at = trap_arg(c, (int8_t)(path + 1)),
		                    .env_at = trap_arg(c, (int8_t)(path + 2)),
		                    .flags = c->flags };

	(void)value;
	if (trap_start(c, c->shape->dir, path, &start) < 0)
		return TRAP_ERRNO;
	query.dir_fd = start.dir_fd;
	exec_answer(&c->trap->exec, c->asked, &query);
	return TRAP_DONE;
}

static int
keep_privileges(struct trap_call *c, int64_t *value)
{
	struct credentials who = *trap_who(c);

	if (c->asked->args[1] > 1)
		return trap_fail(EINVAL);
	who.keeps = (uint32_t)c->asked->args[1];
	return trap_result(credentials_set(&c->trap->ids, c->asked, &who), value);
}

int
trap_prctl(struct trap_call *c, int64_t *value)
{
	if (c->asked->args[0] == PR_SET_KEEPCAPS)
		return keep_privileges(c, value);
	exec_answer_loader(&c->trap->exec, c->asked);
	return TRAP_DONE;
}
