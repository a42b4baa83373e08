/* What steps were made of, kept and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/base.h"
#include "base/file.h"
#include "builder/cache/files_reason.h"
#include "builder/cache/reason.h"
#include "layers/store.h"
#include "layers/tree.h"

static char root[] = "/tmp/cooper-noted-build-XXXXXX";
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

static struct noted_step *
add_step(struct noted_build *t, const char *stage, const char *command)
{
	struct noted_step *s = array_add(&t->steps);

	if (t->arena == NULL)
		t->arena = arena_new();
	s->stage = text_of(stage);
	s->command = text_of(command);
	s->key = digest_of(command, strlen(command));
	s->cause = t->steps.n - 1;
	preimage_add_str(&s->preimage, "step", "run");
	preimage_add_str(&s->preimage, "argv[2]", command);
	return s;
}

static void
add_file(struct noted_step *s, const char *path, const char *link, uint64_t content,
         enum entry_type type, uint32_t mode)
{
	struct noted_file *f = array_add(&s->files);

	*f = (struct noted_file){ text_of(path), text_of(link), content,
		                  (uint32_t)type << 12 | mode };
}

static void
forget(void)
{
	auto_free char *clean = mem_print("rm -f %s/contexts/*", root);

	assert_int_equal(system(clean), 0);
}

/* The only one that is noted. */
static struct digest
note(const struct noted_build *t)
{
	struct digest state = digest_of(t->steps.at, t->steps.n);
	struct noted_build copy = *t;
	auto_error struct error err = ERROR_INIT;

	forget();
	assert_int_equal(noted_build_write(store, &state, &copy, &err), 0);
	return state;
}

static void
a_noted_build_comes_back_as_it_was(void **state)
{
	auto_noted_build struct noted_build out = { .place = noted_place("here") };
	auto_noted_builds struct noted_builds in = { 0 };
	struct noted_step *s = add_step(&out, "build", "COPY . .");
	struct digest now, other = digest_of("", 0);

	(void)state;
	preimage_add(&s->preimage, "odd", (struct text){ "a\0b", 3 });
	preimage_add_str(&s->facts, "name", "n");
	s->outcome = NOTED_FAILED;
	add_file(s, "f", "", 77, ENTRY_FILE, 0644);
	add_file(s, "l", "f", 0, ENTRY_SYMLINK, 0777);
	s = add_step(&out, "1", "RUN x");
	array_push(&s->inputs, 0);
	now = note(&out);
	assert_true(noted_build_touch(store, &now));
	assert_false(noted_build_touch(store, &other));
	noted_builds_read(store, &in);
	assert_int_equal(in.n, 1);
	assert_true(digest_equal(&in.at[0].place, &out.place));
	assert_int_equal(in.at[0].steps.n, 2);
	s = &in.at[0].steps.at[0];
	assert_true(text_is(s->stage, "build"));
	assert_true(digest_equal(&s->key, &out.steps.at[0].key));
	assert_int_equal(s->outcome, NOTED_FAILED);
	assert_int_equal(preimage_value(&s->preimage, "odd").n, 3);
	assert_true(text_is(preimage_value(&s->facts, "name"), "n"));
	assert_true(noted_files_read(store, &in.at[0], s));
	assert_int_equal(s->files.n, 2);
	assert_int_equal(s->files.at[0].content, 77);
	assert_int_equal(s->files.at[1].mode, ENTRY_SYMLINK << 12 | 0777);
	assert_true(text_is(s->files.at[1].link, "f"));
	s = &in.at[0].steps.at[1];
	assert_true(text_is(s->command, "RUN x"));
	assert_int_equal(s->inputs.n, 1);
	assert_false(noted_files_read(store, &in.at[0], s));
}

