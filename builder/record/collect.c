#include "builder/record/collect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "layers/store.h"

#define TRANSFERS_MAX 200
#define WARNINGS_MAX  200

static struct vertex_seen *
vertex_of(struct record *r, int vertex)
{
	while (r->vertices.n < (size_t)vertex)
		((struct vertex_seen *)array_add(&r->vertices))->log_fd = -1;
	return &r->vertices.at[vertex - 1];
}

/* NULL for an empty text, too. */
static char *
copy_of(struct text t)
{
	return t.n == 0 ? NULL : text_copy(t);
}

static void
announce(struct vertex_seen *v, const struct event *e)
{
	const struct event_step *step = e->step;

	v->name = text_copy(e->text);
	if (step == NULL)
		return;
	v->is_planned = true;
	v->kind = copy_of(text_of(step->kind));
	v->stage = copy_of(step->stage);
	v->platform = copy_of(step->platform);
	v->command = copy_of(step->command);
	v->file = copy_of(step->file);
	v->line = step->line;
	v->last = step->last;
	for (size_t i = 0; i < step->n_inputs; i++)
		array_push(&v->inputs, step->inputs[i]);
}

static void
begin(struct vertex_seen *v, const struct event *e)
{
	if (v->name == NULL)
		v->name = text_copy(e->text);
	v->begun = true;
	v->start_ns = e->time_ns;
}

static void
note_transfer(struct vertex_seen *v, const struct event *e)
{
	struct transfer_seen *t = NULL;

	for (size_t i = v->transfers.n; i-- > 0 && t == NULL;)
		if (text_is(e->name, v->transfers.at[i].name))
			t = &v->transfers.at[i];
	if (t == NULL && v->transfers.n == TRANSFERS_MAX)
		return;
	if (t == NULL) {
		t = array_add(&v->transfers);
		t->name = text_copy(e->name);
		t->start_ns = e->time_ns;
	}
	t->done = e->done;
	t->total = e->total;
	t->end_ns = e->time_ns;
}

static void
warn(struct record *r, const struct event *e)
{
	struct warning_seen *w = NULL;

	if (r->warnings.n == WARNINGS_MAX)
		return;
	w = array_add(&r->warnings);
	w->text = text_copy(e->text);
	w->vertex = e->vertex;
	if (e->about == NULL)
		return;
	w->description = copy_of(text_of(e->about->description));
	w->url = copy_of(text_of(e->about->url));
	w->file = copy_of(text_of(e->about->file));
	w->line = e->about->line;
	w->last = e->about->last;
}

/* ------------------------------------------------------------ logs */

static int
open_dir(struct record *r)
{
	char path[RECORD_PATH_MAX];

	if (r->dir_fd >= 0)
		return r->dir_fd;
	mkdirat(store_fd(r->store), RECORD_FOLDER, 0700);
	kept_path(r->id, path);
	mkdirat(store_fd(r->store), path, 0700);
	r->dir_fd = openat(store_fd(r->store), path,
	                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return r->dir_fd;
}

static int
open_log(struct record *r, int vertex)
{
	char name[RECORD_LOG_MAX];
	int dir_fd = open_dir(r);

	if (dir_fd < 0)
		return -1;
	kept_log_name(vertex, name);
	return openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	              0600);
}

/* What does not fit on the disk is missing in the file, and nothing else happens. */
static void
write_log(struct record *r, struct vertex_seen *v, int vertex, struct text t)
{
	if (r->store == NULL || v->log_cut)
		return;
	if (v->log_fd < 0 && r->broken == 0)
		v->log_fd = open_log(r, vertex);
	if (v->log_bytes + t.n > LOG_FILE_MAX) {
		v->log_cut = true;
		t = text_first(t, (size_t)(LOG_FILE_MAX - v->log_bytes));
	}
	while (t.n > 0) {
		ssize_t n = v->log_fd < 0 ? -1 : write(v->log_fd, t.p, t.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (r->broken == 0)
				r->broken = errno;
			v->log_cut = true;
			return;
		}
		t = text_from(t, (size_t)n);
	}
}

static void
add_log(struct record *r, struct vertex_seen *v, const struct event *e)
{
	write_log(r, v, e->vertex, e->text);
	v->log_bytes += e->text.n;
	buf_add_text(&v->tail, e->text);
	if (v->tail.n <= 2 * LOG_TAIL_MAX)
		return;
	memmove(v->tail.p, v->tail.p + v->tail.n - LOG_TAIL_MAX, LOG_TAIL_MAX);
	buf_truncate(&v->tail, LOG_TAIL_MAX);
}

/* ------------------------------------------------------------ events */

static void
end(struct vertex_seen *v, const struct event *e)
{
	v->ended = true;
	v->outcome = e->outcome;
	v->end_ns = e->time_ns;
	if (e->outcome == OUTCOME_FAILED)
		v->error = copy_of(e->text);
	own_close(&v->log_fd);
}

static void
note_layer(struct vertex_seen *v, const struct event *e)
{
	free(v->layer);
	v->layer = copy_of(e->text);
	v->has_layer = true;
	v->layer_bytes = e->total;
	v->layer_files = e->done;
}

static void
collect_of_vertex(struct record *r, struct vertex_seen *v, const struct event *e)
{
	switch (e->kind) {
	case EVENT_ANNOUNCE:
		announce(v, e);
		break;
	case EVENT_SAME:
		v->same = e->other;
		break;
	case EVENT_BEGIN:
		begin(v, e);
		break;
	case EVENT_LOG:
		add_log(r, v, e);
		break;
	case EVENT_STATUS:
		note_transfer(v, e);
		break;
	case EVENT_END:
		end(v, e);
		break;
	case EVENT_MISS:
		free(v->reason);
		v->reason = copy_of(e->text);
		v->missed = true;
		break;
	case EVENT_LAYER:
		note_layer(v, e);
		break;
	case EVENT_WARNING:
	case EVENT_DEBUG:
		break;
	}
}

void
record_collect(void *arg, const struct event *e)
{
	struct record *r = arg;

	if (e->kind == EVENT_WARNING)
		warn(r, e);
	else if (e->vertex > 0 && e->kind != EVENT_DEBUG)
		collect_of_vertex(r, vertex_of(r, e->vertex), e);
}
