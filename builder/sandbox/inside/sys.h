/*
 * sys: raw system calls for processes that are cloned but have not called exec.
 *
 * Those are copies of a process with threads: locks of the C library (and of
 * sanitizers, which wrap its functions) may be held by threads that do not
 * exist in the copy. Code that runs there only calls these functions, memcpy
 * and strlen. All return -1 with errno set.
 */
#ifndef BUILDER_SANDBOX_INSIDE_SYS_H
#define BUILDER_SANDBOX_INSIDE_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static inline int
sys_openat(int dir_fd, const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, dir_fd, path, flags | O_CLOEXEC, mode);
}

static inline int
sys_close(int fd)
{
	return (int)syscall(SYS_close, fd);
}

/* Closes FD after a failure: -1 with its errno. */
static inline int
sys_close_failed(int fd)
{
	const int saved = errno;

	sys_close(fd);
	errno = saved;
	return -1;
}

static inline ssize_t
sys_read(int fd, void *bytes, size_t n)
{
	return syscall(SYS_read, fd, bytes, n);
}

static inline ssize_t
sys_write(int fd, const void *bytes, size_t n)
{
	return syscall(SYS_write, fd, bytes, n);
}

/* One entry of a directory: the next one is SIZE bytes further. */
struct sys_entry {
	uint64_t ino;
	int64_t next;
	uint16_t size;
	uint8_t type; /* DT_… */
	char name[];
};

/* Reads entries of the directory FD into BYTES, which is aligned for them. Returns their
 * size in bytes, 0 at the end. */
static inline ssize_t
sys_getdents(int fd, void *bytes, size_t n)
{
	return syscall(SYS_getdents64, fd, bytes, n);
}

static inline int
sys_mkdirat(int dir_fd, const char *path, mode_t mode)
{
	return (int)syscall(SYS_mkdirat, dir_fd, path, mode);
}

static inline int
sys_mknodat(int dir_fd, const char *path, mode_t mode, dev_t dev)
{
	return (int)syscall(SYS_mknodat, dir_fd, path, mode, (unsigned)dev);
}

static inline int
sys_symlinkat(const char *to, int dir_fd, const char *path)
{
	return (int)syscall(SYS_symlinkat, to, dir_fd, path);
}

static inline ssize_t
sys_readlinkat(int dir_fd, const char *path, char *out, size_t n)
{
	return syscall(SYS_readlinkat, dir_fd, path, out, n);
}

static inline int
sys_fchmod(int fd, mode_t mode)
{
	return (int)syscall(SYS_fchmod, fd, mode);
}

static inline int
sys_fchown(int fd, uid_t uid, gid_t gid)
{
	return (int)syscall(SYS_fchown, fd, uid, gid);
}

static inline int
sys_fstat(int fd, struct stat *out)
{
	return (int)syscall(SYS_newfstatat, fd, "", out, AT_EMPTY_PATH);
}

static inline int
sys_chdir(const char *path)
{
	return (int)syscall(SYS_chdir, path);
}

static inline int
sys_fchdir(int fd)
{
	return (int)syscall(SYS_fchdir, fd);
}

static inline int
sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
          const char *data)
{
	return (int)syscall(SYS_mount, source, target, type, flags, data);
}

static inline int
sys_umount(const char *target, int flags)
{
	return (int)syscall(SYS_umount2, target, flags);
}

static inline int
sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int
sys_fsconfig(int fd, unsigned command, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fd, command, key, value, 0);
}

static inline int
sys_fsmount(int fd, unsigned attributes)
{
	return (int)syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attributes);
}

static inline int
sys_open_tree(int dir_fd, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir_fd, path, flags | OPEN_TREE_CLOEXEC);
}

/* Attaches the mount FD on the open directory or file TARGET_FD. */
static inline int
sys_move_mount(int fd, int target_fd)
{
	return (int)syscall(SYS_move_mount, fd, "", target_fd, "",
	                    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static inline int
sys_mount_setattr(int fd, const char *path, unsigned flags, uint64_t set)
{
	struct mount_attr attr = { .attr_set = set };

	return (int)syscall(SYS_mount_setattr, fd, path, flags, &attr, sizeof attr);
}

_Noreturn static inline void
sys_exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

#endif
