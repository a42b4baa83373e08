#include "builder/sandbox/trap/trap_supervisor.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/count.h"
#include "builder/sandbox/inside/confine.h"
#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/devices.h"
#include "builder/sandbox/inside/filter_install.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/probe.h"
#include "builder/sandbox/inside/program.h"
#include "builder/sandbox/inside/start.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/end_all.h"
#include "builder/sandbox/supervise/watch.h"
#include "builder/sandbox/trap/trap.h"
#include "builder/sandbox/trap/trap_process.h"
#include "builder/sandbox/trap/trap_queue.h"

/* Descriptors that we keep: the pipe to the builder, which closes when we end, our end of
 * a socket pair (the program's process has START_SOCKET), and what trap.h needs. */
enum {
	REPORT = SPAWNER_FD_FIRST,
	OUR_END,
	PROC,
	LISTS,
	TERMINAL,
	TREE,
	DEVICES,
	LOADER,
	EMULATOR,
	KEPT
};

_Static_assert(KEPT - REPORT <= DESCRIPTORS_KEEP_MAX, "all can be kept");

/* Replaces descriptors that are missing. */
#define NOTHING(fd) ((fd) < 0 ? SPAWNER_FD_LIFE : (fd))

/* ------------------------------------------------------------ the program's process */

/* Nothing that the program opens by its own path is looked up any more: this is a second
 * wall. */
static int
confine_to_tree(struct recipe *recipe, int tree_fd)
{
	const struct confine_rule rule = { tree_fd, CONFINE_TREE };

	if (recipe->has_landlock != 0 && confine(&rule, 1) < 0)
		return recipe_fail(recipe, STAGE_CONFINE, errno, NULL);
	return 0;
}

static int
set_filter(struct recipe *recipe)
{
	const struct sock_filter *code =
	        (const void *)((const char *)recipe + recipe->notify_filter);
	const int fd = filter_install_notify(code, recipe->n_notify_filter);
	int result = -1;

	if (fd < 0)
		return recipe_fail(recipe, STAGE_FILTER, errno,
		                   "calls cannot be passed to a supervisor");
	result = listener_send_as(START_SOCKET, fd, recipe->cookie);
	sys_close(fd);
	return result < 0 ? recipe_fail(recipe, STAGE_FILTER, errno, NULL) : 0;
}

/* Also what we have a process do in its own place. */
static int
probe_all(struct recipe *recipe)
{
	if (probe_files(recipe) < 0)
		return -1;
	if (sys_chdir("/" PROBE_DIR) < 0)
		return recipe_fail(recipe, STAGE_PROBE, errno,
		                   "change the calls of a process (ptrace)");
	return 0;
}

/* The filter keeps it so. */
static void
dump_no_core(void)
{
	struct rlimit limit;

	syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &limit);
	limit.rlim_cur = 0;
	syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL);
}

_Noreturn static void
program_main(struct recipe *recipe, const int *fds, int socket_fd)
{
	uint64_t no_signals = 0;
	int tree_fd = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Our memory holds nothing that the program may not see; a supervisor has to. */
	prctl(PR_SET_DUMPABLE, 1);
	syscall(SYS_setsid);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
	start_set_limits(recipe);
	dump_no_core();
	tree_fd = sys_openat(AT_FDCWD, recipe_text(recipe, recipe->root),
	                     O_PATH | O_DIRECTORY, 0);
	if (tree_fd < 0 || sys_fchdir(tree_fd) < 0) {
		recipe_fail(recipe, STAGE_CHROOT, errno, NULL);
		sys_exit(1);
	}
	if (confine_to_tree(recipe, tree_fd) < 0 ||
	    start_enter_cwd_in(recipe, tree_fd) < 0)
		sys_exit(1);
	start_set_descriptors(recipe, fds, socket_fd);
	if (set_filter(recipe) < 0)
		sys_exit(1);
	if (recipe->purpose == RECIPE_PROBE)
		sys_exit(probe_all(recipe) < 0);
	program_execute(recipe);
	sys_exit(1);
}

