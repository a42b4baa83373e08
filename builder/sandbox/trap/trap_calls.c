/*
 * The calls that a step's filter passes to the supervisor.
 */
#include <errno.h>

#include "base/count.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/child_signal.h"
#include "builder/sandbox/trap/trap.h"
#include "builder/sandbox/trap/trap_queue.h"

#define BY_FD    AT_EMPTY_PATH
#define NOFOLLOW AT_SYMLINK_NOFOLLOW

/* Of ioprio_set(); setpriority() begins with 0. */
#define FIRST_KIND_OF_IOPRIO 1

/* answer, then the positions of directory, path, flags, value; flags that are implied. */
static const struct trap_shape shapes[] = {
	{ SYS_openat, trap_open, 0, 1, 2, 3, 0 },
	{ SYS_newfstatat, trap_stat, 0, 1, 3, 2, 0 },
	{ SYS_fstat, trap_stat, 0, -1, -1, 1, BY_FD },
	{ SYS_statx, trap_statx, 0, 1, 2, 4, 0 },
	{ SYS_faccessat, trap_access, 0, 1, -1, 2, 0 },
	{ SYS_faccessat2, trap_access, 0, 1, 3, 2, 0 },
	{ SYS_readlinkat, trap_readlink, 0, 1, -1, 2, NOFOLLOW | BY_FD },
	{ SYS_statfs, trap_statfs, -1, 0, -1, 1, 0 },
	{ SYS_getcwd, trap_getcwd, -1, -1, -1, -1, 0 },
	{ SYS_mkdirat, trap_mkdir, 0, 1, -1, 2, 0 },
	{ SYS_mknodat, trap_mknod, 0, 1, -1, 2, 0 },
	{ SYS_symlinkat, trap_symlink, 1, 2, -1, 0, 0 },
	{ SYS_unlinkat, trap_unlink, 0, 1, 2, -1, 0 },
	{ SYS_renameat, trap_rename, 0, 1, -1, -1, 0 },
	{ SYS_renameat2, trap_rename, 0, 1, 4, -1, 0 },
	{ SYS_linkat, trap_link, 0, 1, 4, -1, 0 },
	{ SYS_fchmodat, trap_chmod, 0, 1, -1, 2, 0 },
	{ SYS_fchmod, trap_chmod, 0, -1, -1, 1, BY_FD },
	{ SYS_fchownat, trap_chown, 0, 1, 4, 2, 0 },
	{ SYS_fchown, trap_chown, 0, -1, -1, 1, BY_FD },
	{ SYS_utimensat, trap_utimens, 0, 1, 3, 2, 0 },
	{ SYS_truncate, trap_truncate, -1, 0, -1, 1, 0 },
	{ SYS_setxattr, trap_set_attribute, -1, 0, -1, 1, 0 },
	{ SYS_lsetxattr, trap_set_attribute, -1, 0, -1, 1, NOFOLLOW },
	{ SYS_fsetxattr, trap_set_attribute, 0, -1, -1, 1, BY_FD },
	{ SYS_getxattr, trap_get_attribute, -1, 0, -1, 1, 0 },
	{ SYS_lgetxattr, trap_get_attribute, -1, 0, -1, 1, NOFOLLOW },
	{ SYS_fgetxattr, trap_get_attribute, 0, -1, -1, 1, BY_FD },
	{ SYS_listxattr, trap_list_attributes, -1, 0, -1, 1, 0 },
	{ SYS_llistxattr, trap_list_attributes, -1, 0, -1, 1, NOFOLLOW },
	{ SYS_flistxattr, trap_list_attributes, 0, -1, -1, 1, BY_FD },
	{ SYS_removexattr, trap_remove_attribute, -1, 0, -1, 1, 0 },
	{ SYS_lremovexattr, trap_remove_attribute, -1, 0, -1, 1, NOFOLLOW },
	{ SYS_fremovexattr, trap_remove_attribute, 0, -1, -1, 1, BY_FD },
	{ SYS_chdir, trap_chdir, -1, 0, -1, -1, 0 },
	{ SYS_chroot, trap_chroot, -1, 0, -1, -1, 0 },
	{ SYS_umask, trap_umask, -1, -1, -1, -1, 0 },
	{ SYS_execve, trap_exec, -1, 0, -1, -1, 0 },
	{ SYS_execveat, trap_exec, 0, 1, 4, -1, 0 },
	{ SYS_prctl, trap_prctl, -1, -1, -1, -1, 0 },
	{ SYS_bind, trap_address, -1, -1, -1, -1, 0 },
	{ SYS_connect, trap_address, -1, -1, -1, -1, 0 },
	{ SYS_sendto, trap_message, -1, -1, -1, -1, 0 },
	{ SYS_sendmsg, trap_message, -1, -1, -1, -1, 0 },
	{ SYS_sendmmsg, trap_messages, -1, -1, -1, -1, 0 },
	{ SYS_inotify_add_watch, trap_watch, -1, 1, -1, -1, 0 },
	{ SYS_kill, trap_signal, -1, -1, -1, -1, 0 },
	{ SYS_rt_sigqueueinfo, trap_signal, -1, -1, -1, -1, 0 },
	{ SYS_tkill, trap_signal_thread, -1, -1, -1, 0, 0 },
	{ SYS_tgkill, trap_signal_thread, -1, -1, -1, 1, 0 },
	{ SYS_rt_tgsigqueueinfo, trap_signal_thread, -1, -1, -1, 1, 0 },
	{ SYS_pidfd_open, trap_pidfd, -1, -1, -1, -1, 0 },
	{ SYS_fcntl, trap_owner_of_fd, -1, -1, -1, -1, 0 },
	{ SYS_sched_setaffinity, trap_schedule, -1, -1, -1, 0, 0 },
	{ SYS_sched_setattr, trap_schedule, -1, -1, -1, 0, 0 },
	{ SYS_sched_setparam, trap_schedule, -1, -1, -1, 0, 0 },
	{ SYS_sched_setscheduler, trap_schedule, -1, -1, -1, 0, 0 },
	{ SYS_setpriority, trap_schedule, 0, -1, -1, 1, 0 },
	{ SYS_ioprio_set, trap_schedule, 0, -1, -1, 1, FIRST_KIND_OF_IOPRIO },
	{ SYS_ptrace, trap_inspect, -1, -1, -1, 1, 0 },
	{ SYS_process_vm_readv, trap_inspect, -1, -1, -1, 0, 0 },
	{ SYS_process_vm_writev, trap_inspect, -1, -1, -1, 0, 0 },
#ifdef SYS_open
	{ SYS_open, trap_open, -1, 0, 1, 2, 0 },
	{ SYS_creat, trap_open, -1, 0, -1, 1, O_CREAT | O_WRONLY | O_TRUNC },
	{ SYS_stat, trap_stat, -1, 0, -1, 1, 0 },
	{ SYS_lstat, trap_stat, -1, 0, -1, 1, NOFOLLOW },
	{ SYS_access, trap_access, -1, 0, -1, 1, 0 },
	{ SYS_readlink, trap_readlink, -1, 0, -1, 1, NOFOLLOW },
	{ SYS_mkdir, trap_mkdir, -1, 0, -1, 1, 0 },
	{ SYS_mknod, trap_mknod, -1, 0, -1, 1, 0 },
	{ SYS_symlink, trap_symlink, -1, 1, -1, 0, 0 },
	{ SYS_unlink, trap_unlink, -1, 0, -1, -1, 0 },
	{ SYS_rmdir, trap_unlink, -1, 0, -1, -1, AT_REMOVEDIR },
	{ SYS_rename, trap_rename, -1, 0, -1, -1, 0 },
	{ SYS_link, trap_link, -1, 0, -1, -1, 0 },
	{ SYS_chmod, trap_chmod, -1, 0, -1, 1, 0 },
	{ SYS_chown, trap_chown, -1, 0, -1, 1, 0 },
	{ SYS_lchown, trap_chown, -1, 0, -1, 1, NOFOLLOW },
	{ SYS_utimes, trap_utimes, -1, 0, -1, 1, 0 },
	{ SYS_futimesat, trap_utimes, 0, 1, -1, 2, 0 },
	{ SYS_utime, trap_utime, -1, 0, -1, 1, 0 },
#endif
};

void
trap_begin_calls(struct trap *t)
{
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		t->shapes[shapes[i].number] = &shapes[i];
}

static int
flags_of(const struct trap_call *c)
{
	return c->shape->implied | (int)trap_arg(c, c->shape->flags);
}

void
trap_answer(struct trap *t, struct notification *asked)
{
	struct trap_call c = { .trap = t, .asked = asked };
	int64_t value = -1;
	int result = TRAP_ERRNO;

	if (credentials_answer(&t->ids, asked) > 0 || child_signal_answer(asked))
		return;
	errno = ENOSYS;
	if (asked->number >= 0 && asked->number < TRAP_NUMBERS)
		c.shape = t->shapes[asked->number];
	if (c.shape != NULL && trap_queue_takes(&c))
		return;
	if (c.shape != NULL) {
		c.flags = flags_of(&c);
		result = c.shape->answer(&c, &value);
	}
	switch (result) {
	case TRAP_VALUE:
		notify_answer(asked, value);
		break;
	case TRAP_LET:
		notify_let(asked);
		break;
	case TRAP_DONE:
		break;
	default:
		if (errno == 0)
			errno = EIO;
		notify_answer(asked, -1);
		break;
	}
}