/* Cut at every length, and with every byte changed. */
static void
damaged_notes_are_none(void **state)
{
	auto_noted_build struct noted_build out = { 0 };
	auto_free char *name = NULL;
	auto_buf struct buf bytes = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct digest now;
	char hex[DIGEST_HEX_MAX];

	(void)state;
	add_file(add_step(&out, "0", "RUN x"), "f", "", 1, ENTRY_FILE, 0644);
	now = note(&out);
	name = mem_print("contexts/built-%s", digest_hex(&now, hex));
	assert_int_equal(file_read(store_fd(store), name, 1 << 20, &bytes, &err), 1);
	for (size_t i = 0; i < bytes.n * 2; i++) {
		auto_noted_builds struct noted_builds in = { 0 };
		size_t at = i % bytes.n, n = i < bytes.n ? at : bytes.n;

		bytes.p[at] = (char)(bytes.p[at] + 1);
		file_replace(store_fd(store), name, bytes.p, n, 0644, &err);
		bytes.p[at] = (char)(bytes.p[at] - 1);
		noted_builds_read(store, &in);
		if (in.n > 0)
			fail_msg("taken: %zu bytes, changed at %zu", n, at);
	}
}

static void
only_the_last_builds_are_noted(void **state)
{
	auto_noted_builds struct noted_builds in = { 0 };
	auto_error struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		auto_noted_build struct noted_build out = { 0 };
		auto_free char *name = mem_print("RUN %zu", i);
		struct digest key = digest_of(name, strlen(name));

		add_step(&out, "0", name);
		assert_int_equal(noted_build_write(store, &key, &out, &err), 0);
	}
	noted_builds_read(store, &in);
	assert_int_equal(in.n, 32);
	assert_true(text_is(in.at[0].steps.at[0].command, "RUN 39"));
}

/* ------------------------------------------------------------ reasons */

/* The reason for step I of IS, if only WAS is noted. */
static char *
reason(const struct noted_build *was, const struct noted_build *is, size_t i)
{
	auto_nearby struct nearby nearby = { 0 };
	size_t cause = 0;

	note(was);
	nearby_read(&nearby, store, is);
	return reason_find(&nearby, i, &cause);
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
	  "its result is not in the store: its build ended before" },
	{ "edited and moved",
	  { "RUN a", "RUN make one" },
	  { "RUN make two", "RUN a" },
	  "the instruction was \"RUN make one\"" },
	{ "no other",
	  { "RUN a" },
	  { "RUN a" },
	  "its result is not in the store: its build ended before" },
};

static void
a_step_is_compared_with_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof misses / sizeof *misses; i++) {
		auto_noted_build struct noted_build was = { 0 }, is = { 0 };
		auto_free char *got = NULL;
		size_t at = 0;

		for (size_t k = 0; k < 3 && misses[i].was[k] != NULL; k++)
			add_step(&was, "0", misses[i].was[k]);
		for (size_t k = 0; k < 3 && misses[i].is[k] != NULL; k++)
			add_step(&is, "0", misses[i].is[k]);
		while (at + 1 < is.steps.n && at < was.steps.n &&
		       text_equal(is.steps.at[at].command, was.steps.at[at].command))
			at++;
		got = reason(&was, &is, at);
		if (strcmp(got, misses[i].want) != 0)
			fail_msg("%s: %s", misses[i].what, got);
	}
}

static void
another_project_explains_nothing(void **state)
{
	auto_noted_build struct noted_build was = { .place = noted_place("there") },
	                                    is = { .place = noted_place("here") };
	auto_free char *got = NULL;

	(void)state;
	add_step(&was, "0", "RUN a");
	add_step(&is, "0", "RUN b");
	got = reason(&was, &is, 0);
	assert_string_equal(got, "never built here");
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
	{ "network", "0", "2", "--network was \"default\", is \"host\"" },
	{ "network", "0", "7", "--network was \"default\", is \"7\"" },
	{ "something else", "a", "b", "something else was \"a\", is \"b\"" },
	{ "source[0]", "a", "b", "what it copies changed" },
	{ "user", "a",
	  "0123456789012345678901234567890123456789012345678901234567890123456789",
	  "the user differs at character 1: "
	  "\"0123456789012345678901234567890123456789…\" was \"a\"" },
	{ "argv[2]",
	  "first --one --two --three --four --five --six --seven=\303\244 --eight --nine",
	  "first --one --two --three --four --five --six --seven=\303\266 --eight --nine",
	  "the command differs at character 55: "
	  "\"…--seven=\303\266…\" was \"…--seven=\303\244…\"" },
};

