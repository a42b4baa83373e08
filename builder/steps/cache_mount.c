#include "base/count.h"
#include "builder/steps/run_mounts.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/file.h"
#include "base/path.h"
#include "builder/steps/internal.h"
#include "layers/layer.h"
#include "layers/owner_notes.h"
#include "layers/store.h"
#include "parser/mount_types.h"
#include "parser/step.h"

#define PRIVATE_MAX   1000 /* copies of one sharing=private mount */
#define LOCK_PAUSE_NS (50 * NS_PER_MS)

#define SEED_HEX      16 /* digits of the hash of seed and owner */

/* mounts/<hash of the id>: all directories of one id begin with it. */
static char *
id_name(const struct step_mount *m)
{
	auto_preimage struct preimage p = PREIMAGE_INIT;
	const enum owner_form form = owner_form();
	char hex[DIGEST_HEX_MAX];
	struct digest key;

	preimage_add(&p, "id", m->id);
	/* Other forms have other owners on the disk. */
	if (form != OWNER_FORM_REAL)
		preimage_add_u64(&p, "owners", form);
	key = preimage_key(&p);
	return mem_copy(digest_hex(&key, hex));
}

static bool
is_plain(const struct step_mount *m)
{
	return m->from == STEP_NONE && !m->has_ids && m->mode == MOUNT_NOT_GIVEN;
}

/* Adds the seed to the key: its layers, or the content of its files. */
static int
add_seed(const struct step_job *job, const struct step_mount *m, struct preimage *out,
         struct error *err)
{
	size_t input = step_input_index(job->step, m->from);
	const struct result *from = job->inputs[input];
	struct digest content;

	preimage_add(out, "source", m->source);
	if (from->context == NULL && from->source == NULL) {
		for (size_t i = 0; i < from->layers.n; i++)
			preimage_add_str(out, "layer", layer_id(from->layers.at[i]));
		return 0;
	}
	if (selection_of_path(job, input, m->source, &content, err) < 0)
		return -1;
	preimage_add_digest(out, "content", &content);
	return 0;
}

/* mounts/<hash of the id>[-<hash of seed and owner>]. NULL with ERR. */
static char *
base_name(const struct step_job *job, const struct step_mount *m, struct error *err)
{
	auto_preimage struct preimage p = PREIMAGE_INIT;
	auto_free char *id = id_name(m);
	char hex[DIGEST_HEX_MAX];
	struct digest key;

	if (is_plain(m))
		return mem_print("mounts/%s", id);
	if (m->from != STEP_NONE && add_seed(job, m, &p, err) < 0)
		return NULL;
	preimage_add_u64(&p, "mode", m->mode);
	preimage_add_u64(&p, "uid", m->uid);
	preimage_add_u64(&p, "gid", m->gid);
	key = preimage_key(&p);
	return mem_print("mounts/%s-%.*s", id, SEED_HEX, digest_hex(&key, hex));
}

/* 1 locked, 0 another process has it, -1. */
static int
lock_now(int fd, const char *name, struct error *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 1;
	if (errno == EWOULDBLOCK)
		return 0;
	return error_sys(err, "lock %s", name);
}

static int
lock_wait(const struct step_job *job, int fd, const char *name, struct error *err)
{
	int locked = 0;

	while ((locked = lock_now(fd, name, err)) == 0)
		if (!cancel_pause(job->env->cancel, LOCK_PAUSE_NS))
			return cancel_check(job->env->cancel, err);
	return locked < 0 ? -1 : 0;
}

static int
seed(const struct step_job *job, const struct step_mount *m, int fd, struct error *err)
{
	if (m->from == STEP_NONE)
		return 0;
	return write_path(job, step_input_index(job->step, m->from), m->source, fd, err);
}

/* Makes the directory under another name first, so that it is never seen half
 * seeded. */
static int
create(const struct step_job *job, const struct step_mount *m, const char *name,
       struct error *err)
{
	int root = store_fd(job->env->store);
	auto_fd int fd = -1;
	auto_free char *tmp = store_tmp_dir(job->env->store, &fd, err);
	const struct stat image = { .st_mode = S_IFDIR | (run_mount_mode(m) & 07777),
		                    .st_uid = m->uid,
		                    .st_gid = m->gid };
	int failed = 0;

	if (tmp == NULL || seed(job, m, fd, err) < 0)
		return -1;
	if (owner_give(fd, &image) < 0)
		return error_sys(err, "cache mount: give it to %u:%u, mode %o", m->uid,
		                 m->gid, image.st_mode & 07777);
	/* Another step's directory may be there by now and in use, even if it is
	 * empty. */
	failed = renameat2(AT_FDCWD, tmp, root, name, RENAME_NOREPLACE);
	if (failed < 0 && errno == EINVAL)
		failed = renameat(AT_FDCWD, tmp, root, name);
	if (failed < 0 && errno != EEXIST && errno != ENOTEMPTY)
		return error_sys(err, "%s", name);
	return 0;
}

