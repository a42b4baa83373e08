/*
 * exec: answers execve() and execveat() of programs whose root directory is not that of
 * the kernel. Finds the file, follows `#!`, checks program and interpreter as the kernel
 * does, and has the caller execute our loader (loader/loader.c) in their place. The loader
 * asks for its record, gets descriptors of both files, and maps them. argv and envp stay
 * in the caller. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_EXEC_H
#define BUILDER_SANDBOX_TRAP_EXEC_H

#include <limits.h>

#include "builder/sandbox/trap/redo.h"

/* Programs that are on their way to the loader, at most. */
#define EXEC_MAX 128

/* A file as the image has it. */
struct exec_file {
	uint32_t mode; /* type, set-id bits, permissions */
	uint32_t uid, gid;
};

/* What the program is told of its ids. */
struct exec_ids {
	uint32_t uid, euid, gid, egid, secure;
};

/* How paths are followed, by whoever knows the step's root. */
struct exec_paths {
	void *arg;
	/* Opens PATH of the caller A with O_PATH, links followed but for the last one if
	 * FLAGS has AT_SYMLINK_NOFOLLOW. A relative one begins at DIR_FD, a descriptor of
	 * the caller or AT_FDCWD. "" is DIR_FD itself. -1 with errno. */
	int (*open)(void *arg, struct notification *a, int dir_fd, const char *path,
	            int flags);
	/* The path of FD (from open) from the step's root. False if it has none. */
	bool (*name)(void *arg, int fd, char out[PATH_MAX]);
	/* What the image says of FD. -1 with errno. */
	int (*look)(void *arg, int fd, struct exec_file *out);
	/* A is a process that has executed FILE: it gets its new ids now. */
	void (*begin)(void *arg, struct notification *a, const struct exec_file *file,
	              struct exec_ids *out);
};

/* Executes programs of another machine. PATH is NULL if there is none. */
struct exec_emulator {
	int fd;           /* its program, static and of this machine */
	uint16_t machine; /* EM_… that it is for */
	const char *path; /* how it is called, an absolute path */
};

struct exec_query {
	const char *path; /* of the caller's memory, at PATH_AT; shorter than PATH_MAX */
	uint64_t path_at, argv_at, env_at;
	int dir_fd; /* AT_FDCWD for execve() */
	int flags;  /* of execveat(): AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW */
};

struct exec_pending {
	pid_t pid; /* 0: free */
	uint64_t tag;
	bool executed;                  /* the loader, which has not asked yet */
	int program_fd, interpreter_fd; /* ours, or -1 */
	int proc_fd;                    /* borrowed */
	struct exec_file file;
	struct loader_record record;
};

/* The first four are the caller's; all else begins with zero. */
struct exec_server {
	struct redo_list *redo;
	struct exec_paths paths;
	struct exec_emulator emulator;
	int loader_fd; /* of exec_open_loader() */
	uint64_t last_tag;
	struct exec_pending pending[EXEC_MAX];
};

/* A descriptor of the loader that can be executed: sealed memory, or, where memory cannot be
 * executed (vm.memfd_noexec), a file without a name in DIR_FD, the tree, since Landlock
 * knows no other place to execute from. -1 with errno. */
int exec_open_loader(int dir_fd);

/* Whether one more program can be executed now. */
bool exec_has_room(struct exec_server *s);

/* Answers A. */
void
exec_answer(struct exec_server *s, struct notification *a, const struct exec_query *q);

/* Answers prctl(LOADER_ASK, …) of the loader; EINVAL for all others. */
void exec_answer_loader(struct exec_server *s, struct notification *a);

/* The path in the step's root of the program that thread TID runs. False if there is
 * none, or no loader has started it yet. */
bool exec_guest_path(pid_t tid, char out[PATH_MAX]);

#endif
