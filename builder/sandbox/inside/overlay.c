#include "builder/sandbox/inside/overlay.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "base/count.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/mount2.h"
#include "builder/sandbox/inside/sys.h"

/* fsconfig takes strings of up to 255 bytes. */
#define VALUE_MAX 255

/* Not durable: an upper is used once and thrown away if the build breaks off.
 * Attributes of overlayfs are user.* for root too, so that all layer
 * directories look the same. Options of newer kernels come last: they
 * may be refused. */
static const struct fs_option always[] = {
	{ "userxattr", NULL },
	{ "index", "off" },
	{ "xino", "off" },
	{ NULL, NULL },
};

static int
set(int fs_fd, const char *key, const char *value)
{
	return sys_fsconfig(fs_fd,
	                    value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key,
	                    value);
}

/* A directory by name, or by descriptor if the name is too long. */
static int
set_directory(int fs_fd, const char *key, const char *path)
{
	char link[MOUNT2_LINK];
	int fd = -1, result = -1;

	if (strlen(path) <= VALUE_MAX)
		return set(fs_fd, key, path);
	fd = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return -1;
	result = set(fs_fd, key, mount2_link(fd, link));
	sys_close(fd);
	return result;
}

/* Keeps errno. */
static void
keep_why(struct mount_ctx *c, int fs_fd)
{
	int saved = errno;
	ssize_t n = 0;

	/* Messages are "e overlay: text"; the last one is about the failure. */
	while ((n = sys_read(fs_fd, c->why, sizeof c->why - 1)) > 0)
		c->why[c->why[n - 1] == '\n' ? n - 1 : n] = '\0';
	errno = saved;
}

static int
configure(struct mount_ctx *c, int fs_fd, struct recipe_list lowers, recipe_at upper,
          recipe_at work)
{
	for (size_t i = 0; always[i].key != NULL; i++)
		if (set(fs_fd, always[i].key, always[i].value) < 0)
			return -1;
	for (uint32_t i = 0; i < lowers.n; i++)
		if (set_directory(fs_fd, "lowerdir+",
		                  recipe_list_get(c->recipe, lowers, i)) < 0)
			return -1;
	if (lowers.n == 0 || upper == 0)
		if (set_directory(fs_fd, "lowerdir+", SCRATCH_EMPTY) < 0)
			return -1;
	if (upper == 0)
		return 0;
	if (set_directory(fs_fd, "upperdir", recipe_text(c->recipe, upper)) < 0 ||
	    set_directory(fs_fd, "workdir", recipe_text(c->recipe, work)) < 0)
		return -1;
	set(fs_fd, "volatile", NULL);
	set(fs_fd, "uuid", "null");
	return 0;
}

/* ------------------------------------------------------------ mount(2) */

/* Before Linux 6.8 the lowers are one option, which fits into a page. Named by
 * descriptor from within /proc/self/fd they need three or four bytes each. */
struct options {
	char text[4096];
	size_t n;
	bool full;
};

static void
add(struct options *o, const char *text)
{
	size_t n = strlen(text);

	if (n >= sizeof o->text - o->n) {
		o->full = true;
		return;
	}
	memcpy(o->text + o->n, text, n + 1);
	o->n += n;
}

static int
add_directory(struct options *o, const char *before, const char *path)
{
	char number[24];
	int fd = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return -1;
	add(o, before);
	add(o, digits_of((uint64_t)fd, 10, number));
	return 0;
}

static int
add_directories(struct mount_ctx *c, struct options *o, struct recipe_list lowers,
                recipe_at upper, recipe_at work)
{
	const char *before = ",lowerdir=";

	for (uint32_t i = 0; i < lowers.n; i++, before = ":")
		if (add_directory(o, before, recipe_list_get(c->recipe, lowers, i)) < 0)
			return -1;
	if (lowers.n == 0 || upper == 0)
		if (add_directory(o, before, SCRATCH_EMPTY) < 0)
			return -1;
	if (upper != 0 &&
	    (add_directory(o, ",upperdir=", recipe_text(c->recipe, upper)) < 0 ||
	     add_directory(o, ",workdir=", recipe_text(c->recipe, work)) < 0))
		return -1;
	if (!o->full)
		return 0;
	errno = E2BIG;
	return -1;
}

/* The working directory is that of the scratch directory again afterwards. */
static int
mount_in_fds(const struct options *o, int scratch_fd, const char *point,
             unsigned long flags)
{
	struct options with = *o;
	int result = -1;

	if (sys_chdir("/proc/self/fd") < 0)
		return -1;
	add(&with, ",volatile");
	result = with.full ? -1
	                   : sys_mount("overlay", point, "overlay", flags, with.text);
	if (result < 0)
		result = sys_mount("overlay", point, "overlay", flags, o->text);
	if (sys_fchdir(scratch_fd) < 0)
		return -1;
	return result;
}

/* The descriptors stay open here; the process closes all of them later. */
static int
new_by_mount(struct mount_ctx *c, struct recipe_list lowers, recipe_at upper,
             recipe_at work)
{
	struct options o = { .n = 0 };
	char link[MOUNT2_LINK];
	int scratch_fd = sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
	int point_fd = mount2_park(c, true);

	if (scratch_fd < 0 || point_fd < 0)
		return -1;
	add(&o, "userxattr,index=off,xino=off");
	if (add_directories(c, &o, lowers, upper, work) < 0 ||
	    mount_in_fds(&o, scratch_fd, mount2_link(point_fd, link),
	                 fs_attributes(c->recipe)) < 0)
		return -1;
	return mount2_reopen(point_fd);
}

/* ------------------------------------------------------------ fsconfig(2) */

static int
new_by_context(struct mount_ctx *c, struct recipe_list lowers, recipe_at upper,
               recipe_at work)
{
	int fs_fd = sys_fsopen("overlay"), fd = -1;

	if (fs_fd < 0)
		return -1;
	if (configure(c, fs_fd, lowers, upper, work) == 0 &&
	    sys_fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
		fd = sys_fsmount(fs_fd, fs_attributes(c->recipe));
	if (fd < 0)
		keep_why(c, fs_fd);
	sys_close(fs_fd);
	return fd;
}

/* A volatile overlay leaves this behind, so that it is not mounted again. */
static void
clean_work(const char *work)
{
	static const char *const names[] = { "work/incompat/volatile", "work/incompat" };
	int fd = sys_openat(AT_FDCWD, work, O_PATH | O_DIRECTORY, 0);

	for (size_t i = 0; fd >= 0 && i < COUNT_OF(names); i++)
		syscall(SYS_unlinkat, fd, names[i], AT_REMOVEDIR);
	if (fd >= 0)
		sys_close(fd);
}

/* Linux before 6.5 accepts "lowerdir+" like any string, and refuses it only when the file
 * system is made, by EINVAL, which may have many reasons. So on any error, the old call
 * is tried, too. */
int
overlay_new(struct mount_ctx *c, struct recipe_list lowers, recipe_at upper,
            recipe_at work)
{
	int fd = -1;

	if (lowers.n > OVERLAY_LOWERS_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (!c->uses_mount2)
		fd = new_by_context(c, lowers, upper, work);
	if (fd >= 0)
		return fd;
	if (upper != 0)
		clean_work(recipe_text(c->recipe, work));
	return new_by_mount(c, lowers, upper, work);
}