static int
open_or_create(const struct step_job *job, const struct step_mount *m, const char *name,
               struct error *err)
{
	int root = store_fd(job->env->store);
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		if (create(job, m, name, err) < 0)
			return -1;
		fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return error_sys(err, "open %s", name);
	return fd;
}

/* Opens the directory of cache mount M, whose name begins with BASE, and makes and seeds
 * it at first use. Returns an fd; while it is open, the directory is locked as SHARING
 * says. */
static int
open_cache(const struct step_job *job, const struct step_mount *m, const char *base,
           enum mount_sharing sharing, struct error *err)
{
	for (size_t copy = 0; copy < PRIVATE_MAX; copy++) {
		auto_free char *name = copy == 0 ? mem_copy(base)
		                                 : mem_print("%s-%zu", base, copy);
		auto_fd int fd = open_or_create(job, m, name, err);
		int locked = 0;

		if (fd < 0)
			return -1;
		utimensat(fd, "", NULL, AT_EMPTY_PATH);
		if (sharing == SHARING_SHARED)
			return take_fd(&fd);
		if (sharing == SHARING_LOCKED)
			return lock_wait(job, fd, name, err) < 0 ? -1 : take_fd(&fd);
		locked = lock_now(fd, name, err);
		if (locked < 0)
			return -1;
		if (locked > 0)
			return take_fd(&fd);
	}
	return error_set(err, ERR_ENVIRONMENT, "cache mount %.*s: %d copies are in use",
	                 TEXT_ARG(m->id), PRIVATE_MAX);
}

/* ------------------------------------------------------------ all of a step */

/* A cache mount of the step, number I. */
struct wish {
	char *base;
	size_t i;
};

struct wishes {
	ARRAY(struct wish) list;
};

static void
wishes_clear(struct wishes *w)
{
	for (size_t i = 0; i < w->list.n; i++)
		free(w->list.at[i].base);
	array_clear(&w->list);
}

static int
compare_wishes(const void *a, const void *b)
{
	const struct wish *x = a, *y = b;
	int order = strcmp(x->base, y->base);

	return order != 0 ? order : (x->i > y->i) - (x->i < y->i);
}

static int
find_wishes(const struct step_job *job, struct wishes *out, struct error *err)
{
	const struct step_run *run = &job->step->run;

	for (size_t i = 0; i < run->mounts.n; i++) {
		struct wish wish = { .i = i };

		if (run->mounts.at[i].type != MOUNT_CACHE)
			continue;
		wish.base = base_name(job, &run->mounts.at[i], err);
		if (wish.base == NULL)
			return -1;
		array_push(&out->list, wish);
	}
	array_sort(&out->list, compare_wishes);
	return 0;
}

/* The strictest sharing mode that the step's mounts give for one cache. */
static enum mount_sharing
sharing_of(const struct step_run *run, const struct wish *wishes, size_t n)
{
	static const enum mount_sharing careful[] = { SHARING_LOCKED, SHARING_PRIVATE };

	for (size_t k = 0; k < COUNT_OF(careful); k++)
		for (size_t i = 0; i < n; i++)
			if (run->mounts.at[wishes[i].i].sharing == careful[k])
				return careful[k];
	return SHARING_SHARED;
}

int
cache_mounts_open(const struct step_job *job, struct cache_mounts *out, struct error *err)
{
	const struct step_run *run = &job->step->run;
	__attribute__((cleanup(wishes_clear))) struct wishes wishes = { 0 };

	if (find_wishes(job, &wishes, err) < 0)
		return -1;
	out->of_mount = mem_new_n(run->mounts.n + 1, sizeof *out->of_mount);
	for (size_t i = 0, next; i < wishes.list.n; i = next) {
		const struct wish *first = &wishes.list.at[i];
		int fd;

		for (next = i + 1; next < wishes.list.n; next++)
			if (strcmp(wishes.list.at[next].base, first->base) != 0)
				break;
		fd = open_cache(job, &run->mounts.at[first->i], first->base,
		                sharing_of(run, first, next - i), err);
		if (fd < 0)
			return -1;
		array_push(&out->fds, fd);
		for (size_t k = i; k < next; k++)
			out->of_mount[wishes.list.at[k].i] = fd;
	}
	return 0;
}

void
cache_mounts_clear(struct cache_mounts *c)
{
	for (size_t i = 0; i < c->fds.n; i++)
		close(c->fds.at[i]);
	array_clear(&c->fds);
	free(c->of_mount);
	c->of_mount = NULL;
}

void
step_drop_mounts(const struct build_env *env, const struct step *step)
{
	for (size_t i = 0; step->kind == STEP_RUN && i < step->run.mounts.n; i++) {
		const struct step_mount *m = &step->run.mounts.at[i];
		auto_error struct error err = ERROR_INIT;
		auto_free char *id = NULL;

		if (m->type != MOUNT_CACHE)
			continue;
		id = id_name(m);
		if (store_drop_mounts(env->store, id, !is_plain(m), &err) < 0)
			event_warn_error(0, &err, "cache mount %.*s is not emptied",
			                 TEXT_ARG(m->id));
	}
}
