/*
 * proc_process: reads facts about a process or thread from /proc. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_PROCESS_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Only this many groups count. */
#define PROC_GROUPS_MAX 256

/* The file access rights of a thread. */
struct proc_rights {
	uid_t uid;
	gid_t gid;
	uint64_t caps; /* in effect */
	uint32_t n_groups;
	gid_t groups[PROC_GROUPS_MAX]; /* supplementary */
};

/* The parent of process or thread PID, 0 if there is none. */
pid_t proc_parent(pid_t pid);

/* … of the one whose directory of /proc DIR_FD is. */
pid_t proc_parent_at(int dir_fd);

/* Whether process or thread PID is below process ANCESTOR. A chain that is cut while it is
 * followed is none. */
bool proc_is_below(pid_t pid, pid_t ancestor);

/* Calls EACH with ARG for all processes below ANCESTOR that /proc lists. */
void proc_each_below(pid_t ancestor, void (*each)(void *arg, pid_t pid), void *arg);

/* The number that TEXT begins with, 0 if there is none or a larger one than processes
 * have. */
pid_t proc_number(const char *text);

/* The process that thread TID belongs to, 0 if there is none. */
pid_t proc_of_thread(pid_t tid);

/* The name of a process's descriptor FD, or of its working directory (AT_FDCWD), in its
 * directory in /proc. Returns OUT. */
#define PROC_FD_NAME 32
const char *proc_fd_name(int fd, char out[PROC_FD_NAME]);

/* The target of the link "/proc/self" or "/proc/thread-self" for thread TID. Returns the
 * number of bytes in OUT (PROC_SELF_MAX at most), 0 if PATH is neither link. */
#define PROC_SELF_MAX 64
size_t proc_self_link(const char *path, pid_t tid, char *out);

/* The rights of thread TID; false if it is gone. */
bool proc_rights(pid_t tid, struct proc_rights *out);

#endif
