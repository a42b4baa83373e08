/*
 * The system calls that a sandbox may use: those that Docker's default profile
 * allows to a container with the default capabilities, by libseccomp's names. A
 * name that an architecture lacks is ignored there.
 */
#include "base/count.h"
#include "builder/sandbox/filter.h"

#define RULE(name, verdict)                                                              \
	{                                                                                \
#name, verdict, -1                                                       \
	}
#define ALLOW(name)                                                                      \
	{                                                                                \
#name, VERDICT_ALLOW, -1                                                 \
	}

/* Calls that an older libseccomp does not know by name. */
#define RECENT(name, number)                                                             \
	{                                                                                \
#name, VERDICT_ALLOW, number                                             \
	}

/* clang-format off */
const struct filter_rule filter_rules[] = {
	ALLOW(accept), ALLOW(accept4), ALLOW(access), ALLOW(adjtimex), ALLOW(alarm),
	ALLOW(arch_prctl), ALLOW(arm_fadvise64_64),
	RULE(arm_sync_file_range, VERDICT_DONE), ALLOW(bind), ALLOW(breakpoint),
	ALLOW(brk), ALLOW(cacheflush), RECENT(cachestat, 451), ALLOW(capget),
	ALLOW(capset), ALLOW(chdir), ALLOW(chmod), ALLOW(chown), ALLOW(chown32),
	ALLOW(chroot), ALLOW(clock_adjtime), ALLOW(clock_adjtime64),
	ALLOW(clock_getres), ALLOW(clock_getres_time64), ALLOW(clock_gettime),
	ALLOW(clock_gettime64), ALLOW(clock_nanosleep), ALLOW(clock_nanosleep_time64),
	RULE(clone, VERDICT_CLONE), RULE(clone3, VERDICT_MISSING), ALLOW(close),
	RECENT(close_range, 436), ALLOW(connect), ALLOW(copy_file_range), ALLOW(creat),
	ALLOW(dup), ALLOW(dup2), ALLOW(dup3), ALLOW(epoll_create),
	ALLOW(epoll_create1), ALLOW(epoll_ctl), ALLOW(epoll_ctl_old),
	ALLOW(epoll_pwait), RECENT(epoll_pwait2, 441), ALLOW(epoll_wait),
	ALLOW(epoll_wait_old), ALLOW(eventfd), ALLOW(eventfd2), ALLOW(execve),
	ALLOW(execveat), ALLOW(exit), ALLOW(exit_group), ALLOW(faccessat),
	RECENT(faccessat2, 439), ALLOW(fadvise64), ALLOW(fadvise64_64),
	ALLOW(fallocate), ALLOW(fanotify_mark), ALLOW(fchdir), ALLOW(fchmod),
	ALLOW(fchmodat), RECENT(fchmodat2, 452), ALLOW(fchown), ALLOW(fchown32),
	ALLOW(fchownat), ALLOW(fcntl), ALLOW(fcntl64), RULE(fdatasync, VERDICT_DONE),
	ALLOW(fgetxattr), ALLOW(flistxattr), ALLOW(flock), ALLOW(fork),
	ALLOW(fremovexattr), ALLOW(fsetxattr), ALLOW(fstat), ALLOW(fstat64),
	ALLOW(fstatat64), ALLOW(fstatfs), ALLOW(fstatfs64), RULE(fsync, VERDICT_DONE),
	ALLOW(ftruncate), ALLOW(ftruncate64), ALLOW(futex), RECENT(futex_requeue, 456),
	ALLOW(futex_time64), RECENT(futex_wait, 455), RECENT(futex_waitv, 449),
	RECENT(futex_wake, 454), ALLOW(futimesat), ALLOW(get_robust_list),
	ALLOW(get_thread_area), ALLOW(getcpu), ALLOW(getcwd), ALLOW(getdents),
	ALLOW(getdents64), ALLOW(getegid), ALLOW(getegid32), ALLOW(geteuid),
	ALLOW(geteuid32), ALLOW(getgid), ALLOW(getgid32), ALLOW(getgroups),
	ALLOW(getgroups32), ALLOW(getitimer), ALLOW(getpeername), ALLOW(getpgid),
	ALLOW(getpgrp), ALLOW(getpid), ALLOW(getppid), ALLOW(getpriority),
	ALLOW(getrandom), ALLOW(getresgid), ALLOW(getresgid32), ALLOW(getresuid),
	ALLOW(getresuid32), ALLOW(getrlimit), ALLOW(getrusage), ALLOW(getsid),
	ALLOW(getsockname), ALLOW(getsockopt), ALLOW(gettid), ALLOW(gettimeofday),
	ALLOW(getuid), ALLOW(getuid32), ALLOW(getxattr), RECENT(getxattrat, 464),
	ALLOW(inotify_add_watch), ALLOW(inotify_init), ALLOW(inotify_init1),
	ALLOW(inotify_rm_watch), ALLOW(io_cancel), ALLOW(io_destroy),
	ALLOW(io_getevents), ALLOW(io_pgetevents), ALLOW(io_pgetevents_time64),
	ALLOW(io_setup), ALLOW(io_submit), ALLOW(ioctl), ALLOW(ioprio_get),
	ALLOW(ioprio_set), ALLOW(ipc), ALLOW(kill), RECENT(landlock_add_rule, 445),
	RECENT(landlock_create_ruleset, 444), RECENT(landlock_restrict_self, 446),
	ALLOW(lchown), ALLOW(lchown32), ALLOW(lgetxattr), ALLOW(link), ALLOW(linkat),
	ALLOW(listen), RECENT(listmount, 458), ALLOW(listxattr),
	RECENT(listxattrat, 465), ALLOW(llistxattr), ALLOW(_llseek),
	ALLOW(lremovexattr), ALLOW(lseek), ALLOW(lsetxattr), ALLOW(lstat),
	ALLOW(lstat64), ALLOW(madvise), RECENT(map_shadow_stack, 453),
	ALLOW(membarrier), ALLOW(memfd_create), RECENT(memfd_secret, 447),
	ALLOW(mincore), ALLOW(mkdir), ALLOW(mkdirat), ALLOW(mknod), ALLOW(mknodat),
	ALLOW(mlock), ALLOW(mlock2), ALLOW(mlockall), ALLOW(mmap), ALLOW(mmap2),
	ALLOW(modify_ldt), ALLOW(mprotect), ALLOW(mq_getsetattr), ALLOW(mq_notify),
	ALLOW(mq_open), ALLOW(mq_timedreceive), ALLOW(mq_timedreceive_time64),
	ALLOW(mq_timedsend), ALLOW(mq_timedsend_time64), ALLOW(mq_unlink),
	ALLOW(mremap), RECENT(mseal, 462), ALLOW(msgctl), ALLOW(msgget), ALLOW(msgrcv),
	ALLOW(msgsnd), ALLOW(msync), ALLOW(munlock), ALLOW(munlockall), ALLOW(munmap),
	ALLOW(name_to_handle_at), ALLOW(nanosleep), ALLOW(newfstatat),
	ALLOW(_newselect), ALLOW(open), ALLOW(openat), RECENT(openat2, 437),
	ALLOW(pause), RULE(personality, VERDICT_PERSONALITY), RECENT(pidfd_open, 434),
	RECENT(pidfd_send_signal, 424), ALLOW(pipe), ALLOW(pipe2), ALLOW(pkey_alloc),
	ALLOW(pkey_free), ALLOW(pkey_mprotect), ALLOW(poll), ALLOW(ppoll),
	ALLOW(ppoll_time64), ALLOW(prctl), ALLOW(pread64), ALLOW(preadv),
	ALLOW(preadv2), ALLOW(prlimit64), RECENT(process_mrelease, 448),
	ALLOW(process_vm_readv), ALLOW(process_vm_writev), ALLOW(pselect6),
	ALLOW(pselect6_time64), ALLOW(ptrace), ALLOW(pwrite64), ALLOW(pwritev),
	ALLOW(pwritev2), ALLOW(read), ALLOW(readahead), ALLOW(readlink),
	ALLOW(readlinkat), ALLOW(readv), ALLOW(recv), ALLOW(recvfrom), ALLOW(recvmmsg),
	ALLOW(recvmmsg_time64), ALLOW(recvmsg), ALLOW(remap_file_pages),
	ALLOW(removexattr), RECENT(removexattrat, 466), ALLOW(rename), ALLOW(renameat),
	ALLOW(renameat2), ALLOW(restart_syscall), ALLOW(riscv_flush_icache),
	ALLOW(riscv_hwprobe), ALLOW(rmdir), ALLOW(rseq), ALLOW(rt_sigaction),
	ALLOW(rt_sigpending), ALLOW(rt_sigprocmask), ALLOW(rt_sigqueueinfo),
	ALLOW(rt_sigreturn), ALLOW(rt_sigsuspend), ALLOW(rt_sigtimedwait),
	ALLOW(rt_sigtimedwait_time64), ALLOW(rt_tgsigqueueinfo),
	ALLOW(s390_pci_mmio_read), ALLOW(s390_pci_mmio_write),
	ALLOW(s390_runtime_instr), ALLOW(sched_get_priority_max),
	ALLOW(sched_get_priority_min), ALLOW(sched_getaffinity), ALLOW(sched_getattr),
	ALLOW(sched_getparam), ALLOW(sched_getscheduler), ALLOW(sched_rr_get_interval),
	ALLOW(sched_rr_get_interval_time64), ALLOW(sched_setaffinity),
	ALLOW(sched_setattr), ALLOW(sched_setparam), ALLOW(sched_setscheduler),
	ALLOW(sched_yield), ALLOW(seccomp), ALLOW(select), ALLOW(semctl),
	ALLOW(semget), ALLOW(semop), ALLOW(semtimedop), ALLOW(semtimedop_time64),
	ALLOW(send), ALLOW(sendfile), ALLOW(sendfile64), ALLOW(sendmmsg),
	ALLOW(sendmsg), ALLOW(sendto), ALLOW(set_robust_list), ALLOW(set_thread_area),
	ALLOW(set_tid_address), ALLOW(set_tls), ALLOW(setfsgid), ALLOW(setfsgid32),
	ALLOW(setfsuid), ALLOW(setfsuid32), ALLOW(setgid), ALLOW(setgid32),
	ALLOW(setgroups), ALLOW(setgroups32), ALLOW(setitimer), ALLOW(setpgid),
	ALLOW(setpriority), ALLOW(setregid), ALLOW(setregid32), ALLOW(setresgid),
	ALLOW(setresgid32), ALLOW(setresuid), ALLOW(setresuid32), ALLOW(setreuid),
	ALLOW(setreuid32), ALLOW(setrlimit), ALLOW(setsid), ALLOW(setsockopt),
	ALLOW(setuid), ALLOW(setuid32), ALLOW(setxattr), RECENT(setxattrat, 463),
	ALLOW(shmat), ALLOW(shmctl), ALLOW(shmdt), ALLOW(shmget), ALLOW(shutdown),
	ALLOW(sigaltstack), ALLOW(signalfd), ALLOW(signalfd4), ALLOW(sigprocmask),
	ALLOW(sigreturn), RULE(socket, VERDICT_SOCKET), ALLOW(socketcall),
	ALLOW(socketpair), ALLOW(splice), ALLOW(stat), ALLOW(stat64), ALLOW(statfs),
	ALLOW(statfs64), RECENT(statmount, 457), ALLOW(statx), ALLOW(swapcontext),
	ALLOW(symlink), ALLOW(symlinkat), RULE(sync, VERDICT_DONE),
	RULE(sync_file_range, VERDICT_DONE), RULE(sync_file_range2, VERDICT_DONE),
	RULE(syncfs, VERDICT_DONE), ALLOW(sysinfo), ALLOW(tee), ALLOW(tgkill),
	ALLOW(time), ALLOW(timer_create), ALLOW(timer_delete), ALLOW(timer_getoverrun),
	ALLOW(timer_gettime), ALLOW(timer_gettime64), ALLOW(timer_settime),
	ALLOW(timer_settime64), ALLOW(timerfd_create), ALLOW(timerfd_gettime),
	ALLOW(timerfd_gettime64), ALLOW(timerfd_settime), ALLOW(timerfd_settime64),
	ALLOW(times), ALLOW(tkill), ALLOW(truncate), ALLOW(truncate64),
	ALLOW(ugetrlimit), ALLOW(umask), ALLOW(uname), ALLOW(unlink), ALLOW(unlinkat),
	ALLOW(uretprobe), ALLOW(utime), ALLOW(utimensat), ALLOW(utimensat_time64),
	ALLOW(utimes), ALLOW(vfork), ALLOW(vmsplice), ALLOW(wait4), ALLOW(waitid),
	ALLOW(waitpid), ALLOW(write), ALLOW(writev),
};
/* clang-format on */

const size_t filter_n_rules = COUNT_OF(filter_rules);
