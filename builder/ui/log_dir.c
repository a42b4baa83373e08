#include "builder/ui/log_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/event.h"

#define STAGE_MAX 64
#define NAME_MAX_ (STAGE_MAX + 32)

struct step_log {
	char stage[STAGE_MAX];
	bool is_run; /* has a file even if it says nothing */
	int number;  /* as in the plain progress; 0: not begun */
	int fd;      /* -1: no file */
	bool failed; /* … and never will have one */
};

/* Under the lock of events while it listens. */
struct log_dir {
	char *path;
	int fd;
	ARRAY(struct step_log) steps; /* vertex n is at index n - 1 */
	int n_begun;
	struct error first;
};

/* ------------------------------------------------------------ files */

/* Letters and digits of a stage's name, the rest as "_"; "stage-N" if it has a number
 * only. */
static void
name_stage(struct text stage, char out[STAGE_MAX])
{
	bool is_number = stage.n > 0;
	size_t n = 0;

	for (size_t i = 0; i < stage.n; i++)
		is_number = is_number && stage.p[i] >= '0' && stage.p[i] <= '9';
	if (is_number)
		n = (size_t)snprintf(out, STAGE_MAX, "stage-");
	for (size_t i = 0; i < stage.n && n + 1 < STAGE_MAX; i++) {
		char c = stage.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		             (c >= '0' && c <= '9') || c == '-' || c == '.';

		out[n++] = plain ? c : '_';
	}
	out[n] = '\0';
}

static void
note_failure(struct log_dir *d, struct step_log *s, const char *name, const char *what)
{
	s->failed = true;
	own_close(&s->fd);
	if (d->first.code != ERR_NONE)
		return;
	error_set(&d->first, ERR_ENVIRONMENT, "--log-dir: %s/%s: %s", d->path, name,
	          what);
}

static void
name_file(const struct step_log *s, char out[NAME_MAX_])
{
	snprintf(out, NAME_MAX_, "%02d%s%s.log", s->number, *s->stage == '\0' ? "" : "-",
	         s->stage);
}

/* What is there already is replaced only if it is a regular file of one name. */
static void
open_file(struct log_dir *d, struct step_log *s)
{
	char name[NAME_MAX_];
	struct stat sb;

	if (s->fd >= 0 || s->failed)
		return;
	name_file(s, name);
	if (fstatat(d->fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISREG(sb.st_mode)) {
			note_failure(d, s, name, "is there, and is no regular file");
			return;
		}
		unlinkat(d->fd, name, 0);
	}
	s->fd = openat(d->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	               0644);
	if (s->fd < 0)
		note_failure(d, s, name, strerror(errno));
}

static void
write_log(struct log_dir *d, struct step_log *s, struct text t)
{
	char name[NAME_MAX_];

	open_file(d, s);
	while (t.n > 0 && s->fd >= 0) {
		ssize_t n = write(s->fd, t.p, t.n);

		if (n >= 0) {
			t = text_from(t, (size_t)n);
		} else if (errno != EINTR) {
			name_file(s, name);
			note_failure(d, s, name, strerror(errno));
		}
	}
}

/* ------------------------------------------------------------ events */

static struct step_log *
step_of(struct log_dir *d, int vertex)
{
	while (d->steps.n < (size_t)vertex)
		((struct step_log *)array_add(&d->steps))->fd = -1;
	return &d->steps.at[vertex - 1];
}

static void
hear(void *arg, const struct event *e)
{
	struct log_dir *d = arg;
	struct step_log *s = NULL;

	if (e->vertex <= 0)
		return;
	s = step_of(d, e->vertex);
	switch (e->kind) {
	case EVENT_ANNOUNCE:
		if (e->step != NULL) {
			name_stage(e->step->stage, s->stage);
			s->is_run = e->step->kind != NULL &&
			            strcmp(e->step->kind, "run") == 0;
		}
		break;
	case EVENT_BEGIN:
		s->number = ++d->n_begun;
		break;
	case EVENT_LOG:
		if (s->number > 0)
			write_log(d, s, e->text);
		break;
	case EVENT_END:
		if (s->is_run && s->number > 0 &&
		    (e->outcome == OUTCOME_DONE || e->outcome == OUTCOME_FAILED))
			open_file(d, s);
		own_close(&s->fd);
		break;
	case EVENT_SAME:
	case EVENT_STATUS:
	case EVENT_WARNING:
	case EVENT_DEBUG:
	case EVENT_MISS:
	case EVENT_LAYER:
		break;
	}
}

/* ------------------------------------------------------------ life */

struct log_dir *
log_dir_open(const char *path, struct error *err)
{
	struct log_dir *d = NULL;
	int fd = -1, made = 0;

	made = mkdir(path, 0755);
	if (made < 0 && errno != EEXIST) {
		error_sys(err, "--log-dir %s", path);
		error_named(err, ERR_USAGE);
		error_hint(err, "the directory above it must be there, and writable");
		return NULL;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		error_sys(err, "--log-dir %s", path);
		error_named(err, ERR_USAGE);
		error_hint(err, "name a directory that can be written; each step gets a "
		                "file there");
		own_close(&fd);
		return NULL;
	}
	d = mem_new(sizeof *d);
	d->fd = fd;
	d->path = mem_copy(path);
	return d;
}

int
log_dir_fd(const struct log_dir *d)
{
	return d->fd;
}

void
log_dir_start(struct log_dir *d)
{
	event_add_sink(hear, d);
}

int
log_dir_close(struct log_dir *d, struct error *err)
{
	event_remove_sink(hear, d);
	if (d->first.code == ERR_NONE)
		return 0;
	error_move(err, &d->first);
	return -1;
}

void
log_dir_free(struct log_dir *d)
{
	if (d == NULL)
		return;
	event_remove_sink(hear, d);
	for (size_t i = 0; i < d->steps.n; i++)
		own_close(&d->steps.at[i].fd);
	array_clear(&d->steps);
	error_clear(&d->first);
	own_close(&d->fd);
	free(d->path);
	free(d);
}
