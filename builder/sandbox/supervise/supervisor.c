#include "builder/sandbox/supervise/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/count.h"
#include "builder/sandbox/inside/caps.h"
#include "builder/sandbox/inside/confine.h"
#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/filter_install.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/probe.h"
#include "builder/sandbox/inside/program.h"
#include "builder/sandbox/inside/start.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/child_signal.h"
#include "builder/sandbox/supervise/end_all.h"
#include "builder/sandbox/supervise/notify.h"
#include "builder/sandbox/supervise/owner_server.h"
#include "builder/sandbox/supervise/proc_process.h"
#include "builder/sandbox/supervise/proc_server.h"
#include "builder/sandbox/supervise/watch.h"

/* Descriptors that we keep: the pipe to the builder, which closes when we end, our end of
 * a socket pair (the program's process has START_SOCKET), and those that the server
 * needs. */
enum { REPORT = SPAWNER_FD_FIRST, OUR_END, PROC, LISTS, TERMINAL, TREE, ROOT, KEPT };

/* Replaces descriptors that are missing. */
#define NOTHING(fd) ((fd) < 0 ? SPAWNER_FD_LIFE : (fd))

struct supervisor {
	int tree_fd, root_fd; /* the step's root, and ours */
	bool keeps_owners;
	struct proc_server server;
	struct owner_server owners;
};

/* ------------------------------------------------------------ the program's process */

static int
change_root(struct recipe *recipe)
{
	int tree_fd = sys_openat(AT_FDCWD, recipe_text(recipe, recipe->root),
	                         O_RDONLY | O_DIRECTORY, 0);

	if (tree_fd < 0 || sys_fchdir(tree_fd) < 0 || syscall(SYS_chroot, ".") < 0 ||
	    sys_chdir("/") < 0)
		return recipe_fail(recipe, STAGE_CHROOT, errno, NULL);
	sys_close(tree_fd);
	return 0;
}

static int
confine_to_root(struct recipe *recipe)
{
	const struct confine_rule rule = {
		sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0), CONFINE_TREE
	};
	int result = recipe->has_landlock == 0 ? 0 : confine(&rule, 1);

	sys_close(rule.fd);
	return result < 0 ? recipe_fail(recipe, STAGE_CONFINE, errno, NULL) : 0;
}

static const struct sock_filter *
code_at(const struct recipe *recipe, recipe_at at)
{
	return (const void *)((const char *)recipe + at);
}

/* The asking filter if the kernel and those who filter us let us have it; owners cannot
 * do without. 1 if whom it is asked keeps the owners. */
static int
set_filter(struct recipe *recipe)
{
	const bool keeps_owners = recipe->owner_marks != 0;
	int listener_fd = -1, result = 0;

	if (recipe->notify_filter != 0)
		listener_fd = filter_install_notify(
		        code_at(recipe, recipe->notify_filter), recipe->n_notify_filter);
	if (listener_fd >= 0) {
		result = listener_send(START_SOCKET, listener_fd);
		sys_close(listener_fd);
	} else if (keeps_owners) {
		return recipe_fail(recipe, STAGE_FILTER, errno,
		                   "owners cannot be emulated");
	} else if (recipe->filter != 0) {
		result = filter_install(code_at(recipe, recipe->filter),
		                        recipe->n_filter);
	}
	return result < 0 ? recipe_fail(recipe, STAGE_FILTER, errno, NULL) : keeps_owners;
}

/* The supervisor must be able to answer calls before exec. */
_Noreturn static void
program_main(struct recipe *recipe, const int *fds, int socket_fd)
{
	uint64_t no_signals = 0;
	int keeps_owners = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	syscall(SYS_setsid);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
	start_set_limits(recipe);
	if (change_root(recipe) < 0)
		sys_exit(1);
	if (confine_to_root(recipe) < 0)
		sys_exit(1);
	start_set_descriptors(recipe, fds, socket_fd);
	if (start_enter_cwd(recipe) < 0)
		sys_exit(1);
	/* Without this right, the container's own bounding set remains. */
	caps_bound(recipe->caps);
	keeps_owners = set_filter(recipe);
	if (keeps_owners < 0 || (keeps_owners == 0 && start_set_ids(recipe) < 0))
		sys_exit(1);
	if (caps_limit(recipe->caps) < 0)
		recipe_fail(recipe, STAGE_CAPS, errno, "capset");
	else if (recipe->purpose == RECIPE_PROBE)
		sys_exit(probe_files(recipe) < 0);
	else
		program_execute(recipe);
	sys_exit(1);
}

static pid_t
start_supervised(struct recipe *recipe, const int *fds, const struct supervisor *s)
{
	const struct proc_server *server = &s->server;
	int ends[2] = { -1, -1 }, kept[KEPT - REPORT];
	pid_t pid = -1;

	if (syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return recipe_fail(recipe, STAGE_FORK, errno, NULL);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		sys_close(ends[0]);
		program_main(recipe, fds, ends[1]);
	}
	if (pid < 0)
		return recipe_fail(recipe, STAGE_FORK, errno, NULL);
	sys_close(ends[1]);
	kept[0] = fds[RECIPE_FD_REPORT];
	kept[OUR_END - REPORT] = ends[0];
	kept[PROC - REPORT] = NOTHING(server->proc_fd);
	kept[LISTS - REPORT] = NOTHING(server->lists_fd);
	kept[TERMINAL - REPORT] = NOTHING(server->terminal_fd);
	kept[TREE - REPORT] = NOTHING(s->tree_fd);
	kept[ROOT - REPORT] = NOTHING(s->root_fd);
	if (descriptors_keep(REPORT, kept, KEPT - REPORT) < 0)
		return recipe_fail(recipe, STAGE_FORK, errno, NULL);
	return pid;
}

