/* What steps were made of, kept and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/base.h"
#include "base/file.h"
#include "builder/cache/reason.h"
#include "layers/store.h"

static char root[] = "/tmp/cooper-last-build-XXXXXX";
static struct store *store;

static int
open_store(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	if (mkdtemp(root) == NULL)
		return -1;
	store = store_open(root, &err);
	return store == NULL ? -1 : 0;
}

static int
close_store(void **state)
{
	auto_free char *command = mem_print("rm -rf %s", root);

	(void)state;
	store_close(store);
	return system(command);
}

static struct last_build_step *
add_step(struct last_build *t, const char *stage, const char *command)
{
	struct last_build_step *s = array_add(&t->steps);

	s->stage = text_of(stage);
	s->command = text_of(command);
	s->key = digest_of(command, strlen(command));
	preimage_add_str(&s->preimage, "argv[2]", command);
	return s;
}

static void
add_file(struct last_build_step *s, const char *path, const char *link, uint64_t content,
         uint32_t mode)
{
	struct last_build_file *f = array_add(&s->files);

	*f = (struct last_build_file){ text_of(path), text_of(link), content, mode };
}

static void
a_trail_comes_back_as_it_was(void **state)
{
	auto_last_build struct last_build out = { 0 }, in = { 0 };
	struct last_build_step *s = add_step(&out, "build", "COPY . .");
	struct digest now;

	(void)state;
	preimage_add(&s->preimage, "odd", (struct text){ "a\0b", 3 });
	add_file(s, "f", "", 77, 0100644);
	add_file(s, "l", "f", 0, 0120777);
	add_step(&out, "1", "RUN x");
	last_build_write(store, "here", &out);
	now = last_build_state(&out);
	assert_true(last_build_is_current(store, "here", &now));
	assert_false(last_build_is_current(store, "there", &now));
	assert_true(last_build_read(store, "here", &in));
	assert_int_equal(in.steps.n, 2);
	assert_true(text_is(in.steps.at[0].stage, "build"));
	assert_true(text_is(in.steps.at[1].command, "RUN x"));
	assert_true(digest_equal(&in.steps.at[1].key, &out.steps.at[1].key));
	assert_int_equal(in.steps.at[0].preimage.fields.n, 2);
	assert_int_equal(in.steps.at[0].preimage.fields.at[1].value.n, 3);
	assert_int_equal(in.steps.at[0].files.n, 2);
	assert_int_equal(in.steps.at[0].files.at[0].content, 77);
	assert_int_equal(in.steps.at[0].files.at[1].mode, 0120777);
	assert_true(text_is(in.steps.at[0].files.at[1].link, "f"));
}

/* Cut at every length, and with every byte changed. */
static void
a_damaged_trail_is_none(void **state)
{
	auto_last_build struct last_build out = { 0 };
	auto_free char *dir = mem_print("%s/contexts", root);
	auto_buf struct buf bytes = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_free char *name = NULL;
	DIR *list = opendir(dir);
	const struct dirent *d = NULL;

	(void)state;
	add_file(add_step(&out, "0", "RUN x"), "f", "", 1, 0100644);
	last_build_write(store, "here", &out);
	while ((d = readdir(list)) != NULL)
		if (d->d_name[0] != '.')
			name = mem_print("contexts/%s", d->d_name);
	closedir(list);
	assert_int_equal(file_read(store_fd(store), name, 1 << 20, &bytes, &err), 1);
	for (size_t i = 0; i < bytes.n * 2; i++) {
		auto_last_build struct last_build in = { 0 };
		size_t at = i % bytes.n, n = i < bytes.n ? at : bytes.n;

		bytes.p[at] = (char)(bytes.p[at] + 1);
		file_replace(store_fd(store), name, bytes.p, n, 0644, &err);
		bytes.p[at] = (char)(bytes.p[at] - 1);
		if (last_build_read(store, "here", &in))
			fail_msg("taken: %zu bytes, changed at %zu", n, at);
	}
}

/* One step before and after; NULL: none. */
struct miss {
	const char *what;
	const char *was[3], *is[3]; /* commands of one stage */
	const char *want;           /* of the first of IS that was not in WAS */
};

