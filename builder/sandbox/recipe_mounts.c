#include "builder/sandbox/recipe_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "base/inroot.h"
#include "base/mem.h"
#include "base/missing.h"
#include "base/own.h"
#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/mount2.h"
#include "builder/sandbox/inside/mount_ops.h"
#include "builder/sandbox/inside/overlay.h"
#include "builder/sandbox/recipe_draft.h"

#define SHM_SIZE (UINT64_C(64) << 20)

/* What Docker hides from containers … */
static const char *const masked[] = {
	"/proc/acpi",        "/proc/asound",  "/proc/interrupts",
	"/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
	"/proc/sched_debug", "/proc/scsi",    "/proc/timer_list",
	"/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap",
};

/* … and does not let them change. */
static const char *const readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static void
draft_system(struct recipe_draft *d, const struct sandbox_run *r)
{
	recipe_add_op(d, OP_PROC, "/proc");
	recipe_add_op(d, OP_DEV, "/dev")->size = r->limits.shm_size == 0
	                                                 ? SHM_SIZE
	                                                 : r->limits.shm_size;
	recipe_add_op(d, OP_SYS, "/sys");
	for (size_t i = 0; !r->insecure && i < COUNT_OF(masked); i++)
		recipe_add_op(d, OP_MASK, masked[i]);
	for (size_t i = 0; !r->insecure && i < COUNT_OF(readonly); i++)
		recipe_add_op(d, OP_READONLY, readonly[i]);
}

/* Contents are aligned, so two empty ones could share an offset. Each gets one byte more,
 * because the offset is also its name. */
static struct recipe_op *
draft_file(struct recipe_draft *d, const char *target, struct text content, uint32_t mode)
{
	recipe_at at = recipe_add_bytes(d, content.p, content.n);
	struct recipe_op *op = NULL;

	buf_add_char(&d->bytes, '\0');
	op = recipe_add_op(d, OP_FILE, target);
	op->content = at;
	op->n_content = (uint32_t)content.n;
	op->mode = mode;
	op->readonly = 1;
	return op;
}

/* ------------------------------------------------------------ mounts of the run */

static int
name_of(int fd, char out[PATH_MAX])
{
	char link[MOUNT2_LINK];
	ssize_t n = readlink(mount2_link(fd, link), out, PATH_MAX - 1);

	if (n < 0)
		return -1;
	out[n] = '\0';
	return 0;
}

static int
draft_bind(struct recipe_draft *d, const struct sandbox_mount *m, struct error *err)
{
	const char *source = m->source == NULL || *m->source == '\0' ? "." : m->source;
	auto_fd int fd = inroot_open(m->source_fd, source, O_PATH, 0);
	char name[PATH_MAX];
	int copy_fd = -1;
	recipe_at from = 0;
	struct recipe_op *op = NULL;
	struct stat st;

	/* A file of the caller's. */
	if (fd < 0 && errno == ENOTDIR && m->is_foreign)
		fd = fcntl(m->source_fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || fstat(fd, &st) < 0) {
		if (errno == ENOENT)
			return error_set(err, ERR_SOURCE,
			                 "mount on %s: \"%s\": not found", m->target,
			                 source);
		return error_sys(err, "mount on %s: open %s", m->target, source);
	}
	/* A descriptor of a directory could not be bound, because in the sandbox's mount
	 * namespace our mounts are foreign. A detached copy of a mount belongs to no
	 * namespace. */
	if (!mount2_is_best()) {
		copy_fd = fs_copy(NULL, fd, "", true, false);
		if (copy_fd < 0 && !call_is_missing(errno))
			return error_sys(err, "mount on %s: copy the mount of %s",
			                 m->target, source);
	}
	if (copy_fd < 0 && name_of(fd, name) < 0)
		return error_sys(err, "mount on %s: name %s", m->target, source);
	from = copy_fd < 0 ? recipe_add_text(d, name) : 0;
	op = recipe_add_op(d, OP_BIND, m->target);
	op->source = from;
	op->fd = (uint32_t)d->fds.n;
	op->is_dir = S_ISDIR(st.st_mode);
	op->readonly = m->readonly;
	array_push(&d->fds, copy_fd < 0 ? take_fd(&fd) : copy_fd);
	return 0;
}

