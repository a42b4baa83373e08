#include "base/count.h"
#include "layers/compress_stream.h"

#include <stdlib.h>

#include "base/job.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/compress_formats.h"
#include "layers/compress_pool.h"
#include "layers/members.h"

enum { KIB = 1024, MIB = 1024 * 1024, ZSTD_HIGH = 10 };

static const struct packing packings[] = {
	[COMPRESS_GZIP] = { gzip_packer_new, gzip_packer_free, gzip_bound, gzip_pack },
	[COMPRESS_ZSTD] = { zstd_packer_new, zstd_packer_free, zstd_bound, zstd_pack },
};

/* Deflate looks back 32 KiB. The more zstd looks back, the more a new member costs. */
static const struct member_sizes gzip_sizes = { 512 * KIB, 512 * KIB, 2 * MIB };
static const struct member_sizes zstd_sizes = { MIB, MIB, 4 * MIB };
static const struct member_sizes zstd_high_sizes = { 4 * MIB, 8 * MIB, 16 * MIB };

/* One row per format: its name on the command line, its media types, its levels. */
static const struct format {
	const char *name, *oci, *docker;
	int least, most, usual;
} formats[] = {
	[COMPRESS_NONE] = { "uncompressed", MEDIA_OCI_LAYER, MEDIA_DOCKER_LAYER, 0, 0,
	                    0 },
	[COMPRESS_GZIP] = { "gzip", MEDIA_OCI_LAYER_GZIP, MEDIA_DOCKER_LAYER_GZIP, 0, 9,
	                    4 },
	[COMPRESS_ZSTD] = { "zstd", MEDIA_OCI_LAYER_ZSTD, MEDIA_DOCKER_LAYER_ZSTD, -7, 22,
	                    3 },
};
#define N_FORMATS (COUNT_OF(formats))

struct compress_stream {
	struct output output;
	struct compress_pool *pool; /* NULL: not compressed */
	struct members *members;    /* may be NULL */
	bool is_slow;               /* a member may take seconds */
};

bool
compression_parse(struct text t, enum compression *out)
{
	for (size_t i = 0; i < N_FORMATS; i++)
		if (text_is(t, formats[i].name)) {
			*out = (enum compression)i;
			return true;
		}
	return false;
}

const char *
compression_media_type(enum compression kind, bool docker)
{
	return docker ? formats[kind].docker : formats[kind].oci;
}

int
compress_level(const struct compressor *c)
{
	return c->level == COMPRESS_LEVEL_DEFAULT ? formats[c->kind].usual : c->level;
}

int
compressor_check(const struct compressor *c, struct error *err)
{
	const struct format *f = &formats[c->kind];
	int level = compress_level(c);

	if (c->kind == COMPRESS_NONE && level != f->usual)
		return error_set(err, ERR_USAGE, "%s has no levels", f->name);
	if (level >= f->least && level <= f->most)
		return 0;
	return error_set(err, ERR_USAGE, "%s has levels %d to %d, not %d", f->name,
	                 f->least, f->most, level);
}

char *
compress_words(const struct compressor *c)
{
	return mem_print("%s-%d", formats[c->kind].name, compress_level(c));
}

struct compress_stream *
compress_open(const struct compressor *c, struct store *st, compress_sink_fn *sink,
              void *arg, struct error *err)
{
	auto_compress struct compress_stream *s = mem_new(sizeof *s);
	const int level = compress_level(c);
	const struct member_sizes *sizes = &gzip_sizes;

	s->output = (struct output){ sink, arg, NULL };
	if (compressor_check(c, err) < 0)
		return NULL;
	if (c->kind == COMPRESS_NONE)
		return take(s);
	if (c->kind == COMPRESS_ZSTD)
		sizes = level < ZSTD_HIGH ? &zstd_sizes : &zstd_high_sizes;
	if (st != NULL) {
		auto_free char *name = compress_words(c);

		s->members = members_open(st, name);
	}
	s->is_slow = sizes == &zstd_high_sizes;
	s->pool = compress_pool_new(&packings[c->kind], level, sizes,
	                            c->threads == 0 ? job_cpus() : c->threads,
	                            s->members);
	return take(s);
}

int
compress_write(struct compress_stream *s, const void *bytes, size_t n, struct error *err)
{
	if (s->pool == NULL)
		return output_write(&s->output, bytes, n, err);
	return compress_pool_write(s->pool, bytes, n, &s->output, err);
}

void
compress_set_cancel(struct compress_stream *s, const struct cancel *c)
{
	s->output.cancel = c;
}

int
compress_finish(struct compress_stream *s, struct error *err)
{
	return s->pool == NULL ? 0 : compress_pool_finish(s->pool, &s->output, err);
}

void
compress_keep_members(struct compress_stream *s, const struct digest *blob)
{
	if (s->members != NULL)
		members_keep(s->members, blob);
}

void
compress_free(struct compress_stream *s)
{
	bool at_once;

	if (s == NULL)
		return;
	at_once = s->is_slow && cancel_is_set(s->output.cancel);
	compress_pool_free(s->pool, at_once);
	if (!at_once)
		members_free(s->members);
	free(s);
}
