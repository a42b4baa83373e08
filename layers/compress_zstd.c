/* Makes one frame with libzstd's own threads. With one worker or more, the output does
 * not depend on their number; without workers it differs. All parameters that affect the
 * output are set here. Debian's static libzstd has no threads: see
 * docs/output-profile.md. */
#include <zstd.h>

#include "base/count.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/compress_formats.h"

enum {
	WORKERS_MAX = 8, /* each takes about 6 MiB */
	JOB_SIZE = 2 * 1024 * 1024,
	OUTPUT_SIZE = 256 * 1024,
	N_OF_WORKERS = 2, /* parameters that only workers have: the last ones */
};

struct zstd_writer {
	ZSTD_CCtx *z;
	char *bytes; /* OUTPUT_SIZE */
};

static int
set_parameters(struct zstd_writer *w, int level, size_t threads, struct error *err)
{
	const bool has_workers = ZSTD_cParam_getBounds(ZSTD_c_nbWorkers).upperBound > 0;
	const struct {
		ZSTD_cParameter parameter;
		int value;
	} list[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_checksumFlag, 1 },
		{ ZSTD_c_contentSizeFlag, 0 },
		{ ZSTD_c_nbWorkers, threads < WORKERS_MAX ? (int)threads : WORKERS_MAX },
		{ ZSTD_c_jobSize, JOB_SIZE },
	};

	for (size_t i = 0; i < COUNT_OF(list) - (has_workers ? 0 : N_OF_WORKERS); i++) {
		size_t status = ZSTD_CCtx_setParameter(w->z, list[i].parameter,
		                                       list[i].value);

		if (ZSTD_isError(status))
			return error_set(err, ERR_ENVIRONMENT, "zstd: %s",
			                 ZSTD_getErrorName(status));
	}
	return 0;
}

void *
zstd_writer_open(int level, size_t threads, struct error *err)
{
	struct zstd_writer *w = mem_new(sizeof *w);

	w->z = ZSTD_createCCtx();
	if (w->z == NULL)
		mem_die("out of memory");
	w->bytes = mem_resize(NULL, OUTPUT_SIZE, 1);
	if (set_parameters(w, level, threads, err) == 0)
		return w;
	zstd_writer_free(w, false);
	return NULL;
}

void
zstd_writer_free(void *state, bool at_once)
{
	struct zstd_writer *w = state;

	if (w == NULL)
		return;
	/* Freeing the context would wait for its threads, which have up to 128 MiB each
	 * to do at the highest levels. They end with the process. */
	if (!at_once)
		ZSTD_freeCCtx(w->z);
	free(w->bytes);
	free(w);
}

/* The number of bytes that libzstd has left to flush, or -1. */
static int
step(struct zstd_writer *w, ZSTD_inBuffer *in, ZSTD_EndDirective end,
     const struct output *out, size_t *left, struct error *err)
{
	ZSTD_outBuffer to = { w->bytes, OUTPUT_SIZE, 0 };

	*left = ZSTD_compressStream2(w->z, &to, in, end);
	if (ZSTD_isError(*left))
		return error_set(err, ERR_INTERNAL, "zstd: %s", ZSTD_getErrorName(*left));
	if (cancel_check(out->cancel, err) < 0)
		return -1;
	return to.pos == 0 ? 0 : output_write(out, w->bytes, to.pos, err);
}

int
zstd_writer_write(void *state, const void *bytes, size_t n, const struct output *out,
                  struct error *err)
{
	struct zstd_writer *w = state;
	ZSTD_inBuffer in = { bytes, n, 0 };
	size_t left;

	while (in.pos < in.size)
		if (step(w, &in, ZSTD_e_continue, out, &left, err) < 0)
			return -1;
	return 0;
}

int
zstd_writer_finish(void *state, const struct output *out, struct error *err)
{
	ZSTD_inBuffer in = { NULL, 0, 0 };
	size_t left;

	do
		if (step(state, &in, ZSTD_e_end, out, &left, err) < 0)
			return -1;
	while (left > 0);
	return 0;
}
