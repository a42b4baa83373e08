#include "builder/sandbox/supervise/proc_status.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"

#define SIZE_MAX_OF_STATUS 8192

struct text_out {
	char bytes[SIZE_MAX_OF_STATUS + 2048];
	size_t n;
};

static void
add(struct text_out *out, const char *bytes, size_t n)
{
	if (n > sizeof out->bytes - out->n)
		n = sizeof out->bytes - out->n;
	memcpy(out->bytes + out->n, bytes, n);
	out->n += n;
}

static void
add_number(struct text_out *out, uint32_t number, unsigned base, const char *after)
{
	char digits[24];

	digits_of(number, base, digits);
	add(out, digits, strlen(digits));
	add(out, after, strlen(after));
}

static void
add_ids(struct text_out *out, const char *name, const uint32_t ids[ROLES])
{
	add(out, name, strlen(name));
	for (int i = 0; i < ROLES; i++)
		add_number(out, ids[i], 10, i + 1 < ROLES ? "\t" : "\n");
}

/* True if LINE is one of those that are emulated; then ours is added. */
static bool
replace(struct text_out *out, const char *line, const struct credentials *ids)
{
	if (strncmp(line, "Uid:\t", 5) == 0) {
		add_ids(out, "Uid:\t", ids->uid);
		return true;
	}
	if (strncmp(line, "Gid:\t", 5) == 0) {
		add_ids(out, "Gid:\t", ids->gid);
		return true;
	}
	if (strncmp(line, "Groups:\t", 8) == 0) {
		add(out, "Groups:\t", 8);
		for (uint32_t i = 0; i < ids->n_groups; i++)
			add_number(out, ids->groups[i], 10, " ");
		add(out, "\n", 1);
		return true;
	}
	if (strncmp(line, "Umask:\t", 7) != 0)
		return false;
	add(out, "Umask:\t0", 8);
	for (unsigned shift = 9; shift > 0; shift -= 3)
		add_number(out, ids->mask >> (shift - 3) & 7, 8, "");
	add(out, "\n", 1);
	return true;
}

int
proc_status_open(const char *name, const struct credentials *ids)
{
	char text[SIZE_MAX_OF_STATUS + 1];
	struct text_out out = { .n = 0 };
	int fd = sys_openat(AT_FDCWD, name, O_RDONLY, 0);
	size_t n = 0;
	ssize_t got = 0;

	if (fd < 0)
		return -1;
	while (n < SIZE_MAX_OF_STATUS &&
	       (got = sys_read(fd, text + n, SIZE_MAX_OF_STATUS - n)) > 0)
		n += (size_t)got;
	sys_close(fd);
	text[n] = '\0';
	for (const char *line = text; *line != '\0';) {
		const size_t size = strcspn(line, "\n");

		if (!replace(&out, line, ids))
			add(&out, line, size + (line[size] == '\n'));
		line += size + (line[size] == '\n');
	}
	fd = (int)syscall(SYS_memfd_create, "status", MFD_CLOEXEC);
	if (fd >= 0)
		syscall(SYS_pwrite64, fd, out.bytes, out.n, 0);
	return fd;
}
