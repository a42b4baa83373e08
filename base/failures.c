#include "base/failures.h"

#include "base/base.h"

void
failures_add(struct failures *f, struct error *err)
{
	if (f->first.code == ERR_NONE) {
		error_move(&f->first, err);
		return;
	}
	buf_print(&f->others, "\n%s", err->text);
	error_clear(err);
}

int
failures_tell(struct failures *f, struct error *err)
{
	int failed = f->first.code == ERR_NONE ? 0 : -1;

	if (failed < 0)
		error_move(err, &f->first);
	if (f->others.n > 0) {
		auto_free char *text = mem_copy(err->text);

		free(err->text);
		err->text = mem_print("%s%s", text, buf_str(&f->others));
	}
	buf_clear(&f->others);
	return failed;
}
