#include "builder/steps/run_surroundings.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/path.h"
#include "builder/steps/internal.h"
#include "layers/layer.h"
#include "layers/view.h"

/* ------------------------------------------------------------ key */

static void
add_field(struct preimage *out, const char *name, size_t i, struct text value)
{
	auto_free char *field = mem_print("%s[%zu]", name, i);

	preimage_add(out, field, value);
}

void
run_surroundings_preimage(const struct run_surroundings *s, struct preimage *out)
{
	for (size_t i = 0; i < s->volumes.n; i++) {
		const struct run_volume *v = &s->volumes.at[i];
		auto_free char *text = mem_print("%.*s on %.*s%s%s", TEXT_ARG(v->source),
		                                 TEXT_ARG(v->target),
		                                 v->readonly ? " readonly" : "",
		                                 v->is_discarded ? " discarded" : "");

		add_field(out, "volume", i, text_of(text));
	}
	for (size_t i = 0; i < s->left_out.n; i++)
		add_field(out, "left out", i, s->left_out.at[i]);
	if (s->caps_added != 0)
		preimage_add_u64(out, "capabilities added", s->caps_added);
	if (s->caps_dropped != 0)
		preimage_add_u64(out, "capabilities dropped", s->caps_dropped);
	if (s->no_hosts)
		preimage_add_u64(out, "no hosts", 1);
}

/* ------------------------------------------------------------ mounts */

/* The place of the volume in the directory that holds it: a file is bound, too. */
static int
bind_volume(const struct run_volume *v, const char *path, struct run_mounts *m,
            struct error *err)
{
	struct text dir = path_dir(text_of(path));
	auto_free char *parent = dir.n == 0 ? mem_copy("/") : text_copy(dir);
	struct sandbox_mount *mount = NULL;
	int fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "open %s", parent);
	array_push(&m->fds, fd);
	mount = run_mounts_add(m, SANDBOX_BIND, v->target);
	mount->source_fd = fd;
	mount->source = run_mounts_own(m, text_copy(path_base(text_of(path))));
	mount->readonly = v->readonly;
	mount->is_foreign = true;
	return 0;
}

static void
overlay_volume(const struct run_volume *v, const char *path, struct run_mounts *m)
{
	struct lowers *lowers = array_add(&m->lowers);
	struct sandbox_mount *mount = NULL;

	array_push(&lowers->list, run_mounts_own(m, mem_copy(path)));
	mount = run_mounts_add(m, SANDBOX_OVERLAY, v->target);
	mount->lowers = lowers->list.at;
	mount->n_lowers = 1;
}

/* Its source is the user's own path: links in it are followed, now. */
static int
mount_volume(const struct run_volume *v, struct run_mounts *m, struct error *err)
{
	auto_free char *given = text_copy(v->source), *path = realpath(given, NULL);
	struct stat sb;

	if (path == NULL || stat(path, &sb) < 0) {
		error_sys(err, "--volume %s", given);
		return error_named(err, ERR_SOURCE);
	}
	if (!v->is_discarded)
		return bind_volume(v, path, m, err);
	if (!S_ISDIR(sb.st_mode))
		return error_set(err, ERR_USAGE,
		                 "--volume %s: only writes to a "
		                 "directory can be discarded",
		                 given);
	overlay_volume(v, path, m);
	return 0;
}

/* A copy of what the base has there, whose changes nobody keeps; or an empty directory. */
static int
hide_path(const struct step_job *job, const struct result *base, const struct view *view,
          struct text path, struct run_mounts *m, struct error *err)
{
	struct sandbox_mount *mount = NULL;
	struct lowers *lowers = NULL;
	auto_free char *inside = NULL;
	struct view_entry there;

	if (view_resolve(view, path, &inside, err) < 0)
		return -1;
	if (view_find(view, text_of(inside), &there) <= 0) {
		run_mounts_add(m, SANDBOX_TMPFS, path)->mode = 0755;
		return 0;
	}
	lowers = array_add(&m->lowers);
	if (layers_lowers(job->env->store, base->layers.at, base->layers.n,
	                  job->env->cancel, lowers, err) < 0)
		return -1;
	mount = run_mounts_add(m, SANDBOX_OVERLAY, path);
	mount->lowers = lowers->list.at;
	mount->n_lowers = lowers->list.n;
	mount->source = run_mounts_own(m, mem_print("/%s", inside));
	return 0;
}

static int
hide_paths(const struct step_job *job, const struct result *base, struct run_mounts *m,
           struct error *err)
{
	const struct run_surroundings *s = job->env->surroundings;
	struct view *view = NULL;
	int failed = 0;

	if (s->left_out.n == 0)
		return 0;
	view = view_new(base->layers.at, base->layers.n, err);
	if (view == NULL)
		return -1;
	for (size_t i = 0; i < s->left_out.n && failed == 0; i++)
		failed = hide_path(job, base, view, s->left_out.at[i], m, err);
	view_free(view);
	return failed;
}

int
run_surroundings_mount(const struct step_job *job, const struct result *base,
                       struct run_mounts *m, struct error *err)
{
	const struct run_surroundings *s = job->env->surroundings;

	if (hide_paths(job, base, m, err) < 0)
		return -1;
	for (size_t i = 0; i < s->volumes.n; i++)
		if (mount_volume(&s->volumes.at[i], m, err) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------ names */

static void
add_line(struct buf *out, const char *word, const struct text *values, size_t n)
{
	if (n == 0)
		return;
	buf_add_str(out, word);
	for (size_t i = 0; i < n; i++)
		buf_print(out, " %.*s", TEXT_ARG(values[i]));
	buf_add_char(out, '\n');
}

/* Whether one of the options takes the place of a line of the machine's. */
static bool
is_replaced(const struct run_surroundings *s, struct text line)
{
	return (s->dns.n > 0 && text_starts(line, "nameserver")) ||
	       (s->dns_search.n > 0 &&
	        (text_starts(line, "search") || text_starts(line, "domain"))) ||
	       (s->dns_options.n > 0 && text_starts(line, "options"));
}

void
run_surroundings_resolv(const struct run_surroundings *s, struct buf *out)
{
	auto_buf struct buf machine = BUF_INIT;
	struct text rest, line;

	sandbox_resolv_conf(&machine);
	if (s->dns.n + s->dns_search.n + s->dns_options.n == 0) {
		buf_add_text(out, buf_text(&machine));
		return;
	}
	rest = buf_text(&machine);
	while (text_line(&rest, &line))
		if (!is_replaced(s, line))
			buf_print(out, "%.*s\n", TEXT_ARG(line));
	for (size_t i = 0; i < s->dns.n; i++)
		add_line(out, "nameserver", &s->dns.at[i], 1);
	add_line(out, "search", s->dns_search.at, s->dns_search.n);
	add_line(out, "options", s->dns_options.at, s->dns_options.n);
}
