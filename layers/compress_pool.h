/*
 * compress_pool: compresses a stream in members, by several threads.
 *
 *	         filled by the writer    by workers, any order     to the sink, in order
 *	write ──►      head ────────────────► taken ──────────────────► tail
 *
 * Where members end depends on the input alone, so any number of threads gives the same
 * bytes. The workers start when there is more than one member: most layers are smaller.
 * Owned by one thread.
 */
#ifndef LAYERS_COMPRESS_POOL_H
#define LAYERS_COMPRESS_POOL_H

#include "layers/compress_stream.h"
#include "layers/member_cut.h"

/* How one format makes members. */
struct packing {
	void *(*open)(int level);
	void (*free)(void *packer);
	size_t (*bound)(size_t n);
	size_t (*pack)(void *packer, const char *in, size_t n, char *out);
};

/* Where compressed bytes go. */
struct output {
	compress_sink_fn *sink;
	void *arg;
	const struct cancel *cancel; /* may be NULL */
};

static inline int
output_write(const struct output *o, const void *bytes, size_t n, struct error *err)
{
	return o->sink(o->arg, bytes, n, err);
}

struct members;
struct compress_pool;

/* All are borrowed. MEMBERS may be NULL: nothing is reused. */
struct compress_pool *compress_pool_new(const struct packing *packing, int level,
                                        const struct member_sizes *sizes, size_t threads,
                                        struct members *members);
int compress_pool_write(struct compress_pool *p, const void *bytes, size_t n,
                        const struct output *out, struct error *err);
int compress_pool_finish(struct compress_pool *p, const struct output *out,
                         struct error *err);

/* AT_ONCE: does not wait for busy threads, which end with the process. Takes NULL. */
void compress_pool_free(struct compress_pool *p, bool at_once);

#endif
