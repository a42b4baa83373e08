/* That the first engine works is remembered as long as nothing it depends on changes. */
#include "builder/sandbox/probe_note.h"
#include "tests/lib/sandbox_fixture.h"

struct home {
	char *dir;
	int fd;
	char *memory;
};

static int
open_home(void **state)
{
	struct home *p = mem_new(sizeof *p);
	const char *tmp = getenv("TMPDIR");
	struct error err = ERROR_INIT;

	p->dir = mem_print("%s/cooper-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(p->dir) == NULL)
		return -1;
	p->fd = file_open_dir(AT_FDCWD, p->dir, &err);
	p->memory = mem_print("%s/engine", p->dir);
	*state = p;
	return p->fd < 0 ? -1 : 0;
}

static int
close_home(void **state)
{
	struct home *p = *state;
	struct error err = ERROR_INIT;

	file_remove_tree(AT_FDCWD, p->dir, &err);
	close(p->fd);
	free(p->memory);
	free(p->dir);
	free(p);
	return 0;
}

/* The engine's name, or NULL; *IS_WHOLE: it works in the fastest way, on overlays.
 * BLOCKED: a probe finds a file where its directory should be, and fails. */
static const char *
engine_found(const struct home *p, bool blocked, bool *is_whole)
{
	const struct sandbox_options options = { .isolation = ISOLATION_NS,
		                                 .mapping = fixture_mapping,
		                                 .scratch_fd = p->fd,
		                                 .memory = p->memory };
	auto_error struct error err = ERROR_INIT;
	auto_free char *why = NULL;
	struct sandbox *sb = NULL;
	const char *name = NULL;

	if (blocked)
		assert_int_equal(box_file(p->fd, "probe", 0600, ""), 0);
	sb = sandbox_new(&options, &why, &err);
	if (sb != NULL)
		name = sandbox_engine(sb);
	*is_whole = sb != NULL && why == NULL;
	sandbox_free(sb);
	unlinkat(p->fd, "probe", 0);
	return name;
}

static void
the_second_sandbox_is_not_probed(void **state)
{
	struct home *p = *state;
	bool is_whole = false;

	if (engine_found(p, false, &is_whole) == NULL) {
		print_message("needs a sandbox\n");
		skip();
	}
	/* What is slower is looked for again by every build. */
	if (!is_whole) {
		assert_null(engine_found(p, true, &is_whole));
		print_message("needs overlays in %s\n", p->dir);
		skip();
	}
	assert_string_equal(engine_found(p, true, &is_whole), "ns");
	probe_note_remove(p->memory);
	assert_null(engine_found(p, true, &is_whole));
}

static void
what_was_found_elsewhere_does_not_count(void **state)
{
	struct home *p = *state;
	bool is_whole = false;

	probe_note_write(p->memory, "ns 0 pid:[1]\n");
	assert_null(engine_found(p, true, &is_whole));
}

static void
the_text_differs_by_ids_only_if_they_do(void **state)
{
	struct home *p = *state;
	auto_free char *one = probe_note_text(p->fd, IDS_REAL);
	auto_free char *same = probe_note_text(p->fd, IDS_REAL);
	auto_free char *other = probe_note_text(p->fd, IDS_SINGLE);

	assert_non_null(one);
	assert_string_equal(one, same);
	assert_string_not_equal(one, other);
	assert_non_null(strstr(one, "CapEff:"));
	assert_false(probe_note_says(p->memory, one));
	assert_false(probe_note_says(NULL, one));
	probe_note_write(p->memory, one);
	assert_true(probe_note_says(p->memory, same));
	assert_false(probe_note_says(p->memory, other));
	assert_false(probe_note_says(p->memory, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_second_sandbox_is_not_probed,
		                                open_home, close_home),
		cmocka_unit_test_setup_teardown(what_was_found_elsewhere_does_not_count,
		                                open_home, close_home),
		cmocka_unit_test_setup_teardown(the_text_differs_by_ids_only_if_they_do,
		                                open_home, close_home),
	};

	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
