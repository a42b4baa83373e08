/* What -v, --mount and --tmpfs mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/count.h"
#include "builder/run/run_mount.h"

typedef int parse_fn(struct text value, struct run_mount *out, struct error *err);

struct row {
	parse_fn *parse;
	const char *value, *result; /* NULL: an error */
};

#define V run_mount_parse_volume
#define M run_mount_parse
#define T run_mount_parse_tmpfs

static const struct row rows[] = {
	{ V, "/a:/b", "bind /a /b rw" },
	{ V, "./a:/b:ro", "bind ./a /b ro" },
	{ V, ".:/b:rw,z", "bind . /b rw" },
	{ V, "a/b:/b:ro,Z", "bind a/b /b ro" },
	{ V, "/b", "empty  /b rw" },
	{ V, "", NULL },
	{ V, "a", NULL },
	{ V, "a:/b", NULL },
	{ V, ":/b", NULL },
	{ V, "/a:b", NULL },
	{ V, "/a:/", NULL },
	{ V, "/a:/x/..", NULL },
	{ V, "/a:/b:", NULL },
	{ V, "/a:/b:rx", NULL },
	{ V, "/a:/b:ro:ro", NULL },
	{ M, "type=bind,source=/a,target=/b", "bind /a /b rw" },
	{ M, "type=bind,src=./a,dst=/b,ro", "bind ./a /b ro" },
	{ M, "destination=/b,type=bind,source=/a,readonly=false", "bind /a /b rw" },
	{ M, "type=volume,target=/b", "empty  /b rw" },
	{ M, "type=tmpfs,target=/b,tmpfs-size=1k,tmpfs-mode=700",
	  "tmpfs  /b rw 1024 700" },
	{ M, "type=volume,source=name,target=/b", NULL },
	{ M, "type=bind,target=/b", NULL },
	{ M, "type=bind,source=/a", NULL },
	{ M, "type=npipe,source=/a,target=/b", NULL },
	{ M, "type=bind,source=/a,target=/b,readonly=x", NULL },
	{ M, "type=bind,source=/a,target=/b,what=x", NULL },
	{ M, "", NULL },
	{ T, "/b", "tmpfs  /b rw 0 1777" },
	{ T, "/b:size=2m,mode=755,ro,noexec", NULL },
	{ T, "/b:size=2m,mode=755,ro,nosuid", "tmpfs  /b ro 2097152 755" },
	{ T, "/b:mode=9", NULL },
	{ T, "/b:size=", NULL },
	{ T, "b", NULL },
	{ T, "", NULL },
};

static void
values_are_read_whole_or_refused(void **state)
{
	static const char *const kinds[] = { "bind", "empty", "tmpfs" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf got = BUF_INIT;
		struct run_mount m = { 0 };
		int failed = rows[i].parse(text_of(rows[i].value), &m, &err);

		if (rows[i].result == NULL) {
			assert_int_equal(failed, -1);
			assert_int_equal(err.code, ERR_USAGE);
			continue;
		}
		assert_int_equal(failed, 0);
		buf_print(&got, "%s %.*s %.*s %s", kinds[m.kind], TEXT_ARG(m.source),
		          TEXT_ARG(m.target), m.readonly ? "ro" : "rw");
		if (m.kind == RUN_MOUNT_TMPFS)
			buf_print(&got, " %llu %o", (unsigned long long)m.size, m.mode);
		assert_string_equal(buf_str(&got), rows[i].result);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_whole_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
