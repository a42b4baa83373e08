#include "builder/sandbox/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/jsonio.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/sandbox.h"

#define TRIALS   "doctor"
#define TEXT_MAX 512

/* What a child has to say, through a pipe. */
struct answer {
	int sys;         /* of a try: errno, 0 it worked */
	int mapping;     /* of the whole: enum id_mapping */
	char engine[16]; /* "": none */
	char text[TEXT_MAX];
};

/* ------------------------------------------------------------ children */

static void
copy_text(char *out, size_t size, const char *text)
{
	size_t n = text == NULL ? 0 : strlen(text);

	if (n >= size)
		n = size - 1;
	if (n > 0)
		memcpy(out, text, n);
	out[n] = '\0';
}

/* Runs ASK in a child, whose working directory is for trials. */
static int
ask_child(int dir_fd, void (*ask)(void *arg, int dir_fd, struct answer *out), void *arg,
          struct answer *out, struct error *err)
{
	int ends[2];
	pid_t pid;
	ssize_t n;

	*out = (struct answer){ 0 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "open a pipe");
	pid = fork();
	if (pid == 0) {
		if (fchdir(dir_fd) == 0)
			ask(arg, dir_fd, out);
		_exit(write(ends[1], out, sizeof *out) == (ssize_t)sizeof *out ? 0 : 1);
	}
	own_close(&ends[1]);
	n = pid < 0 ? -1 : file_read_full(ends[0], out, sizeof *out, err);
	own_close(&ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (pid < 0)
		return error_sys(err, "fork");
	/* A child that was killed for its try has not answered. */
	if (n >= 0 && n != (ssize_t)sizeof *out)
		*out = (struct answer){ .sys = EPERM };
	return n < 0 ? -1 : 0;
}

static void
ask_try(void *arg, int dir_fd, struct answer *out)
{
	const struct doctor_try *one = arg;

	(void)dir_fd;
	errno = 0;
	if (one->run() < 0)
		out->sys = errno == 0 ? EPERM : errno;
}

/* What a build would do. */
static void
ask_engine(void *arg, int dir_fd, struct answer *out)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *why = NULL, *slower = NULL;
	enum id_mapping mapping = IDS_NONE;
	struct sandbox_options options = { .scratch_fd = dir_fd };
	struct sandbox *sb = NULL;

	(void)arg;
	sandbox_enter(ISOLATION_AUTO, &mapping, &why);
	options.mapping = mapping;
	sb = sandbox_new(&options, &slower, &err);
	out->mapping = (int)mapping;
	copy_text(out->engine, sizeof out->engine, sb == NULL ? "" : sandbox_engine(sb));
	copy_text(out->text, sizeof out->text,
	          sb == NULL    ? err.text
	          : why != NULL ? why
	                        : slower);
	sandbox_free(sb);
}

/* ------------------------------------------------------------ rows */

static struct doctor_row *
add_row(struct doctor *d, const char *name, bool ok, char *detail, const char *remedy)
{
	struct doctor_row *row = &d->rows[d->n++];

	*row = (struct doctor_row){
		.name = name, .ok = ok, .detail = detail, .remedy = ok ? NULL : remedy
	};
	return row;
}

static const char *
mapping_text(enum id_mapping mapping)
{
	switch (mapping) {
	case IDS_REAL:
		return "those of this machine";
	case IDS_IDENTITY:
		return "own user name space, the same ids";
	case IDS_RANGE:
		return "own user name space, a range of subordinate ids";
	case IDS_SINGLE:
		return "own user name space with one id";
	case IDS_NONE:
		break;
	}
	return "no user name space, and not root";
}

static void
add_whole(struct doctor *d, const struct answer *a)
{
	static const char *const engines[] = { "ns", "chroot" };
	bool has_ids = a->mapping != IDS_SINGLE && a->mapping != IDS_NONE;

	d->mapping = (enum id_mapping)a->mapping;
	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
		if (strcmp(a->engine, engines[i]) == 0)
			d->engine = engines[i];
	add_row(d, "user ids", has_ids, mem_copy(mapping_text(d->mapping)),
	        "apt-get install uidmap, and a line \"NAME:100000:65536\" in /etc/subuid "
	        "and "
	        "/etc/subgid");
	if (d->engine == NULL)
		add_row(d, "RUN", false, mem_copy(a->text),
		        "one of the settings above; Dockerfiles without RUN build "
		        "anyway");
	else
		add_row(d, "RUN", true,
		        a->text[0] == '\0'
		                ? mem_print("engine %s", d->engine)
		                : mem_print("engine %s; %s", d->engine, a->text),
		        NULL);
}

static int
try_all(int dir_fd, struct doctor *d, struct error *err)
{
	struct answer answer;

	for (size_t i = 0; i < doctor_n_tries; i++) {
		const struct doctor_try *one = &doctor_tries[i];

		if (ask_child(dir_fd, ask_try, (void *)(uintptr_t)one, &answer, err) < 0)
			return -1;
		add_row(d, one->name, answer.sys == 0,
		        mem_copy(answer.sys == 0 ? "works" : strerror(answer.sys)),
		        one->remedy);
	}
	if (ask_child(dir_fd, ask_engine, NULL, &answer, err) < 0)
		return -1;
	add_whole(d, &answer);
	return 0;
}

int
doctor_run(int scratch_fd, struct doctor *out, struct error *err)
{
	auto_error struct error later = ERROR_INIT;
	auto_fd int dir_fd = -1;
	int failed = 0;

	*out = (struct doctor){ 0 };
	out->rows = mem_new_n(doctor_n_tries + 2, sizeof *out->rows);
	if (file_make_dirs(scratch_fd, TRIALS, 0755, err) < 0)
		return -1;
	dir_fd = file_open_dir(scratch_fd, TRIALS, err);
	failed = dir_fd < 0 ? -1 : try_all(dir_fd, out, err);
	file_remove_tree(scratch_fd, TRIALS, &later);
	if (failed < 0)
		doctor_clear(out);
	return failed;
}

/* ------------------------------------------------------------ print */

static char *
print_json(const struct doctor *d)
{
	auto_json json_t *root = json_object();
	json_t *rows = json_array();

	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_row *row = &d->rows[i];
		json_t *one = json_object();

		jsonio_set(one, "name", jsonio_string(text_of(row->name)));
		jsonio_set(one, "ok", json_boolean(row->ok));
		jsonio_set(one, "detail", jsonio_string(text_of(row->detail)));
		if (row->remedy != NULL)
			jsonio_set(one, "remedy", jsonio_string(text_of(row->remedy)));
		json_array_append_new(rows, one);
	}
	jsonio_set(root, "engine",
	           d->engine == NULL ? json_null() : jsonio_string(text_of(d->engine)));
	jsonio_set(root, "rows", rows);
	return jsonio_print_pretty(root);
}

char *
doctor_print(const struct doctor *d, bool json)
{
	struct buf out = BUF_INIT;

	if (json)
		return print_json(d);
	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_row *row = &d->rows[i];

		buf_print(&out, "%-4s%-26s%s\n", row->ok ? "ok" : "no", row->name,
		          row->detail);
		if (row->remedy != NULL)
			buf_print(&out, "%-30shelps: %s\n", "", row->remedy);
	}
	return buf_take(&out);
}

void
doctor_clear(struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->rows[i].detail);
	free(d->rows);
	*d = (struct doctor){ 0 };
}
