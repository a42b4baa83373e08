#include "builder/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <errno.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/contained.h"
#include "builder/sandbox/engine.h"
#include "builder/sandbox/inside/confine.h"
#include "builder/sandbox/inside/mount_ops.h"
#include "builder/sandbox/probe_note.h"
#include "builder/sandbox/supervise/owner_server.h"

bool
isolation_parse(struct text t, enum isolation *out)
{
	static const char *const names[] = { [ISOLATION_AUTO] = "auto",
		                             [ISOLATION_NS] = "ns",
		                             [ISOLATION_CHROOT] = "chroot",
		                             [ISOLATION_TRAP] = "trap" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_is(t, names[i])) {
			*out = (enum isolation)i;
			return true;
		}
	return false;
}

/* ------------------------------------------------------------ making */

static char *
path_of(int fd, struct error *err)
{
	char link[FILE_FD_PATH_MAX], path[PATH_MAX];
	ssize_t n = readlink(file_fd_path(fd, link), path, sizeof path - 1);

	if (n < 0) {
		error_sys(err, "find the path of the sandbox's directory");
		return NULL;
	}
	return mem_copy_n(path, (size_t)n);
}

static int
make_scratch(struct sandbox *sb, struct error *err)
{
	static const char *const names[] = { SCRATCH_ROOT, SCRATCH_STAGE, SCRATCH_EMPTY };

	sb->scratch = path_of(sb->scratch_fd, err);
	if (sb->scratch == NULL)
		return -1;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (file_make_dirs(sb->scratch_fd, names[i], 0755, err) < 0)
			return error_wrap(err, "make the sandbox's directory");
	sb->trees.scratch = sb->scratch;
	return 0;
}

#define DESCRIPTORS_MIN 80

/* From the strongest down. */
static const struct {
	enum isolation isolation;
	const struct engine *engine;
} engines[] = {
	{ ISOLATION_NS, &engine_ns },
	{ ISOLATION_CHROOT, &engine_chroot },
	{ ISOLATION_TRAP, &engine_trap },
};

/* Without Landlock, only a container confines what runs in engine chroot. */
static bool
is_held(enum isolation isolation)
{
	return isolation != ISOLATION_CHROOT ||
	       confine_version() >= CONFINE_VERSION_MIN || is_contained();
}

#define TOO_FEW_FILES "raise the limit of open files: ulimit -n 1024"

/* With fewer descriptors, every try would fail for reasons that do not concern the
 * machine. The spawner keeps its own descriptors above the 64th. */
static int
check_descriptors(struct error *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS_MIN)
		return 0;
	error_set(err, ERR_ENVIRONMENT,
	          "RUN needs more open files than the %llu that are allowed",
	          (unsigned long long)limit.rlim_cur);
	return error_hint(err, TOO_FEW_FILES);
}

static int
tell_none(enum isolation wanted, bool is_unheld, struct error *err)
{
	if (err->sys == EMFILE || err->sys == ENFILE) {
		error_wrap(err, "RUN needs a sandbox");
		return error_hint(err, TOO_FEW_FILES);
	}
	if (err->code == ERR_NONE)
		error_set(err, ERR_USAGE, "no such engine");
	err->code = ERR_ENVIRONMENT;
	error_wrap(err, wanted == ISOLATION_AUTO
	                        ? "RUN needs a sandbox, and this machine allows none"
	                        : "RUN cannot use the engine that --isolation names");
	if (is_unheld)
		return error_hint(err,
		                  "\"cooper doctor\" tells what is missing; "
		                  "--isolation=chroot does without, but there is no "
		                  "Landlock and no container: a step can read and change "
		                  "all that you can");
	return error_hint(err,
	                  "\"cooper doctor\" tells what is missing, and what would help");
}

/* With a single id, the supervisor of a step keeps its owners. */
static int
try_owners(const struct sandbox *sb, struct error *err)
{
	const int sys = sb->mapping == IDS_SINGLE ? owner_server_try() : 0;

	if (sys == 0)
		return 0;
	errno = sys;
	error_sys(err,
	          "RUN needs a sandbox, and a single user id needs a supervisor of "
	          "system calls, which is refused here");
	err->code = ERR_ENVIRONMENT;
	return error_hint(err, "give this user a range of ids in /etc/subuid and "
	                       "/etc/subgid, let containers here use chroot and "
	                       "seccomp's notifications, or try --isolation=trap");
}

/* Keeps the reason that matters: that of the first engine, but engine trap's for users for
 * whom it is made. */
static void
tell_refused(const struct sandbox *sb, enum isolation isolation, struct error *refused,
             struct error *err)
{
	const bool is_made_for = isolation == ISOLATION_TRAP && sb->mapping == IDS_NONE &&
	                         geteuid() != 0;

	if (is_made_for && err->code != ERR_NONE) {
		error_clear(err);
		error_wrap(refused, "no other engine works, and engine \"trap\" neither");
	}
	if (err->code == ERR_NONE)
		error_move(err, refused);
}

