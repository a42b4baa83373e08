#include "base/count.h"
#include "layers/compress_stream.h"

#include <stdlib.h>

#include "base/job.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/compress_formats.h"

/* One row per format: its name on the command line, its media types, its levels. */
static const struct format {
	const char *name, *oci, *docker;
	int least, most, usual;
	void *(*open)(int level, size_t threads, struct error *err);
	int (*write)(void *state, const void *bytes, size_t n, const struct output *out,
	             struct error *err);
	int (*finish)(void *state, const struct output *out, struct error *err);
	void (*free)(void *state, bool at_once);
} formats[] = {
	[COMPRESS_NONE] = { "uncompressed", MEDIA_OCI_LAYER, MEDIA_DOCKER_LAYER, 0, 0, 0,
	                    NULL, NULL, NULL, NULL },
	[COMPRESS_GZIP] = { "gzip", MEDIA_OCI_LAYER_GZIP, MEDIA_DOCKER_LAYER_GZIP, 0, 9,
	                    6, gzip_writer_open, gzip_writer_write, gzip_writer_finish,
	                    gzip_writer_free },
	[COMPRESS_ZSTD] = { "zstd", MEDIA_OCI_LAYER_ZSTD, MEDIA_DOCKER_LAYER_ZSTD, -7, 22,
	                    3, zstd_writer_open, zstd_writer_write, zstd_writer_finish,
	                    zstd_writer_free },
};
#define N_FORMATS (COUNT_OF(formats))

struct compress_stream {
	const struct format *format;
	struct output output;
	void *state; /* NULL: not compressed */
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

	if (f->open == NULL && level != f->usual)
		return error_set(err, ERR_USAGE, "%s has no levels", f->name);
	if (level >= f->least && level <= f->most)
		return 0;
	return error_set(err, ERR_USAGE, "%s has levels %d to %d, not %d", f->name,
	                 f->least, f->most, level);
}

struct compress_stream *
compress_open(const struct compressor *c, compress_sink_fn *sink, void *arg,
              struct error *err)
{
	auto_compress struct compress_stream *s = mem_new(sizeof *s);
	int level = compress_level(c);

	s->format = &formats[c->kind];
	s->output = (struct output){ sink, arg, NULL };
	if (s->format->open == NULL)
		return take(s);
	if (compressor_check(c, err) < 0)
		return NULL;
	s->state = s->format->open(level, c->threads == 0 ? job_cpus() : c->threads, err);
	return s->state == NULL ? NULL : take(s);
}

int
compress_write(struct compress_stream *s, const void *bytes, size_t n, struct error *err)
{
	if (s->state == NULL)
		return output_write(&s->output, bytes, n, err);
	return s->format->write(s->state, bytes, n, &s->output, err);
}

void
compress_set_cancel(struct compress_stream *s, const struct cancel *c)
{
	s->output.cancel = c;
}

int
compress_finish(struct compress_stream *s, struct error *err)
{
	return s->state == NULL ? 0 : s->format->finish(s->state, &s->output, err);
}

void
compress_free(struct compress_stream *s)
{
	if (s == NULL)
		return;
	if (s->state != NULL)
		s->format->free(s->state, cancel_is_set(s->output.cancel));
	free(s);
}
