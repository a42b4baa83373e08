#include "builder/export/package.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/file.h"

int
output_file_open(const char *dest, struct output_file *out, struct error *err)
{
	char name[17];

	if (dest == NULL || strcmp(dest, "-") == 0) {
		if (isatty(STDOUT_FILENO))
			return error_set(err, ERR_USAGE,
			                 "refusing to write an archive to a terminal: "
			                 "use dest=FILE");
		out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		return out->fd < 0 ? error_sys(err, "standard output") : 0;
	}
	file_random_name(name, sizeof name - 1);
	out->dest = mem_copy(dest);
	out->tmp = mem_print("%s.%s.tmp", dest, name);
	out->fd = open(out->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out->fd < 0) {
		error_sys(err, "make %s", out->tmp);
		free(out->tmp);
		out->tmp = NULL;
		return -1;
	}
	return 0;
}

int
output_file_keep(struct output_file *f, struct error *err)
{
	if (f->tmp == NULL)
		return 0;
	if (rename(f->tmp, f->dest) < 0)
		return error_sys(err, "%s", f->dest);
	free(f->tmp);
	f->tmp = NULL;
	return 0;
}

void
output_file_drop(struct output_file *f)
{
	if (f->tmp != NULL)
		unlink(f->tmp);
	own_close(&f->fd);
	free(f->tmp);
	free(f->dest);
	f->tmp = f->dest = NULL;
}