static pid_t
start_supervised(struct recipe *recipe, const int *fds, const struct trap *t)
{
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
	kept[PROC - REPORT] = NOTHING(t->proc.proc_fd);
	kept[LISTS - REPORT] = NOTHING(t->proc.lists_fd);
	kept[TERMINAL - REPORT] = NOTHING(t->proc.terminal_fd);
	kept[TREE - REPORT] = NOTHING(t->roots[0].fd);
	kept[DEVICES - REPORT] = NOTHING(t->devices_fd);
	kept[LOADER - REPORT] = NOTHING(t->exec.loader_fd);
	kept[EMULATOR - REPORT] = NOTHING(t->exec.emulator.fd);
	if (descriptors_keep(REPORT, kept, KEPT - REPORT) < 0)
		return recipe_fail(recipe, STAGE_FORK, errno, NULL);
	return pid;
}

/* ------------------------------------------------------------ ourselves */

/* We open files for the program, and it must not be able to make us open others. */
static int
confine_ourselves(struct recipe *recipe, const struct trap *t)
{
	struct confine_rule rules[16] = {
		{ t->roots[0].fd, CONFINE_TREE },
		{ t->proc.proc_fd, CONFINE_PROC },
		{ t->proc.terminal_fd, CONFINE_DEVICE },
	};
	size_t n = 3;
	int result = 0;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (recipe->has_landlock == 0)
		return 0;
	for (size_t i = 0; i < device_n_nodes && n < COUNT_OF(rules); i++)
		rules[n++] = (struct confine_rule){
			sys_openat(t->devices_fd, device_nodes[i].name, O_PATH, 0),
			CONFINE_DEVICE
		};
	result = confine(rules, n);
	if (result < 0)
		recipe_fail(recipe, STAGE_CONFINE, errno, NULL);
	for (size_t i = 3; i < n; i++)
		if (rules[i].fd >= 0)
			sys_close(rules[i].fd);
	return result;
}

static int
begin_notes(struct recipe *recipe)
{
	int fd = -1;

	if (recipe->owner_marks == 0)
		return 0;
	fd = sys_openat(AT_FDCWD, recipe_text(recipe, recipe->owner_marks),
	                O_CREAT | O_WRONLY, 0600);
	if (fd < 0)
		return recipe_fail(recipe, STAGE_START, errno, "marks of owners");
	return sys_close(fd);
}

static int
begin_root(struct recipe *recipe, struct trap *t)
{
	const char *tree = recipe_text(recipe, recipe->root);
	struct trap_root *root = &t->roots[0];

	if (strlen(tree) >= sizeof root->path)
		return recipe_fail(recipe, STAGE_CHROOT, ENAMETOOLONG, NULL);
	memcpy(root->path, tree, strlen(tree) + 1);
	root->path_n = (uint32_t)strlen(tree);
	root->fd = sys_openat(AT_FDCWD, tree, O_PATH | O_DIRECTORY, 0);
	t->n_roots = 1;
	return root->fd < 0 ? recipe_fail(recipe, STAGE_CHROOT, errno, NULL) : 0;
}

/* Nobody registers an emulator in the kernel for us, so we start it ourselves. */
static void
begin_emulator(struct trap *t)
{
#ifdef __aarch64__
	static const struct exec_emulator other = { -1, EM_X86_64,
		                                    "/usr/bin/qemu-x86_64-static" };
#else
	static const struct exec_emulator other = { -1, EM_AARCH64,
		                                    "/usr/bin/qemu-aarch64-static" };
#endif
	const int fd = sys_openat(AT_FDCWD, other.path, O_RDONLY, 0);

	t->exec.emulator = other;
	t->exec.emulator.fd = fd;
	if (fd < 0)
		t->exec.emulator.path = NULL;
}

