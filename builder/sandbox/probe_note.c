#include "builder/sandbox/probe_note.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"

#define TEXT_MAX (64 * 1024)

/* ------------------------------------------------------------ what it depends on */

/* Lines of /proc/self/status: capabilities and filters. */
static const char *const lines[] = {
	"Uid:",    "CapPrm:",     "CapEff:",  "CapBnd:",
	"CapAmb:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:",
};

static bool
is_wanted(struct text line)
{
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (text_starts(line, lines[i]))
			return true;
	return false;
}

static int
add_status(struct buf *out)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf status = BUF_INIT;
	struct text rest = TEXT("");

	if (file_read(AT_FDCWD, "/proc/self/status", TEXT_MAX, &status, &err) <= 0)
		return -1;
	rest = buf_text(&status);
	while (rest.n > 0) {
		ptrdiff_t end = text_find(rest, '\n');
		size_t n = end < 0 ? rest.n : (size_t)end + 1;

		if (is_wanted((struct text){ rest.p, n }))
			buf_add(out, rest.p, n);
		rest = text_from(rest, n);
	}
	return 0;
}

/* A file that may not be there, as on kernels without such a thing. */
static void
add_file(struct buf *out, const char *name)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf text = BUF_INIT;

	buf_print(out, "%s\n", name);
	if (file_read(AT_FDCWD, name, TEXT_MAX, &text, &err) > 0)
		buf_add_text(out, buf_text(&text));
}

char *
probe_note_text(int scratch_fd, enum id_mapping mapping)
{
	auto_buf struct buf out = BUF_INIT;
	struct stat program, scratch;
	char space[64];
	ssize_t n = readlink("/proc/self/ns/pid", space, sizeof space);

	if (n <= 0 || stat("/proc/self/exe", &program) < 0 ||
	    fstat(scratch_fd, &scratch) < 0)
		return NULL;
	buf_print(&out, "ns %d %.*s\n", (int)mapping, (int)n, space);
	buf_print(&out, "program %llu %lld.%09ld\n", (unsigned long long)program.st_ino,
	          (long long)program.st_mtim.tv_sec, program.st_mtim.tv_nsec);
	buf_print(&out, "store %llx\n", (unsigned long long)scratch.st_dev);
	add_file(&out, "/proc/sys/kernel/random/boot_id");
	add_file(&out, "/proc/self/uid_map");
	add_file(&out, "/proc/self/gid_map");
	add_file(&out, "/proc/self/attr/current");
	return add_status(&out) < 0 ? NULL : buf_take(&out);
}

/* ------------------------------------------------------------ the file */

bool
probe_note_says(const char *file, const char *text)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf known = BUF_INIT;

	return file != NULL && text != NULL &&
	       file_read(AT_FDCWD, file, TEXT_MAX, &known, &err) > 0 &&
	       text_is(buf_text(&known), text);
}

void
probe_note_write(const char *file, const char *text)
{
	auto_error struct error ignored = ERROR_INIT;

	if (file != NULL && text != NULL)
		file_replace(AT_FDCWD, file, text, strlen(text), 0644, &ignored);
}

void
probe_note_remove(const char *file)
{
	if (file != NULL)
		unlink(file);
}
