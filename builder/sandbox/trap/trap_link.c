#include "builder/sandbox/trap/trap_link.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_place.h"

#define SIGN UINT64_C(0x6b6e696c706f6f63) /* "cooplink" */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* The content of a stand-in. */
struct stand_in {
	uint64_t sign, dev, ino;
	char path[PATH_MAX]; /* from the caller's root */
};

int
trap_link_stand_in(const struct trap_call *c, int fd, const struct stat *st)
{
	struct stand_in s = { .sign = SIGN, .dev = st->st_dev, .ino = st->st_ino };
	int memory_fd = -1;

	if (trap_name_inside(c, fd, s.path) < 0)
		return -1;
	memory_fd = (int)syscall(SYS_memfd_create, "link",
	                         MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory_fd < 0)
		return -1;
	if (syscall(SYS_pwrite64, memory_fd, &s, sizeof s, 0) == (long)sizeof s &&
	    fcntl(memory_fd, F_ADD_SEALS, SEALS) == 0)
		return memory_fd;
	sys_close(memory_fd);
	errno = EIO;
	return -1;
}

bool
trap_link_may_be(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 0 &&
	       st->st_size == (off_t)sizeof(struct stand_in);
}

static bool
read_stand_in(int fd, struct stand_in *out)
{
	char link[PROC_PLACE_NAME];
	const int again = sys_openat(AT_FDCWD, proc_place_name(fd, link), O_RDONLY, 0);
	bool is_one = again >= 0 && syscall(SYS_pread64, again, out, sizeof *out, 0) ==
	                                    (long)sizeof *out;

	if (again >= 0)
		sys_close(again);
	return is_one && out->sign == SIGN &&
	       memchr(out->path, '\0', sizeof out->path) != NULL;
}

int
trap_link_real(const struct trap_call *c, int fd)
{
	struct trap_start start;
	struct stand_in s;
	struct stat st;
	int link_fd = -1;

	if (fd < 0 || sys_fstat(fd, &st) < 0 || !trap_link_may_be(&st) ||
	    !read_stand_in(fd, &s))
		return fd;
	sys_close(fd);
	trap_start_at(AT_FDCWD, s.path, &start);
	link_fd = trap_open_place(c, &start, false, 0);
	if (link_fd >= 0 && sys_fstat(link_fd, &st) == 0 && st.st_ino == s.ino &&
	    st.st_dev == s.dev)
		return link_fd;
	if (link_fd >= 0)
		sys_close(link_fd);
	errno = ENOENT;
	return -1;
}
