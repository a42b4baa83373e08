/*
 * sealed: files that are written and read piece by piece. They end with a CRC-32 of
 * all bytes before it (u32, little endian).
 *
 * They hold data that can be made again, so a damaged file counts as absent. A reader
 * may trust what it got only if sealed_is_whole() returns true at the end.
 */
#ifndef BASE_SEALED_H
#define BASE_SEALED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

#define SEALED_CHECKSUM_SIZE 4

/* ------------------------------------------------------------ writing */

struct sealed_writer {
	int fd; /* borrowed; -1: everything stays in PENDING */
	struct buf pending;
	uint32_t crc;
	bool failed;
	struct error err; /* reported by sealed_end() */
};

void sealed_add(struct sealed_writer *w, const void *bytes, size_t n);
void sealed_add_text(struct sealed_writer *w, struct text t);

/* Adds the checksum. -1 if anything could not be written. */
int sealed_end(struct sealed_writer *w, struct error *err);
void sealed_writer_clear(struct sealed_writer *w);
#define auto_sealed_writer __attribute__((cleanup(sealed_writer_clear)))

/* Replaces NAME below DIR_FD, like file_replace(), by the data that FILL adds. */
typedef int sealed_fill_fn(void *arg, struct sealed_writer *w, struct error *err);
int sealed_replace(int dir_fd, const char *name, mode_t mode, sealed_fill_fn *fill,
                   void *arg, struct error *err);

/* ------------------------------------------------------------ reading */

struct sealed_reader {
	int fd;
	struct buf bytes; /* read, but not all returned yet */
	size_t at;        /* how much of it was returned */
	uint64_t left;    /* in the file, before the checksum */
	uint32_t crc;
	bool failed;
};

#define SEALED_READER_INIT                                                               \
	{                                                                                \
		.fd = -1                                                                 \
	}

/* Returns 1, 0 if the file does not exist or is too short, or -1. */
int sealed_open(struct sealed_reader *r, int dir_fd, const char *name, struct error *err);

/* The next N bytes, valid until the next call, or NULL if fewer are left. */
const void *sealed_get(struct sealed_reader *r, size_t n);

/* The same as a copy; zeros and false if fewer are left. */
bool sealed_get_copy(struct sealed_reader *r, void *to, size_t n);

/* The number of bytes left to read. */
uint64_t sealed_left(const struct sealed_reader *r);

/* Reads the rest. True if the file is undamaged. */
bool sealed_is_whole(struct sealed_reader *r);
void sealed_reader_clear(struct sealed_reader *r);
#define auto_sealed_reader __attribute__((cleanup(sealed_reader_clear)))

#endif
