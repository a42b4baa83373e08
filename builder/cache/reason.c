#include "builder/cache/reason.h"

#include "base/base.h"
#include "base/count.h"
#include "base/map.h"

/* Bytes of a foreign text that fit in a line. */
#define QUOTED_MAX 60

/* ------------------------------------------------------------ the same step */

static bool
same_words(const struct last_build_step *a, const struct last_build_step *b)
{
	return text_equal(a->command, b->command);
}

/* The N-th step of STAGE (from 0) with the same words as SAMPLE, or with any if SAMPLE is
 * NULL. */
static const struct last_build_step *
find_nth(const struct last_build *t, struct text stage,
         const struct last_build_step *sample, size_t n)
{
	for (size_t i = 0; i < t->steps.n; i++) {
		const struct last_build_step *s = &t->steps.at[i];

		if (text_equal(s->stage, stage) &&
		    (sample == NULL || same_words(s, sample)) && n-- == 0)
			return s;
	}
	return NULL;
}

/* The number of steps before STEP in its stage that have the words of SAMPLE. */
static size_t
count_before(const struct last_build *t, const struct last_build_step *step,
             const struct last_build_step *sample)
{
	size_t n = 0;

	for (const struct last_build_step *s = t->steps.at; s < step; s++)
		n += text_equal(s->stage, step->stage) &&
		     (sample == NULL || same_words(s, sample));
	return n;
}

/* ------------------------------------------------------------ files */

static char *
quoted(struct text t)
{
	auto_buf struct buf b = BUF_INIT;

	buf_add_quoted(&b, text_first(t, QUOTED_MAX));
	if (t.n > QUOTED_MAX)
		buf_add_str(&b, "…");
	return buf_take(&b);
}

static char *
file_difference(const struct last_build_file *was, const struct last_build_file *is)
{
	int n = (int)is->path.n;
	const char *path = is->path.p;

	if (was == NULL)
		return mem_print("%.*s is new", n, path);
	if (was->mode >> 12 != is->mode >> 12)
		return mem_print("%.*s is of another type", n, path);
	if (was->content != is->content)
		return mem_print("%.*s changed", n, path);
	if (was->mode != is->mode)
		return mem_print("mode of %.*s was %04o, is %04o", n, path,
		                 was->mode & 07777, is->mode & 07777);
	if (!text_equal(was->link, is->link))
		return mem_print("link %.*s was to %.*s, is to %.*s", n, path,
		                 TEXT_ARG(was->link), TEXT_ARG(is->link));
	return NULL;
}

static bool
is_same_file(const struct last_build_file *was, const struct last_build_file *is)
{
	return text_equal(was->path, is->path) && was->content == is->content &&
	       was->mode == is->mode && text_equal(was->link, is->link);
}

/* NULL if the lists are equal. Most of them usually is a common beginning and end, which
 * need no map. */
static char *
files_difference(const struct last_build_step *was, const struct last_build_step *is)
{
	auto_map struct map old = MAP_INIT, now = MAP_INIT;
	size_t start = 0, n_was = was->files.n, n_is = is->files.n;

	while (start < n_was && start < n_is &&
	       is_same_file(&was->files.at[start], &is->files.at[start]))
		start++;
	while (start < n_was && start < n_is &&
	       is_same_file(&was->files.at[n_was - 1], &is->files.at[n_is - 1]))
		n_was--, n_is--;
	for (size_t i = start; i < n_was; i++)
		map_set(&old, was->files.at[i].path, &was->files.at[i]);
	for (size_t i = start; i < n_is; i++) {
		const struct last_build_file *f = &is->files.at[i];
		char *text = file_difference(map_find(&old, f->path), f);

		if (text != NULL)
			return text;
		map_set(&now, f->path, &is->files.at[i]);
	}
	for (size_t i = start; i < n_was; i++) {
		const struct last_build_file *f = &was->files.at[i];

		if (!map_has(&now, f->path))
			return mem_print("%.*s is gone", TEXT_ARG(f->path));
	}
	return NULL;
}

