/*
 * layer_fixture: a store in a temporary directory, and short ways to make
 * entries, for the tests of layers.
 */
#ifndef TESTS_LIB_LAYER_FIXTURE_H
#define TESTS_LIB_LAYER_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/changes.h"
#include "layers/content.h"
#include "layers/store.h"
#include "layers/tree.h"

struct fixture {
	char path[64];       /* a temporary directory */
	struct store *store; /* in it */
};

static inline int
fixture_setup(void **state)
{
	struct fixture *f = mem_new(sizeof *f);
	struct error err = ERROR_INIT;
	char *store;

	snprintf(f->path, sizeof f->path, "/tmp/cooper-test-XXXXXX");
	if (mkdtemp(f->path) == NULL)
		return -1;
	store = mem_print("%s/store", f->path);
	f->store = store_open(store, &err);
	free(store);
	*state = f;
	return f->store == NULL ? -1 : 0;
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;

	store_close(f->store);
	file_remove_tree(AT_FDCWD, f->path, &err);
	error_clear(&err);
	free(f);
	return 0;
}

#define fixture_test(name)                                                               \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* Fails the test with the error's text. */
#define assert_fine(expression, err)                                                     \
	do {                                                                             \
		if (!(expression))                                                       \
			fail_msg("%s: %s", #expression, (err)->text);                    \
	} while (0)

/* A file's content from a string. */
static inline struct change
a_file(const char *path, uint16_t mode, const char *content)
{
	struct change c = {
		.entry = { .path = text_of(path),
		           .type = ENTRY_FILE,
		           .mode = mode,
		           .size = strlen(content),
		           .mtime = 1600000000 },
		.content = { .kind = CONTENT_MEMORY, .memory = text_of(content) },
	};

	return c;
}

static inline struct change
an_entry(const char *path, enum entry_type type, uint16_t mode, const char *link)
{
	struct change c = {
		.entry = { .path = text_of(path),
		           .type = (uint8_t)type,
		           .mode = mode,
		           .mtime = 1500000000,
		           .link = text_of(link) },
	};

	return c;
}

static inline struct change
a_dir(const char *path, uint16_t mode)
{
	return an_entry(path, ENTRY_DIR, mode, NULL);
}

/* One line for each entry, for comparing trees as texts. */
static inline char *
print_tree(const struct tree *t)
{
	static const char types[] = "fdlhcbpw";
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		buf_print(&out, "%c%s %04o %u:%u %llu %lld %u,%u ", types[e->type],
		          e->opaque ? "O" : "", e->mode, e->uid, e->gid,
		          (unsigned long long)e->size, (long long)e->mtime, e->dev_major,
		          e->dev_minor);
		buf_add_quoted(&out, e->path);
		buf_add_char(&out, ' ');
		buf_add_quoted(&out, e->link);
		buf_add_char(&out, ' ');
		buf_add_quoted(&out, e->capability);
		buf_add_char(&out, '\n');
	}
	return buf_take(&out);
}

#endif
