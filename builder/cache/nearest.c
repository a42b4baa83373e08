#include "builder/cache/nearest.h"

#include "base/base.h"
#include "base/count.h"
#include "builder/cache/files_reason.h"

/* Lists of files that are compared for one step; each may be long. */
#define LISTS_MAX 3

/* ------------------------------------------------------------ builds */

static bool
is_source(const struct noted_step *s)
{
	static const char *const instructions[] = { "run", "copy", "add", "mkdir" };
	struct text kind = preimage_value(&s->preimage, "step");

	for (size_t i = 0; i < COUNT_OF(instructions); i++)
		if (text_is(kind, instructions[i]))
			return false;
	return true;
}

static bool
has_words(const struct noted_build *t, struct text command)
{
	for (size_t i = 0; i < t->steps.n; i++)
		if (text_equal(t->steps.at[i].command, command))
			return true;
	return false;
}

/* Another checkout of this project, as it seems. */
static bool
shares_half(const struct noted_build *was, const struct noted_build *is)
{
	size_t n = 0, n_shared = 0;

	for (size_t i = 0; i < is->steps.n; i++) {
		const struct noted_step *s = &is->steps.at[i];

		if (is_source(s))
			continue;
		n++;
		n_shared += has_words(was, s->command);
	}
	return n > 0 && n_shared * 2 >= n;
}

void
nearby_read(struct nearby *n, struct store *st, const struct noted_build *is)
{
	*n = (struct nearby){ .store = st, .is = is };
	noted_builds_read(st, &n->was);
	n->is_like = mem_new_n(n->was.n + 1, sizeof *n->is_like);
	for (size_t i = 0; i < n->was.n; i++) {
		const struct noted_build *was = &n->was.at[i];

		n->is_like[i] = digest_equal(&was->place, &is->place) ||
		                shares_half(was, is);
	}
}

void
nearby_clear(struct nearby *n)
{
	noted_builds_clear(&n->was);
	free(n->is_like);
	*n = (struct nearby){ 0 };
}

/* ------------------------------------------------------------ the same step */

static bool
is_of_kind(const struct noted_step *a, const struct noted_step *b)
{
	return a->preimage.fields.n > 0 && b->preimage.fields.n > 0 &&
	       text_equal(preimage_value(&a->preimage, "step"),
	                  preimage_value(&b->preimage, "step"));
}

static bool
same_words(const struct noted_step *a, const struct noted_step *b)
{
	return text_equal(a->command, b->command);
}

static bool
has_stage(const struct noted_build *t, struct text stage)
{
	for (size_t i = 0; i < t->steps.n; i++)
		if (text_equal(t->steps.at[i].stage, stage))
			return true;
	return false;
}

/* Whether steps of these stages may be the same: equal names, or both were renamed. */
static bool
may_be_stage(const struct noted_build *was, struct text a, const struct noted_build *is,
             struct text b)
{
	return text_equal(a, b) || (!has_stage(is, a) && !has_stage(was, b));
}

/* The number of steps before STEP in its stage that have the words of SAMPLE, or any if
 * SAMPLE is NULL. */
static size_t
count_before(const struct noted_build *t, const struct noted_step *step,
             const struct noted_step *sample)
{
	size_t n = 0;

	for (const struct noted_step *s = t->steps.at; s < step; s++)
		n += text_equal(s->stage, step->stage) &&
		     (sample == NULL || same_words(s, sample));
	return n;
}

/* The step of WAS with the words of STEP, as often repeated before. */
static struct noted_step *
find_same(struct noted_build *was, const struct noted_build *is,
          const struct noted_step *step)
{
	size_t n = count_before(is, step, step);

	for (size_t i = 0; i < was->steps.n; i++) {
		struct noted_step *s = &was->steps.at[i];

		if (same_words(s, step) && is_of_kind(s, step) &&
		    may_be_stage(was, s->stage, is, step->stage) && n-- == 0)
			return s;
	}
	return NULL;
}

/* Equal bytes at both ends, in percent. */
static size_t
likeness(struct text a, struct text b)
{
	size_t most = a.n > b.n ? a.n : b.n, least = a.n < b.n ? a.n : b.n;
	size_t start = 0, end = 0;

	while (start < least && a.p[start] == b.p[start])
		start++;
	while (end < least - start && a.p[a.n - 1 - end] == b.p[b.n - 1 - end])
		end++;
	return most == 0 ? 100 : (start + end) * 100 / most;
}