/* Of the key, only the kind stays. */
static void
drop_words(struct noted_step *s)
{
	preimage_clear(&s->preimage);
	preimage_add_str(&s->preimage, "step", "run");
}

static void
a_changed_field_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		auto_noted_build struct noted_build was = { 0 }, is = { 0 };
		struct noted_step *a = add_step(&was, "0", "RUN");
		struct noted_step *b = add_step(&is, "0", "RUN");
		auto_free char *got = NULL;

		drop_words(a);
		drop_words(b);
		b->key = digest_of("other", 5);
		preimage_add_str(&a->preimage, fields[i].field, fields[i].was);
		preimage_add_str(&b->preimage, fields[i].field, fields[i].is);
		got = reason(&was, &is, 0);
		if (strcmp(got, fields[i].want) != 0)
			fail_msg("%s: %s", fields[i].field, got);
	}
}

/* A list of two files before and after. */
static const struct {
	struct noted_file was[2], is[2];
	const char *want;
} lists[] = {
#define F(path, content, mode)                                                           \
	{                                                                                \
		{ path, 1 }, { "", 0 }, content, ENTRY_FILE << 12 | (mode)               \
	}
	{ { F("a", 1, 0644), F("b", 2, 0644) },
	  { F("a", 1, 0644), F("b", 3, 0644) },
	  "b changed" },
	{ { F("a", 1, 0644), F("b", 2, 0644) },
	  { F("a", 4, 0644), F("b", 3, 0644) },
	  "a changed, and 1 more file" },
	{ { F("a", 1, 0644), F("b", 2, 0644) },
	  { F("a", 1, 0644), F("c", 2, 0644) },
	  "b was renamed to c" },
	{ { F("a", 1, 0644), F("b", 2, 0644) },
	  { F("a", 1, 0644), F("c", 3, 0644) },
	  "c is new, and 1 more file" },
	{ { F("a", 1, 0644), F("b", 2, 0644) },
	  { F("a", 1, 0755), F("b", 2, 0644) },
	  "mode of a was 0644, is 0755" },
	{ { F("a", 1, 0755), F("b", 2, 0644) },
	  { F("a", 1, 0700), F("b", 2, 0644) },
	  "mode of a was 0755, is 0700 (umask 077? --mode-policy=git ignores it)" },
	{ { F("a", 1, 0644), F("b", 2, 0644) },
	  { F("a", 1, 0600), F("b", 2, 0644) },
	  "mode of a was 0644, is 0600 (umask 077? --mode-policy=git ignores it)" },
	{ { F("a", 1, 0644), F("b", 2, 0644) },
	  { F("a", 1, 0664), F("b", 2, 0664) },
	  "mode of a was 0644, is 0664 (umask 002? --mode-policy=git ignores it), and 1 "
	  "more file" },
	{ { F("a", 1, 04755), F("b", 2, 0644) },
	  { F("a", 1, 0755), F("b", 2, 0644) },
	  "mode of a was 4755, is 0755" },
};

static void
a_changed_file_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct noted_files was = { (struct noted_file *)lists[i].was, 2, 2 };
		struct noted_files is = { (struct noted_file *)lists[i].is, 2, 2 };
		auto_free char *got = files_reason(&was, &is);

		if (got == NULL || strcmp(got, lists[i].want) != 0)
			fail_msg("%zu: %s", i, got);
	}
}

