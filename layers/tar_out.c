#include "base/mem.h"
#include "layers/tar_out.h"
#include "layers/tar_write.h"
#include "layers/tree.h"

#include <stdlib.h>

struct tar_out {
	struct tar_writer *writer;
};

struct tar_out *
tar_out_new(layer_sink_fn *sink, void *arg)
{
	struct tar_out *t = mem_new(sizeof *t);

	t->writer = tar_writer_new(sink, arg);
	return t;
}

static int
put_entry(struct tar_out *t, const struct entry *e, struct error *err)
{
	if (tar_writer_due(t->writer) > 0)
		return error_set(err, ERR_INTERNAL,
		                 "tar: %.*s begins inside another file",
		                 TEXT_ARG(e->path));
	return tar_writer_entry(t->writer, e, err);
}

int
tar_out_dir(struct tar_out *t, const char *path, struct error *err)
{
	struct entry e = { .path = text_of(path), .type = ENTRY_DIR, .mode = 0755 };

	return put_entry(t, &e, err);
}

int
tar_out_file(struct tar_out *t, const char *path, uint64_t size, struct error *err)
{
	struct entry e = {
		.path = text_of(path), .type = ENTRY_FILE, .mode = 0644, .size = size
	};

	return put_entry(t, &e, err);
}

int
tar_out_data(struct tar_out *t, const void *bytes, size_t n, struct error *err)
{
	if (n > tar_writer_due(t->writer))
		return error_set(err, ERR_INTERNAL, "tar: more content than announced");
	return tar_writer_data(t->writer, bytes, n, err);
}

int
tar_out_end(struct tar_out *t, struct error *err)
{
	if (tar_writer_due(t->writer) > 0)
		return error_set(err, ERR_INTERNAL, "tar: less content than announced");
	return tar_writer_end(t->writer, err);
}

void
tar_out_free(struct tar_out *t)
{
	if (t == NULL)
		return;
	tar_writer_free(t->writer);
	free(t);
}
