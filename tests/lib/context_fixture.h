/*
 * context_fixture: directories on disk from text, scanned as contexts. One entry
 * per line:
 *
 *	PATH            a file that holds its own path
 *	PATH=CONTENT    a file
 *	PATH/           a directory
 *	PATH>TARGET     a symbolic link
 *	PATH&FIRST      a hard link
 */
#ifndef TESTS_LIB_CONTEXT_FIXTURE_H
#define TESTS_LIB_CONTEXT_FIXTURE_H

#include "layers/layer.h"
#include "tests/lib/layer_fixture.h"

#include <sys/stat.h>
#include <time.h>

#include "base/path.h"
#include "builder/context/context.h"

/* A new directory in the fixture's, open. */
static inline int
context_dir_new(struct fixture *f, char path[128])
{
	struct error err = ERROR_INIT;
	int fd;

	snprintf(path, 128, "%s/context-XXXXXX", f->path);
	assert_non_null(mkdtemp(path));
	fd = file_open_dir(AT_FDCWD, path, &err);
	assert_fine(fd >= 0, &err);
	return fd;
}

static inline void
context_make_parents(int fd, const char *path)
{
	struct error err = ERROR_INIT;
	char *dir = text_copy(path_dir(text_of(path)));

	if (*dir != '\0')
		assert_fine(file_make_dirs(fd, dir, 0755, &err) == 0, &err);
	free(dir);
}

static inline void
context_write(int fd, const char *path, const char *content)
{
	int file;

	context_make_parents(fd, path);
	file = openat(fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(file >= 0);
	assert_int_equal(write(file, content, strlen(content)), strlen(content));
	fchmod(file, 0644);
	close(file);
}

static inline void
context_fill_line(int fd, char *line)
{
	size_t n = strlen(line);
	char *mark = strpbrk(line, "=>&");

	if (n > 0 && line[n - 1] == '/') {
		struct error err = ERROR_INIT;

		line[n - 1] = '\0';
		assert_fine(file_make_dirs(fd, line, 0755, &err) == 0, &err);
	} else if (mark == NULL) {
		context_write(fd, line, line);
	} else {
		char kind = *mark;

		*mark++ = '\0';
		context_make_parents(fd, line);
		if (kind == '=')
			context_write(fd, line, mark);
		else if (kind == '>')
			assert_int_equal(symlinkat(mark, fd, line), 0);
		else
			assert_int_equal(linkat(fd, mark, fd, line, 0), 0);
	}
}

static inline void
context_fill(int fd, const char *spec)
{
	struct text rest = text_of(spec), line;

	while (text_line(&rest, &line)) {
		char *copy = text_copy(line);

		context_fill_line(fd, copy);
		free(copy);
	}
}

/* Makes everything in the directory look long settled. */
static inline void
context_wait_settled(void)
{
	struct timespec pause = { .tv_nsec = 60 * 1000000 };

	nanosleep(&pause, NULL);
}

/* Paths of a context's tree but its root, one per line; files' hard links with
 * "&first", links with ">target", directories with "/". */
static inline char *
context_print(const struct context *c)
{
	struct error err = ERROR_INIT;
	const struct tree *t = layer_tree(context_layer(c), &err);
	struct buf out = BUF_INIT;

	assert_fine(t != NULL, &err);
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		if (e->path.n == 0)
			continue;
		buf_add_text(&out, e->path);
		if (e->type == ENTRY_DIR)
			buf_add_char(&out, '/');
		if (e->type == ENTRY_SYMLINK || e->type == ENTRY_HARDLINK)
			buf_print(&out, "%c%.*s", e->type == ENTRY_SYMLINK ? '>' : '&',
			          (int)e->link.n, e->link.p);
		buf_add_char(&out, '\n');
	}
	return buf_take(&out);
}

#endif