/* "RUN b" builds on the first step, whose key is another one. */
static void
add_user(struct noted_build *t, const char *key)
{
	struct noted_step *s = add_step(t, "0", "RUN b");

	preimage_add_str(&s->preimage, "input[0]", key);
	array_push(&s->inputs, 0);
	s->key = digest_of(key, 1);
}

static void
an_input_is_named_by_its_words(void **state)
{
	auto_noted_build struct noted_build was = { 0 }, is = { 0 };
	auto_free char *ran = NULL, *other = NULL, *image = NULL;
	struct noted_step *first = NULL;

	(void)state;
	preimage_add_str(&add_step(&was, "0", "RUN a")->preimage, "env V", "1");
	first = add_step(&is, "0", "RUN a");
	preimage_add_str(&first->preimage, "env V", "2");
	first->key = digest_of("other", 5);
	add_user(&was, "1");
	add_user(&is, "2");
	first = &is.steps.at[0];
	first->shown = TEXT("[1/2]");
	first->runs = true;
	ran = reason(&was, &is, 1);
	assert_string_equal(ran, "\"RUN a\" changed ([1/2] ran again)");
	first->runs = false;
	other = reason(&was, &is, 1);
	assert_string_equal(other, "\"RUN a\" is another one: V was \"1\", is \"2\"");
	was.steps.at[0].is_image = first->is_image = true;
	preimage_add_str(&was.steps.at[0].facts, "name", "base:1");
	preimage_add_str(&first->facts, "name", "base:1");
	preimage_add_str(&was.steps.at[0].facts, "digest", "sha256:0123456789abcdef");
	preimage_add_str(&first->facts, "digest", "sha256:123456789abcdef0");
	image = reason(&was, &is, 1);
	assert_string_equal(image,
	                    "the image it starts from is another one: base:1 is now "
	                    "sha256:123456789abc…, was sha256:0123456789ab…");
}

/* Of several builds, that with the fewest differences explains. */
static void
the_nearest_step_is_taken(void **state)
{
	static const char *const values[][2] = { { "1", "9" },
		                                 { "8", "2" },
		                                 { "7", "7" } };
	auto_noted_build struct noted_build is = { 0 };
	auto_nearby struct nearby nearby = { 0 };
	auto_free char *got = NULL;
	auto_error struct error err = ERROR_INIT;
	struct noted_step *step = NULL;
	size_t cause = 0;

	(void)state;
	forget();
	for (size_t i = 0; i < 3; i++) {
		auto_noted_build struct noted_build was = { 0 };

		step = add_step(&was, "0", "RUN a");
		preimage_add_str(&step->preimage, "env A", values[i][0]);
		preimage_add_str(&step->preimage, "env B", values[i][1]);
		step->key = digest_of(&i, sizeof i);
		assert_int_equal(noted_build_write(store, &step->key, &was, &err), 0);
	}
	step = add_step(&is, "0", "RUN a");
	step->key = digest_of("other", 5);
	preimage_add_str(&step->preimage, "env A", "1");
	preimage_add_str(&step->preimage, "env B", "3");
	nearby_read(&nearby, store, &is);
	got = reason_find(&nearby, 0, &cause);
	assert_string_equal(got, "B was \"9\", is \"3\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_last_builds_are_noted),
		cmocka_unit_test(a_noted_build_comes_back_as_it_was),
		cmocka_unit_test(damaged_notes_are_none),
		cmocka_unit_test(a_step_is_compared_with_itself),
		cmocka_unit_test(another_project_explains_nothing),
		cmocka_unit_test(a_changed_field_is_named),
		cmocka_unit_test(a_changed_file_is_named),
		cmocka_unit_test(an_input_is_named_by_its_words),
		cmocka_unit_test(the_nearest_step_is_taken),
	};

	return cmocka_run_group_tests(tests, open_store, close_store);
}
