#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/base.h"
#include "base/cancel.h"
#include "base/file.h"
#include "base/input.h"

#define MAX 100

/* A directory with a file of each kind, and beside it one that is not to be seen. */
struct scene {
	char root[32];
	int fd; /* of "in" */
};

static void
make_socket(int dir_fd, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[FILE_FD_PATH_MAX];

	snprintf(address.sun_path, sizeof address.sun_path, "%s/%s",
	         file_fd_path(dir_fd, path), name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
}

static void
write_file(int dir_fd, const char *name, const char *text)
{
	auto_error struct error err = ERROR_INIT;

	assert_int_equal(file_replace(dir_fd, name, text, strlen(text), 0644, &err), 0);
}

static void
scene_open(struct scene *s)
{
	auto_fd int root = -1;

	*s = (struct scene){ .root = "/tmp/input-XXXXXX" };
	assert_non_null(mkdtemp(s->root));
	root = open(s->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_file(root, "outside", "private");
	assert_int_equal(mkdirat(root, "in", 0755), 0);
	s->fd = openat(root, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_file(s->fd, "file", "text");
	write_file(s->fd, "empty", "");
	assert_int_equal(mkdirat(s->fd, "dir", 0755), 0);
	assert_int_equal(mkfifoat(s->fd, "fifo", 0644), 0);
	make_socket(s->fd, "socket");
	assert_int_equal(symlinkat("file", s->fd, "link"), 0);
	assert_int_equal(symlinkat("/file", s->fd, "absolute"), 0);
	assert_int_equal(symlinkat("../outside", s->fd, "out"), 0);
	assert_int_equal(symlinkat("/dev/zero", s->fd, "zero"), 0);
	assert_int_equal(symlinkat("/dev/null", s->fd, "null"), 0);
	assert_int_equal(symlinkat("nothing", s->fd, "dangling"), 0);
	assert_int_equal(symlinkat("loop", s->fd, "loop"), 0);
	assert_int_equal(symlinkat("/proc/self/fd/0", s->fd, "magic"), 0);
}

static void
scene_close(struct scene *s)
{
	auto_error struct error err = ERROR_INIT;

	close(s->fd);
	file_remove_tree(AT_FDCWD, s->root, &err);
}

#define BAD  (-1)
#define NONE 0

static void
only_files_that_end_are_read(void **state)
{
	static const struct {
		const char *name;
		int named, inside;   /* what both functions return */
		const char *content; /* of what is read */
	} rows[] = {
		{ "file", 1, 1, "text" },
		{ "./dir/../file", 1, 1, "text" },
		{ "empty", 1, 1, "" },
		{ "link", 1, 1, "text" },
		{ "absolute", NONE, 1, "text" },
		{ "none", NONE, NONE, NULL },
		{ "none/file", NONE, NONE, NULL },
		{ "file/file", BAD, NONE, NULL },
		{ "out", 1, BAD, "private" },
		{ "../outside", 1, NONE, "private" },
		{ "dir", BAD, BAD, NULL },
		{ ".", BAD, BAD, NULL },
		{ "fifo", BAD, BAD, NULL },
		{ "socket", BAD, BAD, NULL },
		{ "zero", BAD, BAD, NULL },
		{ "null", 1, BAD, "" },
		{ "dangling", NONE, BAD, NULL },
		{ "loop", BAD, BAD, NULL },
	};
	struct scene s;

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT, err2 = ERROR_INIT;
		auto_buf struct buf named = BUF_INIT, inside = BUF_INIT;
		int found = input_read(s.fd, rows[i].name, MAX, NULL, &named, &err);

		if (found != rows[i].named)
			print_message("%s: %s\n", rows[i].name, err.text);
		assert_int_equal(found, rows[i].named);
		if (found < 0)
			assert_int_equal(err.code, ERR_SOURCE);
		found = input_read_inside(s.fd, rows[i].name, "SHOWN", MAX, &inside,
		                          &err2);
		if (found != rows[i].inside)
			print_message("%s: %s\n", rows[i].name, err2.text);
		assert_int_equal(found, rows[i].inside);
		if (found < 0)
			assert_int_equal(err2.code, ERR_SOURCE);
		if (found < 0)
			assert_non_null(strstr(err2.text, "SHOWN"));
		if (rows[i].named == 1)
			assert_string_equal(buf_str(&named), rows[i].content);
		if (rows[i].inside == 1)
			assert_string_equal(buf_str(&inside), rows[i].content);
	}
	scene_close(&s);
}

static void
a_size_has_its_bound(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	struct scene s;

	(void)state;
	scene_open(&s);
	buf_add_str(&out, "before");
	assert_int_equal(input_read(s.fd, "file", 3, NULL, &out, &err), -1);
	assert_int_equal(err.code, ERR_DAMAGED);
	assert_string_equal(buf_str(&out), "before");
	assert_int_equal(input_read(s.fd, "file", 4, NULL, &out, &err), 1);
	assert_string_equal(buf_str(&out), "beforetext");
	scene_close(&s);
}

struct writer {
	int fd;
	struct cancel *cancel;
};

static void *
write_late(void *arg)
{
	struct writer *w = arg;

	usleep(20000);
	assert_int_equal(write(w->fd, "late", 4), 4);
	close(w->fd);
	return NULL;
}

static void *
cancel_late(void *arg)
{
	struct writer *w = arg;

	usleep(20000);
	cancel_trigger(w->cancel);
	return NULL;
}

/* As `<(command)` does. */
static int
read_pipe(struct writer *w, void *(*other)(void *), struct buf *out, struct error *err)
{
	char path[FILE_FD_PATH_MAX];
	pthread_t thread;
	int ends[2], found = 0;

	w->cancel = cancel_new(err);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	w->fd = ends[1];
	assert_int_equal(pthread_create(&thread, NULL, other, w), 0);
	found = input_read(AT_FDCWD, file_fd_path(ends[0], path), MAX, w->cancel, out,
	                   err);
	pthread_join(thread, NULL);
	close(ends[0]);
	cancel_free(w->cancel);
	return found;
}

static void
a_pipe_is_waited_for_until_its_end_or_ours(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	struct writer w;

	(void)state;
	assert_int_equal(read_pipe(&w, write_late, &out, &err), 1);
	assert_string_equal(buf_str(&out), "late");
	assert_int_equal(read_pipe(&w, cancel_late, &out, &err), -1);
	assert_int_equal(err.code, ERR_CANCELLED);
	close(w.fd);
}

static void
descriptors_are_known_by_their_names(void **state)
{
	(void)state;
	assert_true(input_is_descriptor("/dev/stdin"));
	assert_true(input_is_descriptor("/dev/fd/63"));
	assert_true(input_is_descriptor("/proc/self/fd/63"));
	assert_false(input_is_descriptor("/dev/zero"));
	assert_false(input_is_descriptor("dev/stdin"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_files_that_end_are_read),
		cmocka_unit_test(a_size_has_its_bound),
		cmocka_unit_test(a_pipe_is_waited_for_until_its_end_or_ours),
		cmocka_unit_test(descriptors_are_known_by_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
