/* Any bytes as what is noted of a plain tree, with a checksum that is right. What is
 * accepted is in order, can be found, and is written as it was read. */
#include <assert.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "base/file.h"
#include "base/own.h"
#include "base/path.h"
#include "base/sealed.h"
#include "layers/plain_notes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { FILE_MAX = 64 << 20 };

static int
sealed_file(const uint8_t *bytes, size_t n)
{
	auto_fd int fd = memfd_create("notes", MFD_CLOEXEC);
	auto_sealed_writer struct sealed_writer w = { .fd = fd };
	auto_error struct error err = ERROR_INIT;

	sealed_add(&w, bytes, n);
	if (fd < 0 || sealed_end(&w, &err) < 0)
		abort();
	return take_fd(&fd);
}

static void
check_order(const struct notes *notes, const struct notes_tree *tree)
{
	for (size_t i = 0; i < notes->list.n; i++) {
		const struct noted *at = &notes->list.at[i];

		assert(at->since < tree->n_layers && at->path.n > 0);
		assert(notes_find(notes, at->path) == at);
	}
	for (size_t i = 1; i < notes->gone.n; i++)
		assert(path_compare(notes->gone.at[i - 1].path, notes->gone.at[i].path) <
		       0);
}

/* Written, read and written again in FOLDER, it is the same file both times. */
static void
check_written(const struct notes *notes, const struct notes_tree *tree, int folder)
{
	auto_buf struct buf first = BUF_INIT, second = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct notes again = { 0 };
	struct notes_tree same;

	assert(notes_write(notes, tree, folder, "first", &err) == 0);
	assert(notes_read(folder, "first", &again, &same, &err) == 1);
	assert(notes_write(&again, &same, folder, "second", &err) == 0);
	assert(file_read(folder, "first", FILE_MAX, &first, &err) == 1);
	assert(file_read(folder, "second", FILE_MAX, &second, &err) == 1);
	assert(text_equal(buf_text(&first), buf_text(&second)));
	notes_clear(&again);
}

static void
check_in_new_folder(const struct notes *notes, const struct notes_tree *tree)
{
	char name[] = "/tmp/cooper-fuzz.XXXXXX";
	auto_fd int folder = mkdtemp(name) == NULL
	                             ? -1
	                             : open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert(folder >= 0);
	check_written(notes, tree, folder);
	unlinkat(folder, "first", 0);
	unlinkat(folder, "second", 0);
	rmdir(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	auto_fd int fd = sealed_file(bytes, n);
	auto_free char *name = mem_print("/proc/self/fd/%d", fd);
	auto_error struct error err = ERROR_INIT;
	struct notes notes = { 0 };
	struct notes_tree tree;
	int found = notes_read(AT_FDCWD, name, &notes, &tree, &err);

	assert(found >= 0);
	if (found > 0) {
		check_order(&notes, &tree);
		check_in_new_folder(&notes, &tree);
	}
	notes_clear(&notes);
	return 0;
}
