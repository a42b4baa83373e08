#include "builder/sandbox/memory.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"
#include "base/path.h"

#define FILE_MAX 65536

/* The first version writes a number of pages for "none". */
#define NO_LIMIT (UINT64_C(1) << 60)

/* Where each version keeps its files. */
struct version {
	const char *mount; /* below the mount point */
	const char *kills, *limit;
};

static const struct version second = { "", "memory.events", "memory.max" };
static const struct version hybrid = { "/unified", "memory.events", "memory.max" };
static const struct version first = { "/memory", "memory.oom_control",
	                              "memory.limit_in_bytes" };

/* The number after NAME in the file FILE of DIR ("" for a file that is one number). */
static bool
read_number(const char *dir, const char *file, const char *name, uint64_t *out)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *path = mem_print("%s/%s", dir, file);
	auto_buf struct buf text = BUF_INIT;
	struct text rest, line;

	if (file_read(AT_FDCWD, path, FILE_MAX, &text, &err) <= 0)
		return false;
	rest = buf_text(&text);
	while (text_line(&rest, &line))
		if (text_starts(line, name) &&
		    number_u64(text_trim(text_from(line, strlen(name))), out))
			return true;
	return false;
}

/* Opens the group at PATH. If PATH is only valid outside the container, opens the group
 * that is mounted as the root. */
static bool
read_group(const char *tree, const struct version *v, struct text path,
           struct memory_state *out)
{
	auto_free char *mount = mem_print("%s%s", tree, v->mount);
	struct text at = text_is(path, "/") ? TEXT("") : path;
	uint64_t limit = 0;

	for (int i = 0; i < 2; i++) {
		auto_free char *dir = mem_print("%s%.*s", mount, TEXT_ARG(at));

		if (read_number(dir, v->kills, "oom_kill ", &out->kills))
			break;
		if (i > 0)
			return false;
		at = TEXT("");
	}
	for (;; at = path_dir(at)) {
		auto_free char *dir = mem_print("%s%.*s", mount, TEXT_ARG(at));

		if (read_number(dir, v->limit, "", &limit) && limit < NO_LIMIT &&
		    (out->limit == 0 || limit < out->limit))
			out->limit = limit;
		if (at.n <= 1)
			return true;
	}
}

/* Whether LIST, separated by commas, has NAME. */
static bool
has(struct text list, const char *name)
{
	while (list.n > 0)
		if (text_is(text_cut(&list, ','), name))
			return true;
	return false;
}

/* "4:memory:/path" of the first version, "0::/path" of the second. */
void
memory_read(const char *tree, struct text groups, struct memory_state *out)
{
	struct text path;

	*out = (struct memory_state){ 0 };
	while (text_line(&groups, &path)) {
		struct text controllers;

		text_cut(&path, ':');
		controllers = text_cut(&path, ':');
		if (controllers.n == 0 ? read_group(tree, &second, path, out) ||
		                                 read_group(tree, &hybrid, path, out)
		                       : has(controllers, "memory") &&
		                                 read_group(tree, &first, path, out))
			return;
	}
}

void
memory_look(struct memory_state *out)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf text = BUF_INIT;

	*out = (struct memory_state){ 0 };
	if (file_read(AT_FDCWD, "/proc/self/cgroup", FILE_MAX, &text, &err) > 0)
		memory_read(MEMORY_TREE, buf_text(&text), out);
}