/* The step of WAS that STEP was made of: one that is not in IS any more, at the same
 * place in its stage or with almost the same words. */
static struct noted_step *
find_edited(struct noted_build *was, const struct noted_build *is,
            const struct noted_step *step)
{
	enum { ALIKE = 60, SAME_PLACE = 40 };
	size_t place = count_before(is, step, NULL), best = 0;
	struct noted_step *found = NULL;

	for (size_t i = 0; i < was->steps.n; i++) {
		struct noted_step *s = &was->steps.at[i];
		bool same_place = count_before(was, s, NULL) == place;
		size_t like = 0;

		if (!is_of_kind(s, step) || is_source(s) ||
		    !may_be_stage(was, s->stage, is, step->stage) ||
		    has_words(is, s->command))
			continue;
		like = likeness(s->command, step->command);
		if (like < ALIKE && !same_place)
			continue;
		like += same_place ? SAME_PLACE : 0;
		if (found == NULL || like > best) {
			found = s;
			best = like;
		}
	}
	return found;
}

/* ------------------------------------------------------------ how near */

static bool
is_input(const char *field)
{
	return strncmp(field, "input[", strlen("input[")) == 0;
}

size_t
nearest_differences(const struct noted_step *was, const struct noted_step *is)
{
	const struct preimage *a = &was->preimage, *b = &is->preimage;
	size_t n = 0, n_inputs = 0;

	for (size_t i = 0; i < b->fields.n; i++) {
		const struct preimage_field *f = &b->fields.at[i];
		const struct preimage_field *old = preimage_find(a, f->name);

		if (old != NULL && text_equal(old->value, f->value))
			continue;
		*(is_input(f->name) ? &n_inputs : &n) += 1;
	}
	for (size_t i = 0; i < a->fields.n; i++) {
		const struct preimage_field *f = &a->fields.at[i];

		if (preimage_find(b, f->name) == NULL)
			*(is_input(f->name) ? &n_inputs : &n) += 1;
	}
	return n + (n_inputs > 0);
}

/* A project that only looks like this one has other files. */
static bool
is_foreign(struct nearby *n, const struct nearest *x, const struct noted_step *is)
{
	return !digest_equal(&x->build->place, &n->is->place) && is->files.n > 0 &&
	       noted_files_read(n->store, x->build, x->step) &&
	       files_share(&x->step->files, &is->files) < 50;
}

struct nearest
nearest_find(struct nearby *n, size_t i)
{
	const struct noted_step *is = &n->is->steps.at[i];
	struct nearest best = { 0 };
	size_t least = 0, fewest_files = 0, n_lists = 0;

	for (size_t k = 0; k < n->was.n; k++) {
		struct nearest x = { .build = &n->was.at[k] };
		size_t cost = 0, n_files = 0;

		if (!n->is_like[k])
			continue;
		x.step = find_same(x.build, n->is, is);
		if (x.step == NULL) {
			x.step = find_edited(x.build, n->is, is);
			x.is_edited = true;
		}
		if (x.step == NULL)
			continue;
		if (is_foreign(n, &x, is)) {
			n->is_like[k] = false;
			continue;
		}
		cost = nearest_differences(x.step, is) * 2 + x.is_edited;
		if (best.step != NULL && cost > least)
			continue;
		if (best.step != NULL && cost == least &&
		    (n_lists++ == LISTS_MAX || digest_equal(&best.step->list, &x.step->list)))
			continue;
		if (is->files.n > 0 && noted_files_read(n->store, x.build, x.step))
			n_files = files_differ(&x.step->files, &is->files);
		if (best.step != NULL && cost == least && n_files >= fewest_files)
			continue;
		best = x;
		least = cost;
		fewest_files = n_files;
	}
	return best;
}

bool
nearby_has_like(const struct nearby *n)
{
	for (size_t i = 0; i < n->was.n; i++)
		if (n->is_like[i])
			return true;
	return false;
}

const struct noted_step *
nearest_equal(const struct nearby *n, size_t i)
{
	const struct digest *key = &n->is->steps.at[i].key;

	for (size_t k = 0; k < n->was.n; k++)
		for (size_t j = 0; j < n->was.at[k].steps.n; j++)
			if (digest_equal(&n->was.at[k].steps.at[j].key, key))
				return &n->was.at[k].steps.at[j];
	return NULL;
}
