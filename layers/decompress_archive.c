/* bzip2 and xz, with libarchive's filters and its "raw" format. Only the one filter that
 * the magic names is enabled, so compressed data inside is not decompressed, too. */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/library.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/decompress_formats.h"

/* The size of a compressed empty file: header and trailer. */
enum { BZIP2_LEAST = 14, XZ_LEAST = 32 };

struct archive_reader {
	struct archive *archive;
	const char *name;
	struct input *input;
	struct error *err; /* of the call that is running */
	bool input_failed;
	bool is_empty; /* the data is empty: libarchive has no entry to read from */
};

static la_ssize_t
give(struct archive *a, void *arg, const void **bytes)
{
	struct archive_reader *r = arg;
	struct input *in = r->input;
	int status = input_fill(in, r->err);
	size_t n = input_left(in);

	if (status < 0) {
		r->input_failed = true;
		archive_set_error(a, ARCHIVE_FATAL, "read");
		return -1;
	}
	*bytes = in->bytes + in->at;
	in->at = in->n;
	return (la_ssize_t)n;
}

static int
fault(struct archive_reader *r, struct error *err)
{
	const char *text = archive_error_string(r->archive);

	if (r->input_failed)
		return -1;
	if (text == NULL)
		text = "damaged";
	/* liblzma's message for truncated data. */
	if (strstr(text, "No progress is possible") != NULL)
		text = "truncated";
	return error_set(err, ERR_DAMAGED, "%s: %s", r->name, text);
}

static int
start(struct archive_reader *r, int filter, struct error *err)
{
	struct archive_entry *entry;
	int status;

	r->err = err;
	if (archive_read_append_filter(r->archive, filter) != ARCHIVE_OK ||
	    archive_read_support_format_raw(r->archive) != ARCHIVE_OK ||
	    archive_read_support_format_empty(r->archive) != ARCHIVE_OK ||
	    archive_read_open(r->archive, r, NULL, give, NULL) != ARCHIVE_OK)
		return fault(r, err);
	/* libarchive takes data that is damaged at its start for empty, but sets an
	 * error. */
	if (r->input_failed || archive_error_string(r->archive) != NULL)
		return fault(r, err);
	status = archive_read_next_header(r->archive, &entry);
	r->is_empty = status == ARCHIVE_EOF;
	return status < ARCHIVE_WARN ? fault(r, err) : 0;
}

/* libarchive takes data that ends within the first header for an empty file. GIVEN is the
 * number of bytes available at the start: all of them, if so few. */
static int
check_empty(const struct archive_reader *r, size_t given, struct error *err)
{
	size_t least = strcmp(r->name, "xz") == 0 ? XZ_LEAST : BZIP2_LEAST;

	if (!r->is_empty || given >= least)
		return 0;
	return error_set(err, ERR_DAMAGED, "%s: truncated", r->name);
}

void *
archive_reader_open(const struct decompress_format *f, struct input *in,
                    struct error *err)
{
	struct archive_reader *r = NULL;
	size_t given = 0;

	if (library_load(LIBRARY_ARCHIVE, err) == NULL)
		return NULL;
	r = mem_new(sizeof *r);
	r->archive = archive_read_new();
	if (r->archive == NULL)
		mem_die("out of memory");
	r->name = f->name;
	r->input = in;
	given = in->n;
	if (start(r, f->filter, err) < 0 || check_empty(r, given, err) < 0) {
		archive_reader_close(r);
		return NULL;
	}
	return r;
}

ssize_t
archive_reader_read(void *state, struct input *in, void *bytes, size_t n,
                    struct error *err)
{
	struct archive_reader *r = state;
	la_ssize_t got;

	(void)in;
	if (r->is_empty)
		return 0;
	r->err = err;
	got = archive_read_data(r->archive, bytes, n);
	return got < 0 ? fault(r, err) : (ssize_t)got;
}

void
archive_reader_close(void *state)
{
	struct archive_reader *r = state;

	if (r == NULL)
		return;
	archive_read_free(r->archive);
	free(r);
}
