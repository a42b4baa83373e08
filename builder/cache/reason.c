#include "builder/cache/reason.h"

#include "base/base.h"
#include "base/count.h"
#include "builder/cache/changed_text.h"
#include "builder/cache/fields_reason.h"
#include "builder/cache/files_reason.h"

/* A chain of inputs that is longer is not followed. */
#define DEPTH_MAX 100

static char *
difference_of(struct nearby *n, const struct nearest *near, size_t i, int depth);

/* ------------------------------------------------------------ inputs */

static bool
is_input(const struct preimage_field *field)
{
	return field_is(field->name, "input[");
}

/* The fields of P without those that name other steps. Borrows. */
static struct preimage
own_fields(const struct preimage *p)
{
	struct preimage own = { 0 };

	for (size_t i = 0; i < p->fields.n; i++)
		if (!is_input(&p->fields.at[i]))
			array_push(&own.fields, p->fields.at[i]);
	return own;
}

/* The first step that I builds on and that runs in this build; I: none. */
static size_t
running_input(const struct noted_build *is, size_t i)
{
	const struct noted_step *step = &is->steps.at[i];

	for (size_t k = 0; k < step->inputs.n; k++)
		if (is->steps.at[step->inputs.at[k]].runs)
			return step->inputs.at[k];
	return i;
}

static char *
ran_again(const struct noted_step *step)
{
	auto_free char *words = text_quoted(step->command);

	if (step->shown.n == 0)
		return mem_print("%s changed", words);
	return mem_print("%s changed (%.*s ran again)", words, TEXT_ARG(step->shown));
}

/* What became of the step J, which stood where I stands in the nearest build. */
static char *
other_input(struct nearby *n, const struct nearest *near, size_t j, size_t i, int depth)
{
	struct noted_step *was = &near->build->steps.at[j];
	const struct noted_step *is = &n->is->steps.at[i];
	struct nearest x = { near->build, was, false };
	auto_free char *words = NULL, *below = NULL;

	if (was->is_image && is->is_image)
		return facts_reason(&was->facts, &is->facts);
	words = text_quoted(is->is_image ? preimage_value(&is->facts, "name")
	                                 : is->command);
	if (!text_equal(was->command, is->command)) {
		below = text_quoted(was->is_image ? preimage_value(&was->facts, "name")
		                                  : was->command);
		return mem_print("it builds on %s, and did on %s", words, below);
	}
	below = difference_of(n, &x, i, depth - 1);
	return mem_print("%s is another one: %s", words,
	                 below == NULL ? "what it needs changed" : below);
}

/* The first step that NEAR and I build on and that is another one. */
static char *
input_difference(struct nearby *n, const struct nearest *near, size_t i, int depth)
{
	const struct noted_step *is = &n->is->steps.at[i], *was = near->step;

	for (size_t k = 0; k < is->inputs.n && k < was->inputs.n && depth > 0; k++) {
		size_t a = was->inputs.at[k], b = is->inputs.at[k];

		if (!digest_equal(&near->build->steps.at[a].key, &n->is->steps.at[b].key))
			return other_input(n, near, a, b, depth);
	}
	return mem_copy("what it needs changed");
}

/* ------------------------------------------------------------ own inputs */

/* A source that is no context: what is known of it besides its content. */
static char *
source_difference(struct nearby *n, const struct nearest *near, size_t i)
{
	const struct noted_step *is = &n->is->steps.at[i], *was = near->step;

	for (size_t k = 0; k < is->inputs.n && k < was->inputs.n; k++) {
		const struct noted_step *a = &near->build->steps.at[was->inputs.at[k]];
		const struct noted_step *b = &n->is->steps.at[is->inputs.at[k]];
		char *text = b->is_image ? NULL : facts_reason(&a->facts, &b->facts);

		if (text != NULL)
			return text;
	}
	return NULL;
}

static char *
content_difference(struct nearby *n, const struct nearest *near, size_t i)
{
	const struct noted_files *is = &n->is->steps.at[i].files;
	char *text = source_difference(n, near, i);

	if (text == NULL &&
	    (is->n == 0 || noted_files_read(n->store, near->build, near->step)))
		text = files_reason(&near->step->files, is);
	return text != NULL ? text : mem_copy("what it copies changed");
}

static char *
words_difference(const struct noted_step *was, const struct noted_step *is)
{
	auto_free char *words = NULL;

	if (!text_is_short(was->command, is->command))
		return text_changed("the instruction", was->command, is->command);
	words = text_quoted(was->command);
	return mem_print("the instruction was %s", words);
}

/* The first field of the key that differs; NULL: only steps that it builds on differ. */
static char *
own_difference(struct nearby *n, const struct nearest *near, size_t i)
{
	const struct noted_step *is = &n->is->steps.at[i], *was = near->step;
	struct preimage a = own_fields(&was->preimage), b = own_fields(&is->preimage);
	const struct preimage_field *old = NULL, *now = NULL;
	bool differs = preimage_difference(&a, &b, &old, &now);
	const char *field = !differs ? "" : now != NULL ? now->name : old->name;
	bool is_content = field_is(field, "source[") || field_is(field, "mount content[");
	char *text = NULL;

	if (differs && near->is_edited &&
	    (is_content || text_is_short(was->command, is->command)))
		text = words_difference(was, is);
	else if (differs && is_content)
		text = content_difference(n, near, i);
	else if (differs)
		text = field_reason(old, now);
	array_clear(&a.fields);
	array_clear(&b.fields);
	return text;
}

static char *
difference_of(struct nearby *n, const struct nearest *near, size_t i, int depth)
{
	char *text = own_difference(n, near, i);

	return text != NULL ? text : input_difference(n, near, i, depth);
}

/* ------------------------------------------------------------ public */

/* The key is noted, so nothing differs. */
static char *
lost_result(const struct noted_step *was)
{
	static const char *const why[] = {
		[NOTED_UNFINISHED] = "its build ended before",
		[NOTED_DONE] = "it was removed, as by cooper prune",
		[NOTED_FAILED] = "it failed",
	};

	return mem_print("its result is not in the store: %s",
	                 why[was->outcome <= NOTED_FAILED ? was->outcome : 0]);
}

char *
reason_find(struct nearby *n, size_t i, size_t *cause)
{
	size_t input = running_input(n->is, i);
	const struct noted_step *equal = nearest_equal(n, i), *root = NULL;
	struct nearest near = { 0 };
	char *text = NULL;

	*cause = i;
	if (equal != NULL && input == i)
		return lost_result(equal);
	if (equal == NULL)
		near = nearest_find(n, i);
	if (near.step != NULL)
		text = own_difference(n, &near, i);
	if (text != NULL)
		return text;
	if (input != i && (near.step != NULL || equal != NULL)) {
		*cause = n->is->steps.at[input].cause;
		root = &n->is->steps.at[*cause];
		return ran_again(root);
	}
	if (near.step != NULL)
		return input_difference(n, &near, i, DEPTH_MAX);
	return mem_copy(nearby_has_like(n) ? "the instruction is new"
	                                   : "never built here");
}
