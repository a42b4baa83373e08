/*
 * exec_file: what the kernel wants to know of a file before it executes it: `#!`, machine,
 * interpreter. Every byte is foreign. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_EXEC_FILE_H
#define BUILDER_SANDBOX_TRAP_EXEC_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* So many bytes of a script's first line count (fs/binfmt_script.c). */
#define EXEC_LINE_MAX 256

enum exec_kind {
	EXEC_SCRIPT,
	EXEC_PROGRAM, /* of this machine */
	EXEC_FOREIGN, /* a program of another machine */
};

struct exec_facts {
	enum exec_kind kind;
	uint16_t machine;         /* EM_… */
	char line[EXEC_LINE_MAX]; /* holds the next two */
	const char *interpreter;  /* of `#!` */
	const char *argument;     /* or NULL */
	char loader[PATH_MAX];    /* PT_INTERP; "": none */
};

/* Reads the head of FD. -1 with errno: ENOEXEC if it cannot be executed. */
int exec_file_read(int fd, struct exec_facts *out);

/* 0 if FD is an interpreter (PT_INTERP) for programs of this machine. -1 with errno:
 * ELIBBAD if it is not. */
int exec_file_check_interpreter(int fd);

#endif
