/*
 * tar_write: the only writer of layer tars. Its bytes depend only on the entries;
 * see docs/output-profile.md ("tar").
 *
 *	tar_writer_entry()     header of one entry
 *	tar_writer_room()      where its content goes: read(2) straight into it
 *	tar_writer_fill()      … so many bytes are there now
 *	tar_writer_end()       trailer; everything has reached the sink
 *
 * A sink function gets the bytes in blocks of 256 KiB. After the first few, a
 * thread of the writer calls it, so that hashing runs in parallel with reading.
 * Owned by one thread.
 */
#ifndef LAYERS_TAR_WRITE_H
#define LAYERS_TAR_WRITE_H

#include "base/digest.h"
#include "layers/block_queue.h"
#include "layers/tree.h"

struct tar_writer;

struct tar_writer *tar_writer_new(block_sink_fn *sink, void *arg);
void tar_writer_free(struct tar_writer *w); /* waits for the thread; takes NULL */

static inline void
own_tar_writer(struct tar_writer **w)
{
	tar_writer_free(*w);
	*w = NULL;
}
#define auto_tar_writer __attribute__((cleanup(own_tar_writer)))

/* Writes the header of E; for ENTRY_FILE exactly e->size bytes of content are
 * due before the next call. An opaque directory is followed by its mark. The
 * root (path "") is not written. */
int tar_writer_entry(struct tar_writer *w, const struct entry *e, struct error *err);

/* Bytes written so far: where content starts right after its header. */
uint64_t tar_writer_offset(const struct tar_writer *w);

/* Free space for content; *N is at least 1 and at most what is due. */
char *tar_writer_room(struct tar_writer *w, size_t *n, struct error *err);
void tar_writer_fill(struct tar_writer *w, size_t n);

/* Content from memory. */
int tar_writer_data(struct tar_writer *w, const void *bytes, size_t n, struct error *err);
uint64_t tar_writer_due(const struct tar_writer *w);

int tar_writer_end(struct tar_writer *w, struct error *err);

#endif
