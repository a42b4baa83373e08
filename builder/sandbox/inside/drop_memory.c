#include "builder/sandbox/inside/drop_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "builder/sandbox/inside/sys.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KEEP_ALL true /* its shadow memory must stay */
#endif
#endif
#if !defined KEEP_ALL && (defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__)
#define KEEP_ALL true
#endif
#ifndef KEEP_ALL
#define KEEP_ALL false
#endif

/* One line of /proc/self/maps. */
struct mapping {
	uintptr_t start, end;
	bool named;      /* of a file, or of the kernel */
	bool disposable; /* heap, stack */
};

struct kept {
	uintptr_t start, end;
	uintptr_t thread;   /* an address in this thread's own block */
	uintptr_t file_end; /* where the last mapping of a file ended */
};

static const char *
read_hex(const char *p, uintptr_t *out)
{
	*out = 0;
	for (;; p++) {
		if (*p >= '0' && *p <= '9')
			*out = *out << 4 | (uintptr_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			*out = *out << 4 | (uintptr_t)(*p - 'a' + 10);
		else
			return p;
	}
}

static bool
starts(const char *text, const char *with)
{
	while (*with != '\0')
		if (*text++ != *with++)
			return false;
	return true;
}

/* "start-end perms offset device inode   name" */
static struct mapping
parse(const char *line)
{
	struct mapping m = { 0 };
	const char *p = read_hex(line, &m.start);

	p = read_hex(p + 1, &m.end);
	for (int blanks = 0; *p != '\0' && blanks < 5; p++)
		blanks += *p == ' ';
	while (*p == ' ')
		p++;
	m.disposable = starts(p, "[heap]") || starts(p, "[stack") || starts(p, "[anon");
	m.named = *p != '\0' && !m.disposable;
	return m;
}

/* An unnamed mapping right after a mapping of a file holds the zeroed data of a program
 * or library: it stays. */
static void
drop_mapping(const struct mapping *m, struct kept *kept)
{
	bool follows_file = m->start == kept->file_end && !m->disposable;

	if (m->named || follows_file) {
		kept->file_end = m->named ? m->end : 0;
		return;
	}
	if ((kept->thread >= m->start && kept->thread < m->end) ||
	    (kept->start < m->end && m->start < kept->end))
		return;
	munmap((void *)m->start, m->end - m->start);
}

/* Number of bytes of whole lines handled; each line is made a text in place. */
static size_t
drop_lines(char *bytes, size_t n, struct kept *kept)
{
	size_t start = 0;

	for (size_t i = 0; i < n; i++) {
		struct mapping m;

		if (bytes[i] != '\n')
			continue;
		bytes[i] = '\0';
		m = parse(bytes + start);
		drop_mapping(&m, kept);
		start = i + 1;
	}
	return start;
}

void
drop_memory(const void *keep, size_t size)
{
	struct kept kept = { .start = (uintptr_t)keep,
		             .end = (uintptr_t)keep + size,
		             .thread = (uintptr_t)__builtin_thread_pointer() };
	char bytes[16384];
	size_t have = 0;
	int fd = KEEP_ALL ? -1 : sys_openat(AT_FDCWD, "/proc/self/maps", O_RDONLY, 0);
	ssize_t n = 0;

	if (fd < 0)
		return;
	while ((n = sys_read(fd, bytes + have, sizeof bytes - have)) > 0) {
		size_t used = drop_lines(bytes, have + (size_t)n, &kept);

		have = have + (size_t)n - used;
		for (size_t i = 0; i < have; i++)
			bytes[i] = bytes[used + i];
	}
	sys_close(fd);
}