static const struct miss misses[] = {
	{ "another command", { "RUN a" }, { "RUN b" }, "the instruction was \"RUN a\"" },
	{ "one before", { "RUN a" }, { "RUN b", "RUN a" }, "the instruction is new" },
	{ "one after", { "RUN a" }, { "RUN a", "RUN b" }, "the instruction is new" },
	{ "the first one twice",
	  { "RUN a" },
	  { "RUN a", "RUN a" },
	  "the instruction is new" },
	{ "no other",
	  { "RUN a" },
	  { "RUN a" },
	  "its result is not in the store: it failed, or was removed" },
	{ "nothing before", { NULL }, { "RUN a" }, "the instruction is new" },
};

static void
a_step_is_compared_with_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof misses / sizeof *misses; i++) {
		auto_last_build struct last_build was = { 0 }, is = { 0 };
		auto_free char *got = NULL;
		size_t at = 0;

		for (size_t k = 0; k < 3 && misses[i].was[k] != NULL; k++)
			add_step(&was, "0", misses[i].was[k]);
		for (size_t k = 0; k < 3 && misses[i].is[k] != NULL; k++)
			add_step(&is, "0", misses[i].is[k]);
		while (at + 1 < is.steps.n && at < was.steps.n &&
		       text_equal(is.steps.at[at].command, was.steps.at[at].command))
			at++;
		got = reason_find(&was, &is, at);
		if (strcmp(got, misses[i].want) != 0)
			fail_msg("%s: %s", misses[i].what, got);
	}
}

/* Fields of a key, and what is said of their change. */
static const struct {
	const char *field, *was, *is, *want;
} fields[] = {
	{ "env V", "1", "2", "V was \"1\", is \"2\"" },
	{ "env V", NULL, "2", "V is new: \"2\"" },
	{ "env V", "1", NULL, "V is gone, was \"1\"" },
	{ "argv[0]", "sh", "ash", "the shell was \"sh\", is \"ash\"" },
	{ "exclude[3]", "a", "b", "--exclude was \"a\", is \"b\"" },
	{ "epoch", NULL, "5", "SOURCE_DATE_EPOCH is new: \"5\"" },
	{ "something else", "a", "b", "something else was \"a\", is \"b\"" },
	{ "source[0]", "a", "b", "what it copies changed" },
	{ "input[7]", "a", "b", "what it needs changed" },
	{ "user", "a",
	  "0123456789012345678901234567890123456789012345678901234567890123456789",
	  "the user was \"a\", is "
	  "\"012345678901234567890123456789012345678901234567890123456789\"…" },
};

static void
a_changed_field_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		auto_last_build struct last_build was = { 0 }, is = { 0 };
		auto_free char *got = NULL;

		preimage_add_str(&add_step(&was, "0", "RUN")->preimage, fields[i].field,
		                 fields[i].was);
		preimage_add_str(&add_step(&is, "0", "RUN")->preimage, fields[i].field,
		                 fields[i].is);
		got = reason_find(&was, &is, 0);
		if (strcmp(got, fields[i].want) != 0)
			fail_msg("%s: %s", fields[i].field, got);
	}
}

static void
an_input_is_named_by_its_words(void **state)
{
	static const size_t inputs[] = { 0 };
	auto_last_build struct last_build was = { 0 }, is = { 0 };
	auto_free char *step = NULL, *image = NULL;

	(void)state;
	add_step(&was, "0", "RUN a");
	add_step(&is, "0", "RUN a");
	preimage_add_str(&add_step(&was, "0", "RUN b")->preimage, "input[0]", "1");
	preimage_add_str(&add_step(&is, "0", "RUN b")->preimage, "input[0]", "2");
	is.steps.at[1].inputs = inputs;
	is.steps.at[1].n_inputs = 1;
	step = reason_find(&was, &is, 1);
	assert_string_equal(step, "\"RUN a\" changed");
	is.steps.at[0].is_image = true;
	image = reason_find(&was, &is, 1);
	assert_string_equal(image, "the image it starts from is another one");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trail_comes_back_as_it_was),
		cmocka_unit_test(a_damaged_trail_is_none),
		cmocka_unit_test(a_step_is_compared_with_itself),
		cmocka_unit_test(a_changed_field_is_named),
		cmocka_unit_test(an_input_is_named_by_its_words),
	};

	return cmocka_run_group_tests(tests, open_store, close_store);
}