/* ------------------------------------------------------------ ourselves */

/* Done before the program starts: what confines us confines the program, and it can no
 * longer inspect us. We open files for it, and it must not be able to make us open
 * others. */
static int
confine_ourselves(struct recipe *recipe, int tree_fd, const struct proc_server *server)
{
	static const char *const devices[] = {
		"/dev/null",   "/dev/zero",    "/dev/full",
		"/dev/random", "/dev/urandom", "/dev/tty"
	};
	struct confine_rule rules[3 + COUNT_OF(devices)] = {
		{ tree_fd, CONFINE_TREE },
		{ server->proc_fd, CONFINE_PROC },
		{ server->terminal_fd, CONFINE_DEVICE },
	};
	int result = 0;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (recipe->has_landlock == 0)
		return 0;
	for (size_t i = 0; i < COUNT_OF(devices); i++)
		rules[3 + i] = (struct confine_rule){
			sys_openat(AT_FDCWD, devices[i], O_PATH, 0), CONFINE_DEVICE
		};
	result = confine(rules, COUNT_OF(rules));
	if (result < 0)
		recipe_fail(recipe, STAGE_CONFINE, errno, NULL);
	for (size_t i = 3; i < COUNT_OF(rules); i++)
		if (rules[i].fd >= 0)
			sys_close(rules[i].fd);
	return result;
}

static int
begin_owners(struct recipe *recipe, struct supervisor *s)
{
	int fd = sys_openat(AT_FDCWD, recipe_text(recipe, recipe->owner_marks),
	                    O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		return recipe_fail(recipe, STAGE_START, errno, "marks of owners");
	sys_close(fd);
	s->keeps_owners = true;
	s->owners.has_no_proc = true;
	owner_server_begin(&s->owners, recipe->uid, recipe->gid, recipe_groups(recipe),
	                   recipe->n_groups);
	return 0;
}

static int
prepare(struct recipe *recipe, const int *fds, struct supervisor *s)
{
	struct proc_server *server = &s->server;

	server->tree = recipe_text(recipe, recipe->root);
	server->tree_n = strlen(server->tree);
	server->supervisor = (pid_t)syscall(SYS_getpid);
	server->serves_devices = recipe->serves_devices != 0;
	server->proc_fd = sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0);
	s->root_fd = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	s->tree_fd = sys_openat(AT_FDCWD, server->tree, O_PATH | O_DIRECTORY, 0);
	if (s->tree_fd < 0 || s->root_fd < 0)
		return recipe_fail(recipe, STAGE_CHROOT, errno, NULL);
	server->lists_fd = sys_openat(s->tree_fd, "proc",
	                              O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (recipe->terminal != 0)
		server->terminal_fd = fds[RECIPE_FD_OUT];
	if (recipe->owner_marks != 0 && begin_owners(recipe, s) < 0)
		return -1;
	return confine_ourselves(recipe, s->tree_fd, server);
}

/* ------------------------------------------------------------ calls */

/* The owners' server resolves paths of the caller in the caller's root. */
static void
answer_of_owners(struct supervisor *s, struct notification *asked)
{
	if (sys_fchdir(s->tree_fd) < 0 || syscall(SYS_chroot, ".") < 0) {
		notify_let(asked);
		return;
	}
	owner_server_answer(&s->owners, asked);
	/* Without our own root we see nothing of /proc. */
	if (sys_fchdir(s->root_fd) < 0 || syscall(SYS_chroot, ".") < 0)
		end_all(1);
}

static int
answer_one(void *arg, int listener_fd)
{
	struct supervisor *s = arg;
	struct notification asked;
	int received = notify_receive(listener_fd, s->server.proc_fd, &asked);

	if (received <= 0 || child_signal_answer(&asked) ||
	    proc_server_answer(&s->server, &asked))
		return received;
	if (s->keeps_owners)
		answer_of_owners(s, &asked);
	else
		notify_let(&asked);
	return received;
}

void
supervisor_main(struct recipe *recipe, const int *fds)
{
	struct supervisor s = {
		.server = { .proc_fd = -1, .lists_fd = -1, .terminal_fd = -1 }
	};
	struct watch watched = { .recipe = recipe,
		                 .socket_fd = OUR_END,
		                 .listener_fd = -1,
		                 .arg = &s,
		                 .answer = answer_one };

	if (watch_begin(recipe) < 0)
		sys_exit(1);
	if (prepare(recipe, fds, &s) < 0)
		end_all(1);
	watched.program = start_supervised(recipe, fds, &s);
	if (watched.program < 0)
		end_all(1);
	s.server.session = watched.program;
	s.server.proc_fd = s.server.proc_fd < 0 ? -1 : PROC;
	s.server.lists_fd = s.server.lists_fd < 0 ? -1 : LISTS;
	s.server.terminal_fd = s.server.terminal_fd < 0 ? -1 : TERMINAL;
	s.tree_fd = TREE;
	s.root_fd = ROOT;
	/* Files made for the program use its umask. */
	syscall(SYS_umask, 0);
	watch(&watched);
}