static int
try_engines(struct sandbox *sb, enum isolation wanted, char **why, struct error *err)
{
	bool is_unheld = false;

	if (try_owners(sb, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(engines); i++) {
		auto_error struct error refused = ERROR_INIT;

		if (wanted != ISOLATION_AUTO && wanted != engines[i].isolation)
			continue;
		if (wanted == ISOLATION_AUTO && !is_held(engines[i].isolation)) {
			is_unheld = true;
			continue;
		}
		if (engines[i].engine->probe(sb, why, &refused) == 0) {
			sb->engine = engines[i].engine;
			return 0;
		}
		if (*why == NULL)
			*why = mem_print("RUN cannot use engine \"%s\": %s",
			                 engines[i].engine->name, refused.text);
		tell_refused(sb, engines[i].isolation, &refused, err);
	}
	return tell_none(wanted, is_unheld, err);
}

static int
choose(struct sandbox *sb, enum isolation wanted, char **why, struct error *err)
{
	const bool may_know = sb->memory != NULL &&
	                      (wanted == ISOLATION_AUTO || wanted == ISOLATION_NS);
	auto_free char *here = may_know ? probe_note_text(sb->scratch_fd, sb->mapping)
	                                : NULL;

	if (probe_note_says(sb->memory, here)) {
		sb->engine = engines[0].engine;
		sb->is_remembered = true;
		return 0;
	}
	if (try_engines(sb, wanted, why, err) < 0)
		return -1;
	if (sb->engine == engines[0].engine && !sb->has_plain_roots)
		probe_note_write(sb->memory, here);
	return 0;
}

/* Without an engine. */
static struct sandbox *
sandbox_open(const struct sandbox_options *options, struct error *err)
{
	struct sandbox *sb = mem_new(sizeof *sb);

	sb->spawner = (struct spawner)SPAWNER_INIT;
	sb->scratch_fd = options->scratch_fd;
	sb->mapping = options->mapping;
	sb->cancel = options->cancel;
	sb->memory = options->memory == NULL ? NULL : mem_copy(options->memory);
	sb->unreaped = mem_new(sizeof *sb->unreaped);
	unreaped_init(sb->unreaped);
	filter_compile(&sb->filter, 0);
	if (sb->mapping == IDS_REAL)
		filter_compile(&sb->node_filter, FILTER_ASKS_NODES);
	sb->kept = options->kept == NULL ? NULL : mem_copy(options->kept);
	trees_init(&sb->trees, sb->scratch_fd,
	           &(struct kept_trees){ sb->kept, sb->mapping }, sb->cancel);
	if (check_descriptors(err) == 0 && make_scratch(sb, err) == 0 &&
	    spawner_start(&sb->spawner, sb->scratch, err) == 0)
		return sb;
	sandbox_free(sb);
	return NULL;
}

struct sandbox *
sandbox_new(const struct sandbox_options *options, char **why, struct error *err)
{
	struct sandbox *sb = sandbox_open(options, err);
	char *reason = NULL;

	if (sb == NULL || choose(sb, options->isolation, &reason, err) < 0) {
		free(reason);
		sandbox_free(sb);
		return NULL;
	}
	/* If an engine was found, the reasons against skipped engines do not matter. */
	error_clear(err);
	*why = reason;
	return sb;
}

int
sandbox_try_overlay(const struct sandbox_options *options, struct error *err)
{
	struct sandbox *sb = sandbox_open(options, err);
	int failed = sb == NULL ? -1 : engine_ns_try_overlay(sb, err);

	sandbox_free(sb);
	return failed;
}

void
sandbox_free(struct sandbox *sb)
{
	if (sb == NULL)
		return;
	unreaped_clear(sb->unreaped);
	free(sb->unreaped);
	spawner_stop(&sb->spawner);
	trees_clear(&sb->trees);
	filter_clear(&sb->filter);
	filter_clear(&sb->node_filter);
	free(sb->scratch);
	free(sb->memory);
	free(sb->kept);
	free(sb);
}

const char *
sandbox_engine(const struct sandbox *sb)
{
	return sb->engine->name;
}

int
sandbox_run(struct sandbox *sb, const struct sandbox_run *r,
            struct sandbox_result *result, struct error *err)
{
	if (cancel_check(sb->cancel, err) < 0)
		return -1;
	if (r->argv == NULL || r->argv[0] == NULL || *r->argv[0] == '\0')
		return error_set(err, ERR_RUN, "no command to run");
	if (sb->engine->run(sb, r, result, err) == 0)
		return 0;
	if (err->code != ERR_ENVIRONMENT)
		return -1;
	/* The note may be outdated. */
	probe_note_remove(sb->memory);
	if (sb->is_remembered && err->hint == NULL)
		error_hint(err,
		           "engine \"%s\" worked here before; the next build tries the "
		           "others, too",
		           sb->engine->name);
	return -1;
}
