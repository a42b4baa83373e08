#include "base/base.h"
#include "parser/plan.h"
#include "parser/plan_steps.h"
#include "parser/step.h"

/* ------------------------------------------------------------ steps */

/* Sources of PLAN, from identity to number + 1. */
static void
find_sources(const struct plan *plan, struct map *out)
{
	for (size_t i = 0; i < plan->steps.n; i++) {
		auto_buf struct buf key = BUF_INIT;

		if (plan_step_identity(&plan->steps.at[i], &key))
			map_set(out, buf_text(&key), (void *)(uintptr_t)(i + 1));
	}
}

/* NUMBERS maps the steps of OTHER to those of PLAN. */
static void
move_steps(struct plan *plan, struct plan *other, step_id *numbers)
{
	auto_map struct map sources = MAP_INIT;

	find_sources(plan, &sources);
	for (size_t i = 0; i < other->steps.n; i++) {
		struct step *step = &other->steps.at[i];
		auto_buf struct buf key = BUF_INIT;
		size_t known = 0;

		if (plan_step_identity(step, &key))
			known = (size_t)(uintptr_t)map_find(&sources, buf_text(&key));
		numbers[i] = known > 0 ? known - 1 : plan->steps.n;
		if (known > 0)
			continue;
		/* Inputs have smaller numbers, so their new numbers are known. */
		plan_step_renumber(step, numbers);
		array_push(&plan->steps, *step);
	}
}

/* ------------------------------------------------------------ warnings */

static bool
has_warning(const struct plan *plan, const struct lint_warning *w)
{
	for (size_t i = 0; i < plan->warnings.n; i++) {
		const struct lint_warning *other = &plan->warnings.at[i];

		if (strcmp(other->rule, w->rule) == 0 && other->at.line == w->at.line &&
		    text_equal(other->detail, w->detail))
			return true;
	}
	return false;
}

static void
move_warnings(struct plan *plan, const struct plan *other)
{
	for (size_t i = 0; i < other->warnings.n; i++)
		if (!has_warning(plan, &other->warnings.at[i]))
			array_push(&plan->warnings, other->warnings.at[i]);
	plan->lint_is_error = plan->lint_is_error || other->lint_is_error;
}

/* ------------------------------------------------------------ plans */

void
plan_join(struct plan *plan, struct plan *other)
{
	auto_free step_id *numbers = mem_new_n(other->steps.n + 1, sizeof *numbers);

	move_steps(plan, other, numbers);
	plan_image_renumber(&other->image, numbers);
	array_push(&plan->others, other->image);
	move_warnings(plan, other);
	other->image = (struct plan_image){ 0 };
	arena_join(plan->arena, other->arena);
	other->arena = NULL;
	plan_free(other);
}

size_t
plan_n_images(const struct plan *plan)
{
	return 1 + plan->others.n;
}

const struct plan_image *
plan_image_at(const struct plan *plan, size_t i)
{
	return i == 0 ? &plan->image : &plan->others.at[i - 1];
}

void
plan_mark_needed(const struct plan *plan, const struct plan_image *image, bool *needed)
{
	needed[image->step] = true;
	for (size_t i = plan->steps.n; i-- > 0;)
		for (size_t k = 0; needed[i] && k < plan->steps.at[i].inputs.n; k++)
			needed[plan->steps.at[i].inputs.at[k]] = true;
}
