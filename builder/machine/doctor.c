#include "builder/machine/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/machine/machine.h"
#include "builder/sandbox/sandbox.h"

#define TRIALS "doctor"

/* The answer of a child, sent through a pipe. */
struct answer {
	int sys;         /* of a try: errno, 0 it worked */
	int mapping;     /* of the whole: enum id_mapping */
	char engine[16]; /* "": none */
	char text[DOCTOR_DETAIL_MAX];
};

/* A running child. */
struct notification {
	pid_t pid;
	int fd; /* where its answer comes */
};

/* The checks mostly wait for the kernel, so they run in parallel. */
struct clinic {
	int dir_fd; /* for trials, borrowed */
	enum isolation wanted;
	ARRAY(struct notification) asked;
};

static void
clinic_clear(struct clinic *c)
{
	for (size_t i = 0; i < c->asked.n; i++) {
		own_close(&c->asked.at[i].fd);
		while (waitpid(c->asked.at[i].pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	array_clear(&c->asked);
}
#define auto_clinic __attribute__((cleanup(clinic_clear)))

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

static void
answer_try(const struct doctor_try *one, struct answer *out)
{
	errno = 0;
	if (one->run(out->text) < 0)
		out->sys = errno == 0 ? EPERM : errno;
}

/* What a build would do. */
static void
answer_whole(int dir_fd, enum isolation wanted, struct answer *out)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *why = NULL, *slower = NULL;
	enum id_mapping mapping = IDS_NONE;
	struct sandbox_options options = { .scratch_fd = dir_fd, .isolation = wanted };
	struct sandbox *sb = NULL;

	machine_enter(wanted, &mapping, &why);
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

/* Starts a child for ONE, or for the whole if that is NULL. Its working directory
 * is for trials. */
static int
ask(struct clinic *c, const struct doctor_try *one, struct error *err)
{
	struct answer answer = { 0 };
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "open a pipe");
	/* Like fork(), but fork() would start a thread of a sanitizer, and a process with
	 * threads cannot enter a user namespace. We have no other threads and no lock. */
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		if (fchdir(c->dir_fd) < 0)
			answer.sys = errno;
		else if (one != NULL)
			answer_try(one, &answer);
		else
			answer_whole(c->dir_fd, c->wanted, &answer);
		_exit(write(ends[1], &answer, sizeof answer) == (ssize_t)sizeof answer
		              ? 0
		              : 1);
	}
	own_close(&ends[1]);
	if (pid < 0) {
		own_close(&ends[0]);
		return error_sys(err, "fork");
	}
	array_push(&c->asked, ((struct notification){ pid, ends[0] }));
	return 0;
}

static int
hear(const struct notification *asked, struct answer *out, struct error *err)
{
	ssize_t n = file_read_full(asked->fd, out, sizeof *out, err);

	if (n < 0)
		return -1;
	/* A child that was killed for its try has not answered. */
	if (n != (ssize_t)sizeof *out)
		*out = (struct answer){ .sys = EPERM };
	out->text[sizeof out->text - 1] = '\0';
	return 0;
}

/* ------------------------------------------------------------ rows */

/* SYS: errno of a failure, or 0. */
static void
add_row(struct doctor *d, struct doctor_scene *scene, enum doctor_subject subject,
        const char *name, int sys, char *detail)
{
	scene->failed[subject] = sys != 0;
	d->rows[d->n++] = (struct doctor_row){
		.name = name,
		.ok = sys == 0,
		.detail = detail,
		.remedy = sys == 0 ? NULL : doctor_advice(subject, scene, sys),
	};
}

static const char *
mapping_text(enum id_mapping mapping)
{
	switch (mapping) {
	case IDS_REAL:
		return "those of this machine";
	case IDS_IDENTITY:
		return "new user namespace, the same ids";
	case IDS_RANGE:
		return "new user namespace, a range of subordinate ids";
	case IDS_SINGLE:
		return "new user namespace with one id";
	case IDS_NONE:
		break;
	}
	return "no user namespace, and not root";
}

static void
add_whole(struct doctor *d, struct doctor_scene *scene, const struct answer *a)
{
	static const char *const engines[] = { "ns", "chroot", "trap" };
	bool has_ids = a->mapping != IDS_SINGLE && a->mapping != IDS_NONE;

	d->mapping = (enum id_mapping)a->mapping;
	for (size_t i = 0; i < COUNT_OF(engines); i++)
		if (strcmp(a->engine, engines[i]) == 0)
			d->engine = engines[i];
	add_row(d, scene, DOCTOR_IDS, "user ids", has_ids ? 0 : EPERM,
	        mem_copy(mapping_text(d->mapping)));
	if (d->engine == NULL)
		add_row(d, scene, DOCTOR_RUN, "RUN", EPERM, mem_copy(a->text));
	else
		add_row(d, scene, DOCTOR_RUN, "RUN", 0,
		        a->text[0] == '\0'
		                ? mem_print("engine %s", d->engine)
		                : mem_print("engine %s; %s", d->engine, a->text));
	if (a->mapping == IDS_NONE && d->engine != NULL)
		d->rows[d->n - 1].remedy = doctor_advice(DOCTOR_FASTER, scene, 0);
}

static void
add_try(struct doctor *d, struct doctor_scene *scene, const struct doctor_try *one,
        const struct answer *a)
{
	const char *outcome = a->sys == 0 ? "works" : strerror(a->sys);

	add_row(d, scene, one->subject, one->name, a->sys,
	        mem_copy(a->text[0] == '\0' ? outcome : a->text));
}

static int
try_all(int dir_fd, enum isolation wanted, struct doctor *d, struct error *err)
{
	auto_clinic struct clinic c = { .dir_fd = dir_fd, .wanted = wanted };
	struct doctor_scene scene;
	struct answer answer;

	doctor_scene_look(&scene);
	for (size_t i = 0; i <= doctor_n_tries; i++)
		if (ask(&c, i < doctor_n_tries ? &doctor_tries[i] : NULL, err) < 0)
			return -1;
	for (size_t i = 0; i < c.asked.n; i++) {
		if (hear(&c.asked.at[i], &answer, err) < 0)
			return -1;
		if (i < doctor_n_tries)
			add_try(d, &scene, &doctor_tries[i], &answer);
		else
			add_whole(d, &scene, &answer);
	}
	return 0;
}

/* The checks run in parallel, so what they share is made before. */
static int
make_trials(int scratch_fd, struct error *err)
{
	if (file_make_dirs(scratch_fd, TRIALS "/" DOCTOR_OVERLAYS, 0755, err) < 0)
		return -1;
	return file_open_dir(scratch_fd, TRIALS, err);
}

int
doctor_run(int scratch_fd, enum isolation wanted, struct doctor *out, struct error *err)
{
	auto_error struct error later = ERROR_INIT;
	auto_fd int dir_fd = -1;
	int failed = 0;

	*out = (struct doctor){ 0 };
	out->rows = mem_new_n(doctor_n_tries + 2, sizeof *out->rows);
	dir_fd = make_trials(scratch_fd, err);
	failed = dir_fd < 0 ? -1 : try_all(dir_fd, wanted, out, err);
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
			buf_print(&out, "%-30s%s: %s\n", "", row->ok ? "faster" : "helps",
			          row->remedy);
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
