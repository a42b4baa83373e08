#include "builder/sandbox/inside/mount2.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#include "base/count.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/sys.h"

/* Mount attributes, flags of mount(2), and flags of statfs(). */
#define RESTRICTIONS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
_Static_assert(MOUNT_ATTR_RDONLY == MS_RDONLY && MOUNT_ATTR_NOSUID == MS_NOSUID &&
                       MOUNT_ATTR_NODEV == MS_NODEV && MOUNT_ATTR_NOEXEC == MS_NOEXEC,
               "attributes are flags");

/* If the call exists, it fails because of these arguments. */
bool
mount2_is_best(void)
{
	const int none = INT_MAX;

	return sys_fsopen(NULL) >= 0 || errno != EFAULT ||
	       sys_fsconfig(none, FSCONFIG_CMD_CREATE, NULL, NULL) == 0 ||
	       errno != EBADF || sys_fsmount(none, 0) >= 0 || errno != EBADF ||
	       sys_open_tree(none, "", OPEN_TREE_CLONE | AT_EMPTY_PATH) >= 0 ||
	       errno != EBADF || sys_move_mount(none, none) == 0 || errno != EBADF ||
	       sys_mount_setattr(none, "", AT_EMPTY_PATH, MOUNT_ATTR_NODEV) == 0 ||
	       errno != EBADF;
}

const char *
mount2_link(int fd, char out[MOUNT2_LINK])
{
	memcpy(out, "/proc/self/fd/", 15);
	digits_of((uint64_t)(unsigned)fd, 10, out + 14);
	return out;
}

/* ------------------------------------------------------------ places */

int
mount2_park(struct mount_ctx *c, bool is_dir)
{
	char name[32] = "parked";
	int made = -1;

	digits_of(c->n_parked++, 10, name + strlen(name));
	made = is_dir ? sys_mkdirat(c->stage_fd, name, 0700)
	              : sys_mknodat(c->stage_fd, name, S_IFREG | 0600, 0);
	return made < 0 ? -1 : sys_openat(c->stage_fd, name, O_PATH, 0);
}

/* An open descriptor stays below a new mount; only the name leads to the mount. */
int
mount2_reopen(int place_fd)
{
	char path[PATH_MAX], link[MOUNT2_LINK];
	ssize_t n = sys_readlinkat(AT_FDCWD, mount2_link(place_fd, link), path,
	                           sizeof path - 1);

	sys_close(place_fd);
	if (n < 0)
		return -1;
	path[n] = '\0';
	return sys_openat(AT_FDCWD, path, O_PATH, 0);
}

/* ------------------------------------------------------------ calls */

/* False if they do not fit. */
static bool
print_options(const struct fs_option *options, char *out, size_t size)
{
	size_t n = 0;

	for (; options->key != NULL; options++) {
		const char *const parts[] = { n == 0 ? "" : ",", options->key,
			                      options->value == NULL ? "" : "=",
			                      options->value == NULL ? ""
			                                             : options->value };

		for (size_t i = 0; i < COUNT_OF(parts); i++) {
			const size_t length = strlen(parts[i]);

			if (n + length >= size)
				return false;
			memcpy(out + n, parts[i], length);
			n += length;
		}
	}
	out[n] = '\0';
	return true;
}

int
mount2_new(struct mount_ctx *c, const char *type, const struct fs_option *options,
           unsigned attributes)
{
	char text[256], link[MOUNT2_LINK];
	int fd = mount2_park(c, true), saved = 0;

	if (fd < 0)
		return -1;
	if (print_options(options, text, sizeof text) &&
	    sys_mount(type, mount2_link(fd, link), type, attributes, text) == 0)
		return mount2_reopen(fd);
	saved = errno;
	sys_close(fd);
	errno = saved;
	return -1;
}

int
mount2_copy(struct mount_ctx *c, int dir_fd, const char *path, bool recursive)
{
	const unsigned long flags = MS_BIND | (recursive ? MS_REC : 0);
	char from[MOUNT2_LINK], to[MOUNT2_LINK];
	int source_fd = *path == '\0' ? (int)syscall(SYS_dup, dir_fd)
	                              : sys_openat(dir_fd, path, O_PATH, 0);
	int fd = -1, result = -1, saved = 0;
	struct stat st;

	if (source_fd < 0)
		return -1;
	if (sys_fstat(source_fd, &st) == 0)
		fd = mount2_park(c, S_ISDIR(st.st_mode));
	if (fd >= 0)
		result = sys_mount(mount2_link(source_fd, from), mount2_link(fd, to),
		                   NULL, flags, NULL);
	saved = errno;
	sys_close(source_fd);
	errno = saved;
	return result < 0 ? -1 : mount2_reopen(fd);
}

int
mount2_move(int fd, int target_fd)
{
	char from[MOUNT2_LINK], to[MOUNT2_LINK];

	return sys_mount(mount2_link(fd, from), mount2_link(target_fd, to), NULL, MS_MOVE,
	                 NULL);
}

/* ------------------------------------------------------------ restrictions */

/* In a user namespace, existing flags of a mount must be repeated. */
static int
restrict_one(const char *path, unsigned attributes)
{
	unsigned long flags = 0;
	struct statfs fs;

	if (syscall(SYS_statfs, path, &fs) < 0)
		return -1;
	flags = (unsigned long)fs.f_flags & RESTRICTIONS;
	if ((flags | attributes) == flags)
		return 0;
	return sys_mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | flags | attributes,
	                 NULL);
}

/* A reader of /proc/self/mountinfo. */
struct table {
	int fd;
	char bytes[1024];
	ssize_t n, at;
};

static int
next_byte(struct table *t)
{
	if (t->at == t->n) {
		t->n = sys_read(t->fd, t->bytes, sizeof t->bytes);
		t->at = 0;
	}
	return t->n <= 0 ? -1 : (unsigned char)t->bytes[t->at++];
}

/* The mount point of the next line, its fifth field, where "\\040" is a space; false at
 * the end. */
static bool
next_point(struct table *t, char out[PATH_MAX])
{
	size_t n = 0;
	int field = 1, byte = 0;

	while ((byte = next_byte(t)) >= 0 && byte != '\n') {
		if (byte == ' ') {
			field++;
			continue;
		}
		if (field != 5 || n + 1 >= PATH_MAX)
			continue;
		if (byte == '\\') {
			byte = 0;
			for (int i = 0; i < 3; i++)
				byte = byte * 8 + (next_byte(t) - '0');
		}
		out[n++] = (char)byte;
	}
	out[n] = '\0';
	return byte == '\n';
}

static int
restrict_below(const char *top, unsigned attributes)
{
	const size_t n = strlen(top);
	char path[PATH_MAX];
	struct table table = { .fd = sys_openat(AT_FDCWD, "/proc/self/mountinfo",
		                                O_RDONLY, 0) };
	int result = table.fd < 0 ? -1 : 0;

	while (result == 0 && next_point(&table, path))
		if (strncmp(path, top, n) == 0 && path[n] == '/')
			result = restrict_one(path, attributes);
	if (table.fd >= 0)
		sys_close(table.fd);
	return result;
}

int
mount2_restrict(int fd, bool recursive, unsigned attributes)
{
	char path[PATH_MAX], link[MOUNT2_LINK];
	ssize_t n = sys_readlinkat(AT_FDCWD, mount2_link(fd, link), path,
	                           sizeof path - 1);

	if (n < 0)
		return -1;
	path[n] = '\0';
	if (restrict_one(link, attributes) < 0)
		return -1;
	return recursive ? restrict_below(path, attributes) : 0;
}