/* ------------------------------------------------------------ fields */

/* The description of a key's field for users; a prefix if it ends in '['. */
static const struct {
	const char *field, *name;
} names[] = {
	{ "argv[0]", "the shell" },
	{ "argv[", "the command" },
	{ "cwd", "the working directory" },
	{ "user", "the user" },
	{ "destination", "the destination" },
	{ "chown", "--chown" },
	{ "chmod", "--chmod" },
	{ "exclude[", "--exclude" },
	{ "network", "--network" },
	{ "file[", "the file's text" },
	{ "script body", "the script" },
	{ "mount target[", "the target of a mount" },
	{ "mount source[", "the source of a mount" },
	{ "mount id[", "the id of a mount" },
	{ "mount[", "a mount" },
	{ "host[", "--add-host" },
	{ "path", "the path" },
	{ "epoch", "SOURCE_DATE_EPOCH" },
};

static bool
is_field(const char *field, const char *pattern)
{
	size_t n = strlen(pattern);

	return pattern[n - 1] == '[' ? strncmp(field, pattern, n) == 0
	                             : strcmp(field, pattern) == 0;
}

static const char *
name_of(const char *field)
{
	if (strncmp(field, "env ", 4) == 0)
		return field + 4;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (is_field(field, names[i].field))
			return names[i].name;
	return field;
}

static char *
value_difference(const struct preimage_field *old, const struct preimage_field *now)
{
	/* cppcheck-suppress nullPointerRedundantCheck ; one of them there is */
	const char *name = name_of(now == NULL ? old->name : now->name);
	auto_free char *before = old == NULL ? NULL : quoted(old->value);
	auto_free char *after = now == NULL ? NULL : quoted(now->value);

	if (now == NULL)
		return mem_print("%s is gone, was %s", name, before);
	if (old == NULL)
		return mem_print("%s is new: %s", name, after);
	return mem_print("%s was %s, is %s", name, before, after);
}

/* The step that "input[K]" names. */
static const struct last_build_step *
input_of(const struct last_build *t, const struct last_build_step *step,
         const char *field)
{
	size_t k = strtoul(field + strlen("input["), NULL, 10);

	return k < step->n_inputs ? &t->steps.at[step->inputs[k]] : NULL;
}

static char *
input_difference(const struct last_build_step *input)
{
	auto_free char *words = NULL;

	if (input == NULL)
		return mem_copy("what it needs changed");
	if (input->is_image)
		return mem_copy("the image it starts from is another one");
	words = quoted(input->command);
	return mem_print("%s changed", words);
}

static char *
key_difference(const struct last_build *t, const struct last_build_step *was,
               const struct last_build_step *is)
{
	const struct preimage_field *old = NULL, *now = NULL;
	const char *field = NULL;
	char *text = NULL;

	if (!preimage_difference(&was->preimage, &is->preimage, &old, &now))
		return NULL;
	field = now != NULL ? now->name : old->name;
	if (is_field(field, "source[") || is_field(field, "mount content[")) {
		text = files_difference(was, is);
		return text != NULL ? text : mem_copy("what it copies changed");
	}
	if (is_field(field, "input["))
		return input_difference(input_of(t, is, field));
	return value_difference(old, now);
}

/* ------------------------------------------------------------ public */

char *
reason_find(const struct last_build *was, const struct last_build *is, size_t i)
{
	const struct last_build_step *step = &is->steps.at[i], *old = NULL;
	auto_free char *words = NULL;
	char *text = NULL;

	old = find_nth(was, step->stage, step, count_before(is, step, step));
	if (old != NULL) {
		text = key_difference(is, old, step);
		return text != NULL ? text
		                    : mem_copy("its result is not in the store: it "
		                               "failed, or was removed");
	}
	old = find_nth(was, step->stage, NULL, count_before(is, step, NULL));
	if (old == NULL || find_nth(is, step->stage, old, 0) != NULL)
		return mem_copy("the instruction is new");
	words = quoted(old->command);
	return mem_print("the instruction was %s", words);
}
