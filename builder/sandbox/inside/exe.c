#include "builder/sandbox/inside/exe.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "builder/sandbox/inside/mount2.h"
#include "builder/sandbox/inside/sys.h"

/* Newer than the C library's headers. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x10
#endif

#define MAPPINGS_MAX 32

struct mapping {
	uintptr_t start, end;
	int protection;
	uint64_t file; /* that it is of: device and inode, mixed; 0: none */
};

struct mappings {
	struct mapping at[MAPPINGS_MAX];
	size_t n;
};

static uint64_t
read_number(const char **p, unsigned base)
{
	uint64_t v = 0;

	for (;; (*p)++) {
		const char c = **p;

		if (c >= '0' && c <= '9')
			v = v * base + (uint64_t)(c - '0');
		else if (base == 16 && c >= 'a' && c <= 'f')
			v = v * base + (uint64_t)(c - 'a' + 10);
		else
			return v;
	}
}

/* "start-end rwxp offset major:minor inode   name" */
static struct mapping
parse_line(const char *p)
{
	struct mapping m = { 0 };
	uint64_t major = 0, minor = 0, inode = 0;

	m.start = (uintptr_t)read_number(&p, 16);
	p++;
	m.end = (uintptr_t)read_number(&p, 16);
	m.protection = (p[1] == 'r' ? PROT_READ : 0) | (p[2] == 'w' ? PROT_WRITE : 0) |
	               (p[3] == 'x' ? PROT_EXEC : 0);
	p += 6;
	read_number(&p, 16);
	p++;
	major = read_number(&p, 16);
	p++;
	minor = read_number(&p, 16);
	p++;
	inode = read_number(&p, 10);
	m.file = inode == 0 ? 0 : (major << 52 ^ minor << 40 ^ inode) | 1;
	return m;
}

/* Lines that are longer than BYTES are about a file with a very long name. */
static size_t
take_lines(struct mappings *all, char *bytes, size_t n)
{
	size_t start = 0;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			continue;
		bytes[i] = '\0';
		if (all->n < MAPPINGS_MAX) {
			all->at[all->n] = parse_line(bytes + start);
			all->n += all->at[all->n].file != 0;
		}
		start = i + 1;
	}
	return start;
}

/* Selects the mappings of the file that contains ADDRESS, and moves them to the front of
 * ALL. */
static void
keep_file_of(struct mappings *all, uintptr_t address)
{
	uint64_t file = 0;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (address >= all->at[i].start && address < all->at[i].end)
			file = all->at[i].file;
	for (size_t i = 0; i < all->n; i++)
		if (file != 0 && all->at[i].file == file)
			all->at[n++] = all->at[i];
	all->n = n;
}

static int
read_own_mappings(struct mappings *all)
{
	char bytes[8192];
	size_t have = 0;
	ssize_t n = 0;
	int fd = sys_openat(AT_FDCWD, "/proc/self/maps", O_RDONLY, 0);

	if (fd < 0)
		return -1;
	while ((n = sys_read(fd, bytes + have, sizeof bytes - have)) > 0) {
		size_t used = take_lines(all, bytes, have + (size_t)n);

		have = have + (size_t)n - used;
		memmove(bytes, bytes + used, have);
	}
	sys_close(fd);
	keep_file_of(all, (uintptr_t)&read_own_mappings);
	errno = ENOENT;
	return n < 0 || all->n == 0 ? -1 : 0;
}

/* A sanitizer's memcpy() would report the gaps between variables. N: whole pages. */
__attribute__((no_sanitize_address, no_sanitize_thread)) static void
copy_pages(char *to, uintptr_t from, size_t n)
{
	const volatile uint64_t *source = (const volatile uint64_t *)from;
	uint64_t *words = (uint64_t *)(void *)to;

	for (size_t i = 0; i < n / sizeof *words; i++)
		words[i] = source[i];
}

/* Replaces the mapping by anonymous memory with the same bytes. */
static int
replace(const struct mapping *m)
{
	const size_t n = m->end - m->start;
	char *copy = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                  -1, 0);

	if (copy == MAP_FAILED)
		return -1;
	if ((m->protection & PROT_READ) != 0)
		copy_pages(copy, m->start, n);
	__builtin___clear_cache(copy, copy + n);
	if (mprotect(copy, n, m->protection) == 0 &&
	    syscall(SYS_mremap, copy, n, n, MREMAP_MAYMOVE | MREMAP_FIXED, m->start) >= 0)
		return 0;
	munmap(copy, n);
	return -1;
}

/* An empty, sealed file. No process may have it open for writing. */
static int
open_nothing(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	char link[MOUNT2_LINK];
	int fd = (int)syscall(SYS_memfd_create, "nothing", flags | MFD_EXEC);
	int reader_fd = -1;

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_memfd_create, "nothing", flags);
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_ADD_SEALS,
	          F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
		reader_fd = sys_openat(AT_FDCWD, mount2_link(fd, link), O_RDONLY, 0);
	sys_close(fd);
	return reader_fd;
}

/* Fields of /proc/self/stat, counted from 1 as in proc(5). */
static int
read_layout(uint64_t field[53])
{
	char text[2048];
	const char *p = NULL;
	int fd = sys_openat(AT_FDCWD, "/proc/self/stat", O_RDONLY, 0);
	ssize_t n = fd < 0 ? -1 : sys_read(fd, text, sizeof text - 1);

	if (fd >= 0)
		sys_close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* A process's name may contain any byte; the state after it is a letter. */
	p = strrchr(text, ')');
	if (p == NULL || strlen(p) < 4)
		return -1;
	p += 3;
	for (int i = 4; i < 53 && *p == ' '; i++) {
		p += 1 + (p[1] == '-');
		field[i] = read_number(&p, 10);
	}
	return 0;
}

/* Keeps the kernel's data about our memory, except the file, and the arguments and
 * environment, which are removed. */
static int
tell_kernel(int exe_fd)
{
	uint64_t field[53] = { 0 };
	struct prctl_mm_map map = { .exe_fd = (uint32_t)exe_fd };

	if (read_layout(field) < 0)
		return -1;
	map.start_code = field[26];
	map.end_code = field[27];
	map.start_stack = field[28];
	map.start_data = field[45];
	map.end_data = field[46];
	map.start_brk = field[47];
	map.brk = (uint64_t)syscall(SYS_brk, 0);
	map.arg_start = map.arg_end = field[48];
	map.env_start = map.env_end = field[50];
	return (int)syscall(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}

int
exe_let_go(void)
{
	struct mappings own = { .n = 0 };
	int fd = -1, result = -1;

	if (read_own_mappings(&own) < 0)
		return -1;
	fd = open_nothing();
	for (size_t i = 0; fd >= 0 && i < own.n; i++)
		if (replace(&own.at[i]) < 0) {
			sys_close(fd);
			return -1;
		}
	if (fd >= 0)
		result = tell_kernel(fd);
	if (fd >= 0)
		sys_close(fd);
	return result;
}