static int
prepare(struct recipe *recipe, const int *fds, struct trap *t)
{
	struct proc_server *proc = &t->proc;

	if (begin_root(recipe, t) < 0 || begin_notes(recipe) < 0)
		return -1;
	t->redo.cookie = recipe->cookie;
	proc->tree = t->roots[0].path;
	proc->tree_n = t->roots[0].path_n;
	proc->supervisor = (pid_t)syscall(SYS_getpid);
	proc->proc_fd = sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0);
	proc->lists_fd = sys_openat(t->roots[0].fd, "proc",
	                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	proc->terminal_fd = recipe->terminal != 0 ? fds[RECIPE_FD_OUT] : -1;
	t->devices_fd = sys_openat(AT_FDCWD, "/dev", O_PATH | O_DIRECTORY, 0);
	if (proc->proc_fd < 0)
		return recipe_fail(recipe, STAGE_START, errno, "/proc");
	credentials_begin(&t->ids, recipe->uid, recipe->gid, recipe_groups(recipe),
	                  recipe->n_groups);
	proc->ids = &t->ids;
	trap_begin_calls(t);
	begin_emulator(t);
	if (trap_begin_programs(t) < 0)
		return recipe_fail(recipe, STAGE_START, errno,
		                   errno == EOPNOTSUPP
		                           ? "the loader of programs; allow it in memory "
		                             "(sysctl vm.memfd_noexec=1)"
		                           : "the loader of programs");
	return confine_ourselves(recipe, t);
}

/* The numbers that descriptors have after start_supervised(). */
static void
settle(struct trap *t)
{
	t->proc.proc_fd = PROC;
	t->proc.lists_fd = t->proc.lists_fd < 0 ? -1 : LISTS;
	t->proc.terminal_fd = t->proc.terminal_fd < 0 ? -1 : TERMINAL;
	t->roots[0].fd = TREE;
	t->devices_fd = t->devices_fd < 0 ? -1 : DEVICES;
	t->exec.loader_fd = LOADER;
	t->exec.emulator.fd = EMULATOR;
}

/* ------------------------------------------------------------ calls */

static int
answer_one(void *arg, int listener_fd)
{
	struct trap *t = arg;
	struct notification asked;
	int received = notify_receive(listener_fd, t->proc.proc_fd, &asked);

	t->listener_fd = listener_fd;
	if (received > 0)
		trap_answer(t, &asked);
	trap_queue_go_on(t);
	return received;
}

static bool
has_taken(void *arg, pid_t pid, int status)
{
	struct trap *t = arg;

	const bool taken = redo_event(&t->redo, pid, status) || WIFSTOPPED(status) ||
	                   trap_worker_ended(t, pid);

	trap_queue_go_on(t);
	return taken;
}

static bool
has_workers(const void *arg)
{
	const struct trap *t = arg;

	return t->n_workers > 0;
}

static void
end_workers(void *arg)
{
	trap_end_workers(arg);
}

void
trap_main(struct recipe *recipe, const int *fds)
{
	struct trap *t = NULL;
	struct watch watched = { .recipe = recipe,
		                 .socket_fd = OUR_END,
		                 .listener_fd = -1,
		                 .answer = answer_one,
		                 .has_taken = has_taken,
		                 .has_waiting = has_workers,
		                 .look = end_workers };

	if (watch_begin(recipe) < 0)
		sys_exit(1);
	t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	         0);
	if (t == MAP_FAILED) {
		recipe_fail(recipe, STAGE_START, errno, NULL);
		end_all(1);
	}
	if (prepare(recipe, fds, t) < 0)
		end_all(1);
	watched.arg = t;
	syscall(SYS_umask, 022);
	watched.program = start_supervised(recipe, fds, t);
	if (watched.program < 0)
		end_all(1);
	t->proc.session = watched.program;
	settle(t);
	/* Files made for the program use its umask. */
	syscall(SYS_umask, 0);
	watch(&watched);
}