/* An upper and a work directory below SCRATCH for mount I. */
static int
draft_upper(struct recipe_draft *d, const struct sandbox *sb, const char *scratch,
            size_t i, recipe_at *upper, recipe_at *work, struct error *err)
{
	const char *dir = sb->has_plain_roots ? SCRATCH_STAGE : scratch;
	auto_free char *up = mem_print("%s/upper%zu", dir, i);
	auto_free char *wk = mem_print("%s/work%zu", dir, i);

	*upper = recipe_add_text(d, up);
	*work = recipe_add_text(d, wk);
	/* The file system of the scratch directory takes no overlay then. */
	if (sb->has_plain_roots)
		return 0;
	if ((mkdirat(sb->scratch_fd, scratch, 0700) < 0 && errno != EEXIST) ||
	    mkdirat(sb->scratch_fd, up, 0755) < 0 ||
	    mkdirat(sb->scratch_fd, wk, 0700) < 0)
		return error_sys(err, "make %s/%s", sb->scratch, up);
	return 0;
}

static int
draft_overlay(struct recipe_draft *d, const struct sandbox *sb,
              const struct sandbox_mount *m, const char *scratch, size_t i,
              struct error *err)
{
	struct recipe_list lowers = recipe_add_list(d, m->lowers, m->n_lowers);
	const bool whole = m->source == NULL || *m->source == '\0';
	recipe_at source = whole ? 0 : recipe_add_text(d, m->source), upper = 0, work = 0;
	struct recipe_op *op = NULL;

	if (!m->readonly && draft_upper(d, sb, scratch, i, &upper, &work, err) < 0)
		return -1;
	op = recipe_add_op(d, OP_OVERLAY, m->target);
	op->lowers = lowers;
	op->source = source;
	op->upper = upper;
	op->work = work;
	op->makes_upper = upper != 0 && sb->has_plain_roots;
	op->readonly = m->readonly;
	return 0;
}

static int
draft_mount(struct recipe_draft *d, const struct sandbox *sb,
            const struct sandbox_mount *m, const char *scratch, size_t i,
            struct error *err)
{
	struct recipe_op *op = NULL;

	switch (m->kind) {
	case SANDBOX_BIND:
		return draft_bind(d, m, err);
	case SANDBOX_OVERLAY:
		return draft_overlay(d, sb, m, scratch, i, err);
	case SANDBOX_TMPFS:
		op = recipe_add_op(d, OP_TMPFS, m->target);
		op->size = m->size;
		op->mode = m->mode;
		break;
	case SANDBOX_FILE:
		op = draft_file(d, m->target, m->content, m->mode);
		break;
	}
	if (op == NULL)
		return error_set(err, ERR_INTERNAL, "mount on %s: unknown kind %d",
		                 m->target, (int)m->kind);
	op->uid = m->uid;
	op->gid = m->gid;
	op->readonly = m->readonly;
	return 0;
}

int
recipe_add_mounts(struct recipe_draft *d, const struct sandbox *sb,
                  const struct sandbox_run *r, const char *scratch, struct error *err)
{
	draft_system(d, r);
	if (r->hosts.p != NULL)
		draft_file(d, "/etc/hosts", r->hosts, 0644);
	draft_file(d, "/etc/resolv.conf", r->resolv, 0644);
	for (size_t i = 0; i < r->n_mounts; i++) {
		if (d->fds.n >= RECIPE_FDS_MAX - RECIPE_FD_FIRST)
			return error_set(err, ERR_USAGE,
			                 "more than %d bind mounts in one step",
			                 RECIPE_FDS_MAX - RECIPE_FD_FIRST);
		if (draft_mount(d, sb, &r->mounts[i], scratch, i, err) < 0)
			return -1;
	}
	return 0;
}
