/*
 * record: what the supervisor tells the loader of a program (see loader.c): which files to
 * map, and what the program's stack shows. The loader asks for it with
 * prctl(LOADER_ASK, record, sizeof record). The record stays in the memory of the program,
 * and of its children, at an address that never changes.
 */
#ifndef BUILDER_SANDBOX_TRAP_LOADER_RECORD_H
#define BUILDER_SANDBOX_TRAP_LOADER_RECORD_H

#include <stdint.h>

/* An operation that prctl(2) does not have. */
#define LOADER_ASK 0x636f6f70

/* Below all addresses that the kernel picks, and above those that linkers pick. The
 * Makefile has LOADER_BASE, too. */
#ifdef __aarch64__
#define LOADER_BASE UINT64_C(0x5500000000)
#else
#define LOADER_BASE UINT64_C(0x550000000000)
#endif

/* Its data, in this order. */
#define LOADER_RECORD  (LOADER_BASE + 0x100000)
#define LOADER_SCRATCH (LOADER_BASE + 0x110000)

/* Memory of every program where the supervisor puts arguments of calls that it has the
 * program repeat: this many bytes for each of so many calls at once. */
#define LOADER_SCRATCH_EACH 512
#define LOADER_SCRATCH_MAX  256

/* `#!` may lead through five scripts: two arguments each, and the path of the first. An
 * emulator needs three more. */
#define LOADER_FRONT_MAX 14
#define LOADER_TEXT_MAX  (16 * 1024)

enum loader_state {
	LOADER_NOT_ASKED,
	LOADER_ASKED,   /* the record was filled in */
	LOADER_STARTED, /* the program has begun */
};

/* Texts are offsets of NUL-terminated bytes in TEXT. */
struct loader_record {
	uint32_t state;                        /* enum loader_state */
	int32_t program_fd, interpreter_fd;    /* -1: the program has none */
	uint32_t uid, euid, gid, egid, secure; /* for the auxiliary vector */
	uint32_t n_front; /* these arguments stand in place of argv[0]; 0: it stays */
	uint32_t front[LOADER_FRONT_MAX];
	uint32_t path; /* the program's, links followed: /proc/PID/exe */
	uint32_t name; /* as it was called: AT_EXECFN */
	char comm[16];
	uint32_t n_text;
	char text[LOADER_TEXT_MAX];
};

#endif
