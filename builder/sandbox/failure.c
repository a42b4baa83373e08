#include "builder/sandbox/failure.h"

#include <ctype.h>
#include <errno.h>

#include "base/count.h"
#include "base/mem.h"
#include "base/own.h"

/* strerror(3) as Go prints it: without a capital. */
static char *
error_text(int sys)
{
	char *text = mem_copy(strerrordesc_np(sys));

	if (text == NULL)
		return mem_print("error %d", sys);
	if (!isupper((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

/* The texts that users know from Docker. */
static int
tell_lookup(const struct recipe_report *report, const char *why, struct error *err)
{
	if (report->sys == 0)
		return error_set(err, ERR_RUN,
		                 "exec: \"%s\": executable file not found in $PATH",
		                 report->text);
	if (report->sys == ENOENT || report->sys == ENOTDIR)
		return error_set(err, ERR_RUN, "exec: \"%s\": stat %s: %s", report->text,
		                 report->text, why);
	return error_set(err, ERR_RUN, "exec: \"%s\": %s", report->text, why);
}

static int
tell_exec(const struct recipe_report *report, const char *why, struct error *err)
{
	error_set(err, ERR_RUN, "exec %s: %s", report->text, why);
	if (report->sys == ENOENT)
		error_hint(
		        err,
		        "the file is there, but its interpreter (\"#!\" line or dynamic "
		        "loader) is not in the image");
	if (report->sys == ENOEXEC)
		error_hint(err, "it is for another architecture, or a script without "
		                "\"#!\" line");
	return -1;
}

static int
tell_ids(const struct recipe *recipe, const struct recipe_report *report, const char *why,
         struct error *err)
{
	error_set(err, ERR_ENVIRONMENT, "run as user %u:%u: %s: %s", recipe->uid,
	          recipe->gid, report->text, why);
	if (report->sys == EINVAL)
		error_hint(
		        err,
		        "this user namespace does not have that id: give the user more "
		        "ids in /etc/subuid and /etc/subgid, and install newuidmap");
	return -1;
}

/* Whether the error is the fault of the image or the instruction, not of the machine. */
static bool
is_of_target(int sys)
{
	return sys == ENOTDIR || sys == EISDIR || sys == ELOOP || sys == ENAMETOOLONG ||
	       sys == ENOENT || sys == EROFS || sys == EEXIST;
}

static int
tell_mount(struct recipe *recipe, const struct recipe_report *report, const char *why,
           struct error *err)
{
	const char *target = "?";

	if (report->op < recipe->n_ops)
		target = recipe_text(recipe, recipe_op(recipe, report->op)->target);
	return error_set(err, is_of_target(report->sys) ? ERR_SOURCE : ERR_ENVIRONMENT,
	                 "mount on %s: %s%s%s%s", target, why,
	                 *report->text == '\0' ? "" : " (", report->text,
	                 *report->text == '\0' ? "" : ")");
}

static int
tell_root(const struct recipe_report *report, const char *why, struct error *err)
{
	error_set(err, ERR_ENVIRONMENT, "mount the layers: %s%s%s%s", why,
	          *report->text == '\0' ? "" : " (", report->text,
	          *report->text == '\0' ? "" : ")");
	if (report->sys == EINVAL)
		error_hint(
		        err,
		        "the store may be on a file system that overlayfs cannot write "
		        "to, "
		        "such as another overlay or NFS: choose a directory on another "
		        "one with COOPER_ROOT or --root");
	if (report->sys == E2BIG)
		error_hint(err, "there are too many layers for overlayfs (500)");
	return -1;
}

static int
tell_cwd(const struct recipe_report *report, const char *why, struct error *err)
{
	const bool leads_out = report->sys == ELOOP || report->sys == EXDEV;

	error_set(err, leads_out || is_of_target(report->sys) ? ERR_RUN : ERR_ENVIRONMENT,
	          "make the working directory: %s: %s", report->text, why);
	if (leads_out)
		error_hint(err,
		           "links in /proc that lead to files, directories and roots "
		           "of processes are not followed");
	return -1;
}

static int
tell(struct recipe *recipe, const struct recipe_report *report, const char *why,
     struct error *err)
{
	static const char *const names[] = {
		[STAGE_START] = "start a sandbox",
		[STAGE_PRIVATE] = "make mounts private",
		[STAGE_PIVOT] = "change the root",
		[STAGE_CHROOT] = "change the root with chroot",
		[STAGE_CONFINE] = "confine the step with Landlock",
		[STAGE_CGROUP] = "join a cgroup",
		[STAGE_FORK] = "start a process",
		[STAGE_LIMITS] = "set limits",
		[STAGE_FILTER] = "install the system call filter",
		[STAGE_CAPS] = "drop capabilities",
		[STAGE_PROBE] = "probe",
		[STAGE_READONLY] = "make the root read-only",
	};
	const char *doing = NULL;

	switch (report->stage) {
	case STAGE_LOOKUP:
		return tell_lookup(report, why, err);
	case STAGE_EXEC:
		return tell_exec(report, why, err);
	case STAGE_IDS:
		return tell_ids(recipe, report, why, err);
	case STAGE_CWD:
		return tell_cwd(report, why, err);
	case STAGE_MOUNT:
	case STAGE_OVERLAY:
		return tell_mount(recipe, report, why, err);
	case STAGE_ROOT:
		return tell_root(report, why, err);
	case STAGE_SOURCE:
		return error_set(err, ERR_SOURCE, "\"%s\": %s", report->text,
		                 report->sys == ENOENT ? "not found" : why);
	default:
		break;
	}
	if (report->stage < COUNT_OF(names))
		doing = names[report->stage];
	return error_set(err, ERR_ENVIRONMENT, "%s: %s%s%s",
	                 doing == NULL ? "run in a sandbox" : doing, report->text,
	                 *report->text == '\0' ? "" : ": ", why);
}

int
failure_tell(struct recipe *recipe, struct error *err)
{
	struct recipe_report *report = recipe_report(recipe);
	auto_free char *why = error_text(report->sys);

	report->text[RECIPE_TEXT_MAX - 1] = '\0';
	tell(recipe, report, why, err);
	err->sys = report->sys;
	return -1;
}
